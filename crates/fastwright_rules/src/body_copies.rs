//! Where the body of a request is copied into stored data as a whole: `Row(**body.model_dump())`,
//! `setattr` in a loop, `sqlmodel_update`, `.values(...)`, in the handler or in what it calls.

use crate::call_graph::{CallGraph, Node, Wanted};
use crate::call_index::FunctionSet;
use crate::flow::{Visit, follow};
use crate::methods::method_of;
use fastwright_model::application::ParameterPlace;
use fastwright_model::dependant::{Dependant, DependantParameter};
use fastwright_model::facts::{EventKinds, mentions};
use fastwright_model::library::sqlalchemy::entity;
use fastwright_model::schemas::is_schema;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Comparison;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;

/// Which fields of a body leave it.
#[derive(Debug, Clone, Default)]
pub struct Dump {
    /// Where the body becomes a dictionary; none where the body itself is copied.
    pub site: Option<Location>,
    /// Fields left out.
    pub excluded: Vec<String>,
    /// Fields taken, when they are chosen.
    pub included: Option<Vec<String>>,
    /// Whether fields that the client did not send stay out.
    pub only_sent: bool,
    /// Whether fields that are `None` stay out.
    pub without_none: bool,
    /// Whether what is left out or taken is not known.
    pub undecided: bool,
}

impl Dump {
    /// Whether a field of the body is among what leaves it.
    pub fn takes(&self, field: &str) -> bool {
        !self.undecided
            && !self.excluded.iter().any(|name| name == field)
            && self.included.as_ref().is_none_or(|names| names.iter().any(|name| name == field))
    }
}

/// A copy of a body into stored data.
#[derive(Debug, Clone)]
pub struct BodyCopy {
    /// The class of the body.
    pub model: Value,
    /// The parameter that takes it.
    pub parameter: DependantParameter,
    /// What is copied.
    pub dump: Dump,
    /// The mapped class of the row, where it is known.
    pub row: Option<Value>,
    /// Where it is copied.
    pub location: Location,
    /// Whether the copy makes a row; otherwise it changes one, or writes past the mapped class.
    pub makes_row: bool,
    /// Fields that the same call sets to something else.
    pub overwritten: Vec<String>,
    /// Whether a condition asks for the name of each field.
    pub names_checked: bool,
    /// Whether a condition asks for anything of each field.
    pub fields_checked: bool,
    /// The calls that lead there.
    pub chain: Vec<(String, Location)>,
    /// The function that copies.
    pub symbol: String,
}

/// The functions in which something may be copied, and all that reach them.
pub fn copying(code: &CallGraph) -> FunctionSet {
    let methods = code.calls().methods(COPYING).or(&code.calls().calling_parameters());
    let others = EventKinds::STORE_ITEM.or(EventKinds::CLASS_CALL).or(EventKinds::BOUND_CALL);
    let copies = |node: &Node| {
        node.events_of(others).any(|(_, event)| match &event.kind {
            EventKind::StoreItem { base, index, .. } => may_copy_item(base, index),
            EventKind::Call(call) => may_copy(call),
            _ => false,
        })
    };
    code.reaching(code.functions(|number, node| methods.contains(number) || copies(node)), |_| true)
}

/// The functions in which a field of a body may be copied alone, and all that reach them.
pub fn copying_singly(code: &CallGraph) -> FunctionSet {
    let copies = |node: &Node| {
        node.events_of(EventKinds::STORE.or(EventKinds::CLASS_CALL)).any(|(_, event)| match &event.kind {
            EventKind::Store { value, .. } => may_be_field(value),
            EventKind::Call(call) => {
                matches!(call.callee.kind(), Kind::Class(_))
                    && call.arguments.keywords.iter().any(|(_, value)| may_be_field(value))
            }
            _ => false,
        })
    };
    code.reaching(code.functions(|_, node| copies(node)), |_| true)
}

