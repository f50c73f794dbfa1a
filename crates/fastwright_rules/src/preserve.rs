//! The preserve list: what the service does for its users, stated before anything is recommended.

use crate::reporter::route_method;
use crate::review::{PreservedOperation, PreservedResource};
use fastwright_model::application::{App, Guard, GuardKind, Route, RouteKind};
use indexmap::IndexMap;
use rustc_hash::FxHashMap;

/// A first segment that more than this share of the routes has says nothing about the resource.
const COMMON_PREFIX_SHARE: (usize, usize) = (4, 5);

/// The resources of all apps that are not mounted in another, in routing order.
pub fn preserve_list(apps: &[App]) -> Vec<PreservedResource> {
    let mut resources: IndexMap<String, Vec<PreservedOperation>> = IndexMap::new();
    for app in apps.iter().filter(|app| !app.mounted) {
        let routes: Vec<&Route> = app.routes.iter().filter(|route| is_business(route)).collect();
        let segments: Vec<Vec<&str>> =
            routes.iter().map(|route| naming_segments(&route.path).collect()).collect();
        let common = common_prefix(&segments);
        for (route, segments) in routes.into_iter().zip(&segments) {
            let operations = resources.entry(resource_of(route, segments, &common)).or_default();
            for method in methods(route) {
                let operation = PreservedOperation {
                    method,
                    path: route.path.clone(),
                    who: who_may_call(&route.guard),
                    effects: effects_of(route),
                };
                if !operations.contains(&operation) {
                    operations.push(operation);
                }
            }
        }
    }
    resources.into_iter().map(|(resource, operations)| PreservedResource { resource, operations }).collect()
}

/// Routes of mounted apps stand in the table themselves; other mounts count when they serve files.
fn is_business(route: &Route) -> bool {
    match route.kind {
        RouteKind::Http | RouteKind::WebSocket | RouteKind::Frontend => true,
        RouteKind::Mount => serves_files(route),
    }
}

fn serves_files(route: &Route) -> bool {
    route.kind == RouteKind::Frontend
        || (route.kind == RouteKind::Mount && route.handler.ends_with("StaticFiles"))
}

fn methods(route: &Route) -> Vec<String> {
    if serves_files(route) {
        return vec!["GET".to_owned()];
    }
    if route.kind != RouteKind::Http || route.methods.len() < 2 {
        return vec![route_method(route).to_owned()];
    }
    let gets = route.methods.iter().any(|method| method == "GET");
    route.methods.iter().filter(|method| !(gets && *method == "HEAD")).cloned().collect()
}

/// Path segments that name something: no parameters, no `api`, no version.
fn naming_segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| {
        let version = segment.strip_prefix(['v', 'V']).is_some_and(|rest| {
            rest.starts_with(|first: char| first.is_ascii_digit())
                && rest.chars().all(|next| next.is_ascii_alphanumeric() || next == '.')
        });
        !segment.is_empty()
            && !segment.contains('{')
            && !version
            && !["api", "rest", "latest"].iter().any(|word| segment.eq_ignore_ascii_case(word))
    })
}

/// The leading segments that nearly every route shares, such as the service's own name.
fn common_prefix<'r>(routes: &[Vec<&'r str>]) -> Vec<&'r str> {
    let mut common: Vec<&str> = Vec::new();
    loop {
        let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
        let mut with_more = 0;
        for segments in routes {
            let inside = segments.len() > common.len() && segments.starts_with(&common);
            if inside {
                *counts.entry(segments[common.len()]).or_default() += 1;
                with_more += usize::from(segments.len() > common.len() + 1);
            }
        }
        let shared = counts.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name)));
        let (part, whole) = COMMON_PREFIX_SHARE;
        match shared {
            // With nothing behind it the segment is the resource itself.
            Some((name, count))
                if routes.len() > 3 && count * whole >= routes.len() * part && with_more * 2 > *count =>
            {
                common.push(name);
            }
            _ => return common,
        }
    }
}

fn resource_of(route: &Route, segments: &[&str], common: &[&str]) -> String {
    let skipped = segments.iter().zip(common).take_while(|(a, b)| a == b).count();
    let skipped = if skipped == common.len() { skipped } else { 0 };
    if let Some(segment) = segments.get(skipped) {
        return (*segment).to_owned();
    }
    if let Some(tag) = route.tags.first() {
        return tag.clone();
    }
    segments.last().map_or_else(|| "root".to_owned(), |segment| (*segment).to_owned())
}

