//! Calls of sessions that a loop repeats for each element.

use crate::call_graph::{CallGraph, Edge, Node};
use crate::call_index::FunctionSet;
use crate::sessions::{call_at, calls_to};
use crate::syntax::{any_within, blocks, encloses, own_expressions, within};
use fastwright_model::facts::mentions;
use fastwright_python::ir::{Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::{Symbolic, Value};

/// Parts of names of what holds several elements at once, or of steps of a search: a call for each of them is
/// what the loop is for.
const NOT_ELEMENTS: &[&str] = &["chunk", "batch", "page", "attempt", "retry", "retries", "window", "shard"];

/// A call that is repeated for each element of something.
#[derive(Debug)]
pub struct RepeatedCall<'g> {
    /// The call in the loop.
    pub place: Location,
    /// Its position in the events of the function.
    pub event: usize,
    /// Where it leads, if it calls a function of the program.
    pub edge: Option<Edge>,
    /// The loop variable as written.
    pub target: &'g Expr,
    /// What is iterated.
    pub iterable: &'g Expr,
    /// The head of the loop, or the comprehension.
    pub around: Span,
    /// Whether a `try` inside of the loop stands around it: each element then fails on its own.
    pub alone: bool,
}

/// The calls of a function that reach one of these methods of a session (`marked` are the functions that do)
/// and that a loop makes for each element, with something that depends on the element. The elements are
/// not known beforehand: loops over a few constants are left out. With `whatever_is_given`, the methods
/// themselves need not be given anything of the element.
pub fn repeated_calls<'g>(
    graph: &'g CallGraph,
    node: usize,
    methods: &[&str],
    marked: &FunctionSet,
    whatever_is_given: bool,
) -> Vec<RepeatedCall<'g>> {
    let number = node;
    let node = &graph.nodes[number];
    let function = &node.summary.function;
    let body = &function.definition.body;
    let mut found = Vec::new();
    for (event, place, edge) in calls_to(graph, number, methods, marked) {
        if place.file != function.id.file {
            continue;
        }
        let Some(inner) = innermost(body, place.span) else { continue };
        if is_fixed(inner.iterable) || inner.leaves {
            continue;
        }
        if whatever_is_given && edge.is_none() || depends_on_element(node, event, &inner, place.span) {
            found.push(RepeatedCall {
                place,
                event,
                edge,
                target: inner.target,
                iterable: inner.iterable,
                around: inner.around,
                alone: inner.statement.is_some_and(|statement| stands_in_try(statement, place.span)),
            });
        }
    }
    found
}

/// A loop with the statement in it that was asked for.
struct Loop<'s> {
    target: &'s Expr,
    iterable: &'s Expr,
    around: Span,
    /// The statement of the loop's body, or the comprehension's element.
    statement: Option<&'s Stmt>,
    /// Whether the loop ends behind the place whatever happens.
    leaves: bool,
}

/// The innermost `for` around a place in a function that repeats it.
fn innermost(body: &[Stmt], place: Span) -> Option<Loop<'_>> {
    let statement = body.iter().find(|statement| encloses(statement.span, place))?;
    let mut found: Option<Loop<'_>> = None;
    if let StmtKind::For { target, iterable, body, .. } = &statement.kind
        && body.iter().any(|inner| encloses(inner.span, place))
    {
        let position = body.iter().position(|inner| encloses(inner.span, place)).unwrap_or_default();
        let leaves = body[position..].iter().any(|inner| {
            matches!(inner.kind, StmtKind::Return(_) | StmtKind::Break | StmtKind::Raise { .. })
        });
        let statement = Some(&body[position]);
        let around = Span::new(target.span.start, iterable.span.end);
        found = Some(Loop { target, iterable, around, statement, leaves });
    }
    for (block, _) in blocks(statement) {
        if let Some(deeper) = innermost(block, place) {
            return Some(deeper);
        }
    }
    own_expressions(statement, &mut |expression| {
        let ExprKind::Comprehension(comprehension) = &expression.kind else { return };
        let repeats = encloses(expression.span, place)
            && comprehension.generators.first().is_some_and(|first| !encloses(first.iterable.span, place));
        if repeats && let Some(first) = comprehension.generators.first() {
            found = Some(Loop {
                target: &first.target,
                iterable: &first.iterable,
                around: expression.span,
                statement: Some(statement),
                leaves: false,
            });
        }
    });
    found
}

