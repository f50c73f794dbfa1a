//! `validator-without-return`: validator that gives nothing back, so that the field becomes `None`.

use crate::context::Context;
use crate::finding::{Confidence, Fix};
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::syntax;
use fastwright_model::registry::{Decoration, Registry};
use fastwright_python::ir::{Expr, ExprKind, FunctionDef, Stmt, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::value::FunctionValue;
use std::rc::Rc;

crate::declare_rule! {
    /// Validator that gives nothing back, so that the field becomes `None`.
    ValidatorWithoutReturn {
        name: "validator-without-return",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "validator that gives nothing back, so that the field becomes `None`",
        why: "What a validator returns replaces what the client sent: without a `return` valid input is thrown away.",
        recommendation: "Return the value at the end, also when nothing is changed.",
        trade_off: "None.",
        contract_effect: "the field keeps its value",
        cwe: [393],
        owasp: [],
        profile: Default,
        page: "validation/validator-without-return.md",
        references: ["https://docs.pydantic.dev/latest/concepts/validators/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let validators: Vec<(Rc<FunctionValue>, Decoration)> = interpreter
        .functions()
        .iter()
        .filter_map(|function| {
            let known = interpreter.extension::<Registry>().decorations.get(&function.serial)?;
            let validator = known.iter().find(|decoration| is_validator(&decoration.name))?;
            Some((Rc::clone(function), validator.clone()))
        })
        .collect();
    for (function, decoration) in validators {
        let definition = &function.definition;
        let file = context.analysis.files.get(function.id.file);
        if !file.first_party || definition.is_generator || is_stub(&definition.body) {
            continue;
        }
        let (gives, gives_nothing) = returns(definition);
        let reaches_end = syntax::reaches_end(&definition.body);
        if !reaches_end && (gives || !gives_nothing) {
            continue;
        }
        // What it calls may be what always raises.
        let Some(summary) = interpreter.summarize(&function, function.class) else { continue };
        if summary.always_raises || !summary.returns.alternatives().iter().any(|value| value.is_none()) {
            continue;
        }
        let owner = function
            .class
            .and_then(|class| interpreter.class(class))
            .map(|class| (class.name, class.location));
        let kind = decoration.name.rsplit('.').next().unwrap_or_default();
        let what = if kind.ends_with("model_validator") || kind == "root_validator" {
            "the model".to_owned()
        } else {
            match decoration.arguments.positional.iter().find_map(|field| field.as_str()) {
                Some("*") | None => "the field".to_owned(),
                Some(field) => format!("`{field}`"),
            }
        };
        let of = owner.map(|(name, _)| format!(" of `{name}`")).unwrap_or_default();
        let message = if gives {
            format!(
                "`{}`{of} gives nothing back on one of its ways: {what} becomes `None` there",
                definition.name
            )
        } else {
            format!(
                "`{}`{of} gives nothing back: {what} becomes `None` whatever the client sends",
                definition.name
            )
        };
        let at = |span| Location { file: function.id.file, span };
        let mut draft = Draft::new(at(definition.name_span), definition.qualname.as_str(), message)
            .confidence(if gives { Confidence::Likely } else { Confidence::Certain })
            .evidence_chain(owner.map(|(name, place)| (format!("`{name}` is a Pydantic model"), place)))
            .evidence(
                format!("`{}` is a `{kind}`: Pydantic takes what it returns", definition.name),
                at(definition.name_span),
            );
        if let Some(last) = definition.body.last() {
            draft = draft.evidence("the function may end here, without a `return`", at(last.span));
        }
        if let Some(returned) = returned_name(definition, kind) {
            draft = draft.example(format!("return {returned}")).fix(fix(context, &function, &returned));
        }
        report.report(draft);
    }
}

/// A `return` at the end, where the function only ends there without a value.
fn fix(context: &Context<'_>, function: &FunctionValue, returned: &str) -> Option<Fix> {
    let source = Source::of(context, function.id.file)?;
    let last = function.definition.body.last()?;
    if !syntax::reaches_end(&function.definition.body) {
        return None;
    }
    Some(
        Fix::changes_contract(
            format!("return `{returned}`"),
            "the value that was sent arrives, where it was `None`",
        )
        .edit(source.statement_after(last, &format!("return {returned}"))?),
    )
}

fn is_validator(name: &str) -> bool {
    matches!(
        name,
        "pydantic.functional_validators.field_validator"
            | "pydantic.functional_validators.model_validator"
            | "pydantic.validator"
            | "pydantic.root_validator"
    )
}

/// Whether a body only says that it is to be written.
fn is_stub(body: &[Stmt]) -> bool {
    body.iter().all(|statement| {
        matches!(
            &statement.kind,
            StmtKind::Pass
                | StmtKind::Expr(Expr { kind: ExprKind::Str(_) | ExprKind::Ellipsis, .. })
                | StmtKind::Raise { .. }
        )
    })
}

/// Whether a function returns something, and whether it returns nothing, with a `return`.
fn returns(definition: &FunctionDef) -> (bool, bool) {
    let (mut gives, mut gives_nothing) = (false, false);
    syntax::statements(&definition.body, &mut |statement| {
        if let StmtKind::Return(value) = &statement.kind {
            match value {
                None => gives_nothing = true,
                Some(_) => gives = true,
            }
        }
    });
    (gives, gives_nothing)
}

/// The parameter that holds what is validated.
fn returned_name(definition: &FunctionDef, kind: &str) -> Option<String> {
    let mut names = definition.parameters.iter().map(|parameter| parameter.name.as_str());
    let first = names.next()?;
    let second = names.next();
    match (kind, first) {
        ("model_validator", "self") => Some(first.to_owned()),
        (_, "cls") => second.map(str::to_owned),
        _ => Some(first.to_owned()),
    }
}
