//! Effects: what code does beyond computing. Found once for each function, then joined along calls.

mod bits;

use self::bits::{Done, Things};
use crate::facts::{EdgeKind, call_facts, status_of_exception};
use crate::library::sqlalchemy::{entity, session_kind};
use crate::shared_search::SharedSearch;
use crate::tables::Table;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind, Summary, SummaryKey};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;
use std::sync::LazyLock;

/// What some code does, itself and through what it calls.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// Names of tables that are read.
    pub reads: BTreeSet<String>,
    /// Names of tables that are written.
    pub writes: BTreeSet<String>,
    /// Statuses of exceptions that are raised.
    pub statuses: BTreeSet<u16>,
    /// Calls to the outside and other effects, in words.
    pub outside: BTreeSet<String>,
    /// Where the request's headers, cookies or session are read, if they are.
    pub reads_credentials: Option<Location>,
}

/// What a function does itself.
struct Local {
    effects: Effects,
    /// The functions that it calls, by their numbers.
    calls: Vec<u32>,
}

/// Effects of functions, found when they are asked for.
///
/// What a function does with all that it calls is found once for all functions that call each other in a circle, from
/// what those do that they call (Tarjan's strongly connected components); sets of effects are bits meanwhile.
pub struct EffectTable {
    tables: FxHashMap<ObjectId, String>,
    /// The functions that are called somewhere; their places here are their numbers.
    functions: Vec<(Rc<FunctionValue>, Option<ObjectId>)>,
    index: FxHashMap<SummaryKey, u32>,
    /// Which functions each of them calls, as a part of `calls`, once that is known.
    called: Vec<Option<Range<u32>>>,
    calls: Vec<u32>,
    things: Things,
    /// What they do themselves.
    own: Vec<Done>,
    /// What they do with everything that they call, once that is known.
    all: Vec<Option<Rc<Done>>>,
    /// The same for those that were asked about.
    joined: FxHashMap<u32, Rc<Effects>>,
    /// The last search for which they were looked at.
    seen_for: Vec<u32>,
    searches: u32,
}

/// A function on the way of Tarjan's search.
struct Visit {
    /// What is left of the functions that it calls.
    calls: Range<u32>,
    /// The earliest function on the stack that it reaches.
    earliest: usize,
    /// Its own place on the stack.
    place: usize,
    done: Done,
}

impl EffectTable {
    /// A table that knows which classes are mapped.
    pub fn new(tables: &[Table]) -> Self {
        Self {
            tables: tables.iter().map(|table| (table.class, table.name.clone())).collect(),
            functions: Vec::new(),
            index: FxHashMap::default(),
            called: Vec::new(),
            calls: Vec::new(),
            things: Things::default(),
            own: Vec::new(),
            all: Vec::new(),
            joined: FxHashMap::default(),
            seen_for: Vec::new(),
            searches: 0,
        }
    }

    fn index_of(&mut self, function: &Rc<FunctionValue>, receiver: Option<ObjectId>) -> u32 {
        let key = SummaryKey { function: function.serial, receiver };
        *self.index.entry(key).or_insert_with(|| {
            self.functions.push((Rc::clone(function), receiver));
            self.called.push(None);
            self.own.push(Done::default());
            self.all.push(None);
            self.seen_for.push(0);
            self.functions.len() as u32 - 1
        })
    }

    /// What a function does, everything that it calls included.
    pub fn effects(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
    ) -> Rc<Effects> {
        let asked = self.index_of(function, receiver);
        if let Some(known) = self.joined.get(&asked) {
            return Rc::clone(known);
        }
        let done = match &self.all[asked as usize] {
            Some(known) => Rc::clone(known),
            None => self.join_all(interpreter, asked),
        };
        let reads_credentials = done.reads_credentials.and_then(|_| self.credentials_read_by(asked));
        let effects = Rc::new(self.things.effects(&done, reads_credentials));
        self.joined.insert(asked, Rc::clone(&effects));
        effects
    }

    /// Joins what a function does with what it calls, and so for all that it reaches.
    fn join_all(&mut self, interpreter: &mut Interpreter<'_>, asked: u32) -> Rc<Done> {
        // Places on the stack of the functions that are on it.
        let mut places: FxHashMap<u32, usize> = FxHashMap::default();
        let mut stack: Vec<u32> = Vec::new();
        let mut way: Vec<Visit> = Vec::new();
        let mut next = Some(asked);
        loop {
            if let Some(function) = next.take() {
                let calls = self.local(interpreter, function);
                let place = stack.len();
                places.insert(function, place);
                stack.push(function);
                let done = self.own[function as usize].clone();
                way.push(Visit { calls, earliest: place, place, done });
            }
            let Some(visit) = way.last_mut() else { break };
            if let Some(call) = visit.calls.next() {
                let called = self.calls[call as usize];
                match (&self.all[called as usize], places.get(&called)) {
                    (Some(known), _) => visit.done.join(known),
                    (None, Some(place)) => visit.earliest = visit.earliest.min(*place),
                    (None, None) => next = Some(called),
                }
                continue;
            }
            let Some(ended) = way.pop() else { break };
            if ended.earliest == ended.place {
                // All on the stack from here on call each other.
                let done = Rc::new(ended.done.clone());
                for function in stack.drain(ended.place..) {
                    places.remove(&function);
                    self.all[function as usize] = Some(Rc::clone(&done));
                }
            }
            if let Some(caller) = way.last_mut() {
                caller.done.join(&ended.done);
                caller.earliest = caller.earliest.min(ended.earliest);
            }
        }
        self.all[asked as usize].clone().unwrap_or_default()
    }

