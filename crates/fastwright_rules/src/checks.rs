//! What functions on the way do to be sure of an input: compare it, match it, hand it to something that refuses;
//! and which of that really rules out what is dangerous.

use crate::call_graph::{CallGraph, Edge};
use crate::call_index::FunctionSet;
use crate::data_flow::{Part, any_part, holds};
use crate::vocabulary::holds_any;
use fastwright_model::facts::{EventKinds, mentions};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Comparison;
use fastwright_python::location::Location;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::rc::Rc;

/// What a check on the way means for what is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// Nothing: the rule looks at checks itself.
    Ignore,
    /// Whatever compares an input or hands it to a check ends the way.
    StopAtAny,
    /// Only what rules dangerous values out ends the way; other checks leave a doubt.
    StopAtReal,
    /// No check ends the way; each leaves a doubt.
    OnlyChecked,
}

impl Checks {
    /// Whether the way goes on behind what a function does with some inputs (see [`crate::data_flow::inputs`]) before an
    /// event, and with what doubt.
    pub(crate) fn look(
        self,
        interpreter: &mut Interpreter<'_>,
        graph: &CallGraph,
        node: usize,
        inputs: &[Value],
        before: usize,
    ) -> Option<Option<Location>> {
        match self {
            Self::Ignore => Some(None),
            Self::StopAtAny => checked_at(graph, node, inputs, before).is_none().then_some(None),
            Self::OnlyChecked => Some(checked_at(graph, node, inputs, before)),
            Self::StopAtReal => {
                if rules_out(interpreter, graph, node, inputs, before) {
                    return None;
                }
                Some(checked_at(graph, node, inputs, before))
            }
        }
    }
}

/// Names of functions that check what they are given.
const CHECKING_WORDS: &[&str] = &[
    "valid",
    "check",
    "verify",
    "allow",
    "safe",
    "sanit",
    "assert",
    "ensure",
    "guard",
    "whitelist",
    "permit",
    "escape",
    "quote",
];

