//! `unchecked-missing-row`: row that the client names, used without asking whether it exists.

use crate::call_graph::{CallGraph, Entry};
use crate::checks::Checks;
use crate::context::Context;
use crate::data_flow::{Following, Sink, entry_dependant, flows, request_inputs};
use crate::finding::Confidence;
use crate::methods::{method_name, method_of};
use crate::reporter::{Draft, Reporter};
use crate::syntax::{self, unawaited};
use crate::wording::{handler_step, route_name};
use fastwright_model::analysis::Analysis;
use fastwright_model::application::{ParameterPlace, RouteKind};
use fastwright_model::assemble::declared_response;
use fastwright_model::facts::{CallFacts, EventKinds, MAY_FIND_NOTHING, mentions};
use fastwright_model::schemas::{allows_none, is_schema};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Comparison, Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::{EventKind, Summary};
use fastwright_python::value::*;
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Row that the client names, used without asking whether it exists.
    UncheckedMissingRow {
        name: "unchecked-missing-row",
        area: Errors,
        severity: Medium,
        confidence: Likely,
        summary: "row that the client names, used without asking whether it exists",
        why: "An id that does not exist is an everyday mistake of a client: it gets 500, and the log a stack trace, where 404 would say what is wrong.",
        recommendation: "Answer 404 when nothing is found, before the row is used.",
        trade_off: "None.",
        contract_effect: "404 instead of 500",
        cwe: [476, 754],
        owasp: [],
        profile: Default,
        page: "errors/unchecked-missing-row.md",
        references: ["https://fastapi.tiangolo.com/tutorial/handling-errors/", "https://docs.sqlalchemy.org/en/20/orm/session_api.html#sqlalchemy.orm.Session.get"],
        check: check,
    }
}

/// A row that may be missing, and what is done with it.
#[derive(Clone)]
struct Unchecked {
    class: Name,
    /// The variable that holds it, if it has a name.
    variable: Option<Name>,
    /// Where it is used.
    place: Location,
    usage: Usage,
}

#[derive(Clone, Copy)]
enum Usage {
    Attribute(Name),
    Deleted,
    Returned,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.tables.is_empty() {
        return;
    }
    let code = context.call_graph();
    let finding = code.calls().methods(MAY_FIND_NOTHING);
    let mut candidates = code.functions(|_, _| false);
    for node in finding.iter() {
        candidates.insert(node);
        for edge in code.callers(node) {
            candidates.insert(edge.from());
        }
    }
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let following = Following { to_the_text: false, checks: Checks::StopAtAny };
    let flows = flows(code, interpreter, following, &candidates, |interpreter, node| {
        unchecked(analysis, interpreter, code, node)
    });
    for flow in flows {
        for entry in &code.nodes[flow.node].entries {
            let Some((app, position, dependant)) = entry_dependant(analysis, *entry) else { continue };
            let route = &analysis.apps[app].routes[position];
            let detail = &analysis.details[app][position];
            if route.kind != RouteKind::Http {
                continue;
            }
            if matches!(flow.what.usage, Usage::Returned) {
                // What another function does with the result is not known here.
                if flow.node != flow.place_node || !matches!(entry, Entry::Handler(..)) {
                    continue;
                }
                let Some(declared) = declared_response(interpreter, &detail.flat) else { continue };
                let is_model =
                    interpreter.class_of_type(&declared).is_some_and(|class| is_schema(interpreter, &class));
                if !is_model || allows_none(&declared) {
                    continue;
                }
            }
            let inputs = request_inputs(interpreter, dependant, &flow.value);
            let input = inputs.iter().find(|input| {
                let client = matches!(
                    input.place,
                    Some(
                        ParameterPlace::Path
                            | ParameterPlace::Query
                            | ParameterPlace::Body
                            | ParameterPlace::Form
                    )
                );
                client && dependant.parameters.iter().any(|parameter| parameter.location == input.location)
            });
            let Some(input) = input else { continue };
            // Another dependency that takes the same may have looked.
            let looked_at = detail.dependant.as_ref().is_some_and(|handler| {
                handler.walk().into_iter().any(|part| {
                    !std::ptr::eq(part, dependant)
                        && part.parameters.iter().any(|parameter| {
                            dependant
                                .parameters
                                .iter()
                                .any(|own| own.location == input.location && own.alias == parameter.alias)
                        })
                })
            });
            if looked_at {
                continue;
            }
            let Unchecked { class, variable, place, usage } = &flow.what;
            let title = route_name(route);
            let function = &code.nodes[flow.place_node].definition;
            let subject = variable.map_or_else(|| format!("the `{class}`"), |name| format!("`{name}`"));
            let message = match usage {
                Usage::Attribute(name) => format!(
                    "`{title}` answers 500 when no `{class}` has the given `{}`: `{name}` of {subject} is read unchecked",
                    input.text
                ),
                Usage::Deleted => format!(
                    "`{title}` answers 500 when no `{class}` has the given `{}`: {subject} is deleted unchecked",
                    input.text
                ),
                Usage::Returned => format!(
                    "`{title}` answers 500 when no `{class}` has the given `{}`: `None` is no valid response",
                    input.text
                ),
            };
            let what = match usage {
                Usage::Attribute(name) => format!("`{name}` is read, whether or not there is a row"),
                Usage::Deleted => "it is deleted, whether or not there is a row".to_owned(),
                Usage::Returned => "it is returned, whether or not there is a row".to_owned(),
            };
            let mut draft = Draft::new(*place, function.qualname.as_str(), message)
                .route(route)
                .confidence(match usage {
                    Usage::Returned => Confidence::Certain,
                    Usage::Attribute(_) | Usage::Deleted => Confidence::Likely,
                })
                .discriminator(format!("{class} {}", input.text))
                .evidence_chain([handler_step(route)])
                .evidence(format!("{} chooses the row", input.title()), input.location)
                .evidence_chain(flow.steps(code))
                .evidence(what, *place);
            let row = variable.map_or_else(|| class.to_lowercase(), |name| name.to_string());
            draft = draft.example(format!(
                "if {row} is None:\n    raise HTTPException(404, \"No such {}\")",
                class.to_lowercase()
            ));
            report.report(draft);
        }
    }
}

