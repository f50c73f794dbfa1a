//! Behaviours by fingerprint: each is written down once, however many routes share it.

use super::document::{At, BehaviourLine};
use crate::business::{Form, lines};
use fastwright_python::location::{Files, Location};
use std::collections::BTreeMap;

/// Collects behaviours.
pub(crate) struct Behaviours<'f> {
    files: &'f Files,
    known: BTreeMap<String, Vec<BehaviourLine>>,
}

impl<'f> Behaviours<'f> {
    pub(crate) fn new(files: &'f Files) -> Self {
        Self { files, known: BTreeMap::new() }
    }

    /// Where a location is.
    pub(crate) fn at(&self, location: Location) -> At {
        at(self.files, location)
    }

    /// The fingerprint of a form, whose lines are kept.
    pub(crate) fn keep(&mut self, form: &Form) -> String {
        let fingerprint = form.digest.text();
        if !self.known.contains_key(&fingerprint) {
            let written = lines(&form.steps)
                .into_iter()
                .map(|line| BehaviourLine {
                    depth: line.depth,
                    kind: line.kind.to_owned(),
                    text: line.text,
                    fingerprint: line.digest.text(),
                    at: at(self.files, line.location),
                })
                .collect();
            self.known.insert(fingerprint.clone(), written);
        }
        fingerprint
    }

    pub(crate) fn into_map(self) -> BTreeMap<String, Vec<BehaviourLine>> {
        self.known
    }
}

/// Where a location is.
pub(crate) fn at(files: &Files, location: Location) -> At {
    let file = files.get(location.file);
    At { path: file.relative.clone(), line: file.position(location.span.start).line }
}
