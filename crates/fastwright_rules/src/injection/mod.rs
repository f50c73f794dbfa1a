//! Text of a client that reaches a call which acts on it: as a path, a command, code, a template, markup. What
//! such calls have in common; each rule adds which calls they are, and what is said about them.

pub mod addresses;
pub mod paths;
pub mod values;

use self::paths::{makes_folders, without_continued_names};
use crate::access::names_few;
use crate::call_graph::CallGraph;
use crate::call_graph::Entry;
use crate::context::Context;
use crate::data_flow::{
    Checks, Flow, Following, RequestInput, Sink, entry_dependant, flows_among, is_whole_path, request_inputs,
};
use crate::finding::{Confidence, Fix, Severity};
use crate::metadata::Profile;
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::any_word;
use crate::wording::{handler_step, route_name};
use fastwright_model::application::{GuardKind, ParameterPlace, Route};
use fastwright_model::assemble::RouteDetail;
use fastwright_model::facts::EventKinds;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::Value;
use rustc_hash::FxHashMap;

/// A dangerous argument of a call.
#[derive(Debug)]
pub struct Danger {
    /// What acts: `open`, `subprocess.run`.
    pub acts: String,
    /// The argument.
    pub value: Value,
}

/// A kind of calls that must not get text of a client, and what is said about it.
pub struct Injection<'i> {
    /// Whether a call of this library function may be dangerous; asked once for each name.
    pub calls: &'i dyn Fn(&str) -> bool,
    /// The dangerous argument of such a call.
    pub argument: &'i dyn Fn(&Interpreter<'_>, &str, &CallEvent) -> Option<Danger>,
    /// Whether an input can do harm there.
    pub accepts: &'i dyn Fn(&RequestInput, &Route) -> bool,
    /// The sentence: from the input, the route and what acts.
    pub message: &'i dyn Fn(&RequestInput, &str, &str) -> String,
    /// Severity where anybody may call the route; a step less behind a guard for few.
    pub severity: Severity,
    /// How sure a finding is when nothing looks at the text.
    pub confidence: Confidence,
    /// Whether the place to repair is where the text is put together, not where it is used.
    pub to_the_text: bool,
    /// Whether what acts takes a path: text that is the whole of it may be what the route is for, and text that only
    /// continues a name leads nowhere. Both are leads only.
    pub is_path: bool,
    /// The fix at the place of the call, from the name of what acts there.
    pub fix: &'i dyn Fn(&Context<'_>, Location, &str) -> Option<Fix>,
}

impl std::fmt::Debug for Injection<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Injection").field("severity", &self.severity).finish_non_exhaustive()
    }
}

/// Follows all calls of a kind back to the inputs of requests and reports what arrives.
pub fn report_injections(context: &Context<'_>, report: &mut Reporter<'_>, injection: &Injection<'_>) {
    follow(context, report, injection, Checks::StopAtReal, &|_| None);
}

/// The same, and what handlers of some routes return: `acts` tells what is done with it.
pub fn report_injections_and_answers(
    context: &Context<'_>,
    report: &mut Reporter<'_>,
    injection: &Injection<'_>,
    acts: &dyn Fn(&RouteDetail) -> Option<String>,
) {
    follow(context, report, injection, Checks::StopAtReal, acts);
}

/// The same for what is checked on the way in a manner that would do elsewhere, but not for these calls.
pub fn report_checked_injections(
    context: &Context<'_>,
    report: &mut Reporter<'_>,
    injection: &Injection<'_>,
) {
    follow(context, report, injection, Checks::OnlyChecked, &|_| None);
}

