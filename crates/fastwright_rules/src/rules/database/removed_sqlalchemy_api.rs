//! `removed-sqlalchemy-api`: use of SQLAlchemy that fails since version 2.0.

use crate::call_graph::Node;
use crate::context::Context;
use crate::finding::{Confidence, Fix};
use crate::fixes::Source;
use crate::library_versions::at_least;
use crate::reporter::{Draft, Reporter};
use fastwright_model::analysis::is_test_path;
use fastwright_python::dotted::owner_and_last;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{BinaryOperator, ExprKind};
use fastwright_python::location::Location;
use fastwright_python::project::Version;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Arguments, Kind, Symbolic, Value};

crate::declare_rule! {
    /// Use of SQLAlchemy that fails since version 2.0.
    RemovedSqlalchemyApi {
        name: "removed-sqlalchemy-api",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "use of SQLAlchemy that fails since version 2.0",
        why: "It raises each time that it runs: clients get 500, and a health check that catches errors reports a broken database for ever.",
        recommendation: "Write what SQLAlchemy 2.0 understands; the finding names it.",
        trade_off: "None.",
        contract_effect: "the intended answer instead of 500",
        cwe: [477],
        owasp: [],
        profile: Default,
        page: "database/removed-sqlalchemy-api.md",
        references: ["https://docs.sqlalchemy.org/en/20/changelog/migration_20.html"],
        check: check,
    }
}

/// What a call does that SQLAlchemy 2.0 refuses.
struct Refused {
    /// What it is, for the message: `` `session.execute` gets plain text ``.
    what: String,
    /// What is raised.
    raises: &'static str,
    instead: String,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let Some(confidence) = at_least(context, "sqlalchemy", Version::new(2, 0, 0)) else { return };
    let graph = context.call_graph();
    let calling = graph.calls().libraries(|callee| callee.starts_with("sqlalchemy."));
    let mut found = Vec::new();
    {
        for node in calling.iter() {
            let function = &graph.nodes[node];
            if !analysis.files.get(function.file).first_party {
                continue;
            }
            for (event, place, callee) in function.library_calls(|callee| callee.starts_with("sqlalchemy.")) {
                if let Some(refused) = refused_call(function, event, &callee, &|place: Location| {
                    analysis.files.get(place.file).slice(place.span)
                }) {
                    found.push((node, place, refused));
                }
            }
        }
        made_by_modules(context, &analysis.interpreter.borrow(), confidence, report);
    }
    for (node, place, refused) in found {
        let symbol = graph.nodes[node].symbol();
        for reached in graph.routes_of(node) {
            let outline = reached.outline(analysis, place, &symbol).confidence(confidence);
            report.report_on_route(&outline, |draft| {
                draft
                    .message(format!(
                        "{}, which raises `{}` since SQLAlchemy 2.0",
                        refused.what, refused.raises
                    ))
                    .evidence_chain(graph.evidence(analysis, &reached))
                    .evidence(format!("this call raises `{}`", refused.raises), place)
                    .example(refused.instead.clone())
                    .fix(refused.instead.contains("text(").then(|| text_fix(context, place)).flatten())
            });
        }
    }
}

/// `text(...)` around the plain texts that a call gets.
fn text_fix(context: &Context<'_>, place: Location) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let (_, call) = source.call(place.span)?;
    let (text, imports) = source.import("sqlalchemy", Some("text"))?;
    let first = &call.arguments.first()?.value;
    if !matches!(first.kind, ExprKind::Str(_) | ExprKind::Format(_) | ExprKind::Name(_)) {
        return None;
    }
    Some(
        Fix::changes_contract(
            "say that it is SQL: `text(...)`",
            "the route answers instead of failing with 500",
        )
        .edit(source.insert(first.span.start, format!("{text}(")))
        .edit(source.insert(first.span.end, ")"))
        .imports(place.file, imports),
    )
}

