//! `call-past-depends`: function that FastAPI should fill, called by hand without what it depends on.

use crate::call_graph::{CallGraph, Edge};
use crate::context::Context;
use crate::reporter::Reporter;
use crate::syntax::any_expression;
use fastwright_model::facts::EdgeKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ExprKind, FunctionDef, Parameter, ParameterKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::{FunctionValue, Symbolic, Value};
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Function that FastAPI should fill, called by hand without what it depends on.
    CallPastDepends {
        name: "call-past-depends",
        area: Architecture,
        severity: High,
        confidence: Certain,
        summary: "function that FastAPI should fill, called by hand without what it depends on",
        why: "Only FastAPI resolves `Depends()` and `Query()`. In a plain call the default is that marker object itself: the function fails at its first use, or takes the marker for a value.",
        recommendation: "Pass the argument, or move what both need into a function without markers.",
        trade_off: "One more function; the handler becomes thin.",
        contract_effect: "the intended answer instead of 500",
        cwe: [628],
        owasp: [],
        profile: Default,
        page: "architecture/call-past-depends.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/", "https://fastapi.tiangolo.com/python-types/#type-hints-with-metadata-annotations"],
        check: check,
    }
}

/// A parameter that a call leaves to its marker.
struct Left<'f> {
    parameter: &'f Parameter,
    /// `Depends`, `Query`, ...
    marker: &'static str,
    /// Its first use in the function.
    used: Location,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let graph = context.call_graph();
    for node in 0..graph.nodes.len() {
        let function = &graph.nodes[node].summary.function;
        if !function.defaults.iter().flatten().any(|default| marker(default).is_some())
            || !analysis.files.get(function.id.file).first_party
        {
            continue;
        }
        for edge in graph.callers(node).filter(|edge| edge.kind == EdgeKind::Call) {
            let mut left = left_to_markers(graph, edge, function);
            if !left.is_empty() {
                let interpreter = &mut *analysis.interpreter.borrow_mut();
                left.retain(|left| !is_tested_below(graph, interpreter, node, left.parameter.name, 0));
            }
            let Some(first) = left.first() else { continue };
            let symbol = graph.nodes[edge.from()].symbol();
            let called = graph.nodes[node].name();
            for reached in graph.routes_of(edge.from()) {
                let outline = reached.outline(analysis, edge.site, &symbol).discriminator(&called);
                report.report_on_route(&outline, |draft| {
                    let names: Vec<String> =
                        left.iter().map(|left| format!("`{}`", left.parameter.name)).collect();
                    let verb = if names.len() == 1 { "is" } else { "are" };
                    let objects: Vec<&str> = left.iter().map(|left| left.marker).collect();
                    let object = if objects.iter().all(|object| *object == first.marker) {
                        format!("`{}`", first.marker)
                    } else {
                        "marker".to_owned()
                    };
                    let plural = if names.len() == 1 {
                        format!("a {object} object")
                    } else {
                        format!("{object} objects")
                    };
                    let at =
                        |parameter: &Parameter| Location { file: function.id.file, span: parameter.span };
                    draft
                        .message(format!(
                            "`{}` calls `{called}` by hand: {} {verb} {plural} there",
                            graph.nodes[edge.from()].name(),
                            names.join(", "),
                        ))
                        .evidence_chain(graph.evidence(analysis, &reached))
                        .evidence(format!("`{called}` is called without {}", names.join(", ")), edge.site)
                        .evidence_chain(left.iter().map(|left| {
                            (
                                format!(
                                    "the default of `{}` is a marker that only FastAPI resolves",
                                    left.parameter.name
                                ),
                                at(left.parameter),
                            )
                        }))
                        .evidence(format!("`{}` is used here", first.parameter.name), first.used)
                        .example(example(context, edge, &left))
                });
            }
        }
    }
}

/// The name of the marker that a default is. One that stands for `True` is true itself, so it does no harm where it is
/// tested.
fn marker(default: &Value) -> Option<&'static str> {
    let Some(Symbolic::Call { callee, arguments, .. }) = default.as_symbolic() else { return None };
    if arguments.get(0, "default").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    Some(match callee.as_external()?.as_str() {
        "fastapi.Depends" => "Depends",
        "fastapi.Security" => "Security",
        "fastapi.Path" => "Path",
        "fastapi.Query" => "Query",
        "fastapi.Header" => "Header",
        "fastapi.Cookie" => "Cookie",
        "fastapi.Body" => "Body",
        "fastapi.Form" => "Form",
        "fastapi.File" => "File",
        _ => return None,
    })
}

