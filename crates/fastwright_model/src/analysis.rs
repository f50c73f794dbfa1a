//! The analysis of a project: from a path to everything that rules and outputs need.

use crate::application::{App, Undecided};
use crate::assemble;
use crate::library::{KNOWN_LIBRARIES, may_evaluate};
use crate::registry::{Registry, RouterKind};
use fastwright_python::interpreter::{Interpreter, Limits};
use fastwright_python::ir::{self, ExprKind, StmtKind};
use fastwright_python::loader::{Program, SharedProgram};
use fastwright_python::location::{FileId, Files, Location, Span};
use fastwright_python::project::{DiscoverOptions, Project, Version, discover};
use fastwright_python::source::{DiskTree, SourceTree};
use fastwright_python::value::{Arguments, FunctionValue, Kind, ObjectId, Value};
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use ustr::Ustr;

/// The newest version of FastAPI whose behaviour is known; assumed where the project names none.
pub const NEWEST_FASTAPI: Version = Version::new(0, 165, 0);

/// What a file mentions that takes part in an application, or speaks to this program in a comment.
const NEEDLES: &[&str] = &["fastapi", "starlette", "FastAPI", "APIRouter", "fastwright"];

/// What the user decides about an analysis.
#[derive(Debug, Clone, Default)]
pub struct AnalysisOptions {
    /// Apps to analyse as `module:attr` or `module:factory()`; empty for all apps of the project.
    pub apps: Vec<String>,
    /// Glob patterns of paths to leave out, added to the defaults.
    pub exclude: Vec<String>,
    /// Folder of a virtual environment; otherwise `.venv`, `venv` or `VIRTUAL_ENV`.
    pub python_env: Option<PathBuf>,
    /// Version of FastAPI to assume instead of the one that the project uses.
    pub fastapi_version: Option<String>,
}

/// Something that went wrong while reading: the rest is analysed nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `syntax-error`, `not-utf-8`, `unreadable`, `too-large`, `too-deep`, `broken-manifest`,
    /// `internal-error`.
    pub kind: String,
    /// What happened and what to do.
    pub message: String,
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Line and column from 1, where known.
    pub position: Option<(u32, u32)>,
}

/// Why there is nothing to analyse at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnalysisError {
    /// The path does not exist or can't be read.
    Path(String),
}

impl std::fmt::Display for AnalysisError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AnalysisError::Path(message) => formatter.write_str(message),
        }
    }
}

/// Everything known about a project.
pub struct Analysis {
    /// Root folder of the project; locations are relative to it.
    pub root: PathBuf,
    /// The project as found on disk.
    pub project: Arc<Project>,
    /// The files that were read and parsed.
    pub files: Files,
    /// The code of each file, by [`FileId`].
    pub codes: Vec<Arc<ir::Module>>,
    /// Its apps, mounted ones included.
    pub apps: Vec<App>,
    /// Facts about each route beyond the table, in the order of [`Analysis::apps`] and their routes.
    pub details: Vec<Vec<assemble::RouteDetail>>,
    /// Mapped classes of the program.
    pub tables: Vec<crate::tables::Table>,
    /// What could not be decided and belongs to no app.
    pub undecided: Vec<Undecided>,
    /// What went wrong while reading.
    pub problems: Vec<Problem>,
    /// Version of FastAPI in use, if known.
    pub fastapi: Option<String>,
    /// Version of Pydantic in use, if known.
    pub pydantic: Option<String>,
    /// The version of FastAPI whose behaviour is assumed.
    pub version: Version,
    /// Python files found.
    pub file_count: usize,
    /// Lines in them.
    pub line_count: usize,
    /// The evaluated program, for questions that need more than the tables above. Rules borrow it for
    /// the length of one question.
    pub interpreter: RefCell<Interpreter<'static>>,
}

impl std::fmt::Debug for Analysis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Analysis")
            .field("root", &self.root)
            .field("apps", &self.apps)
            .field("undecided", &self.undecided)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

/// Analyses the project at `path` (a folder or one file). Reads files below it and, where there is a
/// virtual environment, installed libraries; runs nothing. Deeply nested code recurses deeply: run it on
/// a thread with a large stack, as [`with_large_stack`] does.
///
/// # Errors
/// When the path itself can't be read. Whatever is wrong inside is in [`Analysis::problems`].
pub fn analyse(path: &Path, options: &AnalysisOptions) -> Result<Analysis, AnalysisError> {
    analyse_tree(Arc::new(DiskTree), path, options)
}

