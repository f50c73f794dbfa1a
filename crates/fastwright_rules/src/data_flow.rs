//! Where text comes from and where it goes: from inputs of a request to calls that are dangerous with them.
//!
//! The dangerous calls are found first, in each function on its own. What they get is then expressed in
//! the words of the callers, one call at a time, up to the functions that FastAPI runs. So the cost depends
//! on the number of dangerous calls, not on the size of the program.

mod request;

pub use request::{RequestInput, has_validator, request_inputs};

use crate::call_graph::{CallGraph, Edge, Entry};
use crate::call_index::FunctionSet;
pub use crate::checks::Checks;
use fastwright_model::analysis::Analysis;
use fastwright_model::dependant::Dependant;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::BinaryOperator;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::program::FunctionId;
use fastwright_python::summary::{Summary, substitute};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::rc::Rc;

/// Calls that are followed upwards from a dangerous one.
const LONGEST_CHAIN: usize = 8;

/// Parts of a value that are looked at for inputs.
const INPUT_BUDGET: u32 = 300;

/// Whether the result of a method of text, or of collections of it, has text of the object.
fn keeps_text(method: &str) -> bool {
    matches!(
        method,
        "strip"
            | "lstrip"
            | "rstrip"
            | "lower"
            | "upper"
            | "title"
            | "capitalize"
            | "casefold"
            | "replace"
            | "format"
            | "join"
            | "encode"
            | "decode"
            | "split"
            | "rsplit"
            | "removeprefix"
            | "removesuffix"
            | "splitlines"
            | "partition"
            | "rpartition"
            | "ljust"
            | "rjust"
            | "center"
            | "expandtabs"
            | "swapcase"
            | "get"
            | "body"
            | "json"
            | "form"
            | "text"
            | "getlist"
            | "items"
            | "values"
            | "pop"
            | "copy"
            | "unicode_string"
    )
}

/// Methods of requests and WebSockets that give what the client sent.
fn gives_body(method: &str) -> bool {
    matches!(
        method,
        "json"
            | "body"
            | "form"
            | "stream"
            | "receive_text"
            | "receive_json"
            | "receive_bytes"
            | "iter_text"
            | "iter_json"
    )
}

/// Whether a function makes a path of texts.
fn joins_paths(name: &str) -> bool {
    matches!(
        name,
        "os.path.join"
            | "os.path.abspath"
            | "os.path.realpath"
            | "os.path.normpath"
            | "os.path.expanduser"
            | "os.fspath"
            | "pathlib.Path"
            | "pathlib.PurePath"
            | "pathlib.PosixPath"
            | "pathlib.PurePosixPath"
            | "anyio.Path"
    )
}

/// Whether a method of a path gives a path with the same names in it.
fn keeps_path(method: &str) -> bool {
    matches!(
        method,
        "joinpath"
            | "resolve"
            | "absolute"
            | "expanduser"
            | "with_name"
            | "as_posix"
            | "read"
            | "getvalue"
            | "with_suffix"
    )
}

/// Attributes of a path that are one name.
fn is_part_of_path(name: &str) -> bool {
    matches!(name, "name" | "stem" | "suffix" | "suffixes")
}

/// Whether a value is a path of `pathlib`, as far as its expression tells.
fn is_path(value: &Value) -> bool {
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, .. }) => {
            callee.as_external().is_some_and(|name| name.ends_with("Path"))
                || matches!(callee.as_symbolic(), Some(Symbolic::Member { base, .. }) if is_path(base))
                || matches!(callee.kind(), Kind::Method(method) if is_path(&method.receiver))
        }
        Some(Symbolic::Binary { operator: BinaryOperator::Divide, .. }) => true,
        _ => false,
    }
}

/// What a value is made of, one level down: objects on the heap included.
pub fn parts(interpreter: &Interpreter<'_>, value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    any_part(interpreter, value, &mut |part| {
        found.push(part.clone());
        false
    });
    found
}

