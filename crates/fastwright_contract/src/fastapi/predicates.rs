//! Questions that FastAPI asks about annotations (FastAPI 0.165 `_compat/shared.py`).

use crate::pydantic::version1;
use crate::types::{Form, alias_origin, form, generic_arguments, is_class, origin};
use crate::versions::fastapi as since;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::project::Version;
use fastwright_python::value::{Kind, Value};

/// Pydantic's base of all models.
pub const MODEL: &str = "pydantic.main.BaseModel";
/// FastAPI's own upload class; Starlette's is its base.
const UPLOAD: &[&str] = &["fastapi.UploadFile", "starlette.datastructures.UploadFile"];

/// Classes that `issubclass(..., collections.abc.Sequence)` or one of FastAPI's `sequence_types` holds for.
const SEQUENCES: &[&str] = &[
    "builtins.list",
    "builtins.tuple",
    "builtins.set",
    "builtins.frozenset",
    "builtins.range",
    "builtins.bytearray",
    "builtins.memoryview",
    "collections.deque",
    "collections.abc.Sequence",
    "collections.abc.MutableSequence",
    "collections.abc.ByteString",
    "collections.UserList",
    "collections.UserString",
    "typing.NamedTuple",
    "typing_extensions.NamedTuple",
];

const MAPPINGS: &[&str] = &[
    "builtins.dict",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.Counter",
    "collections.ChainMap",
    "collections.UserDict",
    "collections.abc.Mapping",
    "collections.abc.MutableMapping",
    "typing.TypedDict",
    "typing_extensions.TypedDict",
];

/// `lenient_issubclass`: whether the annotation is a class and derives from one of these.
pub fn is_subclass(interpreter: &Interpreter<'_>, annotation: &Value, names: &[&str]) -> bool {
    is_class(annotation)
        && interpreter
            .class_order(annotation)
            .iter()
            .filter_map(Value::as_external)
            .any(|known| names.contains(&known.as_str()))
}

/// Whether the annotation is a Pydantic model. Parametrized models (`Page[Order]`) are classes, too.
pub fn is_model(interpreter: &Interpreter<'_>, annotation: &Value) -> bool {
    match form(annotation) {
        Form::Class(class) => interpreter.derives_from(&class, MODEL),
        Form::Generic(base, _) => {
            matches!(base.kind(), Kind::Class(_)) && interpreter.derives_from(&base, MODEL)
        }
        Form::External(name) => {
            name == MODEL
                || interpreter
                    .class_order(annotation)
                    .iter()
                    .any(|known| known.as_external().is_some_and(|known| known == MODEL))
        }
        _ => false,
    }
}

/// Whether the annotation is an enumeration.
pub fn is_enumeration(interpreter: &Interpreter<'_>, annotation: &Value) -> bool {
    matches!(annotation.kind(), Kind::Class(_)) && interpreter.derives_from(annotation, "enum.Enum")
}

fn is_plain_sequence(interpreter: &Interpreter<'_>, annotation: &Value) -> bool {
    !is_subclass(interpreter, annotation, &["builtins.str", "builtins.bytes"])
        && is_subclass(interpreter, annotation, SEQUENCES)
}

/// `field_annotation_is_sequence`.
pub fn is_sequence(interpreter: &Interpreter<'_>, fastapi: Version, annotation: &Value) -> bool {
    match form(annotation) {
        Form::Annotated(inner, _) => {
            fastapi >= since::ANNOTATED_MAY_BE_A_SEQUENCE && is_sequence(interpreter, fastapi, &inner)
        }
        Form::Union(members) => members.iter().any(|member| is_sequence(interpreter, fastapi, member)),
        _ => {
            is_plain_sequence(interpreter, annotation)
                || origin(annotation).is_some_and(|origin| is_plain_sequence(interpreter, &origin))
        }
    }
}

fn is_plain_complex(interpreter: &Interpreter<'_>, annotation: &Value) -> bool {
    is_model(interpreter, annotation)
        || version1::is_model(interpreter, annotation)
        || is_subclass(interpreter, annotation, MAPPINGS)
        || is_subclass(interpreter, annotation, UPLOAD)
        || is_plain_sequence(interpreter, annotation)
        || is_dataclass(interpreter, annotation)
}

/// Whether the annotation is a dataclass, of the standard library or Pydantic's.
pub fn is_dataclass(interpreter: &Interpreter<'_>, annotation: &Value) -> bool {
    interpreter.class_order(annotation).iter().any(|owner| match *owner.kind() {
        Kind::Class(id) => interpreter.class(id).is_some_and(|class| {
            class.decorators.iter().any(|decorator| {
                let name = match decorator.as_symbolic() {
                    Some(fastwright_python::value::Symbolic::Call { callee, .. }) => callee.as_external(),
                    _ => decorator.as_external(),
                };
                name.is_some_and(|name| {
                    name == "dataclasses.dataclass" || name == "pydantic.dataclasses.dataclass"
                })
            })
        }),
        _ => false,
    })
}

/// `field_annotation_is_complex`: a body when nothing else is said.
pub fn is_complex(interpreter: &Interpreter<'_>, fastapi: Version, annotation: &Value) -> bool {
    match form(annotation) {
        Form::Union(members) => members.iter().any(|member| is_complex(interpreter, fastapi, member)),
        Form::Annotated(inner, _) => {
            fastapi >= since::ANNOTATED_MAY_BE_COMPLEX && is_complex(interpreter, fastapi, &inner)
        }
        Form::Generic(base, _) => {
            let base = alias_origin(&base).unwrap_or(base);
            is_plain_complex(interpreter, &base) || has_core_schema(interpreter, &base)
        }
        _ => {
            is_plain_complex(interpreter, annotation)
                || origin(annotation).is_some_and(|origin| is_plain_complex(interpreter, &origin))
        }
    }
}

fn has_core_schema(interpreter: &Interpreter<'_>, class: &Value) -> bool {
    let hook = fastwright_python::name::Name::from("__get_pydantic_core_schema__");
    interpreter.find_in_class(class, hook).is_some()
}

/// Whether the annotation is an upload, or a union with one.
pub fn is_upload(interpreter: &Interpreter<'_>, annotation: &Value) -> bool {
    is_subclass(interpreter, annotation, UPLOAD)
        || matches!(form(annotation), Form::Union(members)
            if members.iter().any(|member| is_subclass(interpreter, member, UPLOAD)))
}

/// Whether the annotation is a sequence of uploads.
pub fn is_upload_sequence(interpreter: &Interpreter<'_>, fastapi: Version, annotation: &Value) -> bool {
    if let Form::Union(members) = form(annotation) {
        return members.iter().any(|member| is_upload_sequence(interpreter, fastapi, member));
    }
    // All of no arguments are uploads: a bare `list` is one, and so is a named tuple.
    is_sequence(interpreter, fastapi, annotation)
        && generic_arguments(annotation).iter().all(|argument| is_upload(interpreter, argument))
}

/// `_get_model_type`: the model of `Model` or `Model | None`.
pub fn model_type(interpreter: &Interpreter<'_>, annotation: &Value) -> Option<Value> {
    let candidate = match form(annotation) {
        Form::Union(members) if members.len() == 2 && members.iter().any(is_none) => {
            members.into_iter().find(|member| !is_none(member))?
        }
        _ => annotation.clone(),
    };
    is_model(interpreter, &candidate).then_some(candidate)
}

/// Whether a member of a union is `None`.
pub fn is_none(annotation: &Value) -> bool {
    fastwright_python::interpreter::is_none_type(annotation)
}
