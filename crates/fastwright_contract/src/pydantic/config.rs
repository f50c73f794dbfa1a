//! `model_config`: what configures a model, as far as it shows in schemas.

use fastwright_python::name::Name;
use fastwright_python::value::{OrderedMap, Value};

/// The merged configuration of a model, dataclass or typed dict: the keys of `ConfigDict` that are set,
/// with their values (Pydantic 2.14 `_internal/_config.py`, `ConfigWrapper`).
#[derive(Debug, Clone, Default)]
pub struct ModelConfig {
    /// Keys in the order they were first set.
    pub values: OrderedMap<Name, Value>,
}

impl ModelConfig {
    /// The value of a key that is set to something other than `None`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(&Name::from(key)).filter(|value| !value.is_none())
    }

    /// The truth of a boolean key; `default` where it is not set.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(default)
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }
}
