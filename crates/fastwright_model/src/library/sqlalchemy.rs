//! SQLAlchemy 2 and SQLModel: what sessions and statements give back, so that rows have a class.

use fastwright_python::interpreter::{Evaluated, Interpreter};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// Class of synchronous sessions.
pub const SESSION: &str = "sqlalchemy.orm.Session";
/// Class of asynchronous sessions.
pub const ASYNC_SESSION: &str = "sqlalchemy.ext.asyncio.AsyncSession";
/// The classes of sessions.
pub const SESSIONS: &[&str] = &[SESSION, ASYNC_SESSION];

/// Whether a value is a session that is opened here: `Session(engine)`, `SessionLocal()`.
pub fn is_new_session(value: &Value) -> bool {
    let Some(Symbolic::Call { callee, .. }) = value.as_symbolic() else { return false };
    if let Some(name) = callee.as_external() {
        return SESSIONS.contains(&name.as_str());
    }
    matches!(callee.as_symbolic(), Some(Symbolic::Call { callee: maker, .. }) if is_factory_maker(maker))
}

/// Whether a value is what makes factories of sessions: `sessionmaker`.
pub fn is_factory_maker(value: &Value) -> bool {
    value.as_external().is_some_and(|name| {
        matches!(name.as_str(), "sqlalchemy.orm.sessionmaker" | "sqlalchemy.ext.asyncio.async_sessionmaker")
    })
}

/// Whether a method of results and queries gives one row or nothing.
fn gives_one(method: &str) -> bool {
    matches!(
        method,
        "scalar"
            | "scalar_one"
            | "scalar_one_or_none"
            | "first"
            | "one"
            | "one_or_none"
            | "get"
            | "get_one"
            | "merge"
    )
}

/// Whether a method gives many rows.
fn gives_many(method: &str) -> bool {
    matches!(
        method,
        "all" | "scalars" | "fetchall" | "unique" | "execute" | "exec" | "stream_scalars" | "partitions"
    )
}

/// Whether a method of a session's factory gives a session.
fn opens_session(method: &str) -> bool {
    matches!(method, "begin" | "__aenter__" | "__enter__")
}

pub(super) fn result_class(
    interpreter: &mut Interpreter<'_>,
    callee: &Value,
    arguments: &Arguments,
) -> Option<Value> {
    match callee.as_symbolic()? {
        // The factory that `sessionmaker(...)` is.
        Symbolic::Call { callee: made_by, arguments: given, .. } => match made_by.as_external()?.as_str() {
            "sqlalchemy.orm.sessionmaker" | "sqlalchemy.orm.scoped_session" => {
                Some(given.keyword("class_").cloned().unwrap_or_else(|| Value::external(SESSION)))
            }
            "sqlalchemy.ext.asyncio.async_sessionmaker" | "sqlalchemy.ext.asyncio.async_scoped_session" => {
                Some(given.keyword("class_").cloned().unwrap_or_else(|| Value::external(ASYNC_SESSION)))
            }
            _ => None,
        },
        Symbolic::Member { base, name } => {
            if opens_session(name) {
                // sessionmaker.begin() opens a session.
                if let Some(Symbolic::Call { callee: made_by, .. }) = base.as_symbolic()
                    && let Some(maker) = made_by.as_external()
                {
                    return match maker.as_str() {
                        "sqlalchemy.orm.sessionmaker" => Some(Value::external(SESSION)),
                        "sqlalchemy.ext.asyncio.async_sessionmaker" => Some(Value::external(ASYNC_SESSION)),
                        _ => None,
                    };
                }
            }
            if gives_many(name) {
                entity_of_call(interpreter, base, name, arguments)?;
                return Some(Value::external("sqlalchemy.engine.Result"));
            }
            if gives_one(name) {
                // A column of a row is no row.
                let statement = arguments.positional.first().filter(|_| is_session(interpreter, base));
                if selects_part(statement.unwrap_or(base), 0) {
                    return None;
                }
                return entity_of_call(interpreter, base, name, arguments);
            }
            None
        }
        _ => None,
    }
}

