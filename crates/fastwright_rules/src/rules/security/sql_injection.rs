//! `sql-injection`: SQL made of text that the client sent.

use crate::call_graph::{CallGraph, Entry, Wanted};
use crate::context::Context;
use crate::data_flow::{Checks, Following, Sink, entry_dependant, flows, request_inputs};
use crate::finding::{Confidence, Severity};
use crate::reporter::{Draft, Reporter};
use crate::wording::{handler_step, route_name};
use fastwright_model::application::GuardKind;
use fastwright_model::facts::EventKinds;
use fastwright_model::library::sqlalchemy::session_kind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::BinaryOperator;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// SQL made of text that the client sent.
    SqlInjection {
        name: "sql-injection",
        area: Security,
        severity: Critical,
        confidence: Certain,
        summary: "SQL made of text that the client sent",
        why: "The client decides what the database does: read every table, change it, delete it.",
        recommendation: "Bind values: `text(\"... WHERE name = :name\")` with `{\"name\": name}`; choose identifiers from a fixed list.",
        trade_off: "None for values; names of columns need a list of those that are allowed.",
        contract_effect: "none",
        cwe: [89],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/sql-injection.md",
        references: ["https://owasp.org/www-community/attacks/SQL_Injection", "https://docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.text"],
        check: check,
    }
}

/// Functions whose first argument is SQL.
const SQL_FUNCTIONS: &[&str] = &[
    "sqlalchemy.text",
    "sqlalchemy.literal_column",
    "sqlalchemy.sql.literal_column",
    "sqlalchemy.sql.expression.literal_column",
    "sqlalchemy.sql.elements.TextClause",
    "sqlalchemy.DDL",
    "duckdb.sql",
    "duckdb.query",
    "duckdb.execute",
    "pandas.read_sql",
    "pandas.read_sql_query",
];
/// Libraries whose connections and cursors run SQL text.
const DRIVERS: &[&str] = &[
    "sqlite3.",
    "aiosqlite.",
    "asyncpg.",
    "psycopg.",
    "psycopg2.",
    "psycopg_pool.",
    "pymysql.",
    "aiomysql.",
    "MySQLdb.",
    "mysql.",
    "duckdb.",
    "databases.",
    "clickhouse_connect.",
    "clickhouse_driver.",
    "pyodbc.",
    "cx_Oracle.",
    "oracledb.",
    "snowflake.",
    "neo4j.",
    "kuzu.",
];
/// Methods of these that do.
const RUNNING: &[&str] = &[
    "execute",
    "executemany",
    "executescript",
    "fetch",
    "fetchrow",
    "fetchval",
    "fetch_all",
    "fetch_one",
    "fetch_val",
    "query",
    "execute_many",
    "iterate",
    "command",
    "sql",
    "run",
    "execute_query",
];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let following = Following { to_the_text: true, checks: Checks::StopAtAny };
    let running =
        code.calls().methods(RUNNING).or(&code.calls().libraries(|name| SQL_FUNCTIONS.contains(&name)));
    for flow in
        flows(code, interpreter, following, &running, |interpreter, node| sql(interpreter, code, node))
    {
        for entry in &code.nodes[flow.node].entries {
            let Some((app, position, dependant)) = entry_dependant(analysis, *entry) else { continue };
            let route = &analysis.apps[app].routes[position];
            let inputs = request_inputs(interpreter, dependant, &flow.value);
            let Some(input) = inputs.iter().find(|input| input.is_free_text()) else { continue };
            let title = route_name(route);
            let function = &code.nodes[flow.place_node].definition;
            let severity = match route.guard.kind {
                GuardKind::Required if route.guard.roles.is_empty() => Severity::Critical,
                GuardKind::Required => Severity::High,
                _ => Severity::Critical,
            };
            let mut draft = Draft::new(
                flow.place,
                function.qualname.as_str(),
                format!("`{}` of `{title}` becomes part of SQL text in `{}`", input.text, function.name),
            )
            .severity(severity)
            .confidence(if matches!(entry, Entry::Handler(..)) {
                Confidence::Certain
            } else {
                Confidence::Likely
            })
            .route(route)
            .evidence_chain([handler_step(route)])
            .evidence(format!("{} is free text", input.title()), input.location)
            .evidence_chain(flow.steps(code))
            .discriminator(input.text.clone());
            let last = input.text.rsplit('.').next().unwrap_or_default();
            draft = match flow.what {
                Text::Order => draft
                    .recommendation("Look the column up in a dictionary of those that may be sorted by; refuse other names.")
                    .example(format!("SORTABLE = {{\"title\": Book.title}}\norder_by(SORTABLE[{last}])").replace("{{", "{").replace("}}", "}")),
                Text::Statement => draft.example(format!("text(\"... = :{last}\"), {{\"{last}\": {}}}", input.text)),
            };
            report.report(draft);
        }
    }
}

