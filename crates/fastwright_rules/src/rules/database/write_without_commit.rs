//! `write-without-commit`: rows are written, and nothing of the request commits them.

use crate::call_graph::{CallGraph, CallPath, Node, first_site};
use crate::context::Context;
use crate::entry_points::EntryPoint;
use crate::reporter::Reporter;
use crate::sessions::is_session_method;
use crate::syntax::{any_statement, uses_name};
use crate::wording::route_name;
use fastwright_model::application::RouteKind;
use fastwright_model::dependant::DependantKind;
use fastwright_model::library::sqlalchemy::{is_factory_maker, session_kind};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::StmtKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::{Kind, Symbolic, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Rows are written, and nothing of the request commits them.
    WriteWithoutCommit {
        name: "write-without-commit",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "rows are written, and nothing of the request commits them",
        why: "The session rolls back when it is closed: the caller is told that all went well, and nothing was stored.",
        recommendation: "Commit behind the last write, or open the session in a transaction that commits: `SessionLocal.begin()`.",
        trade_off: "None.",
        contract_effect: "what the route promises is stored",
        cwe: [841],
        owasp: [],
        profile: Default,
        page: "database/write-without-commit.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/session_basics.html#committing"],
        check: check,
    }
}

/// Methods of sessions that write rows.
const WRITES: &[&str] =
    &["add", "add_all", "delete", "bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"];

/// Names whose mention may mean that something commits.
const ENDINGS: &[&str] = &["commit", "begin", "autocommit", "AUTOCOMMIT", "connection"];

/// Parts of names of methods that may commit where their code is not known.
const MAY_COMMIT: &[&str] =
    &["commit", "save", "persist", "finish", "complete", "finalize", "end", "close", "done"];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let writing = graph.calls().libraries(|callee| is_session_method(callee, WRITES));
    if writing.is_empty() {
        return;
    }
    let reaching = graph.reaching(writing.clone(), |_| true);
    let mut endings = Endings { graph, known: FxHashMap::default(), below: FxHashMap::default() };
    // What a middleware does to the session of a request is not followed.
    if graph.middleware.iter().any(|middleware| endings.below(middleware.node)) {
        return;
    }
    for entry in context.entry_points() {
        if !entry.is_handler() || entry.route.kind != RouteKind::Http {
            continue;
        }
        let Some(root) = graph.of_dependant(entry.handler()).filter(|root| reaching.contains(*root)) else {
            continue;
        };
        let parts: Vec<usize> = entry.route_functions(graph).collect();
        // A class or function of a library may do anything with the session.
        let all_known = entry.handler().walk().into_iter().all(|part| {
            graph.of_dependant(part).is_some() || matches!(part.kind, DependantKind::SecurityScheme(_))
        });
        if !all_known {
            continue;
        }
        if parts.iter().any(|part| endings.below(*part)) {
            continue;
        }
        let ways = graph.ways(root, |_| true);
        let written = ways.nodes().enumerate().find(|(_, node)| writing.contains(*node));
        let Some((position, node)) = written else { continue };
        let path = ways.path(position);
        if parts.iter().any(|part| hands_session_away(context, graph, *part)) {
            continue;
        }
        let Some(opened) = session_opened(context, graph, entry) else { continue };
        tell(context, report, graph, entry, node, &path, opened);
    }
}

/// Which functions may end a transaction, found when asked for.
struct Endings<'g> {
    graph: &'g CallGraph,
    known: FxHashMap<usize, bool>,
    below: FxHashMap<usize, bool>,
}

impl Endings<'_> {
    /// Whether a function, or anything that it runs, may commit.
    fn below(&mut self, start: usize) -> bool {
        if let Some(known) = self.below.get(&start) {
            return *known;
        }
        let ways = self.graph.ways(start, |_| true);
        let known = &mut self.known;
        let graph = self.graph;
        let found =
            ways.nodes().any(|node| *known.entry(node).or_insert_with(|| may_commit(&graph.nodes[node])));
        self.below.insert(start, found);
        found
    }
}

fn may_commit(node: &Node) -> bool {
    let definition = &node.definition;
    let holds_others =
        || any_statement(&definition.body, &mut |statement| matches!(statement.kind, StmtKind::Function(_)));
    node.summary.incomplete
        || ENDINGS.iter().any(|name| {
            uses_name(definition, name) || definition.mentions.may_hold(Name::from(name)) && holds_others()
        })
}

