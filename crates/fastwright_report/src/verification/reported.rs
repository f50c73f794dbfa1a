//! A report as somebody hands it in: it may be old, cut or forged.

use crate::review_document::ReviewDocument;
use serde_json::Value;

/// The JSON of a review that is to be checked, typed and as it was written.
#[derive(Debug, Clone)]
pub struct Reported {
    /// What it says.
    pub document: ReviewDocument,
    /// Everything that stands in it, also what a review does not have.
    pub(super) value: Value,
}

impl Reported {
    /// Reads a report.
    ///
    /// # Errors
    /// With what is wrong with it, as the end of a sentence that begins with its name.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            format!("is no JSON: {error}; `fastwright review --output-format json` writes a report")
        })?;
        match value.get("version").and_then(Value::as_u64) {
            Some(1) if value.get("findings").is_some() => {}
            Some(version) if value.get("findings").is_some() => {
                return Err(format!("is a report of version {version}; this fastwright reads version 1"));
            }
            _ => {
                return Err("is no report: `fastwright review --output-format json` writes one".to_owned());
            }
        }
        let document: ReviewDocument = serde_json::from_value(value.clone())
            .map_err(|error| format!("is no report that can be read: {error}"))?;
        if document.projects.is_empty() {
            return Err("names no project".to_owned());
        }
        if document.projects.iter().any(|project| project.settings.is_none() || project.sources.is_none()) {
            return Err(
                "does not say with which settings and of which sources it was made: an older fastwright \
                        wrote it, or somebody cut it; review again"
                    .to_owned(),
            );
        }
        Ok(Self { document, value })
    }

    /// The findings as they were written.
    pub(super) fn findings(&self) -> Vec<Value> {
        self.value.get("findings").and_then(Value::as_array).cloned().unwrap_or_default()
    }
}
