//! `undocumented-status`: status that the code raises and the document does not mention.

use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::find::reason_phrase;
use crate::fixes::recipes::with_responses;
use crate::reporter::{Draft, Outline, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use crate::syntax;
use fastwright_model::application::{Route, RouteKind};
use fastwright_model::assemble::RouteDetail;
use fastwright_model::dependant::{Dependant, DependantKind};
use fastwright_model::facts::{EdgeKind, status_of_exception, target};
use fastwright_model::registry::EntryKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, Handler, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::summary::{EventKind, SummaryKey};
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::rc::Rc;

crate::declare_rule! {
    /// Status that the code raises and the document does not mention.
    UndocumentedStatus {
        name: "undocumented-status",
        area: Docs,
        severity: Low,
        confidence: Certain,
        summary: "status that the code raises and the document does not mention",
        why: "Generated clients and their authors do not know that the answer exists, and treat it as a surprise.",
        recommendation: "Add it to `responses=` of the route, or of the router where all share it.",
        trade_off: "One line for each status; a model for errors to declare once.",
        contract_effect: "the document names the status",
        cwe: [1059],
        owasp: [],
        profile: Strict,
        page: "docs/undocumented-status.md",
        references: ["https://fastapi.tiangolo.com/advanced/additional-responses/"],
        check: check,
    }
}

/// Statuses that FastAPI documents or makes by itself.
const GENERAL: &[u16] = &[422, 500];

/// A status that leaves a route, and the way to where it is raised.
struct Undocumented {
    steps: Vec<(String, Location)>,
    /// The function that raises it.
    raised_by: Rc<FunctionValue>,
    by_dependency: bool,
}

impl Undocumented {
    fn place(&self) -> Location {
        // The way ends at the place where it is raised.
        self.steps[self.steps.len() - 1].1
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let mut found: Vec<(&Route, BTreeMap<u16, Undocumented>)> = Vec::new();
    let mut routes_by_fact: FxHashMap<(u16, Location), usize> = FxHashMap::default();
    for (route, missing) in undocumented(context) {
        for (status, one) in missing.iter().filter(|(_, one)| one.by_dependency) {
            *routes_by_fact.entry((*status, one.place())).or_default() += 1;
        }
        found.push((route, missing));
    }
    for (route, missing) in &found {
        // What a dependency answers to several routes is one fact about the dependency, not one a route.
        let shared = |status: u16, one: &Undocumented| {
            one.by_dependency
                && routes_by_fact.get(&(status, one.place())).is_some_and(|routes| *routes > 1)
                && context.analysis.files.get(one.place().file).first_party
        };
        let (shared, own): (Vec<_>, Vec<_>) = missing.iter().partition(|(status, one)| shared(**status, one));
        for (status, one) in shared {
            report_shared(report, route, *status, one);
        }
        if !own.is_empty() {
            let own: BTreeMap<u16, &Undocumented> =
                own.into_iter().map(|(status, one)| (*status, one)).collect();
            report.report(draft(route, &own).fix(fix(context, route, &own)));
        }
    }
}

/// The statuses of each route that its document does not name.
fn undocumented<'c>(context: &'c Context<'_>) -> Vec<(&'c Route, BTreeMap<u16, Undocumented>)> {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut raises = Raises::default();
    let mut found = Vec::new();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        if route.kind != RouteKind::Http
            || detail.flat.entry_kind != EntryKind::Operation
            || !route.include_in_schema
        {
            continue;
        }
        let Some(mut documented) = documented(interpreter, detail) else { continue };
        documented.extend(GENERAL);
        let nodes = dependant.walk();
        let has_scheme = nodes.iter().any(|node| matches!(node.kind, DependantKind::SecurityScheme(_)));
        if has_scheme || !route.guard.by.is_empty() {
            documented.extend([401, 403]);
        }
        let mut missing: BTreeMap<u16, Undocumented> = BTreeMap::new();
        for node in nodes.iter().rev() {
            raises.of_node(interpreter, node, &mut missing);
        }
        missing.retain(|status, _| !documented.contains(status) && *status >= 400);
        if !missing.is_empty() {
            found.push((route, missing));
        }
    }
    found
}

