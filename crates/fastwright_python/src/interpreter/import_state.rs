//! What variables of modules and attributes of objects were when the program was imported.
//!
//! Walking a function for its summary, or for a probe, binds what the function binds: a session that is made on first
//! use, a flag that says what was done. What comes later sees it, as it would in a running service. But who asks what code
//! means, whatever ran before, has to see the program as it was imported: changes are noted, and taken back then.

use super::{Interpreter, Mode};
use crate::name::Name;
use crate::value::*;

/// Something before a summary or a probe changed it.
#[derive(Debug)]
pub(crate) enum Before {
    /// A variable of a module.
    Variable(ScopeId, Name, Option<Value>),
    /// An attribute of an instance or a class.
    Attribute(ObjectId, Name, Option<Value>),
}

impl Interpreter<'_> {
    /// Notes what a variable of another scope is, before it is bound. Only those of modules outlive a summary or probe.
    pub(crate) fn note_variable(&mut self, scope: ScopeId, name: Name) {
        let module = self.scopes[scope.0 as usize].module;
        if self.mode != Mode::Import && self.modules[module.0 as usize].scope == scope {
            let before = self.scopes[scope.0 as usize].names.get(&name).cloned();
            self.changed_after_import.push(Before::Variable(scope, name, before));
        }
    }

    /// Notes what an attribute of an object is, before it is set.
    pub(crate) fn note_attribute(&mut self, id: ObjectId, name: Name) {
        if self.mode != Mode::Import {
            let before = match self.object(id) {
                Object::Instance(instance) => instance.attributes.get(&name),
                Object::Class(class) => class.attributes.get(&name),
                _ => None,
            };
            let before = before.cloned();
            self.changed_after_import.push(Before::Attribute(id, name, before));
        }
    }

    /// Takes back what summaries and probes have changed since the program was imported.
    pub fn return_to_import_state(&mut self) {
        for before in std::mem::take(&mut self.changed_after_import).into_iter().rev() {
            match before {
                Before::Variable(scope, name, Some(value)) => {
                    self.scopes[scope.0 as usize].names.insert(name, value);
                }
                Before::Variable(scope, name, None) => {
                    self.scopes[scope.0 as usize].names.remove(&name);
                }
                Before::Attribute(id, name, value) => {
                    let attributes = match self.object_mut(id) {
                        Object::Instance(instance) => &mut instance.attributes,
                        Object::Class(class) => &mut class.attributes,
                        _ => continue,
                    };
                    match value {
                        Some(value) => {
                            attributes.insert(name, value);
                        }
                        None => {
                            attributes.shift_remove(&name);
                        }
                    }
                }
            }
        }
    }
}
