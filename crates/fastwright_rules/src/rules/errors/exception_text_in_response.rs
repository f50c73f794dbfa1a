//! `exception-text-in-response`: text of an unexpected exception sent to the client.

use crate::call_graph::{CallGraph, Entry, ExceptionHandler};
use crate::context::Context;
use crate::data_flow::{Part, any_text_part, holds};
use crate::escaping::try_regions;
use crate::finding::Fix;
use crate::fixes::arguments::keyword;
use crate::fixes::find::reason_phrase;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{any_statement, any_within, encloses};
use crate::vocabulary::{any_word, holds_any};
use crate::wording::route_name;
use fastwright_model::facts::{EventKinds, callee_name};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ArgumentKind, ExprKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::summary::{EventKind, Summary};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::rc::Rc;

crate::declare_rule! {
    /// Text of an unexpected exception sent to the client.
    ExceptionTextInResponse {
        name: "exception-text-in-response",
        area: Errors,
        severity: Medium,
        confidence: Certain,
        summary: "text of an unexpected exception sent to the client",
        why: "The text of an exception names tables, files, addresses and sometimes values: what an attacker wants to know.",
        recommendation: "Log the exception, and answer with a text of your own and an id to look it up by.",
        trade_off: "Clients lose a detail that some may show to their users.",
        contract_effect: "the text of the response changes",
        cwe: [209, 497],
        owasp: ["API8:2023"],
        profile: Default,
        page: "errors/exception-text-in-response.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/"],
        check: check,
    }
}

/// Errors of libraries whose text tells about the inside: statements, hosts, files.
const TELLING: &[&str] = &[
    "builtins.Exception",
    "builtins.BaseException",
    "builtins.OSError",
    "builtins.RuntimeError",
    "sqlalchemy.exc.",
    "sqlite3.",
    "psycopg",
    "asyncpg.",
    "pymysql.",
    "pymongo.errors.",
    "redis.exceptions.",
    "botocore.exceptions.",
    "subprocess.",
    "smtplib.",
    "elasticsearch.",
];

/// Text of an exception on its way to a caller.
struct Leak {
    place: Location,
    /// What is sent: "the text of `error`", "the traceback".
    what: String,
    /// Where the exception is caught, or the handler that gets it.
    caught: Location,
    caught_note: String,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let mut interpreter = context.analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let mut without = Without::default();
    for node in 0..graph.nodes.len() {
        let leaks = leaks(interpreter, graph, node, &mut without);
        if leaks.is_empty() {
            continue;
        }
        let routes = graph.routes_of(node);
        let function = &graph.nodes[node].definition;
        for leak in leaks {
            let step = (format!("{} becomes part of the answer", leak.what), leak.place);
            if routes.is_empty() {
                let registered = graph.exception_handlers.iter().find(|handler| handler.node == node);
                let registration = registered.map(|handler| {
                    (format!("`{}` answers exceptions of the application", function.name), handler.site)
                });
                report.report(
                    Draft::new(
                        leak.place,
                        function.qualname.as_str(),
                        format!(
                            "`{}` sends {} to callers of every route that fails so",
                            function.name, leak.what
                        ),
                    )
                    .evidence_chain(registration)
                    .evidence(leak.caught_note, leak.caught)
                    .evidence_chain([step])
                    .fix(fix(context, leak.place))
                    .discriminator(leak.what),
                );
                continue;
            }
            for reached in &routes {
                if !graph.may_be_taken(interpreter, &reached.chain, leak.place) {
                    continue;
                }
                let outline = reached
                    .outline(context.analysis, leak.place, &function.qualname)
                    .discriminator(&leak.what);
                report.report_on_route(&outline, |draft| {
                    let title = route_name(reached.route_in(context.analysis));
                    draft
                        .message(format!("`{title}` sends {} to the caller", leak.what))
                        .evidence_chain(graph.evidence(context.analysis, reached))
                        .evidence(leak.caught_note.clone(), leak.caught)
                        .evidence_chain([step.clone()])
                        .fix(fix(context, leak.place))
                });
            }
        }
    }
}