/// Whether a qualified name is a method of a session or connection, and which.
fn method_of_session_or_connection(callee: &str) -> Option<&str> {
    let (owner, method) = owner_and_last(callee)?;
    let known = matches!(
        owner,
        "sqlalchemy.orm.Session"
            | "sqlalchemy.ext.asyncio.AsyncSession"
            | "sqlalchemy.engine.Connection"
            | "sqlalchemy.Connection"
            | "sqlalchemy.engine.base.Connection"
            | "sqlalchemy.ext.asyncio.AsyncConnection"
            | "sqlalchemy.create_engine.connect"
            | "sqlalchemy.create_engine.begin"
            | "sqlalchemy.ext.asyncio.create_async_engine.connect"
            | "sqlalchemy.ext.asyncio.create_async_engine.begin"
            | "sqlalchemy.engine.Engine.connect"
            | "sqlalchemy.engine.Engine.begin"
            | "sqlalchemy.Engine.connect"
            | "sqlalchemy.Engine.begin"
            | "sqlalchemy.ext.asyncio.AsyncEngine.connect"
            | "sqlalchemy.ext.asyncio.AsyncEngine.begin"
    );
    known.then_some(method)
}

fn is_engine(owner: &str) -> bool {
    matches!(
        owner,
        "sqlalchemy.create_engine"
            | "sqlalchemy.engine.Engine"
            | "sqlalchemy.Engine"
            | "sqlalchemy.ext.asyncio.create_async_engine"
            | "sqlalchemy.ext.asyncio.AsyncEngine"
    )
}

fn refused_call<'t>(
    node: &Node,
    event: usize,
    callee: &str,
    text: &dyn Fn(Location) -> &'t str,
) -> Option<Refused> {
    let EventKind::Call(call) = &node.summary.events[event].kind else { return None };
    // Hardly any call needs its text.
    let called = || {
        let written = text(node.summary.events[event].location);
        written.split('(').next().unwrap_or(written).trim()
    };
    let arguments = &*call.arguments;
    let (owner, method) = owner_and_last(callee)?;
    if let Some(method) = method_of_session_or_connection(callee) {
        let session = owner.ends_with("Session");
        if matches!(method, "execute" | "exec" | "scalar" | "scalars" | "stream" | "stream_scalars")
            && arguments.get(0, "statement").is_some_and(is_plain_text)
        {
            return Some(Refused {
                what: format!("`{called}` gets plain text", called = called()),
                raises: if session { "ArgumentError" } else { "ObjectNotExecutableError" },
                instead: format!("{called}(text(...))", called = called()),
            });
        }
        if method == "query" && owner == "sqlalchemy.ext.asyncio.AsyncSession" {
            return Some(Refused {
                what: format!(
                    "`{called}` asks an `AsyncSession` for `query`, which it does not have",
                    called = called()
                ),
                raises: "AttributeError",
                instead: "(await session.scalars(select(...))).all()".to_owned(),
            });
        }
        return None;
    }
    if is_engine(owner) && matches!(method, "execute" | "scalar" | "has_table" | "table_names") {
        let instead = match method {
            "has_table" | "table_names" => "inspect(engine).get_table_names()",
            _ => "with engine.begin() as connection:\n    connection.execute(...)",
        };
        return Some(Refused {
            what: format!(
                "`{called}` asks an engine for `{method}`, which it no longer has",
                called = called()
            ),
            raises: "AttributeError",
            instead: instead.to_owned(),
        });
    }
    if matches!(callee, "sqlalchemy.select" | "sqlalchemy.case")
        && let Some(first) = arguments.positional.first()
        && matches!(first.kind(), Kind::List(_))
    {
        return Some(Refused {
            what: format!("`{called}` gets a list", called = called()),
            raises: "ArgumentError",
            instead: format!("{called}(...)  # each element as an argument", called = called()),
        });
    }
    if matches!(method, "where" | "filter" | "having")
        && (owner.starts_with("sqlalchemy.select") || owner.starts_with("sqlalchemy.orm.Session.query"))
        && arguments.positional.iter().any(is_plain_text)
    {
        return Some(Refused {
            what: format!("`.{method}` gets plain text"),
            raises: "ArgumentError",
            instead: format!(".{method}(text(...))"),
        });
    }
    if method == "from_self" && owner.starts_with("sqlalchemy.orm.Session.query") {
        return Some(Refused {
            what: "`from_self` is no longer there".to_owned(),
            raises: "AttributeError",
            instead: "select(query.subquery())".to_owned(),
        });
    }
    if owner == "sqlalchemy.orm"
        && matches!(
            method,
            "joinedload" | "selectinload" | "subqueryload" | "contains_eager" | "defer" | "load_only"
        )
        && arguments.positional.first().and_then(Value::as_str).is_some_and(|name| name != "*")
    {
        return Some(Refused {
            what: format!("`{called}` gets the name of an attribute", called = called()),
            raises: "ArgumentError",
            instead: format!("{called}(Model.attribute)", called = called()),
        });
    }
    None
}

