//! `mutable-global-state`: module variable used as storage by request handlers.

use crate::call_graph::{CallGraph, Wanted, Ways};
use crate::context::Context;
use crate::flow::follow;
use crate::reporter::{Draft, Reporter, route_method};
use crate::route_list::{registered_at, title};
use crate::syntax;
use fastwright_model::analysis::{Analysis, is_test_path};
use fastwright_model::application::{Route, RouteKind};
use fastwright_model::dependant::Dependant;
use fastwright_model::facts::{EventKinds, mentions};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Construct, Expr, ExprKind, FunctionDef, StmtKind};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::program::FunctionId;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

crate::declare_rule! {
    /// Module variable used as storage by request handlers.
    MutableGlobalState {
        name: "mutable-global-state",
        area: Architecture,
        severity: Medium,
        confidence: Likely,
        summary: "module variable used as storage by request handlers",
        why: "Each worker has its own copy, all of it is gone after a restart, and threads write to it at the same time.",
        recommendation: "Keep it in the database, in Redis, or in an object that the lifespan creates.",
        trade_off: "A store to run and to reach.",
        contract_effect: "none",
        cwe: [362, 1108],
        owasp: [],
        profile: Default,
        page: "architecture/mutable-global-state.md",
        references: ["https://fastapi.tiangolo.com/deployment/concepts/#replication-processes-and-memory"],
        check: check,
    }
}

/// A variable of a module that may hold state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Variable {
    module: ModuleId,
    name: Name,
}

/// A change of a variable.
#[derive(Clone, Copy)]
struct Change {
    variable: Variable,
    span: Span,
    /// Whether it only counts, so that it stores nothing that somebody sent.
    counts: bool,
}

/// What one function does with variables of modules.
#[derive(Default)]
struct Uses {
    changes: Vec<Change>,
    reads: Vec<(Variable, Span)>,
}

/// A route that touches a variable.
struct Touch<'a> {
    route: &'a Route,
    handler: &'a Dependant,
    counts: bool,
    /// The functions below the handler, and which of them touches it.
    ways: (Rc<Ways<'a>>, usize),
    location: Location,
    function: Name,
}

/// Methods that change a collection by what they are given.
const CHANGING: &[&str] =
    &["append", "appendleft", "add", "insert", "extend", "update", "setdefault", "remove", "pop", "discard"];

/// Words in names of variables whose content can be made again, or belongs to this process.
const OWN_TO_PROCESS: &[&str] = &[
    "cache",
    "cached",
    "memo",
    "pool",
    "lock",
    "locks",
    "client",
    "clients",
    "connection",
    "connections",
    "socket",
    "sockets",
    "websocket",
    "websockets",
    "task",
    "tasks",
    "registry",
    "handlers",
    "plugins",
    "engine",
    "engines",
    "stream",
    "streams",
    "queue",
    "queues",
    "singleton",
    "instance",
    "instances",
    "model",
    "models",
    "loaded",
    "running",
    "settings",
    "config",
];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let graph = context.call_graph();
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let variables = variables(analysis, interpreter);
    if variables.is_empty() {
        return;
    }
    let objects: FxHashMap<ObjectId, Variable> = variables
        .iter()
        .filter_map(|(variable, _)| match *global(interpreter, variable.module, variable.name)?.kind() {
            Kind::Dict(id) | Kind::List(id) | Kind::Set(id) => Some((id, *variable)),
            _ => None,
        })
        .collect();
    let known = uses_of_functions(graph, interpreter, &variables, &objects);
    let using = graph
        .reaching(graph.functions(|_, node| known.contains_key(&node.summary.function.serial)), |_| true);
    let mut changes: FxHashMap<Variable, Vec<Touch<'_>>> = FxHashMap::default();
    let mut reads: FxHashMap<Variable, Vec<Touch<'_>>> = FxHashMap::default();
    for (_, route, detail) in context.routes() {
        if route.kind != RouteKind::Http {
            continue;
        }
        let Some(handler) = &detail.dependant else { continue };
        let Some(from) = graph.of_dependant(handler).filter(|node| using.contains(*node)) else { continue };
        let writes =
            route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"));
        // What only other changes look at is bookkeeping of the process: locks, limits, what was set up.
        let reads_only = route.methods.iter().any(|method| method == "GET");
        let ways = Rc::new(graph.ways(from, |edge| using.contains(edge.to())));
        for (position, reached) in ways.nodes().enumerate() {
            let own = &graph.nodes[reached].summary.function;
            let Some(uses) = known.get(&own.serial) else { continue };
            let touch = |span: Span, counts: bool| Touch {
                route,
                handler,
                counts,
                ways: (Rc::clone(&ways), position),
                location: Location { file: own.id.file, span },
                function: own.definition.qualname,
            };
            for change in uses.changes.iter().filter(|_| writes) {
                changes.entry(change.variable).or_default().push(touch(change.span, change.counts));
            }
            for (variable, span) in uses.reads.iter().filter(|_| reads_only) {
                // A function that looks and then fills keeps a cache.
                if !uses.changes.iter().any(|change| change.variable == *variable) {
                    reads.entry(*variable).or_default().push(touch(*span, false));
                }
            }
        }
    }
    for (variable, location) in &variables {
        let (Some(changes), Some(reads)) = (changes.get(variable), reads.get(variable)) else { continue };
        let pair = changes.iter().find_map(|change| {
            let other = reads.iter().find(|read| !same_title(read.route, change.route))?;
            (change.counts || stores_input(graph, interpreter, change)).then_some((change, other))
        });
        if let Some((change, read)) = pair {
            report.report(draft(graph, *location, variable.name, change, read));
        }
    }
}

