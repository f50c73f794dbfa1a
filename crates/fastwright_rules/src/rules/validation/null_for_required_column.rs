//! `null-for-required-column`: field that takes `null` and is copied into a column that does not.

use crate::body_copies::{BodyCopy, copies_of, copying_singly, single_copies_of};
use crate::columns::ColumnDefinition;
use crate::context::Context;
use crate::data_flow::has_validator;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, source, title};
use crate::syntax;
use fastwright_model::application::ParameterPlace;
use fastwright_model::application::Route;
use fastwright_model::dependant::Dependant;
use fastwright_model::dependant::type_text;
use fastwright_model::registry::Registry;
use fastwright_model::schemas::{Field, allows_none};
use fastwright_model::tables::Column;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::StmtKind;
use fastwright_python::location::Location;
use fastwright_python::value::{Kind, Value};

crate::declare_rule! {
    /// Field that takes `null` and is copied into a column that does not.
    NullForRequiredColumn {
        name: "null-for-required-column",
        area: Validation,
        severity: Medium,
        confidence: Likely,
        summary: "field that takes `null` and is copied into a column that does not",
        why: "A client that sends `null`, as the document allows, gets 500: the database refuses what validation let pass.",
        recommendation: "Refuse `null` where the column does, so that the client gets 422; fields may still be left out.",
        trade_off: "A type that may be left out but not be `null` needs a default that is never stored, or a validator.",
        contract_effect: "422 instead of 500 for `null`",
        cwe: [20],
        owasp: [],
        profile: Strict,
        page: "validation/null-for-required-column.md",
        references: ["https://fastapi.tiangolo.com/tutorial/body-updates/", "https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.tables.is_empty() {
        return;
    }
    let code = context.call_graph();
    let (copying, singly) = (context.copying(), copying_singly(code));
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    if answers_database_errors(interpreter) {
        return;
    }
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        if route.request.is_none() || !may_be_null(context, interpreter, dependant) {
            continue;
        }
        let handled = dependant.function.as_ref().is_some_and(|function| {
            catches_database_errors(context, function.id.file, &function.definition.body)
        });
        if handled {
            continue;
        }
        let mut copies = Vec::new();
        if code.may_start_in(dependant, &singly) {
            copies.extend(single_copies_of(code, interpreter, dependant, &singly));
        }
        if code.may_start_in(dependant, copying) {
            copies.extend(copies_of(code, interpreter, dependant, copying));
        }
        for copy in copies {
            let Some(row) = &copy.row else { continue };
            let Kind::Class(row_id) = *row.kind() else { continue };
            let Some(table) = analysis.tables.iter().find(|table| table.class == row_id) else { continue };
            if copy.dump.without_none || copy.names_checked || copy.fields_checked {
                continue;
            }
            let mut refused: Vec<(Field, Column)> = Vec::new();
            for field in context.fields(interpreter, &copy.model).iter() {
                if !allows_none(&field.annotation)
                    || !copy.dump.takes(&field.name)
                    || copy.overwritten.iter().any(|name| field.name == *name)
                    || has_validator(interpreter, &copy.model, field.name)
                {
                    continue;
                }
                let Some(column) = table.columns.iter().find(|column| column.name == field.name) else {
                    continue;
                };
                let Some(definition) = ColumnDefinition::of(interpreter, row, column.name) else { continue };
                // An insert leaves out what is `None`, and the default fills it.
                let is_filled = copy.makes_row && definition.has_default();
                if definition.refuses_null(column) && !column.primary_key && !is_filled {
                    refused.push((field.clone(), column.clone()));
                }
            }
            if refused.is_empty() || is_handled_where_copied(context, &copy) {
                continue;
            }
            let model = type_text(interpreter, &copy.model);
            let row_name = type_text(interpreter, row);
            report.report(draft(route, &copy, &refused, &model, &row_name));
        }
    }
}

/// Whether a body has a field that may be null under the name of a column that may not.
fn may_be_null(context: &Context<'_>, interpreter: &mut Interpreter<'_>, dependant: &Dependant) -> bool {
    let bodies = dependant.parameters.iter().filter(|parameter| parameter.place == ParameterPlace::Body);
    let classes: Vec<Value> =
        bodies.filter_map(|parameter| interpreter.class_of_type(parameter.annotation.as_ref()?)).collect();
    classes.iter().any(|class| {
        context.fields(interpreter, class).iter().any(|field| {
            allows_none(&field.annotation)
                && context
                    .analysis
                    .tables
                    .iter()
                    .flat_map(|table| &table.columns)
                    .any(|column| column.name == field.name && !column.primary_key)
        })
    })
}

/// Whether an app answers errors of the database with a handler of its own.
fn answers_database_errors(interpreter: &Interpreter<'_>) -> bool {
    let registry = interpreter.extension::<Registry>();
    registry.routers.values().flat_map(|state| &state.exception_handlers).any(
        |(class, _, _): &(Value, Value, Location)| {
            class.as_external().is_some_and(|name| name.starts_with("sqlalchemy."))
        },
    )
}

fn is_handled_where_copied(context: &Context<'_>, copy: &BodyCopy) -> bool {
    let file = copy.location.file;
    let Some(code) = context.analysis.codes.get(file.0 as usize) else { return true };
    code.functions
        .iter()
        .filter(|function| syntax::encloses(function.span, copy.location.span))
        .any(|function| catches_database_errors(context, file, &function.body))
}

/// Whether a body has a clause for what the database refuses.
fn catches_database_errors(
    context: &Context<'_>,
    file: fastwright_python::location::FileId,
    body: &[fastwright_python::ir::Stmt],
) -> bool {
    syntax::any_statement(body, &mut |statement| {
        let StmtKind::Try { handlers, .. } = &statement.kind else { return false };
        handlers.iter().filter_map(|handler| handler.exception.as_ref()).any(|exception| {
            let text = source(context.analysis, Location { file, span: exception.span });
            ["IntegrityError", "SQLAlchemyError", "DBAPIError", "DatabaseError", "StatementError"]
                .iter()
                .any(|name| text.contains(name))
        })
    })
}

fn draft(route: &Route, copy: &BodyCopy, refused: &[(Field, Column)], model: &str, row: &str) -> Draft {
    let name = title(route);
    let shown: Vec<String> = refused.iter().take(3).map(|(field, _)| format!("`{}`", field.name)).collect();
    let more = if refused.len() > 3 { format!(" and {} more", refused.len() - 3) } else { String::new() };
    let names: Vec<&str> = refused.iter().map(|(field, _)| field.name.as_str()).collect();
    let (first, column) = &refused[0];
    Draft::new(
        copy.location,
        copy.symbol.clone(),
        format!("`{name}` lets clients send `null` for {}{more}, which `{row}` does not store", shown.join(", ")),
    )
    .route(route)
    .discriminator(format!("{model} {}", names.join(",")))
    .evidence(format!("`{name}` is registered here"), registered_at(route))
    .evidence(format!("the body is a `{model}`"), copy.parameter.location)
    .evidence(format!("`{}` of `{model}` may be `null`", first.name), first.location)
    .evidence_chain(copy.chain.clone())
    .evidence(format!("the fields are copied into `{row}` here"), copy.location)
    .evidence(format!("the column `{}` of `{row}` is NOT NULL", column.name), column.location)
    .example(format!(
        "@field_validator({}, mode=\"before\")\n@classmethod\ndef refuse_null(cls, value):\n    if value is None:\n        raise ValueError(\"must not be null\")\n    return value",
        names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
    ))
}