/// Statuses in the document of a route; nothing where it can't be known.
fn documented(interpreter: &mut Interpreter<'_>, detail: &RouteDetail) -> Option<FxHashSet<u16>> {
    let mut found = FxHashSet::default();
    if detail.flat.options.keyword("openapi_extra").is_some_and(|value| !value.is_none()) {
        return None;
    }
    for responses in &detail.flat.responses {
        let complete = match *responses.kind() {
            Kind::Dict(id) => match interpreter.object(id) {
                Object::Dict(dict) => !dict.incomplete && dict.unknown_keys.is_empty(),
                _ => false,
            },
            _ => false,
        };
        if !complete {
            return None;
        }
        for key in interpreter.elements(responses)? {
            let text = interpreter.text_of(&key)?;
            match text.parse() {
                Ok(status) => {
                    found.insert(status);
                }
                // `default` and `4XX` stand for all.
                Err(_) => return None,
            }
        }
    }
    let status = detail.flat.options.keyword("status_code").and_then(Value::as_int).unwrap_or(200);
    found.extend(u16::try_from(status));
    Some(found)
}

/// What a function itself raises and calls, where nothing around catches it.
#[derive(Default)]
struct Local {
    statuses: Vec<(u16, Location)>,
    calls: Vec<(Rc<FunctionValue>, Option<ObjectId>, Location, bool)>,
}

/// Statuses by function, found once.
#[derive(Default)]
struct Raises {
    known: FxHashMap<SummaryKey, Rc<Local>>,
}

impl Raises {
    /// Statuses that leave a callable, each with the way there.
    fn of_node(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        node: &Dependant,
        found: &mut BTreeMap<u16, Undocumented>,
    ) {
        let Some(function) = &node.function else { return };
        let by_dependency = node.kind != DependantKind::Handler;
        let start = match node.kind {
            DependantKind::Handler => Vec::new(),
            _ => vec![(format!("depends on `{}`", function.definition.qualname), node.location)],
        };
        let mut seen = FxHashSet::default();
        let mut queue = std::collections::VecDeque::from([(Rc::clone(function), node.receiver, start)]);
        while let Some((function, receiver, chain)) = queue.pop_front() {
            let key = SummaryKey { function: function.serial, receiver };
            if !seen.insert(key) || seen.len() > 1_000 {
                continue;
            }
            let local = self.local(interpreter, &function, receiver);
            for (status, location) in &local.statuses {
                found.entry(*status).or_insert_with(|| {
                    let mut steps = chain.clone();
                    steps.push((format!("{status} is raised"), *location));
                    Undocumented { steps, raised_by: Rc::clone(&function), by_dependency }
                });
            }
            for (called, receiver, site, caught) in &local.calls {
                if !caught && chain.len() < 12 {
                    let mut steps = chain.clone();
                    steps.push((format!("calls `{}`", called.definition.qualname), *site));
                    queue.push_back((Rc::clone(called), *receiver, steps));
                }
            }
        }
    }

    fn local(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
    ) -> Rc<Local> {
        let key = SummaryKey { function: function.serial, receiver };
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let mut local = Local::default();
        if let Some(summary) = interpreter.summarize(function, receiver) {
            let mut protected = Vec::new();
            protections(&function.definition.body, &mut protected);
            for event in &summary.events {
                let caught = catches(interpreter, function, &protected, event.location.span);
                match &event.kind {
                    EventKind::Raise { exception, again: false } if !caught => {
                        if let Some(status) = status_of_exception(interpreter, exception) {
                            local.statuses.push((status, event.location));
                        }
                    }
                    EventKind::Call(call) => {
                        if let Some((called, receiver, kind)) = target(interpreter, call)
                            && kind != EdgeKind::Background
                        {
                            local.calls.push((called, receiver, event.location, caught));
                        }
                    }
                    _ => {}
                }
            }
        }
        let local = Rc::new(local);
        self.known.insert(key, Rc::clone(&local));
        local
    }
}

/// Parts of a function that `except` clauses protect.
fn protections<'s>(body: &'s [Stmt], found: &mut Vec<(Span, &'s [Handler])>) {
    syntax::statements(body, &mut |statement| {
        if let StmtKind::Try { body, handlers, .. } = &statement.kind
            && let (Some(first), Some(last)) = (body.first(), body.last())
        {
            found.push((Span::new(first.span.start, last.span.end), handlers));
        }
    });
}

