//! Which routes to show, and in which groups.

use crate::names::GuardKind;
use crate::routes_document::{Route, RoutesDocument};

/// Conditions on routes; an empty one holds for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteFilter {
    /// Any of these verdicts.
    pub guards: Vec<GuardKind>,
    /// Any of these methods, in any case; `WEBSOCKET` and `MOUNT` count as methods.
    pub methods: Vec<String>,
    /// Any of these paths: a part of the path, or a pattern of the whole path when it has `*` or `?`
    /// (`*` stays inside a segment, `**` does not).
    pub paths: Vec<String>,
}

impl RouteFilter {
    /// Whether all routes pass.
    pub fn is_empty(&self) -> bool {
        self.guards.is_empty() && self.methods.is_empty() && self.paths.is_empty()
    }

    /// Whether a route passes.
    pub fn accepts(&self, route: &Route) -> bool {
        let guard = self.guards.is_empty() || self.guards.contains(&route.guard.kind);
        let method = self.methods.is_empty()
            || self
                .methods
                .iter()
                .any(|wanted| methods(route).iter().any(|method| method.eq_ignore_ascii_case(wanted)));
        let path =
            self.paths.is_empty() || self.paths.iter().any(|pattern| path_matches(pattern, &route.path));
        guard && method && path
    }

    /// Leaves only the routes that pass; apps stay, so that it shows which were looked at.
    pub fn apply(&self, document: &mut RoutesDocument) {
        if !self.is_empty() {
            for app in &mut document.apps {
                app.routes.retain(|route| self.accepts(route));
            }
        }
    }
}

/// Methods of a route, with a word for those entries that have none.
pub(crate) fn methods(route: &Route) -> Vec<String> {
    if !route.methods.is_empty() {
        return route.methods.clone();
    }
    vec![match route.kind {
        crate::names::RouteKind::Http => "ANY".to_owned(),
        kind => kind.name().to_uppercase(),
    }]
}

fn path_matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return path.contains(pattern);
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let path: Vec<char> = path.chars().collect();
    // `reached[i]`: the pattern so far can end at the i-th character of the path.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    let mut index = 0;
    while index < pattern.len() {
        let deep = pattern[index] == '*' && pattern.get(index + 1) == Some(&'*');
        let mut next = vec![false; path.len() + 1];
        for at in 0..=path.len() {
            let from_before = at > 0
                && match pattern[index] {
                    '*' => next[at - 1] && (deep || path[at - 1] != '/'),
                    '?' => reached[at - 1] && path[at - 1] != '/',
                    character => reached[at - 1] && path[at - 1] == character,
                };
            next[at] = from_before || (pattern[index] == '*' && reached[at]);
        }
        reached = next;
        index += if deep { 2 } else { 1 };
    }
    reached[path.len()]
}

/// How the table is divided inside each app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// Not further.
    #[default]
    App,
    /// By the first tag.
    Tag,
    /// By the file of the handler.
    File,
    /// By the verdict about callers.
    Guard,
}

impl Grouping {
    /// Routes in groups with a title, in the order of their first route; guards from public to required.
    pub(crate) fn groups(self, routes: &[Route]) -> Vec<(String, Vec<&Route>)> {
        let mut groups: Vec<(String, Vec<&Route>)> = Vec::new();
        if self == Grouping::Guard {
            groups.extend(GuardKind::ALL.iter().map(|kind| (kind.name().to_owned(), Vec::new())));
        }
        for route in routes {
            let title = match self {
                Grouping::App => String::new(),
                Grouping::Tag => route.tags.first().cloned().unwrap_or_else(|| "(no tag)".to_owned()),
                Grouping::File => route.location.path.clone(),
                Grouping::Guard => route.guard.kind.name().to_owned(),
            };
            match groups.iter_mut().find(|(known, _)| *known == title) {
                Some((_, members)) => members.push(route),
                None => groups.push((title, vec![route])),
            }
        }
        groups.retain(|(_, members)| !members.is_empty());
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_by_part_or_by_pattern() {
        for (pattern, path, expected) in [
            ("orders", "/api/orders/{order_id}", true),
            ("{order_id}", "/api/orders/{order_id}", true),
            ("/orders/*", "/orders/{order_id}", true),
            ("/orders/*", "/orders/{order_id}/items", false),
            ("/orders/**", "/orders/{order_id}/items", true),
            ("/orders/**", "/api/orders/1", false),
            ("**/items", "/orders/{order_id}/items", true),
            ("/v?/users", "/v1/users", true),
            ("/v?/users", "/v10/users", false),
        ] {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} on {path}");
        }
    }
}
