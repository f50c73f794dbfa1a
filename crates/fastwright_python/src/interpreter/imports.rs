//! Imports: modules are found through a [`ModuleSource`] and evaluated once, in the order of import.

use super::expressions::parent_name;
use super::{Evaluated, Frame, Interpreter, ModuleState, ModuleStatus, Raised};
use crate::dotted::last_part;
use crate::ir::{self, Alias};
use crate::location::{FileId, Location, Span};
use crate::name::Name;
use crate::value::*;
use std::sync::Arc;

/// Identity of a module's file or namespace, given by the [`ModuleSource`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleKey(pub u32);

/// A module with its code.
#[derive(Debug, Clone)]
pub struct FoundModule {
    /// Its identity.
    pub key: ModuleKey,
    /// Dotted name.
    pub name: Name,
    /// Its file; none for a namespace package.
    pub file: Option<FileId>,
    /// Whether it is a package.
    pub is_package: bool,
    /// Its code; empty for a namespace package.
    pub code: Arc<ir::Module>,
}

/// What a dotted name is.
#[derive(Debug, Clone)]
pub enum Found {
    /// A module to evaluate.
    Module(FoundModule),
    /// A library that is known by name only.
    Library,
    /// It does not exist: importing it fails.
    Missing,
}

/// What reading a data file of the program gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataFile {
    /// What is in it, with its path as people know it.
    Read {
        /// The bytes.
        bytes: Vec<u8>,
        /// Path relative to the project, with `/`.
        shown: String,
    },
    /// There is no such file, in a folder of the program where it would be found.
    Missing,
    /// It would lie outside the program, where only those who deploy it have files.
    Elsewhere,
    /// It is not read, for this reason: one sentence without a full stop.
    NotRead(&'static str),
}

/// Finds modules by name.
pub trait ModuleSource {
    /// What `dotted` is for an importing file.
    fn find(&mut self, importer: Option<FileId>, dotted: &str) -> Found;

    /// Names of the modules directly inside a package.
    fn submodules(&mut self, key: ModuleKey) -> Vec<(Name, bool)>;

    /// Path of the module's file, as `__file__` would show it.
    fn path_of(&self, key: ModuleKey) -> String;

    /// Paths of the Python files in a folder, or anywhere below it, for code that walks
    /// `Path(__file__).parent`.
    fn files_in(&mut self, folder: &str, recursive: bool) -> Vec<String>;

    /// Names in a folder of the program, or of a package that is evaluated, and which of them are folders;
    /// nothing for any other folder.
    fn folder(&mut self, _path: &str) -> Option<Vec<(String, bool)>> {
        None
    }

    /// From now on the modules of an installed package are found like the program's own; of none again
    /// with nothing.
    fn follow(&mut self, _package: Option<Name>) {}

    /// Reads a file that the program opens while it is imported: one of its own only.
    fn read_data(&mut self, _path: &str) -> DataFile {
        DataFile::Elsewhere
    }
}

