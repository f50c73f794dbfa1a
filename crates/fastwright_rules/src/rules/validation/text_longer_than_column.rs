//! `text-longer-than-column`: text without a maximum that is copied into a column of limited length.

use crate::body_copies::{copies_of, copying_singly, single_copies_of};
use crate::columns::{ColumnDefinition, is_text};
use crate::context::Context;
use crate::data_flow::has_validator;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, title};
use crate::syntax;
use fastwright_model::dependant::{split_annotated, type_text};
use fastwright_model::schemas::Field;
use fastwright_python::interpreter::aliased_type;
use fastwright_python::ir::{ExprKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Text without a maximum that is copied into a column of limited length.
    TextLongerThanColumn {
        name: "text-longer-than-column",
        area: Validation,
        severity: Low,
        confidence: Likely,
        summary: "text without a maximum that is copied into a column of limited length",
        why: "PostgreSQL and MySQL refuse a text that is too long: the client gets 500 instead of 422. SQLite stores it, so tests don't show it.",
        recommendation: "Give the field the length of its column: `Field(max_length=...)`.",
        trade_off: "The length stands in two places; a constant can keep them equal.",
        contract_effect: "422 for longer texts",
        cwe: [20, 770],
        owasp: ["API4:2023"],
        profile: Strict,
        page: "validation/text-longer-than-column.md",
        references: ["https://www.postgresql.org/docs/current/datatype-character.html", "https://docs.pydantic.dev/latest/concepts/fields/#string-constraints"],
        check: check,
    }
}

/// A field that takes more than its column.
struct Longer {
    field: Field,
    most: Option<i64>,
    column: Location,
    holds: i64,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.tables.is_empty() {
        return;
    }
    let code = context.call_graph();
    let (copying, singly) = (context.copying(), copying_singly(code));
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        if route.request.is_none() {
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
            let mut longer: Vec<Longer> = Vec::new();
            for field in context.fields(interpreter, &copy.model).iter() {
                // An id of something else is looked up, and refused, before it is stored.
                if !is_text(&field.annotation)
                    || field.name.ends_with("_id")
                    || !copy.dump.takes(&field.name)
                    || copy.overwritten.iter().any(|name| field.name == *name)
                    || has_validator(interpreter, &copy.model, field.name)
                {
                    continue;
                }
                let Some(column) = table.columns.iter().find(|column| column.name == field.name) else {
                    continue;
                };
                let definition = ColumnDefinition::of(interpreter, row, column.name);
                let Some(holds) = definition.and_then(|definition| definition.longest_text()) else {
                    continue;
                };
                let Some(most) = most_characters(field) else { continue };
                if most.is_none_or(|most| most > holds) {
                    longer.push(Longer { field: field.clone(), most, column: column.location, holds });
                }
            }
            let Some(first) = longer.first() else { continue };
            let (name, model) = (title(route), type_text(interpreter, &copy.model));
            let row_name = type_text(interpreter, row);
            let shown: Vec<String> =
                longer.iter().take(3).map(|longer| format!("`{}`", longer.field.name)).collect();
            let more =
                if longer.len() > 3 { format!(" and {} more", longer.len() - 3) } else { String::new() };
            let names: Vec<&str> = longer.iter().map(|longer| longer.field.name.as_str()).collect();
            let takes = match first.most {
                Some(most) => format!("`{}` of `{model}` takes up to {most} characters", first.field.name),
                None => format!("`{}` of `{model}` takes a text of any length", first.field.name),
            };
            report.report(
                Draft::new(
                    first.field.location,
                    model.clone(),
                    format!(
                        "{}{more} of `{model}` may be longer than what `{row_name}` stores, by `{name}`",
                        shown.join(", ")
                    ),
                )
                .route(route)
                .discriminator(format!("{row_name} {}", names.join(",")))
                .evidence(format!("`{name}` is registered here"), registered_at(route))
                .evidence(takes, first.field.location)
                .evidence_chain(copy.chain.clone())
                .evidence(format!("the fields are copied into `{row_name}` here"), copy.location)
                .evidence(
                    format!("the column `{}` holds {} characters", first.field.name, first.holds),
                    first.column,
                )
                .example(format!("{}: Annotated[str, Field(max_length={})]", first.field.name, first.holds))
                .fix(fix(context, &longer)),
            );
        }
    }
}

