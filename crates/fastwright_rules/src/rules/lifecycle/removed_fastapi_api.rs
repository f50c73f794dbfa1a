//! `removed-fastapi-api`: interface that the project's FastAPI or Starlette has removed or deprecated.

use crate::context::Context;
use crate::entry_points::callable_name;
use crate::finding::{Fix, Severity};
use crate::fixes::recipes::with_renamed;
use crate::reporter::{Draft, Reporter};
use crate::versions::FastapiVersions;
use crate::wording::route_name;
use fastwright_model::registry::{Registry, RouterKind};
use fastwright_python::project::Version;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Symbolic, Value};

crate::declare_rule! {
    /// Interface that the project's FastAPI or Starlette has removed or deprecated.
    RemovedFastapiApi {
        name: "removed-fastapi-api",
        area: Lifecycle,
        severity: Medium,
        confidence: Certain,
        summary: "interface that the project's FastAPI or Starlette has removed or deprecated",
        why: "The application fails at import or at the first call after the upgrade; deprecated parts warn and go next.",
        recommendation: "Use the replacement that the finding names.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [477],
        owasp: [],
        profile: Default,
        page: "lifecycle/removed-fastapi-api.md",
        references: ["https://fastapi.tiangolo.com/release-notes/", "https://www.starlette.dev/release-notes/"],
        check: check,
    }
}

/// From this version `regex=` and `example=` have their replacements.
const REPLACED_ARGUMENTS: Version = Version::new(0, 100, 0);
/// From this version `ORJSONResponse` and `UJSONResponse` are deprecated.
const OWN_SERIALIZERS: Version = Version::new(0, 131, 0);
/// From this version the application takes no unknown arguments, and Starlette is 1.0 or later.
const STRICT: Version = Version::new(0, 150, 0);

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let versions = FastapiVersions::of(context.analysis);
    if versions.maybe_at_least(REPLACED_ARGUMENTS) {
        parameters(context, versions, report);
    }
    if versions.maybe_at_least(OWN_SERIALIZERS) {
        response_classes(context, versions, report);
    }
    if versions.maybe_at_least(STRICT) {
        constructors(context, versions, report);
        decorators(context, versions, report);
        templates(context, versions, report);
    }
}

/// `Query(regex=...)` and `Query(example=...)`.
fn parameters(context: &Context<'_>, versions: FastapiVersions, report: &mut Reporter<'_>) {
    for entry in context.entry_points() {
        for parameter in &entry.dependant().parameters {
            let Some(Symbolic::Call { callee, arguments, site }) =
                parameter.field.as_ref().and_then(Value::as_symbolic)
            else {
                continue;
            };
            let kind = callee
                .as_external()
                .map_or_else(String::new, |name| name.rsplit('.').next().unwrap_or_default().to_owned());
            for (old, new) in [("regex", "pattern"), ("example", "examples")] {
                if arguments.keyword(old).is_none_or(Value::is_none) {
                    continue;
                }
                let message =
                    format!("`{kind}({old}=...)` of `{}` is deprecated: write `{new}=`", parameter.name);
                report.report(
                    Draft::new(*site, callable_name(entry.dependant()), message)
                        .route(entry.route)
                        .confidence(versions.confidence)
                        .severity(Severity::Low)
                        .discriminator(format!("{} {old}", parameter.name))
                        .evidence_chain(entry.steps())
                        .evidence(format!("`{old}=` is given here"), *site)
                        .fix(
                            (old == "regex")
                                .then(|| {
                                    let fix = Fix::safe("write `pattern=`");
                                    with_renamed(context, *site, old, new, fix)
                                })
                                .flatten(),
                        ),
                );
            }
        }
    }
}

