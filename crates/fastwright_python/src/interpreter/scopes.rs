//! Names: where they are looked up and where they are bound.

use super::{Interpreter, Scope};
use crate::name::Name;
use crate::value::{ModuleId, ScopeId, Value};

/// Names that an emptied scope may have room for, to be used again: emptying larger ones takes longer than making
/// small ones.
const LARGEST_SPARE: usize = 112;

impl Interpreter<'_> {
    pub(crate) fn new_scope(&mut self, parent: Option<ScopeId>, module: ModuleId, is_class: bool) -> ScopeId {
        self.scopes.push(Scope {
            names: self.spare_names.pop().unwrap_or_default(),
            parent,
            is_class,
            globals: Vec::new(),
            nonlocals: Vec::new(),
            module,
        });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    /// Drops the scope of a call that has ended, when nothing can refer to it any more: no function and no
    /// class was made while it ran, and no other scope is left.
    pub(crate) fn drop_scope(&mut self, scope: ScopeId, functions_before: usize, classes_before: usize) {
        if self.functions.len() == functions_before
            && self.classes.len() == classes_before
            && self.scopes.len() == scope.0 as usize + 1
        {
            self.drop_last_scope();
        }
    }

    /// Drops the scope that was made last, to which nothing can refer any more.
    pub(crate) fn drop_last_scope(&mut self) {
        // The next call has room for its names at once.
        if let Some(mut names) = self.scopes.pop().map(|scope| scope.names)
            && names.capacity() <= LARGEST_SPARE
        {
            names.clear();
            self.spare_names.push(names);
        }
    }

    /// Looks a name up as code in `scope` would: the scope itself, scopes around it that are not class
    /// bodies, the module's globals, the builtins.
    pub fn lookup(&self, scope: ScopeId, name: Name) -> Option<Value> {
        let mut current = Some(scope);
        let mut last = scope;
        while let Some(id) = current {
            let around = &self.scopes[id.0 as usize];
            if (id == scope || !around.is_class)
                && let Some(value) = around.names.get(&name)
                && !around.globals.contains(&name)
            {
                return Some(value.clone());
            }
            last = id;
            current = around.parent;
        }
        let outermost = &self.scopes[last.0 as usize];
        let globals = self.modules[outermost.module.0 as usize].scope;
        // Mostly that is where it has just been looked for.
        if (globals != last || outermost.globals.contains(&name))
            && let Some(value) = self.scopes[globals.0 as usize].names.get(&name)
        {
            return Some(value.clone());
        }
        self.builtins.get(name).or_else(|| self.further_name(name))
    }

    /// Whether a name means a variable of the module where it is looked up.
    pub(crate) fn is_of_module(&self, scope: ScopeId, name: Name) -> bool {
        let globals = self.modules[self.scopes[scope.0 as usize].module.0 as usize].scope;
        let mut current = Some(scope);
        while let Some(id) = current.filter(|id| *id != globals) {
            let scope = &self.scopes[id.0 as usize];
            if scope.globals.contains(&name) {
                return true;
            }
            if scope.names.contains_key(&name) {
                return false;
            }
            current = scope.parent;
        }
        self.scopes[globals.0 as usize].names.contains_key(&name)
    }

    /// Whether code that sees the module's globals and the builtins only finds what a name means in `scope`: no
    /// function or class around it binds the name. Annotations that are texts are evaluated so.
    pub fn is_global(&self, scope: ScopeId, name: Name) -> bool {
        let globals = self.modules[self.scopes[scope.0 as usize].module.0 as usize].scope;
        let mut around = Some(scope);
        while let Some(id) = around.filter(|id| *id != globals) {
            let scope = &self.scopes[id.0 as usize];
            if scope.names.contains_key(&name) && !scope.globals.contains(&name) {
                return false;
            }
            around = scope.parent;
        }
        self.lookup(globals, name).is_some()
    }

    /// A name that is bound nowhere else, from the scopes given to [`Interpreter::with_further_names`].
    fn further_name(&self, name: Name) -> Option<Value> {
        self.further_names.iter().find_map(|scope| self.scopes[scope.0 as usize].names.get(&name).cloned())
    }

    /// Runs something for which names that are bound nowhere else are looked up in further scopes.
    pub fn with_further_names<T>(&mut self, scopes: &[ScopeId], run: impl FnOnce(&mut Self) -> T) -> T {
        let saved = std::mem::replace(&mut self.further_names, scopes.to_vec());
        let result = run(self);
        self.further_names = saved;
        result
    }

    /// Binds a name in the scope that runs, minding `global` and `nonlocal`.
    pub(crate) fn bind(&mut self, name: Name, value: Value) {
        let scope = self.frame().scope;
        let current = &self.scopes[scope.0 as usize];
        let target = if current.globals.contains(&name) {
            self.modules[current.module.0 as usize].scope
        } else if current.nonlocals.contains(&name) {
            let mut outer = current.parent;
            loop {
                match outer {
                    Some(id) if self.scopes[id.0 as usize].names.contains_key(&name) => break id,
                    Some(id) => outer = self.scopes[id.0 as usize].parent,
                    None => break scope,
                }
            }
        } else {
            scope
        };
        if target != scope {
            self.note_variable(target, name);
        }
        self.rebind(target, name, Some(value));
        if let Some(class) = self.frame().class_body
            && target == scope
        {
            self.bind_in_class(class, name);
        }
    }

    fn bind_in_class(&mut self, class: crate::value::ObjectId, name: Name) {
        let scope = self.frame().scope;
        let Some(value) = self.scopes[scope.0 as usize].names.get(&name).cloned() else { return };
        if let crate::value::Object::Class(class) = self.object_mut(class) {
            class.attributes.insert(name, value);
        }
    }

    pub(crate) fn unbind(&mut self, name: Name) {
        let scope = self.frame().scope;
        self.rebind(scope, name, None);
        if let Some(class) = self.frame().class_body
            && let crate::value::Object::Class(class) = self.object_mut(class)
        {
            class.attributes.shift_remove(&name);
        }
    }
}