/// Whether something holds for a part of a value, one level down: objects on the heap included.
pub(crate) fn any_part(
    interpreter: &Interpreter<'_>,
    value: &Value,
    test: &mut dyn FnMut(&Value) -> bool,
) -> bool {
    match value.kind() {
        Kind::Union(values) | Kind::Tuple(values) => values.iter().any(test),
        Kind::List(id) | Kind::Set(id) => match interpreter.object(*id) {
            Object::List(list) | Object::Set(list) => list.items.iter().any(test),
            _ => false,
        },
        Kind::Dict(id) => match interpreter.object(*id) {
            Object::Dict(dict) => {
                dict.entries.values().map(|(_, value)| value).chain(&dict.unknown_keys).any(test)
            }
            _ => false,
        },
        Kind::Method(method) => test(&method.receiver),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, arguments, .. } => std::iter::once(callee)
                .chain(&arguments.positional)
                .chain(arguments.keywords.iter().map(|(_, value)| value))
                .any(test),
            Symbolic::Member { base, .. } | Symbolic::Element(base) | Symbolic::Not(base) => test(base),
            Symbolic::Item { base: first, index: second }
            | Symbolic::Binary { left: first, right: second, .. }
            | Symbolic::Compare { left: first, right: second, .. } => test(first) || test(second),
            Symbolic::Format(parts) | Symbolic::Template(parts) => parts.iter().any(test),
            Symbolic::Parameter(_) => false,
        },
        _ => false,
    }
}

/// The parts of a value whose text is in its text.
pub fn text_parts(interpreter: &Interpreter<'_>, value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    any_text_part(interpreter, value, &mut |part| {
        found.push(part.clone());
        false
    });
    found
}

/// Whether something holds for a part of a value whose text is in the value's text.
pub fn any_text_part(
    interpreter: &Interpreter<'_>,
    value: &Value,
    test: &mut dyn FnMut(&Value) -> bool,
) -> bool {
    match value.kind() {
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, arguments, .. } => match callee.kind() {
                Kind::External(name) => match name.as_str() {
                    "builtins.str"
                    | "builtins.repr"
                    | "builtins.format"
                    | "shlex.split"
                    | "builtins.list"
                    | "builtins.tuple"
                    | "builtins.sorted"
                    | "builtins.dict"
                    | "builtins.set"
                    | "urllib.parse.urljoin"
                    | "pydantic.networks.HttpUrl"
                    | "textwrap.dedent"
                    | "builtins.bytes"
                    | "builtins.bytearray"
                    | "io.BytesIO"
                    | "io.StringIO"
                    | "json.loads"
                    | "base64.b64decode"
                    | "urllib.parse.unquote"
                    | "urllib.parse.unquote_plus"
                    | "fastapi.encoders.jsonable_encoder"
                    | "typing.cast" => arguments.positional.iter().any(test),
                    name if joins_paths(name) => arguments.positional.iter().any(test),
                    _ => false,
                },
                Kind::Symbolic(inner) => match &**inner {
                    // The body of a request is what is taken of it, not the request.
                    Symbolic::Member { name, .. } if gives_body(name) => test(callee),
                    Symbolic::Member { base, name } if keeps_text(name) || keeps_path(name) => {
                        test(base) || any_written_argument(name, arguments, test)
                    }
                    _ => false,
                },
                Kind::Method(method) => match method.function.as_external() {
                    Some(name) => {
                        let name = name.last_part();
                        if keeps_text(name) {
                            test(&method.receiver) || any_written_argument(name, arguments, test)
                        } else {
                            false
                        }
                    }
                    None => false,
                },
                _ => false,
            },
            // Parts of a path hold no separator.
            Symbolic::Member { base, name } if is_part_of_path(name) && is_path(base) => false,
            Symbolic::Item { base, index } => match known_item(interpreter, base, index) {
                Some(item) => test(&item),
                None => test(base),
            },
            Symbolic::Member { base, .. } | Symbolic::Element(base) => test(base),
            Symbolic::Binary {
                operator: BinaryOperator::Add | BinaryOperator::Modulo | BinaryOperator::Divide,
                left,
                right,
            } => test(left) || test(right),
            Symbolic::Format(parts) => parts.iter().any(test),
            _ => false,
        },
        Kind::Union(_) | Kind::Tuple(_) | Kind::List(_) | Kind::Set(_) | Kind::Dict(_) => {
            any_part(interpreter, value, test)
        }
        _ => false,
    }
}

