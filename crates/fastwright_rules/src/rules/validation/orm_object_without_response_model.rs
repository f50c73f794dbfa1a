//! `orm-object-without-response-model`: row of a table returned without a response model.

use crate::context::Context;
use crate::finding::Severity;
use crate::flow::returned_by_handler;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use crate::stored_credential::stored_credential;
use fastwright_model::application::{Route, RouteKind};
use fastwright_model::assemble::{RouteDetail, declared_response};
use fastwright_model::dependant::type_text;
use fastwright_model::registry::EntryKind;
use fastwright_model::tables::Table;
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::location::Location;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Row of a table returned without a response model.
    OrmObjectWithoutResponseModel {
        name: "orm-object-without-response-model",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "row of a table returned without a response model",
        why: "Every column of the table goes to the client, those added next year included.",
        recommendation: "Declare what goes out: `-> UserPublic` or `response_model=UserPublic`.",
        trade_off: "Fields that clients read and the model does not have disappear.",
        contract_effect: "the response is limited to the model's fields",
        cwe: [200, 213],
        owasp: ["API3:2023"],
        profile: Default,
        page: "validation/orm-object-without-response-model.md",
        references: ["https://fastapi.tiangolo.com/tutorial/response-model/", "https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.tables.is_empty() {
        return;
    }
    let graph = context.call_graph();
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        if route.kind != RouteKind::Http
            || detail.flat.entry_kind != EntryKind::Operation
            || !answers_with_anything(interpreter, detail)
        {
            continue;
        }
        let Some(dependant) = &detail.dependant else { continue };
        let mut returned: Vec<(Location, Value, bool)> = Vec::new();
        returned_by_handler(graph, interpreter, dependant, &mut |interpreter, visit, value| {
            let value = visit.resolve(value);
            if let Some((class, many)) = row_class(interpreter, &value) {
                returned.push((visit.event.location, class, many));
            }
        });
        for (location, class, many) in returned {
            let Kind::Class(id) = *class.kind() else { continue };
            let Some(table) = analysis.tables.iter().find(|table| table.class == id) else { continue };
            let name = type_text(interpreter, &class);
            report.report(draft(route, table, &name, location, many));
        }
    }
}

/// Whether nothing says which fields the response has.
fn answers_with_anything(interpreter: &mut Interpreter<'_>, detail: &RouteDetail) -> bool {
    let Some(declared) = declared_response(interpreter, &detail.flat) else { return true };
    let plain = plain_type(&declared);
    let base = match plain.as_symbolic() {
        Some(Symbolic::Item { base, index }) => {
            let is_list = base
                .as_external()
                .is_some_and(|name| matches!(name.as_str(), "builtins.list" | "typing.List"));
            if is_list { plain_type(index).as_external() } else { base.as_external() }
        }
        _ => plain.as_external(),
    };
    base.is_some_and(|name| {
        matches!(
            name.as_str(),
            "typing.Any"
                | "builtins.dict"
                | "typing.Dict"
                | "builtins.list"
                | "typing.List"
                | "builtins.object"
        )
    })
}

/// The mapped class of a row that a value is, or of rows that it holds.
fn row_class(interpreter: &mut Interpreter<'_>, value: &Value) -> Option<(Value, bool)> {
    for alternative in value.alternatives().to_vec() {
        if alternative.is_none() {
            continue;
        }
        if let Some(class) = interpreter.class_of(&alternative)
            && matches!(class.kind(), Kind::Class(_))
            && !matches!(alternative.kind(), Kind::Class(_))
        {
            return Some((class, false));
        }
        if let Some(class) = rows(&alternative, 0) {
            return Some((class, true));
        }
    }
    None
}

/// The class of the rows of `session.scalars(select(User)).all()` and `session.query(User).all()`.
fn rows(value: &Value, depth: u32) -> Option<Value> {
    if depth > 16 {
        return None;
    }
    let Symbolic::Call { callee, arguments, .. } = value.as_symbolic()? else { return None };
    if let Some(name) = callee.as_external() {
        return match name.as_str() {
            "builtins.list" | "builtins.sorted" => rows(arguments.positional.first()?, depth + 1),
            "sqlalchemy.select" => entity_alone(arguments),
            _ => None,
        };
    }
    let Symbolic::Member { base, name } = callee.as_symbolic()? else { return None };
    match name.as_str() {
        "query" => entity_alone(arguments),
        "exec" | "execute" | "scalars" if !arguments.positional.is_empty() => {
            rows(arguments.positional.first()?, depth + 1)
        }
        "all" | "scalars" | "unique" | "where" | "filter" | "filter_by" | "order_by" | "limit" | "offset"
        | "options" | "join" | "outerjoin" | "distinct" | "fetchall" => rows(base, depth + 1),
        _ => None,
    }
}

/// What is selected, when it is one class and nothing else.
fn entity_alone(arguments: &Arguments) -> Option<Value> {
    match arguments.positional.as_slice() {
        [only] if matches!(only.kind(), Kind::Class(_)) => Some(only.clone()),
        _ => None,
    }
}

fn draft(route: &Route, table: &Table, class: &str, location: Location, many: bool) -> Draft {
    let name = title(route);
    let credentials: Vec<_> =
        table.columns.iter().filter(|column| stored_credential(&column.name).is_some()).collect();
    let what = if many { format!("rows of `{class}`") } else { format!("a row of `{class}`") };
    let message = match credentials.as_slice() {
        [] => format!("`{name}` returns {what} with all columns, because it declares no response model"),
        some => {
            let shown: Vec<String> = some.iter().take(3).map(|column| format!("`{}`", column.name)).collect();
            format!(
                "`{name}` returns {what} with {}, because it declares no response model",
                shown.join(", ")
            )
        }
    };
    let columns: Vec<String> = table
        .columns
        .iter()
        .filter(|column| stored_credential(&column.name).is_none())
        .take(6)
        .map(|column| format!("    {}: ...", column.name))
        .collect();
    let mut draft = Draft::new(location, handler_name(route), message)
        .route(route)
        .discriminator(class)
        .evidence(format!("`{name}` is registered here, without a response model"), registered_at(route))
        .evidence(format!("{what} is returned"), location)
        .evidence(format!("`{class}` is a table"), table.location)
        .evidence_chain(
            credentials
                .iter()
                .map(|column| (format!("`{}` is one of its columns", column.name), column.location)),
        )
        .example(format!(
            "class {class}Public(BaseModel):\n    model_config = ConfigDict(from_attributes=True)\n{}",
            columns.join("\n")
        ));
    if credentials.is_empty() {
        draft = draft.severity(Severity::Medium);
    }
    draft
}
