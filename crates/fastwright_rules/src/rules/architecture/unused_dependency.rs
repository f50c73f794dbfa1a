//! `unused-dependency`: function that only FastAPI could call, and that nothing depends on.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use fastwright_model::analysis::{Analysis, is_test_path};
use fastwright_model::dependant::{Dependant, is_depends, split_annotated};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ExprKind, Parameter};
use fastwright_python::location::Location;
use fastwright_python::value::{FunctionValue, Value};
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Function that only FastAPI could call, and that nothing depends on.
    UnusedDependency {
        name: "unused-dependency",
        area: Architecture,
        severity: Low,
        confidence: Likely,
        summary: "function that only FastAPI could call, and that nothing depends on",
        why: "It looks like a guard, a filter or a session that is in force somewhere, and it never runs.",
        recommendation: "Depend on it where it was meant to be, or delete it.",
        trade_off: "None.",
        contract_effect: "none, or new refusals where a guard was forgotten",
        cwe: [561],
        owasp: [],
        profile: Strict,
        page: "architecture/unused-dependency.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    // With apps that are chosen by name, or none, others may depend on it.
    if analysis.apps.is_empty() {
        return;
    }
    let graph = context.call_graph();
    let known: FxHashSet<_> = graph.nodes.iter().map(|node| node.summary.function.id).collect();
    let depended: FxHashSet<_> = analysis
        .details
        .iter()
        .flatten()
        .filter_map(|detail| detail.dependant.as_ref())
        .flat_map(Dependant::walk)
        .filter_map(|part| Some(part.function.as_ref()?.id))
        .collect();
    let interpreter = analysis.interpreter.borrow();
    let mut seen = FxHashSet::default();
    for function in interpreter.functions() {
        let definition = &function.definition;
        if function.class.is_some()
            || !definition.decorators.is_empty()
            || definition.qualname != definition.name
            || known.contains(&function.id)
            || depended.contains(&function.id)
        {
            continue;
        }
        let own = analysis.files.get(function.id.file);
        if !own.first_party || is_test_path(&own.relative) {
            continue;
        }
        let marked = definition.parameters.iter().zip(&function.defaults).find(|(parameter, default)| {
            depends(analysis, &interpreter, function, parameter, default.as_ref())
        });
        let Some((parameter, _)) = marked else { continue };
        if !seen.insert(function.id) || is_named_elsewhere(analysis, &definition.name) {
            continue;
        }
        let at = |span| Location { file: function.id.file, span };
        report.report(
            Draft::new(
                at(definition.name_span),
                definition.qualname.as_str(),
                format!("nothing depends on `{}`, and only FastAPI could call it", definition.name),
            )
            .evidence(format!("`{}` is filled by FastAPI alone", parameter.name), at(parameter.span))
            .evidence(
                format!("no other line of the project names `{}`", definition.name),
                at(definition.name_span),
            ),
        );
    }
}

/// Whether a parameter is a dependency, by its default or by what its annotation says.
fn depends(
    analysis: &Analysis,
    interpreter: &Interpreter<'_>,
    function: &FunctionValue,
    parameter: &Parameter,
    default: Option<&Value>,
) -> bool {
    if default.is_some_and(is_depends) {
        return true;
    }
    let Some(annotation) = &parameter.annotation else { return false };
    match &annotation.kind {
        // An alias: `SessionDependency`.
        ExprKind::Name(name) => interpreter
            .lookup(function.scope, *name)
            .is_some_and(|alias| split_annotated(&alias).1.iter().any(is_depends)),
        ExprKind::Subscript(_) => {
            let text = analysis.files.get(function.id.file).slice(annotation.span);
            text.contains("Annotated[") && (text.contains("Depends(") || text.contains("Security("))
        }
        _ => false,
    }
}

/// Whether a name stands somewhere beside its definition, be it in a comment.
fn is_named_elsewhere(analysis: &Analysis, name: &str) -> bool {
    let is_part = |character: u8| character.is_ascii_alphanumeric() || character == b'_';
    let mut count = 0;
    analysis.files.iter().filter(|(_, file)| file.first_party).any(|(_, file)| {
        let text = file.text.as_bytes();
        memchr::memmem::find_iter(text, name).any(|at| {
            let before =
                at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|byte| is_part(*byte));
            let behind = text.get(at + name.len()).is_some_and(|byte| is_part(*byte));
            count += usize::from(!before && !behind);
            count > 1
        })
    })
}
