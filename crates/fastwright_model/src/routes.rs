//! From registrations to the routing table of an app: prefixes, inclusions and mounts followed in
//! matching order (FastAPI 0.165 `routing.py`; inclusions are lazy since 0.137).

use crate::application::{Condition, Holds, RouteKind};
use crate::library::describe;
use crate::library::route_list::synchronize;
use crate::library::routing::prefix_of;
use crate::registry::*;
use fastwright_python::interpreter::{ActiveCondition, Interpreter};
use fastwright_python::ir::BinaryOperator;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::value::*;
use std::rc::Rc;

/// The version of FastAPI from which an included router is followed live, not copied.
pub const LAZY_INCLUDES: Version = Version::new(0, 137, 0);

/// Routes of one app at most; what goes beyond are inclusions that double.
const MOST_ROUTES: usize = 20_000;

/// A route with everything on the way from its registration to the app.
#[derive(Debug, Clone)]
pub struct FlatRoute {
    /// What kind of entry it is.
    pub kind: RouteKind,
    /// Which kind of route object.
    pub entry_kind: EntryKind,
    /// Methods, sorted.
    pub methods: Vec<String>,
    /// Full path.
    pub path: String,
    /// The endpoint; for a mount the mounted application.
    pub endpoint: Value,
    /// Keywords of its registration.
    pub options: Arguments,
    /// Registration first, then each inclusion and mount outwards.
    pub registration: Vec<(String, Location)>,
    /// Values of `dependencies=` from the app inwards, with what they are given to.
    pub dependencies: Vec<(Value, String, Location)>,
    /// Tags from the outside inwards.
    pub tags: Vec<String>,
    /// Values of `responses=` from the app inwards, the route's own last.
    pub responses: Vec<Value>,
    /// Condition of its existence.
    pub conditional: Option<Condition>,
    /// Whether it and everything around it is in the document.
    pub include_in_schema: bool,
    /// The app (FastAPI or Starlette object) that serves it, the innermost.
    pub app: ObjectId,
    /// When it came to the table: the moment of its registration, or of the outermost inclusion.
    pub moment: u32,
    /// What stands around the route, from the app inwards: the app, then for each inclusion its call and
    /// the included router.
    pub layers: Vec<Rc<Layer>>,
}

/// An app, a router or a call of `include_router` around a route, with what it says for all inside.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The app or router; none for a call of `include_router`.
    pub object: Option<ObjectId>,
    /// What the constructor or the call was given.
    pub arguments: Arguments,
}

impl Layer {
    /// What the layer says under a name: an attribute set on the object since, else the argument.
    pub fn get(&self, interpreter: &Interpreter<'_>, name: &str) -> Option<Value> {
        let object = self.object.and_then(|id| interpreter.instance(id));
        object
            .and_then(|instance| instance.attributes.get(&Name::from(name)).cloned())
            .or_else(|| self.arguments.keyword(name).cloned())
    }
}

/// The routing table of one app, and what could not be decided.
#[derive(Debug, Default)]
pub struct RoutingTable {
    /// Routes in matching order; frontends last.
    pub routes: Vec<FlatRoute>,
    /// Routes whose path is known in part, with `…` for what is not known.
    pub partly_known: Vec<FlatRoute>,
    /// What is missing, with the reason.
    pub undecided: Vec<(String, Location)>,
    /// Mounts of which nothing is known: no document shows them.
    pub unknown_mounts: Vec<(String, Location)>,
    /// What defaults of settings leave out.
    pub left_out: Vec<(String, Location)>,
    /// Apps that are mounted inside.
    pub mounted: Vec<ObjectId>,
    /// Where they are mounted: the full path, and the app.
    pub mounts: Vec<(String, ObjectId)>,
}

#[derive(Clone, Default)]
struct Surroundings {
    prefix: String,
    dependencies: Vec<(Value, String, Location)>,
    tags: Vec<String>,
    responses: Vec<Value>,
    steps: Vec<(String, Location)>,
    conditional: Option<Condition>,
    hidden: bool,
    moment: Option<u32>,
    layers: Vec<Rc<Layer>>,
}

/// Flattens what was registered on an app.
pub fn routing_table(
    interpreter: &mut Interpreter<'_>,
    app: ObjectId,
    version: Version,
    source_text: &dyn Fn(Location) -> String,
) -> RoutingTable {
    let mut builder =
        Builder { interpreter, version, source_text, table: RoutingTable::default(), frontends: Vec::new() };
    builder.app(app, &Surroundings::default(), &mut Vec::new());
    let Builder { mut table, frontends, .. } = builder;
    table.routes.extend(frontends);
    table
}