/// One item of a list or tuple that is written down, or of several put together.
fn known_item(interpreter: &Interpreter<'_>, base: &Value, index: &Value) -> Option<Value> {
    let position = usize::try_from(index.as_int()?).ok()?;
    match base.kind() {
        Kind::Tuple(items) => items.get(position).cloned(),
        Kind::List(id) => match interpreter.object(*id) {
            Object::List(list) => list.items.get(position).cloned(),
            _ => None,
        },
        _ => match base.as_symbolic()? {
            Symbolic::Binary { operator: BinaryOperator::Add, left, .. } => {
                known_item(interpreter, left, index)
            }
            _ => None,
        },
    }
}

/// The same for the arguments of a method of texts that writes them into its result.
fn any_written_argument(name: &str, arguments: &Arguments, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    matches!(name, "format" | "join" | "replace" | "joinpath" | "with_name")
        && arguments.positional.iter().chain(arguments.keywords.iter().map(|(_, value)| value)).any(test)
}

/// Whether a value contains, anywhere inside, something that satisfies a predicate; looks into lists and
/// dicts as well.
pub fn holds(
    interpreter: &Interpreter<'_>,
    value: &Value,
    predicate: &mut dyn FnMut(&Value) -> bool,
) -> bool {
    holds_within(interpreter, value, &|_: &Value| true, predicate, 12)
}

/// The same, asking only about parts in which one of these attributes is taken of something.
pub fn holds_where(
    interpreter: &Interpreter<'_>,
    value: &Value,
    names: NameSet,
    predicate: &mut dyn FnMut(&Value) -> bool,
) -> bool {
    holds_within(interpreter, value, &|part: &Value| part.may_name_within(names), predicate, 12)
}

/// The same, asking only about parts in which a parameter of one of these functions stands.
pub fn holds_of(
    interpreter: &Interpreter<'_>,
    value: &Value,
    functions: ParameterOwners,
    predicate: &mut dyn FnMut(&Value) -> bool,
) -> bool {
    let may_hold = |part: &Value| part.may_hold_parameter_of_any_within(functions);
    holds_within(interpreter, value, &may_hold, predicate, 12)
}

fn holds_within(
    interpreter: &Interpreter<'_>,
    value: &Value,
    may_hold: &impl Fn(&Value) -> bool,
    predicate: &mut dyn FnMut(&Value) -> bool,
    depth: u32,
) -> bool {
    if !may_hold(value) {
        return false;
    }
    if predicate(value) {
        return true;
    }
    let mut inside = |part: &Value| holds_within(interpreter, part, may_hold, predicate, depth - 1);
    depth > 0 && any_part(interpreter, value, &mut inside)
}

/// What a value is, for remembering that it was looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// An expression, by its address.
    Expression(*const Symbolic),
    /// A collection on the heap.
    Collection(ObjectId),
}

impl Part {
    /// Of a value that may hold others and that others may share.
    pub fn of(value: &Value) -> Option<Self> {
        match value.kind() {
            Kind::Symbolic(expression) => Some(Self::Expression(std::ptr::from_ref(&**expression))),
            Kind::List(id) | Kind::Set(id) | Kind::Dict(id) => Some(Self::Collection(*id)),
            _ => None,
        }
    }
}

/// A search through many values for the parts in which one of some attributes is taken of something. Values
/// share their parts: those in which nothing was found are looked through once. So it may only live as long
/// as the values do.
#[derive(Debug)]
pub struct Search {
    names: NameSet,
    /// Whether what collections hold belongs to a value.
    into_collections: bool,
    deepest: u32,
    /// Parts without anything, with the depth at which they were looked through: deeper, less is seen.
    without: FxHashMap<Part, u32>,
}

