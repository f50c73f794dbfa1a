//! `router-never-included`: router with routes that no application includes.

use crate::context::Context;
use crate::finding::{Confidence, Severity};
use crate::reporter::{Draft, Reporter};
use crate::route_list::{path_of, source};
use fastwright_model::analysis::{Analysis, is_test_path};
use fastwright_model::registry::{Entry, Registry, RouterKind};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
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
            || !state.escapes.is_empty()
            || is_test_path(path_of(analysis, state.site.file))
            || !analysis.files.get(state.site.file).first_party
        {
            continue;
        }
        let Some((name, place)) = names.get(id) else { continue };
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
                "no application includes the router `{name}`, so its {} (to {}{more}) do not exist",
                if routes.len() == 1 { "route" } else { "routes" },
                shown.join(", "),
            ),
        )
        .discriminator(name.clone())
        .evidence("the router is made here", state.site)
        .evidence("its first route is registered here", *first_site);
        if let Some((_, location)) = links.first_include {
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
            draft = draft.example(format!("{import}\n\napp.include_router({last}.{name})"));
        }
        if open_end {
            draft = draft.severity(Severity::Info).confidence(Confidence::Possible).why(
                "The project loads routers in a way that can't be followed: it may include this one there. If it does not, the routes do not exist.",
            );
        }
        report.report(draft);
    }
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
    /// An inclusion or mount of something that is not known.
    open_end: Option<Location>,
    /// An inclusion by an app, to show where they are done.
    first_include: Option<(ObjectId, Location)>,
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
                    Entry::Include(include) => match include.router.kind {
                        Kind::Instance(router) => {
                            links.included.insert(router);
                            if state.kind == RouterKind::App
                                && links.first_include.is_none_or(|(_, known)| include.site < known)
                            {
                                links.first_include = Some((router, include.site));
                            }
                        }
                        _ => links.open_end = Some(include.site),
                    },
                    Entry::Mount(mount) => {
                        if let Kind::Instance(mounted) = mount.app.kind {
                            links.included.insert(mounted);
                        }
                    }
                    Entry::Route(_) | Entry::Frontend { .. } => {}
                }
            }
        }
        while let Some(id) = next.pop() {
            if !links.reachable.insert(id) {
                continue;
            }
            let Some(state) = registry.routers.get(&id) else { continue };
            for entry in &state.entries {
                match entry {
                    Entry::Include(include) => {
                        if let Kind::Instance(router) = include.router.kind {
                            next.push(router);
                        }
                    }
                    Entry::Mount(mount) => {
                        if let Kind::Instance(mounted) = mount.app.kind {
                            next.push(mounted);
                        }
                    }
                    Entry::Route(_) | Entry::Frontend { .. } => {}
                }
            }
        }
        links
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
            .filter_map(|(name, value)| match value.kind {
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
                if let Kind::Instance(router) = include.router.kind {
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
