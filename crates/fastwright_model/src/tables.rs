//! Mapped classes: SQLAlchemy declarative classes and SQLModel tables, with columns and relationships.

use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// A mapped class.
#[derive(Debug, Clone)]
pub struct Table {
    /// The class.
    pub class: ObjectId,
    /// Name of the table in the database; of the class where it can't be known.
    pub name: String,
    /// Columns in order, those of mixins included.
    pub columns: Vec<Column>,
    /// Relationships in order.
    pub relationships: Vec<Relationship>,
    /// Indexes and unique constraints over one or several columns, from `__table_args__`.
    pub indexes: Vec<Index>,
    /// Whether `__table_args__` may hold what is not listed.
    pub has_unknown_indexes: bool,
    /// Where the class is defined.
    pub location: Location,
}

/// An index or unique constraint of `__table_args__`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Attributes or column names, in order.
    pub columns: Vec<Name>,
    /// Whether two rows can't share the values of all its columns.
    pub unique: bool,
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Attribute of the class.
    pub name: Name,
    /// Table and column that it refers to: `customers.id`.
    pub foreign_key: Option<String>,
    /// Whether it is (part of) the primary key.
    pub primary_key: bool,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether it has an index or a unique constraint of its own.
    pub indexed: bool,
    /// Whether no two rows can share a value, by a constraint of the column itself.
    pub unique: bool,
    /// What the database does when the row that it refers to is deleted: `CASCADE`, `SET NULL`, ...
    pub on_delete: Option<String>,
    /// What the class body assigns to it: the call of `mapped_column`, `Column` or `Field`.
    pub assigned: Option<Value>,
    /// Its annotation, `Mapped[...]` included.
    pub annotation: Option<Value>,
    /// Where it is declared.
    pub location: Location,
}

/// A relationship.
#[derive(Debug, Clone)]
pub struct Relationship {
    /// Attribute of the class.
    pub name: Name,
    /// Name of the related class.
    pub target: Option<String>,
    /// The `lazy=` option; `select` is SQLAlchemy's default.
    pub lazy: String,
    /// The `cascade=` option, where it is given.
    pub cascade: Option<String>,
    /// Whether `passive_deletes` leaves related rows to the database.
    pub passive_deletes: bool,
    /// Whether it only reads.
    pub view_only: bool,
    /// Where it is declared.
    pub location: Location,
}

/// All mapped classes of the program.
pub fn tables(interpreter: &mut Interpreter<'_>) -> Vec<Table> {
    let classes = interpreter.classes().to_vec();
    classes.into_iter().filter_map(|class| table(interpreter, class)).collect()
}