fn leaks(
    interpreter: &mut Interpreter<'_>,
    graph: &CallGraph,
    node: usize,
    without: &mut Without,
) -> Vec<Leak> {
    let own_handled = graph.exception_handlers.iter().find(|handler| handler.node == node);
    // Only what a handler of exceptions gets is an exception without having been caught.
    if own_handled.is_none() && !graph.nodes[node].has_any(EventKinds::MAY_HOLD_CAUGHT) {
        return Vec::new();
    }
    let summary = &graph.nodes[node].summary;
    let answers = graph.nodes[node]
        .entries
        .iter()
        .any(|entry| matches!(entry, Entry::Handler(..) | Entry::ExceptionHandler(_) | Entry::Middleware));
    // What a handler of exceptions gets is an exception there, and nowhere else.
    let mut own = Without::default();
    let without = if own_handled.is_some() { &mut own } else { without };
    let mut search = Search { graph, handled: own_handled, summary, without };
    let mut found: Vec<Leak> = Vec::new();
    let calls = EventKinds::METHOD_CALL.or(EventKinds::BOUND_CALL);
    let kinds = calls.or(EventKinds::RAISE).or(EventKinds::RETURN).or(EventKinds::LIBRARY_CALL);
    let is_message = |position: usize| {
        let callee = graph.nodes[node].callee(position);
        callee.is_some_and(|name| name.starts_with("starlette.websockets.WebSocket.send_"))
    };
    for (position, event) in graph.nodes[node].events_of(kinds) {
        let kind = graph.nodes[node].facts.kinds[position];
        let may_hold_any = own_handled.is_some() || kind.meets(EventKinds::MAY_HOLD_CAUGHT);
        if !may_hold_any || kind.meets(calls) && !is_message(position) {
            continue;
        }
        let sent: Option<&Value> = match &event.kind {
            EventKind::Raise { exception, again: false } => match exception.as_symbolic() {
                Some(Symbolic::Call { callee, arguments, .. })
                    if interpreter.derives_from(callee, "starlette.exceptions.HTTPException") =>
                {
                    arguments.get(1, "detail")
                }
                _ => None,
            },
            EventKind::Return(value) if answers => Some(value),
            EventKind::Call(call) => {
                let is_response = match call.callee.kind() {
                    Kind::External(_) => {
                        interpreter.derives_from(&call.callee, "starlette.responses.Response")
                    }
                    _ => false,
                };
                match is_response || is_message(position) {
                    true => call.arguments.get(0, "content"),
                    false => None,
                }
            }
            _ => None,
        };
        let Some(source) = sent.and_then(|value| search.source(interpreter, value, 0)) else { continue };
        if parses_only(interpreter, summary, source.caught) || stays_inside(graph, node, source.caught) {
            continue;
        }
        if is_decided(interpreter, summary, &source.exception, event.location)
            || source.written.is_some_and(|written| is_switched_elsewhere(graph, summary, written))
            || is_asked_by_helper(interpreter, summary, &source.exception, event.location)
        {
            continue;
        }
        let place = match source.written {
            Some(written) if !inside(summary, written) => written,
            _ => event.location,
        };
        if !found.iter().any(|leak| overlap(leak.place, place)) {
            found.push(Leak { place, what: source.what, caught: source.caught, caught_note: source.note });
        }
    }
    found
}

/// What reads input of the client: its errors are about that input.
const PARSING: &[&str] = &[
    "json",
    "loads",
    "body",
    "form",
    "int",
    "float",
    "UUID",
    "fromisoformat",
    "strptime",
    "b64decode",
    "model_validate",
    "model_validate_json",
    "validate_python",
    "validate_json",
    "parse_obj",
    "decode",
    "safe_load",
    "Decimal",
    "encode",
    "strip",
];

