//! Keys that the keyring of the person keeps: the Keychain of macOS, the Credential Manager of Windows, the Secret
//! Service elsewhere (GNOME Keyring, KWallet, KeePassXC). Each stands under the service `fastwright`, by the name of the
//! variable that would hold it.

use keyring::{Entry, Error};

use super::key::{ANTHROPIC_KEY, Key, OPENAI_KEY, OWN_KEY};
use super::model::Provider;

/// The service under which keys are kept.
const SERVICE: &str = "fastwright";

/// Why the keyring did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// What was given is no key.
    #[error("that can't be a key: it is empty or has characters that no key has")]
    NoKey,
    /// There is nothing to forget.
    #[error("the keyring has no such key")]
    NotKept,
    /// No keyring answers, or it refuses.
    #[error("the keyring can't be used: {0}. Put the key into the environment variable {1} instead")]
    Unusable(String, &'static str),
}

/// The key that the keyring keeps under a variable's name. Nothing where it keeps none, and where no keyring answers.
pub fn kept_key(variable: &str) -> Option<String> {
    Entry::new(SERVICE, variable).ok()?.get_password().ok()
}

/// Puts the key of a provider into the keyring, in place of one that is there.
///
/// # Errors
/// When it is no key, or the keyring can't be used.
pub fn keep_key(provider: Provider, key: &str) -> Result<(), KeyringError> {
    let variable = variable_of(provider);
    let key = Key::new(key, variable, true).map_err(|()| KeyringError::NoKey)?;
    let entry = Entry::new(SERVICE, variable).and_then(|entry| entry.set_password(key.expose()));
    entry.map_err(|error| KeyringError::Unusable(error.to_string(), variable))
}

/// Takes the key of a provider out of the keyring.
///
/// # Errors
/// When there is none, or the keyring can't be used.
pub fn forget_key(provider: Provider) -> Result<(), KeyringError> {
    let variable = variable_of(provider);
    match Entry::new(SERVICE, variable).and_then(|entry| entry.delete_credential()) {
        Ok(()) => Ok(()),
        Err(Error::NoEntry) => Err(KeyringError::NotKept),
        Err(error) => Err(KeyringError::Unusable(error.to_string(), variable)),
    }
}

fn variable_of(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic => ANTHROPIC_KEY,
        Provider::OpenAi => OPENAI_KEY,
        Provider::Ollama | Provider::Own => OWN_KEY,
    }
}
