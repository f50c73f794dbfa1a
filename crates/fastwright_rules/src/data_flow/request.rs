//! The inputs of a request behind a value: which parameter, field of the body or part of the request it comes from, and
//! how free its text is.

use super::{given_field, given_to_constructor, input_text, inputs, member_path, root_parameter};
use fastwright_model::application::ParameterPlace;
use fastwright_model::dependant::{Dependant, DependantKind};
use fastwright_model::facts::mentions;
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::ir::BinaryOperator;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::program::FunctionId;
use fastwright_python::value::*;
use std::rc::Rc;

/// An input of a request.
#[derive(Debug, Clone)]
pub struct RequestInput {
    /// As people write it in the function that takes it: `body.url`, `sort`.
    pub text: String,
    /// Where in the request it stands.
    pub place: Option<ParameterPlace>,
    /// Its declared type without `Annotated` and `Optional`; none when there is none.
    pub declared: Option<Value>,
    /// Whether validation leaves only texts of a fixed form.
    pub is_constrained: bool,
    /// Where it is declared.
    pub location: Location,
}

impl RequestInput {
    /// "query parameter `sort`", "field `body.url` of the body".
    pub fn title(&self) -> String {
        match self.place {
            Some(ParameterPlace::Body) if self.text.contains('.') => format!("`{}` of the body", self.text),
            Some(place) => format!("{} parameter `{}`", place.name(), self.text),
            None => format!("`{}`", self.text),
        }
    }

    /// Whether the client can put any text into it.
    pub fn is_free_text(&self) -> bool {
        !self.is_constrained && self.declared.as_ref().is_none_or(|declared| is_free_text(declared, false))
    }

    /// Whether the client can put any address into it, those that validation knows as addresses included.
    pub fn is_address(&self) -> bool {
        !self.is_constrained && self.declared.as_ref().is_none_or(|declared| is_free_text(declared, true))
    }
}

fn is_free_text(declared: &Value, addresses: bool) -> bool {
    let plain = plain_type(declared);
    match plain.kind() {
        Kind::External(name) => match name.as_str() {
            "builtins.str" | "builtins.bytes" | "typing.Any" | "builtins.dict" | "builtins.list"
            | "builtins.object" => true,
            name => addresses && name.starts_with("pydantic.networks.") && name.ends_with("Url"),
        },
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Item { base, .. }
                if base.as_external().is_some_and(|name| name.ends_with(".Literal")) =>
            {
                false
            }
            Symbolic::Item { index, .. } => match index.kind() {
                Kind::Tuple(items) => items.iter().any(|item| is_free_text(item, addresses)),
                _ => is_free_text(index, addresses),
            },
            Symbolic::Binary { operator: BinaryOperator::BitOr, left, right } => {
                is_free_text(left, addresses) || is_free_text(right, addresses)
            }
            _ => false,
        },
        _ => false,
    }
}

/// The inputs of the request behind a value in the words of a handler or dependency. Values that other
/// dependencies give are followed into these.
pub fn request_inputs(
    interpreter: &mut Interpreter<'_>,
    dependant: &Dependant,
    value: &Value,
) -> Vec<RequestInput> {
    let mut found = Vec::new();
    collect_request_inputs(interpreter, dependant, value, &mut found, 0);
    found
}

/// What of a request the client chooses.
const REQUEST_PARTS: &[&str] = &[
    "query_params",
    "headers",
    "cookies",
    "path_params",
    "body",
    "json",
    "form",
    "stream",
    "receive_text",
    "receive_json",
    "receive_bytes",
    "iter_text",
    "iter_json",
];
/// What of an uploaded file the client chooses.
const UPLOAD_PARTS: &[&str] = &["filename", "content_type", "headers", "read", "file"];

fn collect_request_inputs(
    interpreter: &mut Interpreter<'_>,
    dependant: &Dependant,
    value: &Value,
    found: &mut Vec<RequestInput>,
    depth: u32,
) {
    if depth > 4 || found.len() > 8 {
        return;
    }
    for input in inputs(interpreter, value) {
        let Some(root) = root_parameter(&input).cloned() else { continue };
        if dependant.function.as_ref().is_some_and(|function| function.id != root.function) {
            collect_of_made(interpreter, dependant, &input, root.function, found, depth);
            continue;
        }
        let path = member_path(&input);
        if let Some(parameter) = dependant.parameters.iter().find(|parameter| parameter.name == root.name) {
            let is_upload = parameter.annotation.as_ref().is_some_and(is_upload);
            if is_upload && path.first().is_some_and(|first| !UPLOAD_PARTS.contains(&first.as_str())) {
                continue;
            }
            let (declared, is_constrained) = if is_upload {
                (None, false)
            } else if path.is_empty() {
                (parameter.annotation.clone(), is_constrained(&parameter.constraints))
            } else {
                // A validator that the program wrote for the field may refuse anything.
                match field_type(interpreter, parameter.annotation.as_ref(), &path) {
                    Some((declared, constrained)) => (Some(declared), constrained),
                    None => continue,
                }
            };
            found.push(RequestInput {
                text: input_text(&input),
                place: Some(parameter.place),
                declared,
                is_constrained,
                location: parameter.location,
            });
        } else if dependant.special.iter().any(|(name, class)| {
            *name == root.name
                && (class.ends_with(".Request")
                    || class.ends_with(".WebSocket")
                    || class.ends_with("HTTPConnection"))
        }) {
            if path.first().is_some_and(|first| REQUEST_PARTS.contains(&first.as_str())) {
                found.push(RequestInput {
                    text: input_text(&input),
                    place: None,
                    declared: None,
                    is_constrained: false,
                    location: root.location(),
                });
            }
        } else if let Some(dependency) = dependant.dependency_of(&root.name) {
            if let DependantKind::SecurityScheme(_) = dependency.kind {
                found.push(RequestInput {
                    text: input_text(&input),
                    place: Some(ParameterPlace::Header),
                    declared: None,
                    is_constrained: false,
                    location: dependency.location,
                });
                continue;
            }
            match &dependency.function {
                Some(function) => {
                    let Some(summary) = interpreter.summarize(&Rc::clone(function), dependency.receiver)
                    else {
                        continue;
                    };
                    let mut given = match dependency.is_generator {
                        true => summary.yields.first().cloned().unwrap_or(Value::NONE),
                        false => summary.returns.clone(),
                    };
                    for name in &path {
                        given = match given_field(&given, *name) {
                            Some(field) => field.clone(),
                            None => interpreter.attribute(&given, *name, root.span),
                        };
                    }
                    collect_request_inputs(interpreter, dependency, &given, found, depth + 1);
                }
                None => {
                    let Some(field) = path.first() else { continue };
                    if let Some(parameter) =
                        dependency.parameters.iter().find(|parameter| parameter.name == *field)
                    {
                        found.push(RequestInput {
                            text: input_text(&input),
                            place: Some(parameter.place),
                            declared: parameter.annotation.clone(),
                            is_constrained: is_constrained(&parameter.constraints),
                            location: parameter.location,
                        });
                    }
                }
            }
        }
    }
}

