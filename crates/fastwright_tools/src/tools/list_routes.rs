//! `list_routes`: the routing tables.

use super::route_choice::name;
use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::paging::Page;
use crate::service::Caller;
use fastwright_report::names::GuardKind;
use fastwright_report::routes_document::Route;
use fastwright_report::routes_selection::RouteFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// Only routes with this guard: `public`, `optional` or `required`.
    #[serde(default)]
    auth: Option<String>,
    /// Only routes with this method.
    #[serde(default)]
    method: Option<String>,
    /// Only routes whose path has this part, or matches as a whole when it has `*`.
    #[serde(default)]
    path: Option<String>,
    /// `next_cursor` of the answer before.
    #[serde(default)]
    cursor: Option<String>,
    /// Routes in this answer at most.
    #[serde(default)]
    limit: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    apps: Vec<String>,
    /// Routes that fit the filter.
    total: usize,
    /// Of these, by guard.
    guards: BTreeMap<String, usize>,
    routes: Vec<RouteLine>,
    next_cursor: Option<String>,
    /// What could not be decided about the routing tables; on the first page.
    undecided: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RouteLine {
    /// Name it to get_route: `GET /orders/{order_id}`.
    route: String,
    /// The app, where there are several.
    app: Option<String>,
    /// `module:qualname`.
    handler: String,
    /// `path:line`.
    at: String,
    /// `public`, `optional` or `required`.
    auth: String,
    /// The guards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    by: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
    request: Option<String>,
    response: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    statuses: Vec<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reads: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    writes: Vec<String>,
    /// The condition under which it exists.
    conditional: Option<String>,
}

fn line(app: Option<&str>, route: &Route) -> RouteLine {
    RouteLine {
        route: name(route),
        app: app.map(str::to_owned),
        handler: route.handler.clone(),
        at: route.location.path_and_line(),
        auth: route.guard.kind.name().to_owned(),
        by: route.guard.by.clone(),
        roles: route.guard.roles.clone(),
        scopes: route.guard.scopes.clone(),
        request: route.request.clone(),
        response: route.response.clone(),
        statuses: route.statuses.clone(),
        reads: route.tables.reads.clone(),
        writes: route.tables.writes.clone(),
        conditional: route.conditional.as_ref().map(|condition| condition.text.clone()),
    }
}

/// Points that an answer lists.
const MOST_NOTES: usize = 10;

pub(crate) fn answer(
    knowledge: &mut Knowledge,
    input: Input,
    caller: &dyn Caller,
) -> Result<Output, ToolError> {
    let page = Page::of(input.cursor.as_deref(), input.limit)?;
    let guards = match &input.auth {
        Some(word) => vec![GuardKind::from_name(word).ok_or_else(|| {
            ToolError::arguments(format!("`{word}` is no guard: `public`, `optional` or `required`"))
        })?],
        None => Vec::new(),
    };
    let filter = RouteFilter {
        guards,
        methods: input.method.into_iter().collect(),
        paths: input.path.into_iter().collect(),
    };
    caller.progress("reading the routes");
    let document = &knowledge.survey(None)?.routes;
    // What is mounted in another app is in that app's table.
    let apps: Vec<_> = document.apps.iter().filter(|app| !app.mounted).collect();
    let several = apps.len() > 1;
    let routes: Vec<RouteLine> = apps
        .iter()
        .flat_map(|app| app.routes.iter().map(|route| (several.then_some(app.app.as_str()), route)))
        .filter(|(_, route)| filter.accepts(route))
        .map(|(app, route)| line(app, route))
        .collect();
    let mut guards: BTreeMap<String, usize> = BTreeMap::new();
    for route in &routes {
        *guards.entry(route.auth.clone()).or_default() += 1;
    }
    let is_first = input.cursor.as_deref().is_none_or(str::is_empty);
    let part = page.take(routes);
    let undecided = document.apps.iter().flat_map(|app| &app.undecided).chain(&document.undecided);
    Ok(Output {
        apps: apps.iter().map(|app| app.app.clone()).collect(),
        total: part.total,
        guards,
        routes: part.items,
        next_cursor: part.next,
        undecided: if is_first {
            undecided.take(MOST_NOTES).map(|point| point.reason.clone()).collect()
        } else {
            Vec::new()
        },
    })
}
