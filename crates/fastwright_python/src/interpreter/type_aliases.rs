//! Type aliases and type parameters: `type X[T] = ...`, `TypeAliasType(...)` (PEP 695).
//!
//! An alias is the call `TypeAliasType(name, value)`, so that it keeps its name. Where only the type counts
//! ([`Interpreter::evaluate_annotation`]) the value stands for the alias.

use super::{Evaluated, Interpreter};
use crate::ir::{Expr, TypeParameter, TypeParameterKind};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use std::sync::Arc;

/// A `type` statement: its value is evaluated when it is asked for, so that it may name itself.
#[derive(Debug, Clone)]
pub struct TypeAliasDefinition {
    /// The value as written.
    pub value: Annotation,
    /// Its type parameters.
    pub parameters: Vec<Value>,
    /// The module that it stands in.
    pub module: ModuleId,
}

impl Interpreter<'_> {
    /// What `type name[parameters] = value` binds.
    pub(super) fn type_alias(
        &mut self,
        name: Name,
        value: &Arc<Expr>,
        parameters: &[TypeParameter],
        span: Span,
    ) -> Evaluated {
        let (scope, module) = (self.frame().scope, self.frame().module);
        let site = self.here(span);
        let definition = TypeAliasDefinition {
            value: Annotation::Written { expression: Arc::clone(value), scope, module },
            parameters: parameters
                .iter()
                .filter_map(|parameter| self.lookup(scope, parameter.name))
                .collect(),
            module,
        };
        self.type_aliases.insert(site, definition);
        let value = self.evaluate(value)?;
        Ok(Value::call(Value::external(ALIAS), Arguments::of([Value::str(&name), value]), site))
    }

    /// The type variable that a type parameter is.
    pub(super) fn type_parameter(&mut self, parameter: &TypeParameter) -> Value {
        let callee = match parameter.kind {
            TypeParameterKind::TypeVar => "typing.TypeVar",
            TypeParameterKind::TypeVarTuple => "typing.TypeVarTuple",
            TypeParameterKind::ParamSpec => "typing.ParamSpec",
        };
        let mut keywords = Keywords::new();
        for (keyword, expression) in [("bound", &parameter.bound), ("default", &parameter.default)] {
            if let Some(expression) = expression {
                let value = self.evaluate_type(expression).unwrap_or_else(|raised| {
                    Value::unknown("evaluating the type parameter raises an exception", Some(raised.location))
                });
                keywords.push((Name::from(keyword), value));
            }
        }
        Value::call(
            Value::external(callee),
            Arguments {
                positional: Positional::from_buf([Value::str(&parameter.name)]),
                keywords,
                incomplete: false,
            },
            self.here(parameter.span),
        )
    }

    /// The definition of an alias that a `type` statement makes.
    pub fn type_alias_definition(&self, alias: &Value) -> Option<&TypeAliasDefinition> {
        match alias.as_symbolic()? {
            Symbolic::Call { callee, site, .. } if is_alias(callee) => self.type_aliases.get(site),
            _ => None,
        }
    }
}

/// Callee of the call that stands for an alias.
const ALIAS: &str = "typing.TypeAliasType";

fn is_alias(callee: &Value) -> bool {
    callee.as_external().is_some_and(|name| name == ALIAS || name == "typing_extensions.TypeAliasType")
}

/// The value behind a type alias, as far as it was known where the alias was made; none for anything else.
pub fn aliased_type(value: &Value) -> Option<&Value> {
    match value.as_symbolic()? {
        Symbolic::Call { callee, arguments, .. } if is_alias(callee) => arguments.get(1, "value"),
        _ => None,
    }
}

/// A type with the values of the aliases in it.
pub(super) fn without_aliases(value: Value, depth: u32) -> Value {
    if depth > 16 {
        return value;
    }
    let deeper = |value: &Value| without_aliases(value.clone(), depth + 1);
    match value.kind() {
        Kind::Tuple(items) => Value::tuple(items.iter().map(deeper).collect()),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { .. } => match aliased_type(&value) {
                Some(aliased) => deeper(aliased),
                None => value,
            },
            Symbolic::Item { base, index } => {
                Value::symbolic(Symbolic::Item { base: deeper(base), index: deeper(index) })
            }
            Symbolic::Binary { operator, left, right } => Value::symbolic(Symbolic::Binary {
                operator: *operator,
                left: deeper(left),
                right: deeper(right),
            }),
            _ => value,
        },
        _ => value,
    }
}
