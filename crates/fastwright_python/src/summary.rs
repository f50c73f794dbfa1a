//! Function summaries: what a function does, found by walking it once for all its callers.
//!
//! Inputs are symbolic, every branch is walked, loops run once, and calls of other functions of the
//! program use their summaries. A summary is keyed by the function object (closures differ) and by the
//! object or class that a method is bound to.

use crate::interpreter::{Evaluated, Interpreter, Mode, Raised};
use crate::ir::ParameterKind;
use crate::location::{Location, Span};
use crate::name::Name;
use crate::program::FunctionId;
use crate::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::rc::Rc;
use std::sync::Arc;

/// One thing that a function does.
#[derive(Debug, Clone)]
pub struct Event {
    /// Where.
    pub location: Location,
    /// What.
    pub kind: EventKind,
    /// How many undecided branches, loops and handlers stand around it.
    pub branch_depth: u32,
}

/// The kinds of things that a function does.
#[derive(Debug, Clone)]
pub enum EventKind {
    /// It calls something.
    Call(CallEvent),
    /// It raises.
    Raise {
        /// The exception: a class, or an instance as a symbolic call of the class.
        exception: Value,
        /// `raise` without an exception.
        again: bool,
    },
    /// It sets an attribute (`setattr` included).
    Store {
        /// The object.
        base: Value,
        /// The attribute.
        name: Name,
        /// What it is set to.
        value: Value,
    },
    /// It sets an item, or an attribute whose name is computed.
    StoreItem {
        /// The container.
        base: Value,
        /// The key.
        index: Value,
        /// What it is set to.
        value: Value,
    },
    /// It branches on something that is not decided.
    Condition(Value),
    /// It yields.
    Yield(Value),
    /// It returns.
    Return(Value),
}

/// A call.
#[derive(Debug, Clone)]
pub struct CallEvent {
    /// What is called.
    pub callee: Value,
    /// With what.
    pub arguments: StrongRc<Arguments>,
    /// The function of the program that runs, with its summary's key.
    pub target: Option<(Rc<FunctionValue>, SummaryKey)>,
    /// What comes back.
    pub result: Value,
    /// Whether the result is awaited at once.
    pub awaited: bool,
    /// Whether it is one of several implementations of an abstract method: the program may use another.
    pub is_one_of_several: bool,
}

/// Identity of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SummaryKey {
    /// Number of the function object.
    pub function: u32,
    /// The object or class that the first parameter is bound to.
    pub receiver: Option<ObjectId>,
}

/// What a function does.
#[derive(Debug)]
pub struct Summary {
    /// Its identity.
    pub key: SummaryKey,
    /// The function.
    pub function: Rc<FunctionValue>,
    /// What the parameters are inside, in order.
    pub parameters: Vec<(Name, Value)>,
    /// What it does, in the order of walking.
    pub events: Vec<Event>,
    /// What it returns.
    pub returns: Value,
    /// What it yields.
    pub yields: Vec<Value>,
    /// Whether it never returns normally.
    pub always_raises: bool,
    /// Whether walking was given up.
    pub incomplete: bool,
}

/// All summaries made so far.
#[derive(Debug, Default)]
pub struct SummaryTable {
    done: FxHashMap<SummaryKey, Rc<Summary>>,
    running: FxHashSet<SummaryKey>,
    /// Steps spent on all summaries together.
    pub steps: u64,
}

impl SummaryTable {
    /// The summary with this key.
    pub fn get(&self, key: SummaryKey) -> Option<&Rc<Summary>> {
        self.done.get(&key)
    }

    /// All summaries.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<Summary>> {
        self.done.values()
    }
}

/// A function that is walked.
#[derive(Debug)]
pub(crate) struct Recorder {
    /// Where its events begin in [`Interpreter::events`].
    start: usize,
    branch_depth: u32,
}

/// A function with the object or class that its first parameter is bound to.
type BoundFunction = (Rc<FunctionValue>, Option<ObjectId>);