/// Whether what is iterated is written out: constants, a range of a known size, an enumeration of them.
fn is_fixed(iterable: &Expr) -> bool {
    match &iterable.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            !items.iter().any(|item| matches!(item.kind, ExprKind::Starred(_)))
        }
        ExprKind::Str(_) => true,
        ExprKind::Dict(_) => true,
        ExprKind::Call(call) => {
            let name = call.callee.dotted_name();
            let name = name.as_deref().unwrap_or_default();
            // A range with a step walks over batches.
            if name == "range" && call.arguments.len() == 3 {
                return true;
            }
            let wraps =
                matches!(name, "range" | "enumerate" | "zip" | "reversed" | "sorted" | "list" | "set");
            let all_fixed = call
                .arguments
                .iter()
                .all(|argument| matches!(argument.value.kind, ExprKind::Int(_)) || is_fixed(&argument.value));
            (wraps && all_fixed) || is_no_element(name)
        }
        // Constants are written in capitals: what they hold is known and small.
        _ => iterable
            .last_name()
            .is_some_and(|name| name.as_str().to_uppercase() == name.as_str() || is_no_element(&name)),
    }
}

fn is_no_element(name: &str) -> bool {
    let name = name.to_lowercase();
    NOT_ELEMENTS.iter().any(|word| name.contains(word))
}

/// Whether what a call is given depends on the element of the loop.
fn depends_on_element(node: &Node, event: usize, around: &Loop<'_>, place: Span) -> bool {
    let mut names: Vec<Name> = Vec::new();
    within(around.target, &mut |part| {
        if let ExprKind::Name(name) = part.kind {
            names.push(name);
        }
    });
    if names.is_empty() || names.iter().any(|name| is_no_element(name)) {
        return false;
    }
    let mut written = false;
    if let Some(statement) = around.statement {
        find_statement(statement, place, &mut |inner| {
            own_expressions(inner, &mut |expression| {
                written |= encloses(expression.span, place)
                    && any_within(
                        expression,
                        &mut |part| matches!(part.kind, ExprKind::Name(name) if names.contains(&name)),
                    );
            });
        });
    }
    if written {
        return true;
    }
    let Some(call) = call_at(node, node.summary.events[event].location.span).map(|(_, call)| call) else {
        return false;
    };
    let is_element =
        |value: &Value| mentions(value, &mut |part| matches!(part.as_symbolic(), Some(Symbolic::Element(_))));
    call.arguments.positional.iter().any(is_element)
        || call.arguments.keywords.iter().any(|(_, value)| is_element(value))
}

/// Visits the innermost statement around a place.
fn find_statement<'s>(statement: &'s Stmt, place: Span, visit: &mut dyn FnMut(&'s Stmt)) {
    for (block, _) in blocks(statement) {
        if let Some(inner) = block.iter().find(|inner| encloses(inner.span, place)) {
            find_statement(inner, place, visit);
            return;
        }
    }
    visit(statement);
}

/// Whether a `try` stands around a place inside of a statement.
fn stands_in_try(statement: &Stmt, place: Span) -> bool {
    blocks(statement).any(|(block, protected)| {
        block
            .iter()
            .find(|inner| encloses(inner.span, place))
            .is_some_and(|inner| protected || stands_in_try(inner, place))
    })
}

/// Where a function calls one of these methods of a session itself, whatever it is given: not behind a
/// condition, and not where results are remembered.
pub fn unconditional_call(
    graph: &CallGraph,
    number: usize,
    methods: &[&str],
    marked: &FunctionSet,
) -> Option<Location> {
    let node = &graph.nodes[number];
    if node.definition.decorators.iter().any(is_cache) {
        return None;
    }
    calls_to(graph, number, methods, marked)
        .find(|(event, _, edge)| edge.is_none() && node.summary.events[*event].branch_depth == 0)
        .map(|(_, place, _)| place)
}

/// Whether a decorator remembers results.
pub fn is_cache(decorator: &Expr) -> bool {
    let callee = match &decorator.kind {
        ExprKind::Call(call) => &call.callee,
        _ => decorator,
    };
    callee.dotted_name().is_some_and(|name| name.contains("cache") || name.contains("memo"))
}
