//! Mapped classes as the contract writes them.

use super::behaviours::at;
use super::document::{ColumnContract, IndexContract, RelationshipContract, TableContract};
use fastwright_model::dependant::type_text;
use fastwright_model::library::describe;
use fastwright_model::tables::{Column, Table};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Files;
use fastwright_python::value::*;

/// The tables of a program, by name.
pub(crate) fn tables(
    interpreter: &mut Interpreter<'_>,
    files: &Files,
    known: &[Table],
) -> Vec<TableContract> {
    let mut tables: Vec<TableContract> = known
        .iter()
        .map(|table| {
            let mut indexes: Vec<IndexContract> = table
                .indexes
                .iter()
                .map(|index| IndexContract {
                    columns: index.columns.iter().map(ToString::to_string).collect(),
                    unique: index.unique,
                })
                .collect();
            indexes.sort();
            TableContract {
                name: table.name.clone(),
                at: at(files, table.location),
                columns: table.columns.iter().map(|entry| column(interpreter, files, entry)).collect(),
                indexes,
                relationships: table
                    .relationships
                    .iter()
                    .map(|relationship| RelationshipContract {
                        name: relationship.name.to_string(),
                        target: relationship.target.clone(),
                        lazy: relationship.lazy.clone(),
                        cascade: relationship.cascade.clone(),
                    })
                    .collect(),
            }
        })
        .collect();
    tables.sort_by(|left, right| (&left.name, &left.at).cmp(&(&right.name, &right.at)));
    tables
}

fn column(interpreter: &mut Interpreter<'_>, files: &Files, column: &Column) -> ColumnContract {
    let given = column.assigned.as_ref().and_then(arguments_of);
    // SQLModel takes a whole column of SQLAlchemy, or keywords for one.
    let inner = given.as_ref().and_then(|given| given.keyword("sa_column")).and_then(arguments_of);
    let extra = given.as_ref().and_then(|given| given.keyword("sa_column_kwargs")).cloned();
    let arguments = inner.as_ref().or(given.as_ref());
    let option = |interpreter: &Interpreter<'_>, name: &str| {
        arguments
            .and_then(|arguments| arguments.keyword(name))
            .cloned()
            .or_else(|| entry(interpreter, extra.as_ref()?, name))
    };
    let default = option(interpreter, "default").or_else(|| option(interpreter, "default_factory"));
    let default = default.filter(|value| !value.is_none()).map(|value| written(interpreter, &value));
    let server_default = option(interpreter, "server_default");
    let server_default = server_default.map(|value| written(interpreter, &value));
    let written_type = arguments
        .into_iter()
        .flat_map(|arguments| {
            let keywords = ["type_", "sa_type"].map(|name| arguments.keyword(name));
            arguments.positional.iter().chain(keywords.into_iter().flatten())
        })
        .find(|argument| is_column_type(argument))
        .cloned();
    let r#type = match (written_type, &column.annotation) {
        (Some(written_type), _) => Some(written(interpreter, &written_type)),
        (None, Some(annotation)) => Some(mapped_type(interpreter, annotation)),
        (None, None) => None,
    };
    ColumnContract {
        name: column.name.to_string(),
        r#type,
        nullable: column.nullable,
        primary_key: column.primary_key,
        unique: column.unique,
        indexed: column.indexed,
        foreign_key: column.foreign_key.clone(),
        on_delete: column.on_delete.clone(),
        default,
        server_default,
        at: at(files, column.location),
    }
}

fn arguments_of(value: &Value) -> Option<Arguments> {
    match value.as_symbolic()? {
        Symbolic::Call { arguments, .. } => Some(Arguments::clone(arguments)),
        _ => None,
    }
}

/// Whether an argument of a column is its type: anything of a library that is no constraint and no text.
fn is_column_type(argument: &Value) -> bool {
    let name = match argument.kind() {
        Kind::External(name) => Some(*name),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, .. } => callee.as_external(),
            _ => None,
        },
        _ => None,
    };
    name.is_some_and(|name| {
        !matches!(
            name.rsplit('.').next(),
            Some("ForeignKey" | "Identity" | "Sequence" | "Computed" | "CheckConstraint" | "FetchedValue")
        )
    })
}

/// The type inside `Mapped[...]`, without `None`: that NULL is allowed is told apart.
fn mapped_type(interpreter: &mut Interpreter<'_>, annotation: &Value) -> String {
    let text = match annotation.as_symbolic() {
        Some(Symbolic::Item { base, index })
            if base.as_external().is_some_and(|name| name.ends_with("Mapped")) =>
        {
            type_text(interpreter, index)
        }
        _ => type_text(interpreter, annotation),
    };
    let parts: Vec<&str> = text.split(" | ").filter(|part| *part != "None").collect();
    parts.join(" | ")
}

/// A value as people write it.
fn written(interpreter: &mut Interpreter<'_>, value: &Value) -> String {
    match value.kind() {
        Kind::Str(text) => format!("{text:?}"),
        Kind::External(name) => name.rsplit('.').next().unwrap_or(name).to_owned(),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, arguments, .. } => {
                let mut parts: Vec<String> =
                    arguments.positional.iter().map(|argument| written(interpreter, argument)).collect();
                for (name, argument) in &arguments.keywords {
                    parts.push(format!("{name}={}", written(interpreter, argument)));
                }
                format!("{}({})", written(interpreter, callee), parts.join(", "))
            }
            _ => describe(interpreter, value),
        },
        Kind::Function(function) => function.definition.name.to_string(),
        _ => match interpreter.text_of(value) {
            Some(text) => text,
            None => type_text(interpreter, value),
        },
    }
}

fn entry(interpreter: &Interpreter<'_>, dict: &Value, name: &str) -> Option<Value> {
    let entries = interpreter.entries(dict)?;
    entries.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}
