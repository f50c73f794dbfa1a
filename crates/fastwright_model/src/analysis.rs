//! The analysis of a project: from a path to everything that rules and outputs need.

use crate::application::{App, Undecided};
use crate::assemble;
use crate::library::{KNOWN_LIBRARIES, may_evaluate};
use crate::registry::Registry;
use crate::routes::{LAZY_INCLUDES, RoutingTable, routing_table};
use crate::selection::{SelectedApp, select_apps};
use fastwright_python::interpreter::{Interpreter, Limits};
use fastwright_python::ir;
use fastwright_python::loader::{LoadProblem, Program, Rest, SharedProgram};
use fastwright_python::location::{FileId, Files, Location};
use fastwright_python::project::standard_library::is_standard_library;
use fastwright_python::project::{DiscoverOptions, Project, Version, discover};
use fastwright_python::source::{DiskTree, SourceTree};
use fastwright_python::value::ObjectId;
use rustc_hash::FxHashSet;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// The newest version of FastAPI whose behaviour is known; assumed where the project names none.
pub const NEWEST_FASTAPI: Version = Version::new(0, 165, 0);

/// What a file mentions that takes part in an application, or speaks to this program in a comment.
const NEEDLES: &[&str] = &[
    "fastapi",
    "starlette",
    "FastAPI",
    "APIRouter",
    "fastwright",
    // Tests that get the application from elsewhere.
    "dependency_overrides",
    "ASGITransport(",
    "AsyncClient(app=",
];

/// Texts that are looked for in each file while it is parsed; their positions are named below.
const WATCHED: &[&str] = &["FastAPI(", "astwright"];

/// Where an app may be made: see [`File::may_hold`](fastwright_python::location::File::may_hold).
pub(crate) const MAKES_APP: u32 = 0;

/// Where this program may be spoken to in a comment, with a small or a capital letter: see
/// [`File::may_hold`](fastwright_python::location::File::may_hold).
pub const NAMES_THIS_PROGRAM: u32 = 1;

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
    /// Variables of the environment that are set where the application runs; all others are not.
    pub variables: Vec<(String, String)>,
    /// Whether an OpenAPI document is to be made: then the code of an installed library is run where the program
    /// iterates over what it defines, and the unions of all modules are compared as `typing` does. It costs
    /// time, and matters to schemas more than to routes.
    pub for_document: bool,
    /// Whether also routes are wanted of which the path is not known, and those of routers that no known app
    /// includes: who looks for faults in what routes do need not know where they are reached.
    pub latent_routes: bool,
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
    evaluated(tree, path, options, Rest::Checked).map(Evaluation::into_analysis)
}

/// A program that is evaluated: its apps are known with what was registered on them, nothing is derived yet.
pub struct Evaluation {
    /// The project as found on disk.
    pub project: Arc<Project>,
    /// The evaluated program.
    pub interpreter: Interpreter<'static>,
    /// The apps.
    pub selected: Vec<SelectedApp>,
    /// What could not be decided about which apps there are.
    pub undecided: Vec<Undecided>,
    /// What went wrong while reading.
    pub problems: Vec<Problem>,
    /// The version of FastAPI as written, where known.
    pub fastapi: Option<String>,
    /// The version of Pydantic as written, where known.
    pub pydantic: Option<String>,
    /// The version of FastAPI whose behaviour is assumed.
    pub version: Version,
    file_count: usize,
    line_count: usize,
    latent_routes: bool,
    shared: SharedProgram,
}

/// Evaluates the project at a path: everything that [`analyse`] does before routes are derived. Files that
/// no app reaches are not looked at: their syntax errors are not in [`Evaluation::problems`].
///
/// # Errors
/// As [`analyse`].
pub fn evaluate(path: &Path, options: &AnalysisOptions) -> Result<Evaluation, AnalysisError> {
    evaluate_tree(Arc::new(DiskTree), path, options)
}

/// [`evaluate`] over any tree of sources.
///
/// # Errors
/// As [`analyse`].
pub fn evaluate_tree(
    tree: Arc<dyn SourceTree>,
    path: &Path,
    options: &AnalysisOptions,
) -> Result<Evaluation, AnalysisError> {
    evaluated(tree, path, options, Rest::Left)
}

