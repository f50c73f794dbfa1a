//! `mixed-trailing-slashes`: some paths end with a slash and some do not.

use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::fixes::arguments::keyword;
use crate::fixes::recipes::text_edit;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use fastwright_model::application::{Route, RouteKind};
use fastwright_model::registry::{EntryKind, Registry};
use fastwright_python::ir::ExprKind;
use fastwright_python::value::{ObjectId, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Some paths end with a slash and some do not.
    MixedTrailingSlashes {
        name: "mixed-trailing-slashes",
        area: Design,
        severity: Low,
        confidence: Certain,
        summary: "some paths end with a slash and some do not",
        why: "Clients guess wrong and get a redirect: it costs a round trip, some clients drop the body or the `Authorization` header on the way, and behind a proxy it may point to `http`.",
        recommendation: "Choose one form; without a prefix of its own a router's collection is `\"\"`.",
        trade_off: "Clients that call the other form are redirected after the change.",
        contract_effect: "paths change by a slash; FastAPI redirects the old ones",
        cwe: [],
        owasp: [],
        profile: Strict,
        page: "design/mixed-trailing-slashes.md",
        references: ["https://github.com/fastapi/fastapi/issues/4990", "https://fastapi.tiangolo.com/advanced/behind-a-proxy/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = context.analysis.interpreter.borrow();
    let registry = interpreter.extension::<Registry>();
    for (app, details) in context.apps() {
        // Each app redirects for itself.
        let mut by_app: FxHashMap<ObjectId, [Vec<&Route>; 2]> = FxHashMap::default();
        let mut order = Vec::new();
        for (route, detail) in app.routes.iter().zip(details) {
            let path = route.path.as_str();
            if route.kind != RouteKind::Http
                || detail.flat.entry_kind != EntryKind::Operation
                || !route.include_in_schema
                || path.len() < 2
                || path.trim_end_matches('/').ends_with('}')
            {
                continue;
            }
            let own = by_app.entry(detail.flat.app).or_insert_with(|| {
                order.push(detail.flat.app);
                [Vec::new(), Vec::new()]
            });
            own[usize::from(path.ends_with('/'))].push(route);
        }
        for id in order {
            let redirects = registry
                .routers
                .get(&id)
                .and_then(|state| state.arguments.keyword("redirect_slashes"))
                .and_then(Value::as_bool);
            let [plain, slashed] = &by_app[&id];
            if redirects == Some(false) || plain.is_empty() || slashed.is_empty() {
                continue;
            }
            // Who registers both forms of a path has thought of it.
            let (few, many) = if slashed.len() <= plain.len() { (slashed, plain) } else { (plain, slashed) };
            let bare = |path: &str| path.trim_end_matches('/').to_owned();
            let few: Vec<&&Route> = few
                .iter()
                .filter(|route| !many.iter().any(|other| bare(&other.path) == bare(&route.path)))
                .collect();
            let Some(first) = few.first() else { continue };
            let Some(other) = many.iter().find(|other| other.path != "/") else { continue };
            let what =
                |route: &Route| if route.path.ends_with('/') { "ends with a slash" } else { "ends without" };
            let mut draft = Draft::new(
                registered_at(first),
                handler_name(first),
                format!(
                    "{} of {} paths {} a slash, such as `{}`, the others {}",
                    few.len(),
                    few.len() + many.len(),
                    if first.path.ends_with('/') { "end with" } else { "end without" },
                    first.path,
                    if first.path.ends_with('/') { "without" } else { "with one" }
                ),
            )
            .route(first)
            .discriminator("trailing slash")
            .evidence(format!("`{}` {}", title(other), what(other)), registered_at(other));
            for route in few.iter().take(6) {
                draft = draft.evidence(format!("`{}` {}", title(route), what(route)), registered_at(route));
            }
            report.report(draft.fix(fix(context, &few)));
        }
    }
}

/// The paths of the few as the others have them.
fn fix(context: &Context<'_>, few: &[&&Route]) -> Option<Fix> {
    let mut fix = Fix::changes_contract(
        "write all paths in the same way",
        "the old form of the path is redirected with 307",
    );
    let mut done = Vec::new();
    for route in few {
        let place = registered_at(route);
        if done.contains(&place) {
            continue;
        }
        done.push(place);
        let source = Source::of(context, place.file)?;
        let (_, call) = source.call(place.span)?;
        let path = &keyword(call, "path").or(call.arguments.first())?.value;
        let ExprKind::Str(written) = &path.kind else { return None };
        let new = match written.strip_suffix('/') {
            Some(without) => without.to_owned(),
            None => format!("{written}/"),
        };
        // An empty path needs a prefix.
        if new.is_empty() && route.path.len() < 2 || !route.path.ends_with(&**written) {
            return None;
        }
        fix = fix.edit(text_edit(&source, path, &new)?);
    }
    Some(fix)
}
