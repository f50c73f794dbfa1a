//! `router-never-included`: router with routes that no application includes.

use crate::context::Context;
use crate::finding::{Confidence, Severity};
use crate::reporter::{Draft, Reporter};
use crate::route_list::{path_of, source};
use crate::syntax;
use fastwright_model::analysis::{Analysis, is_test_path};
use fastwright_model::facts::mentions;
use fastwright_model::registry::{Entry, Registry, RouterKind};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, ImportFact};
use fastwright_python::location::{FileId, Location};
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};

crate::declare_rule! {
    /// Router with routes that no application includes.
    RouterNeverIncluded {
        name: "router-never-included",
        area: Architecture,
        severity: Medium,
        confidence: Likely,
        summary: "router with routes that no application includes",
        why: "The routes do not exist, although their code is maintained, tested by calling the functions, and believed to be there.",
        recommendation: "Include the router, or delete it.",
        trade_off: "Including it publishes its routes: look at their guards first.",
        contract_effect: "new routes appear if it is included",
        cwe: [561, 1164],
        owasp: [],
        profile: Default,
        page: "architecture/router-never-included.md",
        references: ["https://fastapi.tiangolo.com/tutorial/bigger-applications/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let has_app = analysis.apps.iter().any(|app| !is_test_path(path_of(analysis, app.location.file)));
    let interpreter = analysis.interpreter.borrow();
    // With one app chosen by name, other apps of the project are not evaluated and may include anything.
    if !has_app || !everything_is_evaluated(analysis, &interpreter) {
        return;
    }
    let registry = interpreter.extension::<Registry>();
    let links = Links::new(registry);
    let names = names_of_routers(&interpreter, registry);
    let open_end = links.open_end.is_some()
        || analysis.undecided.iter().any(|undecided| undecided.reason.contains("import_module"));
    for id in &registry.order {
        let Some(state) = registry.routers.get(id) else { continue };
        if state.kind != RouterKind::Router
            || links.reachable.contains(id)
            || links.included.contains(id)
            || links.callbacks.contains(id)
            || !state.escapes.is_empty()
            || is_test_path(path_of(analysis, state.site.file))
            || !analysis.files.get(state.site.file).first_party
        {
            continue;
        }
        let Some((name, place)) = names.get(id) else { continue };
        if is_used_elsewhere(analysis, &interpreter, *id, name, state.site.file)
            || is_used_in_a_function(analysis, name, state.site.file)
        {
            continue;
        }
        let routes = routes_of(registry, *id, 0);
        let Some((first_site, _)) = routes.first() else { continue };
        let paths: Vec<&str> = routes.iter().take(3).map(|(_, path)| path.as_str()).collect();
        let more = if routes.len() > paths.len() {
            format!(" and {} more", routes.len() - paths.len())
        } else {
            String::new()
        };
        let shown: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
        let mut draft = Draft::new(
            *place,
            name.clone(),
            format!(
                "no application includes the router `{name}`, so {}{more} {} not exist",
                shown.join(", "),
                if routes.len() == 1 { "does" } else { "do" },
            ),
        )
        .discriminator(name.clone())
        .evidence("the router is made here", state.site)
        .evidence("its first route is registered here", *first_site);
        if let Some(location) = links.nearest_include(analysis, state.site.file) {
            draft = draft.evidence(
                format!("other routers are included here: `{}`", source(analysis, location).trim()),
                location,
            );
            let module = analysis.files.get(state.site.file).module;
            let package = module.rsplit_once('.').map_or("", |(package, _)| package);
            let last = module.rsplit('.').next().unwrap_or(&module);
            let import = if package.is_empty() {
                format!("import {last}")
            } else {
                format!("from {package} import {last}")
            };
            let target =
                source(analysis, location).split_once(".include_router").map_or("app", |(target, _)| target);
            draft = draft.example(format!("{import}\n\n{target}.include_router({last}.{name})"));
        }
        if open_end {
            draft = draft.severity(Severity::Info).confidence(Confidence::Possible).why(
                "The project loads routers in a way that can't be followed: it may include this one there. If it does not, the routes do not exist.",
            );
        }
        report.report(draft);
    }
}

/// Whether another module of the project uses a router, or the module that holds it as a whole: code that was
/// not run (a function, a branch that a setting leaves out) may include it.
fn is_used_elsewhere(
    analysis: &Analysis,
    interpreter: &Interpreter<'_>,
    router: ObjectId,
    name: &str,
    made_in: FileId,
) -> bool {
    interpreter.modules().any(|(_, module)| {
        let Some(file) = module.file.filter(|file| *file != made_in) else { return false };
        if is_test_path(path_of(analysis, file)) {
            return false;
        }
        let scope = interpreter.scope(module.scope);
        let is_router = |value: &Value| matches!(*value.kind(), Kind::Instance(id) if id == router);
        let is_module = |value: &Value| match *value.kind() {
            Kind::Module(id) => interpreter.module(id).file == Some(made_in),
            _ => false,
        };
        if !scope.names.values().any(|value| is_router(value) || is_module(value)) {
            return imports_in_a_function(&module.code.imports, &analysis.files.get(made_in).module, name);
        }
        let mut used = false;
        // Bases of attributes are seen with the attribute, so their own names are not looked at again.
        let mut bases: FxHashSet<*const Expr> = FxHashSet::default();
        let mut look = |expression: &Expr| match &expression.kind {
            ExprKind::Attribute(attribute) => {
                let (base, attribute) = attribute.parts();
                if let ExprKind::Name(base_name) = &base.kind
                    && scope.names.get(base_name).is_some_and(is_module)
                {
                    bases.insert(&raw const *base);
                    used |= *attribute == name;
                }
            }
            ExprKind::Name(own) if !bases.contains(&(&raw const *expression)) => {
                used |= scope.names.get(own).is_some_and(|value| is_router(value) || is_module(value));
            }
            _ => {}
        };
        syntax::expressions(&module.code.body, &mut look);
        for function in &module.code.functions {
            syntax::expressions(&function.body, &mut look);
        }
        used
    })
}

/// Whether a function of the module that makes a router uses it as a whole: it may include it where nobody sees, or
/// under a setting that is off.
fn is_used_in_a_function(analysis: &Analysis, name: &str, made_in: FileId) -> bool {
    let Some(module) = analysis.codes.get(made_in.0 as usize) else { return false };
    module.functions.iter().any(|function| {
        let mut bases: FxHashSet<*const Expr> = FxHashSet::default();
        !function.parameters.iter().any(|parameter| parameter.name == name)
            && syntax::any_expression(&function.body, &mut |expression| match &expression.kind {
                ExprKind::Attribute(attribute) => {
                    bases.insert(&raw const *attribute.parts().0);
                    false
                }
                ExprKind::Name(own) => *own == name && !bases.contains(&(&raw const *expression)),
                _ => false,
            })
    })
}

/// Whether imports that bind no name of their module ask for a router, or for the module that makes it.
fn imports_in_a_function(imports: &[ImportFact], made_in: &str, router: &str) -> bool {
    let (package, last) = made_in.rsplit_once('.').unwrap_or(("", made_in));
    let is = |module: &str, wanted: &str| {
        module == wanted
            || wanted.strip_suffix(module).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    imports.iter().any(|import| {
        import.names.iter().any(|name| *name == router) && is(&import.module, made_in)
            || import.names.iter().any(|name| *name == last) && is(&import.module, package)
            || import.names.is_empty() && import.module == made_in
    })
}

/// Whether each file of the project that may hold an app or include a router was evaluated.
fn everything_is_evaluated(analysis: &Analysis, interpreter: &Interpreter<'_>) -> bool {
    let evaluated: FxHashSet<_> = interpreter.modules().filter_map(|(_, module)| module.file).collect();
    analysis.files.iter().all(|(id, file)| {
        evaluated.contains(&id)
            || !file.first_party
            || is_test_path(&file.relative)
            || !(file.text.contains("FastAPI(") || file.text.contains("include_router"))
    })
}

/// How apps and routers hang together.
#[derive(Default)]
struct Links {
    /// Everything that an app leads to.
    reachable: FxHashSet<ObjectId>,
    /// Routers that another router or app includes.
    included: FxHashSet<ObjectId>,
    /// Routers whose routes document callbacks of another route.
    callbacks: FxHashSet<ObjectId>,
    /// An inclusion or mount of something that is not known.
    open_end: Option<Location>,
    /// Inclusions, to show where they are done.
    includes: Vec<Location>,
}

impl Links {
    fn new(registry: &Registry) -> Self {
        let mut links = Links::default();
        let mut next: Vec<ObjectId> = Vec::new();
        for (id, state) in &registry.routers {
            if state.kind != RouterKind::Router {
                next.push(*id);
                if let Some((_, site)) = state.escapes.first() {
                    links.open_end = Some(*site);
                }
            }
            for entry in &state.entries {
                match entry {
                    Entry::Include(include) => match *include.router.kind() {
                        Kind::Instance(router) => {
                            links.included.insert(router);
                            links.includes.push(include.site);
                        }
                        _ => links.open_end = Some(include.site),
                    },
                    Entry::Mount(mount) => {
                        if let Kind::Instance(mounted) = *mount.app.kind() {
                            links.included.insert(mounted);
                        }
                    }
                    Entry::Route(route) => {
                        if let Some(callbacks) = route.options.keyword("callbacks") {
                            mentions(callbacks, &mut |part| {
                                if let Kind::Instance(router) = *part.kind() {
                                    links.callbacks.insert(router);
                                }
                                false
                            });
                        }
                    }
                    Entry::Frontend { .. } => {}
                }
            }
        }
        links.includes.sort_unstable();
        while let Some(id) = next.pop() {
            if !links.reachable.insert(id) {
                continue;
            }
            let Some(state) = registry.routers.get(&id) else { continue };
            for entry in &state.entries {
                match entry {
                    Entry::Include(include) => {
                        if let Kind::Instance(router) = *include.router.kind() {
                            next.push(router);
                        }
                    }
                    Entry::Mount(mount) => {
                        if let Kind::Instance(mounted) = *mount.app.kind() {
                            next.push(mounted);
                        }
                    }
                    Entry::Route(_) | Entry::Frontend { .. } => {}
                }
            }
        }
        links
    }

    /// The inclusion in the folder that is nearest to a file.
    fn nearest_include(&self, analysis: &Analysis, file: FileId) -> Option<Location> {
        let own: Vec<&str> = path_of(analysis, file).split('/').collect();
        self.includes.iter().copied().rev().max_by_key(|place| {
            path_of(analysis, place.file)
                .split('/')
                .zip(&own)
                .take_while(|(one, other)| one == *other)
                .count()
        })
    }
}

/// Names of modules that hold a router, each with the assignment, in the module that makes it.
fn names_of_routers(
    interpreter: &Interpreter<'_>,
    registry: &Registry,
) -> FxHashMap<ObjectId, (String, Location)> {
    let mut names = FxHashMap::default();
    for (_, module) in interpreter.modules() {
        let Some(file) = module.file else { continue };
        let mut found: Vec<(&str, ObjectId)> = interpreter
            .scope(module.scope)
            .names
            .iter()
            .filter_map(|(name, value)| match *value.kind() {
                Kind::Instance(id) => Some((name.as_str(), id)),
                _ => None,
            })
            .collect();
        found.sort_unstable();
        for (name, id) in found {
            if let Some(state) = registry.routers.get(&id)
                && state.site.file == file
            {
                names.entry(id).or_insert_with(|| (name.to_owned(), state.site));
            }
        }
    }
    names
}

/// Registrations on a router and on what it includes, with their paths as far as they are constants.
fn routes_of(registry: &Registry, id: ObjectId, depth: u32) -> Vec<(Location, String)> {
    let Some(state) = registry.routers.get(&id).filter(|_| depth < 16) else { return Vec::new() };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let prefix = text(state.arguments.keyword("prefix"));
    let mut found = Vec::new();
    for entry in &state.entries {
        match entry {
            Entry::Route(route) => {
                let path = format!("{prefix}{}", text(Some(&route.path)));
                let methods = route.methods.as_deref().unwrap_or_default().join(", ");
                found.push((
                    route.site,
                    format!("{methods} {}", if path.is_empty() { "/" } else { &path }).trim().to_owned(),
                ));
            }
            Entry::Include(include) => {
                if let Kind::Instance(router) = *include.router.kind() {
                    let before = format!("{prefix}{}", text(include.options.get(1, "prefix")));
                    found.extend(
                        routes_of(registry, router, depth + 1)
                            .into_iter()
                            .map(|(site, path)| (site, path.replacen('/', &format!("{before}/"), 1))),
                    );
                }
            }
            Entry::Mount(_) | Entry::Frontend { .. } => {}
        }
    }
    found
}