/// Where a function looks at one of some inputs before an event: compares it, matches it, or hands it to a function
/// that can refuse it.
pub fn checked_at(graph: &CallGraph, node: usize, inputs: &[Value], before: usize) -> Option<Location> {
    if inputs.is_empty() {
        return None;
    }
    let summary = &graph.nodes[node].summary;
    let is_input = |value: &Value| inputs.iter().any(|input| input.same(value));
    let may_hold = |value: &Value| inputs.iter().any(|input| value.may_contain(input));
    for (position, event) in summary.events.iter().enumerate().take(before) {
        match &event.kind {
            EventKind::Condition(condition) if may_hold(condition) && is_test(condition, &is_input) => {
                return Some(event.location);
            }
            EventKind::Call(call) => {
                let given = call
                    .arguments
                    .positional
                    .iter()
                    .chain(call.arguments.keywords.iter().map(|(_, value)| value))
                    .any(|value| may_hold(value) && mentions(value, &mut |part| is_input(part)));
                if !given {
                    continue;
                }
                let edge = graph.edge_at(node, position);
                match edge {
                    Some(edge) => {
                        let called = &graph.nodes[edge.to()].summary;
                        let refuses =
                            called.events.iter().any(|event| matches!(event.kind, EventKind::Raise { .. }));
                        if refuses || sounds_like_check(&called.function.definition.name) {
                            return Some(event.location);
                        }
                    }
                    None => {
                        if graph.nodes[node].callee(position).is_some_and(|name| {
                            sounds_like_check(name.rsplit('.').next().unwrap_or_default())
                        }) {
                            return Some(event.location);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    None
}

fn sounds_like_check(name: &str) -> bool {
    holds_any(name, CHECKING_WORDS)
}

/// Whether a condition tests an input for more than being there.
fn is_test(condition: &Value, is_input: &dyn Fn(&Value) -> bool) -> bool {
    match condition.as_symbolic() {
        Some(Symbolic::Compare { comparison: Comparison::Is | Comparison::IsNot, .. }) => false,
        Some(Symbolic::Compare { left, right, .. }) => {
            mentions(left, &mut |part| is_input(part)) || mentions(right, &mut |part| is_input(part))
        }
        Some(Symbolic::Call { callee, .. }) => {
            !asks_for_file(callee) && mentions(condition, &mut |part| is_input(part))
        }
        Some(Symbolic::Not(inner)) => is_test(inner, is_input),
        _ => {
            condition.alternatives().len() > 1
                && condition.alternatives().iter().any(|part| is_test(part, is_input))
        }
    }
}

/// Whether what is called only tells whether there is such a file, which refuses nobody who names one.
fn asks_for_file(callee: &Value) -> bool {
    const QUESTIONS: &[&str] = &["exists", "is_file", "is_dir", "isfile", "isdir", "lexists", "stat"];
    let name = match callee.kind() {
        Kind::External(name) => name.as_str().rsplit('.').next(),
        Kind::Method(method) => {
            method.function.as_external().and_then(|name| name.as_str().rsplit('.').next())
        }
        _ => match callee.as_symbolic() {
            Some(Symbolic::Member { name, .. }) => Some(name.as_str()),
            _ => None,
        },
    };
    name.is_some_and(|name| QUESTIONS.contains(&name))
}

/// How deep functions that check are looked into.
const DEEPEST_CHECK: u32 = 3;

/// Functions and methods that leave only harmless values, or tell them apart.
fn is_real_check(name: &str) -> bool {
    matches!(
        name,
        "is_relative_to"
            | "relative_to"
            | "commonpath"
            | "fullmatch"
            | "match"
            | "isalnum"
            | "isalpha"
            | "isdigit"
            | "isdecimal"
            | "isnumeric"
            | "isidentifier"
            | "ip_address"
            | "is_private"
            | "is_global"
            | "is_loopback"
            | "UUID"
            | "int"
            | "float"
            | "secure_filename"
            | "sanitize_filename"
            | "url_has_allowed_host_and_scheme"
    )
}

/// Functions that can rule something out. Few are asked about, and each is looked at once for all rules.
#[derive(Debug)]
pub struct Deciding {
    /// With a real check among what they call.
    checking: FunctionSet,
    /// Whether those that were asked about have a check or a test of their own.
    own: RefCell<Vec<Option<bool>>>,
    /// Whether they, or what they call, have one.
    reaching: RefCell<Vec<Option<bool>>>,
}

impl Deciding {
    /// Those of a graph.
    pub fn of(graph: &CallGraph) -> Self {
        let unknown = vec![None; graph.nodes.len()];
        Self {
            checking: graph.calls().named(is_real_check),
            own: RefCell::new(unknown.clone()),
            reaching: RefCell::new(unknown),
        }
    }

    /// Whether a function has a check or a test of its own.
    fn has_own(&self, graph: &CallGraph, node: usize) -> bool {
        let known = self.own.borrow()[node];
        known.unwrap_or_else(|| {
            let own = self.checking.contains(node)
                || graph.nodes[node].events_of(EventKinds::CONDITION.or(EventKinds::RETURN)).any(
                    |(_, event)| match &event.kind {
                        EventKind::Condition(value) | EventKind::Return(value) => tests(value),
                        _ => false,
                    },
                );
            self.own.borrow_mut()[node] = Some(own);
            own
        })
    }

    /// Whether a function, or something that it calls, has one.
    fn reaches(&self, graph: &CallGraph, node: usize) -> bool {
        let known = self.reaching.borrow()[node];
        known.unwrap_or_else(|| {
            let mut seen = FxHashSet::from_iter([node]);
            let mut waiting = vec![node];
            let mut found = false;
            while let Some(node) = waiting.pop() {
                let known = self.reaching.borrow()[node];
                if known == Some(false) {
                    continue;
                }
                if known == Some(true) || self.has_own(graph, node) {
                    found = true;
                    break;
                }
                waiting.extend(graph.edges(node).iter().map(Edge::to).filter(|called| seen.insert(*called)));
            }
            let mut reaching = self.reaching.borrow_mut();
            reaching[node] = Some(found);
            if !found {
                seen.into_iter().for_each(|node| reaching[node] = Some(false));
            }
            found
        })
    }
}

/// Whether something is asked that may rule an input out.
fn tests(value: &Value) -> bool {
    mentions(value, &mut |part| match part.as_symbolic() {
        Some(Symbolic::Compare { comparison, .. }) => {
            matches!(comparison, Comparison::In | Comparison::NotIn)
        }
        Some(Symbolic::Member { name, .. }) => is_real_check(name) || *name == "startswith",
        _ => false,
    })
}

/// Whether a function certainly rules dangerous values of some inputs out before an event.
pub fn rules_out(
    interpreter: &mut Interpreter<'_>,
    graph: &CallGraph,
    node: usize,
    inputs: &[Value],
    before: usize,
) -> bool {
    !inputs.is_empty() && rules_out_inputs(interpreter, graph, node, inputs, before, true, 0)
}

fn rules_out_inputs(
    interpreter: &mut Interpreter<'_>,
    graph: &CallGraph,
    node: usize,
    inputs: &[Value],
    before: usize,
    by_tests: bool,
    depth: u32,
) -> bool {
    let deciding = graph.deciding();
    if !deciding.reaches(graph, node) {
        return false;
    }
    let tests_here = by_tests && deciding.has_own(graph, node);
    let summary = Rc::clone(&graph.nodes[node].summary);
    let is_input = |value: &Value| inputs.iter().any(|input| input.same(value));
    let mut holding = Holding { inputs, known: FxHashMap::default() };
    for (position, event) in summary.events.iter().enumerate().take(before) {
        match &event.kind {
            EventKind::Condition(value) | EventKind::Return(value)
                if tests_here
                    && holding.is_in(interpreter, value, 12)
                    && is_real_test(interpreter, value, &is_input) =>
            {
                return true;
            }
            EventKind::Call(call) => {
                let leads = graph.edge_at(node, position).map(|edge| deciding.reaches(graph, edge.to()));
                // Neither a check itself, nor a way to one.
                if leads == Some(false) || leads.is_none() && !deciding.has_own(graph, node) {
                    continue;
                }
                if !any_given(call, &mut |value| holding.is_in(interpreter, value, 12)) {
                    continue;
                }
                let last = match call.callee.as_symbolic() {
                    Some(Symbolic::Member { name, .. }) => name.as_str(),
                    _ => graph.nodes[node]
                        .callee(position)
                        .and_then(|name| name.rsplit('.').next())
                        .unwrap_or_default(),
                };
                if call.target.is_none() && is_real_check(last) {
                    return true;
                }
                if depth >= DEEPEST_CHECK {
                    continue;
                }
                for edge in graph.edges(node).iter().filter(|edge| edge.event() == position) {
                    let called = Rc::clone(&graph.nodes[edge.to()].summary);
                    // What only uses the input checks nothing: a check refuses, or answers yes or no.
                    let refuses =
                        called.events.iter().any(|event| matches!(event.kind, EventKind::Raise { .. }));
                    // A test in what only uses the input may be about anything; what makes an id of it, or refuses
                    // further below, is a check wherever it stands.
                    let decides = refuses
                        || answers(&called.returns)
                        || sounds_like_check(&called.function.definition.name);
                    let bound = graph.bindings(interpreter, edge);
                    let inner: Vec<Value> = called
                        .parameters
                        .iter()
                        .filter(|(name, _)| {
                            bound.get(*name).is_some_and(|value| holding.is_in(interpreter, value, 12))
                        })
                        .map(|(_, value)| value.clone())
                        .collect();
                    let all = called.events.len();
                    if !inner.is_empty()
                        && rules_out_inputs(
                            interpreter,
                            graph,
                            edge.to(),
                            &inner,
                            all,
                            by_tests && decides,
                            depth + 1,
                        )
                    {
                        return true;
                    }
                }
            }
            _ => {}
        }
    }
    false
}

/// Which values hold one of some inputs. Values share their parts: each is looked through once.
struct Holding<'i> {
    inputs: &'i [Value],
    known: FxHashMap<Part, bool>,
}

impl Holding<'_> {
    fn is_in(&mut self, interpreter: &Interpreter<'_>, value: &Value, depth: u32) -> bool {
        // What an expression may contain is known of itself; of methods and collections it is not.
        if value.as_symbolic().is_some() && !self.inputs.iter().any(|input| value.may_contain(input)) {
            return false;
        }
        if self.inputs.iter().any(|input| input.same(value)) {
            return true;
        }
        let part = Part::of(value);
        if let Some(known) = part.and_then(|part| self.known.get(&part)) {
            return *known;
        }
        let found =
            depth > 0 && any_part(interpreter, value, &mut |part| self.is_in(interpreter, part, depth - 1));
        if let Some(part) = part {
            self.known.insert(part, found);
        }
        found
    }
}

/// Whether a result is yes or no.
fn answers(value: &Value) -> bool {
    value.alternatives().iter().any(|value| {
        matches!(value.kind(), Kind::Bool(_))
            || matches!(value.as_symbolic(), Some(Symbolic::Compare { .. } | Symbolic::Not(_)))
    })
}

/// Whether something holds for an argument of a call or for the object whose method it is.
fn any_given(call: &CallEvent, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    let keywords = call.arguments.keywords.iter().map(|(_, value)| value);
    let receiver = match call.callee.kind() {
        Kind::Method(method) => Some(&method.receiver),
        _ => match call.callee.as_symbolic() {
            Some(Symbolic::Member { base, .. }) => Some(base),
            _ => None,
        },
    };
    call.arguments.positional.iter().chain(keywords).chain(receiver).any(test)
}

/// Whether a test leaves only values of a list, or values of a known beginning that no other meaning can hide in.
fn is_real_test(interpreter: &Interpreter<'_>, test: &Value, is_input: &dyn Fn(&Value) -> bool) -> bool {
    holds(interpreter, test, &mut |part| match part.as_symbolic() {
        // Whether `..` is in it says little; whether it is one of a list says everything.
        Some(Symbolic::Compare { comparison: Comparison::In | Comparison::NotIn, left, right }) => {
            let is_listed = !matches!(right.kind(), Kind::Str(_))
                && !right.is_none()
                && mentions(left, &mut |part| is_input(part))
                && !mentions(right, &mut |part| is_input(part));
            let is_inside = matches!(right.as_symbolic(), Some(Symbolic::Member { base, name })
                if *name == "parents" && mentions(base, &mut |part| is_input(part)));
            is_listed || is_inside
        }
        Some(Symbolic::Call { callee, arguments, .. }) => {
            let Some(Symbolic::Member { base, name }) = callee.as_symbolic() else { return false };
            if is_real_check(name) {
                return true;
            }
            name == "startswith"
                && {
                    let start = arguments.positional.first();
                    let resolved = mentions(base, &mut |part| match part.as_symbolic() {
                        Some(Symbolic::Call { callee, .. }) => {
                            callee.as_external().is_some_and(|name| {
                                matches!(
                                    name.as_str(),
                                    "os.path.realpath" | "os.path.abspath" | "os.path.normpath"
                                )
                            }) || matches!(callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "resolve")
                        }
                        _ => false,
                    });
                    // `https://api.example.com/` leaves no other host.
                    let is_host = start.and_then(Value::as_str).is_some_and(|text| {
                        text.split_once("://").is_some_and(|(_, rest)| rest.contains('/'))
                    });
                    resolved || is_host
                }
        }
        Some(Symbolic::Member { base, name }) => {
            is_real_check(name) && mentions(base, &mut |part| is_input(part))
        }
        _ => false,
    })
}
