//! What could not be known of a document, with the reason.

use fastwright_python::location::Location;

/// A part of the document that may differ from what the running application says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What is not known and why, one sentence without a full stop.
    pub reason: String,
    /// Where knowledge was lost.
    pub location: Option<Location>,
}

/// The doubts of one document in the order they came up, each once.
#[derive(Debug, Clone, Default)]
pub struct Doubts(Vec<Doubt>);

impl Doubts {
    /// Remembers a doubt.
    pub fn add(&mut self, reason: impl Into<String>, location: Option<Location>) {
        let doubt = Doubt { reason: reason.into(), location };
        if !self.0.contains(&doubt) {
            self.0.push(doubt);
        }
    }

    /// Whether everything is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The doubts.
    pub fn into_vec(self) -> Vec<Doubt> {
        self.0
    }
}