/// Whether a value is a text that nothing made a statement of.
fn is_plain_text(value: &Value) -> bool {
    match value.kind() {
        Kind::Str(_) => true,
        Kind::Symbolic(expression) => match &**expression {
            Symbolic::Format(_) => true,
            Symbolic::Binary { operator: BinaryOperator::Add, left, right } => {
                is_plain_text(left) || is_plain_text(right)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Factories, engines and metadata that modules make with arguments that are refused.
fn made_by_modules(
    context: &Context<'_>,
    interpreter: &Interpreter<'_>,
    confidence: Confidence,
    report: &mut Reporter<'_>,
) {
    let files = &context.analysis.files;
    let mut found = Vec::new();
    for (_, module) in interpreter.modules() {
        let Some(file) = module.file else { continue };
        for (name, value) in &interpreter.scope(module.scope).names {
            let Some(Symbolic::Call { callee, arguments, site }) = value.as_symbolic() else { continue };
            if site.file == file
                && let Some(callee) = callee.as_external()
                && let Some((argument, raises, when)) = refused_argument(&callee, arguments)
                && let own = files.get(site.file)
                && own.first_party
                && !is_test_path(&own.relative)
            {
                let class = callee.rsplit('.').next().unwrap_or_default().to_owned();
                found.push((*site, name.to_string(), class, argument, raises, when));
            }
        }
    }
    found.sort();
    for (site, name, class, argument, raises, when) in found {
        report.report(
            Draft::new(
                site,
                name.clone(),
                format!("`{class}({argument})` of `{name}` raises `{raises}` since SQLAlchemy 2.0"),
            )
            .confidence(confidence)
            .evidence(format!("`{argument}` is given here, and refused {when}"), site),
        );
    }
}

/// An argument that is refused, what that raises, and when.
fn refused_argument(
    callee: &str,
    arguments: &Arguments,
) -> Option<(&'static str, &'static str, &'static str)> {
    let given = |name: &str| arguments.keyword(name).is_some_and(|value| !value.is_none());
    let at_once = "when the module is imported";
    match callee {
        "sqlalchemy.orm.sessionmaker" | "sqlalchemy.ext.asyncio.async_sessionmaker"
            if arguments.keyword("autocommit").and_then(Value::as_bool) == Some(true) =>
        {
            Some(("autocommit=True", "ArgumentError", "whenever a session is made"))
        }
        "sqlalchemy.create_engine" if given("convert_unicode") => {
            Some(("convert_unicode=...", "TypeError", at_once))
        }
        "sqlalchemy.create_engine" if given("encoding") => Some(("encoding=...", "TypeError", at_once)),
        "sqlalchemy.MetaData" if given("bind") => Some(("bind=...", "TypeError", at_once)),
        _ => None,
    }
}
