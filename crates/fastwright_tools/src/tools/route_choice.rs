//! Which route somebody means.

use crate::error::ToolError;
use fastwright_report::routes_document::{Route, RoutesDocument};

/// `GET /orders`; several methods as `GET,HEAD`; other entries by their kind.
pub fn name(route: &Route) -> String {
    if route.methods.is_empty() {
        format!("{} {}", route.kind.name().to_uppercase(), route.path)
    } else {
        format!("{} {}", route.methods.join(","), route.path)
    }
}

/// The route that a text means: `GET /orders/{order_id}`, a path that has one route, or a handler.
///
/// # Errors
/// When there is none, or several; the message lists those that are near.
pub fn find<'d>(document: &'d RoutesDocument, text: &str) -> Result<(&'d str, &'d Route), ToolError> {
    let all =
        || document.apps.iter().flat_map(|app| app.routes.iter().map(|route| (app.app.as_str(), route)));
    let text = text.trim();
    let (method, path) = match text.split_once(' ') {
        Some((method, path)) => (Some(method), path.trim()),
        None => (None, text),
    };
    let fits = |route: &Route| {
        let by_method = method.is_none_or(|wanted| {
            wanted.split(',').all(|wanted| {
                route.methods.iter().any(|method| method.eq_ignore_ascii_case(wanted))
                    || route.kind.name().eq_ignore_ascii_case(wanted)
                    || (wanted.eq_ignore_ascii_case("ws") && route.kind.name() == "websocket")
            })
        });
        (by_method && route.path == path)
            || route.handler == text
            || route.handler.ends_with(&format!(":{text}"))
    };
    let mut found: Vec<(&str, &Route)> = all().filter(|(_, route)| fits(route)).collect();
    // An app that is mounted has its routes in the table of the other, too.
    if found.len() > 1 {
        let (first, rest) = (found[0].1, &found[1..]);
        if rest.iter().all(|(_, route)| name(route) == name(first) && route.handler == first.handler) {
            found.truncate(1);
        }
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let last = path
                .trim_end_matches('/')
                .rsplit('/')
                .find(|part| !part.is_empty() && !part.starts_with('{'));
            let near: Vec<String> = all()
                .filter(|(_, route)| last.is_some_and(|part| route.path.contains(part)))
                .take(8)
                .map(|(_, route)| name(route))
                .collect();
            let hint = if near.is_empty() {
                "list_routes has all".to_owned()
            } else {
                format!("near are: {}", near.join("; "))
            };
            Err(ToolError::refused(format!("there is no route `{text}`; {hint}")))
        }
        several => {
            let names: Vec<String> = several.iter().take(8).map(|(_, route)| name(route)).collect();
            Err(ToolError::arguments(format!("`{text}` means several routes: {}", names.join("; "))))
        }
    }
}