/// Whether the `try` of a clause does nothing but read input of the client.
fn parses_only(interpreter: &mut Interpreter<'_>, summary: &Summary, clause: Location) -> bool {
    let regions = try_regions(&summary.function.definition);
    let region = regions
        .iter()
        .find(|region| region.handlers.iter().any(|handler| handler.span.start == clause.span.start));
    let Some(region) = region.filter(|_| clause.file == summary.function.id.file) else { return false };
    let mut calls = 0;
    for event in &summary.events {
        let EventKind::Call(call) = &event.kind else { continue };
        if event.location.file != clause.file || !region.body.contains(event.location.span.start) {
            continue;
        }
        calls += 1;
        // Making a model of what the client sent says what a 422 says.
        if call.target.is_none()
            && matches!(call.callee.kind(), Kind::Class(_))
            && interpreter.derives_from(&call.callee, "pydantic.main.BaseModel")
        {
            continue;
        }
        if let Some((function, key)) = &call.target {
            let (function, receiver) = (Rc::clone(function), key.receiver);
            if says_own_words(interpreter, &function, receiver) {
                continue;
            }
        }
        let name = match call.callee.as_symbolic() {
            Some(Symbolic::Member { name, .. }) => Some(*name),
            _ => callee_name(interpreter, &call.callee),
        };
        let parses = name.is_some_and(|name| PARSING.contains(&name.rsplit('.').next().unwrap_or_default()));
        if call.target.is_some() || !parses {
            return false;
        }
    }
    calls > 0
}

/// Packages of functions that reach nothing outside of the process: their errors name nothing internal.
const WITHOUT_OUTSIDE: &[&str] = &[
    "builtins",
    "re",
    "json",
    "datetime",
    "typing",
    "uuid",
    "collections",
    "itertools",
    "functools",
    "math",
    "copy",
    "string",
    "textwrap",
    "enum",
    "dataclasses",
    "pydantic",
    "pydantic_core",
    "ast",
    "black",
    "html",
    "base64",
    "hashlib",
    "hmac",
    "secrets",
    "decimal",
    "operator",
    "time",
    "logging",
    "loguru",
    "structlog",
    "fastapi",
    "starlette",
    "difflib",
    "inspect",
];

/// Methods of texts, collections and models.
const OF_VALUES: &[&str] = &[
    "strip",
    "lstrip",
    "rstrip",
    "split",
    "rsplit",
    "join",
    "format",
    "lower",
    "upper",
    "title",
    "replace",
    "startswith",
    "endswith",
    "encode",
    "decode",
    "get",
    "items",
    "keys",
    "values",
    "append",
    "extend",
    "insert",
    "update",
    "pop",
    "sort",
    "copy",
    "add",
    "setdefault",
    "index",
    "count",
    "model_dump",
    "dict",
    "json",
    "model_dump_json",
    "isoformat",
    "splitlines",
    "removeprefix",
    "removesuffix",
    "remove",
    "discard",
    "union",
    "find",
    "isidentifier",
    "isdigit",
    "capitalize",
    "group",
    "match",
    "fullmatch",
    "search",
    "findall",
    "sub",
];

/// Whether what a `try` does stays inside of the process: it calls only functions of the program and of libraries that
/// reach no database, file, service or program. Then nothing internal can be in the text.
fn stays_inside(graph: &CallGraph, node: usize, clause: Location) -> bool {
    let summary = &graph.nodes[node].summary;
    let regions = try_regions(&summary.function.definition);
    let region = regions
        .iter()
        .find(|region| region.handlers.iter().any(|handler| handler.span.start == clause.span.start));
    let Some(region) = region.filter(|_| clause.file == summary.function.id.file) else { return false };
    let within =
        |location: Location| location.file == clause.file && region.body.contains(location.span.start);
    if summary.function.definition.is_async && contains_await(graph, node, &within) {
        return false;
    }
    if !calls_stay_inside(graph, node, &within) {
        return false;
    }
    let start: Vec<usize> =
        graph.edges(node).iter().filter(|edge| within(edge.site)).map(|edge| edge.to()).collect();
    let called = graph.reached_from(start);
    called.iter().all(|called| calls_stay_inside(graph, *called, &|_| true))
}

/// Whether something is awaited there: what is waited for is outside.
fn contains_await(graph: &CallGraph, node: usize, within: &dyn Fn(Location) -> bool) -> bool {
    graph.nodes[node].summary.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Call(call) if call.awaited && call.target.is_none())
            && within(event.location)
    })
}

