//! Schemas: the fields of Pydantic models and dataclasses, and the classes that a type is made of.

use crate::dependant::split_annotated;
use crate::library::pydantic::MODEL;
use fastwright_python::interpreter::{Interpreter, aliased_type, is_none_type};
use fastwright_python::ir::BinaryOperator;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// A field of a schema.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name in Python.
    pub name: Name,
    /// Its type, without `Annotated`.
    pub annotation: Value,
    /// The default; none where there is none, or where a factory makes it.
    pub default: Option<Value>,
    /// Whether the class assigns anything to the field: a default or `Field(...)`.
    pub assigned: bool,
    /// Keywords of `Field(...)`, wherever it stands; none where there is no `Field(...)`.
    pub options: Option<Arguments>,
    /// What else stands in `Annotated`, `Field(...)` aside.
    pub metadata: Vec<Value>,
    /// Whether several `Field(...)` say something about the field together.
    pub options_in_several_places: bool,
    /// Whether a client must send it.
    pub required: bool,
    /// Whether `exclude=True` keeps it out of every response.
    pub excluded: bool,
    /// The class that declares it.
    pub owner: ObjectId,
    /// Where.
    pub location: Location,
}

/// Whether a class is a Pydantic model (SQLModel included), a dataclass or an attrs class.
pub fn is_schema(interpreter: &Interpreter<'_>, class: &Value) -> bool {
    is_model(interpreter, class) || matches!(*class.kind(), Kind::Class(id) if interpreter.is_record(id))
}

/// Whether a class is a Pydantic model, SQLModel included.
pub fn is_model(interpreter: &Interpreter<'_>, class: &Value) -> bool {
    matches!(class.kind(), Kind::Class(_)) && interpreter.derives_from(class, MODEL)
}

/// Fields of a schema in order, inherited ones first; an override takes the place of what it overrides.
pub fn fields(interpreter: &mut Interpreter<'_>, class: &Value) -> Vec<Field> {
    let mut declared: OrderedMap<Name, (Annotation, Location, Option<Value>, ObjectId)> =
        OrderedMap::default();
    for owner in interpreter.class_order(class).iter().rev() {
        let Kind::Class(id) = *owner.kind() else { continue };
        let Some(object) = interpreter.class(id) else { continue };
        for (name, (annotation, location)) in &object.annotations {
            if name.starts_with('_') || *name == "model_config" {
                continue;
            }
            declared.insert(*name, (annotation.clone(), *location, object.attributes.get(name).cloned(), id));
        }
    }
    let mut fields = Vec::with_capacity(declared.len());
    for (name, (annotation, location, assigned, owner)) in declared {
        let annotation = interpreter.evaluate_annotation(&annotation);
        if is_class_variable(&annotation) {
            continue;
        }
        let (bare, metadata) = split_annotated(&annotation);
        let options = assigned
            .as_ref()
            .and_then(field_options)
            .or_else(|| metadata.iter().rev().find_map(field_options))
            .cloned();
        let places = assigned.iter().chain(&metadata).filter(|value| field_options(value).is_some()).count();
        let is_field = assigned.as_ref().is_some_and(|value| field_options(value).is_some());
        let default = match (&options, is_field) {
            (Some(options), true) => options.get(0, "default").cloned(),
            _ => assigned.clone().or_else(|| options.as_ref()?.keyword("default").cloned()),
        }
        .filter(|value| !matches!(value.kind(), Kind::Ellipsis));
        let makes = options.as_ref().is_some_and(|options| options.keyword("default_factory").is_some());
        let excluded =
            options.as_ref().and_then(|options| options.keyword("exclude")).and_then(Value::as_bool)
                == Some(true);
        fields.push(Field {
            name,
            annotation: bare.unwrap_or(annotation),
            required: default.is_none() && !makes,
            default,
            assigned: assigned.is_some(),
            options,
            options_in_several_places: places > 1,
            metadata: metadata.into_iter().filter(|value| field_options(value).is_none()).collect(),
            excluded,
            owner,
            location,
        });
    }
    fields
}