/// What functions do with variables that one of them changes and another reads, by their serial numbers.
fn uses_of_functions(
    graph: &CallGraph,
    interpreter: &Interpreter<'_>,
    variables: &[(Variable, Location)],
    objects: &FxHashMap<ObjectId, Variable>,
) -> FxHashMap<u32, Uses> {
    let owned: FxHashSet<Variable> = variables.iter().map(|(variable, _)| *variable).collect();
    let changing: Vec<Name> = CHANGING.iter().map(Name::from).collect();
    let names = names_of(interpreter, variables, objects);
    let files = files_of(interpreter, &names);
    let mut found: FxHashMap<u32, Uses> = FxHashMap::default();
    for node in &graph.nodes {
        if !files.contains(&node.file) || !may_change(&node.definition, &changing) {
            continue;
        }
        let function = &node.summary.function;
        if !found.contains_key(&function.serial) && may_use(function, &names) {
            found.insert(function.serial, uses(interpreter, function, &names, &owned, objects));
        }
    }
    let changed: FxHashSet<Variable> =
        found.values().flat_map(|uses| &uses.changes).map(|change| change.variable).collect();
    // Most variables never change: who else reads those is of no interest.
    let is_changed = |variable: &Variable| changed.contains(variable);
    let changed_ones: Vec<(Variable, Location)> =
        variables.iter().filter(|(variable, _)| is_changed(variable)).copied().collect();
    let changed_objects: FxHashMap<ObjectId, Variable> =
        objects.iter().filter(|(_, variable)| is_changed(variable)).map(|(id, own)| (*id, *own)).collect();
    if changed.is_empty() {
        return FxHashMap::default();
    }
    let names = names_of(interpreter, &changed_ones, &changed_objects);
    let files = files_of(interpreter, &names);
    for node in graph.nodes.iter().filter(|node| files.contains(&node.file)) {
        let function = &node.summary.function;
        if !found.contains_key(&function.serial) && may_use(function, &names) {
            found.insert(function.serial, uses(interpreter, function, &names, &owned, objects));
        }
    }
    let read: FxHashSet<Variable> =
        found.values().flat_map(|uses| &uses.reads).map(|(variable, _)| *variable).collect();
    found.retain(|_, uses| {
        uses.changes.retain(|change| read.contains(&change.variable));
        uses.reads.retain(|(variable, _)| changed.contains(variable));
        !uses.changes.is_empty() || !uses.reads.is_empty()
    });
    found
}

