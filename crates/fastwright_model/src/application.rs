//! What a FastAPI application is, as plain data: apps, routes, parameters, guards, tables.

use fastwright_python::location::Location;

/// The kinds of entries that a routing table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RouteKind {
    /// A path operation (FastAPI) or a plain Starlette route.
    Http,
    /// A WebSocket route.
    WebSocket,
    /// Another ASGI application under a path; routes of mounted FastAPI and Starlette applications
    /// follow as entries of their own with their full path.
    Mount,
    /// Static files given with `app.frontend()` (FastAPI 0.160 and later): tried after all others.
    Frontend,
}

impl RouteKind {
    /// The word in JSON: `http`, `websocket`, `mount`, `frontend`.
    pub fn name(self) -> &'static str {
        match self {
            RouteKind::Http => "http",
            RouteKind::WebSocket => "websocket",
            RouteKind::Mount => "mount",
            RouteKind::Frontend => "frontend",
        }
    }
}

/// Where a parameter's value comes from, as FastAPI decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ParameterPlace {
    /// A part of the path.
    Path,
    /// The query string.
    Query,
    /// A request header.
    Header,
    /// A cookie.
    Cookie,
    /// A form field.
    Form,
    /// An uploaded file.
    File,
    /// The JSON body.
    Body,
}

impl ParameterPlace {
    /// The word in JSON: `path`, `query`, `header`, `cookie`, `form`, `file`, `body`.
    pub fn name(self) -> &'static str {
        match self {
            ParameterPlace::Path => "path",
            ParameterPlace::Query => "query",
            ParameterPlace::Header => "header",
            ParameterPlace::Cookie => "cookie",
            ParameterPlace::Form => "form",
            ParameterPlace::File => "file",
            ParameterPlace::Body => "body",
        }
    }
}

/// One input of a route, its dependencies' inputs included.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name in the Python signature.
    pub name: String,
    /// Name on the wire.
    pub alias: String,
    /// Where it comes from.
    pub place: ParameterPlace,
    /// Its type as people would write it: `int`, `list[str]`, `OrderCreate`; `?` when unknown.
    pub annotation: String,
    /// Whether the client must send it.
    pub required: bool,
    /// The default as Python source, when it has one that is known.
    pub default: Option<String>,
    /// Lower and upper bounds, lengths and patterns that validation enforces, as `name=value`
    /// (`ge=1`, `le=100`, `max_length=50`, `pattern=...`).
    pub constraints: Vec<(String, String)>,
    /// The parameter in the signature.
    pub location: Location,
    /// The function that declares it, `module:qualname` (the handler or a dependency).
    pub declared_by: String,
}

/// What is decided about callers of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GuardKind {
    /// Nothing looks at who calls.
    Public,
    /// Somebody looks, nobody refuses.
    Optional,
    /// A caller without credentials is refused.
    Required,
}

impl GuardKind {
    /// The word in JSON: `public`, `optional`, `required`.
    pub fn name(self) -> &'static str {
        match self {
            GuardKind::Public => "public",
            GuardKind::Optional => "optional",
            GuardKind::Required => "required",
        }
    }
}

/// Who may call a route, with what proves it.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// The verdict.
    pub kind: GuardKind,
    /// The guards, `module:qualname` of each dependency, security scheme or middleware.
    pub by: Vec<String>,
    /// Required roles, where the guard compares a role with constants.
    pub roles: Vec<String>,
    /// Required OAuth2 scopes.
    pub scopes: Vec<String>,
    /// The chain that proves it: where the guard is attached and where it refuses.
    pub evidence: Vec<(String, Location)>,
    /// Why the verdict is not certain, if it is not.
    pub assumption: Option<String>,
}

/// A condition under which a route exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The condition as written: `settings.debug`.
    pub text: String,
    /// Where it stands.
    pub location: Location,
    /// Whether it holds where nothing is configured.
    pub holds: Holds,
}

/// Whether a condition holds in a program that is imported without any settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A default decides it: it holds.
    ByDefault,
    /// Only once the application has started.
    AfterStart,
    /// Nothing decides it.
    Undecided,
}

/// One entry of the routing table of an app, in matching order.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// What kind of entry it is.
    pub kind: RouteKind,
    /// Upper-case methods, sorted; empty for WebSockets and mounts.
    pub methods: Vec<String>,
    /// Full path, mounts and prefixes included.
    pub path: String,
    /// `module:qualname` of the endpoint (for a mount: of the mounted application), or what is known of it.
    pub handler: String,
    /// Where the endpoint is defined; for a mount, where it is mounted.
    pub location: Location,
    /// Where the route is registered (decorator or call), then each `include_router` or `mount` on the way
    /// to the app, with a short note.
    pub registration: Vec<(String, Location)>,
    /// Name of the route.
    pub name: String,
    /// Tags in order.
    pub tags: Vec<String>,
    /// Who may call it.
    pub guard: Guard,
    /// Inputs.
    pub parameters: Vec<Parameter>,
    /// Type of the request body, if there is one.
    pub request: Option<String>,
    /// Type of the response, if declared.
    pub response: Option<String>,
    /// Status codes that callers can see, sorted: the declared one, those raised, 422 when there is input.
    pub statuses: Vec<u16>,
    /// Tables read, by table name, sorted.
    pub reads: Vec<String>,
    /// Tables written, by table name, sorted.
    pub writes: Vec<String>,
    /// Other effects in words: `calls httpx.AsyncClient.post`, `starts a background task send_mail`.
    pub effects: Vec<String>,
    /// Condition under which it exists.
    pub conditional: Option<Condition>,
    /// Whether it is in the OpenAPI document.
    pub include_in_schema: bool,
    /// Whether it is marked deprecated.
    pub deprecated: bool,
    /// The endpoint's function, when it is one.
    pub function: Option<fastwright_python::program::FunctionId>,
}

/// Something about an app that was not decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Undecided {
    /// What is not known and why, one sentence.
    pub reason: String,
    /// Where.
    pub location: Option<Location>,
}

/// One middleware of an app.
#[derive(Debug, Clone, PartialEq)]
pub struct Middleware {
    /// `starlette.middleware.cors:CORSMiddleware`, or the function of `@app.middleware("http")`.
    pub name: String,
    /// Where it is added.
    pub location: Location,
}

/// One `FastAPI()` object with what is included or mounted in it.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// `module:attr`, or `module:factory()`.
    pub locator: String,
    /// Where it is created.
    pub location: Location,
    /// Title of the document.
    pub title: String,
    /// Its routing table in matching order; the automatic documentation routes are not in it.
    pub routes: Vec<Route>,
    /// Outermost first.
    pub middleware: Vec<Middleware>,
    /// Exception classes or status codes with a handler.
    pub exception_handlers: Vec<String>,
    /// `module:qualname` of the lifespan function.
    pub lifespan: Option<String>,
    /// What could not be decided about this app.
    pub undecided: Vec<Undecided>,
    /// Whether this app is mounted in another app of the project.
    pub mounted: bool,
    /// Whether these are routes of which is not known under which path, or in which app, they are reached: parts
    /// of paths that are not known are written as `…`. Only there when
    /// [`AnalysisOptions::latent_routes`](crate::analysis::AnalysisOptions) asks for them; they count as mounted, so
    /// that nothing takes them for the routing table of an app.
    pub latent: bool,
}
