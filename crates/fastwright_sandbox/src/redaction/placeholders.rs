//! What stands in the place of secrets.

use super::Kind;
use regex::Regex;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::LazyLock;

/// The placeholders that were given so far.
#[derive(Debug)]
pub(super) struct Placeholders {
    /// Nobody can try out secrets against the hashes without it.
    key: [u8; 32],
    given: HashMap<blake3::Hash, String>,
    numbers: HashMap<&'static str, usize>,
}

impl Default for Placeholders {
    fn default() -> Self {
        let mut key = [0; 32];
        for part in key.chunks_mut(8) {
            // Each state has keys from the system's source of randomness.
            part.copy_from_slice(&RandomState::new().hash_one(0).to_le_bytes());
        }
        Self { key, given: HashMap::new(), numbers: HashMap::new() }
    }
}

impl Placeholders {
    /// The placeholder of a secret, always the same.
    pub(super) fn of(&mut self, secret: &str, kind: Kind) -> String {
        let hash = blake3::keyed_hash(&self.key, secret.as_bytes());
        let numbers = &mut self.numbers;
        let placeholder = self.given.entry(hash).or_insert_with(|| {
            let number = numbers.entry(kind.words()).or_default();
            *number += 1;
            format!("[redacted: {} {number}]", kind.words())
        });
        placeholder.clone()
    }
}

static PLACEHOLDER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\[redacted: [A-Za-z0-9 ]{1,40} [0-9]{1,9}\]").ok());

/// Where placeholders stand in a text already.
pub(super) fn existing(text: &str) -> Vec<Range<usize>> {
    PLACEHOLDER.iter().flat_map(|pattern| pattern.find_iter(text)).map(|found| found.range()).collect()
}

/// Whether a text is a placeholder and nothing else.
pub(super) fn is_placeholder(text: &str) -> bool {
    existing(text).first().is_some_and(|found| found.len() == text.len())
}
