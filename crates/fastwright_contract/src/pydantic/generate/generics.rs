//! Generic classes: their parameters, and types with values put in for type variables (Pydantic 2.14
//! `_internal/_generics.py`).

use super::dispatch::may_follow;
use super::{SchemaGenerator, names, place};
use crate::context::Context;
use crate::types::{Form, form};
use fastwright_python::ir::BinaryOperator;
use fastwright_python::project::Version;
use fastwright_python::value::*;
use std::rc::Rc;

/// The version of Python whose type variables have defaults without `typing_extensions`.
const DEFAULTS_OF_TYPE_VARIABLES: Version = Version::new(3, 13, 0);

/// How deep arguments may nest.
const DEEPEST: u32 = 24;

/// A class of the program with values for its type parameters; no arguments where it is taken as it is.
#[derive(Debug, Clone)]
pub(super) struct ModelType {
    pub class: ObjectId,
    pub arguments: Vec<Value>,
}

impl ModelType {
    /// The type as a value.
    pub(super) fn value(&self) -> Value {
        let class: Value = Kind::Class(self.class).into();
        match self.arguments.as_slice() {
            [] => class,
            [only] => Value::symbolic(Symbolic::Item { base: class, index: only.clone() }),
            several => Value::symbolic(Symbolic::Item { base: class, index: Value::tuple(several.to_vec()) }),
        }
    }
}

/// Pairs of type variables and what stands for them.
pub(super) type Replacements = Vec<(Value, Value)>;

/// A class, or a generic class with arguments; `Page[T][Order]` is `Page[Order]`.
pub(super) fn model_type(
    generator: &mut SchemaGenerator,
    context: &mut Context<'_, '_>,
    value: &Value,
) -> Option<ModelType> {
    match form(value) {
        Form::Class(class) => match *class.kind() {
            Kind::Class(class) => Some(ModelType { class, arguments: Vec::new() }),
            _ => None,
        },
        Form::Generic(base, arguments) => {
            let inner = model_type(generator, context, &base)?;
            let parameters = if inner.arguments.is_empty() {
                generator.parameters(context, inner.class).to_vec()
            } else {
                variables_in(generator, context, &inner.arguments)
            };
            // An alias of a library is named like what it stands for.
            let arguments: Vec<Value> = arguments
                .into_iter()
                .map(|argument| {
                    context.interpreter.computed_with_libraries(&argument, may_follow).unwrap_or(argument)
                })
                .collect();
            let replacements = pair(context, &parameters, &arguments);
            let arguments: Vec<Value> = if inner.arguments.is_empty() {
                replacements.iter().map(|(_, argument)| argument.clone()).collect()
            } else {
                inner
                    .arguments
                    .iter()
                    .map(|argument| generator.replace(context, argument, &replacements))
                    .collect()
            };
            let unchanged = inner.arguments.is_empty()
                && replacements.iter().all(|(variable, argument)| variable.same(argument));
            Some(ModelType { class: inner.class, arguments: if unchanged { Vec::new() } else { arguments } })
        }
        _ => None,
    }
}

/// Type variables with their arguments; defaults stand for arguments that are missing.
fn pair(context: &Context<'_, '_>, parameters: &[Value], arguments: &[Value]) -> Replacements {
    let mut replacements: Replacements = Vec::with_capacity(parameters.len());
    for (position, parameter) in parameters.iter().enumerate() {
        let argument = arguments.get(position).cloned().or_else(|| default(context, parameter));
        if let Some(argument) = argument {
            replacements.push((parameter.clone(), argument));
        }
    }
    replacements
}

/// The arguments of the call that made a type variable, and whether `typing_extensions` made it.
pub(super) fn type_variable(value: &Value) -> Option<(&Arguments, bool)> {
    match value.as_symbolic()? {
        Symbolic::Call { callee, arguments, .. } if names::is_typing(callee, "TypeVar") => {
            let extended = callee.as_external().is_some_and(|name| name.starts_with("typing_extensions."));
            Some((arguments, extended))
        }
        _ => None,
    }
}

/// The default of a type variable, where this Python gives it one.
pub(super) fn default(context: &Context<'_, '_>, variable: &Value) -> Option<Value> {
    let (arguments, extended) = type_variable(variable)?;
    let counts = extended || context.versions.python >= DEFAULTS_OF_TYPE_VARIABLES;
    arguments.keyword("default").filter(|_| counts).cloned()
}

impl SchemaGenerator {
    /// `__parameters__` of a class: type variables in order.
    pub(super) fn parameters(&mut self, context: &mut Context<'_, '_>, class: ObjectId) -> Rc<[Value]> {
        if let Some(known) = self.parameters.get(&class) {
            return Rc::clone(known);
        }
        // A class that leads back to itself ends here.
        self.parameters.insert(class, Rc::from([]));
        let (own, bases) = match context.interpreter.class(class) {
            Some(object) => (object.type_parameters.clone(), object.written_bases.clone()),
            None => return Rc::from([]),
        };
        let mut found = own;
        if found.is_empty() {
            for base in &bases {
                if let Form::Generic(origin, arguments) = form(base)
                    && (names::is_typing(&origin, "Generic") || names::is_typing(&origin, "Protocol"))
                {
                    found = arguments;
                    break;
                }
            }
        }
        if found.is_empty() {
            found = variables_in(self, context, &bases);
        }
        let found: Rc<[Value]> = found.into();
        self.parameters.insert(class, Rc::clone(&found));
        found
    }

    /// What stands for the type parameters of a type.
    pub(super) fn replacements(&mut self, context: &mut Context<'_, '_>, model: &ModelType) -> Replacements {
        if model.arguments.is_empty() {
            return Vec::new();
        }
        let parameters = self.parameters(context, model.class);
        parameters.iter().cloned().zip(model.arguments.iter().cloned()).collect()
    }

