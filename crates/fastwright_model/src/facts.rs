//! Facts about code for everything that asks: names of what is called, what is reached from a function
//! through any number of calls, statuses of exceptions and responses.

use crate::library::sqlalchemy::is_new_session;
use crate::registry::Registry;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Comparison;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind, Summary};
use fastwright_python::value::*;
use rustc_hash::FxHashSet;
use std::rc::Rc;
use thin_vec::ThinVec;

/// How a function gets to run another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// It calls it.
    Call,
    /// It hands it to a thread (`asyncio.to_thread`, `run_in_threadpool`, an executor).
    Offload,
    /// It hands it to background tasks or a task of the event loop.
    Background,
}

/// One step of a chain of calls.
#[derive(Debug, Clone)]
pub struct Step {
    /// The function that is called.
    pub function: Rc<FunctionValue>,
    /// Where it is called.
    pub site: Location,
    /// How.
    pub kind: EdgeKind,
}

/// A function that another reaches, by the shortest chain.
#[derive(Debug, Clone)]
pub struct Reached {
    /// What it does.
    pub summary: Rc<Summary>,
    /// The calls that lead there, from the first function on; empty for the first itself.
    pub chain: Vec<Step>,
}

impl Reached {
    /// Whether the chain leaves the event loop's thread, or the request.
    pub fn leaves(&self) -> bool {
        self.chain.iter().any(|step| step.kind != EdgeKind::Call)
    }
}

/// A function of the program that a call runs, what its first parameter is bound to, and how it is run.
pub type Target = (Rc<FunctionValue>, Option<ObjectId>, EdgeKind);

/// What the calls of one summary lead to.
#[derive(Debug, Default)]
pub struct CallFacts {
    /// Functions of the program, each with the position of the event that calls it, in order.
    pub targets: ThinVec<(u32, Target)>,
    /// Calls of something in a library: the qualified name, and the position of the event, in order.
    pub callees: ThinVec<(Name, u32)>,
    /// What each event is. Events are large and far apart in memory: who looks for few kinds of them looks here first.
    pub kinds: ThinVec<EventKinds>,
    /// What some event is.
    pub all_kinds: EventKinds,
    /// Calls of methods of objects that are not of the program: the name, and the position of the event, in order.
    pub methods: ThinVec<(Name, u32)>,
    /// Functions and classes of the program that are called, each once.
    pub called: ThinVec<Called>,
}

// Rules ask these of all functions, one after the other: with its count, this is one cache line.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<CallFacts>() <= 48);

impl CallFacts {
    /// The qualified library name of what an event calls; none for calls of the program's own functions and for other
    /// events.
    pub fn callee(&self, event: usize) -> Option<Name> {
        let at = self.callees.binary_search_by_key(&event, |(_, at)| *at as usize).ok()?;
        Some(self.callees[at].0)
    }
}

/// Something that a function calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called {
    /// A function of the program, by its name.
    Function(Name),
    /// A class of the program.
    Class(ObjectId),
}

/// What an event is, or several kinds that are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventKinds(u16);

impl EventKinds {
    /// A call of a class of the program.
    pub const CLASS_CALL: Self = Self(1);
    /// A call of something in a library, by its name.
    pub const LIBRARY_CALL: Self = Self(1 << 1);
    /// A call of a method that is known, of an object that is known.
    pub const BOUND_CALL: Self = Self(1 << 2);
    /// A call of an attribute of something.
    pub const METHOD_CALL: Self = Self(1 << 3);
    /// A call of a parameter.
    pub const PARAMETER_CALL: Self = Self(1 << 4);
    /// Another call.
    pub const OTHER_CALL: Self = Self(1 << 5);
    /// An exception is raised.
    pub const RAISE: Self = Self(1 << 6);
    /// An attribute is set.
    pub const STORE: Self = Self(1 << 7);
    /// An item is set.
    pub const STORE_ITEM: Self = Self(1 << 8);
    /// A decision.
    pub const CONDITION: Self = Self(1 << 9);
    /// Something is yielded.
    pub const YIELD: Self = Self(1 << 10);
    /// Something is returned.
    pub const RETURN: Self = Self(1 << 11);
    /// Besides its own kind: a call whose result is that of a method of [`MAY_FIND_NOTHING`], if it is not `None`.
    pub const GIVES_FOUND: Self = Self(1 << 12);
    /// Besides its own kind: something that is returned, raised or passed on may hold an exception that a clause has
    /// caught, or its traceback ([`Value::may_hold_caught_within`]).
    pub const MAY_HOLD_CAUGHT: Self = Self(1 << 13);
    /// Besides its own kind: a decision, or something that is returned, of whether two things are equal.
    pub const COMPARES: Self = Self(1 << 14);
    /// Besides its own kind: a call whose result is a new session of SQLAlchemy ([`is_new_session`]).
    pub const GIVES_SESSION: Self = Self(1 << 15);