/// What a route copies from its body, in functions that copy.
pub fn copies_of(
    code: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    dependant: &Dependant,
    copying: &FunctionSet,
) -> Vec<BodyCopy> {
    let bodies = bodies(interpreter, dependant);
    let mut found = Vec::new();
    if bodies.is_empty() {
        return found;
    }
    let kinds = EventKinds::STORE_ITEM.or(EventKinds::CLASS_CALL).or(EventKinds::BOUND_CALL);
    let wanted = Wanted::kinds(kinds.or(EventKinds::PARAMETER_CALL)).or_methods(COPYING);
    follow(
        code,
        interpreter,
        dependant,
        copying,
        wanted,
        &mut |interpreter, visit| match &visit.event.kind {
            EventKind::StoreItem { base, index, value } => {
                if !may_copy_item(base, index) {
                    return;
                }
                let (base, index) = (visit.resolve(base), visit.resolve(index));
                if !may_copy_item(&base, &index) {
                    return;
                }
                let source = Value::tuple(vec![index, visit.resolve(value)]);
                let row = interpreter.class_of(&base);
                let copy = CopyingCall { source, row, makes_row: false, overwritten: Vec::new() };
                push(interpreter, visit, &bodies, copy, &mut found, true);
            }
            EventKind::Call(call) => {
                if let Some(copy) = copying_call(interpreter, visit, call) {
                    push(interpreter, visit, &bodies, copy, &mut found, false);
                }
            }
            _ => {}
        },
    );
    found
}

/// Fields of the body that a route copies into rows one by one: `Row(name=body.name)`, `row.name = body.name`.
/// Those of one call, and those that a function sets on one kind of rows, are one copy. A field about which
/// the function asks before is left out.
pub fn single_copies_of(
    code: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    dependant: &Dependant,
    copying: &FunctionSet,
) -> Vec<BodyCopy> {
    let bodies = bodies(interpreter, dependant);
    let mut found: Vec<BodyCopy> = Vec::new();
    if bodies.is_empty() {
        return found;
    }
    let wanted = Wanted::kinds(EventKinds::STORE.or(EventKinds::CLASS_CALL));
    follow(code, interpreter, dependant, copying, wanted, &mut |interpreter, visit| {
        let (row, given): (Value, Vec<(Name, Value)>) = match &visit.event.kind {
            EventKind::Store { base, name, value } if may_be_field(value) => {
                let Some(row) = interpreter.class_of(&visit.resolve(base)) else { return };
                (row, vec![(*name, visit.resolve(value))])
            }
            EventKind::Call(call) if matches!(call.callee.kind(), Kind::Class(_)) => {
                let fields = call.arguments.keywords.iter().filter(|(_, value)| may_be_field(value));
                let given: Vec<(Name, Value)> =
                    fields.map(|(name, value)| (*name, visit.resolve(value))).collect();
                (call.callee.clone(), given)
            }
            _ => return,
        };
        for (column, value) in given {
            let Some(Symbolic::Member { base, name }) = value.as_symbolic() else { continue };
            let Some(body) = body_of(base, &bodies).filter(|_| *name == column) else { continue };
            let asked = visit.summary.events.iter().any(|event| match &event.kind {
                EventKind::Condition(condition) => {
                    let condition = visit.resolve(condition);
                    asks_about(&condition, &value, 0)
                }
                _ => false,
            });
            if asked {
                continue;
            }
            let makes_row = matches!(visit.event.kind, EventKind::Call(_));
            let known = found.iter_mut().find(|copy| {
                copy.makes_row == makes_row
                    && copy.model.same(&body.model)
                    && copy.row.as_ref().is_some_and(|known| known.same(&row))
                    && if makes_row {
                        copy.location == visit.event.location
                    } else {
                        copy.symbol == visit.symbol() && copy.location.file == visit.event.location.file
                    }
            });
            match known {
                Some(copy) => copy.dump.included.get_or_insert_default().push(name.to_string()),
                None => found.push(BodyCopy {
                    model: body.model.clone(),
                    parameter: body.parameter.clone(),
                    dump: Dump { included: Some(vec![name.to_string()]), ..Dump::default() },
                    row: Some(row.clone()),
                    location: visit.event.location,
                    makes_row,
                    overwritten: Vec::new(),
                    names_checked: false,
                    fields_checked: false,
                    chain: visit.evidence(),
                    symbol: visit.symbol(),
                }),
            }
        }
    });
    found
}