/// Whether an `except` clause around a place takes `HTTPException` and does not pass it on.
fn catches(
    interpreter: &mut Interpreter<'_>,
    function: &FunctionValue,
    protected: &[(Span, &[Handler])],
    span: Span,
) -> bool {
    protected.iter().filter(|(around, _)| around.start <= span.start && span.end <= around.end).any(
        |(_, handlers)| {
            let taker = handlers.iter().find(|handler| match &handler.exception {
                None => true,
                Some(exception) => takes_http_exceptions(interpreter, function.scope, exception),
            });
            taker.is_some_and(|handler| !passes_on(handler))
        },
    )
}

fn takes_http_exceptions(interpreter: &Interpreter<'_>, scope: ScopeId, exception: &Expr) -> bool {
    match &exception.kind {
        ExprKind::Tuple(items) => items.iter().any(|item| takes_http_exceptions(interpreter, scope, item)),
        ExprKind::Name(name) => {
            // Any class of the program may be the one that is raised: what catches it is unknown, so silent.
            let caught = interpreter.lookup(scope, *name);
            caught.is_none_or(|value| match value.as_external() {
                Some(name) => {
                    matches!(name.as_str(), "builtins.Exception" | "builtins.BaseException")
                        || name.ends_with(".HTTPException")
                }
                None => true,
            })
        }
        ExprKind::Attribute(attribute) => attribute.name == "HTTPException",
        _ => true,
    }
}

/// Whether a clause raises what it caught.
fn passes_on(handler: &Handler) -> bool {
    let mut again = false;
    syntax::statements(&handler.body, &mut |statement| {
        if let StmtKind::Raise { exception, .. } = &statement.kind {
            again |= match exception {
                None => true,
                Some(exception) => {
                    matches!((&exception.kind, handler.name), (ExprKind::Name(name), Some(own)) if *name == own)
                }
            };
        }
    });
    again
}

fn fix(context: &Context<'_>, route: &Route, missing: &BTreeMap<u16, &Undocumented>) -> Option<Fix> {
    let statuses: Vec<u16> = missing.keys().copied().collect();
    let named: Vec<String> =
        statuses.iter().map(|status| format!("{status} ({})", reason_phrase(*status))).collect();
    let changes = format!("the document of `{}` names {}", title(route), named.join(", "));
    let fix = Fix::changes_contract("name the statuses in `responses=`", changes);
    with_responses(context, route, &statuses, fix)
}

fn report_shared(report: &mut Reporter<'_>, route: &Route, status: u16, one: &Undocumented) {
    let definition = &one.raised_by.definition;
    let discriminator = status.to_string();
    let outline = Outline::new(one.place(), &definition.qualname, route, registered_at(route));
    report.report_on_route(&outline.discriminator(&discriminator), |draft| {
        let name = title(route);
        draft
            .message(format!(
                "`{}` answers {status} to callers of `{name}`, whose documentation does not name it",
                definition.name
            ))
            .evidence(format!("`{name}` is registered here"), registered_at(route))
            .evidence_chain(one.steps.clone())
            .recommendation("Add it to `responses=` of the application, or of the routers whose routes have the dependency.")
            .example(format!("FastAPI(responses={{{status}: {{\"model\": Error}}}})"))
    });
}

fn draft(route: &Route, missing: &BTreeMap<u16, &Undocumented>) -> Draft {
    let name = title(route);
    let statuses: Vec<String> = missing.keys().map(u16::to_string).collect();
    let mut draft = Draft::new(
        route.location,
        handler_name(route),
        format!("`{name}` can answer {}, which its documentation does not name", statuses.join(", ")),
    )
    .route(route)
    .discriminator(statuses.join(","))
    .evidence(format!("`{name}` is registered here"), registered_at(route));
    for one in missing.values().take(4) {
        draft = draft.evidence_chain(one.steps.clone());
    }
    let entries: Vec<String> =
        statuses.iter().map(|status| format!("{status}: {{\"model\": Error}}")).collect();
    draft.example(format!("responses={{{}}}", entries.join(", ")))
}
