//! What the definition of a column says beyond its table: its length, its default, whether it refuses NULL.

use fastwright_model::tables::Column;
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// The call that defines a column, `mapped_column(...)` for example.
#[derive(Debug, Clone)]
pub struct ColumnDefinition {
    /// What is called; none where the annotation alone defines the column.
    pub maker: Option<Name>,
    /// With what.
    pub arguments: Arguments,
    /// The annotation, if there is one.
    pub annotation: Option<Value>,
}

/// Arguments that make the database or SQLAlchemy fill a column that an insert leaves out.
const DEFAULTS: &[&str] = &[
    "default",
    "default_factory",
    "server_default",
    "insert_default",
    "sa_column",
    "sa_column_kwargs",
    "autoincrement",
];

impl ColumnDefinition {
    /// The definition of an attribute of a mapped class.
    pub fn of(interpreter: &mut Interpreter<'_>, class: &Value, name: Name) -> Option<Self> {
        let assigned = interpreter.find_in_class(class, name).map(|(value, _)| value);
        let annotation = interpreter
            .annotation_in_class(class, name)
            .map(|(annotation, _)| interpreter.evaluate_annotation(&annotation));
        match assigned.as_ref().and_then(Value::as_symbolic) {
            Some(Symbolic::Call { callee, arguments, .. }) => Some(Self {
                maker: Some(callee.as_external()?),
                arguments: Arguments::clone(arguments),
                annotation,
            }),
            Some(_) => None,
            None if assigned.is_some() && annotation.is_none() => None,
            None => {
                let mut arguments = Arguments::default();
                if let Some(default) = assigned {
                    arguments.keywords.push((Name::from("default"), default));
                }
                Some(Self { maker: None, arguments, annotation })
            }
        }
    }

    /// Whether the column certainly refuses NULL.
    pub fn refuses_null(&self, column: &Column) -> bool {
        if column.nullable || self.arguments.incomplete || self.arguments.keyword("sa_column").is_some() {
            return false;
        }
        let says_so = self.arguments.keyword("nullable").and_then(Value::as_bool) == Some(false);
        match self.maker.as_deref() {
            // A `Column` allows NULL whatever stands in its annotation.
            Some("sqlalchemy.Column") => says_so || column.primary_key,
            Some("sqlmodel.main.Field" | "sqlalchemy.orm.mapped_column") | None => {
                says_so || column.primary_key || self.annotation.is_some()
            }
            Some(_) => false,
        }
    }

    /// Whether something fills the column where an insert gives nothing.
    pub fn has_default(&self) -> bool {
        self.arguments.incomplete
            || self.arguments.keywords.iter().any(|(name, _)| DEFAULTS.contains(&name.as_str()))
            || self.arguments.positional.iter().any(|argument| {
                matches!(argument.as_symbolic(), Some(Symbolic::Call { callee, .. })
                if callee.as_external().is_some_and(|name| {
                    matches!(name.last_part(), "Identity" | "Sequence" | "Computed" | "FetchedValue")
                }))
            })
    }

    /// How many characters a text may have.
    pub fn longest_text(&self) -> Option<i64> {
        if self.maker.as_deref() == Some("sqlmodel.main.Field") {
            return self.arguments.keyword("max_length").and_then(Value::as_int);
        }
        let written = self.arguments.positional.iter().find_map(length_of);
        // `Mapped[Annotated[str, mapped_column(String(50))]]`
        written.or_else(|| {
            let annotation = self.annotation.as_ref()?;
            let Some(Symbolic::Item { index, .. }) = annotation.as_symbolic() else { return None };
            let Some(Symbolic::Item { base, index }) = index.as_symbolic() else { return None };
            if base.as_external().is_none_or(|name| name != "typing.Annotated") {
                return None;
            }
            let Kind::Tuple(parts) = index.kind() else { return None };
            parts.iter().skip(1).find_map(|part| match part.as_symbolic()? {
                Symbolic::Call { arguments, .. } => arguments.positional.iter().find_map(length_of),
                _ => None,
            })
        })
    }
}

/// The length of a type of texts: `String(50)`.
fn length_of(value: &Value) -> Option<i64> {
    let Symbolic::Call { callee, arguments, .. } = value.as_symbolic()? else { return None };
    let name = callee.as_external()?;
    let is_text = name.starts_with("sqlalchemy.")
        && matches!(name.last_part(), "String" | "VARCHAR" | "Unicode" | "CHAR" | "NVARCHAR");
    arguments.get(0, "length").filter(|_| is_text)?.as_int()
}

/// Whether a type is text without a fixed form: `str`, `str | None`.
pub fn is_text(annotation: &Value) -> bool {
    plain_type(annotation).as_external().is_some_and(|name| name == "builtins.str")
}
