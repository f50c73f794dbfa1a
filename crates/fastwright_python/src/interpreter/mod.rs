//! The abstract interpreter: evaluates modules the way Python would import them, without running them.
//!
//! It always ends: every step costs fuel, calls are bounded in depth, loops in rounds. Where a condition
//! is not known, both branches are evaluated and joined; what a branch registers with a library carries
//! the condition. Where knowledge is lost, the value says why.
//!
//! The same evaluator serves two purposes ([`Mode`]): *import* runs code with the values that it has at
//! import time; *summary* walks a function once for all its callers, with symbolic inputs, and records
//! what it does ([`crate::summary`]).

mod assignment;
mod attributes;
mod branches;
mod builtins;
mod calls;
mod classes;
mod collections;
mod config_parser;
mod context_variables;
mod data_files;
mod documents;
mod environment;
mod exceptions;
mod expressions;
mod folders;
mod implementations;
mod import_state;
mod imports;
mod ini;
mod items;
mod libraries;
mod library;
mod metaclasses;
mod namespaces;
mod operators;
mod outside;
mod paths;
mod patterns;
mod probe;
mod recent_classes;
mod recent_members;
mod records;
mod regular_expressions;
mod representation;
mod scopes;
pub mod signatures;
mod standard_library;
mod standard_objects;
mod statements;
mod streams;
mod strings;
pub mod texts;
mod truth;
mod type_aliases;
mod type_equality;
mod types;
mod typing_cache;
mod yaml;

pub use imports::{DataFile, Found, FoundModule, ModuleKey, ModuleSource};
pub use library::{Library, NoLibrary};
pub use probe::{Beginning, Probed};
pub use records::{FieldDefault, HAS_DEFAULT_FACTORY, declared_default};
pub(crate) use statements::Flow;
pub use type_aliases::{TypeAliasDefinition, aliased_type};
pub use types::{is_none_type, plain_type};

use crate::ir;
use crate::location::{FileId, Location, Span};
use crate::name::Name;
use crate::summary::{Event, Recorder, SummaryTable};
use crate::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::any::Any;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;

/// An exception on its way up.
#[derive(Debug, Clone)]
pub struct Raised {
    /// The exception object or class.
    pub value: Value,
    /// Where it was raised.
    pub location: Location,
}

/// The value of an expression, or the exception that it certainly raises.
pub type Evaluated = Result<Value, Box<Raised>>;

/// What the evaluator is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Code runs with the values of import time.
    Import,
    /// A function is walked once for all its callers; what it does is recorded.
    Summary,
    /// A function runs with chosen inputs ([`Interpreter::probe`]); undecided branches are both walked.
    Probe,
}

/// Bounds that make evaluation end.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Steps (statements and calls) for the whole program at import time.
    pub import_steps: u64,
    /// Steps for one call made by module-level code.
    pub call_steps: u64,
    /// Steps for one call that makes an app.
    pub factory_steps: u64,
    /// Steps for one function summary.
    pub summary_steps: u64,
    /// Nested calls.
    pub call_depth: u32,
    /// Rounds of a loop.
    pub loop_rounds: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            import_steps: 3_000_000,
            call_steps: 500_000,
            factory_steps: 500_000,
            summary_steps: 60_000,
            call_depth: 60,
            loop_rounds: 5_000,
        }
    }
}

impl Limits {
    /// The step at which a module that begins at `steps` is given up. When few expensive modules have used up what there
    /// is for all, each of the others still gets a little: what registers routes is rarely what is expensive.
    pub(crate) fn for_module(&self, steps: u64) -> u64 {
        let most = self.import_steps.saturating_mul(2);
        self.import_steps.max(most.min(steps.saturating_add(self.import_steps / 300)))
    }

    /// How many steps a call made by module-level code may take: fewer, the more were taken.
    pub(crate) fn for_call(&self, steps: u64) -> u64 {
        let part = match steps {
            few if few < self.import_steps / 4 => 1,
            some if some < self.import_steps / 2 => 20,
            _ => 200,
        };
        self.call_steps / part
    }
}

/// A module that was found, with how far its evaluation is.
#[derive(Debug)]
pub struct ModuleState {
    /// Dotted name.
    pub name: Name,
    /// Its file; none for a namespace package.
    pub file: Option<FileId>,
    /// The scope of its globals.
    pub scope: ScopeId,
    /// Whether it is a package.
    pub is_package: bool,
    /// Where it was found.
    pub key: ModuleKey,
    /// Its code.
    pub code: Arc<ir::Module>,
    /// How far evaluation is.
    pub status: ModuleStatus,
}