/// Rows of one function that may be missing and are used unchecked; what arrives is what chooses the row.
fn unchecked(
    analysis: &Analysis,
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    node: usize,
) -> Vec<Sink<Unchecked>> {
    if !code.nodes[node].has_any(EventKinds::GIVES_FOUND) {
        return Vec::new();
    }
    let summary = &code.nodes[node].summary;
    let function = &summary.function;
    let mut found = Vec::new();
    for position in may_give_row(&code.nodes[node].facts) {
        let event = &summary.events[position];
        let EventKind::Call(call) = &event.kind else { continue };
        if event.location.file != function.id.file {
            continue;
        }
        let Some((site, method)) = lookup(&call.result) else { continue };
        if call.target.is_none() && site != event.location {
            continue;
        }
        let Some(class) = interpreter.class_of(&call.result) else { continue };
        let Kind::Class(class_id) = *class.kind() else { continue };
        if !analysis.tables.iter().any(|table| table.class == class_id) || asks_itself(summary, site) {
            continue;
        }
        // A function of the program that asks for itself gives no `None`.
        if call.target.is_some() {
            let Some(edge) = code.edge_at(node, position) else { continue };
            // A row that is passed in and handed back was found before.
            let passed_in = call
                .arguments
                .positional
                .iter()
                .chain(call.arguments.keywords.iter().map(|(_, value)| value))
                .any(|value| mentions(value, &mut |part| is_made_at(part, site)));
            if passed_in || asks_about(code, edge.to(), site) {
                continue;
            }
        }
        let Some(class) = interpreter.class(class_id).map(|class| class.name) else { continue };
        let keys = keys(&call.result);
        if keys.is_empty() {
            continue;
        }
        let body = &function.definition.body;
        let Some((usage, variable, span)) = first_use(body, event.location.span) else { continue };
        let place = Location { file: function.id.file, span };
        let note = match &call.target {
            Some((called, _)) => format!("`{}` gives a `{class}` or `None`", called.definition.name),
            None => format!("`{method}` gives a `{class}` or `None`"),
        };
        let what = Unchecked { class, variable, place, usage };
        found.push(Sink { value: Value::tuple(keys), what, event: position, note });
    }
    found
}

/// Positions of the calls that may give a row or nothing: what comes back is the result of a method, and they are calls
/// of methods that find something, of functions of the program, or of what is not called by a plain name. Other events
/// are not looked at.
fn may_give_row(facts: &CallFacts) -> impl Iterator<Item = usize> {
    let otherwise_called = EventKinds::BOUND_CALL.or(EventKinds::OTHER_CALL);
    let is_own = |position: u32| facts.targets.binary_search_by_key(&position, |(at, _)| *at).is_ok();
    let may_find = |position: u32| {
        let method = facts.methods.binary_search_by_key(&position, |(_, at)| *at);
        method.is_ok_and(|method| MAY_FIND_NOTHING.contains(&facts.methods[method].0.as_str()))
    };
    let giving = facts.kinds.iter().enumerate().filter(|(_, kind)| kind.meets(EventKinds::GIVES_FOUND));
    giving
        .filter(move |(position, kind)| {
            let at = *position as u32;
            kind.meets(otherwise_called) || is_own(at) || may_find(at)
        })
        .map(|(position, _)| position)
}