/// The routes that were registered on an app or router behind the first entries.
pub(crate) fn later_routes(
    interpreter: &mut Interpreter<'_>,
    id: ObjectId,
    known: usize,
    version: Version,
    source_text: &dyn Fn(Location) -> String,
) -> Vec<FlatRoute> {
    let mut builder =
        Builder { interpreter, version, source_text, table: RoutingTable::default(), frontends: Vec::new() };
    let mut around = Surroundings::default();
    builder.add_own(id, &mut around, "the app");
    let entries =
        builder.interpreter.extension::<Registry>().routers.get(&id).map(|state| state.entries.clone());
    for entry in entries.into_iter().flatten().skip(known) {
        builder.entry(entry, id, id, &around, &mut vec![id]);
    }
    builder.table.routes.into_iter().chain(builder.table.partly_known).collect()
}

struct Builder<'b, 'a> {
    interpreter: &'b mut Interpreter<'a>,
    version: Version,
    source_text: &'b dyn Fn(Location) -> String,
    table: RoutingTable,
    frontends: Vec<FlatRoute>,
}

impl Builder<'_, '_> {
    fn app(&mut self, app: ObjectId, around: &Surroundings, stack: &mut Vec<ObjectId>) {
        let mut inner = around.clone();
        // A mounted application has its own dependencies and tags only.
        inner.dependencies.clear();
        inner.tags.clear();
        inner.responses.clear();
        inner.layers.clear();
        self.add_own(app, &mut inner, "the app");
        self.entries(app, app, usize::MAX, &inner, stack);
    }

    /// What a router or app itself adds for everything on it.
    fn add_own(&mut self, id: ObjectId, around: &mut Surroundings, what: &str) {
        let Some(state) = self.interpreter.extension::<Registry>().routers.get(&id) else { return };
        let site = state.site;
        let layer = Rc::new(Layer { object: Some(id), arguments: state.arguments.clone() });
        let dependencies = layer.get(self.interpreter, "dependencies");
        let tags = layer.get(self.interpreter, "tags");
        let include_in_schema = layer.get(self.interpreter, "include_in_schema");
        around.responses.extend(layer.get(self.interpreter, "responses").filter(|value| !value.is_none()));
        around.layers.push(layer);
        self.add_dependencies(around, dependencies.as_ref(), what, site);
        self.add_tags(around, tags.as_ref());
        if include_in_schema.and_then(|value| value.as_bool()) == Some(false) {
            around.hidden = true;
        }
    }

    fn add_dependencies(
        &mut self,
        around: &mut Surroundings,
        value: Option<&Value>,
        what: &str,
        site: Location,
    ) {
        let Some(value) = value.filter(|value| !value.is_none()) else { return };
        match self.interpreter.elements(value) {
            Some(items) => {
                around.dependencies.extend(items.into_iter().map(|item| (item, what.to_owned(), site)));
            }
            None if value.is_unknown() => {
                self.undecided("the dependencies given here are not known", site);
            }
            None => {}
        }
    }

    fn add_tags(&mut self, around: &mut Surroundings, value: Option<&Value>) {
        let Some(items) = value.and_then(|value| self.interpreter.elements(value)) else { return };
        for item in items {
            if let Some(text) = self.text(&item) {
                around.tags.push(text);
            }
        }
    }

    fn undecided(&mut self, reason: impl Into<String>, location: Location) {
        let entry = (reason.into(), location);
        if !self.table.undecided.contains(&entry) {
            self.table.undecided.push(entry);
        }
    }