/// How far the evaluation of a module is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleStatus {
    /// Not begun.
    Waiting,
    /// Begun; seen by modules that it imports.
    Running,
    /// Ended.
    Done,
}

/// A scope of names.
#[derive(Debug)]
pub struct Scope {
    /// Names with their values.
    pub names: FxHashMap<Name, Value>,
    /// The scope around it, for closures.
    pub parent: Option<ScopeId>,
    /// Whether it is the scope of a class body: functions inside do not see it.
    pub is_class: bool,
    /// Names declared `global`.
    pub globals: Vec<Name>,
    /// Names declared `nonlocal`.
    pub nonlocals: Vec<Name>,
    /// The module it belongs to.
    pub module: ModuleId,
}

/// A condition that holds while a branch is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveCondition {
    /// Where the condition stands.
    pub location: Location,
    /// Whether the branch is taken when the condition is false.
    pub negated: bool,
    /// The setting that decides it, when it is decided by a default.
    pub setting: Option<String>,
    /// Whether it stands for the start of the application: code of lifespans and startup handlers.
    pub startup: bool,
}

/// Something that could not be followed, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Note {
    /// One sentence without a full stop.
    pub reason: String,
    /// Where.
    pub location: Location,
}

/// What a call is in the middle of.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) scope: ScopeId,
    pub(crate) module: ModuleId,
    pub(crate) file: FileId,
    /// The function that runs; none at module level.
    pub(crate) function: Option<Rc<FunctionValue>>,
    /// The class whose body runs.
    pub(crate) class_body: Option<ObjectId>,
    /// Values returned so far.
    pub(crate) returns: Vec<Value>,
    /// Values yielded so far.
    pub(crate) yields: Vec<Value>,
    /// Exceptions being handled, for bare `raise`.
    pub(crate) handling: Vec<Value>,
    /// Whether evaluation went on behind a `raise`.
    pub(crate) raised: bool,
    /// How many conditions stood around the code when the frame was entered.
    pub(crate) conditions: usize,
}