/// The parameters that a call gives nothing for, whose default is a marker, and that the function uses.
fn left_to_markers<'f>(graph: &CallGraph, edge: &Edge, function: &'f FunctionValue) -> Vec<Left<'f>> {
    let Some(call) = graph.call(edge) else { return Vec::new() };
    let arguments = &call.arguments;
    if arguments.incomplete || arguments.keywords.iter().any(|(name, _)| *name == "**") {
        return Vec::new();
    }
    let definition = &function.definition;
    let mut given = arguments.positional.len();
    let mut left = Vec::new();
    for (parameter, default) in definition.parameters.iter().zip(&function.defaults) {
        let by_position = match parameter.kind {
            ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword if given > 0 => {
                given -= 1;
                true
            }
            ParameterKind::VarPositional => {
                given = 0;
                true
            }
            _ => false,
        };
        if by_position || arguments.keyword(&parameter.name).is_some() {
            continue;
        }
        if let Some(marker) = default.as_ref().and_then(marker)
            && let Some(used) = first_use(definition, parameter.name)
        {
            left.push(Left { parameter, marker, used: Location { file: function.id.file, span: used } });
        }
    }
    left
}

/// Where a function first uses a parameter; nowhere when it looks at what it is first.
fn first_use(definition: &FunctionDef, name: Name) -> Option<Span> {
    let mut used = None;
    let mut tested = false;
    any_expression(&definition.body, &mut |expression| {
        match &expression.kind {
            ExprKind::Name(own) if *own == name => {
                used.get_or_insert(expression.span);
            }
            // `isinstance(page, int)`, `if not isinstance(...)`: code that expects calls by hand.
            ExprKind::Call(call)
                if call
                    .callee
                    .dotted_name()
                    .is_some_and(|name| name == "isinstance" || name == "hasattr" || name == "type")
                    && call.arguments.first().is_some_and(
                        |argument| matches!(argument.value.kind, ExprKind::Name(own) if own == name),
                    ) =>
            {
                tested = true;
            }
            _ => {}
        }
        tested
    });
    used.filter(|_| !tested)
}

/// Whether a function only hands a parameter on to others, and each of these looks at what it is before it uses it: a
/// session that is made where none is given.
fn is_tested_below(
    graph: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    node: usize,
    name: Name,
    depth: u32,
) -> bool {
    let function = &graph.nodes[node].summary.function;
    if first_use(&function.definition, name).is_none() {
        return true;
    }
    if depth > 4 {
        return false;
    }
    let mut uses = 0;
    any_expression(&function.definition.body, &mut |expression| {
        uses += usize::from(matches!(expression.kind, ExprKind::Name(own) if own == name));
        false
    });
    let mut handed_on = FxHashSet::default();
    for edge in graph.edges(node) {
        for (parameter, value) in graph.bindings(interpreter, edge) {
            let is_it = matches!(value.as_symbolic(), Some(Symbolic::Parameter(own)) if own.name == name && own.function == function.id);
            if is_it {
                if !is_tested_below(graph, interpreter, edge.to(), parameter, depth + 1) {
                    return false;
                }
                handed_on.insert(edge.site);
            }
        }
    }
    handed_on.len() >= uses
}

/// The call with what it lacks.
fn example(context: &Context<'_>, edge: &Edge, left: &[Left<'_>]) -> String {
    let file = context.analysis.files.get(edge.site.file);
    let text = file.slice(edge.site.span);
    let missing: Vec<String> = left.iter().map(|left| format!("{0}={0}", left.parameter.name)).collect();
    match text.strip_suffix(')') {
        Some(start) => {
            let start = start.trim_end().trim_end_matches(',');
            let comma = if start.ends_with('(') { "" } else { ", " };
            format!("{start}{comma}{})", missing.join(", "))
        }
        None => format!("{text} with {}", missing.join(", ")),
    }
}
