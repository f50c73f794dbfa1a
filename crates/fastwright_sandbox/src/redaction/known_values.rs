//! Values that are known to be secret, wherever they stand.

use super::{Found, Kind};
use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Shorter values stand in text for other reasons.
const SHORTEST: usize = 6;
/// Words that programs are full of, however secret the name of their variable is.
const ORDINARY: &[&str] = &[
    "password",
    "secret",
    "postgres",
    "changeme",
    "development",
    "production",
    "localhost",
    "default",
    "disabled",
    "enabled",
    "example",
    "testing",
];

/// Values that are known to be secret.
#[derive(Debug, Default)]
pub(super) struct KnownValues {
    spellings: BTreeSet<String>,
    search: Option<AhoCorasick>,
}

impl KnownValues {
    pub(super) fn learn(&mut self, value: &str) {
        let value = value.trim();
        let is_ordinary = ORDINARY.contains(&value.to_lowercase().as_str());
        if value.len() < SHORTEST || is_ordinary || super::placeholders::is_placeholder(value) {
            return;
        }
        let mut hexadecimal = String::new();
        let mut percent = String::new();
        for byte in value.bytes() {
            let _ = write!(hexadecimal, "{byte:02x}");
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                percent.push(char::from(byte));
            } else {
                let _ = write!(percent, "%{byte:02X}");
            }
        }
        let quoted = value.escape_default().to_string();
        let reversed: String = value.chars().rev().collect();
        self.spellings.extend([
            value.to_owned(),
            hexadecimal.to_uppercase(),
            hexadecimal,
            percent,
            quoted,
            reversed,
        ]);
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            // In the middle of other text it stands at one of three places in its groups; what depends on its
            // neighbours is cut off.
            for before in 0..3 {
                let mut bytes = vec![0; before];
                bytes.extend(value.bytes());
                bytes.truncate(bytes.len() / 3 * 3);
                let text = engine.encode(bytes);
                let certain = &text[if before == 0 { 0 } else { 4 }..];
                if certain.len() >= SHORTEST {
                    self.spellings.insert(certain.to_owned());
                }
            }
        }
        self.search =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&self.spellings).ok();
    }

    pub(super) fn find(&self, text: &str) -> Vec<Found> {
        let found = self.search.iter().flat_map(|search| search.find_iter(text));
        found.map(|found| Found { range: found.range(), kind: Kind::Learned }).collect()
    }
}
