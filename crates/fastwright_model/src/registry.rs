//! What the program registers with FastAPI and Starlette while it is evaluated.

use crate::dependant::{CallableKey, KnownDependant, RecordField};
use crate::effects::own::{OwnEffects, TableNames};
use crate::facts::CallFacts;
use crate::library::model_instances::FieldPlan;
use fastwright_python::interpreter::ActiveCondition;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::SummaryKey;
use fastwright_python::value::{Arguments, ModuleId, ObjectId, Value};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// The kind of an object that holds routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouterKind {
    /// `fastapi.FastAPI` or a subclass.
    App,
    /// `fastapi.APIRouter` or a subclass.
    Router,
    /// `starlette.applications.Starlette`, `starlette.routing.Router`.
    Starlette,
}

/// An app or router with what it was given.
#[derive(Debug, Clone)]
pub struct RouterState {
    /// Which kind of object it is.
    pub kind: RouterKind,
    /// The arguments that reached the library's own constructor.
    pub arguments: Arguments,
    /// Where it is made.
    pub site: Location,
    /// Conditions under which it is made: what is registered on it under the same ones needs no
    /// condition of its own.
    pub conditions: Vec<ActiveCondition>,
    /// What was registered, in order.
    pub entries: Vec<Entry>,
    /// Middleware in the order of `add_middleware`: class or function, with its options.
    pub middleware: Vec<MiddlewareEntry>,
    /// Exception classes or status codes with their handlers.
    pub exception_handlers: Vec<(Value, Value, Location)>,
    /// Startup and shutdown handlers: event, function, place.
    pub events: Vec<(String, Value, Location)>,
    /// Where something may be registered that is not known.
    pub escapes: Vec<(Escape, Location)>,
    /// Whether its list of routes is changed in a way that is not known.
    pub list_is_open: bool,
    /// What branches would register that defaults of settings leave out.
    pub left_out: Vec<LeftOut>,
}

/// A way in which something may be registered on an app or router that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Escape {
    /// It is given to code that is not followed.
    Given {
        /// What is called with it, in words.
        callee: String,
    },
    /// One of its methods is called whose name is not known: `getattr(app, method)("/")`.
    UnknownMethod,
    /// What its start runs registers something, and takes too many steps to be followed to the end.
    LongStart,
    /// A method of the object that holds it registers something, and nothing calls that method.
    Uncalled {
        /// The qualified name of the method.
        method: String,
    },
}

/// What a branch would register that the default of a setting leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What would happen, in words: `` `/debug` is registered ``.
    pub what: String,
    /// The condition under which it would.
    pub condition: ActiveCondition,
}

/// A decorator of Pydantic on a function: `field_validator`, `computed_field`, ...
#[derive(Debug, Clone)]
pub struct Decoration {
    /// Its defining name: `pydantic.functional_validators.field_validator`.
    pub name: Name,
    /// What it was given, without the function.
    pub arguments: Arguments,
}

/// One middleware.
#[derive(Debug, Clone)]
pub struct MiddlewareEntry {
    /// The class, or the function of `@app.middleware("http")`.
    pub middleware: Value,
    /// Its options.
    pub arguments: Arguments,
    /// Whether it was registered with `@app.middleware("http")`.
    pub is_function: bool,
    /// Where it is added.
    pub site: Location,
}

/// What kind of route object an entry makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A FastAPI path operation.
    Operation,
    /// A plain Starlette route.
    Plain,
    /// A WebSocket route.
    WebSocket,
}

/// One registration on an app or router.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A route.
    Route(RouteEntry),
    /// `include_router`.
    Include(IncludeEntry),
    /// `mount`, or a Starlette `Mount`.
    Mount(MountEntry),
    /// `app.frontend(...)`.
    Frontend {
        /// Its path.
        path: Value,
        /// Where.
        site: Location,
        /// Conditions under which the call is reached.
        conditions: Vec<ActiveCondition>,
    },
}

impl Entry {
    /// Where it is registered.
    pub fn site(&self) -> Location {
        match self {
            Entry::Route(route) => route.site,
            Entry::Include(include) => include.site,
            Entry::Mount(mount) => mount.site,
            Entry::Frontend { site, .. } => *site,
        }
    }
}

/// A route as registered.
#[derive(Debug, Clone)]
pub struct RouteEntry {
    /// Which kind of route.
    pub kind: EntryKind,
    /// Path without prefixes.
    pub path: Value,
    /// Prefix that the router had when the route was added.
    pub own_prefix: Option<Value>,
    /// Methods, upper case; none where they are not known.
    pub methods: Option<Vec<String>>,
    /// The endpoint.
    pub endpoint: Value,
    /// Keywords of the decorator or call.
    pub options: Arguments,
    /// Where it is registered.
    pub site: Location,
    /// Conditions under which the code is reached.
    pub conditions: Vec<ActiveCondition>,
    /// How many registrations the program had made before, on any app or router.
    pub moment: u32,
}