    /// The first place where credentials are read by a function or what it calls.
    fn credentials_read_by(&mut self, function: u32) -> Option<Location> {
        self.searches += 1;
        self.seen_for[function as usize] = self.searches;
        let mut waiting = vec![function];
        while let Some(function) = waiting.pop() {
            let own = self.own[function as usize].reads_credentials;
            if own.is_some() {
                return own;
            }
            let called = self.called[function as usize].clone().unwrap_or_default();
            for called in &self.calls[called.start as usize..called.end as usize] {
                let seen_for = &mut self.seen_for[*called as usize];
                if *seen_for != self.searches {
                    *seen_for = self.searches;
                    waiting.push(*called);
                }
            }
        }
        None
    }

    /// Finds out what a function does itself, if that is not known; gives the part of `calls` that it calls.
    fn local(&mut self, interpreter: &mut Interpreter<'_>, function: u32) -> Range<u32> {
        let place = function as usize;
        if let Some(known) = &self.called[place] {
            return known.clone();
        }
        let (function, receiver) = &self.functions[place];
        let Some(summary) = interpreter.summarize(function, *receiver) else { return Range::default() };
        let Local { effects, calls } = self.find(interpreter, &summary);
        self.own[place] = self.things.done(effects);
        let start = self.calls.len() as u32;
        self.calls.extend(calls);
        let called = start..self.calls.len() as u32;
        self.called[place] = Some(called.clone());
        called
    }

    fn find(&mut self, interpreter: &mut Interpreter<'_>, summary: &Summary) -> Local {
        let mut effects = Effects::default();
        let mut calls = Vec::new();
        let facts = call_facts(interpreter, summary);
        let mut targets = facts.targets.iter().peekable();
        let mut callees = facts.callees.iter().peekable();
        let mut search = SharedSearch::default();
        for (position, event) in summary.events.iter().enumerate() {
            match &event.kind {
                EventKind::Call(call) => {
                    if let Some((_, (function, receiver, kind))) =
                        targets.next_if(|(event, _)| *event as usize == position)
                    {
                        if *kind == EdgeKind::Background {
                            effects
                                .outside
                                .insert(format!("starts background work `{}`", function.definition.name));
                        }
                        calls.push(self.index_of(function, *receiver));
                    }
                    let callee = callees.next_if(|(_, event)| *event as usize == position);
                    self.call(interpreter, call, callee.map(|(name, _)| *name), &mut effects);
                    if effects.reads_credentials.is_none()
                        && (reads_credentials(interpreter, &mut search, &call.callee)
                            || call
                                .arguments
                                .positional
                                .iter()
                                .any(|value| reads_credentials(interpreter, &mut search, value)))
                    {
                        effects.reads_credentials = Some(event.location);
                    }
                }
                EventKind::Raise { exception, again: false } => {
                    if let Some(status) = status_of_exception(interpreter, exception) {
                        effects.statuses.insert(status);
                    }
                }
                EventKind::Store { base, .. } | EventKind::StoreItem { base, .. } => {
                    if let Some(name) = self.table_of_object(interpreter, base) {
                        effects.writes.insert(name);
                    }
                }
                EventKind::Condition(value) | EventKind::Return(value)
                    if effects.reads_credentials.is_none()
                        && reads_credentials(interpreter, &mut search, value) =>
                {
                    effects.reads_credentials = Some(event.location);
                }
                _ => {}
            }
        }
        Local { effects, calls }
    }

    fn table_of_class(&self, class: &Value) -> Option<String> {
        match *class.kind() {
            Kind::Class(id) => self.tables.get(&id).cloned(),
            _ => None,
        }
    }

    fn table_of_object(&self, interpreter: &mut Interpreter<'_>, object: &Value) -> Option<String> {
        let class = interpreter.class_of(object)?;
        self.table_of_class(&class)
    }

