//! The variables of the environment: set are those that the user names.

use super::Interpreter;
use crate::value::*;

/// `os.environ`.
pub(super) const ENVIRONMENT: &str = "os.environ";

impl Interpreter<'_> {
    /// Sets a variable of the environment. All others are not set.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// The variables that are set.
    pub fn variables(&self) -> &std::collections::BTreeMap<String, String> {
        &self.variables
    }

    /// `os.environ.get(name, default)`: the default where the variable is not set, marked as configurable.
    pub(super) fn environment_variable(&mut self, arguments: &Arguments) -> Option<Value> {
        let name = arguments.positional.first()?.as_str()?.to_owned();
        let default = arguments.get(1, "default").cloned().unwrap_or(Value::NONE);
        let value = self.variables.get(&name).map_or(default, |value| Value::str(value));
        let setting = self.configurable(name);
        Some(value.with_configurable(setting))
    }

    /// `os.environ[name]`, where it is set.
    pub(super) fn variable_item(&mut self, name: &Value) -> Option<Value> {
        let name = name.as_str()?.to_owned();
        let value = Value::str(self.variables.get(&name)?);
        let setting = self.configurable(name);
        Some(value.with_configurable(setting))
    }

    /// `name in os.environ`.
    pub(super) fn is_variable_set(&mut self, name: &str) -> Value {
        let setting = self.configurable(name);
        Value::bool(self.variables.contains_key(name)).with_configurable(setting)
    }

    /// `os.path.expandvars`: a variable that is not set stays as it is written.
    pub(super) fn with_variables(&mut self, path: Value) -> Option<Value> {
        let text = path.as_str()?.to_owned();
        let mut expanded = String::with_capacity(text.len());
        let mut setting = None;
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once('$') {
            expanded.push_str(before);
            let braced = behind.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let (name, behind_name) = match braced {
                Some(parts) => parts,
                None => {
                    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    behind.split_at(behind.find(|c| !is_part(c)).unwrap_or(behind.len()))
                }
            };
            setting = setting.or(self.configurable(name));
            match self.variables.get(name) {
                Some(value) => expanded.push_str(value),
                None => expanded.push_str(&rest[before.len()..rest.len() - behind_name.len()]),
            }
            rest = behind_name;
        }
        expanded.push_str(rest);
        Some(Value::str(&expanded).with_configurable(path.configurable().or(setting)))
    }
}