    fn entries(
        &mut self,
        id: ObjectId,
        app: ObjectId,
        count: usize,
        around: &Surroundings,
        stack: &mut Vec<ObjectId>,
    ) {
        if stack.contains(&id) || stack.len() > 40 {
            return;
        }
        stack.push(id);
        synchronize(self.interpreter, id);
        let Some(state) = self.interpreter.extension::<Registry>().routers.get(&id) else {
            stack.pop();
            return;
        };
        let (entries, escapes, left_out) =
            (state.entries.clone(), state.escapes.clone(), state.left_out.clone());
        if state.list_is_open {
            let site = state.site;
            self.undecided(
                "its list of routes is changed in a way that is not followed: routes may be missing",
                site,
            );
        }
        for left_out in left_out {
            let condition = condition_text(&left_out.condition, self.source_text);
            let reason = format!("{} only if {condition} (not so by default)", left_out.what);
            let entry = (reason, left_out.condition.location);
            if !self.table.left_out.contains(&entry) {
                self.table.left_out.push(entry);
            }
        }
        for (escape, site) in escapes {
            let reason = match escape {
                Escape::Given { callee } => format!(
                    "`{callee}` is given this router or app and its code is not followed: it may add routes"
                ),
                Escape::UnknownMethod => {
                    "a method of this router or app is called whose name is not known: it may add routes"
                        .to_owned()
                }
                Escape::LongStart => {
                    "what starts with this app takes too many steps to be followed: routes that it adds may be missing"
                        .to_owned()
                }
                Escape::Uncalled { method } => {
                    format!("`{method}` registers on this app and nothing calls it: its routes are missing")
                }
            };
            self.undecided(reason, site);
        }
        let limit = if self.version < LAZY_INCLUDES { count } else { usize::MAX };
        for entry in entries.into_iter().take(limit) {
            if self.table.routes.len() >= MOST_ROUTES {
                if let Some((_, site)) = around.steps.last() {
                    let reason = format!(
                        "there are more than {MOST_ROUTES} routes: routers include each other again and again, \
                         the rest is left out"
                    );
                    self.undecided(reason, *site);
                }
                break;
            }
            self.entry(entry, id, app, around, stack);
        }
        stack.pop();
    }

    fn entry(
        &mut self,
        entry: Entry,
        id: ObjectId,
        app: ObjectId,
        around: &Surroundings,
        stack: &mut Vec<ObjectId>,
    ) {
        match entry {
            Entry::Route(route) => self.route(&route, app, around),
            Entry::Include(include) => self.include(&include, id, app, around, stack),
            Entry::Mount(mount) => self.mount(&mount, app, around, stack),
            Entry::Frontend { path, site, conditions } => {
                let mut inner = around.clone();
                self.add_conditions(&mut inner, &conditions);
                let path = self.text(&path).unwrap_or_default();
                let full = join(&inner.prefix, path.trim_end_matches('/'));
                self.frontends.push(FlatRoute {
                    kind: RouteKind::Frontend,
                    entry_kind: EntryKind::Plain,
                    methods: vec!["GET".to_owned(), "HEAD".to_owned()],
                    path: if full.is_empty() { "/".to_owned() } else { full },
                    endpoint: Value::external("fastapi.routing.FrontendRoute"),
                    options: Arguments::default(),
                    registration: steps(&inner, "frontend files", site),
                    dependencies: inner.dependencies.clone(),
                    tags: Vec::new(),
                    responses: Vec::new(),
                    conditional: inner.conditional.clone(),
                    include_in_schema: false,
                    app,
                    moment: 0,
                    layers: inner.layers.clone(),
                });
            }
        }
    }

    /// The text of a path or prefix; nothing when it is not known.
    fn text(&mut self, value: &Value) -> Option<String> {
        self.interpreter.text_of(value)
    }

    /// The known parts of a text, with `…` for the others.
    fn partial_text(&mut self, value: &Value, depth: u32) -> String {
        const MISSING: &str = "…";
        if let Some(text) = self.text(value) {
            return text;
        }
        if depth > 12 {
            return MISSING.to_owned();
        }
        match value.as_symbolic() {
            Some(Symbolic::Format(parts)) => {
                parts.clone().iter().map(|part| self.partial_text(part, depth + 1)).collect()
            }
            Some(Symbolic::Binary { operator: BinaryOperator::Add, left, right }) => {
                let (left, right) = (left.clone(), right.clone());
                self.partial_text(&left, depth + 1) + &self.partial_text(&right, depth + 1)
            }
            _ => MISSING.to_owned(),
        }
    }