/// Steps for all summaries of a program together.
const ALL_SUMMARY_STEPS: u64 = 60_000_000;

impl Interpreter<'_> {
    fn push_event(&mut self, location: Location, kind: EventKind) -> Option<usize> {
        if self.mode != Mode::Summary {
            return None;
        }
        let recorder = self.recorders.last_mut()?;
        let branch_depth = recorder.branch_depth;
        self.events.push(Event { location, kind, branch_depth });
        Some(self.events.len() - 1)
    }

    /// The call that was recorded at a position, while its function is walked.
    fn recorded_call(&mut self, position: Option<usize>) -> Option<&mut CallEvent> {
        match &mut self.events.get_mut(position?)?.kind {
            EventKind::Call(call) => Some(call),
            _ => None,
        }
    }

    pub(crate) fn record_return(&mut self, value: &Value, span: Span) {
        let location = self.here(span);
        self.push_event(location, EventKind::Return(value.clone()));
    }

    pub(crate) fn record_condition(&mut self, value: &Value, span: Span) {
        if self.mode == Mode::Summary {
            let location = self.here(span);
            self.push_event(location, EventKind::Condition(value.clone()));
        }
    }

    pub(crate) fn record_raise(&mut self, exception: &Value, again: bool, location: Location) {
        self.push_event(location, EventKind::Raise { exception: exception.clone(), again });
    }

    pub(crate) fn record_yield(&mut self, value: &Value, span: Span) {
        let location = self.here(span);
        self.push_event(location, EventKind::Yield(value.clone()));
    }

    pub(crate) fn record_store(&mut self, base: &Value, name: Name, value: &Value, span: Span) {
        if self.mode == Mode::Summary {
            let location = self.here(span);
            self.push_event(location, EventKind::Store { base: base.clone(), name, value: value.clone() });
        }
    }

    pub(crate) fn record_item_store(&mut self, base: &Value, index: &Value, value: &Value, span: Span) {
        if self.mode == Mode::Summary {
            let location = self.here(span);
            let kind =
                EventKind::StoreItem { base: base.clone(), index: index.clone(), value: value.clone() };
            self.push_event(location, kind);
        }
    }

    /// Marks the call that ends where an `await` ends as awaited.
    pub(crate) fn record_await(&mut self, span: Span) {
        let file = self.here(span).file;
        if let Some(recorder) = self.recorders.last() {
            for event in self.events[recorder.start..].iter_mut().rev() {
                if event.location.file == file
                    && event.location.span.end == span.end
                    && event.location.span.start >= span.start
                    && let EventKind::Call(call) = &mut event.kind
                {
                    call.awaited = true;
                    break;
                }
            }
        }
    }

    /// Marks the calls that were recorded at a place since then as those of several implementations.
    fn mark_as_several(&mut self, since: usize, span: Span) {
        for event in self.events.iter_mut().skip(since).filter(|event| event.location.span == span) {
            if let EventKind::Call(call) = &mut event.kind {
                call.is_one_of_several = true;
            }
        }
    }

    pub(crate) fn enter_branch(&mut self) {
        if let Some(recorder) = self.recorders.last_mut() {
            recorder.branch_depth += 1;
        }
    }

    pub(crate) fn leave_branch(&mut self) {
        if let Some(recorder) = self.recorders.last_mut() {
            recorder.branch_depth = recorder.branch_depth.saturating_sub(1);
        }
    }

    pub(crate) fn call_in_summary(
        &mut self,
        callee: &Value,
        arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Evaluated {
        if let Kind::Union(alternatives) = callee.kind() {
            let mut results = Alternatives::default();
            for alternative in alternatives.iter().filter(|value| !value.is_none()).take(4) {
                results.add(self.call_in_summary(alternative, StrongRc::clone(&arguments), span)?);
            }
            return Ok(results.finish());
        }
        if let Some(implementing) = self.implementing_methods(callee, span) {
            let several = matches!(implementing.kind(), Kind::Union(_));
            let before = self.events.len();
            let result = self.call_in_summary(&implementing, arguments, span);
            if several {
                self.mark_as_several(before, span);
            }
            return result;
        }
        let site = self.here(span);
        let (target, arguments) = self.summary_target(callee, arguments, span);
        let recorded = self.push_event(
            site,
            EventKind::Call(CallEvent {
                callee: callee.clone(),
                arguments: StrongRc::clone(&arguments),
                target: None,
                result: Value::NONE,
                awaited: false,
                is_one_of_several: false,
            }),
        );
        let mut reached = None;
        let result = match (&target, callee.kind()) {
            (Some((function, receiver)), _) => {
                let key = SummaryKey { function: function.serial, receiver: *receiver };
                reached = Some((Rc::clone(function), key));
                let result = self.apply_summary(function, *receiver, arguments, site);
                if let Kind::Class(_) = *callee.kind() {
                    result.map(|_| self.made(callee, recorded, site))
                } else {
                    result
                }
            }
            (None, Kind::Class(_)) => Ok(Value::call(callee.clone(), arguments, site)),
            (None, _) => self.call_directly(callee, arguments, span),
        };
        if let Some(call) = self.recorded_call(recorded) {
            call.target = reached;
            if let Ok(value) = &result {
                call.result = value.clone();
            }
        }
        result
    }

    /// The object that calling a class makes, as an expression over the constructor's arguments.
    fn made(&mut self, class: &Value, recorded: Option<usize>, site: Location) -> Value {
        let arguments = self.recorded_call(recorded).map_or_else(Arguments::default, |call| {
            let given = &call.arguments;
            // The first argument is the object itself, as the constructor sees it.
            let positional = given.positional.get(1..).unwrap_or_default().into();
            Arguments { positional, keywords: given.keywords.clone(), incomplete: given.incomplete }
        });
        Value::call(class.clone(), StrongRc::new(arguments), site)
    }

    /// The function of the program behind a callee, with the receiver's key and its arguments.
    fn summary_target(
        &mut self,
        callee: &Value,
        mut arguments: StrongRc<Arguments>,
        span: Span,
    ) -> (Option<BoundFunction>, StrongRc<Arguments>) {
        match callee.kind() {
            Kind::Function(function) => (Some((Rc::clone(function), None)), arguments),
            Kind::Method(method) => match method.function.kind() {
                Kind::Function(function) => {
                    let receiver = self.receiver_key(&method.receiver);
                    StrongRc::make_mut(&mut arguments).prepend(method.receiver.clone());
                    (Some((Rc::clone(function), receiver)), arguments)
                }
                _ => (None, arguments),
            },
            Kind::Descriptor(descriptor) => match descriptor.function.kind() {
                Kind::Function(function) => (Some((Rc::clone(function), None)), arguments),
                _ => (None, arguments),
            },
            Kind::Class(class) => {
                if self.enumeration_members(*class).is_some() {
                    return (None, arguments);
                }
                let init = self.find_in_class(callee, Name::from("__init__"));
                match init.map(|(value, _)| value.into_kind()) {
                    Some(Kind::Function(function)) => {
                        let site = self.here(span);
                        let made = Value::call(callee.clone(), StrongRc::clone(&arguments), site);
                        StrongRc::make_mut(&mut arguments).prepend(made);
                        (Some((function, Some(*class))), arguments)
                    }
                    _ => (None, arguments),
                }
            }
            Kind::Instance(_) | Kind::Symbolic(_) => {
                if let Some(Symbolic::Call { callee: made_by, .. }) = callee.as_symbolic()
                    && made_by.as_external().is_some()
                {
                    return (None, arguments);
                }
                if matches!(callee.as_symbolic(), Some(Symbolic::Member { .. } | Symbolic::Item { .. })) {
                    return (None, arguments);
                }
                let bound = self.attribute(callee, Name::from("__call__"), span);
                match bound.kind() {
                    Kind::Method(method) if matches!(method.function.kind(), Kind::Function(_)) => {
                        self.summary_target(&bound, arguments, span)
                    }
                    _ => (None, arguments),
                }
            }
            _ => (None, arguments),
        }
    }

    /// The heap object that distinguishes summaries of a method: the instance, or its class.
    pub fn receiver_key(&mut self, receiver: &Value) -> Option<ObjectId> {
        match *receiver.kind() {
            Kind::Instance(id) | Kind::Class(id) => Some(id),
            _ => match *self.class_of(receiver)?.kind() {
                Kind::Class(id) => Some(id),
                _ => None,
            },
        }
    }

    /// What calling a function gives, by its summary.
    fn apply_summary(
        &mut self,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
        arguments: StrongRc<Arguments>,
        site: Location,
    ) -> Evaluated {
        let Some(summary) = self.summarize(function, receiver) else {
            let reason = format!("`{}` calls itself", function.definition.name);
            return Ok(match self.declared_result(function) {
                Some(declared) => declared,
                None => Value::unknown(reason, Some(site)),
            });
        };
        if summary.always_raises {
            return Err(Box::new(Raised {
                value: Value::unknown("the function never returns", Some(site)),
                location: site,
            }));
        }
        // Most functions give back something in which their arguments do not appear.
        let depends = |value: &Value| value.may_hold_parameter_of(function.id);
        let names = if depends(&summary.returns) || summary.yields.iter().any(depends) {
            self.bind_parameters(function, StrongRc::unwrap_or_clone(arguments), site)
        } else {
            Bindings::default()
        };
        let passed = |name: Name| names.get(name).cloned();
        let mut budget = 400;
        if function.definition.is_generator {
            let yields: Vec<Value> = summary
                .yields
                .iter()
                .map(|value| substitute(value, function.id, &passed, &mut budget))
                .collect();
            return Ok(self.list(yields));
        }
        let result = substitute(&summary.returns, function.id, &passed, &mut budget);
        if result.is_unknown()
            && let Some(declared) = self.declared_result(function)
        {
            return Ok(declared);
        }
        Ok(result)
    }

    /// A value of the declared return type, when the function declares one.
    fn declared_result(&mut self, function: &Rc<FunctionValue>) -> Option<Value> {
        let expression = Arc::clone(function.definition.returns.as_ref()?);
        let span = expression.span;
        let annotation = Annotation::Written { expression, scope: function.scope, module: function.module };
        let declared = self.evaluate_annotation(&annotation);
        Some(Value::symbolic(Symbolic::Parameter(ParameterValue {
            function: function.id,
            name: Name::from("return"),
            annotation: Some(Box::new(declared)),
            span,
        })))
    }

    /// Walks a function, once. Nothing while it is being walked (recursion), or when fuel is used up.
    pub fn summarize(
        &mut self,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
    ) -> Option<Rc<Summary>> {
        let key = SummaryKey { function: function.serial, receiver };
        if let Some(summary) = self.summaries.done.get(&key) {
            return Some(Rc::clone(summary));
        }
        let summary = self.walked(function, receiver, &[])?;
        self.summaries.done.insert(key, Rc::clone(&summary));
        // It is told of as if nothing ran: what it learns must not depend on who called the function first.
        let saved_mode = std::mem::replace(&mut self.mode, Mode::Import);
        let saved_conditions = std::mem::take(&mut self.conditions);
        self.library.walked(self, &summary);
        self.mode = saved_mode;
        self.conditions = saved_conditions;
        Some(summary)
    }

    /// The summary of a function as if its parameters without annotation had these types, in order. It is made
    /// anew each time.
    pub fn summarize_typed(
        &mut self,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
        types: &[Option<Value>],
    ) -> Option<Rc<Summary>> {
        self.walked(function, receiver, types)
    }

    fn walked(
        &mut self,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
        types: &[Option<Value>],
    ) -> Option<Rc<Summary>> {
        let key = SummaryKey { function: function.serial, receiver };
        if self.frames.len() as u32 >= self.limits.call_depth
            || self.summaries.steps > ALL_SUMMARY_STEPS
            || !self.summaries.running.insert(key)
        {
            return None;
        }
        // Function objects that are made while summaries run can make further ones without end.
        let nested = self
            .frames
            .iter()
            .filter(|frame| frame.function.as_ref().is_some_and(|running| running.id == function.id));
        if nested.count() >= 3 {
            self.summaries.running.remove(&key);
            return None;
        }
        let saved_mode = std::mem::replace(&mut self.mode, Mode::Summary);
        let saved_steps = std::mem::replace(&mut self.steps, 0);
        let saved_limit = std::mem::replace(&mut self.step_limit, self.limits.summary_steps);
        let saved_conditions = std::mem::take(&mut self.conditions);
        let scope = self.new_scope(Some(function.scope), function.module, false);
        let mut parameters = Vec::with_capacity(function.definition.parameters.len());
        for (index, parameter) in function.definition.parameters.iter().enumerate() {
            let value = self.symbolic_parameter(function, index, receiver, types.get(index));
            parameters.push((parameter.name, value.clone()));
            self.scopes[scope.0 as usize].names.insert(parameter.name, value);
        }
        let start = self.events.len();
        self.recorders.push(Recorder { start, branch_depth: 0 });
        let (functions_before, classes_before) = (self.functions.len(), self.classes.len());
        let (flow, frame) = self.run_body(function, scope);
        self.recorders.pop();
        let events = self.events.drain(start..).collect();
        self.drop_scope(scope, functions_before, classes_before);
        let incomplete = self.steps >= self.step_limit;
        self.summaries.steps += self.steps;
        self.mode = saved_mode;
        self.steps = saved_steps;
        self.step_limit = saved_limit;
        self.conditions = saved_conditions;
        let always_raises = flow.is_err() && frame.returns.is_empty() && !function.definition.is_generator;
        let falls_through = matches!(flow, Ok(crate::interpreter::Flow::Normal));
        let returns = Value::union(frame.returns.into_iter().chain(falls_through.then_some(Value::NONE)));
        let summary = Rc::new(Summary {
            key,
            function: Rc::clone(function),
            parameters,
            events,
            returns,
            yields: frame.yields,
            always_raises,
            incomplete,
        });
        self.summaries.running.remove(&key);
        Some(summary)
    }

    /// What a parameter is while its function is walked.
    fn symbolic_parameter(
        &mut self,
        function: &Rc<FunctionValue>,
        index: usize,
        receiver: Option<ObjectId>,
        passed: Option<&Option<Value>>,
    ) -> Value {
        let parameter = &function.definition.parameters[index];
        let span = parameter.span;
        if index == 0
            && let Some(receiver) = receiver
        {
            match self.object(receiver) {
                Object::Instance(_) => return Kind::Instance(receiver).into(),
                Object::Class(_) if matches!(parameter.name.as_str(), "cls" | "klass" | "mcs") => {
                    return Kind::Class(receiver).into();
                }
                _ => {
                    return Value::symbolic(Symbolic::Parameter(ParameterValue {
                        function: function.id,
                        name: parameter.name,
                        annotation: Some(Box::new(Kind::Class(receiver).into())),
                        span,
                    }));
                }
            }
        }
        let annotation = parameter.annotation.as_ref().map(|expression| Annotation::Written {
            expression: Arc::clone(expression),
            scope: function.scope,
            module: function.module,
        });
        let annotation = annotation.map(|annotation| self.annotation_for_analysis(&annotation));
        let annotation = annotation.or_else(|| passed.cloned().flatten()).or_else(|| {
            let default = function.defaults.get(index).cloned().flatten()?;
            self.library.type_from_default(self, &default)
        });
        let annotation = match parameter.kind {
            ParameterKind::VarPositional | ParameterKind::VarKeyword => None,
            _ => annotation,
        };
        Value::symbolic(Symbolic::Parameter(ParameterValue {
            function: function.id,
            name: parameter.name,
            annotation: annotation.map(Box::new),
            span,
        }))
    }

    /// An attribute that the constructor of a class of the program sets, for an object that came from
    /// outside: with the constructor's arguments where they are known.
    pub(crate) fn typical_attribute(&mut self, base: &Value, class: &Value, name: Name) -> Option<Value> {
        let Kind::Class(class_id) = *class.kind() else { return None };
        let (init, _) = self.find_in_class(class, Name::from("__init__"))?;
        let Kind::Function(init) = init.kind() else { return None };
        let summary = self.summarize(init, Some(class_id))?;
        let own = summary.parameters.first().map(|(_, value)| value.clone())?;
        let values: Vec<Value> = summary
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Store { base, name: stored, value } if *stored == name && base.same(&own) => {
                    Some(value.clone())
                }
                _ => None,
            })
            .collect();
        if values.is_empty() {
            return None;
        }
        let value = Value::union(values);
        // What is empty at first is filled before it is used.
        if value.is_none() {
            let span = base_span(base);
            let filled = self.assigned_later(class, name, span);
            return Some(filled.unwrap_or_else(|| self.member(base, name)));
        }
        if let Some(Symbolic::Call { arguments, site, .. }) = base.as_symbolic() {
            let mut arguments = Arguments::clone(arguments);
            arguments.positional.insert(0, base.clone());
            let names = self.bind_parameters(init, arguments, *site);
            return Some(substitute(&value, init.id, &|name| names.get(name).cloned(), &mut 200));
        }
        Some(value)
    }
}