/// Makers of attributes that a mapped class replaces by an expression about itself: `Order.customer_id`.
const MAPPED: &[&str] = &[
    "sqlalchemy.orm.mapped_column",
    "sqlalchemy.Column",
    "sqlalchemy.orm.relationship",
    "sqlmodel.main.Field",
    "sqlmodel.main.Relationship",
    "sqlalchemy.orm.column_property",
    "sqlalchemy.orm.synonym",
    "sqlalchemy.orm.deferred",
];

/// A column or relationship read from its class: the expression, not what the class body wrote.
pub(super) fn class_attribute(interpreter: &Interpreter<'_>, class: ObjectId, name: Name) -> Option<Value> {
    let class: Value = Kind::Class(class).into();
    let (written, _) = interpreter.find_in_class(&class, name)?;
    let Some(Symbolic::Call { callee, .. }) = written.as_symbolic() else { return None };
    let maker = callee.as_external()?;
    MAPPED.contains(&maker.as_str()).then(|| Value::symbolic(Symbolic::Member { base: class, name }))
}

pub(super) fn element_class(interpreter: &mut Interpreter<'_>, collection: &Value) -> Option<Value> {
    // Columns of rows are no rows.
    if selects_part(collection, 0) {
        return None;
    }
    entity(interpreter, collection, 0)
}

/// Whether what a statement, query or result selects first is a column or expression, not a class.
fn selects_part(value: &Value, depth: u32) -> bool {
    let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { return false };
    let first = arguments.positional.first();
    let is_part = |value: &Value| matches!(value.kind(), Kind::Symbolic(_));
    if callee.as_external().is_some_and(|name| name == "sqlalchemy.select") {
        return first.is_some_and(is_part);
    }
    let Some(Symbolic::Member { base, name }) = callee.as_symbolic() else { return false };
    if depth > 24 {
        return false;
    }
    match name.as_str() {
        "query" => first.is_some_and(is_part),
        "execute" | "exec" | "scalars" | "stream" | "stream_scalars" if first.is_some() => {
            first.is_some_and(|statement| selects_part(statement, depth + 1))
        }
        _ => selects_part(base, depth + 1),
    }
}

fn is_session(interpreter: &mut Interpreter<'_>, value: &Value) -> bool {
    session_kind(interpreter, value).is_some()
}

/// Whether a value is a database session, and whether it is an asynchronous one.
pub fn session_kind(interpreter: &mut Interpreter<'_>, value: &Value) -> Option<bool> {
    // Methods give back rows and results, whose class takes following the whole chain of calls; those of
    // factories that give a session are few.
    if let Some(Symbolic::Call { callee, .. }) = value.as_symbolic()
        && let Some(Symbolic::Member { name, .. }) = callee.as_symbolic()
        && !opens_session(name)
    {
        return None;
    }
    let class = interpreter.class_of(value)?;
    interpreter.class_order(&class).iter().find_map(|class| match class.as_external()?.as_str() {
        SESSION => Some(false),
        ASYNC_SESSION => Some(true),
        _ => None,
    })
}

fn entity_of_call(
    interpreter: &mut Interpreter<'_>,
    base: &Value,
    name: &str,
    arguments: &Arguments,
) -> Option<Value> {
    if is_session(interpreter, base) {
        let first = arguments.positional.first()?;
        return match name {
            "get" | "get_one" => interpreter_class(first),
            "merge" => interpreter.class_of(first),
            _ => entity(interpreter, first, 0),
        };
    }
    entity(interpreter, base, 0)
}

fn interpreter_class(value: &Value) -> Option<Value> {
    matches!(value.kind(), Kind::Class(_)).then(|| value.clone())
}