/// The call that looks for one row, when a value is nothing else: its place and the name of the method.
fn lookup(value: &Value) -> Option<(Location, Name)> {
    let mut some = value.alternatives().iter().filter(|value| !value.is_none());
    let (Some(only), None) = (some.next(), some.next()) else { return None };
    let Symbolic::Call { callee, site, .. } = only.as_symbolic()? else { return None };
    let method = method_name(callee)?;
    MAY_FIND_NOTHING.contains(&method.as_str()).then_some((*site, method))
}

fn is_made_at(value: &Value, site: Location) -> bool {
    matches!(value.as_symbolic(), Some(Symbolic::Call { site: made, .. }) if *made == site)
}

/// Whether a function branches on what a lookup found.
fn asks_itself(summary: &Summary, site: Location) -> bool {
    summary.events.iter().any(|event| match &event.kind {
        EventKind::Condition(condition) => mentions(condition, &mut |part| is_made_at(part, site)),
        _ => false,
    })
}

/// Whether a function, or what it calls, branches on what a lookup found.
fn asks_about(code: &CallGraph, node: usize, site: Location) -> bool {
    code.reached_from([node]).into_iter().take(50).any(|node| {
        let function = &code.nodes[node].summary.function;
        // Conditions inside of expressions are no events.
        asks_itself(&code.nodes[node].summary, site)
            || function.id.file == site.file
                && syntax::encloses(function.definition.span, site.span)
                && match first_assignment(&function.definition.body, site.span) {
                    Some(name) => is_asked(&function.definition.body, name),
                    None => false,
                }
    })
}

/// What chooses the row: the id of `get`, the other sides of equalities.
fn keys(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut waiting: Vec<(Value, u32)> =
        value.alternatives().iter().map(|value| (value.clone(), 0)).collect();
    while let Some((value, depth)) = waiting.pop() {
        let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { continue };
        if depth > 24 {
            continue;
        }
        let Some((base, method)) = method_of(callee) else { continue };
        match method.as_str() {
            "get" => {
                found.extend(arguments.positional.last().or_else(|| arguments.keyword("ident")).cloned())
            }
            "where" | "filter" => arguments.positional.iter().for_each(|part| equal(part, &mut found)),
            "filter_by" => found.extend(arguments.keywords.iter().map(|(_, value)| value.clone())),
            _ => waiting.extend(arguments.positional.iter().map(|value| (value.clone(), depth + 1))),
        }
        waiting.push((base, depth + 1));
    }
    found
}

/// The other sides of `Model.column == other`.
fn equal(condition: &Value, found: &mut Vec<Value>) {
    match condition.as_symbolic() {
        Some(Symbolic::Compare { comparison: Comparison::Equal, left, right }) => {
            for (column, other) in [(left, right), (right, left)] {
                if matches!(column.as_symbolic(), Some(Symbolic::Member { base, .. }) if matches!(base.kind(), Kind::Class(_)))
                {
                    found.push(other.clone());
                }
            }
        }
        Some(Symbolic::Call { arguments, .. }) => {
            arguments.positional.iter().for_each(|part| equal(part, found));
        }
        _ => {}
    }
}