impl Search {
    /// For these attributes.
    pub fn new(names: NameSet, into_collections: bool, deepest: u32) -> Self {
        Self { names, into_collections, deepest, without: FxHashMap::default() }
    }

    /// Visits the parts of a value that may be of interest; `visit` tells whether one is.
    pub fn visit(
        &mut self,
        interpreter: &Interpreter<'_>,
        value: &Value,
        visit: &mut dyn FnMut(&Value) -> bool,
    ) {
        self.visit_at(interpreter, value, visit, 0);
    }

    fn visit_at(
        &mut self,
        interpreter: &Interpreter<'_>,
        value: &Value,
        visit: &mut dyn FnMut(&Value) -> bool,
        depth: u32,
    ) -> bool {
        if !value.may_name_within(self.names) {
            return false;
        }
        let part = Part::of(value);
        let known = part.and_then(|part| self.without.get(&part));
        if known.is_some_and(|searched| *searched <= depth) {
            return false;
        }
        let mut found = visit(value);
        if depth < self.deepest && (self.into_collections || !matches!(part, Some(Part::Collection(_)))) {
            any_part(interpreter, value, &mut |part| {
                found |= self.visit_at(interpreter, part, visit, depth + 1);
                false
            });
        }
        if let (Some(part), false) = (part, found) {
            self.without.insert(part, depth);
        }
        found
    }
}

/// The inputs whose text is in a value's text: parameters, or attributes of parameters (`body.url`).
pub fn inputs(interpreter: &Interpreter<'_>, value: &Value) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    InputSearch::new(interpreter, None).any(value, &mut |input| {
        if !found.iter().any(|known| known.same(input)) {
            found.push(input.clone());
        }
        false
    });
    found
}

/// Whether there is any such input.
pub fn has_input(interpreter: &Interpreter<'_>, value: &Value) -> bool {
    InputSearch::new(interpreter, None).any(value, &mut |_| true)
}

/// Whether there is an input that a function gets itself.
fn has_input_of(interpreter: &Interpreter<'_>, value: &Value, function: FunctionId) -> bool {
    InputSearch::new(interpreter, Some(function)).any(value, &mut |input| is_input_of(input, function))
}

/// Whether an input is one that a function gets itself.
fn is_input_of(input: &Value, function: FunctionId) -> bool {
    root_parameter(input).is_some_and(|root| root.function == function)
}

/// A search for the inputs whose text is in a value's text. Values share their parts: each is looked through once.
struct InputSearch<'s, 'a> {
    interpreter: &'s Interpreter<'a>,
    /// The function whose inputs count; none for all.
    of: Option<FunctionId>,
    budget: u32,
    /// No more than the budget, and mostly few.
    seen: SmallVec<[*const (); 16]>,
}

impl<'s, 'a> InputSearch<'s, 'a> {
    fn new(interpreter: &'s Interpreter<'a>, of: Option<FunctionId>) -> Self {
        Self { interpreter, of, budget: INPUT_BUDGET, seen: SmallVec::new() }
    }

    /// Whether a part was looked through before.
    fn has_seen(&mut self, part: *const ()) -> bool {
        let seen = self.seen.contains(&part);
        if !seen {
            self.seen.push(part);
        }
        seen
    }

    /// Whether something holds for one of the inputs in a value.
    fn any(&mut self, value: &Value, test: &mut dyn FnMut(&Value) -> bool) -> bool {
        let may_hold_any = match self.of {
            Some(function) => value.may_hold_parameter_of_within(function),
            None => value.may_hold_any_parameter_within(),
        };
        if self.budget == 0 || !may_hold_any || value.shared_part().is_some_and(|part| self.has_seen(part)) {
            return false;
        }
        self.budget -= 1;
        if root_parameter(value).is_some() {
            return test(value);
        }
        if let Some(Symbolic::Member { base, name }) = value.as_symbolic()
            && let Some(field) = given_field(base, *name)
        {
            return self.any(field, test);
        }
        any_text_part(self.interpreter, value, &mut |part| self.any(part, test))
    }
}