fn calls_stay_inside(graph: &CallGraph, node: usize, within: &dyn Fn(Location) -> bool) -> bool {
    graph.nodes[node].summary.events.iter().enumerate().all(|(position, event)| {
        let EventKind::Call(call) = &event.kind else { return true };
        if !within(event.location) || call.target.is_some() {
            return true;
        }
        if matches!(call.callee.kind(), Kind::Class(_)) {
            return true;
        }
        match graph.nodes[node].callee(position) {
            Some(name) if name != "builtins.open" => {
                let package = name.split('.').next().unwrap_or_default();
                WITHOUT_OUTSIDE.contains(&package)
                    || name.starts_with("urllib.parse.")
                    || name.starts_with("os.path.")
            }
            Some(_) => false,
            None => match call.callee.as_symbolic() {
                Some(Symbolic::Member { name, .. }) => OF_VALUES.contains(&name.as_str()),
                _ => matches!(call.callee.kind(), Kind::Method(_)),
            },
        }
    })
}

/// Whether all that a function can raise are exceptions that it makes itself, for whoever called: it calls nothing
/// but text methods and patterns besides.
fn says_own_words(
    interpreter: &mut Interpreter<'_>,
    function: &Rc<FunctionValue>,
    receiver: Option<ObjectId>,
) -> bool {
    let Some(summary) = interpreter.summarize(function, receiver) else { return false };
    let mut raises = false;
    for event in &summary.events {
        match &event.kind {
            EventKind::Raise { exception, again } => {
                let is_made = matches!(exception.as_symbolic(), Some(Symbolic::Call { .. }));
                if *again || !is_made {
                    return false;
                }
                raises = true;
            }
            EventKind::Call(call) => {
                let is_text = matches!(call.callee.as_symbolic(), Some(Symbolic::Member { .. }))
                    || matches!(call.callee.kind(), Kind::Method(_));
                let is_plain = callee_name(interpreter, &call.callee).is_some_and(|name| {
                    name.starts_with("builtins.") || name.starts_with("re.") || name.ends_with("Exception")
                });
                if call.target.is_some() || !is_text && !is_plain {
                    return false;
                }
            }
            _ => {}
        }
    }
    raises
}

/// Whether the text is made by a function of the program that asks what kind of exception it got.
fn is_asked_by_helper(
    interpreter: &mut Interpreter<'_>,
    summary: &Summary,
    exception: &Option<Value>,
    place: Location,
) -> bool {
    let Some(exception) = exception else { return false };
    summary.events.iter().any(|event| {
        let EventKind::Call(call) = &event.kind else { return false };
        let Some((function, key)) = &call.target else { return false };
        if !overlap(event.location, place)
            || !call.arguments.positional.iter().any(|value| value.same(exception))
        {
            return false;
        }
        let Some(helper) = interpreter.summarize(&Rc::clone(function), key.receiver) else { return false };
        helper.events.iter().any(|event| match &event.kind {
            EventKind::Condition(condition) => {
                holds(interpreter, condition, &mut |part| match part.as_symbolic() {
                    Some(Symbolic::Call { callee, arguments, .. }) => {
                        callee.as_external().is_some_and(|name| name == "builtins.isinstance")
                            && matches!(
                                arguments.positional.first().and_then(Value::as_symbolic),
                                Some(Symbolic::Parameter(_))
                            )
                    }
                    _ => false,
                })
            }
            _ => false,
        })
    })
}

fn inside(summary: &Summary, location: Location) -> bool {
    let own = summary.function.definition.span;
    location.file == summary.function.id.file
        && own.start <= location.span.start
        && location.span.end <= own.end
}

fn overlap(one: Location, other: Location) -> bool {
    one.file == other.file && one.span.start < other.span.end && other.span.start < one.span.end
}

/// Whether the way to a place depends on what the exception is, or on a switch for development.
fn is_decided(
    interpreter: &Interpreter<'_>,
    summary: &Summary,
    exception: &Option<Value>,
    place: Location,
) -> bool {
    summary.events.iter().any(|event| match &event.kind {
        EventKind::Condition(condition) if event.location.span.start < place.span.end => {
            holds(interpreter, condition, &mut |value| {
                exception.as_ref().is_some_and(|exception| value.same(exception)) || is_switch(value)
            })
        }
        _ => false,
    })
}

