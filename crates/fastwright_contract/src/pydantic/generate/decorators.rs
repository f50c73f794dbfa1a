//! Validators, serializers and computed fields of a class, by what Pydantic's decorators were given
//! (Pydantic 2.14 `_internal/_decorators.py`, `DecoratorInfos`).

use super::names;
use crate::context::Context;
use crate::pydantic::core_schema::Validator;
use fastwright_model::registry::{Decoration, Registry};
use fastwright_python::ir::ParameterKind;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use indexmap::IndexMap;
use std::rc::Rc;

/// When a validator runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValidatorMode {
    /// Before the type's own.
    Before,
    /// After it.
    After,
    /// Around it.
    Wrap,
    /// Instead of it.
    Plain,
}

/// A decorated function: where it is bound in the class, and what the decorator was given.
#[derive(Debug, Clone)]
pub(super) struct Decorated {
    /// The class whose function it is: what class methods are bound to.
    pub class: Value,
    /// The function as the class has it: an override counts.
    pub function: Value,
    /// What the decorator was given.
    pub arguments: Arguments,
}

impl Decorated {
    /// Whether a decorator of fields names this one.
    pub(super) fn names(&self, field: Name) -> bool {
        self.arguments
            .positional
            .iter()
            .filter_map(Value::as_str)
            .any(|name| name == "*" || name == field.as_str())
    }

    /// The function that validates; what stands in the class as a function without a class is called with
    /// the model.
    pub(super) fn validator(&self, context: &Context<'_, '_>, mode: ValidatorMode) -> Validator {
        let function = match self.function.kind() {
            Kind::Descriptor(descriptor) if descriptor.kind == DescriptorKind::ClassMethod => {
                Kind::Method(Rc::new(MethodValue {
                    receiver: self.class.clone(),
                    function: descriptor.function.clone(),
                }))
                .into()
            }
            Kind::Descriptor(descriptor) => descriptor.function.clone(),
            // Pydantic makes class methods of functions that are none yet, except where they get the model.
            Kind::Function(_) if self.arguments.positional.is_empty() && mode == ValidatorMode::After => {
                self.function.clone()
            }
            Kind::Function(_) => Kind::Method(Rc::new(MethodValue {
                receiver: self.class.clone(),
                function: self.function.clone(),
            }))
            .into(),
            _ => self.function.clone(),
        };
        validator(context, mode, function)
    }

    /// The mode of a validator.
    pub(super) fn mode(&self) -> ValidatorMode {
        match self.arguments.keyword("mode").and_then(Value::as_str) {
            Some("before") => ValidatorMode::Before,
            Some("wrap") => ValidatorMode::Wrap,
            Some("plain") => ValidatorMode::Plain,
            _ => ValidatorMode::After,
        }
    }
}

/// All decorated functions of a class and its bases, by the names under which they are bound.
#[derive(Debug, Default)]
pub(super) struct Decorators {
    pub field_validators: IndexMap<Name, Decorated>,
    pub model_validators: IndexMap<Name, Decorated>,
    pub field_serializers: IndexMap<Name, Decorated>,
    pub model_serializers: IndexMap<Name, Decorated>,
    pub computed: IndexMap<Name, Decorated>,
    /// `@validator` of Pydantic 1.
    pub old_validators: IndexMap<Name, Decorated>,
    /// `@root_validator` of Pydantic 1.
    pub old_root_validators: IndexMap<Name, Decorated>,
}

/// What decorates the functions of a class, inherited ones first.
pub(super) fn of_class(context: &mut Context<'_, '_>, class: ObjectId) -> Decorators {
    let mut found = Decorators::default();
    let class_value: Value = Kind::Class(class).into();
    let order = context.interpreter.class_order(&class_value);
    for owner in order.iter().rev() {
        let Kind::Class(owner) = *owner.kind() else { continue };
        let Some(object) = context.interpreter.class(owner) else { continue };
        let attributes: Vec<(Name, Value)> =
            object.attributes.iter().map(|(name, value)| (*name, value.clone())).collect();
        for (name, value) in attributes {
            let Some(function) = context.interpreter.plain_function(&value) else { continue };
            let registry = context.interpreter.extension::<Registry>();
            let Some(decoration) = registry.decorations.get(&function.serial).and_then(|all| all.last())
            else {
                continue;
            };
            let decoration = decoration.clone();
            found.add(&class_value, name, value, decoration);
        }
    }
    // An override without a decorator takes the place of the function.
    for decorated in [
        &mut found.field_validators,
        &mut found.field_serializers,
        &mut found.model_serializers,
        &mut found.computed,
    ] {
        for (name, decorated) in decorated.iter_mut() {
            if let Some((function, _)) = context.interpreter.find_in_class(&class_value, *name) {
                decorated.function = function;
            }
        }
    }
    found
}

impl Decorators {
    fn add(&mut self, class: &Value, name: Name, function: Value, decoration: Decoration) {
        let Some(decorator) = names::pydantic(&decoration.name) else { return };
        let into = match decorator {
            "field_validator" => &mut self.field_validators,
            "model_validator" => &mut self.model_validators,
            "field_serializer" => &mut self.field_serializers,
            "model_serializer" => &mut self.model_serializers,
            "computed_field" => &mut self.computed,
            "validator" => &mut self.old_validators,
            "root_validator" => &mut self.old_root_validators,
            _ => return,
        };
        into.insert(name, Decorated { class: class.clone(), function, arguments: decoration.arguments });
    }
}

/// Whether a callable takes exactly one argument by position, which it must be given: a default factory that
/// gets the validated data.
pub(super) fn takes_one_argument(context: &Context<'_, '_>, callable: &Value) -> bool {
    let Some(function) = context.interpreter.plain_function(callable) else { return false };
    let bound = usize::from(matches!(callable.kind(), Kind::Method(_)));
    let parameters = &function.definition.parameters;
    let Some(only) = parameters.get(bound) else { return false };
    parameters.len() == bound + 1
        && matches!(only.kind, ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword)
        && only.default.is_none()
}

/// A function that validates, with whether it takes `info` (`inspect_validator`).
pub(super) fn validator(context: &Context<'_, '_>, mode: ValidatorMode, function: Value) -> Validator {
    let without = 1 + usize::from(mode == ValidatorMode::Wrap);
    let takes_info = required_arguments(context, &function).is_some_and(|taken| taken > without);
    Validator { function, takes_info }
}

/// How many arguments by position a function must be given; the first counts even with a default.
pub(super) fn required_arguments(context: &Context<'_, '_>, callable: &Value) -> Option<usize> {
    let function = context.interpreter.plain_function(callable)?;
    let bound = usize::from(matches!(callable.kind(), Kind::Method(_)));
    let parameters = function.definition.parameters.iter().skip(bound).enumerate();
    Some(
        parameters
            .filter(|(position, parameter)| {
                matches!(parameter.kind, ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword)
                    && (parameter.default.is_none() || *position == 0)
            })
            .count(),
    )
}