/// What a record was given for a field, when it was just made: `Page(limit=limit).limit`.
fn given_field(made: &Value, name: Name) -> Option<&Value> {
    let Some(Symbolic::Call { callee, arguments, .. }) = made.as_symbolic() else { return None };
    matches!(callee.kind(), Kind::Class(_)).then(|| arguments.keyword(name.as_str()))?
}

/// The parameter behind a chain of attributes, if a value is nothing else.
pub fn root_parameter(value: &Value) -> Option<&ParameterValue> {
    match value.as_symbolic()? {
        Symbolic::Parameter(parameter) => Some(parameter),
        Symbolic::Member { base, .. } => root_parameter(base),
        _ => None,
    }
}

/// Whether a path is nothing but an input: not joined to a folder.
pub fn is_whole_path(value: &Value) -> bool {
    if root_parameter(value).is_some() {
        return true;
    }
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. }) => {
            match (callee.kind(), arguments.positional.as_slice()) {
                (Kind::External(name), [only]) => joins_paths(name) && is_whole_path(only),
                (Kind::Method(method), []) => is_whole_path(&method.receiver),
                _ => matches!(callee.as_symbolic(), Some(Symbolic::Member { base, name })
                if keeps_path(name) && arguments.positional.is_empty() && is_whole_path(base)),
            }
        }
        _ => false,
    }
}

/// The attributes between a parameter and a value, outermost last.
pub fn member_path(value: &Value) -> Vec<Name> {
    match value.as_symbolic() {
        Some(Symbolic::Member { base, name }) => {
            let mut path = member_path(base);
            path.push(*name);
            path
        }
        _ => Vec::new(),
    }
}

/// `body.url` as people write it.
pub fn input_text(value: &Value) -> String {
    let name = root_parameter(value).map_or("?", |parameter| parameter.name.as_str());
    std::iter::once(name.to_owned())
        .chain(member_path(value).iter().map(|name| name.to_string()))
        .collect::<Vec<_>>()
        .join(".")
}

/// Something that arrives at a dangerous call, in the words of one of the functions on the way.
#[derive(Debug, Clone)]
pub struct Flow<T> {
    /// What arrives.
    pub value: Value,
    /// What is dangerous about the call.
    pub what: T,
    /// Where to repair it.
    pub place: Location,
    /// The function around that place.
    pub place_node: usize,
    /// The function in whose words `value` is.
    pub node: usize,
    /// Where something looks at the input without certainly ruling dangerous values out.
    pub doubt: Option<Location>,
    /// The calls from that function on, the last one first.
    calls: Vec<Edge>,
    /// What happens at the dangerous call, and where.
    end: (Rc<str>, Location),
}

impl<T> Flow<T> {
    /// Whether a function is one of those that the value passes.
    pub fn passes(&self, node: usize) -> bool {
        self.node == node || self.calls.iter().any(|edge| edge.to() == node)
    }

    /// The calls from the function on, and the dangerous call.
    pub fn steps(&self, graph: &CallGraph) -> Vec<(String, Location)> {
        let passed =
            |edge: &Edge| (format!("it is passed to `{}`", graph.nodes[edge.to()].name()), edge.site);
        let mut steps: Vec<(String, Location)> = self.calls.iter().rev().map(passed).collect();
        steps.push((self.end.0.to_string(), self.end.1));
        steps
    }
}

/// A dangerous call in one function.
#[derive(Debug, Clone)]
pub struct Sink<T> {
    /// What it gets.
    pub value: Value,
    /// What is dangerous about it.
    pub what: T,
    /// Position among the function's events.
    pub event: usize,
    /// What happens there, for evidence.
    pub note: String,
}

/// How dangerous calls are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Following {
    /// The place to repair is where the text is put together, not where it is used.
    pub to_the_text: bool,
    /// What happens to an input that a function on the way looks at.
    pub checks: Checks,
}

