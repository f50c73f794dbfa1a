//! Identity of a finding across commits: from structure, never from message text or line numbers.

use crate::reporter::ReportedFinding;
use fastwright_python::location::{Files, Location};
use rustc_hash::FxHashMap;

/// The fingerprints of `reported`, in its order.
///
/// Made of rule, module, symbol, route and the rule's discriminator. Findings that agree in all of these
/// are numbered by their position in the file; several at one place share a number.
pub fn fingerprints(reported: &[ReportedFinding], files: &Files) -> Vec<String> {
    let mut places: FxHashMap<String, Vec<Location>> = FxHashMap::default();
    let identities: Vec<String> = reported.iter().map(|entry| identity(entry, files)).collect();
    for (entry, identity) in reported.iter().zip(&identities) {
        places.entry(identity.clone()).or_default().push(entry.finding.location);
    }
    for locations in places.values_mut() {
        locations.sort_unstable();
        locations.dedup();
    }
    reported
        .iter()
        .zip(identities)
        .map(|(entry, identity)| {
            let ordinal = places
                .get(&identity)
                .and_then(|locations| locations.binary_search(&entry.finding.location).ok())
                .unwrap_or(0);
            let mut hasher = blake3::Hasher::new();
            hasher.update(identity.as_bytes());
            hasher.update(b"\0");
            hasher.update(ordinal.to_string().as_bytes());
            hasher.finalize().to_hex().as_str()[..32].to_owned()
        })
        .collect()
}

/// Everything but the number, with separators that can't occur in names.
fn identity(entry: &ReportedFinding, files: &Files) -> String {
    let finding = &entry.finding;
    let file = files.get(finding.location.file);
    let module = if file.module.is_empty() { file.relative.as_str() } else { file.module.as_str() };
    let (method, path) =
        finding.route.as_ref().map_or(("", ""), |route| (route.method.as_str(), route.path.as_str()));
    [finding.rule, module, &finding.symbol, method, path, &entry.discriminator].join("\0")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::test_support::{analysis_of, reported_at};

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
        third.finding.symbol = "elsewhere".into();
        let found = fingerprints(&[plain, other, third], &analysis.files);
        assert_ne!(found[0], found[1]);
        assert_ne!(found[0], found[2]);
        assert_eq!(found[0].len(), 32);
    }
}