fn evaluated(
    tree: Arc<dyn SourceTree>,
    path: &Path,
    options: &AnalysisOptions,
    rest: Rest,
) -> Result<Evaluation, AnalysisError> {
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

    let mut program = Program::new(Arc::clone(&project), tree, may_evaluate);
    program.watch(WATCHED);
    let shared = SharedProgram(Rc::new(RefCell::new(program)));
    let (mentioning, report) = match rest {
        // What the named apps do not import matters to nobody.
        Rest::Left if !options.apps.is_empty() => {
            let modules = options.apps.iter().filter_map(|locator| locator.split_once(':'));
            let modules: Vec<&str> = modules.map(|(module, _)| module).collect();
            (Vec::new(), shared.0.borrow_mut().load_modules(&modules))
        }
        _ => shared.0.borrow_mut().load(NEEDLES, rest),
    };
    problems.extend(report.problems.into_iter().map(problem));
    let mut interpreter = Interpreter::new(
        Box::new(shared.clone()),
        &KNOWN_LIBRARIES,
        Box::new(Registry::default()),
        Limits::default(),
    );
    if let Some(python) = project.environment.as_ref().and_then(|environment| environment.python) {
        interpreter.set_python(python.major.into(), python.minor.into(), python.micro.into());
    }
    interpreter.extension_mut::<Registry>().copies_included_routes = version < LAZY_INCLUDES;
    if options.for_document {
        interpreter.remember_subscriptions();
        if options.apps.len() != 1 {
            interpreter.import_several();
        }
        interpreter.follow_iterated(|name| {
            !is_standard_library(name) && may_evaluate(name.split('.').next().unwrap_or(name))
        });
    }
    for (name, value) in &options.variables {
        interpreter.set_variable(name, value);
    }
    let mut undecided = Vec::new();
    let selected = select_apps(&mut interpreter, &shared, &mentioning, options, &mut undecided);
    for late in shared.0.borrow_mut().take_late_problems() {
        // Where the rest of the project was checked, it is known already.
        if !problems.iter().any(|known| known.path == late.path) {
            problems.push(problem(late));
        }
    }
    Ok(Evaluation {
        project,
        interpreter,
        selected,
        undecided,
        problems,
        fastapi,
        pydantic,
        version,
        file_count: report.files,
        line_count: report.lines,
        latent_routes: options.latent_routes,
        shared,
    })
}

fn problem(found: LoadProblem) -> Problem {
    Problem {
        kind: found.kind.to_owned(),
        message: found.message,
        path: found.path,
        position: found.position,
    }
}

impl Evaluation {
    /// The routing table of an app.
    pub fn routing_table(&mut self, app: ObjectId) -> RoutingTable {
        let shared = self.shared.clone();
        let source_text = |location: Location| text_at(&shared, location);
        routing_table(&mut self.interpreter, app, self.version, &source_text)
    }

    /// Evaluates further files of the project, by their paths relative to it: those that no app imports.
    pub fn evaluate_files(&mut self, paths: &[String]) {
        let modules: Vec<String> = self
            .project
            .files
            .iter()
            .filter(|file| paths.contains(&file.relative))
            .map(|file| file.module.to_string())
            .collect();
        for module in modules {
            if let Some(found) = self.shared.module_named(&module) {
                self.interpreter.import_root(found);
            }
        }
        for late in self.shared.0.borrow_mut().take_late_problems() {
            if !self.problems.iter().any(|known| known.path == late.path) {
                self.problems.push(problem(late));
            }
        }
    }

    /// Where a location is: the path relative to the project, line and column from 1.
    pub fn position(&self, location: Location) -> (String, u32, u32) {
        let program = self.shared.0.borrow();
        let file = program.files().get(location.file);
        let position = file.position(location.span.start);
        (file.relative.clone(), position.line, position.column)
    }

    /// Derives the routes with everything that is known of them.
    pub fn into_analysis(self) -> Analysis {
        let Evaluation { project, mut interpreter, selected, mut undecided, shared, version, .. } = self;
        let (apps, details) =
            assemble::assemble(&mut interpreter, &shared, selected, version, self.latent_routes);
        let tables = crate::tables::tables(&mut interpreter);
        let files = shared.0.borrow_mut().take_files();
        let codes =
            (0..files.len() as u32).map(|id| Arc::clone(shared.0.borrow().code(FileId(id)))).collect();
        undecided.extend(notes_about_apps(&interpreter));
        Analysis {
            root: project.root.clone(),
            project,
            files,
            codes,
            apps,
            details,
            tables,
            undecided,
            problems: self.problems,
            fastapi: self.fastapi,
            pydantic: self.pydantic,
            version,
            file_count: self.file_count,
            line_count: self.line_count,
            interpreter: RefCell::new(interpreter),
        }
    }
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

/// Whether a file belongs to the tests, by the names that pytest looks for.
pub fn is_test_path(relative: &str) -> bool {
    let (folders, file) = match relative.bytes().rposition(|byte| byte == b'/') {
        Some(at) => (&relative[..at], &relative[at + 1..]),
        None => ("", relative),
    };
    file.starts_with("test_")
        || file.ends_with("_test.py")
        || file == "conftest.py"
        || folders.contains("test") && folders.split('/').any(|folder| matches!(folder, "tests" | "test"))
}

/// The source text of a place, on one line.
pub(crate) fn text_at(shared: &SharedProgram, location: Location) -> String {
    let program = shared.0.borrow();
    let text = program.files().get(location.file).slice(location.span);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The dotted name that a decorator calls or is: `router.get`, `requires`.
pub fn callee_text(decorator: &ir::Expr) -> Option<String> {
    match &decorator.kind {
        ir::ExprKind::Call(call) => call.callee.dotted_name(),
        _ => decorator.dotted_name(),
    }
}