/// Runs something on a thread whose stack is large enough for any code that is analysed.
pub fn with_large_stack<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let spawned = std::thread::Builder::new().stack_size(1 << 30).spawn_scoped(scope, run);
        match spawned.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => panic!("no thread can be started: {error}"),
        }
    })
}

/// [`analyse`] over any tree of sources.
///
/// # Errors
/// As [`analyse`].
pub fn analyse_tree(
    tree: Arc<dyn SourceTree>,
    path: &Path,
    options: &AnalysisOptions,
) -> Result<Analysis, AnalysisError> {
    let discover_options = DiscoverOptions {
        extend_exclude: options.exclude.clone(),
        python_env: options.python_env.clone(),
        virtual_env: std::env::var_os("VIRTUAL_ENV").map(PathBuf::from),
        ..DiscoverOptions::default()
    };
    let project =
        discover(&*tree, path, &discover_options).map_err(|error| AnalysisError::Path(error.to_string()))?;
    let project = Arc::new(project);
    let mut problems: Vec<Problem> = project
        .problems
        .iter()
        .map(|problem| Problem {
            kind: problem.kind.as_str().to_owned(),
            message: problem.message.clone(),
            path: project.relative(&problem.path),
            position: problem.line.map(|line| (line as u32, 1)),
        })
        .collect();
    let version = options
        .fastapi_version
        .as_deref()
        .and_then(Version::parse)
        .or_else(|| project.versions.numbers("fastapi"))
        .unwrap_or(NEWEST_FASTAPI);
    let fastapi = options
        .fastapi_version
        .clone()
        .or_else(|| project.versions.version("fastapi").map(|(version, _)| version.to_owned()));
    let pydantic = project.versions.version("pydantic").map(|(version, _)| version.to_owned());

    let shared = SharedProgram(Rc::new(RefCell::new(Program::new(Arc::clone(&project), tree, may_evaluate))));
    let (mentioning, report) = shared.0.borrow_mut().load(NEEDLES);
    problems.extend(report.problems.iter().map(|problem| Problem {
        kind: problem.kind.to_owned(),
        message: problem.message.clone(),
        path: problem.path.clone(),
        position: problem.position,
    }));
    let mut interpreter = Interpreter::new(
        Box::new(shared.clone()),
        &KNOWN_LIBRARIES,
        Box::new(Registry::default()),
        Limits::default(),
    );
    let mut undecided = Vec::new();
    let selected = select_apps(&mut interpreter, &shared, &mentioning, options, &mut undecided);
    let (apps, details) = assemble::assemble(&mut interpreter, &shared, selected, version);
    let tables = crate::tables::tables(&mut interpreter);
    let files = shared.0.borrow_mut().take_files();
    let codes = (0..files.len() as u32).map(|id| Arc::clone(shared.0.borrow().code(FileId(id)))).collect();
    undecided.extend(notes_about_apps(&interpreter));
    Ok(Analysis {
        root: project.root.clone(),
        project,
        files,
        codes,
        apps,
        details,
        tables,
        undecided,
        problems,
        fastapi,
        pydantic,
        version,
        file_count: report.files,
        line_count: report.lines,
        interpreter: RefCell::new(interpreter),
    })
}

/// What could not be followed where it can matter to an app: in files that make or register something.
/// Elsewhere the program does what routes do not depend on.
fn notes_about_apps(interpreter: &Interpreter<'static>) -> Vec<Undecided> {
    let registry = interpreter.extension::<Registry>();
    let mut files: FxHashSet<FileId> = FxHashSet::default();
    for state in registry.routers.values() {
        files.insert(state.site.file);
        files.extend(state.entries.iter().map(|entry| entry.site().file));
    }
    interpreter
        .notes()
        .iter()
        .filter(|note| files.contains(&note.location.file))
        .map(|note| Undecided { reason: note.reason.clone(), location: Some(note.location) })
        .collect()
}

/// An app that is to be assembled.
#[derive(Debug, Clone)]
pub struct SelectedApp {
    /// The object.
    pub id: ObjectId,
    /// `module:attr` or `module:factory()`.
    pub locator: String,
}

