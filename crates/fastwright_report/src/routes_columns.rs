//! What a table of routes says in each column: the same words in text and in Markdown.

use crate::routes_document::Route;
use crate::routes_selection::methods;

/// The text of one route, column by column.
pub(crate) struct RouteColumns {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) guard: String,
    pub(crate) guarded_by: String,
    pub(crate) roles: String,
    pub(crate) handler: String,
    pub(crate) request: String,
    pub(crate) response: String,
    pub(crate) statuses: String,
    pub(crate) reads: String,
    pub(crate) writes: String,
    pub(crate) notes: String,
}

impl RouteColumns {
    pub(crate) fn new(route: &Route) -> Self {
        let roles = route.guard.roles.iter().cloned();
        let scopes = route.guard.scopes.iter().map(|scope| format!("scope {scope}"));
        let statuses: Vec<String> = route.statuses.iter().map(u16::to_string).collect();
        Self {
            method: methods(route).join(" "),
            path: route.path.clone(),
            // A verdict that rests on an assumption says so.
            guard: match &route.guard.assumption {
                Some(_) => format!("{}?", route.guard.kind.name()),
                None => route.guard.kind.name().to_owned(),
            },
            guarded_by: joined(route.guard.by.iter().map(|name| short(name))),
            roles: roles.chain(scopes).collect::<Vec<_>>().join(", "),
            handler: short(&route.handler).to_owned(),
            request: route.request.clone().unwrap_or_default(),
            response: route.response.clone().unwrap_or_default(),
            statuses: statuses.join(" "),
            reads: route.tables.reads.join(", "),
            writes: route.tables.writes.join(", "),
            notes: notes(route),
        }
    }
}

/// `update_order` of `app.orders:update_order`.
fn short(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, qualified)| qualified)
}

fn joined<'name>(names: impl Iterator<Item = &'name str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn notes(route: &Route) -> String {
    let mut notes = Vec::new();
    if let Some(condition) = &route.conditional {
        notes.push(format!("if {}", condition.text));
    }
    if route.deprecated {
        notes.push("deprecated".to_owned());
    }
    if !route.include_in_schema && route.kind == crate::names::RouteKind::Http {
        notes.push("not in schema".to_owned());
    }
    if let Some(assumption) = &route.guard.assumption {
        notes.push(format!("guard assumed: {assumption}"));
    }
    notes.extend(route.effects.iter().cloned());
    notes.join("; ")
}