/// What the text is for.
#[derive(Debug, Clone, Copy)]
enum Text {
    Statement,
    Order,
}

/// Places in one function that run SQL text which is put together, or which a caller gives.
fn sql(interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize) -> Vec<Sink<Text>> {
    let mut found = Vec::new();
    let events = &code.nodes[node].summary.events;
    let wanted = Wanted::kinds(EventKinds::LIBRARY_CALL).or_methods(RUNNING);
    for position in code.nodes[node].wanted(wanted) {
        let is_library_call = code.nodes[node].facts.kinds[position].meets(EventKinds::LIBRARY_CALL);
        let callee = code.nodes[node].callee(position);
        if is_library_call && !callee.is_some_and(|name| SQL_FUNCTIONS.contains(&name)) {
            continue;
        }
        let event = &events[position];
        let EventKind::Call(call) = &event.kind else { continue };
        if call.target.is_some() {
            continue;
        }
        let statement = match call.callee.kind() {
            Kind::External(name) if SQL_FUNCTIONS.contains(&name.as_str()) => call.arguments.get(0, "text"),
            _ => {
                let Some(Symbolic::Member { base, name }) = call.callee.as_symbolic() else { continue };
                if !RUNNING.contains(&name.as_str()) {
                    continue;
                }
                let by_session =
                    matches!(name.as_str(), "execute") && session_kind(interpreter, base).is_some();
                let by_driver =
                    callee.is_some_and(|name| DRIVERS.iter().any(|driver| name.starts_with(driver)));
                if !(by_session || by_driver) {
                    continue;
                }
                call.arguments
                    .positional
                    .first()
                    .or_else(|| call.arguments.keyword("query"))
                    .or_else(|| call.arguments.keyword("sql"))
            }
        };
        let Some(statement) = statement else { continue };
        if !may_be_text(statement) {
            continue;
        }
        let what = if is_order(events, position, event.location) { Text::Order } else { Text::Statement };
        let note = match what {
            Text::Order => "it decides the order in SQL text",
            Text::Statement => "it is run as SQL text",
        };
        found.push(Sink { value: statement.clone(), what, event: position, note: note.to_owned() });
    }
    found
}

/// Whether the call is an argument of `order_by`.
fn is_order(
    events: &[fastwright_python::summary::Event],
    position: usize,
    location: fastwright_python::location::Location,
) -> bool {
    events.iter().skip(position + 1).take(3).any(|event| match &event.kind {
        EventKind::Call(call) => {
            matches!(call.callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "order_by")
                && event.location.file == location.file
                && event.location.span.start <= location.span.start
                && location.span.end <= event.location.span.end
        }
        _ => false,
    })
}

/// Whether a value is text that is put together, or given by a caller; statements built by a library are not.
fn may_be_text(value: &Value) -> bool {
    match value.kind() {
        Kind::Union(values) => values.iter().any(may_be_text),
        Kind::Method(_) => true,
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Format(_) | Symbolic::Parameter(_) | Symbolic::Element(_) | Symbolic::Item { .. } => {
                true
            }
            Symbolic::Binary { operator, .. } => {
                matches!(operator, BinaryOperator::Add | BinaryOperator::Modulo)
            }
            Symbolic::Member { .. } => true,
            // "...".format(...), ", ".join(...), and text methods of these.
            Symbolic::Call { callee, .. } => match callee.kind() {
                Kind::Method(method) => {
                    method.function.as_external().is_some_and(|name| name.starts_with("builtins.str."))
                }
                Kind::Symbolic(inner) => {
                    matches!(&**inner, Symbolic::Member { base, .. } if may_be_text(base))
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}