/// The interpreter with the program that it has evaluated so far.
pub struct Interpreter<'a> {
    pub(crate) modules: Vec<ModuleState>,
    pub(crate) modules_by_key: FxHashMap<ModuleKey, ModuleId>,
    pub(crate) heap: Vec<Object>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) source: Box<dyn ModuleSource + 'a>,
    pub(crate) library: &'static dyn Library,
    pub(crate) conditions: Vec<ActiveCondition>,
    pub(crate) notes: Vec<Note>,
    noted: rustc_hash::FxHashSet<Note>,
    pub(crate) settings: Vec<String>,
    /// Variables of the environment that are set.
    pub(crate) variables: std::collections::BTreeMap<String, String>,
    setting_numbers: FxHashMap<String, usize>,
    /// What names of libraries are bound to whose code was run on demand.
    pub(crate) followed: FxHashMap<Name, Option<Value>>,
    /// Modules whose evaluation was given up before their end.
    pub(crate) given_up: rustc_hash::FxHashSet<ModuleId>,
    /// The library whose code runs on demand.
    pub(crate) following: Option<Name>,
    /// See [`Interpreter::follow_iterated`].
    pub(crate) iterated: Option<fn(&str) -> bool>,
    /// Settings that are no more than an order which nobody decides.
    pub(crate) undecided_orders: rustc_hash::FxHashSet<ConfigurableId>,
    pub(crate) function_attributes: FxHashMap<u32, FxHashMap<Name, Value>>,
    pub(crate) functions: Vec<Rc<FunctionValue>>,
    pub(crate) classes: Vec<ObjectId>,
    pub(crate) mode: Mode,
    pub(crate) limits: Limits,
    pub(crate) steps: u64,
    pub(crate) step_limit: u64,
    /// Whether code of a call made at module level runs, which has a limit of its own.
    pub(crate) call_is_limited: bool,
    /// How many running `try` statements are prepared for a failing import.
    pub(crate) import_guards: u32,
    /// How many running `try` statements may catch what is raised.
    pub(crate) catching: u32,
    /// Results of functions that are cached, by function object and arguments.
    pub(crate) remembered: FxHashMap<u32, FxHashMap<Vec<Key>, Value>>,
    /// The class on which a metaclass runs.
    pub(crate) class_in_making: Option<ObjectId>,
    /// Lookup orders of classes of libraries.
    pub(crate) external_orders: std::cell::RefCell<FxHashMap<Name, Rc<[Value]>>>,
    /// Emptied tables of scopes that have ended.
    pub(crate) spare_names: Vec<FxHashMap<Name, Value>>,
    /// Names of which [`Interpreter::call_standard_library`] knows nothing, as far as it was asked.
    pub(crate) not_of_standard_library: FxHashSet<Name>,
    /// How many branching statements run.
    pub(crate) open_branches: u32,
    /// Bindings that the running branches have changed.
    pub(crate) undo: Vec<branches::Undo>,
    /// What summaries and probes have changed, in order.
    pub(crate) changed_after_import: Vec<import_state::Before>,
    /// How many branches so far may or may not have left their block.
    pub(crate) undecided_exits: u32,
    /// Defaults that `@field.default` gives a field of attrs, by the place of the field.
    pub(crate) field_defaults: FxHashMap<Location, Value>,
    /// Dicts that stand for the names of a module, with its scope.
    namespaces: FxHashMap<ObjectId, ScopeId>,
    /// How often a class was handed out to be changed, or a module has run, after which names may mean other classes.
    class_changes: u64,
    /// What objects of the standard library hold.
    pub(crate) standard_objects: FxHashMap<ObjectId, standard_objects::StandardObject>,
    pub(crate) builtins: builtins::Names,
    /// Scopes for names that are bound nowhere else.
    pub(crate) further_names: Vec<ScopeId>,
    /// `type` statements by their place.
    pub(crate) type_aliases: FxHashMap<Location, TypeAliasDefinition>,
    pub(crate) annotation_cache: FxHashMap<usize, Option<Arc<ir::Expr>>>,
    pub(crate) typing_cache: typing_cache::TypingCache,
    /// Who implements methods that are abstract, as far as it was asked for.
    pub(crate) implementations: FxHashMap<(ObjectId, Name), implementations::Implementations>,
    /// What functions put into variables of modules that are empty at import, as far as it was asked for.
    pub(crate) filled_globals: FxHashMap<(ModuleId, Name), Option<Value>>,
    /// What the program puts into the state of applications, once it was asked for.
    pub(crate) state_attributes: Option<FxHashMap<Name, Value>>,
    /// Scopes with what modules import for type checkers, as far as it was asked for.
    pub(crate) type_checking_scopes: FxHashMap<ModuleId, Option<ScopeId>>,
    pub(crate) module_files: FxHashMap<FileId, ModuleId>,
    pub(crate) called: rustc_hash::FxHashSet<crate::program::FunctionId>,
    /// What function summaries have recorded so far.
    pub summaries: SummaryTable,
    pub(crate) recorders: Vec<Recorder>,
    /// What the functions that are walked have done so far, the outermost first.
    pub(crate) events: Vec<Event>,
    pub(crate) probed_raises: Vec<Raised>,
    /// What the running probe runs of a function, until that function runs.
    pub(crate) probed_beginning: Option<probe::Beginning>,
    pub(crate) unfollowed_calls: u64,
    /// See [`Interpreter::uncertainties`].
    pub(crate) uncertainties: u64,
    /// `sys.version_info`.
    pub(crate) python: (i64, i64, i64),
    /// What context variables hold, by where and under which name they were made.
    pub(crate) context_variables: FxHashMap<(Location, Name), Value>,
    /// How many frames deep a name that is not bound yet is expected to raise; nowhere where it is 0.
    pub(crate) name_guard: usize,
    /// Attributes of expressions that were made lately.
    recent_classes: recent_classes::RecentClasses,
    recent_members: recent_members::RecentMembers,
    /// The arguments of the generic class that an instance was made of: `int` of `Range[int](...)`.
    pub(crate) generic_arguments: FxHashMap<ObjectId, Value>,
    extension: Box<dyn Any>,
}

