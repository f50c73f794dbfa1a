//! `rows-loaded-for-count`: all rows are loaded to know how many there are.

use crate::call_graph::{Node, first_site};
use crate::context::Context;
use crate::reached::visit_reached;
use crate::reporter::Reporter;
use crate::sessions::call_at;
use crate::syntax::{any_statement, call_expression, expressions, unawaited};
use crate::wording::route_name;
use fastwright_model::facts::EdgeKind;
use fastwright_model::library::sqlalchemy::{entity, session_kind};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::{Kind, Symbolic, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// All rows are loaded to know how many there are.
    RowsLoadedForCount {
        name: "rows-loaded-for-count",
        area: Database,
        severity: Medium,
        confidence: Certain,
        summary: "all rows are loaded to know how many there are",
        why: "Every row travels to the service, becomes an object, and is thrown away: time and memory grow with the table, for one number.",
        recommendation: "Let the database count: `select(func.count()).select_from(...)`.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [1049],
        owasp: ["API4:2023"],
        profile: Default,
        page: "database/rows-loaded-for-count.md",
        references: ["https://docs.sqlalchemy.org/en/20/core/functions.html#sqlalchemy.sql.functions.count"],
        check: check,
    }
}

/// Rows that are counted and not used.
struct Counted {
    place: Location,
    loaded: Location,
    class: Option<Name>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let loading = graph.calls().methods(&["all", "fetchall"]);
    let counted: FxHashMap<usize, Vec<Counted>> = graph
        .calls()
        .libraries(|callee| callee == "builtins.len")
        .iter()
        .filter(|node| loading.contains(*node))
        .map(|node| (node, counted(context, &graph.nodes[node])))
        .filter(|(_, counted)| !counted.is_empty())
        .collect();
    visit_reached(
        context,
        graph,
        |node| counted.contains_key(&node),
        |edge| edge.kind != EdgeKind::Background,
        &mut |entry, node, path| {
            let symbol = graph.nodes[node].symbol();
            for found in &counted[&node] {
                let next = first_site(path).unwrap_or(found.loaded);
                report.report_on_route(&entry.outline(found.place, &symbol, next), |draft| {
                    let class = found.class.map_or_else(|| "row".to_owned(), |class| format!("`{class}`"));
                    let draft = draft
                        .message(format!("`{}` loads every {class} to count them", route_name(entry.route)))
                        .evidence_chain(entry.steps())
                        .evidence_chain(graph.steps(path))
                        .evidence("the rows are loaded here", found.loaded)
                        .evidence("and only their number is used", found.place);
                    match found.class {
                        Some(class) => draft.example(format!("select(func.count()).select_from({class})")),
                        None => draft,
                    }
                });
            }
        },
    );
}

fn counted(context: &Context<'_>, node: &Node) -> Vec<Counted> {
    let function = &node.summary.function;
    let body = &function.definition.body;
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut found = Vec::new();
    for (_, place, _) in node.library_calls(|callee| callee == "builtins.len") {
        if place.file != function.id.file {
            continue;
        }
        let Some(argument) = call_expression(body, place.span).and_then(|call| call.arguments.first()) else {
            continue;
        };
        let argument = unawaited(&argument.value);
        let loaded = match argument.kind {
            ExprKind::Name(name) => only_counted(body, name),
            ExprKind::Call(_) => Some(argument.span),
            _ => None,
        };
        let Some(loaded) = loaded else { continue };
        let Some((_, call)) = call_at(node, loaded) else { continue };
        let is_all = matches!(call.callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if matches!(name.as_str(), "all" | "fetchall"));
        if !is_all || !comes_from_session(interpreter, &call.callee, 0) {
            continue;
        }
        let class = match call.callee.as_symbolic() {
            Some(Symbolic::Member { base, .. }) => entity(interpreter, base, 0),
            _ => None,
        };
        let class = match class.map(Value::into_kind) {
            Some(Kind::Class(id)) => interpreter.class(id).map(|class| class.name),
            _ => None,
        };
        found.push(Counted { place, loaded: Location { file: place.file, span: loaded }, class });
    }
    found
}

/// The expression that a variable is set to, where it is set once and read at one place.
fn only_counted(body: &[fastwright_python::ir::Stmt], name: Name) -> Option<Span> {
    let mut assigned: Vec<Span> = Vec::new();
    let mut uses = 0;
    let inner = any_statement(body, &mut |statement| {
        if let StmtKind::Assign { targets, value } = &statement.kind
            && let [Expr { kind: ExprKind::Name(target), .. }] = &**targets
            && *target == name
        {
            assigned.push(unawaited(value).span);
        }
        matches!(statement.kind, StmtKind::Function(_) | StmtKind::Class(_))
    });
    expressions(body, &mut |expression| {
        if matches!(expression.kind, ExprKind::Name(other) if other == name) {
            uses += 1;
        }
        if matches!(expression.kind, ExprKind::Lambda(_)) {
            uses += 2;
        }
    });
    // Once as the target of the assignment, once in `len(...)`.
    (!inner && uses == 2 && assigned.len() == 1).then(|| assigned[0])
}

/// Whether a chain of calls starts at a session.
fn comes_from_session(interpreter: &mut Interpreter<'_>, value: &Value, depth: u32) -> bool {
    if depth > 16 {
        return false;
    }
    match value.as_symbolic() {
        Some(Symbolic::Member { base, .. }) => {
            session_kind(interpreter, base).is_some() || comes_from_session(interpreter, base, depth + 1)
        }
        Some(Symbolic::Call { callee, .. }) => comes_from_session(interpreter, callee, depth + 1),
        _ => false,
    }
}
