//! `dependency-as-default`: a dependency stands where the default of the parameter belongs.

use crate::context::Context;
use crate::entry_points::callable_name;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::fixes::recipes::is_called_by_name;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{annotations_are_texts, any_within};
use crate::versions::FastapiVersions;
use fastwright_python::ir::{ArgumentKind, Expr, ExprKind, Parameter, ParameterKind};
use fastwright_python::location::{FileId, Location};
use fastwright_python::project::Version;
use fastwright_python::value::{FunctionValue, Symbolic, Value};
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// A dependency stands where the default of the parameter belongs.
    DependencyAsDefault {
        name: "dependency-as-default",
        area: Architecture,
        severity: Info,
        confidence: Certain,
        summary: "`Depends(...)` is written as the default of a parameter",
        why: "The function can't be called by anything but FastAPI: a caller that leaves the argument out gets a marker instead of a value, and no type checker notices.",
        recommendation: "Write it into the annotation: `Annotated[Session, Depends(get_session)]`; give the type a name where several functions need it.",
        trade_off: "None since FastAPI 0.95.",
        contract_effect: "none",
        cwe: [],
        owasp: [],
        profile: Strict,
        page: "architecture/dependency-as-default.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/"],
        check: check,
    }
}

/// From this version FastAPI finds dependencies in annotations.
const READS_ANNOTATED: Version = Version::new(0, 95, 0);

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let mut seen: FxHashSet<Location> = FxHashSet::default();
    for entry in context.entry_points() {
        let dependant = entry.dependant();
        let Some(function) = &dependant.function else { continue };
        let file = function.id.file;
        let definition = &function.definition;
        let place = Location { file, span: definition.name_span };
        if !context.analysis.files.get(file).first_party || !seen.insert(place) {
            continue;
        }
        let defaults = definition.parameters.iter().zip(&function.defaults);
        let marked: Vec<&Parameter> = defaults
            .filter(|(_, default)| default.as_ref().is_some_and(is_dependency))
            .map(|(parameter, _)| parameter)
            .collect();
        let Some(first) = marked.first() else { continue };
        let names: Vec<String> = marked.iter().map(|parameter| format!("`{}`", parameter.name)).collect();
        let mut draft = Draft::new(
            place,
            definition.qualname.as_str(),
            format!("`{}` takes {} with `Depends` as default", callable_name(dependant), names.join(", ")),
        )
        .evidence_chain(marked.iter().take(4).map(|parameter| {
            (
                format!("the default of `{}` is a marker", parameter.name),
                Location { file, span: parameter.span },
            )
        }));
        let text = context.analysis.files.get(file).slice(first.span);
        if let Some((head, default)) = text.split_once('=')
            && let Some((name, annotation)) = head.split_once(':')
        {
            let (name, annotation, default) = (name.trim(), annotation.trim(), default.trim());
            draft = draft.example(format!("{name}: Annotated[{annotation}, {default}]"));
        }
        report.report(draft.fix(fix(context, file, function, &marked)));
    }
}

fn is_dependency(value: &Value) -> bool {
    matches!(value.as_symbolic(), Some(Symbolic::Call { callee, .. })
        if callee.as_external().is_some_and(|name| matches!(name.as_str(), "fastapi.params.Depends" | "fastapi.params.Security" | "fastapi.param_functions.Depends" | "fastapi.param_functions.Security" | "fastapi.Depends" | "fastapi.Security")))
}

/// The markers in the annotations.
fn fix(context: &Context<'_>, file: FileId, value: &FunctionValue, marked: &[&Parameter]) -> Option<Fix> {
    if !FastapiVersions::of(context.analysis).surely_at_least(READS_ANNOTATED) {
        return None;
    }
    let function = &value.definition;
    // Who calls it by name may leave out what then has no default.
    if is_called_by_name(context, function.name) {
        return None;
    }
    let source = Source::of(context, file)?;
    let is_marked = |parameter: &Parameter| marked.iter().any(|other| other.span == parameter.span);
    // Behind a parameter with a default only parameters with one may follow.
    let mut has_default = false;
    for parameter in &function.parameters {
        let positional =
            matches!(parameter.kind, ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword);
        if is_marked(parameter) && has_default && positional {
            return None;
        }
        has_default |= positional && parameter.default.is_some() && !is_marked(parameter);
    }
    let are_texts = annotations_are_texts(source.module);
    let (annotated, imports) = source.import("typing", Some("Annotated"))?;
    let mut fix = Fix::safe("write the dependency into the annotation").imports(file, imports);
    for parameter in marked {
        let annotation = parameter.annotation.as_deref()?;
        let default = parameter.default.as_ref()?;
        if matches!(annotation.kind, ExprKind::Invalid) || source.has_comment(parameter.span) {
            return None;
        }
        // FastAPI evaluates a type that is a text, but not one inside of `Annotated`. It matters where the type is
        // the dependency.
        if matches!(annotation.kind, ExprKind::Str(_)) && !names_its_dependency(default) {
            return None;
        }
        if are_texts && !(is_global(context, value, annotation) && is_global(context, value, default)) {
            return None;
        }
        let around = source.with_parentheses(annotation.span);
        let given = source.with_parentheses(default.span);
        let text = format!("{annotated}[{}, {}]", source.slice(around), source.slice(default.span));
        let span = fastwright_python::location::Span::new(around.start, given.end);
        fix = fix.edit(source.replace(span, text));
    }
    Some(fix)
}

/// Whether a marker says what is depended on, or leaves that to the type.
fn names_its_dependency(marker: &Expr) -> bool {
    matches!(&marker.kind, ExprKind::Call(call) if call.arguments.iter().any(|argument| match argument.kind {
        ArgumentKind::Positional => true,
        ArgumentKind::Keyword(name) => name == "dependency",
        _ => false,
    }))
}

/// Whether an expression means the same where only the globals of the module are seen.
fn is_global(context: &Context<'_>, function: &FunctionValue, expression: &Expr) -> bool {
    let interpreter = context.analysis.interpreter.borrow();
    !any_within(
        expression,
        &mut |part| matches!(part.kind, ExprKind::Name(name) if !interpreter.is_global(function.scope, name)),
    )
}