/// Whether a change stores something that the caller of the route sent.
fn stores_input(graph: &CallGraph, interpreter: &mut Interpreter<'_>, change: &Touch<'_>) -> bool {
    let inputs: FxHashSet<(FunctionId, Name)> = change
        .handler
        .walk()
        .into_iter()
        .filter_map(|node| Some((node.function.as_ref()?.id, node)))
        .flat_map(|(function, node)| node.parameters.iter().map(move |parameter| (function, parameter.name)))
        .collect();
    let mut found = false;
    let holding = graph.functions(|_, node| {
        let (file, span) = (node.file, node.definition.span);
        let (inside, around) =
            (syntax::encloses(span, change.location.span), syntax::encloses(change.location.span, span));
        file == change.location.file && (inside || around)
    });
    let functions = graph.reaching(holding, |_| true);
    let passing = Wanted::kinds(EventKinds::CALL.or(EventKinds::STORE_ITEM).or(EventKinds::STORE));
    follow(graph, interpreter, change.handler, &functions, passing, &mut |interpreter, visit| {
        let place = visit.event.location;
        let within = place.file == change.location.file
            && change.location.span.start <= place.span.start
            && place.span.end <= change.location.span.end;
        if found || !within {
            return;
        }
        let values: Vec<&Value> = match &visit.event.kind {
            EventKind::Call(call) => call
                .arguments
                .positional
                .iter()
                .chain(call.arguments.keywords.iter().map(|(_, value)| value))
                .collect(),
            EventKind::StoreItem { index, value, .. } => vec![index, value],
            EventKind::Store { value, .. } => vec![value],
            _ => return,
        };
        found = values.into_iter().any(|value| holds_input(interpreter, &visit.resolve(value), &inputs, 0));
    });
    found
}

/// Whether a value is made from an input, entries of lists and dictionaries included.
fn holds_input(
    interpreter: &Interpreter<'_>,
    value: &Value,
    inputs: &FxHashSet<(FunctionId, Name)>,
    depth: u32,
) -> bool {
    let mut collections = Vec::new();
    let found = mentions(value, &mut |part| {
        if let Kind::Dict(id) | Kind::List(id) | Kind::Set(id) = *part.kind() {
            collections.push(id);
        }
        matches!(part.as_symbolic(), Some(Symbolic::Parameter(parameter))
            if inputs.contains(&(parameter.function, parameter.name)))
    });
    found
        || depth < 3
            && collections.into_iter().any(|id| match interpreter.object(id) {
                Object::Dict(dict) => {
                    let entries = dict.entries.values().map(|(_, value)| value).chain(&dict.unknown_keys);
                    entries.take(40).any(|value| holds_input(interpreter, value, inputs, depth + 1))
                }
                Object::List(list) | Object::Set(list) => {
                    list.items.iter().take(40).any(|value| holds_input(interpreter, value, inputs, depth + 1))
                }
                _ => false,
            })
}

/// The names under which each module knows the variables: its own and imported ones, aliases, and those of
/// modules that it imports.
fn names_of(
    interpreter: &Interpreter<'_>,
    variables: &[(Variable, Location)],
    objects: &FxHashMap<ObjectId, Variable>,
) -> FxHashMap<ModuleId, FxHashSet<Name>> {
    let mut own: FxHashMap<ModuleId, FxHashSet<Name>> = FxHashMap::default();
    for (variable, _) in variables {
        own.entry(variable.module).or_default().insert(variable.name);
    }
    let mut names = own.clone();
    for (id, module) in interpreter.modules() {
        for (name, value) in &interpreter.scope(module.scope).names {
            match *value.kind() {
                Kind::Dict(object) | Kind::List(object) | Kind::Set(object)
                    if objects.contains_key(&object) =>
                {
                    names.entry(id).or_default().insert(*name);
                }
                Kind::Module(other) => {
                    if let Some(theirs) = own.get(&other) {
                        names.entry(id).or_default().extend(theirs);
                    }
                }
                _ => {}
            }
        }
    }
    names
}

/// The files of modules that know one of the variables: the functions of others need not be looked at.
fn files_of(
    interpreter: &Interpreter<'_>,
    names: &FxHashMap<ModuleId, FxHashSet<Name>>,
) -> FxHashSet<FileId> {
    names.keys().filter_map(|module| interpreter.module(*module).file).collect()
}

/// Whether a function may change a variable of a module in a way that [`uses`] knows.
fn may_change(definition: &FunctionDef, changing: &[Name]) -> bool {
    let mentions = &definition.mentions;
    mentions.may_have(Construct::Global)
        || mentions.may_have(Construct::ItemStore)
        || changing.iter().any(|method| mentions.may_call(*method))
}

/// Whether one of the names of its module stands in a function.
fn may_use(function: &FunctionValue, names: &FxHashMap<ModuleId, FxHashSet<Name>>) -> bool {
    let (Some(names), definition) = (names.get(&function.module), &function.definition) else { return false };
    // Few, so comparing them is cheaper than asking a set.
    let names: Vec<Name> = names.iter().copied().filter(|name| definition.mentions.may_hold(*name)).collect();
    if names.is_empty() {
        return false;
    }
    syntax::any_expression(&definition.body, &mut |expression| match &expression.kind {
        ExprKind::Name(name) => names.contains(name),
        ExprKind::Attribute(attribute) => names.contains(&attribute.name),
        _ => false,
    })
}

