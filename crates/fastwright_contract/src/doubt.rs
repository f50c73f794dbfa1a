//! What could not be known of a document, with the reason.

use crate::fastapi::builder::location_of;
use fastwright_model::library::describe;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::value::{Kind, Symbolic, Value};

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

/// Why a value is not known, and where knowledge was lost.
pub fn why_unknown(interpreter: &Interpreter<'_>, value: &Value) -> (String, Option<Location>) {
    match value.kind() {
        Kind::Unknown(unknown) => (unknown.reason.clone(), unknown.location),
        Kind::Union(alternatives) => match alternatives.iter().find(|value| value.is_unknown()) {
            Some(unknown) => why_unknown(interpreter, unknown),
            None => {
                let texts: Vec<String> =
                    alternatives.iter().map(|value| describe(interpreter, value)).collect();
                (format!("it is one of {}", texts.join(", ")), None)
            }
        },
        Kind::Symbolic(symbolic) => match innermost(symbolic) {
            Some(unknown) => why_unknown(interpreter, unknown),
            None => {
                let text = describe(interpreter, value);
                (format!("what `{text}` gives is not known"), location_of(value))
            }
        },
        _ => (format!("`{}` is not followed", describe(interpreter, value)), location_of(value)),
    }
}

/// What is unknown at the start of a chain of members, items and calls.
fn innermost(symbolic: &Symbolic) -> Option<&Value> {
    let base = match symbolic {
        Symbolic::Member { base, .. } | Symbolic::Item { base, .. } | Symbolic::Element(base) => base,
        Symbolic::Call { callee, .. } => callee,
        _ => return None,
    };
    match base.kind() {
        Kind::Unknown(_) => Some(base),
        Kind::Symbolic(inner) => innermost(inner),
        _ => None,
    }
}