fn select_apps(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    mentioning: &[FileId],
    options: &AnalysisOptions,
    undecided: &mut Vec<Undecided>,
) -> Vec<SelectedApp> {
    if !options.apps.is_empty() {
        let mut selected = Vec::new();
        for locator in &options.apps {
            match named_app(interpreter, shared, locator) {
                Ok(id) => selected.push(SelectedApp { id, locator: locator.clone() }),
                Err(reason) => undecided.push(Undecided { reason, location: None }),
            }
        }
        return selected;
    }
    let is_test = |file: FileId| is_test_path(&shared.0.borrow().files().get(file).relative);
    let (tests, sources): (Vec<FileId>, Vec<FileId>) = mentioning.iter().partition(|file| is_test(**file));
    for file in &sources {
        evaluate_file(interpreter, shared, *file);
    }
    let mut apps = made_apps(interpreter);
    call_factories(interpreter, shared, &sources, &mut apps);
    if apps.is_empty() {
        for file in &tests {
            evaluate_file(interpreter, shared, *file);
        }
        apps = made_apps(interpreter);
        call_factories(interpreter, shared, &tests, &mut apps);
    }
    apps
}

fn evaluate_file(interpreter: &mut Interpreter<'static>, shared: &SharedProgram, file: FileId) {
    if let Some(module) = shared.module_of(file) {
        interpreter.import_root(module);
    }
}

/// Whether a file belongs to the tests, by the names that pytest looks for.
pub fn is_test_path(relative: &str) -> bool {
    let mut parts: Vec<&str> = relative.split('/').collect();
    let file = parts.pop().unwrap_or_default();
    file.starts_with("test_")
        || file.ends_with("_test.py")
        || file == "conftest.py"
        || parts.iter().any(|part| matches!(*part, "tests" | "test"))
}

/// Apps bound to a name of a module, in the order they were made.
fn made_apps(interpreter: &mut Interpreter<'static>) -> Vec<SelectedApp> {
    let registry = interpreter.extension::<Registry>();
    let made: Vec<(ObjectId, FileId)> = registry
        .order
        .iter()
        .filter_map(|id| {
            let state = registry.routers.get(id)?;
            (state.kind == RouterKind::App).then_some((*id, state.site.file))
        })
        .collect();
    made.into_iter()
        .filter_map(|(id, file)| Some(SelectedApp { id, locator: locator_of(interpreter, id, file)? }))
        .collect()
}

/// `module:attr` of an app: the name in the module that makes it, else in any module.
fn locator_of(interpreter: &Interpreter<'static>, app: ObjectId, made_in: FileId) -> Option<String> {
    let mut found: Vec<(bool, String, String)> = Vec::new();
    for (_, module) in interpreter.modules() {
        for (name, value) in &interpreter.scope(module.scope).names {
            if binds(interpreter, value, app) {
                found.push((module.file != Some(made_in), module.name.to_string(), name.to_string()));
            }
        }
    }
    found.sort();
    found.into_iter().next().map(|(_, module, name)| format!("{module}:{name}"))
}

/// Whether a value is the app, or an ASGI middleware object around it.
fn binds(interpreter: &Interpreter<'static>, value: &Value, app: ObjectId) -> bool {
    let _ = interpreter;
    value.alternatives().iter().any(|value| matches!(value.kind, Kind::Instance(id) if id == app))
}

fn named_app(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    locator: &str,
) -> Result<ObjectId, String> {
    let (module, attribute) = locator
        .split_once(':')
        .ok_or_else(|| format!("`{locator}` is no app: write it as module:attribute"))?;
    let found = shared.module_named(module).ok_or_else(|| {
        format!("the module `{module}` of the app `{locator}` is not found under the project's roots")
    })?;
    let id = interpreter.import_root(found);
    let scope = interpreter.module(id).scope;
    let is_factory = attribute.ends_with("()");
    let path = attribute.trim_end_matches("()");
    let mut parts = path.split('.');
    let first = Ustr::from(parts.next().unwrap_or_default());
    let mut value = match interpreter.scope(scope).names.get(&first).cloned() {
        Some(value) => value,
        None => interpreter.attribute(&Kind::Module(id).into(), first, Span::default()),
    };
    for part in parts {
        value = interpreter.attribute(&value, Ustr::from(part), Span::default());
    }
    if is_factory {
        value = interpreter
            .call_from_outside(&value, Arguments::default())
            .map_err(|_| format!("calling `{locator}` raises an exception"))?;
    }
    app_behind(interpreter, &value).ok_or_else(|| {
        let what = crate::library::describe(interpreter, &value);
        format!("`{locator}` is no FastAPI application that could be followed (it is {what})")
    })
}