fn global(interpreter: &Interpreter<'_>, module: ModuleId, name: Name) -> Option<Value> {
    interpreter.scope(interpreter.module(module).scope).names.get(&name).cloned()
}

/// Module variables that hold a collection or a number, with their first assignment.
fn variables(analysis: &Analysis, interpreter: &Interpreter<'_>) -> Vec<(Variable, Location)> {
    let mut found: Vec<(Variable, Location)> = Vec::new();
    for (module, state) in interpreter.modules() {
        let Some(file) = state.file else { continue };
        let own = analysis.files.get(file);
        if !own.first_party || is_test_path(&own.relative) {
            continue;
        }
        for statement in &state.code.body {
            let (target, value, annotation) = match &statement.kind {
                StmtKind::Assign { targets, value } => match &**targets {
                    [target] => (target, value, None),
                    _ => continue,
                },
                StmtKind::AnnAssign { target, annotation, value: Some(value) } => {
                    (&**target, &**value, Some(&**annotation))
                }
                _ => continue,
            };
            let ExprKind::Name(name) = target.kind else { continue };
            let held = annotation.map(|annotation| own.slice(annotation.span)).unwrap_or_default();
            if !is_state(value) || belongs_to_process(&name) || holds_process_objects(held) {
                continue;
            }
            if !found.iter().any(|(known, _)| known.module == module && known.name == name) {
                found.push((Variable { module, name }, Location { file, span: statement.span }));
            }
        }
    }
    found
}

fn is_state(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::List(_) | ExprKind::Dict(_) | ExprKind::Set(_) | ExprKind::Int(_) | ExprKind::Float(_) => {
            true
        }
        ExprKind::Call(call) => {
            let Some(name) = call.callee.last_name() else {
                return false;
            };
            matches!(
                name.as_str(),
                "dict" | "list" | "set" | "defaultdict" | "OrderedDict" | "deque" | "Counter"
            ) && call.callee.dotted_name().is_some()
        }
        _ => false,
    }
}

fn belongs_to_process(name: &str) -> bool {
    name.to_lowercase().split('_').any(|word| OWN_TO_PROCESS.contains(&word))
}

/// Whether a type names objects that can't leave the process.
fn holds_process_objects(annotation: &str) -> bool {
    [
        "Task",
        "WebSocket",
        "Lock",
        "Event",
        "Queue",
        "Future",
        "Thread",
        "Process",
        "Client",
        "Callable",
        "Semaphore",
        "type[",
    ]
    .iter()
    .any(|word| annotation.contains(word))
}

fn same_title(one: &Route, other: &Route) -> bool {
    one.path == other.path && route_method(one) == route_method(other)
}