/// The inputs behind what an object got when it was made, where a dependency is or makes the object.
fn collect_of_made(
    interpreter: &mut Interpreter<'_>,
    dependant: &Dependant,
    input: &Value,
    constructor: FunctionId,
    found: &mut Vec<RequestInput>,
    depth: u32,
) {
    for dependency in &dependant.dependencies {
        let Some(function) = dependency.function.clone() else { continue };
        if function.id == constructor {
            collect_request_inputs(interpreter, dependency, input, found, depth + 1);
            continue;
        }
        let Some(summary) = interpreter.summarize(&function, dependency.receiver) else { continue };
        let given = match dependency.is_generator {
            true => summary.yields.first().cloned().unwrap_or(Value::NONE),
            false => summary.returns.clone(),
        };
        let Some(Symbolic::Call { callee, .. }) = given.as_symbolic() else { continue };
        let class = callee.clone();
        if let Some((Kind::Function(made_by), _)) = interpreter
            .find_in_class(&class, Name::from("__init__"))
            .map(|(value, place)| (value.into_kind(), place))
            && made_by.id == constructor
        {
            let value = given_to_constructor(interpreter, input, &given, &made_by);
            collect_request_inputs(interpreter, dependency, &value, found, depth + 1);
        }
    }
}

/// Whether a declared type is FastAPI's or Starlette's `UploadFile`, or several of them.
fn is_upload(declared: &Value) -> bool {
    mentions(declared, &mut |part| part.as_external().is_some_and(|name| name.ends_with(".UploadFile")))
}

fn is_constrained(constraints: &[(Name, Value)]) -> bool {
    constraints.iter().any(|(name, _)| matches!(name.as_str(), "pattern" | "regex"))
}

/// The declared type of a field of a model, and whether it is constrained to texts of a fixed form.
fn field_type(
    interpreter: &mut Interpreter<'_>,
    model: Option<&Value>,
    path: &[Name],
) -> Option<(Value, bool)> {
    let mut class = interpreter.class_of_type(model?)?;
    let mut result = None;
    for name in path {
        let (annotation, _) = interpreter.annotation_in_class(&class, *name)?;
        let declared = interpreter.evaluate_annotation(&annotation);
        let assigned = interpreter.find_in_class(&class, *name).map(|(value, _)| value);
        let mut constrained = mentions(&declared, &mut |part| has_pattern(part));
        constrained |= assigned.is_some_and(|value| mentions(&value, &mut |part| has_pattern(part)));
        constrained |= has_validator(interpreter, &class, *name);
        if let Some(next) = interpreter.class_of_type(&declared) {
            class = next;
        }
        result = Some((declared, constrained));
    }
    result
}

fn has_pattern(value: &Value) -> bool {
    matches!(value.as_symbolic(), Some(Symbolic::Call { arguments, .. })
        if arguments.keyword("pattern").or_else(|| arguments.keyword("regex")).is_some_and(|value| !value.is_none()))
        || value.as_external().is_some_and(|name| name.ends_with("Validator"))
        || matches!(value.as_symbolic(), Some(Symbolic::Call { callee, .. })
            if callee.as_external().is_some_and(|name| name.ends_with("Validator")))
}

/// Whether a model has validators of its own for a field.
pub fn has_validator(interpreter: &Interpreter<'_>, class: &Value, field: Name) -> bool {
    interpreter.class_order(class).iter().any(|owner| {
        let Kind::Class(id) = *owner.kind() else { return false };
        let Some(definition) = interpreter.class(id).and_then(|class| class.definition.clone()) else { return false };
        definition.body.iter().any(|statement| {
            use fastwright_python::ir::{ExprKind, StmtKind};
            let StmtKind::Function(function) = &statement.kind else { return false };
            function.decorators.iter().any(|decorator| {
                let ExprKind::Call(call) = &decorator.kind else { return false };
                let Some(name) = call.callee.dotted_name() else { return false };
                match name.rsplit('.').next().unwrap_or_default() {
                    "model_validator" | "root_validator" => true,
                    "field_validator" | "validator" => call.arguments.iter().any(|argument| {
                        matches!(&argument.value.kind, ExprKind::Str(text) if &**text == field.as_str() || &**text == "*")
                    }),
                    _ => false,
                }
            })
        })
    })
}
