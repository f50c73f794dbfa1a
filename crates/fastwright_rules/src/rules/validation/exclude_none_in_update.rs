//! `exclude-none-in-update`: update that drops `null`, so that clients can't clear a field.

use crate::body_copies::copies_of;
use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::recipes::{with_renamed, without_keyword};
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, source, title};
use fastwright_model::dependant::type_text;
use fastwright_model::schemas::{Field, allows_none};
use fastwright_python::value::Kind;

crate::declare_rule! {
    /// Update that drops `null`, so that clients can't clear a field.
    ExcludeNoneInUpdate {
        name: "exclude-none-in-update",
        area: Validation,
        severity: Low,
        confidence: Certain,
        summary: "update that drops `null`, so that clients can't clear a field",
        why: "A client that sends `null` for a column that may be empty gets success, and nothing changes.",
        recommendation: "Copy what was sent: `exclude_unset=True` instead of `exclude_none=True`.",
        trade_off: "Clients that send `null` for everything they don't know clear it from then on.",
        contract_effect: "`null` clears the field",
        cwe: [],
        owasp: [],
        profile: Strict,
        page: "validation/exclude-none-in-update.md",
        references: ["https://fastapi.tiangolo.com/tutorial/body-updates/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.tables.is_empty() {
        return;
    }
    let code = context.call_graph();
    let copying = context.copying();
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        let updates = route.methods.iter().any(|method| matches!(method.as_str(), "PATCH" | "PUT"));
        if !updates || route.request.is_none() || !code.may_start_in(dependant, copying) {
            continue;
        }
        for copy in copies_of(code, interpreter, dependant, copying) {
            let (Some(row), Some(site)) = (&copy.row, copy.dump.site) else { continue };
            let Kind::Class(row_id) = *row.kind() else { continue };
            let Some(table) = analysis.tables.iter().find(|table| table.class == row_id) else { continue };
            let text = source(analysis, site);
            if !copy.dump.without_none || !text.contains("exclude_none=True") {
                continue;
            }
            let kept: Vec<(Field, fastwright_python::location::Location)> = context
                .fields(interpreter, &copy.model)
                .iter()
                .filter(|field| allows_none(&field.annotation) && copy.dump.takes(&field.name))
                .filter_map(|field| {
                    let column = table.columns.iter().find(|column| column.name == field.name)?;
                    column.nullable.then(|| (field.clone(), column.location))
                })
                .collect();
            let Some((first, column)) = kept.first() else { continue };
            // `null` for a column that has to be filled would be the next fault.
            let is_harmless = context.fields(interpreter, &copy.model).iter().all(|field| {
                let column = table.columns.iter().find(|column| column.name == field.name);
                !allows_none(&field.annotation) || column.is_none_or(|column| column.nullable)
            });
            let (name, model) = (title(route), type_text(interpreter, &copy.model));
            let shown: Vec<String> =
                kept.iter().take(3).map(|(field, _)| format!("`{}`", field.name)).collect();
            let more = if kept.len() > 3 { format!(" and {} more", kept.len() - 3) } else { String::new() };
            report.report(
                Draft::new(
                    site,
                    copy.symbol.clone(),
                    format!(
                        "`{name}` can't clear {}{more}: `null` is dropped from `{model}`",
                        shown.join(", ")
                    ),
                )
                .route(route)
                .discriminator(model.clone())
                .evidence(format!("`{name}` is registered here"), registered_at(route))
                .evidence(format!("`{}` of `{model}` may be `null`", first.name), first.location)
                .evidence_chain(copy.chain.clone())
                .evidence("`null` is left out here, as if it had not been sent", site)
                .evidence(format!("the column `{}` may be empty", first.name), *column)
                .example(if text.contains("exclude_unset=True") {
                    text.replace(", exclude_none=True", "").replace("exclude_none=True, ", "")
                } else {
                    text.replace("exclude_none=True", "exclude_unset=True")
                })
                .fix(if !is_harmless {
                    None
                } else if text.contains("exclude_unset=True") {
                    without_keyword(context, site, "exclude_none", fix(&name))
                } else {
                    with_renamed(context, site, "exclude_none", "exclude_unset", fix(&name))
                }),
            );
        }
    }
}

fn fix(route: &str) -> Fix {
    Fix::changes_contract(
        "take what was sent, `null` included",
        format!("`{route}` stores `null` where it is sent"),
    )
}