/// An inclusion of a router.
#[derive(Debug, Clone)]
pub struct IncludeEntry {
    /// The included router.
    pub router: Value,
    /// Keywords of the call.
    pub options: Arguments,
    /// The one entry of the router that is meant, where a program has picked it out of a list of routes.
    pub only: Option<Box<Entry>>,
    /// How many entries the router had then; FastAPI before 0.137 copied only those.
    pub count: usize,
    /// Where.
    pub site: Location,
    /// Conditions under which the call is reached.
    pub conditions: Vec<ActiveCondition>,
    /// How many registrations the program had made before, on any app or router.
    pub moment: u32,
}

/// A mounted application.
#[derive(Debug, Clone)]
pub struct MountEntry {
    /// Path of the mount.
    pub path: Value,
    /// The mounted application.
    pub app: Value,
    /// Where.
    pub site: Location,
    /// Conditions under which the call is reached.
    pub conditions: Vec<ActiveCondition>,
}

/// What FastAPI's own generator of documents is asked for and answers, while a program's `openapi`
/// function runs.
#[derive(Debug, Clone, Default)]
pub struct OpenapiRun {
    /// The calls so far: the app whose own `openapi` is called, or what `get_openapi` is given.
    pub calls: Vec<OpenapiCall>,
    /// What the calls give back, in order; an empty dict where there is none.
    pub answers: Vec<Value>,
}

/// A call of FastAPI's own generator.
#[derive(Debug, Clone)]
pub enum OpenapiCall {
    /// `FastAPI.openapi(app)`.
    Own(ObjectId),
    /// `get_openapi(...)`.
    Generator(Arguments),
}

/// A request without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnonymousRequest {
    /// The path that it asks for, where it is known.
    pub path: Option<String>,
    /// Whether the program looked at the path.
    pub path_is_read: bool,
}

/// Everything registered so far; the state of the library knowledge.
#[derive(Debug, Default)]
pub struct Registry {
    /// Apps and routers by heap object.
    pub routers: FxHashMap<ObjectId, RouterState>,
    /// Apps and routers in the order they were made.
    pub order: Vec<ObjectId>,
    /// How many registrations there were so far.
    pub registrations: u32,
    /// Objects in lists of routes, with the entry that each stands for and its path.
    pub route_objects: FxHashMap<ObjectId, (Entry, Option<String>)>,
    /// Whether including a router copies its routes (FastAPI before 0.137).
    pub copies_included_routes: bool,
    /// The scheme of FastAPI that an instance of a derived class is, with what that was given.
    pub security_schemes: FxHashMap<ObjectId, (Name, Arguments)>,
    /// Set while a program's `openapi` function runs.
    pub openapi_run: Option<OpenapiRun>,
    /// Whether code of application startup runs.
    pub starting: bool,
    /// While a guard is probed: the request that it gets.
    pub anonymous_request: Option<AnonymousRequest>,
    /// Statuses of exception classes raised without arguments, as far as they were asked for.
    pub exception_statuses: FxHashMap<ObjectId, Option<u16>>,
    /// Statuses that handlers answer for exception classes, as far as they were asked for.
    pub handled_statuses: FxHashMap<ObjectId, Option<u16>>,
    /// What Pydantic's decorators were given, by the serial of the decorated function.
    pub decorations: FxHashMap<u32, Vec<Decoration>>,
    /// Where `model_rebuild()` of models is called: names of types are looked up there, too.
    pub rebuilt_in: Vec<ModuleId>,
    /// What the calls of summaries lead to, as far as it was asked for.
    pub(crate) call_facts: FxHashMap<SummaryKey, Rc<CallFacts>>,
    /// The names of tables, while effects are asked for.
    pub(crate) table_names: Option<Rc<TableNames>>,
    /// What functions do themselves, until it is asked for.
    pub(crate) own_effects: FxHashMap<SummaryKey, OwnEffects>,
    /// What classes say about the fields of their objects, as far as any was made.
    pub(crate) field_plans: FxHashMap<ObjectId, Rc<FieldPlan>>,
    /// What routes depend on, as far as it is the same for all.
    pub(crate) dependants: FxHashMap<CallableKey, Rc<KnownDependant>>,
    /// Fields of classes that are dependencies, as far as they were asked for.
    pub(crate) record_fields: FxHashMap<ObjectId, Rc<[RecordField]>>,
}

impl OpenapiRun {
    /// Notes a call and says what it gives back.
    fn answer(&mut self, call: OpenapiCall) -> Option<Value> {
        self.calls.push(call);
        self.answers.get(self.calls.len() - 1).cloned()
    }
}

impl Registry {
    /// What FastAPI's generator gives back, while a program's `openapi` function runs; the inner none where
    /// it is not known yet.
    pub fn openapi_answer(&mut self, call: OpenapiCall) -> Option<Option<Value>> {
        self.openapi_run.as_mut().map(|run| run.answer(call))
    }

    /// Starts the state of an app or router.
    pub fn start(
        &mut self,
        id: ObjectId,
        kind: RouterKind,
        arguments: Arguments,
        site: Location,
        conditions: Vec<ActiveCondition>,
    ) {
        let state = RouterState {
            kind,
            arguments,
            site,
            conditions,
            entries: Vec::new(),
            middleware: Vec::new(),
            exception_handlers: Vec::new(),
            events: Vec::new(),
            escapes: Vec::new(),
            list_is_open: false,
            left_out: Vec::new(),
        };
        if self.routers.insert(id, state).is_none() {
            self.order.push(id);
        }
    }
}