fn table(interpreter: &mut Interpreter<'_>, class: ObjectId) -> Option<Table> {
    let value: Value = Kind::Class(class).into();
    let object = interpreter.class(class)?;
    let location = object.location;
    let class_name = object.name;
    let is_sqlmodel =
        object.keywords.iter().any(|(name, value)| *name == "table" && value.as_bool() == Some(true))
            && interpreter.derives_from(&value, "sqlmodel.main.SQLModel");
    let own_name = interpreter.find_in_class(&value, Name::from("__tablename__")).map(|(value, _)| value);
    let own_table = interpreter.find_in_class(&value, Name::from("__table__")).map(|(value, _)| value);
    let abstract_class =
        interpreter.class(class)?.attributes.get(&Name::from("__abstract__")).and_then(Value::as_bool)
            == Some(true);
    if abstract_class || !(is_sqlmodel || own_name.is_some() || own_table.is_some()) {
        return None;
    }
    let name = own_name
        .as_ref()
        .and_then(Value::as_str)
        .map(str::to_owned)
        .unwrap_or_else(|| class_name.to_lowercase());
    let mut columns: OrderedMap<Name, Column> = OrderedMap::default();
    let mut relationships: OrderedMap<Name, Relationship> = OrderedMap::default();
    for owner in interpreter.class_order(&value).iter().rev() {
        let Kind::Class(id) = *owner.kind() else { continue };
        let Some(object) = interpreter.class(id) else { continue };
        let mut names: Vec<Name> = object.annotations.keys().copied().collect();
        names
            .extend(object.attributes.keys().filter(|name| !object.annotations.contains_key(*name)).copied());
        for name in names {
            if name.starts_with("__") {
                continue;
            }
            let Some(object) = interpreter.class(id) else { continue };
            let annotation = object.annotations.get(&name).cloned();
            let assigned = object.attributes.get(&name).cloned();
            let place = annotation
                .as_ref()
                .map(|(_, location)| *location)
                .or_else(|| object.assignments.get(&name).copied())
                .unwrap_or(location);
            let annotation = annotation.map(|(annotation, _)| interpreter.evaluate_annotation(&annotation));
            let made_by = assigned.as_ref().and_then(made_by);
            match made_by.as_deref() {
                Some("sqlalchemy.orm.relationship" | "sqlmodel.main.Relationship") => {
                    let arguments = arguments_of(assigned.as_ref());
                    let option = |name: &str| {
                        arguments.keyword(name).cloned().or_else(|| {
                            let options = arguments.keyword("sa_relationship_kwargs")?;
                            dict_entry(interpreter, options, name)
                        })
                    };
                    let text = |name: &str| option(name)?.as_str().map(str::to_owned);
                    let lazy = text("lazy");
                    let deletes_many =
                        arguments.keyword("cascade_delete").and_then(Value::as_bool) == Some(true);
                    let cascade = text("cascade").or_else(|| deletes_many.then(|| "all, delete".to_owned()));
                    // `"all"` is a value of its own that leaves related rows alone.
                    let passive_deletes = option("passive_deletes")
                        .is_some_and(|value| value.as_bool() != Some(false) && !value.is_none());
                    let view_only = option("viewonly").is_some_and(|value| value.as_bool() != Some(false));
                    let target = arguments
                        .positional
                        .first()
                        .and_then(|target| class_name_of(interpreter, target))
                        .or_else(|| relation_target(interpreter, annotation.as_ref()?));
                    relationships.insert(
                        name,
                        Relationship {
                            name,
                            target,
                            lazy: lazy.unwrap_or_else(|| "select".to_owned()),
                            cascade,
                            passive_deletes,
                            view_only,
                            location: place,
                        },
                    );
                }
                Some(
                    "sqlalchemy.orm.mapped_column"
                    | "sqlalchemy.Column"
                    | "sqlmodel.main.Field"
                    | "sqlalchemy.orm.column_property",
                ) => {
                    columns.insert(
                        name,
                        column(interpreter, name, assigned.as_ref(), annotation.as_ref(), place),
                    );
                }
                _ => {
                    let mapped = annotation.as_ref().is_some_and(is_mapped);
                    if mapped && relation_class(interpreter, annotation.as_ref()).is_some() {
                        continue;
                    }
                    if mapped || (is_sqlmodel && annotation.is_some()) {
                        columns.insert(
                            name,
                            column(interpreter, name, assigned.as_ref(), annotation.as_ref(), place),
                        );
                    }
                }
            }
        }
    }
    if columns.is_empty() && !is_sqlmodel && own_table.is_none() {
        return None;
    }
    let (indexes, has_unknown_indexes) = indexes(interpreter, &value);
    Some(Table {
        class,
        name,
        indexes,
        has_unknown_indexes,
        columns: columns.into_values().collect(),
        relationships: relationships.into_values().collect(),
        location,
    })
}

/// The indexes of `__table_args__`, and whether there may be others.
fn indexes(interpreter: &mut Interpreter<'_>, class: &Value) -> (Vec<Index>, bool) {
    let Some((written, owner)) = interpreter.find_in_class(class, Name::from("__table_args__")) else {
        return (Vec::new(), false);
    };
    if matches!(written.kind(), Kind::Dict(_)) {
        return (Vec::new(), false);
    }
    let Some(items) = interpreter.elements(&written) else { return (Vec::new(), true) };
    let mut found = Vec::new();
    let mut unknown = false;
    for item in items {
        let Some(Symbolic::Call { callee, arguments, .. }) = item.as_symbolic() else {
            unknown |= !matches!(item.kind(), Kind::Dict(_));
            continue;
        };
        let Some(maker) = callee.as_external() else {
            unknown = true;
            continue;
        };
        let (skipped, unique) = match maker.rsplit('.').next() {
            // The first argument is the name of the index.
            Some("Index") => (1, arguments.keyword("unique").and_then(Value::as_bool) == Some(true)),
            Some("UniqueConstraint" | "PrimaryKeyConstraint") => (0, true),
            Some("CheckConstraint" | "ForeignKeyConstraint") => continue,
            _ => {
                unknown = true;
                continue;
            }
        };
        let names = arguments.positional.iter().skip(skipped).map(|column| match column.as_str() {
            Some(name) => Some(Name::from(name)),
            None => attribute_of(interpreter, owner, column),
        });
        match names.collect() {
            Some(columns) => found.push(Index { columns, unique }),
            None => unknown = true,
        }
    }
    (found, unknown)
}

/// The attribute of a class that holds this column.
fn attribute_of(interpreter: &Interpreter<'_>, class: ObjectId, column: &Value) -> Option<Name> {
    if let Some(Symbolic::Member { name, .. }) = column.as_symbolic() {
        return Some(*name);
    }
    let attributes = &interpreter.class(class)?.attributes;
    attributes.iter().find(|(_, value)| value.same(column)).map(|(name, _)| *name)
}

fn made_by(value: &Value) -> Option<Name> {
    match value.as_symbolic()? {
        Symbolic::Call { callee, .. } => callee.as_external(),
        _ => None,
    }
}

fn arguments_of(value: Option<&Value>) -> Arguments {
    match value.and_then(Value::as_symbolic) {
        Some(Symbolic::Call { arguments, .. }) => Arguments::clone(arguments),
        _ => Arguments::default(),
    }
}

