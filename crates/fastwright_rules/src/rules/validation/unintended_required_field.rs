//! `unintended-required-field`: nullable field of a request without default, which clients must send nevertheless.

use crate::context::Context;
use crate::finding::{Confidence, Fix, Severity};
use crate::fixes::Source;
use crate::metadata::Profile;
use crate::reporter::{Draft, Outline, Reporter};
use crate::route_list::{registered_at, source, title};
use fastwright_model::application::{ParameterPlace, Route};
use fastwright_model::assemble::declared_response;
use fastwright_model::dependant::type_text;
use fastwright_model::schemas::{Field, allows_none, classes_of_type, is_model};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Parameter, ParameterKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Nullable field of a request without default, which clients must send nevertheless.
    UnintendedRequiredField {
        name: "unintended-required-field",
        area: Validation,
        severity: Medium,
        confidence: Likely,
        summary: "nullable field of a request without default, which clients must send nevertheless",
        why: "`T | None` says that the value may be null; without a default the client must still send it, and gets 422 otherwise.",
        recommendation: "Add `= None` where the field may be left out; write the requirement into the schema where it is meant.",
        trade_off: "Clients may leave the field out, so the handler meets `None` more often.",
        contract_effect: "the field becomes optional",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/unintended-required-field.md",
        references: ["https://docs.pydantic.dev/latest/migration/#required-optional-and-nullable-fields"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    // In Pydantic 1 such a field may be left out.
    if analysis.pydantic.as_deref().is_some_and(|version| version.starts_with('1')) {
        return;
    }
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let mut answered: Vec<Value> = Vec::new();
    for (_, _, detail) in context.routes() {
        if let Some(declared) = declared_response(interpreter, &detail.flat) {
            nested_models(context, interpreter, &declared, &mut answered);
        }
    }
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        for node in dependant.walk() {
            for parameter in &node.parameters {
                let Some(annotation) = &parameter.annotation else { continue };
                let mut models = Vec::new();
                nested_models(context, interpreter, annotation, &mut models);
                for model in &models {
                    model_fields(context, interpreter, route, parameter.location, model, &answered, report);
                }
                let by_hand = parameter.field.as_ref().is_some_and(says_required);
                let is_plain = models.is_empty()
                    && matches!(
                        parameter.place,
                        ParameterPlace::Query | ParameterPlace::Header | ParameterPlace::Cookie
                    );
                if is_plain && parameter.required && allows_none(annotation) && !by_hand {
                    let kind = type_text(interpreter, annotation);
                    let symbol = node.qualified.rsplit(':').next().unwrap_or_default().to_owned();
                    report.report(
                        parameter_draft(
                            route,
                            parameter,
                            &kind,
                            symbol,
                            source(analysis, parameter.location),
                        )
                        .fix(parameter_fix(context, parameter)),
                    );
                }
            }
        }
    }
}

/// The source of places, for examples.
/// Whether `Query(...)` or `Field(...)` says itself that the value is required.
fn says_required(field: &Value) -> bool {
    match field.as_symbolic() {
        Some(Symbolic::Call { arguments, .. }) => says_required_in(arguments),
        _ => false,
    }
}

fn says_required_in(arguments: &Arguments) -> bool {
    arguments.get(0, "default").is_some_and(|value| matches!(value.kind(), Kind::Ellipsis))
        || arguments.keyword("description").is_some()
}

/// Pydantic models of a type and of the fields of its models.
fn nested_models(
    context: &Context<'_>,
    interpreter: &mut Interpreter<'_>,
    annotation: &Value,
    found: &mut Vec<Value>,
) {
    for class in classes_of_type(interpreter, annotation) {
        if found.len() > 200 || found.iter().any(|known| known.same(&class)) || !is_model(interpreter, &class)
        {
            continue;
        }
        found.push(class.clone());
        for field in context.fields(interpreter, &class).iter() {
            nested_models(context, interpreter, &field.annotation, found);
        }
    }
}