/// Whether a condition asks about a value itself: tests or compares it, or hands it to a function. A query for a
/// row that has it asks about the row.
fn asks_about(condition: &Value, value: &Value, depth: u32) -> bool {
    if condition.same(value) {
        return true;
    }
    let again = |part: &Value| depth < 8 && asks_about(part, value, depth + 1);
    match condition.kind() {
        Kind::Union(values) | Kind::Tuple(values) => values.iter().any(again),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Compare { left, right, .. } | Symbolic::Binary { left, right, .. } => {
                again(left) || again(right)
            }
            Symbolic::Not(base) | Symbolic::Member { base, .. } | Symbolic::Item { base, .. } => again(base),
            Symbolic::Call { callee, arguments, .. } => {
                method_of(callee).is_some_and(|(base, _)| base.same(value))
                    || arguments.positional.iter().any(|argument| argument.same(value))
                    || arguments.keywords.iter().any(|(_, argument)| argument.same(value))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a value may turn out to be a field of a body.
fn may_be_field(value: &Value) -> bool {
    matches!(value.as_symbolic(), Some(Symbolic::Member { .. } | Symbolic::Parameter(_)))
}

/// The attributes of objects that a route sets one by one: class of the object, if it is known, and name.
pub fn stores_of(
    code: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    dependant: &Dependant,
) -> Vec<(Option<Value>, Name)> {
    let mut found = Vec::new();
    let stores = Wanted::kinds(EventKinds::STORE);
    follow(code, interpreter, dependant, &code.functions(|_, _| true), stores, &mut |interpreter, visit| {
        if let EventKind::Store { base, name, .. } = &visit.event.kind {
            let base = visit.resolve(base);
            let class = interpreter.class_of(&base);
            found.push((class, *name));
        }
    });
    found
}

/// Whether a condition before an event of the same function asks for the name, or for anything, of a field
/// of a body.
fn checks_before(visit: &Visit<'_>, bodies: &[Body<'_>]) -> [bool; 2] {
    let (mut names, mut fields) = (false, false);
    for event in visit.summary.events.iter().take_while(|event| !std::ptr::eq(*event, visit.event)) {
        let EventKind::Condition(condition) = &event.kind else { continue };
        let condition = visit.resolve(condition);
        if !mentions_body(&condition, bodies) {
            continue;
        }
        fields = true;
        names |= matches!(
            condition.as_symbolic(),
            Some(Symbolic::Compare {
                comparison: Comparison::In | Comparison::NotIn | Comparison::Equal | Comparison::NotEqual,
                ..
            })
        );
    }
    [names, fields]
}

struct Body<'d> {
    function: fastwright_python::program::FunctionId,
    parameter: &'d DependantParameter,
    model: Value,
}

fn bodies<'d>(interpreter: &mut Interpreter<'_>, dependant: &'d Dependant) -> Vec<Body<'d>> {
    let mut found = Vec::new();
    for node in dependant.walk() {
        let Some(function) = &node.function else { continue };
        for parameter in &node.parameters {
            if !matches!(parameter.place, ParameterPlace::Body | ParameterPlace::Form) {
                continue;
            }
            let Some(annotation) = &parameter.annotation else { continue };
            let Some(model) = interpreter.class_of_type(annotation) else { continue };
            if is_schema(interpreter, &model) {
                found.push(Body { function: function.id, parameter, model });
            }
        }
    }
    found
}

fn push(
    interpreter: &mut Interpreter<'_>,
    visit: &Visit<'_>,
    bodies: &[Body<'_>],
    copy: CopyingCall,
    copies: &mut Vec<BodyCopy>,
    one_by_one: bool,
) {
    let Some((body, dump)) = find_dump(interpreter, &copy.source, bodies) else { return };
    let [names_checked, fields_checked] =
        if one_by_one { checks_before(visit, bodies) } else { [false, false] };
    copies.push(BodyCopy {
        model: body.model.clone(),
        parameter: body.parameter.clone(),
        dump,
        row: copy.row,
        location: visit.event.location,
        makes_row: copy.makes_row,
        overwritten: copy.overwritten,
        names_checked,
        fields_checked,
        chain: visit.evidence(),
        symbol: visit.symbol(),
    });
}

struct CopyingCall {
    source: Value,
    row: Option<Value>,
    makes_row: bool,
    overwritten: Vec<String>,
}

/// What a call copies into a row, if it is one that does.
fn copying_call(
    interpreter: &mut Interpreter<'_>,
    visit: &Visit<'_>,
    call: &CallEvent,
) -> Option<CopyingCall> {
    if !may_copy(call) {
        return None;
    }
    let callee = visit.resolve(&call.callee);
    let everything = || call.arguments.keyword("**").map(|value| visit.resolve(value));
    let named = || -> Vec<String> {
        let named = call.arguments.keywords.iter().filter(|(name, _)| *name != "**");
        named.map(|(name, _)| name.to_string()).collect()
    };
    let first = || call.arguments.positional.first().map(|value| visit.resolve(value));
    if matches!(callee.kind(), Kind::Class(_)) {
        return Some(CopyingCall {
            source: everything()?,
            row: Some(callee),
            makes_row: true,
            overwritten: named(),
        });
    }
    let (base, method) = method_of(&callee)?;
    match method.as_str() {
        "model_validate" | "parse_obj" | "from_orm" if matches!(base.kind(), Kind::Class(_)) => {
            let update = call.arguments.keyword("update").map(|value| visit.resolve(value));
            let overwritten = update.map(|update| keys(interpreter, &update)).unwrap_or_default();
            Some(CopyingCall { source: first()?, row: Some(base), makes_row: true, overwritten })
        }
        "sqlmodel_update" => {
            let update = call.arguments.keyword("update").map(|value| visit.resolve(value));
            let overwritten = update.map(|update| keys(interpreter, &update)).unwrap_or_default();
            let row = interpreter.class_of(&base);
            Some(CopyingCall { source: first()?, row, makes_row: false, overwritten })
        }
        "values" => {
            let row = entity(interpreter, &base, 0)?;
            Some(CopyingCall {
                source: everything().or_else(first)?,
                row: Some(row),
                makes_row: false,
                overwritten: named(),
            })
        }
        "update" => {
            let row = entity(interpreter, &base, 0);
            // Beside rows, an entry of a dictionary that outlives the request is stored data.
            let is_stored = matches!(base.as_symbolic(), Some(Symbolic::Item { base, .. }) if matches!(base.kind(), Kind::Dict(_)));
            if row.is_none() && !is_stored {
                return None;
            }
            Some(CopyingCall {
                source: everything().or_else(first)?,
                row,
                makes_row: false,
                overwritten: named(),
            })
        }
        _ => None,
    }
}

/// Whether setting an item may turn out to copy a field whose name is not fixed, into what is no collection.
fn may_copy_item(base: &Value, index: &Value) -> bool {
    index.as_str().is_none() && !matches!(base.kind(), Kind::Dict(_) | Kind::List(_))
}

/// Methods that copy what they get.
const COPYING: &[&str] = &["model_validate", "parse_obj", "from_orm", "sqlmodel_update", "values", "update"];

/// Whether a call may turn out to copy: putting inputs in keeps the name of a method.
fn may_copy(call: &CallEvent) -> bool {
    let copies = |method: &str| COPYING.contains(&method);
    let named = match call.callee.kind() {
        Kind::Class(_) => return call.arguments.keyword("**").is_some(),
        Kind::Method(method) => {
            !matches!(method.receiver.kind(), Kind::Dict(_) | Kind::List(_) | Kind::Set(_))
                && method
                    .function
                    .as_external()
                    .is_some_and(|name| copies(name.rsplit('.').next().unwrap_or(&name)))
        }
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { name, .. } => copies(name),
            Symbolic::Parameter(_) => true,
            _ => false,
        },
        _ => false,
    };
    named && (!call.arguments.positional.is_empty() || call.arguments.keyword("**").is_some())
}

fn keys(interpreter: &mut Interpreter<'_>, value: &Value) -> Vec<String> {
    let items = interpreter.elements(value).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The body that a value is made from as a whole, and which of its fields: through loops over `.items()`
/// and copies, but through no call that may choose among the fields.
fn find_dump<'b, 'd>(
    interpreter: &mut Interpreter<'_>,
    value: &Value,
    bodies: &'b [Body<'d>],
) -> Option<(&'b Body<'d>, Dump)> {
    let mut current = value.clone();
    for _ in 0..12 {
        if let Some(body) = body_of(&current, bodies) {
            return Some((body, Dump::default()));
        }
        let inside = match current.kind() {
            Kind::Tuple(parts) => {
                let parts = Values::clone(parts);
                return parts.iter().find_map(|part| find_dump(interpreter, part, bodies));
            }
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Element(base) | Symbolic::Item { base, .. } => base.clone(),
                Symbolic::Call { callee, arguments, site } => {
                    let (base, name, takes_options) = dumping_call(callee, arguments)?;
                    if let Some(body) = body_of(&base, bodies) {
                        let options = takes_options.then_some(&**arguments);
                        return KEEPING
                            .contains(&name.as_str())
                            .then(|| (body, dump(interpreter, options, *site)));
                    }
                    if takes_options {
                        return None;
                    }
                    base
                }
                _ => return None,
            },
            _ => return None,
        };
        current = inside;
    }
    None
}