fn base_span(base: &Value) -> Span {
    match base.as_symbolic() {
        Some(Symbolic::Call { site, .. }) => site.span,
        Some(Symbolic::Parameter(parameter)) => parameter.span,
        _ => Span::default(),
    }
}

/// The value with the inputs of one function replaced by what a caller passes: `passed` gives it for the
/// name of a parameter. `budget` bounds the work.
pub fn substitute(
    value: &Value,
    function: FunctionId,
    passed: &dyn Fn(Name) -> Option<Value>,
    budget: &mut u32,
) -> Value {
    let mut substitution = Substitution { function, passed, budget, shared: SmallVec::new() };
    substitution.changed(value).unwrap_or_else(|| value.clone())
}

/// Expressions that stand in several places which are remembered while one value is substituted.
const REMEMBERED: usize = 8;

struct Substitution<'s> {
    function: FunctionId,
    passed: &'s dyn Fn(Name) -> Option<Value>,
    budget: &'s mut u32,
    /// What became of expressions that stand in several places: they stay one.
    shared: SmallVec<[(Expression, Option<Value>); REMEMBERED]>,
}

impl Substitution<'_> {
    /// The value with what is passed; nothing where it stays as it is.
    fn changed(&mut self, value: &Value) -> Option<Value> {
        if *self.budget == 0 || !value.may_hold_parameter_of(self.function) {
            return None;
        }
        *self.budget -= 1;
        match value.kind() {
            Kind::Symbolic(symbolic) => {
                if let Symbolic::Parameter(parameter) = &**symbolic {
                    if parameter.function != self.function {
                        return None;
                    }
                    let given = (self.passed)(parameter.name)?;
                    // A default or an unknown argument says less than the declared type.
                    return (!given.is_unknown()).then_some(given);
                }
                Some(self.changed_expression(symbolic)?.with_configurable(value.configurable()))
            }
            Kind::Method(method) => {
                let receiver = self.changed(&method.receiver)?;
                Some(
                    Kind::Method(Rc::new(MethodValue { receiver, function: method.function.clone() })).into(),
                )
            }
            Kind::Union(values) => self.changed_union(values),
            Kind::Tuple(items) => Some(Value::tuple(self.changed_all(items)?)),
            _ => None,
        }
    }

    fn changed_expression(&mut self, expression: &Expression) -> Option<Value> {
        if !expression.is_shared() {
            return self.made(expression).map(Value::symbolic);
        }
        if let Some((_, known)) = self.shared.iter().find(|(known, _)| known.is(expression)) {
            return known.clone();
        }
        let made = self.made(expression).map(Value::symbolic);
        if self.shared.len() == REMEMBERED {
            self.shared.remove(0);
        }
        self.shared.push((expression.clone(), made.clone()));
        made
    }

    fn made(&mut self, symbolic: &Symbolic) -> Option<Symbolic> {
        Some(match symbolic {
            Symbolic::Parameter(_) => return None,
            Symbolic::Member { base, name } => Symbolic::Member { base: self.changed(base)?, name: *name },
            Symbolic::Element(base) => Symbolic::Element(self.changed(base)?),
            Symbolic::Not(operand) => Symbolic::Not(self.changed(operand)?),
            Symbolic::Item { base, index } => {
                let (base, index) = self.changed_pair(base, index)?;
                Symbolic::Item { base, index }
            }
            Symbolic::Binary { operator, left, right } => {
                let (left, right) = self.changed_pair(left, right)?;
                Symbolic::Binary { operator: *operator, left, right }
            }
            Symbolic::Compare { comparison, left, right } => {
                let (left, right) = self.changed_pair(left, right)?;
                Symbolic::Compare { comparison: *comparison, left, right }
            }
            Symbolic::Format(parts) => Symbolic::Format(self.changed_all(parts)?),
            Symbolic::Template(parts) => Symbolic::Template(self.changed_all(parts)?),
            Symbolic::Call { callee, arguments, site } => {
                let new_callee = self.changed(callee);
                let mut positional: Option<Positional> = None;
                for (position, value) in arguments.positional.iter().enumerate() {
                    if let Some(value) = self.changed(value) {
                        positional.get_or_insert_with(|| arguments.positional.clone())[position] = value;
                    }
                }
                let mut keywords: Option<Keywords> = None;
                for (position, (_, value)) in arguments.keywords.iter().enumerate() {
                    if let Some(value) = self.changed(value) {
                        keywords.get_or_insert_with(|| arguments.keywords.clone())[position].1 = value;
                    }
                }
                if new_callee.is_none() && positional.is_none() && keywords.is_none() {
                    return None;
                }
                Symbolic::Call {
                    callee: new_callee.unwrap_or_else(|| callee.clone()),
                    arguments: match (positional, keywords) {
                        (None, None) => StrongRc::clone(arguments),
                        (positional, keywords) => StrongRc::new(Arguments {
                            positional: positional.unwrap_or_else(|| arguments.positional.clone()),
                            keywords: keywords.unwrap_or_else(|| arguments.keywords.clone()),
                            incomplete: arguments.incomplete,
                        }),
                    },
                    site: *site,
                }
            }
        })
    }

    /// Two values of which at least one changes.
    fn changed_pair(&mut self, first: &Value, second: &Value) -> Option<(Value, Value)> {
        let (new_first, new_second) = (self.changed(first), self.changed(second));
        if new_first.is_none() && new_second.is_none() {
            return None;
        }
        Some((new_first.unwrap_or_else(|| first.clone()), new_second.unwrap_or_else(|| second.clone())))
    }

    fn changed_union(&mut self, values: &[Value]) -> Option<Value> {
        let mut changed: Option<Alternatives> = None;
        for (position, value) in values.iter().enumerate() {
            match self.changed(value) {
                Some(value) => {
                    changed.get_or_insert_with(|| Alternatives::of_different(&values[..position])).add(value);
                }
                None => {
                    if let Some(changed) = &mut changed {
                        changed.add(value.clone());
                    }
                }
            }
        }
        changed.map(Alternatives::finish)
    }

    fn changed_all(&mut self, values: &[Value]) -> Option<Vec<Value>> {
        let mut replaced: Option<Vec<Value>> = None;
        for (position, value) in values.iter().enumerate() {
            if let Some(value) = self.changed(value) {
                replaced.get_or_insert_with(|| values.to_vec())[position] = value;
            }
        }
        replaced
    }
}