fn model_fields(
    context: &Context<'_>,
    interpreter: &mut Interpreter<'_>,
    route: &Route,
    taken_at: Location,
    model: &Value,
    answered: &[Value],
    report: &mut Reporter<'_>,
) {
    let all = context.fields(interpreter, model);
    let found: Vec<&Field> = all
        .iter()
        .filter(|field| {
            let by_hand = field.assigned || field.options.as_ref().is_some_and(says_required_in);
            field.required && !by_hand && allows_none(&field.annotation)
        })
        .collect();
    // One finding for each class that declares such fields, at its first one.
    for (index, first) in found.iter().enumerate() {
        if found[..index].iter().any(|earlier| earlier.owner == first.owner) {
            continue;
        }
        let same: Vec<&Field> = found.iter().copied().filter(|field| field.owner == first.owner).collect();
        let owner = type_text(interpreter, &Kind::Class(first.owner).into());
        let mut outline =
            Outline::new(first.location, &owner, route, registered_at(route)).discriminator(&first.name);
        let knows_better = all
            .iter()
            .any(|field| field.owner == first.owner && !field.required && allows_none(&field.annotation));
        let is_answered = answered.iter().any(|known| known.same(model));
        // Who gives some fields a default means the others; a model that is a response too shows what is always there.
        if (knows_better || is_answered) && context.settings.profile < Profile::Strict {
            continue;
        }
        if knows_better {
            outline = outline.severity(Severity::Low).confidence(Confidence::Possible);
        }
        report.report_on_route(&outline, |draft| {
            let (name, model_name) = (title(route), type_text(interpreter, model));
            let kind = type_text(interpreter, &first.annotation);
            let shown: Vec<String> = same.iter().take(3).map(|field| format!("`{}`", field.name)).collect();
            let shown = shown.join(" or ");
            let more = if same.len() > 3 { format!(" or {} more", same.len() - 3) } else { String::new() };
            let line = |field: &Field| source(context.analysis, field.location).lines().next().unwrap_or_default().trim();
            let lines: Vec<String> =
                same.iter().take(6).map(|field| format!("{} = None", line(field))).collect();
            let null = same.iter().take(6).map(|field| {
                (format!("`{}` may be null and has no default", field.name), field.location)
            });
            let draft = draft
                .message(format!(
                    "`{name}` answers 422 when {shown}{more} of `{model_name}` is left out: `{kind}` has no default"
                ))
                .evidence(format!("`{name}` is registered here"), registered_at(route))
                .evidence(format!("`{model_name}` is read from the request here"), taken_at)
                .evidence_chain(null)
                .example(lines.join("\n"));
            let draft = draft.fix(field_fix(context, &same));
            if !is_answered {
                return draft;
            }
            draft.trade_off(format!(
                "`{model_name}` is a response too, where the field is always there: a default makes it look optional to clients. Then a model of its own for the request is better."
            ))
        });
    }
}

/// Defaults for fields that may be null.
fn field_fix(context: &Context<'_>, fields: &[&Field]) -> Option<Fix> {
    let file = fields.first()?.location.file;
    let source = Source::of(context, file)?;
    let mut fix = Fix::changes_contract(
        "give the fields the default `None`",
        "the fields may be left out: 422 no longer, and not required in the document",
    );
    for field in fields {
        let statement = source.statement(field.location.span)?;
        let StmtKind::AnnAssign { value: None, annotation, .. } = &statement.kind else { return None };
        let end = source.with_parentheses(annotation.span).end;
        fix = fix.edit(source.insert(end, " = None"));
    }
    // What follows without a default in a dataclass would no longer be allowed.
    let class = source.class(fields.first()?.location.span)?;
    class.decorators.is_empty().then_some(fix)
}

/// A default for a parameter that may be null.
fn parameter_fix(
    context: &Context<'_>,
    parameter: &fastwright_model::dependant::DependantParameter,
) -> Option<Fix> {
    let source = Source::of(context, parameter.location.file)?;
    let function = source.function(parameter.location.span)?;
    let position = function.parameters.iter().position(|own| own.name == parameter.name)?;
    let own = &function.parameters[position];
    let follows = |other: &Parameter| {
        matches!(other.kind, ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword)
            && other.default.is_none()
    };
    if own.default.is_some()
        || own.kind != ParameterKind::KeywordOnly && function.parameters[position + 1..].iter().any(follows)
    {
        return None;
    }
    let end = source.with_parentheses(own.annotation.as_deref()?.span).end;
    let changes = format!("`{}` may be left out: 422 no longer, and not required in the document", own.name);
    Some(
        Fix::changes_contract(format!("give `{}` the default `None`", own.name), changes)
            .edit(source.insert(end, " = None")),
    )
}

fn parameter_draft(
    route: &Route,
    parameter: &fastwright_model::dependant::DependantParameter,
    kind: &str,
    symbol: String,
    written: &str,
) -> Draft {
    let name = title(route);
    Draft::new(
        parameter.location,
        symbol,
        format!(
            "`{name}` answers 422 when the {} parameter `{}` is left out: `{kind}` has no default",
            parameter.place.name(),
            parameter.alias
        ),
    )
    .route(route)
    .discriminator(parameter.alias.clone())
    .evidence(format!("`{name}` is registered here"), registered_at(route))
    .evidence(format!("`{}` may be null and has no default", parameter.name), parameter.location)
    .example(format!("{written} = None"))
}
