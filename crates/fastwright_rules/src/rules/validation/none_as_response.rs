//! `none-as-response`: handler that gives `None` although its response model does not allow it.

use crate::context::Context;
use crate::finding::{Confidence, Fix};
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use crate::syntax;
use fastwright_model::application::RouteKind;
use fastwright_model::assemble::declared_response;
use fastwright_model::dependant::type_text;
use fastwright_model::registry::EntryKind;
use fastwright_model::schemas::{allows_none, is_model};
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::ir::{Expr, ExprKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Handler that gives `None` although its response model does not allow it.
    NoneAsResponse {
        name: "none-as-response",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "handler that gives `None` although its response model does not allow it",
        why: "FastAPI validates what a handler returns: `None` fails, and the caller gets 500.",
        recommendation: "Raise what is meant, mostly 404, or allow `None` in the response model.",
        trade_off: "`Model | None` changes the document: clients must expect `null`.",
        contract_effect: "the intended answer instead of 500",
        cwe: [394],
        owasp: [],
        profile: Default,
        page: "validation/none-as-response.md",
        references: ["https://fastapi.tiangolo.com/tutorial/response-model/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        if route.kind != RouteKind::Http || detail.flat.entry_kind != EntryKind::Operation {
            continue;
        }
        let Some(function) = &dependant.function else { continue };
        let definition = &function.definition;
        if definition.is_generator {
            continue;
        }
        let Some(summary) = interpreter.summarize(function, dependant.receiver) else { continue };
        if !summary.returns.alternatives().iter().any(Value::is_none) {
            continue;
        }
        let at = |span| Location { file: function.id.file, span };
        let (mut gives, mut empty) = (false, None);
        syntax::statements(&definition.body, &mut |statement| {
            if let StmtKind::Return(value) = &statement.kind {
                match value {
                    None | Some(Expr { kind: ExprKind::None, .. }) => {
                        empty.get_or_insert(statement.span);
                    }
                    Some(_) => gives = true,
                }
            }
        });
        // A body without any `return` is one that is still to be written.
        let falls_through = gives && syntax::reaches_end(&definition.body);
        if empty.is_none() && !falls_through {
            continue;
        }
        let Some(declared) = declared_response(interpreter, &detail.flat) else { continue };
        if !refuses_none(interpreter, &declared) {
            continue;
        }
        let name = title(route);
        let model = type_text(interpreter, &declared);
        let (place, how, confidence) = match (empty, definition.body.last()) {
            (Some(span), _) => (at(span), "`None` is returned here", Confidence::Certain),
            (None, Some(last)) => {
                (at(last.span), "the handler may end here, without a `return`", Confidence::Likely)
            }
            (None, None) => continue,
        };
        report.report(
            Draft::new(
                place,
                handler_name(route),
                format!(
                    "`{name}` answers 500 where `{}` gives `None`: its response is a `{model}`",
                    definition.name
                ),
            )
            .confidence(confidence)
            .route(route)
            .evidence(
                format!("`{name}` is registered here, its response model is `{model}`"),
                registered_at(route),
            )
            .evidence(how, place)
            .example("raise HTTPException(404, \"...\")")
            .fix(fix(context, place)),
        );
    }
}

/// Whether a type is known, and `None` is none of its values.
fn refuses_none(interpreter: &mut Interpreter<'_>, declared: &Value) -> bool {
    if allows_none(declared) {
        return false;
    }
    let plain = plain_type(declared);
    let base = match plain.as_symbolic() {
        Some(Symbolic::Item { base, .. }) => base.clone(),
        _ => plain,
    };
    match base.kind() {
        Kind::External(name) => matches!(
            name.as_str(),
            "builtins.list"
                | "typing.List"
                | "builtins.dict"
                | "typing.Dict"
                | "builtins.str"
                | "builtins.int"
                | "builtins.float"
                | "builtins.bool"
                | "builtins.set"
                | "builtins.tuple"
        ),
        Kind::Class(_) => {
            is_model(interpreter, &base)
                && !interpreter.derives_from(&base, "pydantic.root_model.RootModel")
                && !crate::data_flow::has_validator(
                    interpreter,
                    &base,
                    fastwright_python::name::Name::from("*"),
                )
        }
        _ => false,
    }
}

/// 404 where `None` is returned.
fn fix(context: &Context<'_>, place: Location) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let statement = source.statement(place.span)?;
    if !matches!(&statement.kind, StmtKind::Return(None | Some(Expr { kind: ExprKind::None, .. }))) {
        return None;
    }
    let (class, imports) = source.import("fastapi", Some("HTTPException"))?;
    Some(
        Fix::changes_contract("answer 404", "404 instead of 500")
            .edit(source.replace(statement.span, format!("raise {class}(404)")))
            .imports(place.file, imports),
    )
}