    /// A call of whatever.
    pub const CALL: Self = Self::CLASS_CALL
        .or(Self::LIBRARY_CALL)
        .or(Self::BOUND_CALL)
        .or(Self::METHOD_CALL)
        .or(Self::PARAMETER_CALL)
        .or(Self::OTHER_CALL);

    /// These kinds and others.
    #[must_use]
    pub const fn or(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether they have a kind in common.
    pub const fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    fn of(kind: &EventKind) -> Self {
        match kind {
            EventKind::Call(call) => {
                let keywords = call.arguments.keywords.iter().map(|(_, value)| value);
                let mut given = call.arguments.positional.iter().chain(keywords);
                Self::of_callee(&call.callee)
                    .and_if(Self::GIVES_FOUND, is_found(&call.result))
                    .and_if(Self::GIVES_SESSION, is_new_session(&call.result))
                    .and_if(Self::MAY_HOLD_CAUGHT, given.any(Value::may_hold_caught_within))
            }
            EventKind::Raise { exception, .. } => {
                Self::RAISE.and_if(Self::MAY_HOLD_CAUGHT, exception.may_hold_caught_within())
            }
            EventKind::Store { .. } => Self::STORE,
            EventKind::StoreItem { .. } => Self::STORE_ITEM,
            EventKind::Condition(value) => Self::CONDITION.and_if(Self::COMPARES, compares(value, 0)),
            EventKind::Yield(_) => Self::YIELD,
            EventKind::Return(value) => Self::RETURN
                .and_if(Self::COMPARES, compares(value, 0))
                .and_if(Self::MAY_HOLD_CAUGHT, value.may_hold_caught_within()),
        }
    }

    const fn and_if(self, more: Self, holds: bool) -> Self {
        if holds { self.or(more) } else { self }
    }

    fn of_callee(callee: &Value) -> Self {
        match callee.kind() {
            Kind::Class(_) => Self::CLASS_CALL,
            Kind::External(_) => Self::LIBRARY_CALL,
            Kind::Method(_) => Self::BOUND_CALL,
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Member { .. } => Self::METHOD_CALL,
                Symbolic::Parameter(_) => Self::PARAMETER_CALL,
                _ => Self::OTHER_CALL,
            },
            _ => Self::OTHER_CALL,
        }
    }
}

/// Methods of sessions, queries and results that give one row or `None`.
pub const MAY_FIND_NOTHING: &[&str] = &["get", "first", "one_or_none", "scalar_one_or_none", "scalar"];

/// Whether a value is the result of one call of such a method, or that or `None`.
fn is_found(value: &Value) -> bool {
    let mut some = value.alternatives().iter().filter(|value| !value.is_none());
    let (Some(only), None) = (some.next(), some.next()) else { return false };
    let Some(Symbolic::Call { callee, .. }) = only.as_symbolic() else { return false };
    let name = match callee.kind() {
        Kind::Method(method) => method.function.as_external().map(|name| name.last_part()),
        _ => match callee.as_symbolic() {
            Some(Symbolic::Member { name, .. }) => Some(name.as_str()),
            _ => None,
        },
    };
    name.is_some_and(|name| MAY_FIND_NOTHING.contains(&name))
}

/// What is asked about the calls and comparisons of a summary, found once: soon after the function was walked, while
/// its events are at hand.
pub fn call_facts(interpreter: &mut Interpreter<'_>, summary: &Summary) -> Rc<CallFacts> {
    if let Some(known) = interpreter.extension::<Registry>().call_facts.get(&summary.key) {
        return Rc::clone(known);
    }
    let mut kinds = ThinVec::with_capacity(summary.events.len());
    kinds.extend(summary.events.iter().map(|event| EventKinds::of(&event.kind)));
    let mut facts = CallFacts {
        all_kinds: kinds.iter().fold(EventKinds::default(), |all, kind| all.or(*kind)),
        kinds,
        ..CallFacts::default()
    };
    for (position, event) in summary.events.iter().enumerate() {
        let EventKind::Call(call) = &event.kind else { continue };
        let position = position as u32;
        let name = match call.target {
            Some(_) => None,
            None => callee_name(interpreter, &call.callee),
        };
        if let Some(target) = target_named(interpreter, call, name) {
            facts.targets.push((position, target));
        }
        facts.callees.extend(name.map(|name| (name, position)));
        if let Some(Symbolic::Member { name, .. }) = call.callee.as_symbolic() {
            facts.methods.push((*name, position));
        }
        for called in called_by(call).into_iter().flatten() {
            if !facts.called.contains(&called) {
                facts.called.push(called);
            }
        }
    }
    facts.callees.shrink_to_fit();
    facts.targets.shrink_to_fit();
    facts.methods.shrink_to_fit();
    facts.called.shrink_to_fit();
    let facts = Rc::new(facts);
    interpreter.extension_mut::<Registry>().call_facts.insert(summary.key, Rc::clone(&facts));
    facts
}

