//! `refused-parameter`: declaration of a parameter that FastAPI refuses at import.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, title};
use fastwright_model::application::Route;
use fastwright_model::dependant::{Dependant, DependantKind, is_depends, path_parameters, split_annotated};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::ParameterKind;
use fastwright_python::location::Location;
use fastwright_python::value::*;
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Declaration of a parameter that FastAPI refuses at import.
    RefusedParameter {
        name: "refused-parameter",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "declaration of a parameter that FastAPI refuses at import",
        why: "The application does not start: FastAPI asserts that what a parameter says about itself fits together.",
        recommendation: "Say it once: the marker inside of `Annotated`, the default behind `=`.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/refused-parameter.md",
        references: ["https://fastapi.tiangolo.com/tutorial/query-params-str-validations/"],
        check: check,
    }
}

/// The classes that say where a parameter comes from.
const MARKERS: &[&str] = &["Path", "Query", "Header", "Cookie", "Body", "Form", "File"];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut seen = FxHashSet::default();
    for (_, route, detail) in context.routes() {
        let Some(handler) = &detail.dependant else { continue };
        let in_path = path_parameters(&route.path);
        for node in handler.walk() {
            if let Some(function) = &node.function
                && seen.insert(function.serial)
            {
                parameters(interpreter, route, node, function, &in_path, report);
            }
        }
    }
}

fn parameters(
    interpreter: &mut Interpreter<'_>,
    route: &Route,
    node: &Dependant,
    function: &std::rc::Rc<FunctionValue>,
    in_path: &[String],
    report: &mut Reporter<'_>,
) {
    // `self` and what a partial has filled are no parameters of the request.
    let from_request = !matches!(node.kind, DependantKind::SecurityScheme(_) | DependantKind::Opaque);
    if !from_request {
        return;
    }
    for (index, parameter) in function.definition.parameters.iter().enumerate() {
        if !matches!(parameter.kind, ParameterKind::PositionalOrKeyword | ParameterKind::KeywordOnly)
            || parameter.annotation.is_none()
        {
            continue;
        }
        let Some(annotation) = interpreter.shown_annotation(function, index) else { continue };
        let (_, metadata) = split_annotated(&annotation);
        let default = function.defaults.get(index).cloned().flatten();
        let marker = metadata.iter().rev().find(|part| is_depends(part) || marker_name(part).is_some());
        let Some(marker) = marker else { continue };
        let name = parameter.name;
        let kind = marker_name(marker).unwrap_or("Depends");
        let is_marker = |value: &Value| is_depends(value) || marker_name(value).is_some();
        let (what, example) = if let Some(second) = default.as_ref().filter(|value| is_marker(value)) {
            // Two markers of which the second only repeats are refused as well.
            let second = marker_name(second).unwrap_or("Depends");
            (format!("`{name}` has `{kind}` in `Annotated` and `{second}` as default"), String::new())
        } else if let Some(given) = default_of(marker).filter(|_| kind != "Depends") {
            let text = interpreter.text_of(&given).unwrap_or_else(|| "...".to_owned());
            let text = if given.as_str().is_some() { format!("{text:?}") } else { text };
            (
                format!("`{name}` has its default inside of `{kind}` in `Annotated`"),
                format!("{name}: Annotated[..., {kind}()] = {text}"),
            )
        } else if kind == "Path" && default.is_some() && in_path.iter().any(|own| name.as_str() == own) {
            (format!("`{name}` is part of the path and has a default"), String::new())
        } else if kind != "Path" && kind != "Depends" && is_plain_path(in_path, node, name.as_str()) {
            (
                format!("`{name}` is part of the path and declared as `{kind}`"),
                format!("{name}: Annotated[..., Path()]"),
            )
        } else {
            continue;
        };
        let place = Location { file: function.id.file, span: parameter.span };
        let title = title(route);
        let mut draft = Draft::new(
            place,
            function.definition.qualname.as_str(),
            format!("{what}: FastAPI refuses `{title}` at import"),
        )
        .route(route)
        .discriminator(name.to_string())
        .evidence(format!("`{title}` is registered here"), registered_at(route))
        .evidence(what, place);
        if !example.is_empty() {
            draft = draft.example(example);
        }
        report.report(draft);
    }
}

/// Whether a parameter of the handler itself stands in the path.
fn is_plain_path(in_path: &[String], node: &Dependant, name: &str) -> bool {
    node.kind == DependantKind::Handler && in_path.iter().any(|own| own == name)
}

/// `Query` of `Query(...)`.
fn marker_name(value: &Value) -> Option<&'static str> {
    let Symbolic::Call { callee, .. } = value.as_symbolic()? else { return None };
    let name = callee.as_external()?;
    let class = name.strip_prefix("fastapi.")?;
    MARKERS.iter().copied().find(|marker| *marker == class)
}

/// The default that a marker is given, `...` aside.
fn default_of(marker: &Value) -> Option<Value> {
    let Symbolic::Call { arguments, .. } = marker.as_symbolic()? else { return None };
    let given = arguments.get(0, "default")?;
    let is_known = !given.is_unknown() && !matches!(given.kind(), Kind::Ellipsis | Kind::External(_));
    is_known.then(|| given.clone())
}