/// What a function does with the variables, by its syntax. `names` are those under which modules know them.
fn uses(
    interpreter: &Interpreter<'_>,
    function: &FunctionValue,
    names: &FxHashMap<ModuleId, FxHashSet<Name>>,
    variables: &FxHashSet<Variable>,
    objects: &FxHashMap<ObjectId, Variable>,
) -> Uses {
    let (module, scope, definition) = (function.module, function.scope, &function.definition);
    let mut declared: FxHashSet<Name> = FxHashSet::default();
    let parameters: FxHashSet<Name> = definition.parameters.iter().map(|parameter| parameter.name).collect();
    let mut local = parameters.clone();
    syntax::statements(&definition.body, &mut |statement| match &statement.kind {
        StmtKind::Global(names) => declared.extend(names.iter().copied()),
        _ => syntax::bound_names(statement, &mut local),
    });
    local.retain(|name| !declared.contains(name));
    // A function inside of another may know a variable by a name of that one.
    let outermost = scope == interpreter.module(module).scope;
    let names = names.get(&module);
    let may_be = |name: &Name| !outermost || names.is_some_and(|names| names.contains(name));
    let resolve = |expression: &Expr| -> Option<Variable> {
        let value = match &expression.kind {
            ExprKind::Name(name) if may_be(name) && !local.contains(name) => {
                let own = Variable { module, name: *name };
                if variables.contains(&own) {
                    return Some(own);
                }
                interpreter.lookup(scope, *name)?
            }
            ExprKind::Attribute(attribute) if may_be(&attribute.name) => {
                let (base, name) = attribute.parts();
                let ExprKind::Name(base) = base.kind else { return None };
                let Kind::Module(other) = *interpreter.lookup(scope, base)?.kind() else { return None };
                let theirs = Variable { module: other, name: *name };
                return variables.contains(&theirs).then_some(theirs);
            }
            _ => return None,
        };
        match *value.kind() {
            Kind::Dict(id) | Kind::List(id) | Kind::Set(id) => objects.get(&id).copied(),
            _ => None,
        }
    };
    let mut uses = Uses::default();
    let mut changed_spans: FxHashSet<Span> = FxHashSet::default();
    syntax::statements(&definition.body, &mut |statement| {
        let (targets, value): (&[Expr], _) = match &statement.kind {
            StmtKind::Assign { targets, value } => (targets, Some(value)),
            StmtKind::AugAssign { target, .. } => (std::slice::from_ref(target), None),
            StmtKind::Delete(targets) => (targets, None),
            _ => return,
        };
        for target in targets {
            let root = root(target);
            let whole = std::ptr::eq(root, target);
            // A whole collection that is set anew was loaded or made, unless it comes from the caller.
            if whole
                && !(matches!(target.kind, ExprKind::Name(name) if declared.contains(&name))
                    && value.is_none_or(|value| mentions_local(value, &parameters)))
            {
                continue;
            }
            if let Some(variable) = resolve(root) {
                let counts = whole && matches!(statement.kind, StmtKind::AugAssign { .. });
                uses.changes.push(Change { variable, span: statement.span, counts });
                changed_spans.insert(root.span);
            }
        }
    });
    let mut mentioned: Vec<(Variable, Span)> = Vec::new();
    syntax::expressions(&definition.body, &mut |expression| match &expression.kind {
        ExprKind::Call(call) => {
            if let Some((base, name)) = call.callee.as_attribute()
                && CHANGING.contains(&name.as_str())
                && let Some(variable) = resolve(root(base))
                && call.arguments.iter().any(|argument| mentions_local(&argument.value, &local))
            {
                uses.changes.push(Change { variable, span: expression.span, counts: false });
                changed_spans.insert(root(base).span);
            }
        }
        ExprKind::Name(_) | ExprKind::Attribute(..) => {
            mentioned.extend(resolve(expression).map(|variable| (variable, expression.span)));
        }
        _ => {}
    });
    uses.reads = mentioned.into_iter().filter(|(_, span)| !changed_spans.contains(span)).collect();
    uses
}

/// What an item or an attribute of something belongs to: `carts` of `carts[number].articles`.
fn root(expression: &Expr) -> &Expr {
    match &expression.kind {
        ExprKind::Subscript(parts) => root(&parts.0),
        ExprKind::Call(call) => match &call.callee.kind {
            ExprKind::Attribute(attribute) if attribute.name == "setdefault" || attribute.name == "get" => {
                root(&attribute.base)
            }
            _ => expression,
        },
        _ => expression,
    }
}

fn mentions_local(expression: &Expr, local: &FxHashSet<Name>) -> bool {
    syntax::any_within(
        expression,
        &mut |inner| matches!(&inner.kind, ExprKind::Name(name) if local.contains(name)),
    )
}

fn steps(graph: &CallGraph, touch: &Touch<'_>) -> Vec<(String, Location)> {
    let (ways, position) = &touch.ways;
    ways.path(*position)
        .iter()
        .map(|edge| (format!("calls `{}`", graph.nodes[edge.to()].symbol()), edge.site))
        .collect()
}

fn draft(graph: &CallGraph, location: Location, name: Name, change: &Touch<'_>, read: &Touch<'_>) -> Draft {
    let (changing, reading) = (title(change.route), title(read.route));
    Draft::new(
        location,
        name.to_string(),
        format!(
            "`{name}` holds what `{changing}` stores and `{reading}` reads, in the memory of one process"
        ),
    )
    .route(change.route)
    .discriminator(name.to_string())
    .evidence(format!("`{name}` is a variable of the module"), location)
    .evidence(format!("`{changing}` is registered here"), registered_at(change.route))
    .evidence_chain(steps(graph, change))
    .evidence(format!("`{}` changes it", change.function), change.location)
    .evidence(format!("`{reading}` is registered here"), registered_at(read.route))
    .evidence_chain(steps(graph, read))
    .evidence(format!("`{}` reads it", read.function), read.location)
}