/// What is first done with the result of the call at a place, if nothing asks whether it is there: how, the
/// variable between, and where.
fn first_use(body: &[Stmt], call: Span) -> Option<(Usage, Option<Name>, Span)> {
    let is_call = |expression: &Expr| unawaited(expression).span == call;
    // `session.get(...).name`, `return session.get(...)`
    let mut direct = None;
    syntax::any_statement(body, &mut |statement| {
        if !syntax::encloses(statement.span, call) {
            return false;
        }
        if let StmtKind::Return(Some(value)) = &statement.kind
            && is_call(value)
        {
            direct = Some((Usage::Returned, None, statement.span));
            return true;
        }
        syntax::any_own_expression(statement, &mut |expression| {
            if let Some((base, name)) = expression.as_attribute()
                && is_call(base)
            {
                direct = Some((Usage::Attribute(*name), None, expression.span));
            }
            direct.is_some()
        })
    });
    if direct.is_some() {
        return direct.filter(|(_, _, span)| !is_protected(body, *span));
    }
    let name = first_assignment(body, call)?;
    if is_asked(body, name) || assignments(body, name) != 1 {
        return None;
    }
    let mut found = None;
    syntax::any_statement(body, &mut |statement| {
        if statement.span.start < call.end {
            return false;
        }
        if let StmtKind::Return(Some(Expr { kind: ExprKind::Name(returned), .. })) = &statement.kind
            && *returned == name
        {
            found = Some((Usage::Returned, Some(name), statement.span));
            return true;
        }
        syntax::any_own_expression(statement, &mut |expression| {
            if let Some((base, attribute)) = expression.as_attribute()
                && matches!(base.kind, ExprKind::Name(own) if own == name)
            {
                found = Some((Usage::Attribute(*attribute), Some(name), expression.span));
            }
            // A session refuses to delete `None`.
            if let ExprKind::Call(call) = &expression.kind
                && call.callee.as_attribute().is_some_and(|(_, method)| *method == "delete")
                && let [only] = &*call.arguments
                && matches!(only.value.kind, ExprKind::Name(own) if own == name)
            {
                found = Some((Usage::Deleted, Some(name), expression.span));
            }
            found.is_some()
        })
    });
    found.filter(|(_, _, span)| !is_protected(body, *span))
}

/// The variable that gets the result of the call at a place.
fn first_assignment(body: &[Stmt], call: Span) -> Option<Name> {
    let mut found = None;
    syntax::any_statement(body, &mut |statement| {
        let (target, value) = match &statement.kind {
            StmtKind::Assign { targets, value } => match &**targets {
                [target] => (target, value),
                _ => return false,
            },
            StmtKind::AnnAssign { target, value: Some(value), .. } => (&**target, &**value),
            _ => return false,
        };
        if unawaited(value).span == call
            && let ExprKind::Name(name) = target.kind
        {
            found = Some(name);
        }
        found.is_some()
    });
    found
}

/// How many statements bind a variable.
fn assignments(body: &[Stmt], name: Name) -> usize {
    let mut count = 0;
    syntax::statements(body, &mut |statement| {
        let mut names = FxHashSet::default();
        syntax::bound_names(statement, &mut names);
        count += usize::from(names.contains(&name));
    });
    count
}

/// Whether a function asks for a variable itself, or hands it to something that may.
fn is_asked(body: &[Stmt], name: Name) -> bool {
    syntax::any_statement(body, &mut |statement| {
        let tested = match &statement.kind {
            StmtKind::If { test, .. } | StmtKind::While { test, .. } | StmtKind::Assert { test, .. } => {
                mentions_bare(test, name)
            }
            StmtKind::Match { subject, .. } => mentions_bare(subject, name),
            _ => false,
        };
        tested
            || syntax::any_own_expression(statement, &mut |expression| match &expression.kind {
                ExprKind::And(_)
                | ExprKind::Or(_)
                | ExprKind::Not(_)
                | ExprKind::Compare(_)
                | ExprKind::Conditional(_)
                | ExprKind::Walrus(..)
                | ExprKind::Comprehension(_) => mentions_bare(expression, name),
                // A session takes rows and asks for nothing; functions may.
                ExprKind::Call(call) => {
                    let by_session = call.callee.as_attribute().is_some_and(|(_, method)| {
                        matches!(method.as_str(), "delete" | "refresh" | "add" | "expunge" | "expire")
                    });
                    !by_session
                        && call.arguments.iter().any(|argument| {
                            matches!(unawaited(&argument.value).kind, ExprKind::Name(own) if own == name)
                        })
                }
                _ => false,
            })
    })
}

/// Whether an expression holds a variable itself, beside its attributes.
fn mentions_bare(expression: &Expr, name: Name) -> bool {
    let (mut all, mut with_attribute) = (0, 0);
    syntax::within(expression, &mut |part| match &part.kind {
        ExprKind::Name(own) if *own == name => all += 1,
        ExprKind::Attribute(attribute) if matches!(attribute.base.kind, ExprKind::Name(own) if own == name) =>
        {
            with_attribute += 1;
        }
        _ => {}
    });
    all > with_attribute
}

/// Whether an `except` clause may see what goes wrong at a place.
fn is_protected(body: &[Stmt], span: Span) -> bool {
    syntax::any_statement(body, &mut |statement| match &statement.kind {
        StmtKind::Try { body, handlers, .. } if !handlers.is_empty() => {
            body.iter().any(|inner| syntax::encloses(inner.span, span))
        }
        _ => false,
    })
}
