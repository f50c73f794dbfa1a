//! The baseline: findings that are known, so that a review reports only new ones.

use crate::failure::Failure;
use crate::files::write_file;
use fastwright_report::review_document::ReviewDocument;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

/// The file. Rule and path are for people who read its history; only the fingerprint counts.
#[derive(Debug, Serialize, Deserialize)]
struct Baseline {
    version: u32,
    findings: Vec<Known>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Known {
    #[serde(default)]
    path: String,
    #[serde(default)]
    rule: String,
    fingerprint: String,
}

/// The fingerprints of a baseline.
///
/// # Errors
/// When the file can't be read, or is no baseline of this version.
pub fn read(file: &Path) -> Result<BTreeSet<String>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::new(format!(
            "the baseline {} can't be read: {error}; `--write-baseline {}` makes one",
            file.display(),
            file.display()
        ))
    })?;
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| {
        let file = file.display();
        Failure::new(format!("{file} is no baseline: {error}; `--write-baseline {file}` makes one"))
    })?;
    if baseline.version != 1 {
        let message = format!(
            "the baseline {} has version {}, and this fastwright knows version 1",
            file.display(),
            baseline.version
        );
        return Err(Failure::new(message));
    }
    Ok(baseline.findings.into_iter().map(|known| known.fingerprint).collect())
}

/// Writes all findings as the new baseline, sorted so that changes of the file are small.
///
/// # Errors
/// When the file can't be written.
pub fn write(file: &Path, document: &ReviewDocument) -> Result<usize, Failure> {
    let findings: BTreeSet<Known> = document
        .findings
        .iter()
        .map(|finding| Known {
            path: finding.location.path.clone(),
            rule: finding.rule.clone(),
            fingerprint: finding.fingerprint.clone(),
        })
        .collect();
    let count = findings.len();
    let baseline = Baseline { version: 1, findings: findings.into_iter().collect() };
    let mut text = serde_json::to_string_pretty(&baseline).unwrap_or_default();
    text.push('\n');
    write_file(file, &text)?;
    Ok(count)
}
