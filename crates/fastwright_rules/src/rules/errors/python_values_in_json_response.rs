//! `python-values-in-json-response`: dumped model in a `JSONResponse`, with values that JSON does not know.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::fixes::arguments::keyword;
use crate::reporter::Reporter;
use crate::syntax::any_within;
use crate::wording::route_name;
use fastwright_model::schemas::Field;
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::ir::ExprKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Arguments, Kind, Object, Symbolic, Value};

crate::declare_rule! {
    /// Dumped model in a `JSONResponse`, with values that JSON does not know.
    PythonValuesInJsonResponse {
        name: "python-values-in-json-response",
        area: Errors,
        severity: High,
        confidence: Certain,
        summary: "dumped model in a `JSONResponse`, with values that JSON does not know",
        why: "`model_dump()` keeps dates, UUIDs and decimals as Python objects, and `JSONResponse` can't write them: every such answer is a 500 with `TypeError`.",
        recommendation: "Return the model itself, or dump it for JSON: `model_dump(mode=\"json\")`.",
        trade_off: "None.",
        contract_effect: "the intended response instead of 500",
        cwe: [704, 755],
        owasp: [],
        profile: Default,
        page: "errors/python-values-in-json-response.md",
        references: ["https://docs.pydantic.dev/latest/concepts/serialization/", "https://fastapi.tiangolo.com/advanced/response-directly/"],
        check: check,
    }
}

/// How deep fields of fields are looked at.
const DEEPEST: u32 = 3;

/// A field whose value JSON does not know.
struct Unwritable {
    path: String,
    type_name: String,
    location: Location,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let code = context.call_graph();
    let candidates = code.calls().libraries(|name| {
        matches!(name, "starlette.responses.JSONResponse" | "fastapi.responses.JSONResponse")
    });
    for node in candidates.iter() {
        for (place, model, found) in unwritable_answers(context, code, node) {
            let definition = &code.nodes[node].definition;
            for reached in code.routes_of(node) {
                let outline =
                    reached.outline(analysis, place, &definition.qualname).discriminator(&found.path);
                report.report_on_route(&outline, |draft| {
                    let title = route_name(reached.route_in(analysis));
                    draft
                        .message(format!(
                            "`{title}` answers with `{model}` dumped for Python: `{}` is a `{}`, which `JSONResponse` can't write",
                            found.path, found.type_name
                        ))
                        .evidence_chain(code.evidence(analysis, &reached))
                        .evidence(format!("`{}` stays a `{}`", found.path, found.type_name), found.location)
                        .evidence("the dumped model goes into the response as it is", place)
                        .example("model_dump(mode=\"json\")")
                        .fix(fix(context, place))
                });
            }
        }
    }
}

/// `mode="json"` for every model that is dumped into the response.
fn fix(context: &Context<'_>, place: Location) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let (response, _) = source.call(place.span)?;
    let mut edits = Vec::new();
    any_within(response, &mut |part| {
        if let ExprKind::Call(call) = &part.kind
            && call.callee.as_attribute().is_some_and(|(_, name)| *name == "model_dump")
            && keyword(call, "mode").is_none()
        {
            edits.extend(source.add_keyword(part, "mode=\"json\""));
        }
        false
    });
    let fix =
        Fix::changes_contract("dump the model for JSON", "the route answers instead of failing with 500");
    (!edits.is_empty()).then(|| fix.edits(edits))
}

fn unwritable_answers(
    context: &Context<'_>,
    code: &CallGraph,
    node: usize,
) -> Vec<(Location, Name, Unwritable)> {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut answers = Vec::new();
    for (position, event) in code.nodes[node].summary.events.iter().enumerate() {
        let EventKind::Call(call) = &event.kind else { continue };
        let named = code.nodes[node].callee(position);
        if !named.is_some_and(|name| name.ends_with(".JSONResponse")) {
            continue;
        }
        let Some(content) = call.arguments.get(0, "content") else { continue };
        let mut values = vec![content.clone()];
        if let Kind::Dict(id) = *content.kind()
            && let Object::Dict(dict) = interpreter.object(id)
        {
            values.extend(dict.entries.values().map(|(_, value)| value.clone()));
        }
        for value in values {
            let Some((model, arguments)) = dumped(&value) else { continue };
            let Some(class) = interpreter.class_of(model) else { continue };
            if !interpreter.derives_from(&class, "pydantic.main.BaseModel") || !is_plain(arguments) {
                continue;
            }
            let Kind::Class(id) = *class.kind() else { continue };
            let Some(name) = interpreter.class(id).map(|class| class.name) else { continue };
            if let Some(found) = unwritable(context, interpreter, &class, 0) {
                answers.push((event.location, name, found));
                break;
            }
        }
    }
    answers
}