    fn route(&mut self, route: &RouteEntry, app: ObjectId, around: &Surroundings) {
        let mut is_known = true;
        let path = match self.text(&route.path) {
            Some(path) => path,
            None => {
                let reason = self.reason(&route.path);
                self.undecided(format!("the path of a route is not known: {reason}"), route.site);
                is_known = false;
                self.partial_text(&route.path, 0)
            }
        };
        let own_prefix = match &route.own_prefix {
            None => String::new(),
            Some(prefix) => match self.text(prefix) {
                Some(prefix) => prefix,
                None => {
                    let reason = self.reason(prefix);
                    self.undecided(format!("the prefix of a router is not known: {reason}"), route.site);
                    is_known = false;
                    self.partial_text(&prefix.clone(), 0)
                }
            },
        };
        let Some(methods) = route.methods.clone() else {
            self.undecided(format!("the methods of `{path}` are not known"), route.site);
            return;
        };
        let mut inner = around.clone();
        self.add_conditions(&mut inner, &route.conditions);
        let dependencies = route.options.keyword("dependencies").cloned();
        self.add_dependencies(&mut inner, dependencies.as_ref(), "the route", route.site);
        let tags = route.options.keyword("tags").cloned();
        self.add_tags(&mut inner, tags.as_ref());
        inner.responses.extend(route.options.keyword("responses").filter(|value| !value.is_none()).cloned());
        let hidden = inner.hidden
            || route.kind != EntryKind::Operation
            || route.options.keyword("include_in_schema").and_then(Value::as_bool) == Some(false);
        let mut methods = methods;
        if route.kind == EntryKind::Plain && methods.iter().any(|method| method == "GET") {
            methods.push("HEAD".to_owned());
        }
        methods.sort();
        methods.dedup();
        let list = if is_known { &mut self.table.routes } else { &mut self.table.partly_known };
        list.push(FlatRoute {
            kind: if route.kind == EntryKind::WebSocket { RouteKind::WebSocket } else { RouteKind::Http },
            entry_kind: route.kind,
            methods,
            path: format!("{}{}{}", inner.prefix, own_prefix, path),
            endpoint: route.endpoint.clone(),
            options: route.options.clone(),
            registration: steps(&inner, "registered", route.site),
            dependencies: inner.dependencies.clone(),
            tags: inner.tags.clone(),
            responses: inner.responses.clone(),
            conditional: inner.conditional.clone(),
            include_in_schema: !hidden,
            app,
            moment: inner.moment.unwrap_or(route.moment),
            layers: inner.layers.clone(),
        });
    }

    fn include(
        &mut self,
        include: &IncludeEntry,
        including: ObjectId,
        app: ObjectId,
        around: &Surroundings,
        stack: &mut Vec<ObjectId>,
    ) {
        let Kind::Instance(router) = *include.router.kind() else {
            let what = describe(self.interpreter, &include.router);
            self.undecided(
                format!("the included router is not known ({what}): its routes are missing"),
                include.site,
            );
            return;
        };
        if !self.interpreter.extension::<Registry>().routers.contains_key(&router) {
            let what = describe(self.interpreter, &include.router);
            self.undecided(format!("`{what}` is included but is no router that is known"), include.site);
            return;
        }
        let mut inner = around.clone();
        self.add_conditions(&mut inner, &include.conditions);
        // include_router registers through add_api_route, which puts the including router's prefix first.
        if let Some(prefix) = prefix_of(self.interpreter, including) {
            match self.text(&prefix) {
                Some(prefix) => inner.prefix.push_str(&prefix),
                None => {
                    let reason = self.reason(&prefix);
                    self.undecided(format!("the prefix of a router is not known: {reason}"), include.site);
                    return;
                }
            }
        }
        if let Some(prefix) = include.options.get(1, "prefix") {
            match self.text(&prefix.clone()) {
                Some(prefix) => inner.prefix.push_str(&prefix),
                None => {
                    let reason = self.reason(prefix);
                    self.undecided(
                        format!("the prefix of an included router is not known: {reason}"),
                        include.site,
                    );
                    return;
                }
            }
        }
        let dependencies = include.options.keyword("dependencies").cloned();
        self.add_dependencies(&mut inner, dependencies.as_ref(), "the inclusion", include.site);
        let tags = include.options.keyword("tags").cloned();
        self.add_tags(&mut inner, tags.as_ref());
        inner
            .responses
            .extend(include.options.keyword("responses").filter(|value| !value.is_none()).cloned());
        if include.options.keyword("include_in_schema").and_then(Value::as_bool) == Some(false) {
            inner.hidden = true;
        }
        inner.moment = inner.moment.or(Some(include.moment));
        inner.steps.push(("included".to_owned(), include.site));
        inner.layers.push(Rc::new(Layer { object: None, arguments: include.options.clone() }));
        self.add_own(router, &mut inner, "the router");
        match &include.only {
            Some(only) if stack.len() <= 40 => {
                stack.push(router);
                self.entry((**only).clone(), router, app, &inner, stack);
                stack.pop();
            }
            Some(_) => {}
            None => self.entries(router, app, include.count, &inner, stack),
        }
    }

