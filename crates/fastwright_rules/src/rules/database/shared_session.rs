//! `shared-session`: one session used by several requests or tasks at once.

use crate::call_graph::{Node, first_site};
use crate::context::Context;
use crate::finding::Severity;
use crate::reached::visit_reached;
use crate::reporter::{Outline, Reporter};
use crate::sessions::{call_at, made_at};
use crate::syntax::{call_expression, encloses};
use crate::wording::route_name;
use fastwright_model::library::sqlalchemy::{is_new_session, session_kind};
use fastwright_python::ir::{ArgumentKind, Expr, ExprKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Kind, Symbolic, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// One session used by several requests or tasks at once.
    SharedSession {
        name: "shared-session",
        area: Database,
        severity: Critical,
        confidence: Certain,
        summary: "one session used by several requests or tasks at once",
        why: "Requests see and commit each other's half-done work, and fail at random under load.",
        recommendation: "Give each request its own session, and each concurrent task its own.",
        trade_off: "More connections are in use at a time.",
        contract_effect: "none",
        cwe: [362, 567],
        owasp: [],
        profile: Default,
        page: "database/shared-session.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    check_module_level(context, report);
    check_concurrent_tasks(context, report);
}

/// A session that is opened when a module is imported and used while requests are answered.
fn check_module_level(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let mut shared: Vec<(Name, Location)> = Vec::new();
    {
        let interpreter = context.analysis.interpreter.borrow();
        for (_, module) in interpreter.modules() {
            for (name, value) in &interpreter.scope(module.scope).names {
                let instance = match *value.kind() {
                    Kind::Instance(id) => interpreter.instance(id),
                    _ => None,
                };
                let attributes = instance.into_iter().flat_map(|instance| instance.attributes.values());
                for session in std::iter::once(value).chain(attributes).filter(|value| is_new_session(value))
                {
                    if let Some(site) = made_at(session)
                        && context.analysis.files.get(site.file).first_party
                        && !shared.iter().any(|(_, known)| *known == site)
                    {
                        shared.push((*name, site));
                    }
                }
            }
        }
    }
    shared.sort_by_key(|(_, site)| *site);
    for (name, site) in shared {
        let uses: Vec<Option<Location>> = graph.nodes.iter().map(|node| use_of(node, site)).collect();
        visit_reached(context, graph, |node| uses[node].is_some(), |_| true, &mut |entry, node, path| {
            let Some(place) = uses[node] else { return };
            report.report_on_route(&Outline::new(site, &name, entry.route, site), |draft| {
                let (route, user) = (route_name(entry.route), graph.nodes[node].name());
                draft
                    .message(format!("`{name}` is one session for all requests: `{route}` uses it"))
                    .evidence("the session is opened once, when the module is imported", site)
                    .evidence_chain(entry.steps())
                    .evidence_chain(graph.steps(path))
                    .evidence(format!("`{user}` uses it while other requests may do the same"), place)
            });
        });
    }
}

/// The first call on the session that was made at this place, outside of the function that makes it.
fn use_of(node: &Node, site: Location) -> Option<Location> {
    let function = &node.summary.function;
    if function.id.file == site.file && encloses(function.definition.span, site.span) {
        return None;
    }
    node.summary.events.iter().find_map(|event| match &event.kind {
        EventKind::Call(call) => {
            let base = match call.callee.kind() {
                Kind::Method(method) => &method.receiver,
                _ => match call.callee.as_symbolic() {
                    Some(Symbolic::Member { base, .. }) => base,
                    _ => return None,
                },
            };
            (is_new_session(base) && made_at(base) == Some(site)).then_some(event.location)
        }
        _ => None,
    })
}

/// One session that several coroutines use at the same time.
fn check_concurrent_tasks(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let together = graph.calls().libraries(|callee| gathers(callee) || adds_to_group(callee));
    let gathered: FxHashMap<usize, Vec<(Location, String)>> = together
        .iter()
        .map(|node| (node, gathered(context, &graph.nodes[node])))
        .filter(|(_, found)| !found.is_empty())
        .collect();
    visit_reached(context, graph, |node| gathered.contains_key(&node), |_| true, &mut |entry, node, path| {
        for (place, session) in &gathered[&node] {
            let symbol = graph.nodes[node].symbol();
            let next = first_site(path).unwrap_or(*place);
            let outline =
                entry.outline(*place, &symbol, next).severity(Severity::High).discriminator(session);
            report.report_on_route(&outline, |draft| {
                let route = route_name(entry.route);
                draft
                    .message(format!("`{route}` uses the session `{session}` in several tasks at once"))
                    .evidence_chain(entry.steps())
                    .evidence_chain(graph.steps(path))
                    .evidence(format!("the tasks that run together here share `{session}`"), *place)
            });
        }
    });
}

/// Whether a call runs coroutines at the same time.
fn gathers(callee: &str) -> bool {
    callee == "asyncio.gather"
}

/// Whether a call starts a task of a group.
fn adds_to_group(callee: &str) -> bool {
    callee == "asyncio.TaskGroup.create_task" || callee == "anyio.create_task_group.start_soon"
}

/// Calls of `asyncio.gather` and of a task group's `create_task` whose coroutines share a session.
fn gathered(context: &Context<'_>, node: &Node) -> Vec<(Location, String)> {
    let body = &node.definition.body;
    let mut found = Vec::new();
    let mut in_groups: Vec<(Value, Value)> = Vec::new();
    for (index, place, callee) in node.library_calls(|callee| gathers(callee) || adds_to_group(callee)) {
        let (gather, group) = (gathers(&callee), adds_to_group(&callee));
        if !(gather || group) || place.file != node.file {
            continue;
        }
        let Some(written) = call_expression(body, place.span) else { continue };
        let mut sessions: Vec<(Value, String)> = Vec::new();
        for argument in &written.arguments {
            let (expression, repeated) = match (&argument.kind, &argument.value.kind) {
                (ArgumentKind::Positional, _) => (&argument.value, false),
                (ArgumentKind::Star, ExprKind::Comprehension(comprehension)) => {
                    (&comprehension.element, true)
                }
                _ => continue,
            };
            for (session, text) in sessions_given(context, node, expression) {
                let shared = repeated || sessions.iter().any(|(known, _)| known.same(&session));
                if gather && shared && !found.iter().any(|(known, _)| *known == place) {
                    found.push((place, text.clone()));
                }
                sessions.push((session, text));
            }
        }
        if group
            && let EventKind::Call(call) = &node.summary.events[index].kind
            && let Some(Symbolic::Member { base, .. }) = call.callee.as_symbolic()
        {
            for (session, text) in sessions {
                if in_groups.iter().any(|(owner, known)| owner.same(base) && known.same(&session)) {
                    found.push((place, text));
                }
                in_groups.push((base.clone(), session));
            }
        }
    }
    found
}

/// The sessions that the call of a coroutine function is given, with their text. One that is opened by a
/// `with` around the call is still one.
fn sessions_given(context: &Context<'_>, node: &Node, expression: &Expr) -> Vec<(Value, String)> {
    let Some((_, call)) = call_at(node, expression.span) else { return Vec::new() };
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let ExprKind::Call(written) = &expression.kind else { return Vec::new() };
    let values =
        call.arguments.positional.iter().chain(call.arguments.keywords.iter().map(|(_, value)| value));
    let sessions: Vec<Value> =
        values.filter(|value| session_kind(interpreter, value).is_some()).cloned().collect();
    let file = context.analysis.files.get(node.file);
    sessions
        .into_iter()
        .map(|session| {
            let name = match session.as_symbolic() {
                Some(Symbolic::Parameter(parameter)) => parameter.name.to_string(),
                _ => written
                    .arguments
                    .iter()
                    .map(|argument| file.slice(argument.value.span))
                    .find(|text| text.contains("session") || text.contains("db"))
                    .unwrap_or("session")
                    .to_owned(),
            };
            (session, name)
        })
        .collect()
}