/// The model behind `model.model_dump(...)`, and what the method is given.
fn dumped(value: &Value) -> Option<(&Value, &Arguments)> {
    let Symbolic::Call { callee, arguments, .. } = value.as_symbolic()? else { return None };
    let (base, name) = match callee.kind() {
        Kind::Symbolic(expression) => match &**expression {
            Symbolic::Member { base, name } => (base, *name),
            _ => return None,
        },
        Kind::Method(method) => {
            let name = method.function.as_external()?;
            (&method.receiver, Name::from(name.rsplit('.').next()?))
        }
        _ => return None,
    };
    matches!(name.as_str(), "model_dump" | "dict").then_some((base, arguments))
}

/// Whether the dump is for Python and of all fields.
fn is_plain(arguments: &Arguments) -> bool {
    let changes =
        ["mode", "include", "exclude", "fallback", "exclude_unset", "exclude_none", "exclude_defaults"];
    arguments.positional.is_empty()
        && !arguments.incomplete
        && !changes.iter().any(|option| arguments.keyword(option).is_some())
}

/// The first field of a model whose value stays a Python object.
fn unwritable(
    context: &Context<'_>,
    interpreter: &mut Interpreter<'_>,
    class: &Value,
    depth: u32,
) -> Option<Unwritable> {
    if depth > DEEPEST || has_serializer(interpreter, class) {
        return None;
    }
    let fields: Vec<Field> = context.fields(interpreter, class).to_vec();
    fields.iter().find_map(|field| {
        // What else stands in `Annotated` may say how the value is written.
        if field.excluded || !field.metadata.is_empty() {
            return None;
        }
        let plain = plain_type(&field.annotation);
        if let Some(type_name) = python_type(&plain) {
            return Some(Unwritable {
                path: field.name.to_string(),
                type_name: type_name.to_owned(),
                location: field.location,
            });
        }
        let inner = interpreter.class_of_type(&plain)?;
        if !interpreter.derives_from(&inner, "pydantic.main.BaseModel") {
            return None;
        }
        let below = unwritable(context, interpreter, &inner, depth + 1)?;
        Some(Unwritable { path: format!("{}.{}", field.name, below.path), ..below })
    })
}

/// The name of a type whose objects `json` can't write.
fn python_type(annotation: &Value) -> Option<&'static str> {
    Some(match annotation.as_external()?.as_str() {
        "datetime.datetime" => "datetime",
        "datetime.date" => "date",
        "datetime.time" => "time",
        "datetime.timedelta" => "timedelta",
        "uuid.UUID" => "UUID",
        "decimal.Decimal" => "Decimal",
        "builtins.set" | "builtins.frozenset" => "set",
        "pathlib.Path" => "Path",
        _ => return None,
    })
}

/// Whether a model says itself how it or a field is written.
fn has_serializer(interpreter: &Interpreter<'_>, class: &Value) -> bool {
    interpreter.class_order(class).iter().any(|owner| {
        let Kind::Class(id) = *owner.kind() else { return false };
        let Some(object) = interpreter.class(id) else { return false };
        let Some(definition) = object.definition.as_ref() else { return true };
        object.attributes.contains_key(&Name::from("model_dump"))
            || definition.body.iter().any(|statement| {
                matches!(&statement.kind, fastwright_python::ir::StmtKind::Function(function)
                if function.decorators.iter().any(|decorator| {
                    let callee = match &decorator.kind {
                        fastwright_python::ir::ExprKind::Call(call) => &call.callee,
                        _ => decorator,
                    };
                    callee.dotted_name().is_some_and(|name| name.ends_with("serializer"))
                }))
            })
    })
}
