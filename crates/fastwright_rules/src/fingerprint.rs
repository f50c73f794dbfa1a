//! Identity of a finding across commits: from structure, never from message text or line numbers.

use crate::reporter::{ReportedFinding, Way};
use fastwright_python::location::{Files, Location};
use rustc_hash::FxHashMap;

/// Digits of a fingerprint that name a finding: enough for hundreds of thousands of them.
pub const SHORT: usize = 12;

/// The beginning of a fingerprint, by which lists and commands name a finding.
pub fn short(fingerprint: &str) -> &str {
    fingerprint.get(..SHORT).unwrap_or(fingerprint)
}

/// The fingerprints of what was reported.
///
/// Made of rule, module, symbol, route and the rule's discriminator. Findings that agree in all of these
/// are numbered by their position in the file; several at one place share a number.
#[derive(Debug)]
pub struct Fingerprints<'f> {
    files: &'f Files,
    /// The places of findings that may agree.
    places: FxHashMap<Identity<'f>, Vec<Location>>,
}

/// Everything but the number: rule, module, symbol, method and path of the route, discriminator.
type Identity<'f> = [&'f str; 6];

impl<'f> Fingerprints<'f> {
    /// Looks for findings that agree.
    pub fn new(reported: &'f [ReportedFinding], files: &'f Files) -> Self {
        // Nearly every finding differs in what all of its ways share.
        let shared = |entry: &'f ReportedFinding| {
            (entry.finding.rule, module_of(entry, files), entry.discriminator.as_str())
        };
        let mut counts: FxHashMap<_, usize> = FxHashMap::default();
        for entry in reported {
            *counts.entry(shared(entry)).or_default() += 1;
        }
        let mut places: FxHashMap<Identity<'f>, Vec<Location>> = FxHashMap::default();
        for entry in reported.iter().filter(|entry| counts[&shared(entry)] > 1) {
            for way in &entry.ways {
                places.entry(identity(entry, way, files)).or_default().push(entry.finding.location);
            }
        }
        for locations in places.values_mut() {
            locations.sort_unstable();
            locations.dedup();
        }
        Self { files, places }
    }

    /// The fingerprint of a finding as it was reported in one way.
    pub fn of(&self, entry: &ReportedFinding, way: &Way) -> String {
        let identity = identity(entry, way, self.files);
        let ordinal = self
            .places
            .get(&identity)
            .and_then(|locations| locations.binary_search(&entry.finding.location).ok())
            .unwrap_or(0);
        let mut hasher = blake3::Hasher::new();
        for part in identity {
            hasher.update(part.as_bytes());
            // What can't occur in names.
            hasher.update(b"\0");
        }
        hasher.update(ordinal.to_string().as_bytes());
        hasher.finalize().to_hex().as_str()[..32].to_owned()
    }
}

fn module_of<'f>(entry: &ReportedFinding, files: &'f Files) -> &'f str {
    let file = files.get(entry.finding.location.file);
    if file.module.is_empty() { file.relative.as_str() } else { file.module.as_str() }
}

fn identity<'f>(entry: &'f ReportedFinding, way: &'f Way, files: &'f Files) -> Identity<'f> {
    let (method, path) =
        way.route.as_ref().map_or(("", ""), |route| (route.method.as_str(), route.path.as_str()));
    [entry.finding.rule, module_of(entry, files), &way.symbol, method, path, &entry.discriminator]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::test_support::{analysis_of, reported_at};

    fn fingerprints(reported: &[ReportedFinding], files: &Files) -> Vec<String> {
        let fingerprints = Fingerprints::new(reported, files);
        reported.iter().map(|entry| fingerprints.of(entry, &entry.ways[0])).collect()
    }

    #[test]
    fn a_fingerprint_survives_new_lines_and_new_words() {
        let before = analysis_of(&[("app/main.py", "def read(): ...\n")]);
        let after = analysis_of(&[("app/main.py", "import os\n\n\ndef read(): ...\n")]);
        let first = reported_at(&before, "app/main.py", "def read");
        let mut second = reported_at(&after, "app/main.py", "def read");
        second.finding.message = "other words".into();
        assert_eq!(fingerprints(&[first], &before.files), fingerprints(&[second], &after.files));
    }

    #[test]
    fn equals_are_numbered_by_position_and_places_are_shared() {
        let analysis = analysis_of(&[("app/main.py", "one()\ntwo()\n")]);
        let one = reported_at(&analysis, "app/main.py", "one");
        let two = reported_at(&analysis, "app/main.py", "two");
        let found = fingerprints(&[two.clone(), one.clone(), one.clone()], &analysis.files);
        assert_ne!(found[0], found[1]);
        assert_eq!(found[1], found[2]);
        assert_eq!(fingerprints(&[one], &analysis.files)[0], found[1]);
    }

    #[test]
    fn symbol_and_discriminator_tell_findings_apart() {
        let analysis = analysis_of(&[("app/main.py", "one()\n")]);
        let plain = reported_at(&analysis, "app/main.py", "one");
        let mut other = plain.clone();
        other.discriminator = "owner_id".into();
        let mut third = plain.clone();
        third.ways[0].symbol = "elsewhere".into();
        let found = fingerprints(&[plain, other, third], &analysis.files);
        assert_ne!(found[0], found[1]);
        assert_ne!(found[0], found[2]);
        assert_eq!(found[0].len(), 32);
    }
}
