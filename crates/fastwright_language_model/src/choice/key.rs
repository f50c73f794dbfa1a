//! Keys of providers.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// The environment variables that hold keys. Nothing that runs code of a project may get them into its environment.
pub const KEY_VARIABLES: [&str; 3] = [ANTHROPIC_KEY, OPENAI_KEY, OWN_KEY];

/// The key for Anthropic's own address.
pub(super) const ANTHROPIC_KEY: &str = "ANTHROPIC_API_KEY";
/// The key for OpenAI's own address.
pub(super) const OPENAI_KEY: &str = "OPENAI_API_KEY";
/// The key for an address that the user gives. No other key is ever sent there.
pub(super) const OWN_KEY: &str = "FASTWRIGHT_MODEL_KEY";

/// Keys and parts of texts that are shorter say nothing; replacing them would only garble messages.
const SHORTEST: usize = 6;

/// A key. It is shown nowhere, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Key {
    secret: SecretString,
    variable: &'static str,
    kept: bool,
}

impl Key {
    /// A key from an environment variable, or `kept` by the keyring under the variable's name. White space around it is
    /// dropped. `Err` if it can't stand in a header.
    pub(super) fn new(text: &str, variable: &'static str, kept: bool) -> Result<Self, ()> {
        let text = text.trim();
        let is_usable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_usable.then(|| Self { secret: text.into(), variable, kept }).ok_or(())
    }

    /// Where it comes from: the name of a variable, or the keyring.
    pub fn source(&self) -> &'static str {
        if self.kept { "the keyring" } else { self.variable }
    }

    /// The key itself, for the header of a request.
    pub(crate) fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    /// The text without the key. Servers like to quote what they refuse.
    pub(crate) fn redact(&self, text: &str) -> String {
        let key = self.expose();
        if key.len() < SHORTEST { text.to_owned() } else { text.replace(key, "[key]") }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key(from {})", self.source())
    }
}