fn dict_entry(interpreter: &Interpreter<'_>, dict: &Value, key: &str) -> Option<Value> {
    let Kind::Dict(id) = *dict.kind() else { return None };
    match interpreter.object(id) {
        Object::Dict(dict) => dict.entries.get(&Key::Str(key.into())).map(|(_, value)| value.clone()),
        _ => None,
    }
}

fn is_mapped(annotation: &Value) -> bool {
    matches!(annotation.as_symbolic(), Some(Symbolic::Item { base, .. })
        if base.as_external().is_some_and(|name| name.starts_with("sqlalchemy.") && name.ends_with("Mapped")))
}

fn is_optional(annotation: &Value) -> bool {
    match annotation.as_symbolic() {
        Some(Symbolic::Item { base, index }) => match base.as_external().as_deref() {
            Some("typing.Optional") => true,
            Some("typing.Annotated") => match index.kind() {
                Kind::Tuple(items) => items.first().is_some_and(is_optional),
                _ => false,
            },
            Some(name) if name.ends_with("Mapped") => is_optional(index),
            _ => false,
        },
        Some(Symbolic::Binary { left, right, .. }) => left.is_none() || right.is_none(),
        _ => false,
    }
}

fn column(
    interpreter: &mut Interpreter<'_>,
    name: Name,
    assigned: Option<&Value>,
    annotation: Option<&Value>,
    location: Location,
) -> Column {
    let given = arguments_of(assigned);
    // SQLModel takes a whole column of SQLAlchemy as well.
    let column = given.keyword("sa_column").cloned();
    let arguments = match &column {
        Some(column) => arguments_of(Some(column)),
        None => given,
    };
    let extra = arguments.keyword("sa_column_kwargs").cloned();
    let option = |name: &str| {
        arguments
            .keyword(name)
            .cloned()
            .or_else(|| extra.as_ref().and_then(|extra| dict_entry(interpreter, extra, name)))
    };
    let flag = |name: &str| option(name)?.as_bool();
    let reference = arguments.positional.iter().find_map(|argument| match argument.as_symbolic()? {
        Symbolic::Call { callee, arguments, .. } if callee.as_external()?.ends_with("ForeignKey") => {
            Some(Arguments::clone(arguments))
        }
        _ => None,
    });
    let target = reference.as_ref().and_then(|reference| reference.positional.first());
    let foreign_key = target
        .and_then(|target| match target.as_str() {
            Some(text) => Some(text.to_owned()),
            None => match target.as_symbolic()? {
                Symbolic::Member { base, name } => {
                    let class = class_name_of(interpreter, base)?;
                    Some(format!("{class}.{name}"))
                }
                _ => None,
            },
        })
        .or_else(|| arguments.keyword("foreign_key").and_then(Value::as_str).map(str::to_owned));
    let on_delete = reference
        .as_ref()
        .and_then(|reference| reference.keyword("ondelete"))
        .or_else(|| arguments.keyword("ondelete"))
        .filter(|action| !action.is_none())
        .map(|action| action.as_str().unwrap_or("?").to_uppercase());
    let primary_key = flag("primary_key") == Some(true);
    let nullable = flag("nullable").unwrap_or_else(|| match annotation {
        Some(annotation) if column.is_none() => is_optional(annotation),
        _ => !primary_key,
    });
    let unique = flag("unique") == Some(true);
    Column {
        name,
        foreign_key,
        primary_key,
        nullable: nullable && !primary_key,
        indexed: primary_key || flag("index") == Some(true) || unique,
        unique,
        on_delete,
        assigned: assigned.cloned(),
        annotation: annotation.cloned(),
        location,
    }
}

fn class_name_of(interpreter: &Interpreter<'_>, value: &Value) -> Option<String> {
    match value.kind() {
        Kind::Str(text) => Some(text.rsplit('.').next().unwrap_or(text).to_owned()),
        Kind::Class(id) => interpreter.class(*id).map(|class| class.name.to_string()),
        _ => None,
    }
}

/// The class that `Mapped[list["Order"]]` or `list["Order"]` relates to.
fn relation_target(interpreter: &mut Interpreter<'_>, annotation: &Value) -> Option<String> {
    let class = relation_class(interpreter, Some(annotation))?;
    class_name_of(interpreter, &class)
}

fn relation_class(interpreter: &mut Interpreter<'_>, annotation: Option<&Value>) -> Option<Value> {
    let plain = plain_type(annotation?);
    let class = match plain.as_symbolic() {
        Some(Symbolic::Item { index, .. }) => plain_type(&match index.kind() {
            Kind::Tuple(items) => items.last()?.clone(),
            _ => index.clone(),
        }),
        _ => plain,
    };
    let Kind::Class(id) = *class.kind() else { return None };
    let has_table = interpreter.find_in_class(&class, Name::from("__tablename__")).is_some()
        || interpreter.class(id)?.keywords.iter().any(|(name, _)| *name == "table");
    has_table.then_some(class)
}