/// Response classes that serialize with libraries of their own.
fn response_classes(context: &Context<'_>, versions: FastapiVersions, report: &mut Reporter<'_>) {
    let deprecated = |value: Option<&Value>| {
        let name = value?.as_external()?;
        let class = name.rsplit('.').next()?;
        (name.starts_with("fastapi.responses.") && matches!(class, "ORJSONResponse" | "UJSONResponse"))
            .then(|| class.to_owned())
    };
    let message = |class: &str| {
        format!(
            "`{class}` is deprecated: FastAPI serializes with Pydantic itself, leave the response class out"
        )
    };
    for (app, details) in context.analysis.apps.iter().zip(&context.analysis.details) {
        for (route, detail) in app.routes.iter().zip(details) {
            let (Some(class), Some((_, place))) =
                (deprecated(detail.flat.options.keyword("response_class")), route.registration.first())
            else {
                continue;
            };
            report.report(
                Draft::new(*place, route.name.clone(), message(&class))
                    .route(route)
                    .confidence(versions.confidence)
                    .severity(Severity::Low)
                    .evidence(format!("`{}` answers with `{class}`", route_name(route)), *place),
            );
        }
    }
    let interpreter = context.analysis.interpreter.borrow();
    for state in interpreter.extension::<Registry>().routers.values() {
        if let Some(class) = deprecated(state.arguments.keyword("default_response_class")) {
            report.report(
                Draft::new(state.site, "default_response_class", message(&class))
                    .confidence(versions.confidence)
                    .severity(Severity::Low)
                    .evidence(format!("`{class}` is the default of all routes here"), state.site),
            );
        }
    }
}

/// `FastAPI(openapi_prefix=...)`.
fn constructors(context: &Context<'_>, versions: FastapiVersions, report: &mut Reporter<'_>) {
    let interpreter = context.analysis.interpreter.borrow();
    for state in interpreter.extension::<Registry>().routers.values() {
        if state.kind == RouterKind::App && state.arguments.keyword("openapi_prefix").is_some() {
            let message = "`FastAPI(openapi_prefix=...)` was removed: write `root_path=`";
            report.report(
                Draft::new(state.site, "FastAPI", message)
                    .confidence(versions.confidence)
                    .evidence("`openapi_prefix=` is given here", state.site)
                    .fix(with_renamed(
                        context,
                        state.site,
                        "openapi_prefix",
                        "root_path",
                        Fix::changes_contract(
                            "write `root_path=`",
                            "the document names the prefix as a server",
                        ),
                    )),
            );
        }
    }
}

/// `@app.route(...)`.
fn decorators(context: &Context<'_>, versions: FastapiVersions, report: &mut Reporter<'_>) {
    for (app, details) in context.analysis.apps.iter().zip(&context.analysis.details) {
        for (route, detail) in app.routes.iter().zip(details) {
            let Some((_, place)) = route.registration.first() else { continue };
            let text = context.analysis.files.get(place.file).slice(place.span);
            let decorator = text.trim_start_matches('@').split('(').next().unwrap_or_default().trim_end();
            let new = match decorator.rsplit_once('.') {
                Some((_, "route")) => "add_route",
                Some((_, "websocket_route")) => "add_websocket_route",
                _ => continue,
            };
            if detail.dependant.is_some() && new == "add_route" {
                continue;
            }
            let message = format!(
                "`@{decorator}` of `{}` was removed with Starlette 1.0: use `{new}`, or a path operation",
                route_name(route)
            );
            report.report(
                Draft::new(*place, route.name.clone(), message)
                    .route(route)
                    .confidence(versions.confidence)
                    .evidence("the decorator is used here", *place),
            );
        }
    }
}

/// `TemplateResponse(name, context)`.
fn templates(context: &Context<'_>, versions: FastapiVersions, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    for node in &graph.nodes {
        let templates = |callee: &str| callee == "starlette.templating.Jinja2Templates.TemplateResponse";
        for (index, place, _) in node.library_calls(templates) {
            let EventKind::Call(call) = &node.summary.events[index].kind else { continue };
            if call.arguments.positional.first().is_none_or(|first| first.as_str().is_none()) {
                continue;
            }
            report.report(
                Draft::new(
                    place,
                    node.symbol(),
                    "`TemplateResponse(name, context)` was removed with Starlette 1.0: pass `request` first",
                )
                .confidence(versions.confidence)
                .evidence(format!("`{}` passes the name of the template first", node.name()), place)
                .example("templates.TemplateResponse(request, \"page.html\", context)"),
            );
        }
    }
}
