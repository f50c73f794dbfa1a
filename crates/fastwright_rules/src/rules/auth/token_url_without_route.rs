//! `token-url-without-route`: address for signing in that the document names and no route has.

use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::fixes::arguments::keyword;
use crate::fixes::recipes::text_edit;
use crate::reporter::{Draft, Reporter};
use crate::wording::route_name;
use fastwright_model::application::{App, Route, RouteKind};
use fastwright_model::assemble::RouteDetail;
use fastwright_model::dependant::DependantKind;
use fastwright_model::registry::Registry;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::value::*;
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Address for signing in that the document names and no route has.
    TokenUrlWithoutRoute {
        name: "token-url-without-route",
        area: Auth,
        severity: Medium,
        confidence: Certain,
        summary: "address for signing in that the document names and no route has",
        why: "The Authorize button of the documentation, and clients that are made from the document, send the password to a path that answers 404.",
        recommendation: "Name the path of the route that gives out tokens, prefixes included and without a slash in front.",
        trade_off: "None.",
        contract_effect: "the document names another address",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "auth/token-url-without-route.md",
        references: ["https://fastapi.tiangolo.com/tutorial/security/first-steps/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let mut seen = FxHashSet::default();
    for (app, details) in context.apps() {
        if app.mounted || has_unknown_routes(app) {
            continue;
        }
        let interpreter = &mut *context.analysis.interpreter.borrow_mut();
        let Some(document) = document_folder(interpreter, app) else { continue };
        let Some(sign_in) = sign_in(app, details) else { continue };
        for detail in details {
            let Some(dependant) = &detail.dependant else { continue };
            for node in dependant.walk() {
                let DependantKind::SecurityScheme(class) = &node.kind else { continue };
                if !class.ends_with("OAuth2PasswordBearer") {
                    continue;
                }
                let Some((address, made)) = token_url(interpreter, &node.call) else { continue };
                if !seen.insert((app.location, made)) {
                    continue;
                }
                let Some(path) = path_of(&address, &document) else { continue };
                if is_served(app, &path) {
                    continue;
                }
                let expected = sign_in.path.trim_start_matches('/');
                report.report(
                    Draft::new(
                        made,
                        app.locator.clone(),
                        format!(
                            "`tokenUrl` leads to `{path}`, where no route is: tokens are given out by `{}`",
                            route_name(sign_in)
                        ),
                    )
                    .evidence(format!("`{address}` is named as the address for signing in"), made)
                    .evidence(format!("`{}` gives out tokens", route_name(sign_in)), sign_in.location)
                    .example(format!("OAuth2PasswordBearer(tokenUrl=\"{expected}\")"))
                    .fix(fix(
                        context,
                        made,
                        if document.is_empty() { expected } else { &sign_in.path },
                    )),
                );
            }
        }
    }
}

/// Whether the app may have routes that are not known.
fn has_unknown_routes(app: &App) -> bool {
    !app.undecided.is_empty()
}

/// The folder of the document's address; nothing when there is no document, or it is told that the app
/// stands somewhere else.
fn document_folder(interpreter: &Interpreter<'_>, app: &App) -> Option<String> {
    let registry = interpreter.extension::<Registry>();
    let state = registry.routers.values().find(|state| state.site == app.location)?;
    for given in ["root_path", "servers", "root_path_in_servers"] {
        if state.arguments.keyword(given).is_some_and(|value| value.as_str() != Some("")) {
            return None;
        }
    }
    let address = match state.arguments.keyword("openapi_url") {
        None => "/openapi.json".to_owned(),
        Some(value) => value.as_str()?.to_owned(),
    };
    Some(address.rsplit_once('/')?.0.to_owned())
}

/// The route that gives out tokens: the one that takes the form of OAuth2.
fn sign_in<'a>(app: &'a App, details: &[RouteDetail]) -> Option<&'a Route> {
    let takes_form = |detail: &RouteDetail| {
        detail.dependant.as_ref().is_some_and(|dependant| {
            dependant.walk().iter().any(|node| node.qualified.contains("OAuth2PasswordRequestForm"))
        })
    };
    app.routes
        .iter()
        .zip(details)
        .find(|(route, detail)| {
            route.kind == RouteKind::Http
                && route.conditional.is_none()
                && !route.path.contains('{')
                && route.methods.iter().any(|method| method == "POST")
                && takes_form(detail)
        })
        .map(|(route, _)| route)
}

/// The address that a scheme names, with the place where the scheme is made.
fn token_url(interpreter: &mut Interpreter<'_>, scheme: &Value) -> Option<(String, Location)> {
    let Some(Symbolic::Call { arguments, site, .. }) = scheme.as_symbolic() else { return None };
    let value = arguments.get(0, "tokenUrl")?;
    Some((interpreter.text_of(&value.clone())?, *site))
}

/// The path of an address, as browsers find it from the document; nothing for other hosts.
fn path_of(address: &str, folder: &str) -> Option<String> {
    if address.contains("://") || address.starts_with("//") || address.contains(['{', '?', '#']) {
        return None;
    }
    if address.starts_with('/') {
        return Some(address.to_owned());
    }
    let relative = address.strip_prefix("./").unwrap_or(address);
    (!relative.starts_with("..")).then(|| format!("{folder}/{relative}"))
}

/// Whether something answers there: a route, with or without a slash at its end, or a mount around it.
fn is_served(app: &App, path: &str) -> bool {
    app.routes.iter().any(|route| match route.kind {
        RouteKind::Mount => path.starts_with(&*route.path),
        _ => {
            route.path.contains('{') && matches_parameters(&route.path, path)
                || route.path.trim_end_matches('/') == path.trim_end_matches('/')
        }
    })
}

/// Whether a path with parameters may be this one.
fn matches_parameters(pattern: &str, path: &str) -> bool {
    if pattern.contains(":path}") {
        return path.starts_with(pattern.split('{').next().unwrap_or_default());
    }
    let (pattern, path) = (pattern.split('/'), path.split('/'));
    pattern.clone().count() == path.clone().count()
        && pattern.zip(path).all(|(part, given)| part.contains('{') || part == given)
}

/// The path that gives out tokens in the place of the one that nobody serves.
fn fix(context: &Context<'_>, made: Location, expected: &str) -> Option<Fix> {
    let source = Source::of(context, made.file)?;
    let (_, call) = source.call(made.span)?;
    let given = keyword(call, "tokenUrl").or(call.arguments.first())?;
    let edit = text_edit(&source, &given.value, expected)?;
    let changes = format!("the document names `{expected}` as the address for signing in");
    Some(Fix::changes_guard("name the route that gives out tokens", changes).edit(edit))
}
