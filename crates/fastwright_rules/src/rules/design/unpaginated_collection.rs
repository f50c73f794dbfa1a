//! `unpaginated-collection`: route that answers with all rows of a table.

use crate::context::Context;
use crate::data_flow::holds;
use crate::flow::returned_by_handler;
use crate::methods::method_of;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, title};
use fastwright_model::application::RouteKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Route that answers with all rows of a table.
    UnpaginatedCollection {
        name: "unpaginated-collection",
        area: Design,
        severity: Low,
        confidence: Likely,
        summary: "route that answers with all rows of a table",
        why: "The answer grows with the table: one day it takes seconds, and all memory when several ask at once.",
        recommendation: "Take `limit` and `offset`, or a cursor, with an order and an upper bound.",
        trade_off: "Clients that expect everything have to ask for the next page; tables that stay small don't need it.",
        contract_effect: "fewer rows in one answer",
        cwe: [770],
        owasp: ["API4:2023"],
        profile: Strict,
        page: "design/unpaginated-collection.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/", "https://fastapi.tiangolo.com/tutorial/query-params/"],
        check: check,
    }
}

/// Methods that give many rows.
const MANY: &[&str] = &["all", "scalars", "fetchall", "unique"];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.tables.is_empty() {
        return;
    }
    let code = context.call_graph();
    let loading = code.reaching(code.calls().methods(MANY), |_| true);
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        if route.kind != RouteKind::Http
            || !route.methods.iter().any(|method| method == "GET")
            // An export is meant to be everything.
            || route.path.contains("export")
            || !code.may_start_in(dependant, &loading)
        {
            continue;
        }
        let mut found: Option<(Location, Location, ObjectId)> = None;
        returned_by_handler(code, interpreter, dependant, &mut |interpreter, visit, value| {
            if found.is_none() {
                let value = visit.resolve(value);
                let mut all = None;
                holds(interpreter, &value, &mut |part| {
                    all = all.or_else(|| all_rows(part));
                    all.is_some()
                });
                if let Some((site, class)) = all {
                    found = Some((visit.event.location, site, class));
                }
            }
        });
        let Some((returned, site, class)) = found else { continue };
        let Some(table) = analysis.tables.iter().find(|table| table.class == class) else { continue };
        let row = class_name(interpreter, class);
        let name = title(route);
        report.report(
            Draft::new(
                site,
                row.clone(),
                format!("`{name}` answers with all rows of `{}`, however many there are", table.name),
            )
            .route(route)
            .discriminator(row.clone())
            .evidence(format!("`{name}` is registered here"), registered_at(route))
            .evidence(
                format!("every `{row}` is loaded: nothing selects among them, and there is no limit"),
                site,
            )
            .evidence("and all are returned", returned)
            .example(format!("select({row}).order_by({row}.id).limit(page.limit).offset(page.offset)")),
        );
    }
}

fn class_name(interpreter: &Interpreter<'_>, class: ObjectId) -> String {
    interpreter.class(class).map_or_else(String::new, |class| class.name.to_string())
}

/// The class of which a value is all rows, with the place of the call.
fn all_rows(value: &Value) -> Option<(Location, ObjectId)> {
    let Symbolic::Call { callee, site, .. } = value.as_symbolic()? else { return None };
    let (_, method) = method_of(callee)?;
    if !MANY.contains(&method.as_str()) {
        return None;
    }
    Some((*site, unrestricted(value, 0)?))
}

/// The class that is selected, when nothing restricts which rows.
fn unrestricted(value: &Value, depth: u32) -> Option<ObjectId> {
    let Symbolic::Call { callee, arguments, .. } = value.as_symbolic()? else { return None };
    if depth > 16 {
        return None;
    }
    let alone = |arguments: &Arguments| match arguments.positional.as_slice() {
        [only] => match only.kind() {
            Kind::Class(class) => Some(*class),
            _ => None,
        },
        _ => None,
    };
    if callee.as_external().is_some_and(|name| name == "sqlalchemy.select") {
        return alone(arguments);
    }
    let (base, method) = method_of(callee)?;
    match method.as_str() {
        "query" => alone(arguments),
        "execute" | "exec" | "scalars" if !arguments.positional.is_empty() => {
            unrestricted(arguments.positional.first()?, depth + 1)
        }
        "all" | "scalars" | "fetchall" | "unique" | "order_by" | "options" | "distinct" => {
            unrestricted(&base, depth + 1)
        }
        _ => None,
    }
}
