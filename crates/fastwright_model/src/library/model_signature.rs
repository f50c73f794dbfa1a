//! The signature that Pydantic gives a model (Pydantic 2.14 `_internal/_signature.py`): its fields by
//! keyword, with the constraints of `Field(...)` in `Annotated`, and without what else `Field` says.

use crate::dependant::CONSTRAINTS;
use crate::schemas::{fields, is_model};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::interpreter::signatures::ShownParameter;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// The parameters of a model's constructor; none for other classes and for models that define their own.
pub(super) fn class_signature(
    interpreter: &mut Interpreter<'_>,
    class: &Value,
) -> Option<Vec<ShownParameter>> {
    if !is_model(interpreter, class) || interpreter.find_in_class(class, Name::from("__init__")).is_some() {
        return None;
    }
    let fields = fields(interpreter, class);
    let parameters = fields.into_iter().map(|field| {
        let options = field.options.as_ref();
        let text = |name: &str| options.and_then(|options| options.keyword(name)).and_then(Value::as_str);
        let alias = text("alias").or_else(|| text("validation_alias")).map(Name::from);
        let constraints: Keywords = options
            .map(|options| {
                let known = options
                    .keywords
                    .iter()
                    .filter(|(name, value)| CONSTRAINTS.contains(&name.as_str()) && !value.is_none());
                known.cloned().collect()
            })
            .unwrap_or_default();
        let annotation = if constraints.is_empty() {
            field.annotation
        } else {
            let constrained = Value::call(
                Value::external("pydantic.fields.Field"),
                Arguments { keywords: constraints, ..Arguments::default() },
                field.location,
            );
            Value::symbolic(Symbolic::Item {
                base: Value::external("typing.Annotated"),
                index: Value::tuple(vec![field.annotation, constrained]),
            })
        };
        // A default that a factory makes shows as an object of its own, which nothing can be done with.
        let made = (!field.required && field.default.is_none())
            .then(|| Value::unknown("a factory makes the default", Some(field.location)));
        ShownParameter {
            name: alias.unwrap_or(field.name),
            annotation: Some(annotation),
            default: field.default.or(made),
        }
    });
    Some(parameters.collect())
}