/// Whether anything that a function runs gives a session to code that is not known, or calls something
/// unknown that sounds as if it ended a transaction.
fn hands_session_away(context: &Context<'_>, graph: &CallGraph, start: usize) -> bool {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let ways = graph.ways(start, |_| true);
    ways.nodes().any(|node| {
        let node = &graph.nodes[node];
        node.summary.events.iter().enumerate().any(|(index, event)| {
            let EventKind::Call(call) = &event.kind else { return false };
            if call.target.is_some() {
                return false;
            }
            let callee = node.facts.callee(index);
            is_unknown_ending(interpreter, call, callee)
        })
    })
}

fn is_unknown_ending(interpreter: &mut Interpreter<'_>, call: &CallEvent, callee: Option<Name>) -> bool {
    let method = match call.callee.as_symbolic() {
        Some(Symbolic::Member { name, .. }) => Some(*name),
        _ => None,
    };
    if let Some(callee) = callee {
        let of_session = callee.starts_with("sqlalchemy.orm.Session.")
            || callee.starts_with("sqlalchemy.ext.asyncio.AsyncSession.");
        if of_session || callee.starts_with("builtins.") {
            return false;
        }
    } else if method.is_some_and(|method| MAY_COMMIT.iter().any(|word| method.contains(word))) {
        return true;
    }
    // The maker of sessions may be given a session's class; only sessions themselves count.
    let mut given =
        call.arguments.positional.iter().chain(call.arguments.keywords.iter().map(|(_, value)| value));
    call.arguments.incomplete || given.any(|value| session_kind(interpreter, value).is_some())
}

/// Where the session of a route is opened, when it is one that does not commit by itself.
fn session_opened(context: &Context<'_>, graph: &CallGraph, entry: &EntryPoint<'_>) -> Option<Location> {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let parts: Vec<usize> = entry.route_functions(graph).collect();
    let mut found = None;
    for part in parts {
        for node in graph.ways(part, |_| true).nodes() {
            for event in &graph.nodes[node].summary.events {
                let EventKind::Call(call) = &event.kind else { continue };
                if call.target.is_some() || session_kind(interpreter, &call.result).is_none() {
                    continue;
                }
                let maker = match call.callee.kind() {
                    Kind::External(_) => Some(&call.callee),
                    _ => match call.callee.as_symbolic() {
                        Some(Symbolic::Call { callee, .. }) if is_factory_maker(callee) => Some(&call.callee),
                        _ => None,
                    },
                };
                let engine = match maker?.as_symbolic() {
                    Some(Symbolic::Call { arguments, .. }) => arguments.get(0, "bind").cloned(),
                    _ => call.arguments.get(0, "bind").cloned(),
                };
                if engine.is_some_and(|engine| commits_by_itself(&engine)) {
                    return None;
                }
                found = Some(event.location);
            }
        }
    }
    found
}

/// Whether an engine is made with `isolation_level="AUTOCOMMIT"`, or with options that are not known.
fn commits_by_itself(engine: &Value) -> bool {
    match engine.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. }) => {
            arguments.incomplete
                || arguments.keyword("isolation_level").is_some()
                || arguments.keyword("execution_options").is_some()
                || callee.as_external().is_none()
        }
        _ => engine.is_unknown(),
    }
}

fn tell(
    context: &Context<'_>,
    report: &mut Reporter<'_>,
    graph: &CallGraph,
    entry: &EntryPoint<'_>,
    node: usize,
    path: &CallPath,
    opened: Location,
) {
    let writer = &graph.nodes[node];
    let Some((_, place, callee)) = writer.library_calls(|callee| is_session_method(callee, WRITES)).next()
    else {
        return;
    };
    let symbol = writer.symbol();
    let next = first_site(path).unwrap_or(place);
    let outline = entry.outline(place, &symbol, next);
    report.report_on_route(&outline, |draft| {
        let route = route_name(entry.route);
        let file = context.analysis.files.get(place.file);
        let method = callee.rsplit('.').next().unwrap_or("add");
        let written = file.slice(place.span);
        let session = written.split_once(&format!(".{method}")).map_or("session", |(session, _)| session);
        let wait = if callee.starts_with("sqlalchemy.ext.asyncio") { "await " } else { "" };
        draft
            .message(format!("`{route}` writes with `{method}` and never commits"))
            .evidence_chain(entry.steps())
            .evidence_chain(graph.steps(path))
            .evidence("the row is only noted here", place)
            .evidence("this session is closed without a commit: neither the route nor what gives the session has one", opened)
            .example(format!("{wait}{session}.commit()"))
    });
}