/// Whether the text is written in a function that is called, inside of a branch for development there.
fn is_switched_elsewhere(graph: &CallGraph, summary: &Summary, written: Location) -> bool {
    !inside(summary, written)
        && graph.nodes.iter().filter(|node| inside(&node.summary, written)).any(|node| {
            any_statement(&node.definition.body, &mut |statement| {
                let StmtKind::If { test, body, .. } = &statement.kind else { return false };
                body.iter().any(|inner| encloses(inner.span, written.span))
                    && any_within(test, &mut |part| match &part.kind {
                        ExprKind::Name(name) => names_switch(name),
                        ExprKind::Attribute(attribute) => names_switch(&attribute.name),
                        _ => false,
                    })
            })
        })
}

fn is_switch(value: &Value) -> bool {
    let name = match value.as_symbolic() {
        Some(Symbolic::Member { name, .. }) => *name,
        Some(Symbolic::Parameter(parameter)) => parameter.name,
        _ => return value.configurable().is_some(),
    };
    names_switch(&name)
}

fn names_switch(name: &str) -> bool {
    holds_any(name, &["debug", "dev", "env", "production", "testing", "verbose"])
        && any_word(name, &mut |word| {
            matches!(
                word,
                "debug"
                    | "dev"
                    | "development"
                    | "environment"
                    | "env"
                    | "production"
                    | "testing"
                    | "verbose"
            )
        })
}

struct Source {
    what: String,
    caught: Location,
    note: String,
    exception: Option<Value>,
    /// Where the text is made, if that is a call.
    written: Option<Location>,
}

/// Expressions and collections in which none was found, with the depth at which they were looked through:
/// parts are shared, and a search that is deeper sees less.
type Without = FxHashMap<Part, u32>;

/// A search for texts of exceptions in what one function answers.
struct Search<'s> {
    graph: &'s CallGraph,
    handled: Option<&'s ExceptionHandler>,
    summary: &'s Summary,
    without: &'s mut Without,
}

impl Search<'_> {
    /// The exception whose text is in a value.
    fn source(&mut self, interpreter: &Interpreter<'_>, value: &Value, depth: u32) -> Option<Source> {
        if depth > 10 || self.handled.is_none() && !value.may_hold_caught_within() {
            return None;
        }
        let part = match Part::of(value) {
            Some(part) => part,
            None if matches!(value.kind(), Kind::Union(_) | Kind::Tuple(_)) => {
                return self.source_in(interpreter, value, depth);
            }
            None => return None,
        };
        if self.without.get(&part).is_some_and(|searched| *searched <= depth) {
            return None;
        }
        let found = self.source_in(interpreter, value, depth);
        if found.is_none() {
            self.without.insert(part, depth);
        }
        found
    }

    fn source_in(&mut self, interpreter: &Interpreter<'_>, value: &Value, depth: u32) -> Option<Source> {
        let (handled, summary) = (self.handled, self.summary);
        match value.as_symbolic() {
            Some(Symbolic::Format(parts)) => {
                for part in parts {
                    if let Some(found) = exception_behind(part, handled, summary) {
                        return Some(found);
                    }
                }
            }
            Some(Symbolic::Call { callee, arguments, site }) => {
                let name = callee.as_external();
                match name.as_deref() {
                    Some("builtins.str" | "builtins.repr") => {
                        let first = arguments.positional.first()?;
                        if let Some(mut found) = exception_behind(first, handled, summary) {
                            found.written = Some(*site);
                            return Some(found);
                        }
                    }
                    Some(
                        "traceback.format_exc"
                        | "traceback.format_exception"
                        | "traceback.format_tb"
                        | "traceback.format_exception_only",
                    ) if !is_switched_elsewhere(self.graph, summary, *site) => {
                        return Some(Source {
                            what: "the traceback".to_owned(),
                            caught: *site,
                            note: "the traceback is written as text".to_owned(),
                            exception: None,
                            written: Some(*site),
                        });
                    }
                    // A response holds its content, an exception handler gives it back.
                    _ if interpreter.derives_from(callee, "starlette.responses.Response") => {
                        return self.source(interpreter, arguments.get(0, "content")?, depth + 1);
                    }
                    // A model of the program that is answered.
                    None if interpreter.derives_from(callee, "pydantic.main.BaseModel") => {
                        let mut fields = arguments.keywords.iter().map(|(_, value)| value);
                        return fields.find_map(|field| self.source(interpreter, field, depth + 1));
                    }
                    _ => {}
                }
            }
            Some(Symbolic::Member { base, name }) if matches!(name.as_str(), "args" | "orig") => {
                return exception_behind(base, handled, summary);
            }
            _ => {}
        }
        let mut found = None;
        any_text_part(interpreter, value, &mut |part| {
            found = self.source(interpreter, part, depth + 1);
            found.is_some()
        });
        found
    }
}