fn called_by(call: &CallEvent) -> [Option<Called>; 2] {
    let function = call.target.as_ref().map(|(function, _)| Called::Function(function.definition.name));
    let class = match call.callee.kind() {
        Kind::Class(class) => Some(Called::Class(*class)),
        _ => None,
    };
    [function, class]
}

/// How deep comparisons are looked for in what is tested: `not`, and alternatives.
const DEEPEST_COMPARISON: u32 = 6;

fn compares(value: &Value, depth: u32) -> bool {
    match value.as_symbolic() {
        Some(Symbolic::Compare { comparison, .. }) => {
            matches!(comparison, Comparison::Equal | Comparison::NotEqual)
        }
        Some(Symbolic::Not(inner)) => depth < DEEPEST_COMPARISON && compares(inner, depth + 1),
        _ => {
            depth < DEEPEST_COMPARISON
                && value.alternatives().len() > 1
                && value.alternatives().iter().any(|part| compares(part, depth + 1))
        }
    }
}

/// Functions that are reached from one, each once, nearest first.
pub fn reach(
    interpreter: &mut Interpreter<'_>,
    function: &Rc<FunctionValue>,
    receiver: Option<ObjectId>,
) -> Vec<Reached> {
    reach_some(interpreter, function, receiver, &|_| true)
}

/// The same, but gives only those that are wanted: their chains are all that is put together.
pub fn reach_some(
    interpreter: &mut Interpreter<'_>,
    function: &Rc<FunctionValue>,
    receiver: Option<ObjectId>,
    wanted: &dyn Fn(&Summary) -> bool,
) -> Vec<Reached> {
    let mut all: Vec<Rc<Summary>> = Vec::new();
    // For each of them the position of the one that calls it, and the call.
    let mut reached_by: Vec<Option<(usize, Step)>> = Vec::new();
    let mut seen = FxHashSet::default();
    if let Some(summary) = interpreter.summarize(function, receiver) {
        seen.insert(summary.key);
        all.push(summary);
        reached_by.push(None);
    }
    let mut at = 0;
    while let Some(summary) = all.get(at).map(Rc::clone) {
        let facts = call_facts(interpreter, &summary);
        for (position, (function, receiver, kind)) in &facts.targets {
            let (receiver, kind) = (*receiver, *kind);
            let key = fastwright_python::summary::SummaryKey { function: function.serial, receiver };
            if !seen.insert(key) || all.len() > 4_001 {
                continue;
            }
            if let Some(called) = interpreter.summarize(function, receiver) {
                let site = summary.events[*position as usize].location;
                all.push(called);
                reached_by.push(Some((at, Step { function: Rc::clone(function), site, kind })));
            }
        }
        at += 1;
    }
    let chain_to = |position: usize| {
        let mut chain = Vec::new();
        let mut below = &reached_by[position];
        while let Some((caller, step)) = below {
            chain.push(step.clone());
            below = &reached_by[*caller];
        }
        chain.reverse();
        chain
    };
    let numbered = all.iter().enumerate().filter(|(_, summary)| wanted(summary));
    numbered
        .map(|(position, summary)| Reached { summary: Rc::clone(summary), chain: chain_to(position) })
        .collect()
}

/// The function of the program that a call runs: its target, or what is handed to a thread or task.
pub fn target(interpreter: &mut Interpreter<'_>, call: &CallEvent) -> Option<Target> {
    let name = match call.target {
        Some(_) => None,
        None => callee_name(interpreter, &call.callee),
    };
    target_named(interpreter, call, name)
}