fn follow(
    context: &Context<'_>,
    report: &mut Reporter<'_>,
    injection: &Injection<'_>,
    checks: Checks,
    acts: &dyn Fn(&RouteDetail) -> Option<String>,
) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let mut candidates = code.calls().libraries(injection.calls);
    let mut answering: FxHashMap<usize, String> = FxHashMap::default();
    for (node, known) in code.nodes.iter().enumerate() {
        let handled = known.entries.iter().find_map(|entry| match entry {
            Entry::Handler(app, route) => acts(&analysis.details[*app][*route]),
            _ => None,
        });
        if let Some(acts) = handled {
            candidates.insert(node);
            answering.insert(node, acts);
        }
    }
    if candidates.is_empty() {
        return;
    }
    let run = context.run_for_many();
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let following = Following { to_the_text: injection.to_the_text, checks };
    let among = |node: usize| run.contains(node);
    let found = flows_among(code, interpreter, following, &candidates, &among, |interpreter, node| {
        let mut found = dangers(interpreter, code, node, injection);
        if let Some(acts) = answering.get(&node) {
            found.extend(returned(code, node, acts));
        }
        found
    });
    for flow in found {
        // A check that is not understood may be enough: a lead, not a finding.
        if checks == Checks::OnlyChecked && flow.doubt.is_none() {
            continue;
        }
        if flow.doubt.is_some() && context.settings.profile < Profile::Audit {
            continue;
        }
        for entry in &code.nodes[flow.node].entries {
            let Some((app, position, dependant)) = entry_dependant(analysis, *entry) else { continue };
            let route = &analysis.apps[app].routes[position];
            if is_for_few(route) && context.settings.profile < Profile::Audit {
                continue;
            }
            let leads_are_left_out = injection.is_path && context.settings.profile < Profile::Audit;
            let inputs = match leads_are_left_out && !makes_folders(&flow.what) {
                true => request_inputs(interpreter, dependant, &without_continued_names(&flow.value)),
                false => request_inputs(interpreter, dependant, &flow.value),
            };
            let Some(input) = inputs.iter().find(|input| (injection.accepts)(input, route)) else { continue };
            if leads_are_left_out && is_whole_path(&flow.value) {
                continue;
            }
            let fix = (injection.fix)(context, flow.place, &flow.what);
            report.report(draft(code, &flow, input, route, injection).fix(fix));
        }
    }
}

fn dangers(
    interpreter: &Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    injection: &Injection<'_>,
) -> Vec<Sink<String>> {
    let mut found = Vec::new();
    for (position, _, name) in code.nodes[node].library_calls(injection.calls) {
        let EventKind::Call(call) = &code.nodes[node].summary.events[position].kind else { continue };
        if let Some(danger) = (injection.argument)(interpreter, name.as_str(), call) {
            let note = format!("`{}` acts on it", danger.acts);
            found.push(Sink { value: danger.value, what: danger.acts, event: position, note });
        }
    }
    found
}

/// What a function returns, as what something acts on.
fn returned(code: &CallGraph, node: usize, acts: &str) -> Vec<Sink<String>> {
    let events = code.nodes[node].events_of(EventKinds::RETURN);
    let returned = events.filter_map(|(position, event)| match &event.kind {
        EventKind::Return(value) => Some((position, value.clone())),
        _ => None,
    });
    let note = format!("`{acts}` sends it");
    returned.map(|(event, value)| Sink { value, what: acts.to_owned(), event, note: note.clone() }).collect()
}

fn draft(
    code: &CallGraph,
    flow: &Flow<String>,
    input: &RequestInput,
    route: &Route,
    injection: &Injection<'_>,
) -> Draft {
    let function = &code.nodes[flow.place_node].definition;
    let mut draft = Draft::new(
        flow.place,
        function.qualname.as_str(),
        (injection.message)(input, &route_name(route), &flow.what),
    )
    .severity(injection.severity)
    .confidence(injection.confidence)
    .route(route)
    .evidence_chain([handler_step(route)])
    .evidence(format!("{} is free text", input.title()), input.location)
    .evidence_chain(flow.steps(code))
    .discriminator(input.text.clone());
    if is_for_few(route) {
        draft = draft.severity(injection.severity.lower());
    }
    if let Some(doubt) = flow.doubt {
        draft = draft
            .confidence(Confidence::Possible)
            .evidence("it is looked at here, which does not rule out everything that is dangerous", doubt);
    }
    draft
}

/// Whether the guard of a route asks for the role of an administrator, and for no other: what they may set up is theirs
/// to choose.
pub fn is_for_few(route: &Route) -> bool {
    route.guard.kind == GuardKind::Required
        && !route.guard.roles.is_empty()
        && route.guard.roles.iter().all(|role| any_word(role, &mut names_few))
}

/// Whether a client can put a slash into an input: a part of a path can't hold one, unless its converter is `path`.
pub fn may_hold_slash(input: &RequestInput, route: &Route) -> bool {
    if input.place != Some(ParameterPlace::Path) {
        return true;
    }
    let name = input.text.split('.').next().unwrap_or_default();
    route.path.contains(&format!("{{{name}:path}}"))
}
