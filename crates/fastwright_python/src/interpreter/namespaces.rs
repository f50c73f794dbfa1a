//! `globals()`, `locals()` and `vars()`: names as a dict. What is put into the dict of a module's names is a variable
//! of the module until it is taken out, as in Python; modules that fill themselves on demand (PEP 562) keep what they made that way.

use super::Interpreter;
use crate::name::Name;
use crate::value::*;

impl Interpreter<'_> {
    /// The names of the module that runs, or those of the scope that runs, as a dict of its own.
    pub(crate) fn names_as_dict(&mut self, globals: bool) -> Value {
        let frame = self.frame();
        let of_module = self.modules[frame.module.0 as usize].scope;
        let scope = if globals { of_module } else { frame.scope };
        let mut entries: Vec<(Name, Value)> =
            self.scopes[scope.0 as usize].names.iter().map(|(name, value)| (*name, value.clone())).collect();
        entries.sort_by(|left, right| left.0.as_str().cmp(right.0.as_str()));
        let dict = self.dict(entries.into_iter().map(|(name, value)| (Value::str(&name), value)).collect());
        if let Kind::Dict(id) = *dict.kind()
            && scope == of_module
        {
            self.namespaces.insert(id, scope);
        }
        dict
    }

    /// Binds what was put into a dict under a key, if the dict stands for the names of a module.
    pub(crate) fn bind_in_namespace(&mut self, dict: ObjectId, key: &Value, value: &Value) {
        if let Some(&scope) = self.namespaces.get(&dict)
            && let Some(name) = key.as_str()
        {
            self.rebind_in_module(scope, Name::new(name), Some(value.clone()));
        }
    }

    /// Takes back a name that was taken out of a dict, if the dict stands for the names of a module.
    pub(crate) fn unbind_in_namespace(&mut self, dict: ObjectId, key: &Value) {
        if let Some(&scope) = self.namespaces.get(&dict)
            && let Some(name) = key.as_str()
        {
            self.rebind_in_module(scope, Name::new(name), None);
        }
    }

    /// Binds everything that is in a dict, if the dict stands for the names of a module.
    pub(crate) fn bind_all_in_namespace(&mut self, dict: ObjectId) {
        let Some(&scope) = self.namespaces.get(&dict) else { return };
        let names = &self.scopes[scope.0 as usize].names;
        let Object::Dict(entries) = self.object(dict) else { return };
        let changed: Vec<(Name, Value)> = entries
            .entries
            .values()
            .filter_map(|(key, value)| Some((Name::new(key.as_str()?), value.clone())))
            .filter(|(name, value)| names.get(name).is_none_or(|known| !known.same(value)))
            .collect();
        for (name, value) in changed {
            self.rebind_in_module(scope, name, Some(value));
        }
    }

    fn rebind_in_module(&mut self, scope: ScopeId, name: Name, value: Option<Value>) {
        self.note_variable(scope, name);
        self.rebind(scope, name, value);
    }
}