fn target_named(interpreter: &mut Interpreter<'_>, call: &CallEvent, name: Option<Name>) -> Option<Target> {
    if let Some((function, key)) = &call.target {
        return Some((Rc::clone(function), key.receiver, EdgeKind::Call));
    }
    let name = name?;
    let (position, kind) = match name.owner_and_last()? {
        ("asyncio", "to_thread")
        | ("starlette.concurrency" | "fastapi.concurrency", "run_in_threadpool")
        | ("asgiref.sync", "sync_to_async")
        | (_, "run_sync" | "submit") => (0, EdgeKind::Offload),
        (_, "run_in_executor") => (1, EdgeKind::Offload),
        (owner, "add_task") if owner.ends_with("BackgroundTasks") => (0, EdgeKind::Background),
        (_, last) if last.ends_with("BackgroundTask") => (0, EdgeKind::Background),
        _ => return None,
    };
    let given = without_partial(call.arguments.positional.get(position)?);
    let function = interpreter.plain_function(given)?;
    let receiver = match given.kind() {
        Kind::Method(method) => match *method.receiver.kind() {
            Kind::Instance(id) | Kind::Class(id) => Some(id),
            _ => match interpreter.class_of(&method.receiver.clone()).map(Value::into_kind) {
                Some(Kind::Class(id)) => Some(id),
                _ => None,
            },
        },
        _ => None,
    };
    Some((function, receiver, kind))
}

/// The function behind `functools.partial(function, ...)`; everything else is itself.
fn without_partial(value: &Value) -> &Value {
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. })
            if callee.as_external().is_some_and(|name| name == "functools.partial") =>
        {
            arguments.positional.first().map_or(value, without_partial)
        }
        _ => value,
    }
}

/// The qualified name of something in a library that is called: `sqlalchemy.orm.Session.commit` for a
/// method of an object whose class is known, `requests.get` for a function.
pub fn callee_name(interpreter: &mut Interpreter<'_>, callee: &Value) -> Option<Name> {
    match callee.kind() {
        Kind::External(name) => Some(*name),
        Kind::Method(method) => method.function.as_external(),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, name } => {
                let owner = match interpreter.library_class_of(base) {
                    Some(class) => class,
                    None => callee_name(interpreter, base)?,
                };
                Some(owner.member(*name))
            }
            Symbolic::Call { callee, .. } => callee_name(interpreter, callee),
            _ => None,
        },
        _ => None,
    }
}

/// The status of an exception that FastAPI answers with: of `HTTPException` and its subclasses, or of the
/// handler that an app registers for its class.
pub fn status_of_exception(interpreter: &mut Interpreter<'_>, exception: &Value) -> Option<u16> {
    for alternative in exception.alternatives().to_vec() {
        if let Some(status) = status_of_one(interpreter, &alternative) {
            return Some(status);
        }
    }
    None
}

fn status_of_one(interpreter: &mut Interpreter<'_>, exception: &Value) -> Option<u16> {
    match exception.kind() {
        Kind::Instance(id) => {
            let set = interpreter.instance(*id)?.attributes.get(&Name::from("status_code")).cloned();
            if let Some(status) = set.and_then(|value| value.as_int()) {
                return u16::try_from(status).ok();
            }
            let class = interpreter.class_of(exception)?;
            status_of_class(interpreter, &class, Some(exception))
        }
        Kind::Class(_) => {
            let made = interpreter.probe(exception, Arguments::default()).result.ok();
            match made {
                Some(made) if matches!(made.kind(), Kind::Instance(_)) => status_of_one(interpreter, &made),
                _ => status_of_class(interpreter, exception, None),
            }
        }
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, arguments, .. } => {
                if let Some(name) = callee.as_external() {
                    if name.ends_with(".HTTPException") {
                        let status = arguments.get(0, "status_code")?.clone();
                        return u16::try_from(interpreter.text_of(&status)?.parse::<i64>().ok()?).ok();
                    }
                    // Before the connection is accepted, Starlette answers the upgrade with 403.
                    if name.ends_with(".WebSocketException") {
                        return Some(403);
                    }
                    return status_of_class(interpreter, callee, None);
                }
                if let Kind::Class(id) = *callee.kind() {
                    let fixed = arguments.positional.is_empty() && arguments.keywords.is_empty();
                    if fixed
                        && let Some(known) = interpreter.extension::<Registry>().exception_statuses.get(&id)
                    {
                        return *known;
                    }
                    let (callee, arguments) = (callee.clone(), Arguments::clone(arguments));
                    let made = interpreter.probe(&callee, arguments).result.ok();
                    let status = match made {
                        Some(made) if matches!(made.kind(), Kind::Instance(_)) => {
                            status_of_one(interpreter, &made)
                        }
                        _ => status_of_class(interpreter, &callee, None),
                    };
                    if fixed {
                        interpreter.extension_mut::<Registry>().exception_statuses.insert(id, status);
                    }
                    return status;
                }
                None
            }
            _ => None,
        },
        Kind::External(_) => status_of_class(interpreter, exception, None),
        _ => None,
    }
}