    /// A type with values in place of type variables.
    pub(super) fn replace(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
        replacements: &[(Value, Value)],
    ) -> Value {
        if replacements.is_empty() { value.clone() } else { self.replaced(context, value, replacements, 0) }
    }

    fn replaced(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
        replacements: &[(Value, Value)],
        depth: u32,
    ) -> Value {
        if depth > DEEPEST {
            self.doubt(context, "a type nests too deeply", place(value));
            return value.clone();
        }
        if let Some((_, argument)) = replacements.iter().find(|(variable, _)| variable.same(value)) {
            return argument.clone();
        }
        match value.kind() {
            Kind::Tuple(items) => {
                let items = items.to_vec();
                Value::tuple(
                    items.iter().map(|item| self.replaced(context, item, replacements, depth + 1)).collect(),
                )
            }
            Kind::List(_) => {
                let Some(items) = context.interpreter.elements(value) else { return value.clone() };
                let items =
                    items.iter().map(|item| self.replaced(context, item, replacements, depth + 1)).collect();
                context.interpreter.list(items)
            }
            Kind::Class(class) => {
                // A generic model without arguments has its own type variables as arguments.
                let parameters = self.parameters(context, *class);
                if parameters.is_empty() || !context.interpreter.derives_from(value, names::MODEL) {
                    return value.clone();
                }
                let arguments: Vec<Value> = parameters
                    .iter()
                    .map(|parameter| self.replaced(context, parameter, replacements, depth + 1))
                    .collect();
                let unchanged = parameters.iter().zip(&arguments).all(|(left, right)| left.same(right));
                if unchanged { value.clone() } else { ModelType { class: *class, arguments }.value() }
            }
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Item { base, index } => {
                    if names::is_typing(base, "Literal") {
                        return value.clone();
                    }
                    let index = match (index.kind(), names::is_typing(base, "Annotated")) {
                        // Metadata are objects, not types.
                        (Kind::Tuple(items), true) => match items.split_first() {
                            Some((first, rest)) => {
                                let first = self.replaced(context, first, replacements, depth + 1);
                                Value::tuple(std::iter::once(first).chain(rest.iter().cloned()).collect())
                            }
                            None => index.clone(),
                        },
                        _ => self.replaced(context, index, replacements, depth + 1),
                    };
                    let base = match base.kind() {
                        Kind::Symbolic(_) => self.replaced(context, base, replacements, depth + 1),
                        _ => base.clone(),
                    };
                    simplified(Value::symbolic(Symbolic::Item { base, index }))
                }
                Symbolic::Binary { operator: BinaryOperator::BitOr, left, right } => {
                    let left = self.replaced(context, left, replacements, depth + 1);
                    let right = self.replaced(context, right, replacements, depth + 1);
                    let operator = BinaryOperator::BitOr;
                    simplified(Value::symbolic(Symbolic::Binary { operator, left, right }))
                }
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }
}

/// `Any | T` is `Any`, `Never | T` is `T`.
fn simplified(value: Value) -> Value {
    let Form::Union(members) = form(&value) else { return value };
    if let Some(any) = members.iter().find(|member| names::is_typing(member, "Any")) {
        return any.clone();
    }
    let is_never = |member: &Value| names::is_typing(member, "Never") || names::is_typing(member, "NoReturn");
    if !members.iter().any(is_never) {
        return value;
    }
    let rest: Vec<Value> = members.into_iter().filter(|member| !is_never(member)).collect();
    Value::symbolic(Symbolic::Item { base: Value::external("typing.Union"), index: Value::tuple(rest) })
}

/// Type variables in types, in order, each once.
pub(super) fn variables_in(
    generator: &mut SchemaGenerator,
    context: &mut Context<'_, '_>,
    values: &[Value],
) -> Vec<Value> {
    let mut found = Vec::new();
    for value in values {
        collect(generator, context, value, &mut found, 0);
    }
    found
}

fn collect(
    generator: &mut SchemaGenerator,
    context: &mut Context<'_, '_>,
    value: &Value,
    found: &mut Vec<Value>,
    depth: u32,
) {
    if depth > DEEPEST {
        return;
    }
    if type_variable(value).is_some() {
        if !found.iter().any(|known| known.same(value)) {
            found.push(value.clone());
        }
        return;
    }
    match value.kind() {
        Kind::Tuple(items) => {
            for item in items.iter() {
                collect(generator, context, item, found, depth + 1);
            }
        }
        Kind::List(_) => {
            for item in context.interpreter.elements(value).unwrap_or_default() {
                collect(generator, context, &item, found, depth + 1);
            }
        }
        Kind::Class(class) if context.interpreter.derives_from(value, names::MODEL) => {
            for parameter in generator.parameters(context, *class).iter() {
                collect(generator, context, parameter, found, depth + 1);
            }
        }
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Item { base, index } => {
                if matches!(base.kind(), Kind::Symbolic(_)) {
                    collect(generator, context, base, found, depth + 1);
                }
                match (index.kind(), names::is_typing(base, "Annotated")) {
                    (Kind::Tuple(items), true) => {
                        if let Some(first) = items.first() {
                            collect(generator, context, first, found, depth + 1);
                        }
                    }
                    _ => collect(generator, context, index, found, depth + 1),
                }
            }
            Symbolic::Binary { operator: BinaryOperator::BitOr, left, right } => {
                collect(generator, context, left, found, depth + 1);
                collect(generator, context, right, found, depth + 1);
            }
            _ => {}
        },
        _ => {}
    }
}