impl Interpreter<'_> {
    /// Evaluates a module of the program by its dotted name, as seen from the program's own roots.
    pub fn import_root(&mut self, found: FoundModule) -> ModuleId {
        if self.frames.is_empty() {
            self.begins_program();
        }
        let guards = std::mem::take(&mut self.import_guards);
        let package = self.import_packages_around(&found);
        let name = Name::new(found.name.last_part());
        let id = self.module_for(found);
        let run = self.load_module(id, package, name);
        debug_assert!(run.is_ok(), "nobody is prepared for a failing import here");
        self.import_guards = guards;
        id
    }

    /// The packages around a module are imported before it, the outermost first; gives the innermost.
    fn import_packages_around(&mut self, found: &FoundModule) -> Option<ModuleId> {
        let (around, _) = found.name.owner_and_last()?;
        let mut innermost = None;
        for end in around.match_indices('.').map(|(end, _)| end).chain([around.len()]) {
            let package = &around[..end];
            let Found::Module(package_found) = self.source.find(found.file, package) else { return None };
            let id = self.module_for(package_found);
            self.load_module(id, innermost, Name::new(last_part(package))).ok()?;
            innermost = Some(id);
        }
        innermost
    }

    fn module_for(&mut self, found: FoundModule) -> ModuleId {
        if let Some(id) = self.modules_by_key.get(&found.key) {
            return *id;
        }
        let id = ModuleId(self.modules.len() as u32);
        let scope = self.new_scope(None, id, false);
        self.modules.push(ModuleState {
            name: found.name,
            file: found.file,
            scope,
            is_package: found.is_package,
            key: found.key,
            code: found.code,
            status: ModuleStatus::Waiting,
        });
        self.modules_by_key.insert(found.key, id);
        if let Some(file) = found.file {
            self.module_files.insert(file, id);
        }
        id
    }

    /// The module that a file is.
    pub fn module_of_file(&self, file: FileId) -> Option<ModuleId> {
        self.module_files.get(&file).copied()
    }

    /// Runs a module unless it runs already. An exception that escapes a statement of the module ends
    /// that statement only: more is known when the rest is evaluated as well. A failed import that an
    /// importing `try` is prepared for ends the module, as in Python, where the next import begins anew.
    fn run_module(&mut self, id: ModuleId) -> Result<(), Box<Raised>> {
        let state = &mut self.modules[id.0 as usize];
        if state.status != ModuleStatus::Waiting {
            return Ok(());
        }
        state.status = ModuleStatus::Running;
        let (code, scope, file) = (Arc::clone(&state.code), state.scope, state.file.unwrap_or(FileId(0)));
        let conditions_before = self.conditions.len();
        let saved_mode = std::mem::replace(&mut self.mode, super::Mode::Import);
        let (saved_limit, steps_before) = (self.step_limit, self.steps);
        // What a library may cost on demand is decided by who asks.
        if self.following.is_none() {
            self.step_limit = self.limits.for_module(self.steps);
        }
        let call_is_limited = std::mem::replace(&mut self.call_is_limited, false);
        self.frames.push(Frame {
            scope,
            module: id,
            file,
            function: None,
            class_body: None,
            returns: Vec::new(),
            yields: Vec::new(),
            handling: Vec::new(),
            raised: false,
            conditions: self.conditions.len(),
        });
        let mut failure = None;
        for statement in &code.body {
            match self.execute(statement) {
                Ok(_) => {}
                Err(raised) => {
                    self.conditions.truncate(conditions_before);
                    if self.import_guards > 0 && self.is_import_error(&raised.value) {
                        // Somebody is prepared for it: the module is not there for them.
                        failure = Some(raised);
                        break;
                    }
                    let what = self.describe_exception(&raised.value);
                    self.note(format!("importing the module seems to raise {what}"), raised.location);
                }
            }
            if self.steps >= self.step_limit {
                self.note(
                    "evaluation was given up, the program takes too many steps",
                    self.here(statement.span),
                );
                self.given_up.insert(id);
                break;
            }
        }
        self.frames.pop();
        // Who imports it does not pay for it where each module has steps of its own.
        let own = if self.steps > self.limits.import_steps { self.steps - steps_before } else { 0 };
        self.step_limit = saved_limit.saturating_add(own);
        self.call_is_limited = call_is_limited;
        self.mode = saved_mode;
        self.class_changes += 1;
        self.conditions.truncate(conditions_before);
        match failure {
            Some(raised) => {
                self.modules[id.0 as usize].status = ModuleStatus::Waiting;
                Err(raised)
            }
            None => {
                self.modules[id.0 as usize].status = ModuleStatus::Done;
                Ok(())
            }
        }
    }

    /// Runs a module unless it runs already. Its package gets it as an attribute once, when it has run: what
    /// the package binds to that name later stays when the module is imported again.
    fn load_module(
        &mut self,
        id: ModuleId,
        package: Option<ModuleId>,
        name: Name,
    ) -> Result<(), Box<Raised>> {
        self.imports_module(id);
        if self.modules[id.0 as usize].status != ModuleStatus::Waiting {
            return Ok(());
        }
        self.run_module(id)?;
        if let Some(package) = package {
            let scope = self.modules[package.0 as usize].scope;
            self.scopes[scope.0 as usize].names.insert(name, Kind::Module(id).into());
        }
        Ok(())
    }

    fn is_import_error(&mut self, exception: &Value) -> bool {
        self.exception_matches(exception, &Value::external("builtins.ImportError")) == Some(true)
    }

    pub(crate) fn describe_exception(&mut self, exception: &Value) -> String {
        match self.class_of(exception).map(Value::into_kind) {
            Some(Kind::Class(id)) => {
                self.class(id).map(|class| format!("`{}`", class.name)).unwrap_or_default()
            }
            Some(Kind::External(name)) => format!("`{}`", name.last_part()),
            _ => "an exception".to_owned(),
        }
    }

    /// `import dotted`: every package on the way is imported first. Gives the last module.
    pub(crate) fn import_dotted(&mut self, dotted: &str, site: Location) -> Evaluated {
        let importer = self.frames.last().map(|frame| frame.file);
        let mut parent: Option<ModuleId> = None;
        let mut end = 0;
        loop {
            end = dotted[end..].find('.').map_or(dotted.len(), |at| end + at);
            let part = &dotted[..end];
            match self.source.find(importer, part) {
                Found::Module(found) => {
                    let id = self.module_for(found);
                    let name = Name::from(last_part(part));
                    self.load_module(id, parent, name)?;
                    parent = Some(id);
                }
                Found::Library => {
                    // A part of a library may be followed where the library as a whole is not.
                    if end < dotted.len()
                        && parent.is_none()
                        && let Found::Module(found) = self.source.find(importer, dotted)
                    {
                        let id = self.module_for(found);
                        self.run_module(id)?;
                        return Ok(Kind::Module(id).into());
                    }
                    self.imports_library(dotted);
                    let name = self.canonical(Name::from(dotted));
                    return Ok(Kind::External(name).into());
                }
                Found::Missing => {
                    // Something inside a package may be a name that the package binds, not a module.
                    if let Some(parent) = parent {
                        let name = Name::from(last_part(part));
                        let scope = self.modules[parent.0 as usize].scope;
                        if let Some(value) = self.scopes[scope.0 as usize].names.get(&name)
                            && end == dotted.len()
                        {
                            return Ok(value.clone());
                        }
                    }
                    if parent.is_none() {
                        self.imports_library(dotted);
                    }
                    if self.import_guards > 0 {
                        return Err(self.import_error(dotted, site));
                    }
                    // The program relies on it: it is there when the program runs (generated, or
                    // installed elsewhere).
                    return Ok(Kind::External(self.canonical(Name::from(dotted))).into());
                }
            }
            if end == dotted.len() {
                break;
            }
            end += 1;
        }
        Ok(match parent {
            Some(id) => Kind::Module(id).into(),
            None => Value::external(dotted),
        })
    }

    fn import_error(&mut self, dotted: &str, site: Location) -> Box<Raised> {
        let value = Value::call(
            Value::external("builtins.ModuleNotFoundError"),
            Arguments::of([Value::str(&format!("No module named '{dotted}'"))]),
            site,
        );
        Box::new(Raised { value, location: site })
    }

    /// A submodule that nobody has imported by name yet.
    pub(crate) fn import_child(&mut self, package: ModuleId, name: Name) -> Option<Value> {
        let state = &self.modules[package.0 as usize];
        let dotted = format!("{}.{name}", state.name);
        let importer = state.file.or_else(|| self.frames.last().map(|frame| frame.file));
        match self.source.find(importer, &dotted) {
            Found::Module(found) => {
                let id = self.module_for(found);
                self.load_module(id, Some(package), name).ok()?;
                Some(Kind::Module(id).into())
            }
            Found::Library | Found::Missing => None,
        }
    }

    pub(crate) fn execute_import(&mut self, names: &[Alias], span: Span) -> Result<(), Box<Raised>> {
        let site = self.here(span);
        for alias in names {
            let last = self.import_dotted(&alias.name, site)?;
            match alias.rename {
                Some(rename) => {
                    let value = self.attribute_of_package(&alias.name, site)?.unwrap_or(last);
                    self.bind(rename, value);
                }
                None => {
                    let first = alias.name.first_part();
                    let value =
                        if first.len() == alias.name.len() { last } else { self.import_dotted(first, site)? };
                    self.bind(Name::from(first), value);
                }
            }
        }
        Ok(())
    }

    /// The names that an import statement inside a function binds, with their values. Modules are evaluated where
    /// they were not yet; nothing where the statement is another one.
    pub fn names_of_import(
        &mut self,
        function: &std::rc::Rc<FunctionValue>,
        statement: &ir::Stmt,
    ) -> Vec<(Name, Value)> {
        let scope = self.new_scope(Some(function.scope), function.module, false);
        self.in_frame(scope, function.module, |interpreter| {
            // What can't be imported binds nothing.
            let _ = match &statement.kind {
                ir::StmtKind::Import(names) => interpreter.execute_import(names, statement.span),
                ir::StmtKind::ImportFrom { level, module, names } => {
                    interpreter.execute_import_from(*level, *module, names, statement.span)
                }
                _ => Ok(()),
            };
        });
        let mut bound: Vec<(Name, Value)> =
            self.scopes[scope.0 as usize].names.iter().map(|(name, value)| (*name, value.clone())).collect();
        bound.sort_by(|left, right| left.0.as_str().cmp(right.0.as_str()));
        bound
    }

    /// What a package has under the name of its module: `import package.module as name` gives that.
    fn attribute_of_package(&mut self, dotted: &str, site: Location) -> Result<Option<Value>, Box<Raised>> {
        let Some((package, name)) = dotted.rsplit_once('.') else { return Ok(None) };
        let Kind::Module(package) = *self.import_dotted(package, site)?.kind() else { return Ok(None) };
        let scope = self.modules[package.0 as usize].scope;
        Ok(self.scopes[scope.0 as usize].names.get(&Name::from(name)).cloned())
    }

    pub(crate) fn execute_import_from(
        &mut self,
        level: u32,
        module: Name,
        names: &[Alias],
        span: Span,
    ) -> Result<(), Box<Raised>> {
        let site = self.here(span);
        let dotted = match self.absolute_name(level, &module) {
            Some(dotted) => dotted,
            None => return Err(self.import_error(&module, site)),
        };
        if dotted == "__future__" {
            if names.iter().any(|alias| alias.name == "annotations") {
                self.evaluates_annotations_late();
            }
            return Ok(());
        }
        if level > 0 && self.import_guards > 0 {
            // A relative import leads to the program's own files or nowhere.
            let importer = self.frames.last().map(|frame| frame.file);
            if matches!(self.source.find(importer, &dotted), Found::Library) {
                return Err(self.import_error(&dotted, site));
            }
        }
        let source = self.import_dotted(&dotted, site)?;
        for alias in names {
            if alias.name == "*" {
                self.import_star(&source);
                continue;
            }
            let value = self.import_name(&source, alias.name, &dotted, site)?;
            self.bind(alias.rename.unwrap_or(alias.name), value);
        }
        Ok(())
    }

    /// The absolute name that a relative import means in the module that runs.
    pub(crate) fn absolute_name(&self, level: u32, module: &str) -> Option<String> {
        if level == 0 {
            return Some(module.to_owned());
        }
        let state = &self.modules[self.frame().module.0 as usize];
        let mut package = if state.is_package { state.name.as_str() } else { parent_name(&state.name) };
        for _ in 1..level {
            if package.is_empty() {
                return None;
            }
            package = parent_name(package);
        }
        Some(match (package.is_empty(), module.is_empty()) {
            (true, _) => module.to_owned(),
            (false, true) => package.to_owned(),
            (false, false) => format!("{package}.{module}"),
        })
    }

    fn import_name(&mut self, source: &Value, name: Name, dotted: &str, site: Location) -> Evaluated {
        let Kind::Module(module) = *source.kind() else {
            return Ok(self.attribute(source, name, site.span));
        };
        let scope = self.modules[module.0 as usize].scope;
        if let Some(value) = self.scopes[scope.0 as usize].names.get(&name) {
            return Ok(value.clone());
        }
        let value = self.attribute(source, name, site.span);
        if value.is_unknown()
            && self.modules[module.0 as usize].status == ModuleStatus::Done
            && self.import_guards > 0
            && !self.binds_unknown_names(module)
        {
            return Err(self.import_error(&format!("{dotted}.{name}"), site));
        }
        Ok(value)
    }

    /// Whether a module may have names that evaluation did not see: a file with syntax errors, or one
    /// that fills its own namespace.
    fn binds_unknown_names(&self, module: ModuleId) -> bool {
        let code = &self.modules[module.0 as usize].code;
        code.body.is_empty() && self.modules[module.0 as usize].file.is_some()
            || self.scopes[self.modules[module.0 as usize].scope.0 as usize]
                .names
                .contains_key(&Name::from("__getattr__"))
    }

    fn import_star(&mut self, source: &Value) {
        let Kind::Module(module) = *source.kind() else { return };
        let scope = self.modules[module.0 as usize].scope;
        let exported = self.scopes[scope.0 as usize].names.get(&Name::from("__all__")).cloned();
        let listed = exported.and_then(|value| self.elements(&value));
        let names: Vec<Name> = match listed {
            Some(items) => items.iter().filter_map(Value::as_str).map(Name::from).collect(),
            None => {
                let mut names: Vec<Name> = self.scopes[scope.0 as usize]
                    .names
                    .keys()
                    .filter(|name| !name.starts_with('_'))
                    .copied()
                    .collect();
                names.sort_by(|left, right| left.as_str().cmp(right.as_str()));
                names
            }
        };
        for name in names {
            let value = self.attribute(source, name, Span::default());
            if !value.is_unknown() {
                self.bind(name, value);
            }
        }
    }
}