/// The status that a class of exceptions leads to: its own `status_code`, or what the handler that an app
/// registers for it answers.
fn status_of_class(
    interpreter: &mut Interpreter<'_>,
    class: &Value,
    exception: Option<&Value>,
) -> Option<u16> {
    if let Some((value, _)) = interpreter.find_in_class(class, Name::from("status_code"))
        && let Some(status) = value.as_int()
    {
        return u16::try_from(status).ok();
    }
    if interpreter.derives_from(class, "starlette.exceptions.WebSocketException") {
        return Some(403);
    }
    let handlers: Vec<(Value, Value)> = interpreter
        .extension::<Registry>()
        .order
        .iter()
        .filter_map(|id| interpreter.extension::<Registry>().routers.get(id))
        .flat_map(|state| {
            state.exception_handlers.iter().map(|(class, handler, _)| (class.clone(), handler.clone()))
        })
        .collect();
    for owner in interpreter.class_order(class).iter() {
        // What nobody handles is answered with 500 by the server, like every other failure.
        if owner
            .as_external()
            .is_some_and(|name| matches!(name.as_str(), "builtins.Exception" | "builtins.BaseException"))
        {
            return None;
        }
        for (handled, handler) in &handlers {
            if handled.same(owner) {
                return status_of_handler(interpreter, handler, class, exception);
            }
        }
    }
    None
}

fn status_of_handler(
    interpreter: &mut Interpreter<'_>,
    handler: &Value,
    class: &Value,
    exception: Option<&Value>,
) -> Option<u16> {
    let Kind::Class(id) = *class.kind() else { return None };
    if let Some(known) = interpreter.extension::<Registry>().handled_statuses.get(&id) {
        return *known;
    }
    interpreter.extension_mut::<Registry>().handled_statuses.insert(id, None);
    let exception = match exception {
        Some(exception) => exception.clone(),
        None => {
            let site = interpreter.class(id)?.location;
            Kind::Instance(interpreter.new_instance(class.clone(), Arguments::default(), site)).into()
        }
    };
    let request = Value::unknown("the request is not known", None);
    let arguments = Arguments::of([request, exception]);
    let result = interpreter.probe(handler, arguments).result;
    let status = match result {
        Ok(response) => status_of_response(interpreter, &response),
        Err(raised) => status_of_exception(interpreter, &raised.value),
    };
    interpreter.extension_mut::<Registry>().handled_statuses.insert(id, status);
    status
}

/// The status of a response object: `JSONResponse(..., status_code=401)`.
pub fn status_of_response(interpreter: &mut Interpreter<'_>, response: &Value) -> Option<u16> {
    for alternative in response.alternatives().to_vec() {
        let Some(Symbolic::Call { callee, arguments, .. }) = alternative.as_symbolic() else { continue };
        let class = callee.clone();
        if !interpreter.derives_from(&class, "starlette.responses.Response") {
            continue;
        }
        let status = match arguments.get(1, "status_code") {
            Some(value) => {
                let value = value.clone();
                interpreter.text_of(&value)?.parse::<i64>().ok()?
            }
            None if class.as_external().is_some_and(|name| name.ends_with("RedirectResponse")) => 307,
            None => 200,
        };
        return u16::try_from(status).ok();
    }
    None
}

/// Whether a value contains, anywhere inside, something that satisfies a predicate.
pub fn mentions(value: &Value, predicate: &mut dyn FnMut(&Value) -> bool) -> bool {
    mentions_within(value, predicate, 16)
}

fn mentions_within(value: &Value, predicate: &mut dyn FnMut(&Value) -> bool, depth: u32) -> bool {
    predicate(value)
        || depth > 0 && any_inside(value, &mut |part| mentions_within(part, predicate, depth - 1))
}

/// Whether something holds for what a value is made of, one level down; what lists, sets and dicts hold is left out.
pub(crate) fn any_inside(value: &Value, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    match value.kind() {
        Kind::Union(values) | Kind::Tuple(values) => values.iter().any(test),
        Kind::Method(method) => test(&method.receiver),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, arguments, .. } => {
                test(callee)
                    || arguments.positional.iter().any(&mut *test)
                    || arguments.keywords.iter().any(|(_, value)| test(value))
            }
            Symbolic::Member { base, .. } | Symbolic::Element(base) | Symbolic::Not(base) => test(base),
            Symbolic::Item { base, index } => test(base) || test(index),
            Symbolic::Binary { left, right, .. } | Symbolic::Compare { left, right, .. } => {
                test(left) || test(right)
            }
            Symbolic::Format(parts) | Symbolic::Template(parts) => parts.iter().any(test),
            Symbolic::Parameter(_) => false,
        },
        _ => false,
    }
}