/// The mapped class that a statement, result or query is about.
pub fn entity(interpreter: &mut Interpreter<'_>, value: &Value, depth: u32) -> Option<Value> {
    if depth > 24 {
        return None;
    }
    match value.as_symbolic()? {
        Symbolic::Call { callee, arguments, .. } => {
            if let Some(name) = callee.as_external() {
                return match name.as_str() {
                    "sqlalchemy.select" | "sqlalchemy.insert" | "sqlalchemy.update" | "sqlalchemy.delete" => {
                        selected(arguments.positional.first()?)
                    }
                    _ => None,
                };
            }
            match callee.as_symbolic()? {
                Symbolic::Member { base, name } => {
                    if is_session(interpreter, base) {
                        let first = arguments.positional.first()?;
                        return match name.as_str() {
                            "get" | "get_one" | "query" => selected(first),
                            _ => entity(interpreter, first, depth + 1),
                        };
                    }
                    entity(interpreter, base, depth + 1)
                }
                _ => None,
            }
        }
        Symbolic::Member { base, .. } => entity(interpreter, base, depth + 1),
        _ => None,
    }
}

/// The class behind what is selected: a class, or a column of it.
fn selected(value: &Value) -> Option<Value> {
    match value.kind() {
        Kind::Class(_) => Some(value.clone()),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, .. } => selected(base),
            Symbolic::Call { arguments, .. } => selected(arguments.positional.first()?),
            _ => None,
        },
        _ => None,
    }
}

/// Names of a column read from its class: `Order.total.name`, `Order.total.key`.
pub(super) fn column_name(interpreter: &Interpreter<'_>, column: &Value, name: &str) -> Option<Value> {
    if !matches!(name, "name" | "key") {
        return None;
    }
    let Some(Symbolic::Member { base, name: attribute }) = column.as_symbolic() else { return None };
    let Kind::Class(_) = *base.kind() else { return None };
    let (written, _) = interpreter.find_in_class(base, *attribute)?;
    let Some(Symbolic::Call { callee, arguments, .. }) = written.as_symbolic() else { return None };
    if !MAPPED.contains(&callee.as_external()?.as_str()) {
        return None;
    }
    let given = arguments.positional.first().or_else(|| arguments.keyword("name"));
    let given = given.and_then(Value::as_str).filter(|_| name == "name");
    Some(Value::str(given.unwrap_or(attribute)))
}

/// `inspect(Model)`: the mapper of a mapped class, as far as its primary key.
pub(super) fn call(
    interpreter: &mut Interpreter<'_>,
    callee: &str,
    arguments: &Arguments,
    site: Location,
) -> Option<Evaluated> {
    if !matches!(callee, "sqlalchemy.inspect" | "sqlalchemy.inspection.inspect") {
        return None;
    }
    let class = arguments.get(0, "subject")?.clone();
    let Kind::Class(_) = *class.kind() else { return None };
    let mut columns = Vec::new();
    for name in primary_key(interpreter, &class)? {
        let column =
            interpreter.new_instance(Value::external("sqlalchemy.Column"), Arguments::default(), site);
        if let Some(instance) = interpreter.instance_mut(column) {
            instance.attributes.insert(Name::from("name"), Value::str(&name));
            instance.attributes.insert(Name::from("key"), Value::str(&name));
        }
        columns.push(Kind::Instance(column).into());
    }
    let mapper =
        interpreter.new_instance(Value::external("sqlalchemy.orm.Mapper"), Arguments::default(), site);
    if let Some(instance) = interpreter.instance_mut(mapper) {
        instance.attributes.insert(Name::from("class_"), class);
        instance.attributes.insert(Name::from("primary_key"), Value::tuple(columns));
    }
    Some(Ok(Kind::Instance(mapper).into()))
}

/// The names of the columns of a mapped class's primary key, in the order of their definition; none where
/// no column says so.
fn primary_key(interpreter: &Interpreter<'_>, class: &Value) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for owner in interpreter.class_order(class).iter().rev() {
        let Kind::Class(id) = *owner.kind() else { continue };
        for (name, value) in &interpreter.class(id)?.attributes {
            let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { continue };
            let is_column = callee.as_external().is_some_and(|callee| {
                matches!(callee.as_str(), "sqlalchemy.orm.mapped_column" | "sqlalchemy.Column")
            });
            if !is_column || arguments.keyword("primary_key").and_then(Value::as_bool) != Some(true) {
                continue;
            }
            let given = arguments.positional.first().or_else(|| arguments.keyword("name"));
            names.push(given.and_then(Value::as_str).unwrap_or(name).to_owned());
        }
    }
    (!names.is_empty()).then_some(names)
}
