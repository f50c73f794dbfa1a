//! What a rule may look at.

use crate::body_copies::copying;
use crate::call_graph::CallGraph;
use crate::call_index::FunctionSet;
use crate::engines::{Engine, engines};
use crate::entry_points::{EntryPoint, entry_points};
use crate::finding::{Edit, Fix, ImportChange};
use crate::fixes::recipes::called_names;
use crate::fixes::tokens::FileTokens;
use crate::fixes::{Source, imports};
use crate::injection::is_for_few;
use crate::metadata::Profile;
use crate::settings::CompiledSettings;
use fastwright_model::analysis::Analysis;
use fastwright_model::schemas::{Field, fields};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Module;
use fastwright_python::location::{FileId, Span};
use fastwright_python::memory;
use fastwright_python::name::Name;
use fastwright_python::value::{Kind, ObjectId, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// The analysed project and the user's settings.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Everything known about the project.
    pub analysis: &'a Analysis,
    /// What the user decided, ready to match.
    pub settings: &'a CompiledSettings,
    /// What rules share; made when the first one asks.
    pub shared: &'a SharedFacts<'a>,
}

/// Facts that several rules need and that are found once for a review.
#[derive(Debug, Default)]
pub struct SharedFacts<'a> {
    entry_points: OnceCell<Vec<EntryPoint<'a>>>,
    call_graph: OnceCell<Rc<CallGraph>>,
    copying: OnceCell<FunctionSet>,
    run_for_many: OnceCell<FunctionSet>,
    engines: OnceCell<Vec<Engine>>,
    fields: RefCell<FxHashMap<ObjectId, Rc<[Field]>>>,
    tokens: RefCell<FxHashMap<FileId, Rc<FileTokens>>>,
    called_names: OnceCell<FxHashSet<Name>>,
}

impl SharedFacts<'_> {
    /// Leaves what is large when the process is about to end, see [`memory::leave`].
    pub fn leave(&self) {
        memory::leave(self.call_graph.get().cloned());
    }
}