/// Calls that make a dictionary of all fields of a model.
const KEEPING: &[&str] = &["model_dump", "dict", "vars", "jsonable_encoder"];

/// What a call makes a dictionary or a copy from, its name, and whether its keywords choose fields.
fn dumping_call(callee: &Value, arguments: &Arguments) -> Option<(Value, Name, bool)> {
    if let Some((base, name)) = method_of(callee) {
        return match name.as_str() {
            "model_dump" | "dict" => Some((base, name, true)),
            "items" | "copy" => Some((base, name, false)),
            _ => None,
        };
    }
    let name = callee.as_external()?;
    match name.as_str() {
        "builtins.dict" | "builtins.vars" | "builtins.list" | "builtins.iter" | "builtins.sorted" => {
            let last = name.rsplit('.').next().unwrap_or(&name);
            Some((arguments.positional.first()?.clone(), Name::from(last), false))
        }
        "fastapi.encoders.jsonable_encoder" => {
            Some((arguments.get(0, "obj")?.clone(), Name::from("jsonable_encoder"), true))
        }
        _ => None,
    }
}

fn mentions_body(value: &Value, bodies: &[Body<'_>]) -> bool {
    mentions(value, &mut |part| match part.as_symbolic() {
        Some(Symbolic::Element(base)) => mentions(base, &mut |inner| body_of(inner, bodies).is_some()),
        _ => false,
    })
}

fn body_of<'b, 'd>(value: &Value, bodies: &'b [Body<'d>]) -> Option<&'b Body<'d>> {
    let Some(Symbolic::Parameter(parameter)) = value.as_symbolic() else { return None };
    bodies.iter().find(|body| body.function == parameter.function && body.parameter.name == parameter.name)
}

fn dump(interpreter: &mut Interpreter<'_>, options: Option<&Arguments>, site: Location) -> Dump {
    let mut dump = Dump { site: Some(site), ..Dump::default() };
    let Some(options) = options else { return dump };
    dump.undecided = options.incomplete;
    for name in ["exclude_unset", "exclude_none", "exclude_defaults"] {
        // What is decided elsewhere may be true.
        if options.keyword(name).is_some_and(|value| value.as_bool() != Some(false)) {
            dump.only_sent = true;
            dump.without_none |= name == "exclude_none";
        }
    }
    if let Some(excluded) = options.keyword("exclude").filter(|value| !value.is_none()) {
        match interpreter.elements(excluded) {
            Some(names) => {
                dump.excluded = names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            None => dump.undecided = true,
        }
    }
    if let Some(included) = options.keyword("include").filter(|value| !value.is_none()) {
        match interpreter.elements(included) {
            Some(names) => {
                dump.included = Some(names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
            }
            None => dump.undecided = true,
        }
    }
    dump
}
