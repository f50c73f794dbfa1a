//! Which model is asked, where, and with which key.

mod address;
mod key;
mod keyring;
mod model;
mod user_file;

pub use key::{KEY_VARIABLES, Key};
pub use keyring::{KeyringError, forget_key, keep_key, kept_key};
pub use model::{Choice, ChoiceError, Model, Provider};
pub use user_file::user_configuration_path;
