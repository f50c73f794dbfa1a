//! Secrets in text become placeholders, before it leaves the machine or is kept.
//!
//! What counts as a secret: values that were learned (from the environment, from `.env` files), private keys, tokens
//! that are known by their shape, passwords in addresses and headers, and whatever is assigned to a name like
//! `password` or `SECRET_KEY` in code, `.env`, YAML, TOML or JSON. The same secret gets the same placeholder as long as
//! one [`Redactor`] lives; nothing of the secret is kept, only a hash with a key that dies with it.

mod assignments;
mod known_values;
mod names;
mod placeholders;
mod shapes;

use known_values::KnownValues;
use placeholders::Placeholders;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// What kind of secret it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A value that was learned, such as one of the environment.
    Learned,
    /// A private key as text.
    PrivateKey,
    /// A token that is known by its shape; whose.
    Token(&'static str),
    /// A password or a passphrase.
    Password,
    /// Anything else that a name calls secret: keys, tokens, credentials.
    Secret,
}

impl Kind {
    /// The words of a placeholder.
    fn words(self) -> &'static str {
        match self {
            Self::Learned => "known secret",
            Self::PrivateKey => "private key",
            Self::Token(whose) => whose,
            Self::Password => "password",
            Self::Secret => "secret",
        }
    }
}

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    range: Range<usize>,
    kind: Kind,
}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text.
    pub text: String,
    /// How many secrets were taken out.
    pub count: usize,
}

/// Where a shell says that it is (POSIX). The names are no abbreviations of "password".
const WORKING_DIRECTORIES: [&str; 2] = ["PWD", "OLDPWD"];

/// Takes secrets out of text.
#[derive(Debug, Default)]
pub struct Redactor {
    known: KnownValues,
    placeholders: Mutex<Placeholders>,
}

impl Redactor {
    /// One that has learned nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that has learned the secrets of this process's environment.
    pub fn of_environment() -> Self {
        let mut redactor = Self::new();
        let variables = std::env::vars_os();
        let text =
            variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        redactor.learn_variables(text);
        redactor
    }

    /// Learns the values of variables whose names say that they are secret. They are found wherever they stand, and
    /// written as Base64, in hexadecimal or with percent signs.
    pub fn learn_variables(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        for (name, value) in variables {
            if WORKING_DIRECTORIES.contains(&name.as_str()) {
                continue;
            }
            if names::is_secret(&name).is_some() {
                self.known.learn(&value);
            } else {
                // The password of an address is a secret whatever the variable is called.
                for found in shapes::passwords_of_addresses(&value) {
                    self.known.learn(&value[found]);
                }
            }
        }
    }

    /// Learns the secrets of a file of variables (`.env`): it is itself never sent, but what it says may be printed.
    pub fn learn_env_file(&mut self, text: &str) {
        let line = |line: &str| {
            let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
            let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
            let value = value.trim();
            let quoted =
                ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.split(quote).next());
            let value = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or(value).trim());
            Some((name.trim().to_owned(), value.to_owned()))
        };
        self.learn_variables(text.lines().filter_map(line));
    }

    /// Learns one secret.
    pub fn learn(&mut self, secret: &str) {
        self.known.learn(secret);
    }

    /// A text with a placeholder in the place of each secret. Text that has been redacted does not change any more.
    pub fn redact(&self, text: &str) -> Redacted {
        let mut found = self.known.find(text);
        found.extend(shapes::find(text));
        found.extend(assignments::find(text));
        if found.is_empty() {
            return Redacted { text: text.to_owned(), count: 0 };
        }
        // Of two that overlap one covers both, with the kind of the first; learned ones come first.
        found.sort_by_key(|found| (found.range.start, found.kind, found.range.end));
        let mut merged: Vec<Found> = Vec::new();
        for next in found {
            match merged.last_mut() {
                Some(last) if next.range.start < last.range.end => {
                    last.range.end = last.range.end.max(next.range.end);
                }
                _ => merged.push(next),
            }
        }
        let existing = placeholders::existing(text);
        let mut placeholders = self.placeholders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut redacted = String::with_capacity(text.len());
        let mut end = 0;
        let mut count = 0;
        for Found { range, kind } in merged {
            // A placeholder is no secret, nor is anything in it.
            if existing.iter().any(|known| known.start <= range.start && range.end <= known.end) {
                continue;
            }
            redacted.push_str(&text[end..range.start]);
            redacted.push_str(&placeholders.of(&text[range.clone()], kind));
            end = range.end;
            count += 1;
        }
        redacted.push_str(&text[end..]);
        Redacted { text: redacted, count }
    }
}
