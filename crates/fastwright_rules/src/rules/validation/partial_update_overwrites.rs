//! `partial-update-overwrites`: partial update that writes fields the client did not send.

use crate::body_copies::{BodyCopy, copies_of};
use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::recipes::with_keyword;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, source, title};
use fastwright_model::analysis::Analysis;
use fastwright_model::application::Route;
use fastwright_model::dependant::type_text;
use fastwright_model::schemas::{Field, fields, is_model};
use fastwright_python::value::Kind;

crate::declare_rule! {
    /// Partial update that writes fields the client did not send.
    PartialUpdateOverwrites {
        name: "partial-update-overwrites",
        area: Validation,
        severity: High,
        confidence: Likely,
        summary: "partial update that writes fields the client did not send",
        why: "Everything the client left out is overwritten with the model's defaults, usually `None`.",
        recommendation: "Copy only what was sent: `body.model_dump(exclude_unset=True)`.",
        trade_off: "An explicit `null` still clears the field, which is usually wanted.",
        contract_effect: "fields that are not sent keep their value",
        cwe: [471],
        owasp: [],
        profile: Default,
        page: "validation/partial-update-overwrites.md",
        references: ["https://fastapi.tiangolo.com/tutorial/body-updates/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let code = context.call_graph();
    let copying = context.copying();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        let is_patch = route.methods.iter().any(|method| method == "PATCH");
        let is_update = is_patch || route.methods.iter().any(|method| method == "PUT");
        if !is_update || route.request.is_none() || !code.may_start_in(dependant, copying) {
            continue;
        }
        let interpreter = &mut *analysis.interpreter.borrow_mut();
        for copy in copies_of(code, interpreter, dependant, copying) {
            if copy.dump.only_sent || copy.dump.undecided || copy.fields_checked {
                continue;
            }
            // Another model that is made from the body checks it; it stores nothing.
            let is_row = copy.row.as_ref().is_none_or(|row| {
                analysis
                    .tables
                    .iter()
                    .any(|table| matches!(*row.kind(), Kind::Class(id) if id == table.class))
                    || !is_model(interpreter, row)
            });
            if !is_row {
                continue;
            }
            let all = fields(interpreter, &copy.model);
            // `PUT` replaces, unless its model can be left empty.
            if !is_patch && (all.is_empty() || all.iter().any(|field| field.required)) {
                continue;
            }
            let lost: Vec<Field> = all
                .into_iter()
                .filter(|field| {
                    !field.required
                        && copy.dump.takes(&field.name)
                        && !copy.overwritten.iter().any(|name| field.name == *name)
                })
                .collect();
            // A model of one field has nothing else to lose.
            if lost.is_empty() || lost.len() == 1 && fields(interpreter, &copy.model).len() == 1 {
                continue;
            }
            let model = type_text(interpreter, &copy.model);
            let fix = copy.dump.site.filter(|site| {
                let text = source(analysis, *site);
                text.ends_with(')') && !text.contains("vars(") && !text.starts_with("dict(")
            });
            let fix = fix.and_then(|site| {
                let changes = format!("`{}` leaves fields alone that are not sent", title(route));
                let fix = Fix::changes_contract("take only what was sent", changes);
                with_keyword(context, site, "exclude_unset=True", fix)
            });
            report.report(draft(analysis, route, &copy, &lost, &model).fix(fix));
        }
    }
}

fn draft(analysis: &Analysis, route: &Route, copy: &BodyCopy, lost: &[Field], model: &str) -> Draft {
    let name = title(route);
    let shown: Vec<String> = lost.iter().take(3).map(|field| format!("`{}`", field.name)).collect();
    let more = if lost.len() > 3 { format!(" and {} more", lost.len() - 3) } else { String::new() };
    let (place, what) = match copy.dump.site {
        Some(site) => (site, "all fields are taken here, sent or not"),
        None => (copy.location, "all fields are copied here, sent or not"),
    };
    let mut draft = Draft::new(
        place,
        copy.symbol.clone(),
        format!(
            "`{name}` overwrites {}{more} with the defaults of `{model}` when they are not sent",
            shown.join(", ")
        ),
    )
    .route(route)
    .discriminator(model.to_owned())
    .evidence(format!("`{name}` is registered here"), registered_at(route))
    .evidence(format!("the body is a `{model}`"), copy.parameter.location)
    .evidence(format!("`{}` may be left out", lost[0].name), lost[0].location)
    .evidence_chain(copy.chain.clone())
    .evidence(what, place);
    if place != copy.location {
        draft = draft.evidence("and stored here", copy.location);
    }
    let text = source(analysis, place);
    if copy.dump.site.is_some()
        && text.ends_with(')')
        && !text.contains("vars(")
        && !text.starts_with("dict(")
    {
        let open = &text[..text.len() - 1];
        let comma = if open.ends_with('(') { "" } else { ", " };
        draft = draft.example(format!("{open}{comma}exclude_unset=True)"));
    }
    draft
}