/// What stands in `Annotated` inside of a type: `Annotated[str, StringConstraints(...)] | None`.
fn collect_metadata(annotation: &Value, found: &mut Vec<Value>) {
    match annotation.as_symbolic() {
        Some(Symbolic::Binary { left, right, .. }) => {
            collect_metadata(left, found);
            collect_metadata(right, found);
        }
        Some(Symbolic::Item { base, index }) => match base.as_external().as_deref() {
            Some("typing.Annotated") => found.extend(split_annotated(annotation).1),
            _ => match index.kind() {
                Kind::Tuple(items) => items.iter().for_each(|item| collect_metadata(item, found)),
                _ => collect_metadata(index, found),
            },
        },
        _ => {
            if let Some(aliased) = aliased_type(annotation) {
                collect_metadata(aliased, found);
            }
        }
    }
}

/// How many characters a field takes, the inner none for any number; none where that is not known.
fn most_characters(field: &Field) -> Option<Option<i64>> {
    let most = std::cell::Cell::new(None);
    let read = |arguments: &Arguments| -> Option<()> {
        for keyword in ["pattern", "regex"] {
            // A pattern may limit the length.
            if arguments.keyword(keyword).is_some_and(|value| !value.is_none()) {
                return None;
            }
        }
        if let Some(length) = arguments.keyword("max_length").filter(|value| !value.is_none()) {
            most.set(Some(length.as_int()?));
        }
        (!arguments.incomplete).then_some(())
    };
    if let Some(options) = &field.options {
        read(options)?;
    }
    let mut nested = Vec::new();
    collect_metadata(&field.annotation, &mut nested);
    for metadata in field.metadata.iter().chain(&nested) {
        match metadata.as_symbolic() {
            Some(Symbolic::Call { callee, arguments, .. }) => {
                // Validators and types of others may limit anything.
                let name = callee.as_external()?;
                if !matches!(name.last_part(), "StringConstraints" | "Field" | "MaxLen") {
                    return None;
                }
                read(arguments)?;
                if name.last_part() == "MaxLen" {
                    most.set(Some(arguments.positional.first()?.as_int()?));
                }
            }
            _ if matches!(metadata.kind(), Kind::Str(_)) => {}
            _ => return None,
        }
    }
    Some(most.get())
}

/// The length of the column as the length of each field.
fn fix(context: &Context<'_>, longer: &[Longer]) -> Option<Fix> {
    let file = longer.first()?.field.location.file;
    let source = Source::of(context, file)?;
    let mut fix = Fix::changes_contract(
        "take as many characters as the columns hold",
        "longer texts are answered with 422, and the document says so",
    );
    for one in longer {
        let statement = source.statement(one.field.location.span)?;
        let StmtKind::AnnAssign { annotation, value, .. } = &statement.kind else { return None };
        let length = format!("max_length={}", one.holds);
        let field = value.as_deref().into_iter().chain([&**annotation]).find_map(|part| {
            let mut found = None;
            syntax::any_within(part, &mut |part| {
                let is_field = matches!(&part.kind, ExprKind::Call(call) if call.callee.dotted_name().is_some_and(|name| name.rsplit('.').next() == Some("Field")));
                if is_field {
                    found = Some(part);
                }
                is_field
            });
            found
        });
        if one.most.is_some() {
            return None;
        }
        if let Some(field) = field {
            fix = fix.edit(source.add_keyword(field, &length)?);
            continue;
        }
        let (name, imports) = source.import("pydantic", Some("Field"))?;
        fix = fix.imports(file, imports);
        if value.is_none() {
            let end = source.with_parentheses(annotation.span).end;
            fix = fix.edit(source.insert(end, format!(" = {name}({length})")));
        } else {
            let (annotated, imports) = source.import("typing", Some("Annotated"))?;
            let text = format!("{annotated}[{}, {name}({length})]", source.slice(annotation.span));
            fix = fix.imports(file, imports).edit(source.replace(annotation.span, text));
        }
    }
    Some(fix)
}
