//! The class of a value, and the type that an annotation names.

use super::Interpreter;
use crate::ir::BinaryOperator;
use crate::name::Name;
use crate::value::*;

impl Interpreter<'_> {
    /// The class of a value: of the program or of a library, when it is known.
    pub fn class_of(&mut self, value: &Value) -> Option<Value> {
        match value.kind() {
            Kind::Instance(id) => self.instance(*id).map(|instance| instance.class.clone()),
            Kind::Symbolic(expression) => self.class_of_expression(expression),
            Kind::Union(alternatives) => {
                let mut classes =
                    alternatives.iter().filter(|value| !value.is_none()).map(|value| self.class_of(value));
                let first = classes.next()??;
                classes.all(|class| class.is_some_and(|class| class.same(&first))).then_some(first)
            }
            Kind::Class(class) => Some(match self.metaclass(*class) {
                Some(metaclass) => Kind::Class(metaclass).into(),
                None => Value::external("builtins.type"),
            }),
            Kind::External(_) | Kind::Unknown(_) => None,
            Kind::None => Some(Value::external("builtins.NoneType")),
            Kind::Function(_) | Kind::Method(_) => Some(Value::external("builtins.function")),
            Kind::Module(_) => Some(Value::external("builtins.module")),
            Kind::Descriptor(_) => None,
            other => Some(Value::external(builtin_type(other))),
        }
    }

    pub(super) fn class_of_symbolic(&mut self, symbolic: &Symbolic) -> Option<Value> {
        match symbolic {
            Symbolic::Parameter(parameter) => self.class_of_type(parameter.annotation.as_ref()?),
            Symbolic::Call { callee, arguments, .. } => {
                if let Some(class) = self.library.result_class(self, callee, arguments) {
                    return Some(class);
                }
                match callee.kind() {
                    Kind::Class(_) => Some(callee.clone()),
                    Kind::External(name) => {
                        let class_like = name.last_part().starts_with(|first: char| first.is_uppercase());
                        class_like.then(|| callee.clone())
                    }
                    Kind::Symbolic(inner) => match &**inner {
                        Symbolic::Item { base, .. }
                            if matches!(base.kind(), Kind::Class(_) | Kind::External(_)) =>
                        {
                            Some(base.clone())
                        }
                        _ => None,
                    },
                    _ => None,
                }
            }
            Symbolic::Member { base, name } => {
                let class = self.declaring_class(base, *name)?;
                let (annotation, _) = self.annotation_in_class(&class, *name)?;
                let annotation = self.annotation_for_analysis(&annotation);
                self.class_of_type(&annotation)
            }
            Symbolic::Element(base) | Symbolic::Item { base, .. } => match self.element_type(base) {
                Some(element) => self.class_of_type(&element),
                None => self.library.element_class(self, base),
            },
            Symbolic::Format(_) => Some(Value::external("builtins.str")),
            Symbolic::Compare { .. } | Symbolic::Not(_) => Some(Value::external("builtins.bool")),
            Symbolic::Template(_) => Some(Value::external("string.templatelib.Template")),
            Symbolic::Binary { left, .. } => self.class_of(left),
        }
    }

    /// The class whose body declares an attribute of a value: of an object its class; of a class itself, unless a library
    /// replaces what is declared there (columns of tables, fields of models).
    fn declaring_class(&mut self, base: &Value, name: Name) -> Option<Value> {
        if let Kind::Class(_) = *base.kind()
            && self.annotation_in_class(base, name).is_some()
            && self.class_order(base).iter().all(|owner| {
                owner.as_external().is_none_or(|name| {
                    matches!(
                        name.as_str(),
                        "builtins.object" | "abc.ABC" | "typing.Protocol" | "typing.Generic"
                    )
                })
            })
        {
            return Some(base.clone());
        }
        self.class_of(base)
    }

    /// The type that a symbolic value is declared to have, generic arguments included.
    pub fn declared_type(&mut self, value: &Value) -> Option<Value> {
        match value.as_symbolic()? {
            Symbolic::Parameter(parameter) => parameter.annotation.as_deref().cloned(),
            Symbolic::Member { base, name } => {
                let class = self.declaring_class(base, *name)?;
                let (annotation, _) = self.annotation_in_class(&class, *name)?;
                Some(self.evaluate_annotation(&annotation))
            }
            Symbolic::Element(base) | Symbolic::Item { base, .. } => self.element_type(base),
            _ => None,
        }
    }

    /// The element type of a value declared as a collection: `list[Order]` gives `Order`.
    fn element_type(&mut self, collection: &Value) -> Option<Value> {
        let declared = self.declared_type(collection)?;
        match inner_type(&declared).as_symbolic()? {
            Symbolic::Item { index, .. } => Some(match index.kind() {
                Kind::Tuple(items) => items.last()?.clone(),
                _ => index.clone(),
            }),
            _ => None,
        }
    }

    /// The class that an annotation names, without `Annotated`, `Optional` and generic arguments.
    pub fn class_of_type(&mut self, annotation: &Value) -> Option<Value> {
        let plain = inner_type(annotation);
        match plain.kind() {
            Kind::Class(_) | Kind::External(_) => Some(plain.clone()),
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Item { base, .. } => match base.kind() {
                    Kind::Class(_) | Kind::External(_) => Some(base.clone()),
                    _ => None,
                },
                // NewType('UserId', int), TypeVar('T', bound=Model)
                Symbolic::Call { callee, arguments, .. } => match callee.as_external()?.as_str() {
                    "typing.NewType" => arguments.get(1, "tp").cloned(),
                    "typing.TypeVar" => arguments.keyword("bound").cloned(),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }
}

/// An annotation without `Annotated[...]`, `Optional[...]`, `X | None`, `ClassVar[...]` and the like.
pub fn plain_type(annotation: &Value) -> Value {
    inner_type(annotation).clone()
}

/// The same, as the part of the annotation that it is.
fn inner_type(annotation: &Value) -> &Value {
    let Some(symbolic) = annotation.as_symbolic() else { return annotation };
    match symbolic {
        Symbolic::Call { .. } => super::aliased_type(annotation).map_or(annotation, inner_type),
        Symbolic::Item { base, index } => match base.as_external().as_deref() {
            Some("typing.Annotated") => match index.kind() {
                Kind::Tuple(items) if !items.is_empty() => inner_type(&items[0]),
                _ => inner_type(index),
            },
            Some(
                "typing.Optional"
                | "typing.ClassVar"
                | "typing.Final"
                | "typing.Required"
                | "typing.NotRequired"
                | "sqlalchemy.orm.base.Mapped"
                | "sqlalchemy.orm.Mapped",
            ) => inner_type(index),
            Some("typing.Union") => match index.kind() {
                Kind::Tuple(items) => {
                    let mut some = items.iter().filter(|item| !is_none_type(item));
                    match (some.next(), some.next()) {
                        (Some(only), None) => inner_type(only),
                        _ => annotation,
                    }
                }
                _ => inner_type(index),
            },
            _ => annotation,
        },
        Symbolic::Binary { operator: BinaryOperator::BitOr, left, right } => {
            if is_none_type(right) {
                inner_type(left)
            } else if is_none_type(left) {
                inner_type(right)
            } else {
                annotation
            }
        }
        _ => annotation,
    }
}

/// Whether an annotation is `None`.
pub fn is_none_type(annotation: &Value) -> bool {
    annotation.is_none()
        || annotation
            .as_external()
            .is_some_and(|name| name == "builtins.NoneType" || name == "types.NoneType")
}

/// Whether a value is a class (`isinstance(value, type)`); none where that is not known.
pub(super) fn is_class(value: &Value) -> Option<bool> {
    match value.kind() {
        Kind::Class(_) => Some(true),
        Kind::External(name) => match name.owner_and_last() {
            // Special forms and aliases are objects of their own; these are classes.
            Some(("typing", last)) => Some(matches!(last, "Any" | "Generic" | "Protocol" | "NewType")),
            Some(("builtins", last)) if BUILTIN_CLASSES.contains(&last) => Some(true),
            Some(("datetime", "date" | "datetime" | "time" | "timedelta")) => Some(true),
            _ => super::standard_library::is_class_name(name).then_some(true),
        },
        Kind::Symbolic(symbolic) => match &**symbolic {
            // `list[int]`, `Optional[int]`, `int | None` are aliases; a generic of the program or of a library
            // may be a class with its arguments, as models are.
            Symbolic::Item { base, .. } => {
                let origin = base.as_external()?;
                let alias = ["typing.", "builtins.", "collections."].iter();
                alias.copied().any(|start| origin.starts_with(start)).then_some(false)
            }
            Symbolic::Binary { operator: BinaryOperator::BitOr, .. } => Some(false),
            _ => None,
        },
        Kind::Unknown(_) | Kind::Union(_) => None,
        _ => Some(false),
    }
}

/// Classes of `builtins` that annotations name, exceptions aside.
const BUILTIN_CLASSES: [&str; 18] = [
    "bool",
    "bytearray",
    "bytes",
    "classmethod",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "NoneType",
    "object",
    "property",
    "set",
    "staticmethod",
    "str",
    "tuple",
    "type",
];

/// The qualified name of the builtin type behind a constant or container.
pub(super) fn builtin_type(kind: &Kind) -> &'static str {
    match kind {
        Kind::Str(_) => "builtins.str",
        Kind::Bytes(_) => "builtins.bytes",
        Kind::Int(_) => "builtins.int",
        Kind::Bool(_) => "builtins.bool",
        Kind::Float(_) => "builtins.float",
        Kind::Tuple(_) => "builtins.tuple",
        Kind::List(_) => "builtins.list",
        Kind::Set(_) => "builtins.set",
        Kind::Dict(_) => "builtins.dict",
        Kind::Ellipsis => "builtins.ellipsis",
        _ => "builtins.object",
    }
}