/// The caught exception that a value is, when its text tells about the inside.
fn exception_behind(value: &Value, handled: Option<&ExceptionHandler>, summary: &Summary) -> Option<Source> {
    // A clause for several classes catches each: if one is the program's own, its author knows the texts.
    let alternatives = value.alternatives();
    let mut found = None;
    for alternative in alternatives {
        match alternative.as_symbolic()? {
            Symbolic::Call { callee, arguments, site }
                if arguments.positional.is_empty() && arguments.keywords.is_empty() =>
            {
                if !is_telling(callee) {
                    return None;
                }
                let class = callee.as_external()?;
                let class = class.rsplit('.').next().unwrap_or_default().to_owned();
                found = Some(Source {
                    what: format!("the text of the caught {}", article(&class)),
                    caught: start(*site),
                    note: format!("`{class}` is caught here"),
                    exception: Some(value.clone()),
                    written: None,
                });
            }
            Symbolic::Parameter(parameter) => {
                let ExceptionHandler { class, site, .. } = handled?;
                let position = summary.parameters.iter().position(|(name, _)| *name == parameter.name)?;
                if position != 1 || !is_telling(class) {
                    return None;
                }
                let class = class.as_external()?;
                let class = class.rsplit('.').next().unwrap_or_default().to_owned();
                found = Some(Source {
                    what: format!("the text of the caught {}", article(&class)),
                    caught: *site,
                    note: format!("the handler for `{class}` is registered here"),
                    exception: Some(value.clone()),
                    written: None,
                });
            }
            _ => return None,
        }
    }
    found
}

fn article(class: &str) -> String {
    format!("`{class}` error").replace("Error` error", "Error`")
}

fn is_telling(class: &Value) -> bool {
    class.as_external().is_some_and(|name| {
        TELLING.iter().any(|known| {
            if known.ends_with('.') || *known == "psycopg" { name.starts_with(known) } else { name == *known }
        })
    })
}

/// The beginning of a clause, not its whole body.
fn start(location: Location) -> Location {
    let mut location = location;
    location.span.end = location.span.start + 6;
    location
}

/// The name of the status in the place of the text, and the text in the log, where the module has a logger.
fn fix(context: &Context<'_>, place: Location) -> Option<Fix> {
    let source = crate::fixes::Source::of(context, place.file)?;
    let statement = source.statement(place.span)?;
    let StmtKind::Raise { exception: Some(raised), .. } = &statement.kind else { return None };
    let ExprKind::Call(call) = &raised.kind else { return None };
    let logger = source.logger()?;
    let by_position = |position: usize| {
        call.arguments.get(position).filter(|argument| argument.kind == ArgumentKind::Positional)
    };
    let status = keyword(call, "status_code").or_else(|| by_position(0))?;
    let detail = keyword(call, "detail").or_else(|| by_position(1))?;
    let status = match &status.value.kind {
        ExprKind::Int(status) => u16::try_from(*status).ok()?,
        // `status.HTTP_400_BAD_REQUEST`.
        ExprKind::Attribute(attribute) => {
            let name = attribute.name;
            name.as_str().strip_prefix("HTTP_")?.get(..3)?.parse().ok()?
        }
        _ => return None,
    };
    if source.has_comment(detail.value.span) || matches!(detail.value.kind, ExprKind::Dict(_)) {
        return None;
    }
    let phrase = reason_phrase(status);
    let span = source.with_parentheses(detail.value.span);
    Some(
        Fix::changes_contract(
            "answer with the name of the status, and log the error",
            format!("the detail of the {status} is `{phrase}`"),
        )
        .edit(source.replace(span, format!("\"{phrase}\"")))
        .edit(source.statement_before(statement, &format!("{logger}.exception(\"{phrase}\")"))?),
    )
}
