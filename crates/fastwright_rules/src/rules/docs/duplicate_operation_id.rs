//! `duplicate-operation-id`: operations of one document that share their id.

use crate::context::Context;
use crate::finding::{Fix, Severity};
use crate::fixes::recipes::without_keyword;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use fastwright_model::application::{Route, RouteKind};
use fastwright_model::assemble::RouteDetail;
use fastwright_model::registry::EntryKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Operations of one document that share their id.
    DuplicateOperationId {
        name: "duplicate-operation-id",
        area: Docs,
        severity: Medium,
        confidence: Certain,
        summary: "operations of one document that share their id",
        why: "An id must be unique in the document: generators of clients name functions after it, and keep one of the two or fail.",
        recommendation: "Give each operation an id of its own.",
        trade_off: "Functions of generated clients get another name.",
        contract_effect: "the document names operations differently",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "docs/duplicate-operation-id.md",
        references: ["https://spec.openapis.org/oas/v3.1.0#operation-object", "https://fastapi.tiangolo.com/advanced/path-operation-advanced-configuration/"],
        check: check,
    }
}

/// Where an id comes from.
enum Source {
    /// `operation_id=` of the route.
    Written,
    /// A function of the program.
    Made(Value),
    /// FastAPI's own: name, path and one of the methods.
    Usual,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (app, details) in context.apps() {
        // Operations of each document by their id: method, path, position.
        let mut known: FxHashMap<(ObjectId, String), (usize, String)> = FxHashMap::default();
        // Of the ids that a function makes one fact is told: the function.
        let mut by_function: Vec<(Location, Draft, usize)> = Vec::new();
        for (index, (route, detail)) in app.routes.iter().zip(details).enumerate() {
            if route.kind != RouteKind::Http
                || detail.flat.entry_kind != EntryKind::Operation
                || !route.include_in_schema
                || route.methods.is_empty()
                || route.conditional.is_some()
            {
                continue;
            }
            let Some((id, source)) = operation_id(interpreter, route, detail) else { continue };
            if route.methods.len() > 1 {
                report.report(several_methods(route, &id, &source));
            }
            let key = (detail.flat.app, id.clone());
            let Some((earlier, path)) = known.get(&key) else {
                known.insert(key, (index, route.path.clone()));
                continue;
            };
            let first = &app.routes[*earlier];
            // The same method and path twice is another fault.
            if *path == route.path && first.methods.iter().any(|method| route.methods.contains(method)) {
                continue;
            }
            let mut draft = shared(first, route, &id, &source);
            if matches!(source, Source::Written) {
                let changes = format!("the operation id of `{}` is made by FastAPI", title(route));
                let fix = Fix::changes_contract("leave the id to FastAPI", changes);
                draft = draft.fix(without_keyword(context, registered_at(route), "operation_id", fix));
            }
            let Source::Made(function) = &source else {
                report.report(draft);
                continue;
            };
            let Some(function) = interpreter.plain_function(function) else { continue };
            let place = Location { file: function.id.file, span: function.definition.name_span };
            match by_function.iter_mut().find(|(known, ..)| *known == place) {
                Some((_, _, count)) => *count += 1,
                None => {
                    let draft = Draft::new(
                        place,
                        function.definition.qualname.as_str(),
                        format!(
                            "`{}` gives `{}` and `{}` the same id, `{id}`",
                            function.definition.name,
                            title(first),
                            title(route)
                        ),
                    )
                    .evidence(format!("`{}` is registered here", title(first)), registered_at(first))
                    .evidence(format!("`{}` is registered here", title(route)), registered_at(route))
                    .evidence(format!("the ids are made here, of both it is `{id}`"), place);
                    by_function.push((place, draft, 1));
                }
            }
        }
        for (place, draft, count) in by_function {
            report.report(match count {
                1 => draft,
                _ => draft.evidence(format!("{} more operations share an id with another", count - 1), place),
            });
        }
    }
}

/// The id of a route, where it is known.
fn operation_id(
    interpreter: &mut Interpreter<'_>,
    route: &Route,
    detail: &RouteDetail,
) -> Option<(String, Source)> {
    let given = detail.flat.options.keyword("operation_id").filter(|value| !value.is_none());
    if let Some(given) = given {
        return Some((given.as_str()?.to_owned(), Source::Written));
    }
    let name = "generate_unique_id_function";
    let own = detail.flat.options.keyword(name).cloned();
    let function = own
        .or_else(|| detail.flat.layers.iter().rev().find_map(|layer| layer.get(interpreter, name)))
        .filter(|value| matches!(value.kind(), Kind::Function(_) | Kind::Method(_) | Kind::Descriptor(_)));
    let Some(function) = function else {
        let text = format!("{}{}", route.name, route.path);
        let text: String = text
            .chars()
            .map(|letter| if letter.is_alphanumeric() || letter == '_' { letter } else { '_' })
            .collect();
        let method = route.methods.first()?.to_lowercase();
        return Some((format!("{text}_{method}"), Source::Usual));
    };
    let object = route_object(interpreter, route, detail);
    let arguments = Arguments::of([object]);
    let answer = interpreter.call_from_outside(&function, arguments).ok()?;
    Some((interpreter.text_of(&answer)?, Source::Made(function)))
}

/// A route as a function that makes ids sees it.
fn route_object(interpreter: &mut Interpreter<'_>, route: &Route, detail: &RouteDetail) -> Value {
    let class = Value::external("fastapi.routing.APIRoute");
    let id = interpreter.new_instance(class, Arguments::default(), route.location);
    let tags = route.tags.iter().map(|tag| Value::str(tag)).collect();
    let tags = interpreter.list(tags);
    let methods = route.methods.iter().map(|method| Value::str(method)).collect();
    let methods = interpreter.list(methods);
    let attributes = [
        ("name", Value::str(&route.name)),
        ("path", Value::str(&route.path)),
        ("path_format", Value::str(&route.path)),
        ("methods", methods),
        ("tags", tags),
        ("endpoint", detail.flat.endpoint.clone()),
        ("operation_id", Value::NONE),
    ];
    if let Some(instance) = interpreter.instance_mut(id) {
        instance.attributes.extend(attributes.map(|(name, value)| (Name::from(name), value)));
    }
    Kind::Instance(id).into()
}

fn several_methods(route: &Route, id: &str, source: &Source) -> Draft {
    let methods = route.methods.join(" and ");
    let draft = Draft::new(
        registered_at(route),
        handler_name(route),
        format!("{methods} of `{}` share one operation id", route.path),
    )
    .route(route)
    .severity(Severity::Low)
    .discriminator(route.path.clone())
    .evidence(format!("one registration answers {methods}"), registered_at(route))
    .recommendation("Register a function for each method, or leave the route out of the document (`include_in_schema=False`).");
    match source {
        Source::Usual => draft.why(
            "FastAPI makes one id for the route, from whichever method its set gives first: the id is there twice, and changes from one start to the next.",
        ),
        _ => draft.evidence(format!("both have the id `{id}`"), route.location),
    }
}

fn shared(first: &Route, route: &Route, id: &str, source: &Source) -> Draft {
    let draft = Draft::new(
        registered_at(route),
        handler_name(route),
        format!("`{}` has the operation id of `{}`, `{id}`", title(route), title(first)),
    )
    .route(route)
    .discriminator(id.to_owned())
    .evidence(format!("`{}` is registered here", title(first)), registered_at(first))
    .evidence(format!("`{}` is registered here", title(route)), registered_at(route));
    match source {
        Source::Usual => {
            draft.recommendation("Name one of the functions differently, or give an `operation_id=`.")
        }
        _ => draft,
    }
}