/// The app that a value is, or that middleware objects wrap.
fn app_behind(interpreter: &Interpreter<'static>, value: &Value) -> Option<ObjectId> {
    for value in value.alternatives() {
        match &value.kind {
            Kind::Instance(id) => {
                if interpreter.extension::<Registry>().routers.contains_key(id) {
                    return Some(*id);
                }
                let inner = interpreter.instance(*id)?.attributes.get(&Ustr::from("app")).cloned();
                if let Some(found) = inner.and_then(|inner| app_behind(interpreter, &inner)) {
                    return Some(found);
                }
            }
            Kind::Symbolic(symbolic) => {
                if let fastwright_python::value::Symbolic::Call { arguments, .. } = &**symbolic
                    && let Some(inner) = arguments.get(0, "app")
                    && let Some(found) = app_behind(interpreter, inner)
                {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

/// Calls functions that make an app and that no module calls (`create_app`), with what their parameters
/// default to.
fn call_factories(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    files: &[FileId],
    apps: &mut Vec<SelectedApp>,
) {
    let files: FxHashSet<FileId> = files.iter().copied().collect();
    let candidates: Vec<Arc<FunctionValue>> = interpreter
        .functions()
        .iter()
        .filter(|function| {
            files.contains(&function.id.file)
                && function.class.is_none()
                && !function.definition.qualname.contains('.')
                && !interpreter.was_called(function.id)
                && makes_app(interpreter, function)
        })
        .cloned()
        .collect();
    let _ = shared;
    for function in candidates {
        if interpreter.was_called(function.id) {
            continue;
        }
        let known: FxHashSet<ObjectId> = apps.iter().map(|app| app.id).collect();
        let value: Value = Kind::Function(Arc::clone(&function)).into();
        let Ok(result) = interpreter.call_from_outside(&value, Arguments::default()) else { continue };
        let Some(id) = app_behind(interpreter, &result) else { continue };
        let is_app = interpreter
            .extension::<Registry>()
            .routers
            .get(&id)
            .is_some_and(|state| state.kind == RouterKind::App);
        if is_app && !known.contains(&id) {
            let module = interpreter.module(function.module).name;
            apps.push(SelectedApp { id, locator: format!("{module}:{}()", function.definition.name) });
        }
    }
}

/// Whether the body of a function calls `FastAPI`, or a subclass of it, and returns something.
fn makes_app(interpreter: &Interpreter<'static>, function: &FunctionValue) -> bool {
    let mut names = Vec::new();
    called_names(&function.definition.body, &mut names);
    let returns = function.definition.body.iter().any(contains_return);
    returns
        && names.into_iter().any(|name| {
            let value = interpreter.lookup(function.scope, name);
            value.is_some_and(|value| {
                matches!(value.kind, Kind::Class(_) | Kind::External(_))
                    && interpreter.class_order(&value).iter().any(|class| {
                        class.as_external().is_some_and(|name| name == "fastapi.applications.FastAPI")
                    })
            })
        })
}

fn contains_return(statement: &ir::Stmt) -> bool {
    match &statement.kind {
        StmtKind::Return(Some(_)) => true,
        StmtKind::If { body, orelse, .. } => body.iter().chain(orelse).any(contains_return),
        StmtKind::With { body, .. } => body.iter().any(contains_return),
        StmtKind::Try { body, orelse, finalbody, .. } => {
            body.iter().chain(orelse).chain(finalbody).any(contains_return)
        }
        _ => false,
    }
}

/// Names that are called at the level of assignments and returns of a body: `app = FastAPI(...)`.
fn called_names(body: &[ir::Stmt], names: &mut Vec<Ustr>) {
    fn of(expression: &ir::Expr, names: &mut Vec<Ustr>) {
        if let ExprKind::Call(call) = &expression.kind
            && let ExprKind::Name(name) = &call.callee.kind
        {
            names.push(*name);
        }
    }
    for statement in body {
        match &statement.kind {
            StmtKind::Assign { value, .. } | StmtKind::Return(Some(value)) | StmtKind::Expr(value) => {
                of(value, names)
            }
            StmtKind::AnnAssign { value: Some(value), .. } => of(value, names),
            StmtKind::If { body, orelse, .. } => {
                called_names(body, names);
                called_names(orelse, names);
            }
            StmtKind::With { body, .. } => called_names(body, names),
            StmtKind::Try { body, orelse, finalbody, .. } => {
                called_names(body, names);
                called_names(orelse, names);
                called_names(finalbody, names);
            }
            _ => {}
        }
    }
}

/// The dotted name that a decorator calls or is: `router.get`, `requires`.
pub(crate) fn callee_text(decorator: &ir::Expr) -> Option<String> {
    match &decorator.kind {
        ExprKind::Call(call) => call.callee.dotted_name(),
        _ => decorator.dotted_name(),
    }
}

/// The source text of a place, on one line.
pub(crate) fn text_at(shared: &SharedProgram, location: Location) -> String {
    let program = shared.0.borrow();
    let text = program.files().get(location.file).slice(location.span);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