impl<'a> Interpreter<'a> {
    /// An interpreter that has evaluated nothing. `extension` is the library knowledge's own state.
    pub fn new(
        source: Box<dyn ModuleSource + 'a>,
        library: &'static dyn Library,
        extension: Box<dyn Any>,
        limits: Limits,
    ) -> Self {
        Self {
            modules: Vec::new(),
            modules_by_key: FxHashMap::default(),
            heap: Vec::new(),
            scopes: Vec::new(),
            frames: Vec::new(),
            source,
            library,
            conditions: Vec::new(),
            notes: Vec::new(),
            noted: rustc_hash::FxHashSet::default(),
            settings: Vec::new(),
            variables: std::collections::BTreeMap::new(),
            setting_numbers: FxHashMap::default(),
            followed: FxHashMap::default(),
            given_up: rustc_hash::FxHashSet::default(),
            following: None,
            iterated: None,
            undecided_orders: rustc_hash::FxHashSet::default(),
            function_attributes: FxHashMap::default(),
            functions: Vec::new(),
            classes: Vec::new(),
            mode: Mode::Import,
            limits,
            steps: 0,
            step_limit: limits.import_steps,
            call_is_limited: false,
            import_guards: 0,
            catching: 0,
            remembered: FxHashMap::default(),
            class_in_making: None,
            external_orders: std::cell::RefCell::default(),
            spare_names: Vec::new(),
            not_of_standard_library: FxHashSet::default(),
            open_branches: 0,
            undo: Vec::new(),
            changed_after_import: Vec::new(),
            undecided_exits: 0,
            field_defaults: FxHashMap::default(),
            namespaces: FxHashMap::default(),
            class_changes: 0,
            standard_objects: FxHashMap::default(),
            builtins: builtins::Names::new(),
            further_names: Vec::new(),
            type_aliases: FxHashMap::default(),
            annotation_cache: FxHashMap::default(),
            typing_cache: typing_cache::TypingCache::default(),
            implementations: FxHashMap::default(),
            filled_globals: FxHashMap::default(),
            state_attributes: None,
            type_checking_scopes: FxHashMap::default(),
            module_files: FxHashMap::default(),
            called: rustc_hash::FxHashSet::default(),
            summaries: SummaryTable::default(),
            recorders: Vec::new(),
            events: Vec::new(),
            probed_raises: Vec::new(),
            probed_beginning: None,
            unfollowed_calls: 0,
            uncertainties: 0,
            python: (3, 13, 0),
            context_variables: FxHashMap::default(),
            name_guard: 0,
            recent_classes: recent_classes::RecentClasses::default(),
            recent_members: recent_members::RecentMembers::default(),
            generic_arguments: FxHashMap::default(),
            extension,
        }
    }