/// Follows dangerous calls up to the functions that FastAPI runs. `find` names those of one function; only
/// the `candidates` are asked.
pub fn flows<T: Clone>(
    graph: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    following: Following,
    candidates: &FunctionSet,
    find: impl FnMut(&mut Interpreter<'_>, usize) -> Vec<Sink<T>>,
) -> Vec<Flow<T>> {
    flows_among(graph, interpreter, following, candidates, &|_| true, find)
}

/// The same in some functions: those that routes of interest run, see [`CallGraph::run_by`].
pub fn flows_among<T: Clone>(
    graph: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    following: Following,
    candidates: &FunctionSet,
    among: &dyn Fn(usize) -> bool,
    mut find: impl FnMut(&mut Interpreter<'_>, usize) -> Vec<Sink<T>>,
) -> Vec<Flow<T>> {
    let mut arrived: Vec<usize> = Vec::new();
    let mut followed: Vec<Followed<T>> = Vec::new();
    // Where a flow was followed that came by this call, the last one of each.
    let mut seen: FxHashMap<(usize, Location, usize), usize> = FxHashMap::default();
    for node in candidates.iter().filter(|node| among(*node)) {
        for sink in find(interpreter, node) {
            let location = graph.nodes[node].summary.events[sink.event].location;
            if !has_input(interpreter, &sink.value) {
                continue;
            }
            let flow = Flow {
                value: sink.value,
                what: sink.what,
                place: location,
                place_node: node,
                node,
                doubt: None,
                calls: Vec::new(),
                end: (sink.note.into(), location),
            };
            followed.push(Followed { flow, state: State::Unasked(sink.event) });
        }
    }
    let mut waiting: Vec<usize> = (0..followed.len()).collect();
    'flows: while let Some(at) = waiting.pop() {
        let Flow { node, place, ref calls, .. } = followed[at].flow;
        let may_be_longer = calls.len() < LONGEST_CHAIN;
        let value_here = followed[at].flow.value.clone();
        let function = graph.nodes[node].summary.function.id;
        let is_plain = root_parameter(&value_here).is_some();
        for edge in graph.callers(node).filter(|edge| may_be_longer && among(edge.from())) {
            let caller = edge.from();
            let step = (caller, place, edge.event());
            if followed[at].flow.passes(caller) {
                continue;
            }
            let known = seen.get(&step).copied();
            if known.is_some_and(|known| followed[known].goes_on(interpreter, graph, following.checks)) {
                continue;
            }
            let bindings = graph.bindings(interpreter, edge);
            let mut budget = 400;
            let value = substitute(&value_here, function, &|name| bindings.get(name).cloned(), &mut budget);
            let called = Rc::clone(&graph.nodes[node].summary);
            let object = called.parameters.first().and_then(|(name, _)| bindings.get(*name));
            let value = match (object, constructor_of(interpreter, &called)) {
                (Some(object), Some(constructor)) => {
                    given_to_constructor(interpreter, &value, object, &constructor)
                }
                _ => value,
            };
            let own = graph.nodes[caller].summary.function.id;
            let summary = &graph.nodes[caller].summary;
            // Its own inputs are searched for alone first: more of a large value is seen, and mostly one is found at once.
            let decides = has_input_of(interpreter, &value, own)
                || arrives(interpreter, summary, &called, object, &inputs(interpreter, &value));
            if !decides {
                continue;
            }
            if !followed[at].goes_on(interpreter, graph, following.checks) {
                continue 'flows;
            }
            let mut further = followed[at].flow.clone();
            if following.to_the_text && is_plain && root_parameter(&value).is_none() {
                further.place = edge.site;
                further.place_node = caller;
            }
            further.value = value;
            further.node = caller;
            further.calls.push(*edge);
            seen.insert(step, followed.len());
            waiting.push(followed.len());
            followed.push(Followed { flow: further, state: State::Unasked(edge.event()) });
        }
        if !graph.nodes[node].entries.is_empty() && followed[at].goes_on(interpreter, graph, following.checks)
        {
            arrived.push(at);
        }
    }
    let mut flows: Vec<Option<Flow<T>>> = followed.into_iter().map(|followed| Some(followed.flow)).collect();
    arrived.into_iter().filter_map(|at| flows[at].take()).collect()
}

/// A flow on its way up.
struct Followed<T> {
    flow: Flow<T>,
    state: State,
}

/// Whether the function that a flow is in lets it pass.
enum State {
    /// It was not asked yet what it does before this event: most flows end at the next function anyway.
    Unasked(usize),
    GoesOn,
    Ends,
}

impl<T> Followed<T> {
    /// Whether the function lets the flow pass; what is in doubt about it then stands in the flow.
    fn goes_on(&mut self, interpreter: &mut Interpreter<'_>, graph: &CallGraph, checks: Checks) -> bool {
        if let State::Unasked(event) = self.state {
            let given = match checks {
                Checks::Ignore => Vec::new(),
                _ => inputs(interpreter, &self.flow.value),
            };
            let looked = checks.look(interpreter, graph, self.flow.node, &given, event);
            self.state = match looked {
                Some(doubt) => {
                    self.flow.doubt = self.flow.doubt.or(doubt);
                    State::GoesOn
                }
                None => State::Ends,
            };
        }
        matches!(self.state, State::GoesOn)
    }
}

/// The constructor of the class whose method a function is. What objects got when they were made is said in
/// its parameters where their methods use it.
fn constructor_of(interpreter: &Interpreter<'_>, summary: &Summary) -> Option<Rc<FunctionValue>> {
    let class: Value = Kind::Class(summary.key.receiver?).into();
    match interpreter.find_in_class(&class, Name::from("__init__"))?.0.into_kind() {
        Kind::Function(constructor) => Some(constructor),
        _ => None,
    }
}

/// A value in the words of a class's constructor, in the words of whoever made the object.
fn given_to_constructor(
    interpreter: &mut Interpreter<'_>,
    value: &Value,
    object: &Value,
    constructor: &Rc<FunctionValue>,
) -> Value {
    if !value.may_hold_parameter_of(constructor.id) {
        return value.clone();
    }
    let made = object.alternatives().iter().find_map(|made| match made.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, site }) if matches!(callee.kind(), Kind::Class(_)) => {
            Some((made.clone(), Arguments::clone(arguments), *site))
        }
        _ => None,
    });
    let Some((made, mut arguments, site)) = made else { return value.clone() };
    arguments.positional.insert(0, made);
    let given = interpreter.bind_parameters(constructor, arguments, site);
    substitute(value, constructor.id, &|name| given.get(name).cloned(), &mut 400)
}