/// Who may call a route, in words.
pub fn who_may_call(guard: &Guard) -> String {
    match guard.kind {
        GuardKind::Public => "anyone".to_owned(),
        GuardKind::Optional => "anyone (signed-in optional)".to_owned(),
        GuardKind::Required => {
            let who = match guard.roles.split_last() {
                None => "signed-in user".to_owned(),
                Some((only, [])) => only.clone(),
                Some((last, others)) => format!("{} or {last}", others.join(", ")),
            };
            if guard.scopes.is_empty() {
                who
            } else {
                let noun = if guard.scopes.len() == 1 { "scope" } else { "scopes" };
                format!("{who} with {noun} {}", guard.scopes.join(", "))
            }
        }
    }
}

fn effects_of(route: &Route) -> Vec<String> {
    let mut effects: Vec<String> = Vec::new();
    effects.extend(route.reads.iter().map(|table| ["reads ", table].concat()));
    effects.extend(route.writes.iter().map(|table| ["writes ", table].concat()));
    effects.extend(route.effects.iter().cloned());
    if serves_files(route) {
        effects.push("serves files".to_owned());
    }
    if let Some(condition) = &route.conditional {
        effects.push(format!("exists only if `{}`", condition.text));
    }
    effects
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::test_support::{app, nowhere, route};
    use fastwright_model::application::Condition;

    fn resources(paths: &[&str]) -> Vec<(String, usize)> {
        let routes = paths.iter().map(|path| route("GET", path)).collect();
        preserve_list(&[app(routes)])
            .into_iter()
            .map(|resource| (resource.resource, resource.operations.len()))
            .collect()
    }

    fn named(entries: &[(&str, usize)]) -> Vec<(String, usize)> {
        entries.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn the_first_meaningful_segment_names_the_resource() {
        let found =
            resources(&["/api/v1/orders", "/health", "/api/v1/orders/{order_id}/items", "/v2.1/users/{id}"]);
        assert_eq!(found, named(&[("orders", 2), ("health", 1), ("users", 1)]));
    }

    #[test]
    fn a_prefix_of_nearly_all_routes_is_skipped() {
        let found =
            resources(&["/shop/orders", "/shop/orders/{id}", "/shop/books", "/shop/books/{id}", "/health"]);
        assert_eq!(found, named(&[("orders", 2), ("books", 2), ("health", 1)]));
    }

    #[test]
    fn a_service_with_one_resource_keeps_its_name() {
        let found = resources(&["/orders", "/orders/{id}", "/orders/{id}/items", "/orders/{id}/cancel"]);
        assert_eq!(found, named(&[("orders", 4)]));
    }

    #[test]
    fn tags_name_what_the_path_does_not() {
        let mut tagged = route("GET", "/{item_id}");
        tagged.tags = vec!["items".into()];
        let list = preserve_list(&[app(vec![tagged, route("GET", "/")])]);
        assert_eq!(list[0].resource, "items");
        assert_eq!(list[1].resource, "root");
    }

    #[test]
    fn who_and_effects_are_in_words() {
        let mut one = route("PUT", "/orders/{id}");
        one.methods = vec!["PATCH".into(), "PUT".into()];
        one.guard.kind = GuardKind::Required;
        one.guard.roles = vec!["admin".into(), "clerk".into(), "owner".into()];
        one.guard.scopes = vec!["orders:write".into()];
        one.reads = vec!["orders".into()];
        one.writes = vec!["orders".into()];
        one.effects = vec!["sends mail".into()];
        one.conditional = Some(Condition {
            text: "settings.debug".into(),
            location: nowhere(),
            holds: fastwright_model::application::Holds::Undecided,
        });
        let list = preserve_list(&[app(vec![one])]);
        let operation = &list[0].operations[1];
        assert_eq!(operation.method, "PUT");
        assert_eq!(operation.who, "admin, clerk or owner with scope orders:write");
        let words = ["reads orders", "writes orders", "sends mail", "exists only if `settings.debug`"];
        assert_eq!(operation.effects, words);
    }

    #[test]
    fn mounted_apps_are_not_listed_twice_and_files_are_served() {
        let mut inner = app(vec![route("GET", "/reports")]);
        inner.mounted = true;
        let mut mount = route("GET", "/admin");
        mount.kind = RouteKind::Mount;
        let mut files = route("GET", "/static");
        files.kind = RouteKind::Mount;
        files.methods.clear();
        files.handler = "starlette.staticfiles:StaticFiles".into();
        let list = preserve_list(&[app(vec![mount, route("GET", "/admin/reports"), files]), inner]);
        assert_eq!(list.len(), 2);
        assert_eq!(list[1].operations[0].effects, ["serves files"]);
    }
}