/// The arguments of `Field(...)` or a dataclass's `field(...)`.
fn field_options(value: &Value) -> Option<&Arguments> {
    let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { return None };
    let name = callee.as_external()?;
    matches!(
        name.as_str(),
        "pydantic.fields.Field"
            | "pydantic.fields.FieldInfo"
            | "sqlmodel.main.Field"
            | "dataclasses.field"
            | "sqlmodel.main.Relationship"
    )
    .then_some(arguments)
}

fn is_class_variable(annotation: &Value) -> bool {
    match annotation.as_symbolic() {
        Some(Symbolic::Item { base, .. }) => base.as_external().is_some_and(|name| name == "typing.ClassVar"),
        _ => annotation.as_external().is_some_and(|name| name == "typing.ClassVar"),
    }
}

/// Whether `None` is a value of a type: `T | None`, `Optional[T]`, a union with `None`.
pub fn allows_none(annotation: &Value) -> bool {
    if is_none_type(annotation) {
        return true;
    }
    match annotation.as_symbolic() {
        Some(Symbolic::Binary { operator: BinaryOperator::BitOr, left, right }) => {
            allows_none(left) || allows_none(right)
        }
        Some(Symbolic::Item { base, index }) => match base.as_external().as_deref() {
            Some("typing.Optional") => true,
            Some("typing.Union") => match index.kind() {
                Kind::Tuple(items) => items.iter().any(allows_none),
                _ => allows_none(index),
            },
            Some("typing.Annotated") => match index.kind() {
                Kind::Tuple(items) => items.first().is_some_and(allows_none),
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// Classes of the program that a type is made of: `Order` and `Customer` of `dict[str, Order] | Customer`.
pub fn classes_of_type(interpreter: &mut Interpreter<'_>, annotation: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    collect_classes(interpreter, annotation, &mut found, 0);
    found
}

fn collect_classes(
    interpreter: &mut Interpreter<'_>,
    annotation: &Value,
    found: &mut Vec<Value>,
    depth: u32,
) {
    if depth > 12 {
        return;
    }
    match annotation.kind() {
        Kind::Class(_) if found.iter().any(|known| known.same(annotation)) => {}
        Kind::Class(_) => found.push(annotation.clone()),
        Kind::Tuple(items) | Kind::Union(items) => {
            for item in items.iter() {
                collect_classes(interpreter, item, found, depth + 1);
            }
        }
        Kind::List(_) => {
            for item in interpreter.elements(annotation).unwrap_or_default() {
                collect_classes(interpreter, &item, found, depth + 1);
            }
        }
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { .. } => {
                if let Some(aliased) = aliased_type(annotation) {
                    let aliased = aliased.clone();
                    collect_classes(interpreter, &aliased, found, depth + 1);
                }
            }
            Symbolic::Item { base, index } => {
                let meaningless = base.as_external().is_some_and(|name| {
                    matches!(
                        name.as_str(),
                        "typing.Literal" | "typing.Callable" | "typing.Type" | "builtins.type"
                    )
                });
                if meaningless {
                    return;
                }
                collect_classes(interpreter, base, found, depth + 1);
                if base.as_external().is_some_and(|name| name == "typing.Annotated")
                    && let Kind::Tuple(items) = index.kind()
                {
                    if let Some(first) = items.first() {
                        collect_classes(interpreter, first, found, depth + 1);
                    }
                    return;
                }
                collect_classes(interpreter, index, found, depth + 1);
            }
            Symbolic::Binary { operator: BinaryOperator::BitOr, left, right } => {
                collect_classes(interpreter, left, found, depth + 1);
                collect_classes(interpreter, right, found, depth + 1);
            }
            _ => {}
        },
        _ => {}
    }
}