    fn mount(&mut self, mount: &MountEntry, app: ObjectId, around: &Surroundings, stack: &mut Vec<ObjectId>) {
        let Some(path) = self.text(&mount.path) else {
            let reason = self.reason(&mount.path);
            let entry = (format!("the path of a mounted application is not known: {reason}"), mount.site);
            if !self.table.unknown_mounts.contains(&entry) {
                self.table.unknown_mounts.push(entry);
            }
            return;
        };
        let mut inner = around.clone();
        self.add_conditions(&mut inner, &mount.conditions);
        let full = format!("{}{}", inner.prefix, path.trim_end_matches('/'));
        let mounted = self.application(&mount.app);
        self.table.routes.push(FlatRoute {
            kind: RouteKind::Mount,
            entry_kind: EntryKind::Plain,
            methods: Vec::new(),
            path: full.clone(),
            endpoint: mount.app.clone(),
            options: Arguments::default(),
            registration: steps(&inner, "mounted", mount.site),
            dependencies: Vec::new(),
            tags: Vec::new(),
            responses: Vec::new(),
            conditional: inner.conditional.clone(),
            include_in_schema: false,
            app,
            moment: 0,
            layers: inner.layers.clone(),
        });
        inner.prefix = full;
        inner.steps.push(("mounted".to_owned(), mount.site));
        match mounted {
            Some(id) => {
                self.table.mounts.push((inner.prefix.clone(), id));
                if stack.first() != Some(&id) && !self.table.mounted.contains(&id) {
                    self.table.mounted.push(id);
                }
                if stack.len() < 12 {
                    self.app(id, &inner, stack);
                }
            }
            None => {
                if !is_of_library(&mount.app) {
                    let reason = self.reason(&mount.app);
                    let reason = format!("what is mounted at `{}` is not known: {reason}", inner.prefix);
                    let entry = (reason, mount.site);
                    if !self.table.unknown_mounts.contains(&entry) {
                        self.table.unknown_mounts.push(entry);
                    }
                }
            }
        }
    }

    /// The app behind a mounted value: itself, or what an ASGI middleware wraps.
    fn application(&mut self, value: &Value) -> Option<ObjectId> {
        match value.kind() {
            Kind::Instance(id) => {
                if self.interpreter.extension::<Registry>().routers.contains_key(id) {
                    return Some(*id);
                }
                let inner = self.interpreter.instance(*id)?.attributes.get(&Name::from("app")).cloned()?;
                self.application(&inner)
            }
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { arguments, .. } => {
                    let first = arguments.get(0, "app")?.clone();
                    self.application(&first)
                }
                _ => None,
            },
            Kind::Union(alternatives) => {
                let alternatives = StrongRc::clone(alternatives);
                alternatives.iter().find_map(|value| self.application(value))
            }
            _ => None,
        }
    }

    fn reason(&self, value: &Value) -> String {
        match value.kind() {
            Kind::Unknown(unknown) => unknown.reason.clone(),
            _ => {
                let what = describe(self.interpreter, value);
                format!("it is computed from {what}")
            }
        }
    }

    fn add_conditions(&mut self, around: &mut Surroundings, conditions: &[ActiveCondition]) {
        if around.conditional.is_some() {
            return;
        }
        // A condition that nothing decides says more than one that a default decides.
        let undecided = conditions.iter().find(|condition| condition.setting.is_none());
        let Some(condition) = undecided.or_else(|| conditions.first()) else { return };
        let text = condition_text(condition, self.source_text);
        let text = match (&condition.setting, condition.negated) {
            (Some(_), false) => format!("{text} (true by default)"),
            (Some(_), true) => format!("{text} (so by default)"),
            (None, _) => text,
        };
        let holds = match &condition.setting {
            _ if condition.startup => Holds::AfterStart,
            Some(_) => Holds::ByDefault,
            None => Holds::Undecided,
        };
        around.conditional = Some(Condition { text, location: condition.location, holds });
    }
}

/// A condition in words.
fn condition_text(condition: &ActiveCondition, source_text: &dyn Fn(Location) -> String) -> String {
    if condition.startup {
        return "the application has started".to_owned();
    }
    let text = source_text(condition.location);
    if condition.negated { format!("not ({text})") } else { text }
}

/// Whether a mounted object is one that a library makes, whose routes are not of this program.
fn is_of_library(value: &Value) -> bool {
    match value.kind() {
        // What these give is found elsewhere.
        Kind::External(name) => !name.starts_with("importlib.") && !name.starts_with("builtins."),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, .. } => is_of_library(callee),
            Symbolic::Member { base, .. } => is_of_library(base),
            _ => false,
        },
        Kind::Union(alternatives) => alternatives.iter().all(is_of_library),
        Kind::Unknown(_) => false,
        _ => true,
    }
}

fn steps(around: &Surroundings, what: &str, site: Location) -> Vec<(String, Location)> {
    let mut steps = vec![(what.to_owned(), site)];
    steps.extend(around.steps.iter().rev().cloned());
    steps
}

fn join(prefix: &str, path: &str) -> String {
    format!("{prefix}{path}")
}
