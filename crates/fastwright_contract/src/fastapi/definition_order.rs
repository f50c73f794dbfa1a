//! What routes say about models that contain themselves, in the order in which FastAPI compiles the routes.
//!
//! Pydantic keeps one reference on such a model, hands it to everyone and lets them write into it. FastAPI
//! compiles the parameters of a route when it is registered, on whatever router, even on one that no app ever
//! includes; and again when the route is included: since 0.137 when the document is asked for, before that in the
//! call of `include_router`.

use super::builder::Builder;
use fastwright_model::application::{Holds, RouteKind};
use fastwright_model::dependant::path_parameters;
use fastwright_model::registry::{EntryKind, Registry};
use fastwright_model::routes::{FlatRoute, LAZY_INCLUDES, RoutingTable, routing_table};
use fastwright_python::location::{FileId, Location};
use fastwright_python::value::{ObjectId, Value};
use rustc_hash::{FxHashMap, FxHashSet};

impl Builder<'_, '_, '_> {
    /// Lets all routes that the process of the app compiles say anew what they say about models that contain
    /// themselves. `table` is the app's.
    pub(super) fn compile_in_order(&mut self, app: ObjectId, table: &RoutingTable) {
        if !self.generator.has_shared_references() {
            return;
        }
        self.generator.begin_document();
        let doubts = self.context.doubts.clone();
        let version = self.context.versions.fastapi;
        let is_lazy = version >= LAZY_INCLUDES;
        let is_direct = |route: &FlatRoute| route.layers.len() <= 1;
        let mut routes = Vec::new();
        for router in self.routers_of_process(app, table) {
            let own = routing_table(self.context.interpreter, router, version, &|_| String::new());
            let compiled = own.routes.into_iter().filter(|route| route.app == router);
            routes.extend(compiled.filter(|route| !is_lazy || is_direct(route)));
        }
        routes.sort_by_key(|route| route.moment);
        if is_lazy {
            let included = table.routes.iter().filter(|route| route.app == app && !is_direct(route));
            routes.extend(included.cloned());
        }
        for route in &routes {
            self.compile(route);
        }
        // What is said about routes that the document shows has been doubted where it is not known.
        self.context.doubts = doubts;
    }

    fn compile(&mut self, route: &FlatRoute) {
        if route.conditional.as_ref().is_some_and(|condition| condition.holds == Holds::AfterStart) {
            return;
        }
        match (route.kind, route.entry_kind) {
            (RouteKind::Http, EntryKind::Operation) => {
                let shown = FlatRoute { include_in_schema: true, ..route.clone() };
                self.api_route(&shown);
            }
            (RouteKind::WebSocket, EntryKind::WebSocket) => {
                let Some((_, location)) = route.registration.first() else { return };
                let dependencies: Vec<(Value, Location)> =
                    route.dependencies.iter().map(|(value, _, at)| (value.clone(), *at)).collect();
                let names = path_parameters(&route.path);
                self.endpoint_dependant(&route.endpoint, &dependencies, &names, *location);
            }
            _ => {}
        }
    }

    /// The apps and routers that exist where the app does: those around its routes, and those of all modules
    /// that its module imports.
    fn routers_of_process(&self, app: ObjectId, table: &RoutingTable) -> Vec<ObjectId> {
        let around: FxHashSet<ObjectId> =
            table.routes.iter().flat_map(|route| &route.layers).filter_map(|layer| layer.object).collect();
        let registry = self.context.interpreter.extension::<Registry>();
        let file_of = |router: &ObjectId| registry.routers.get(router).map(|state| state.site.file);
        let imported =
            self.imported_files(file_of(&app).into_iter().chain(around.iter().filter_map(file_of)));
        let exists = |router: &ObjectId| {
            around.contains(router) || file_of(router).is_some_and(|file| imported.contains(&file))
        };
        registry.order.iter().copied().filter(exists).collect()
    }

    /// The files of modules that these files import, directly or not, and they themselves.
    fn imported_files(&self, files: impl Iterator<Item = FileId>) -> FxHashSet<FileId> {
        let interpreter = &*self.context.interpreter;
        let by_name: FxHashMap<&str, _> =
            interpreter.modules().map(|(_, module)| (module.name.as_str(), module)).collect();
        let mut waiting: Vec<FileId> = files.collect();
        let mut found = FxHashSet::default();
        while let Some(file) = waiting.pop() {
            if !found.insert(file) {
                continue;
            }
            let Some(module) = interpreter.module_of_file(file).map(|id| interpreter.module(id)) else {
                continue;
            };
            // Each package above a module is imported with it.
            let mut reach = |dotted: &str| {
                let ends = dotted.match_indices('.').map(|(end, _)| end).chain([dotted.len()]);
                waiting.extend(ends.filter_map(|end| by_name.get(&dotted[..end])?.file));
            };
            for import in &module.code.imports {
                let base = base_of(&module.name, module.is_package, import.level);
                let dotted = joined(base, &import.module);
                reach(&dotted);
                for name in &import.names {
                    reach(&joined(&dotted, name));
                }
            }
            reach(&module.name);
        }
        found
    }
}

/// The package that a relative import starts from; empty for an absolute one.
fn base_of(module: &str, is_package: bool, level: u32) -> &str {
    let mut base = if level == 0 { "" } else { module };
    for _ in u32::from(is_package)..level {
        base = base.rsplit_once('.').map_or("", |(package, _)| package);
    }
    base
}

fn joined(package: &str, name: &str) -> String {
    match (package, name) {
        ("", name) => name.to_owned(),
        (package, "") => package.to_owned(),
        (package, name) => format!("{package}.{name}"),
    }
}
