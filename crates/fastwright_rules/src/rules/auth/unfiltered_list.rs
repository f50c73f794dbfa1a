//! `unfiltered-list`: list without the filter by caller that the lists beside it have.

use crate::access::{Few, knows_caller};
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::wording::{handler_step, route_name, short_name};
use fastwright_model::application::{GuardKind, ParameterPlace, Route, RouteKind};
use fastwright_model::dependant::{Dependant, DependantKind};

crate::declare_rule! {
    /// List without the filter by caller that the lists beside it have.
    UnfilteredList {
        name: "unfiltered-list",
        area: Auth,
        severity: Medium,
        confidence: Possible,
        summary: "list without the filter by caller that the lists beside it have",
        why: "The guard lets the caller into the list; which entries they may see is decided by a dependency that this route does not have. It answers with everybody's.",
        recommendation: "Take the dependency that filters by caller, as the neighbouring lists do, and put it into the query.",
        trade_off: "Callers who rely on the full list see less.",
        contract_effect: "entries that the caller may not see leave the list",
        cwe: [862, 863, 639],
        owasp: ["API1:2023"],
        profile: Audit,
        page: "auth/unfiltered-list.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"],
        check: check,
    }
}

/// Lists that filter before a habit is one.
const FEWEST: usize = 3;

/// A list with the dependency by which it filters, if it has one.
struct List<'a> {
    route: &'a Route,
    filter: Option<&'a Dependant>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    for (app, details) in analysis.apps.iter().zip(&analysis.details).filter(|(app, _)| !app.mounted) {
        let few = Few::of(app);
        let mut groups: Vec<(&str, Vec<List<'_>>)> = Vec::new();
        for (route, detail) in app.routes.iter().zip(details) {
            let Some(handler) = &detail.dependant else { continue };
            if route.kind != RouteKind::Http
                || !route.methods.iter().any(|method| method == "GET")
                || route.guard.kind != GuardKind::Required
                || !lists(route)
                || few.guards(&route.guard)
            {
                continue;
            }
            let filter = handler.dependencies.iter().find(|dependency| {
                dependency.parameter_name.is_some()
                    && dependency.kind == DependantKind::Dependency
                    && !route.guard.by.contains(&dependency.qualified)
                    && knows_caller(dependency, &route.guard)
            });
            // What stands last was added for this kind of routes.
            let Some(guard) = route.guard.by.last() else { continue };
            let list = List { route, filter };
            match groups.iter_mut().find(|(known, _)| known == guard) {
                Some((_, lists)) => lists.push(list),
                None => groups.push((guard, vec![list])),
            }
        }
        for (_, lists) in &groups {
            let filtering = lists.iter().filter(|list| list.filter.is_some()).count();
            if filtering < FEWEST || filtering * 2 < lists.len() {
                continue;
            }
            for list in lists.iter().filter(|list| list.filter.is_none()) {
                if let Some(draft) = finding(list.route, lists, filtering) {
                    report.report(draft);
                }
            }
        }
    }
}

/// Whether a route answers with many things: page by page, or without being told which one.
fn lists(route: &Route) -> bool {
    let is_paged = route.parameters.iter().any(|parameter| {
        parameter.place == ParameterPlace::Query
            && matches!(
                parameter.name.as_str(),
                "limit" | "offset" | "page" | "page_size" | "size" | "cursor" | "skip" | "per_page"
            )
    });
    is_paged || !route.path.contains('{')
}

fn finding(route: &Route, lists: &[List<'_>], filtering: usize) -> Option<Draft> {
    let common = |other: &Route| {
        route.path.split('/').zip(other.path.split('/')).take_while(|(one, other)| one == other).count()
    };
    let nearest = lists.iter().filter(|list| list.filter.is_some()).max_by_key(|list| common(list.route))?;
    let filter = nearest.filter?;
    let title = route_name(route);
    Some(
        Draft::new(
            route.location,
            short_name(&route.handler),
            format!(
                "`{title}` does not filter by caller: {filtering} of {} lists behind the same guard do",
                lists.len()
            ),
        )
        .route(route)
        .evidence_chain([handler_step(route)])
        .evidence_chain(route.guard.evidence.iter().take(1).cloned())
        .evidence(
            format!("`{}` filters by `{}`", route_name(nearest.route), short_name(&filter.qualified)),
            filter.location,
        ),
    )
}