    /// The state of the library knowledge.
    ///
    /// # Panics
    /// When `T` is not the type given to [`Interpreter::new`]; both ends are one crate's own.
    pub fn extension<T: 'static>(&self) -> &T {
        match self.extension.downcast_ref() {
            Some(extension) => extension,
            None => unreachable!("the extension has the type that the interpreter was made with"),
        }
    }

    /// The state of the library knowledge, to change it.
    ///
    /// # Panics
    /// As [`Interpreter::extension`].
    pub fn extension_mut<T: 'static>(&mut self) -> &mut T {
        match self.extension.downcast_mut() {
            Some(extension) => extension,
            None => unreachable!("the extension has the type that the interpreter was made with"),
        }
    }

    /// What the evaluator is doing now.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// An object of the heap.
    pub fn object(&self, id: ObjectId) -> &Object {
        &self.heap[id.place()]
    }

    /// An object of the heap, to change it.
    pub fn object_mut(&mut self, id: ObjectId) -> &mut Object {
        let object = &mut self.heap[id.place()];
        if let Object::Class(class) = object {
            self.class_changes += 1;
            class.changed = self.class_changes;
        }
        object
    }

    /// Puts an object on the heap.
    pub fn allocate(&mut self, object: Object) -> ObjectId {
        self.heap.push(object);
        ObjectId::at(self.heap.len() - 1)
    }

    /// The class object behind a [`Kind::Class`] value.
    pub fn class(&self, id: ObjectId) -> Option<&ClassObject> {
        match self.object(id) {
            Object::Class(class) => Some(class),
            _ => None,
        }
    }

    /// The instance behind a [`Kind::Instance`] value.
    pub fn instance(&self, id: ObjectId) -> Option<&InstanceObject> {
        match self.object(id) {
            Object::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    /// The instance behind a [`Kind::Instance`] value, to change it.
    pub fn instance_mut(&mut self, id: ObjectId) -> Option<&mut InstanceObject> {
        match self.object_mut(id) {
            Object::Instance(instance) => Some(instance),
            _ => None,
        }
    }

    /// A new list.
    pub fn list(&mut self, items: Vec<Value>) -> Value {
        Kind::List(self.allocate(Object::List(ListObject { items, incomplete: false }))).into()
    }

    /// A new dict with keys that are known.
    pub fn dict(&mut self, entries: Vec<(Value, Value)>) -> Value {
        let mut object = DictObject::default();
        for (key, value) in entries {
            match key.key() {
                Some(exact) => {
                    object.entries.insert(exact, (key, value));
                }
                None => object.unknown_keys.push(value),
            }
        }
        Kind::Dict(self.allocate(Object::Dict(Box::new(object)))).into()
    }

    /// A new instance of a class.
    pub fn new_instance(
        &mut self,
        class: Value,
        arguments: impl Into<StrongRc<Arguments>>,
        site: Location,
    ) -> ObjectId {
        self.allocate(Object::Instance(Box::new(InstanceObject {
            class,
            attributes: OrderedMap::default(),
            arguments: arguments.into(),
            site,
        })))
    }

    /// All classes of the program in the order of their definition.
    pub fn classes(&self) -> &[ObjectId] {
        &self.classes
    }

    /// All function objects of the program in the order of their definition.
    pub fn functions(&self) -> &[Rc<FunctionValue>] {
        &self.functions
    }

    /// All modules that were started.
    pub fn modules(&self) -> impl Iterator<Item = (ModuleId, &ModuleState)> {
        self.modules.iter().enumerate().map(|(index, module)| (ModuleId(index as u32), module))
    }

    /// A module.
    pub fn module(&self, id: ModuleId) -> &ModuleState {
        &self.modules[id.0 as usize]
    }

    /// A scope.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    /// How often so far what a program does to its objects was not certain: two ways were walked of which
    /// one is taken, a list or dict was passed to code that is not followed, the steps were used up. What
    /// an evaluation leaves behind is certain when the number is the same before and after.
    pub fn uncertainties(&self) -> u64 {
        self.uncertainties
    }

    /// The arguments of the generic class that an instance was made of, where it was made that way: what
    /// stands in the brackets of `Range[int](...)`.
    pub fn generic_arguments(&self, instance: ObjectId) -> Option<&Value> {
        self.generic_arguments.get(&instance)
    }

    /// Remembers the arguments of the generic class that an instance was made of.
    pub fn set_generic_arguments(&mut self, instance: ObjectId, arguments: Value) {
        self.generic_arguments.insert(instance, arguments);
    }

    /// Says which Python runs the program; else it is a recent one.
    pub fn set_python(&mut self, major: i64, minor: i64, micro: i64) {
        self.python = (major, minor, micro);
    }

    /// How many objects are on the heap.
    pub fn heap_len(&self) -> usize {
        self.heap.len()
    }

    /// Whether a function was called while modules were evaluated.
    pub fn was_called(&self, function: crate::program::FunctionId) -> bool {
        self.called.contains(&function)
    }

    /// What could not be followed.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Remembers that something could not be followed.
    pub fn note(&mut self, reason: impl Into<String>, location: Location) {
        if self.mode != Mode::Import || self.notes.len() >= 10_000 {
            return;
        }
        let note = Note { reason: reason.into(), location };
        if self.noted.insert(note.clone()) {
            self.notes.push(note);
        }
    }

    /// The conditions under which the code that runs now is reached, the outermost first.
    pub fn active_conditions(&self) -> &[ActiveCondition] {
        &self.conditions
    }

    /// Makes a setting known by which defaults decide values; `name` as people know it.
    pub fn configurable(&mut self, name: impl Into<String>) -> Option<ConfigurableId> {
        let name = name.into();
        let next = self.settings.len();
        let index = match self.setting_numbers.entry(name) {
            std::collections::hash_map::Entry::Occupied(known) => *known.get(),
            std::collections::hash_map::Entry::Vacant(new) => {
                self.settings.push(new.key().clone());
                *new.insert(next)
            }
        };
        NonZeroU32::new(index as u32 + 1).map(ConfigurableId)
    }

    /// The name of a setting.
    pub fn setting_name(&self, id: ConfigurableId) -> &str {
        &self.settings[id.0.get() as usize - 1]
    }

    /// `base.name` as an expression: the same one where it was made lately.
    pub(crate) fn member(&mut self, base: &Value, name: Name) -> Value {
        self.recent_members.member(base, name)
    }

    /// The place of bytes in the file that runs now.
    pub fn here(&self, span: Span) -> Location {
        Location { file: self.frames.last().map_or(FileId(0), |frame| frame.file), span }
    }

    /// Pays for one step; false when the fuel is used up.
    pub(crate) fn step(&mut self) -> bool {
        self.steps += 1;
        self.steps < self.step_limit
    }

    pub(crate) fn frame(&self) -> &Frame {
        match self.frames.last() {
            Some(frame) => frame,
            None => unreachable!("code is evaluated inside a frame"),
        }
    }

    pub(crate) fn frame_mut(&mut self) -> &mut Frame {
        match self.frames.last_mut() {
            Some(frame) => frame,
            None => unreachable!("code is evaluated inside a frame"),
        }
    }
}
