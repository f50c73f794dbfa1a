//! `annotation-unknown-at-runtime`: annotation that FastAPI can't resolve, because its name is only imported for type checkers.

use crate::context::Context;
use crate::entry_points::{EntryPoint, callable_name};
use crate::finding::Confidence;
use crate::reporter::Reporter;
use crate::syntax::{annotations_are_texts, within};
use crate::wording::route_name;
use fastwright_model::dependant::is_depends;
use fastwright_model::registry::EntryKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, Module, Stmt, StmtKind};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::FunctionValue;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Annotation that FastAPI can't resolve, because its name is only imported for type checkers.
    AnnotationUnknownAtRuntime {
        name: "annotation-unknown-at-runtime",
        area: Architecture,
        severity: High,
        confidence: Certain,
        summary: "annotation that FastAPI can't resolve, because its name is only imported for type checkers",
        why: "FastAPI reads annotations while it runs. One that it can't resolve says nothing: the parameter becomes a required query parameter without validation, dependencies in it are not called, and the OpenAPI document fails.",
        recommendation: "Import the name outside of `if TYPE_CHECKING`, and tell the linter that moves imports which decorators need them (`runtime-evaluated-decorators` of ruff).",
        trade_off: "The import costs time at start; where it closes a circle of imports, the circle has to be broken.",
        contract_effect: "the parameters and responses that the code declares",
        cwe: [1164],
        owasp: [],
        profile: Default,
        page: "architecture/annotation-unknown-at-runtime.md",
        references: ["https://docs.astral.sh/ruff/settings/#lint_flake8-type-checking_runtime-evaluated-decorators", "https://peps.python.org/pep-0563/"],
        check: check,
    }
}

/// What a file imports for type checkers only, and whether its annotations are evaluated late.
#[derive(Default)]
struct FileFacts {
    /// Names with the place of their import.
    hidden: FxHashMap<Name, Span>,
    /// `from __future__ import annotations`: FastAPI gets texts.
    late: bool,
    /// Python 3.14 evaluates annotations late: FastAPI gets what can be resolved, and so finds dependencies in it.
    deferred: bool,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let interpreter = analysis.interpreter.borrow();
    let deferred = analysis
        .project
        .environment
        .as_ref()
        .and_then(|environment| environment.python)
        .is_some_and(|python| (python.major, python.minor) >= (3, 14));
    let mut files: FxHashMap<FileId, FileFacts> = FxHashMap::default();
    for entry in context.entry_points() {
        let dependant = entry.dependant();
        let Some(function) = &dependant.function else { continue };
        let file = function.id.file;
        if !analysis.files.get(file).first_party {
            continue;
        }
        let facts = files.entry(file).or_insert_with(|| facts(&analysis.codes[file.0 as usize], deferred));
        if facts.hidden.is_empty() {
            continue;
        }
        for (parameter, default) in function.definition.parameters.iter().zip(&function.defaults) {
            // What depends on something by its default needs no annotation.
            if default.as_ref().is_some_and(is_depends) {
                continue;
            }
            let Some(annotation) = &parameter.annotation else { continue };
            let partly_known = facts.deferred && !facts.late;
            if partly_known && holds_dependency(analysis.files.get(file).slice(annotation.span)) {
                continue;
            }
            if let Some(name) = hidden_in(&interpreter, function, annotation, facts) {
                tell(entry, function, &parameter.name, parameter.span, name, facts, report);
            }
        }
        let operation = entry.detail.flat.entry_kind == EntryKind::Operation;
        if entry.is_handler()
            && operation
            && entry.detail.flat.options.keyword("response_model").is_none()
            && let Some(annotation) = &function.definition.returns
            && let Some(name) = hidden_in(&interpreter, function, annotation, facts)
            && !name.ends_with("Response")
        {
            tell(entry, function, "", annotation.span, name, facts, report);
        }
    }
}

/// Reports one annotation; `parameter` is empty for what is returned.
fn tell(
    entry: &EntryPoint<'_>,
    function: &FunctionValue,
    parameter: &str,
    place: Span,
    name: Name,
    facts: &FileFacts,
    report: &mut Reporter<'_>,
) {
    let at = |span: Span| Location { file: function.id.file, span };
    let imported = facts.hidden[&name];
    let symbol = callable_name(entry.dependant());
    let outline = entry
        .outline(at(place), &function.definition.qualname, at(place))
        .confidence(Confidence::Certain)
        .discriminator(if parameter.is_empty() { "return" } else { parameter });
    report.report_on_route(&outline, |draft| {
        let (message, effect) = if parameter.is_empty() {
            (
                format!("`{name}`, which `{symbol}` returns, is only imported for type checkers"),
                format!("FastAPI can't make a response model of it: `{}` answers 500", route_name(entry.route)),
            )
        } else {
            (
                format!(
                    "FastAPI can't resolve `{name}`, the type of `{parameter}` in `{symbol}`: it is only imported for type checkers"
                ),
                format!("so `{parameter}` is a query parameter without validation, whatever the annotation says"),
            )
        };
        draft
            .message(message)
            .evidence_chain(entry.steps())
            .evidence(format!("the annotation mentions `{name}` and is evaluated when the route is registered"), at(place))
            .evidence(format!("`{name}` is imported under `TYPE_CHECKING`, which is false then"), at(imported))
            .evidence(effect, at(place))
    });
}

/// A name in an annotation that nothing binds at run time, and that an import for type checkers would bind.
fn hidden_in(
    interpreter: &Interpreter<'_>,
    function: &FunctionValue,
    annotation: &Expr,
    facts: &FileFacts,
) -> Option<Name> {
    let is_hidden =
        |name: Name| facts.hidden.contains_key(&name) && interpreter.lookup(function.scope, name).is_none();
    if let ExprKind::Str(text) = &annotation.kind {
        return text
            .split(|character: char| !(character.is_alphanumeric() || character == '_'))
            .map(Name::from)
            .find(|name| is_hidden(*name));
    }
    if !facts.late && !facts.deferred {
        return None;
    }
    let mut found = None;
    within(annotation, &mut |part| {
        if let ExprKind::Name(name) = part.kind
            && found.is_none()
            && is_hidden(name)
        {
            found = Some(name);
        }
    });
    found
}

/// Whether an annotation that is no text names a dependency.
fn holds_dependency(annotation: &str) -> bool {
    !annotation.starts_with(['"', '\''])
        && (annotation.contains("Depends(") || annotation.contains("Security("))
}

/// The imports of a module that stand under `if TYPE_CHECKING`.
fn facts(code: &Module, deferred: bool) -> FileFacts {
    let mut facts = FileFacts { deferred, late: annotations_are_texts(code), ..FileFacts::default() };
    for statement in &code.body {
        if let StmtKind::If { test, body, .. } = &statement.kind
            && is_type_checking(test)
        {
            imports(body, &mut facts.hidden);
        }
    }
    facts
}

fn is_type_checking(test: &Expr) -> bool {
    test.dotted_name().is_some_and(|name| name.rsplit('.').next() == Some("TYPE_CHECKING"))
}

fn imports(body: &[Stmt], found: &mut FxHashMap<Name, Span>) {
    for statement in body {
        match &statement.kind {
            StmtKind::ImportFrom { names, .. } => {
                for alias in names {
                    found.insert(alias.rename.unwrap_or(alias.name), alias.span);
                }
            }
            StmtKind::Import(names) => {
                for alias in names {
                    let first = alias.name.split('.').next().map(Name::from);
                    if let Some(name) = alias.rename.or(first) {
                        found.insert(name, alias.span);
                    }
                }
            }
            _ => {}
        }
    }
}