/// Whether a caller decides one of these inputs: they are its own, those of the object whose method it is, or
/// those of an object that it was given.
fn arrives(
    interpreter: &Interpreter<'_>,
    caller: &Summary,
    called: &Summary,
    object: Option<&Value>,
    inputs: &[Value],
) -> bool {
    let roots = || inputs.iter().filter_map(root_parameter);
    if roots().any(|root| root.function == caller.function.id) {
        return true;
    }
    let is_of = |constructor: &Rc<FunctionValue>| roots().any(|root| root.function == constructor.id);
    constructor_of(interpreter, caller).is_some_and(|constructor| is_of(&constructor))
        || object.and_then(root_parameter).is_some_and(|root| root.function == caller.function.id)
            && constructor_of(interpreter, called).is_some_and(|constructor| is_of(&constructor))
}

/// The dependency node that an entry of the call graph stands for, with its route.
pub fn entry_dependant(analysis: &Analysis, entry: Entry) -> Option<(usize, usize, &Dependant)> {
    let (app, route, position) = match entry {
        Entry::Handler(app, route) => (app, route, None),
        Entry::Dependency(app, route, position) => (app, route, Some(position)),
        Entry::ExceptionHandler(_) | Entry::Middleware => return None,
    };
    let dependant = analysis.details[app][route].dependant.as_ref()?;
    match position {
        None => Some((app, route, dependant)),
        Some(position) => Some((app, route, dependant.walk().get(position).copied()?)),
    }
}