    fn call(
        &self,
        interpreter: &mut Interpreter<'_>,
        call: &CallEvent,
        callee: Option<Name>,
        effects: &mut Effects,
    ) {
        if call.target.is_some() {
            return;
        }
        if let Some(name) = call.callee.as_external() {
            match name.as_str() {
                "sqlalchemy.select" => {
                    for argument in &call.arguments.positional {
                        let class = base_class(argument);
                        effects.reads.extend(class.and_then(|class| self.table_of_class(&class)));
                    }
                    return;
                }
                "sqlalchemy.insert" | "sqlalchemy.update" | "sqlalchemy.delete" => {
                    let class = call.arguments.positional.first().and_then(base_class);
                    effects.writes.extend(class.and_then(|class| self.table_of_class(&class)));
                    return;
                }
                _ => {}
            }
        }
        if let Some(Symbolic::Member { base, name }) = call.callee.as_symbolic()
            && may_touch_table(name)
        {
            if session_kind(interpreter, base).is_some() {
                let first = call.arguments.positional.first();
                match name.as_str() {
                    "get" | "get_one" | "query" => {
                        effects
                            .reads
                            .extend(first.and_then(base_class).and_then(|class| self.table_of_class(&class)));
                    }
                    "add" | "delete" | "merge" => {
                        let table =
                            first.and_then(|object| self.table_of_object(interpreter, &object.clone()));
                        effects.writes.extend(table);
                    }
                    "add_all" => {
                        let items =
                            first.and_then(|list| interpreter.elements(&list.clone())).unwrap_or_default();
                        for item in items {
                            effects.writes.extend(self.table_of_object(interpreter, &item));
                        }
                    }
                    "refresh" => {
                        let table =
                            first.and_then(|object| self.table_of_object(interpreter, &object.clone()));
                        effects.reads.extend(table);
                    }
                    _ => {}
                }
                return;
            }
            if matches!(name.as_str(), "join" | "outerjoin" | "select_from") {
                let class = call.arguments.positional.first().and_then(base_class);
                effects.reads.extend(class.and_then(|class| self.table_of_class(&class)));
            }
            // session.query(Order).update(...) and .delete()
            if matches!(name.as_str(), "update" | "delete")
                && let Some(class) = entity(interpreter, base, 0)
            {
                effects.writes.extend(self.table_of_class(&class));
            }
        }
        let Some(name) = callee else { return };
        if let Some(outside) = outside(name, call) {
            effects.outside.insert(outside);
        }
    }
}

/// Whether a method of this name may read or write the table of what it is given, or of what it is called on.
fn may_touch_table(method: &str) -> bool {
    matches!(
        method,
        "get"
            | "get_one"
            | "query"
            | "add"
            | "add_all"
            | "delete"
            | "merge"
            | "refresh"
            | "update"
            | "join"
            | "outerjoin"
            | "select_from"
    )
}

/// The class behind `Order`, `Order.id` or `func.count(Order.id)`.
fn base_class(value: &Value) -> Option<Value> {
    match value.kind() {
        Kind::Class(_) => Some(value.clone()),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, .. } => base_class(base),
            Symbolic::Call { arguments, .. } => arguments.positional.first().and_then(base_class),
            _ => None,
        },
        _ => None,
    }
}

/// Names of a request's parts that carry credentials.
const CREDENTIAL_PARTS: &[&str] = &["headers", "cookies", "session", "auth", "user"];

/// `search` is through the values of one function.
fn reads_credentials(interpreter: &mut Interpreter<'_>, search: &mut SharedSearch, value: &Value) -> bool {
    static PARTS: LazyLock<NameSet> = LazyLock::new(|| NameSet::new(CREDENTIAL_PARTS.iter().copied()));
    let parts = *PARTS;
    // Nearly no value does: this is asked about everything that is passed on.
    if !value.may_name(parts) {
        return false;
    }
    let may_read = |value: &Value| value.may_name(parts);
    search.finds(value, &may_read, &mut |inner| match inner.as_symbolic() {
        Some(Symbolic::Member { base, name }) if CREDENTIAL_PARTS.contains(&name.as_str()) => interpreter
            .library_classes_of(base)
            .iter()
            .any(|class| class == "starlette.requests.HTTPConnection"),
        _ => false,
    })
}

/// A call to the outside, in words.
fn outside(name: Name, call: &CallEvent) -> Option<String> {
    let last = name.last_part();
    let package = name.first_part();
    let verb =
        matches!(last, "get" | "post" | "put" | "patch" | "delete" | "head" | "request" | "send" | "stream");
    Some(match package {
        "httpx" | "requests" | "aiohttp" | "urllib3" if verb => {
            let url = call
                .arguments
                .get(usize::from(last == "request"), "url")
                .and_then(Value::as_str)
                .and_then(|url| url.split("://").nth(1))
                .and_then(|rest| rest.split('/').next())
                .filter(|host| !host.is_empty());
            match url {
                Some(host) => format!("calls {host}"),
                None => format!("calls out with {package}"),
            }
        }
        "urllib" if last == "urlopen" => "calls out with urllib".to_owned(),
        "smtplib" | "aiosmtplib" | "fastapi_mail" if matches!(last, "send" | "sendmail" | "send_message") => {
            "sends mail".to_owned()
        }
        "boto3" | "aioboto3" | "botocore" => "calls AWS".to_owned(),
        "stripe" => "calls Stripe".to_owned(),
        "openai" | "anthropic" => format!("calls {package}"),
        "subprocess" => "runs a process".to_owned(),
        _ if matches!(last, "delay" | "apply_async") => "queues a task".to_owned(),
        _ => return None,
    })
}