impl<'a> Context<'a> {
    /// Handlers and dependencies of all routes whose code is known. An app that is mounted in another is
    /// left out: its routes stand in the table of the other.
    pub fn entry_points(&self) -> &'a [EntryPoint<'a>] {
        self.shared.entry_points.get_or_init(|| entry_points(self.analysis))
    }

    /// The fields of a schema, found once.
    pub fn fields(&self, interpreter: &mut Interpreter<'_>, class: &Value) -> Rc<[Field]> {
        let Kind::Class(id) = *class.kind() else { return fields(interpreter, class).into() };
        if let Some(known) = self.shared.fields.borrow().get(&id) {
            return Rc::clone(known);
        }
        let found: Rc<[Field]> = fields(interpreter, class).into();
        self.shared.fields.borrow_mut().insert(id, Rc::clone(&found));
        found
    }

    /// The tokens of a file with this compact form, for edits.
    pub fn tokens(&self, file: FileId, module: &Module) -> Rc<FileTokens> {
        if let Some(known) = self.shared.tokens.borrow().get(&file) {
            return Rc::clone(known);
        }
        let found = Rc::new(FileTokens::new(&self.analysis.files.get(file).text, module));
        self.shared.tokens.borrow_mut().insert(file, Rc::clone(&found));
        found
    }

    /// Whether a file may mention one of some names; when not, no function of it does. Asked file by file, before the
    /// functions, which are many and lie far apart.
    pub fn mentioning(&self, names: &[Name]) -> impl Fn(FileId) -> bool + use<> {
        let codes = self.analysis.codes.iter();
        let files: Vec<bool> =
            codes.map(|code| names.iter().any(|name| code.mentions.may_hold(*name))).collect();
        move |file| files.get(file.0 as usize) != Some(&false)
    }

    /// The last names of everything that the project calls: `run` of `service.run()`.
    pub fn called_names(&self) -> &'a FxHashSet<Name> {
        self.shared.called_names.get_or_init(|| called_names(self))
    }

    /// The edits that bring what a fix needs of imports, and drop what it may drop.
    pub(crate) fn import_edits(&self, fix: &Fix) -> Vec<Edit> {
        let mut files: Vec<FileId> = fix.imports.iter().map(|(file, _)| *file).collect();
        files.sort_unstable();
        files.dedup();
        let mut edits = Vec::new();
        for file in files {
            let Some(source) = Source::of(self, file) else { continue };
            let changes = fix.imports.iter().filter(|(of, _)| *of == file).map(|(_, change)| change);
            let own = imports::additions(&source, changes.clone(), &|module| self.is_own_module(module));
            let may_drop = changes.filter_map(|change| match change {
                ImportChange::MayDrop { name } => Some(name.as_str()),
                ImportChange::Needs { .. } => None,
            });
            let in_file = |edit: &&Edit| edit.location.file == file;
            let edited: Vec<Span> = fix.edits.iter().filter(in_file).map(|edit| edit.location.span).collect();
            let texts: Vec<&str> = fix.edits.iter().filter(in_file).map(|edit| &*edit.text).collect();
            let needed = |name: &str| {
                texts.iter().any(|text| text.contains(name)) || self.is_imported_from(file, name)
            };
            let dropped = imports::removals(&source, may_drop, &edited, &needed);
            // Where both touch one statement, the unused name stays until `fix` looks again.
            let touches = |one: &Edit, other: &Edit| {
                let (one, other) = (one.location.span, other.location.span);
                one.start <= other.end && other.start <= one.end
            };
            let dropped = dropped.into_iter().filter(|edit| !own.iter().any(|other| touches(edit, other)));
            let dropped: Vec<Edit> = dropped.collect();
            edits.extend(own);
            edits.extend(dropped);
        }
        edits
    }

    /// Whether a module is the project's own.
    pub fn is_own_module(&self, module: &str) -> bool {
        let wanted = module.split('.').next().unwrap_or("");
        self.analysis.files.iter().any(|(_, file)| file.first_party && file.module.first_part() == wanted)
    }

    /// Whether another file of the project may import a name from this one, or everything.
    pub fn is_imported_from(&self, file: FileId, name: &str) -> bool {
        let own = self.analysis.files.get(file).module;
        let last = own.rsplit('.').next().unwrap_or("");
        self.analysis.codes.iter().flat_map(|code| &code.imports).any(|import| {
            let module = import.module.rsplit('.').next().unwrap_or("");
            (module == last || module.is_empty())
                && import.names.iter().any(|imported| *imported == name || *imported == "*")
        })
    }

    /// Who calls whom in the code that requests run, with the way back from a function to its routes. Ask
    /// before borrowing the interpreter of the analysis.
    pub fn call_graph(&self) -> &'a CallGraph {
        self.shared.call_graph.get_or_init(|| Rc::new(CallGraph::new(self.analysis)))
    }

    /// The engines of SQLAlchemy that the service makes. Ask before borrowing the interpreter of the analysis.
    pub fn engines(&self) -> &'a [Engine] {
        self.shared.engines.get_or_init(|| engines(self))
    }

    /// The functions that some route runs which is not for few callers; those of all routes in an audit.
    pub fn run_for_many(&self) -> &'a FunctionSet {
        let routes_for_few = self.settings.profile >= Profile::Audit;
        self.shared.run_for_many.get_or_init(|| {
            let routes = |app: usize, route: usize| &self.analysis.apps[app].routes[route];
            self.call_graph().run_by(|app, route| routes_for_few || !is_for_few(routes(app, route)))
        })
    }

    /// The functions in which a part of a body may be copied, and all that reach them.
    pub fn copying(&self) -> &'a FunctionSet {
        self.shared.copying.get_or_init(|| copying(self.call_graph()))
    }
}
