//! Effects: what code does beyond computing. Found once for each function, then joined along calls.

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

impl Effects {
    fn is_empty(&self) -> bool {
        self.reads.is_empty()
            && self.writes.is_empty()
            && self.statuses.is_empty()
            && self.outside.is_empty()
            && self.reads_credentials.is_none()
    }

    fn join(&mut self, other: &Effects) {
        extend(&mut self.reads, &other.reads);
        extend(&mut self.writes, &other.writes);
        self.statuses.extend(other.statuses.iter().copied());
        extend(&mut self.outside, &other.outside);
        self.reads_credentials = self.reads_credentials.or(other.reads_credentials);
    }
}

/// Adds what is missing: most of it is there already.
fn extend(known: &mut BTreeSet<String>, more: &BTreeSet<String>) {
    for text in more {
        if !known.contains(text) {
            known.insert(text.clone());
        }
    }
}

/// What a function does itself.
struct Local {
    effects: Effects,
    /// The functions that it calls, by their numbers.
    calls: Vec<u32>,
}

/// Functions that are followed from one, at most.
const FOLLOWED: usize = 3_000;

/// Effects of functions, found when they are asked for.
///
/// For every handler all that it reaches is gone through, so what that takes stands together and apart from the rest.
pub struct EffectTable {
    tables: FxHashMap<ObjectId, String>,
    /// The functions that are called somewhere; their places here are their numbers.
    functions: Vec<(Rc<FunctionValue>, Option<ObjectId>)>,
    index: FxHashMap<SummaryKey, u32>,
    /// Which functions each of them calls, as a part of `calls`, once that is known.
    called: Vec<Option<Range<u32>>>,
    calls: Vec<u32>,
    /// What they do themselves, if that is known and is anything.
    own: Vec<Option<Box<Effects>>>,
    /// What they do with everything that they call, once that is known.
    joined: Vec<Option<Rc<Effects>>>,
    /// The last question for which they were looked at.
    seen_for: Vec<u32>,
    questions: u32,
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
            own: Vec::new(),
            joined: Vec::new(),
            seen_for: Vec::new(),
            questions: 0,
        }
    }

    fn index_of(&mut self, function: &Rc<FunctionValue>, receiver: Option<ObjectId>) -> u32 {
        let key = SummaryKey { function: function.serial, receiver };
        *self.index.entry(key).or_insert_with(|| {
            self.functions.push((Rc::clone(function), receiver));
            self.called.push(None);
            self.own.push(None);
            self.joined.push(None);
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
        if let Some(known) = &self.joined[asked as usize] {
            return Rc::clone(known);
        }
        self.questions += 1;
        let mut effects = Effects::default();
        self.seen_for[asked as usize] = self.questions;
        let mut seen = 1;
        let mut queue = vec![asked];
        while let Some(function) = queue.pop() {
            let Some(called) = self.local(interpreter, function) else { continue };
            if let Some(own) = &self.own[function as usize] {
                effects.join(own);
            }
            for &called in &self.calls[called.start as usize..called.end as usize] {
                let seen_for = &mut self.seen_for[called as usize];
                if seen < FOLLOWED && *seen_for != self.questions {
                    *seen_for = self.questions;
                    seen += 1;
                    queue.push(called);
                }
            }
        }
        let effects = Rc::new(effects);
        self.joined[asked as usize] = Some(Rc::clone(&effects));
        effects
    }

    /// Finds out what a function does itself, if that is not known; gives the part of `calls` that it calls.
    fn local(&mut self, interpreter: &mut Interpreter<'_>, function: u32) -> Option<Range<u32>> {
        let place = function as usize;
        if let Some(known) = &self.called[place] {
            return Some(known.clone());
        }
        let (function, receiver) = &self.functions[place];
        let summary = interpreter.summarize(function, *receiver)?;
        let Local { effects, calls } = self.find(interpreter, &summary);
        if !effects.is_empty() {
            self.own[place] = Some(Box::new(effects));
        }
        let start = self.calls.len() as u32;
        self.calls.extend(calls);
        let called = start..self.calls.len() as u32;
        self.called[place] = Some(called.clone());
        Some(called)
    }

    fn find(&mut self, interpreter: &mut Interpreter<'_>, summary: &Summary) -> Local {
        let mut effects = Effects::default();
        let mut calls = Vec::new();
        let facts = call_facts(interpreter, summary);
        let mut targets = facts.targets.iter().peekable();
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
                    self.call(interpreter, call, facts.callees[position], &mut effects);
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
        match class.kind {
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
        if let Some(Symbolic::Member { base, name }) = call.callee.as_symbolic() {
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

/// The class behind `Order`, `Order.id` or `func.count(Order.id)`.
fn base_class(value: &Value) -> Option<Value> {
    match &value.kind {
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
    let may_read = |value: &Value| value.may_name(*PARTS);
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
