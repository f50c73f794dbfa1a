//! Effects: what code does beyond computing. Found once for each function, then joined along calls.

mod bits;
pub(crate) mod own;

use self::bits::{Done, Things};
use self::own::{OwnEffects, TableNames};
use crate::facts::{call_facts, status_of_exception};
use crate::registry::Registry;
use crate::tables::Table;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::memory;
use fastwright_python::summary::{EventKind, SummaryKey};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

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

/// Effects of functions, found when they are asked for.
///
/// What a function does with all that it calls is found once for all functions that call each other in a circle, from
/// what those do that they call (Tarjan's strongly connected components); sets of effects are bits meanwhile.
pub struct EffectTable {
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
    /// A table that knows which classes are mapped. From now on, what functions do themselves is found as soon as they
    /// are walked.
    pub fn new(interpreter: &mut Interpreter<'_>, tables: &[Table]) -> Self {
        interpreter.extension_mut::<Registry>().table_names = Some(Rc::new(TableNames::new(tables)));
        Self {
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

    /// Ends it: nobody asks for effects any more.
    pub(crate) fn end(self, interpreter: &mut Interpreter<'_>) {
        let registry = interpreter.extension_mut::<Registry>();
        registry.table_names = None;
        memory::leave(std::mem::take(&mut registry.own_effects));
        memory::leave(self);
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
        let OwnEffects { mut effects, raises } = own::take(interpreter, &summary);
        for event in raises {
            if let EventKind::Raise { exception, .. } = &summary.events[event as usize].kind {
                effects.statuses.extend(status_of_exception(interpreter, exception));
            }
        }
        self.own[place] = self.things.done(effects);
        let start = self.calls.len() as u32;
        for (_, (function, receiver, _)) in &call_facts(interpreter, &summary).targets {
            let called = self.index_of(function, *receiver);
            self.calls.push(called);
        }
        let called = start..self.calls.len() as u32;
        self.called[place] = Some(called.clone());
        called
    }
}
