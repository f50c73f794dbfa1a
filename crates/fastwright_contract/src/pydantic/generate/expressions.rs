//! Core schemas that the program writes: `core_schema.no_info_after_validator_function(f, handler(source))`
//! (pydantic_core `core_schema.py`).

use super::annotations::Annotation;
use super::generics::ModelType;
use super::standard::{bound, simple};
use super::{Generated, SchemaGenerator, constraints, edit, place};
use crate::context::Context;
use crate::pydantic::core_schema::*;
use fastwright_python::ir::{ExprKind, Stmt, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::value::*;
use std::rc::Rc;

/// The name of the handler that methods get.
pub(super) const HANDLER: &str = "fastwright.core_schema_handler";

/// How deep expressions may nest.
const DEEPEST: u32 = 40;

/// What calling the handler means.
#[derive(Debug, Clone)]
pub(super) enum Handler {
    /// The annotations before the one whose method runs.
    Annotated {
        /// They.
        rest: Vec<Annotation>,
    },
    /// The class without its method.
    Class {
        /// It.
        model: ModelType,
    },
}

/// Whether code assigns to items or deletes them: schemas are dicts, and a change of one is not seen.
pub(super) fn changes_schemas(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StmtKind::Assign { targets, .. } => {
            targets.iter().any(|target| matches!(target.kind, ExprKind::Subscript(..)))
        }
        StmtKind::AugAssign { target, .. } => matches!(target.kind, ExprKind::Subscript(..)),
        StmtKind::Delete(_) => true,
        StmtKind::Expr(expression) => match &expression.kind {
            ExprKind::Call(call) => call
                .callee
                .as_attribute()
                .is_some_and(|(_, name)| matches!(name.as_str(), "update" | "pop" | "setdefault")),
            _ => false,
        },
        StmtKind::If { body, orelse, .. } => changes_schemas(body) || changes_schemas(orelse),
        StmtKind::For { body, .. } | StmtKind::While { body, .. } | StmtKind::With { body, .. } => {
            changes_schemas(body)
        }
        StmtKind::Try { body, .. } => changes_schemas(body),
        _ => false,
    })
}

impl SchemaGenerator {
    /// The core schema that an expression stands for.
    pub(super) fn read_schema(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
        handler: &Handler,
        location: Option<Location>,
        depth: u32,
    ) -> Generated {
        let unclear = |generator: &Self, context: &mut Context<'_, '_>| {
            let reason = "a core schema that the program makes is not known";
            Ok(generator.unknown(context, reason, place(value).or(location)))
        };
        let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else {
            return unclear(self, context);
        };
        if depth > DEEPEST || arguments.incomplete {
            return unclear(self, context);
        }
        let name = match (callee.kind(), callee.as_symbolic()) {
            (Kind::External(name), _) => name.to_string(),
            (_, Some(Symbolic::Member { base, name })) => match base.as_external() {
                Some(base) => format!("{base}.{name}"),
                None => return unclear(self, context),
            },
            _ => return unclear(self, context),
        };
        if name == HANDLER {
            let source = arguments.positional.first().cloned().unwrap_or(Value::NONE);
            return self.handled(context, &source, handler);
        }
        if let Some(method) = name.strip_prefix(HANDLER) {
            let argument = arguments.positional.first().cloned().unwrap_or(Value::NONE);
            return match method {
                ".generate_schema" => self.generate(context, &argument),
                ".resolve_ref_schema" => {
                    let schema = self.read_schema(context, &argument, handler, location, depth + 1)?;
                    Ok(self.resolved(&schema))
                }
                _ => unclear(self, context),
            };
        }
        let Some(function) = name.strip_prefix("pydantic_core.core_schema.") else {
            return unclear(self, context);
        };
        let inner = |generator: &mut Self, context: &mut Context<'_, '_>, position: usize, keyword: &str| {
            let given = arguments.get(position, keyword).filter(|value| !value.is_none()).cloned();
            match given {
                Some(given) => generator.read_schema(context, &given, handler, location, depth + 1).map(Some),
                None => Ok(None),
            }
        };
        let any = || Core::new(CoreKind::Any);
        let length = LengthBounds {
            min: arguments.keyword("min_length").and_then(Value::as_int),
            max: arguments.keyword("max_length").and_then(Value::as_int),
        };
        let mut numbers = NumberBounds::default();
        for name in ["multiple_of", "le", "ge", "lt", "gt"] {
            if let (Some(slot), Some(value)) = (bound(&mut numbers, name), arguments.keyword(name)) {
                *slot = Some(value.clone()).filter(|value| !value.is_none());
            }
        }
        let kind = match function {
            "any_schema" => CoreKind::Any,
            "none_schema" => CoreKind::None,
            "bool_schema" => CoreKind::Bool,
            "int_schema" => CoreKind::Int(numbers),
            "float_schema" => CoreKind::Float(numbers),
            "decimal_schema" => CoreKind::Decimal {
                bounds: numbers,
                max_digits: arguments.keyword("max_digits").and_then(Value::as_int),
                decimal_places: arguments.keyword("decimal_places").and_then(Value::as_int),
            },
            "complex_schema" => CoreKind::Complex,
            "str_schema" => CoreKind::Str {
                length,
                pattern: match arguments.keyword("pattern").filter(|pattern| !pattern.is_none()) {
                    Some(pattern) => {
                        let pattern = pattern.clone();
                        constraints::pattern_text(context, &pattern)
                    }
                    None => None,
                },
            },
            "bytes_schema" => CoreKind::Bytes(length),
            "date_schema" => CoreKind::Date(numbers),
            "time_schema" => CoreKind::Time(numbers),
            "datetime_schema" => CoreKind::DateTime(numbers),
            "timedelta_schema" => CoreKind::TimeDelta(numbers),
            "uuid_schema" => CoreKind::Uuid { version: None },
            "url_schema" => CoreKind::Url { max_length: length.max },
            "multi_host_url_schema" => CoreKind::MultiHostUrl { max_length: length.max },
            "callable_schema" => CoreKind::Callable,
            "literal_schema" => {
                let Some(expected) = arguments.get(0, "expected").cloned() else {
                    return unclear(self, context);
                };
                let Some(expected) = context.interpreter.elements(&expected) else {
                    return unclear(self, context);
                };
                CoreKind::Literal(expected)
            }
            "is_instance_schema" => {
                CoreKind::IsInstance(arguments.get(0, "cls").cloned().unwrap_or(Value::NONE))
            }
            "is_subclass_schema" => {
                CoreKind::IsSubclass(arguments.get(0, "cls").cloned().unwrap_or(Value::NONE))
            }
            "list_schema" => CoreKind::List { items: inner(self, context, 0, "items_schema")?, length },
            "set_schema" => CoreKind::Set { items: inner(self, context, 0, "items_schema")?, length },
            "frozenset_schema" => {
                CoreKind::FrozenSet { items: inner(self, context, 0, "items_schema")?, length }
            }
            "dict_schema" => CoreKind::Dict {
                keys: inner(self, context, 0, "keys_schema")?,
                values: inner(self, context, 1, "values_schema")?,
                length,
            },
            "tuple_schema" | "tuple_positional_schema" => {
                let items =
                    self.schemas_of(context, arguments, 0, "items_schema", handler, location, depth)?;
                let Some(items) = items else { return unclear(self, context) };
                let variadic = arguments.get(1, "variadic_item_index").and_then(Value::as_int);
                CoreKind::Tuple { items, variadic: variadic.and_then(|at| usize::try_from(at).ok()), length }
            }
            "union_schema" => {
                let choices = self.schemas_of(context, arguments, 0, "choices", handler, location, depth)?;
                let Some(choices) = choices else { return unclear(self, context) };
                CoreKind::Union { choices: choices.into_iter().map(|choice| (choice, None)).collect() }
            }
            "chain_schema" => {
                let steps = self.schemas_of(context, arguments, 0, "steps", handler, location, depth)?;
                let Some(steps) = steps else { return unclear(self, context) };
                CoreKind::Chain(steps)
            }
            "nullable_schema" => CoreKind::Nullable(inner(self, context, 0, "schema")?.unwrap_or_else(any)),
            "no_info_before_validator_function"
            | "with_info_before_validator_function"
            | "general_before_validator_function"
            | "field_before_validator_function" => CoreKind::FunctionBefore {
                schema: inner(self, context, 1, "schema")?.unwrap_or_else(any),
                input: inner(self, context, usize::MAX, "json_schema_input_schema")?,
            },
            "no_info_after_validator_function"
            | "with_info_after_validator_function"
            | "general_after_validator_function"
            | "field_after_validator_function" => {
                CoreKind::FunctionAfter(inner(self, context, 1, "schema")?.unwrap_or_else(any))
            }
            "no_info_wrap_validator_function"
            | "with_info_wrap_validator_function"
            | "general_wrap_validator_function"
            | "field_wrap_validator_function" => CoreKind::FunctionWrap {
                schema: inner(self, context, 1, "schema")?.unwrap_or_else(any),
                input: inner(self, context, usize::MAX, "json_schema_input_schema")?,
            },
            "no_info_plain_validator_function"
            | "with_info_plain_validator_function"
            | "general_plain_validator_function"
            | "field_plain_validator_function" => CoreKind::FunctionPlain {
                input: inner(self, context, usize::MAX, "json_schema_input_schema")?,
            },
            "json_or_python_schema" => CoreKind::JsonOrPython {
                json: inner(self, context, 0, "json_schema")?.unwrap_or_else(any),
                python: inner(self, context, 1, "python_schema")?.unwrap_or_else(any),
            },
            "lax_or_strict_schema" => CoreKind::LaxOrStrict {
                lax: inner(self, context, 0, "lax_schema")?.unwrap_or_else(any),
                strict: inner(self, context, 1, "strict_schema")?.unwrap_or_else(any),
                is_strict: arguments.keyword("strict").and_then(Value::as_bool) == Some(true),
            },
            "json_schema" => CoreKind::Json { schema: inner(self, context, 0, "schema")? },
            "custom_error_schema" => CoreKind::CustomError { schema: inner(self, context, 0, "schema")? },
            "with_default_schema" => CoreKind::Default {
                schema: inner(self, context, 0, "schema")?.unwrap_or_else(any),
                default: arguments.keyword("default").cloned(),
                factory: arguments.keyword("default_factory").filter(|factory| !factory.is_none()).cloned(),
                takes_data: false,
                validated: arguments.keyword("validate_default").and_then(Value::as_bool) == Some(true),
            },
            _ => return unclear(self, context),
        };
        let serialization = match arguments.keyword("serialization").filter(|value| !value.is_none()).cloned()
        {
            Some(given) => match self.read_serialization(context, &given, handler, location, depth)? {
                Some(serialization) => Some(Box::new(serialization)),
                None => return unclear(self, context),
            },
            None => None,
        };
        if arguments.keyword("metadata").is_some_and(|metadata| !metadata.is_none()) {
            let reason = "metadata of a core schema that the program makes are not followed";
            self.doubt(context, reason, place(value).or(location));
        }
        let reference = arguments.keyword("ref").and_then(Value::as_str).map(Rc::from);
        let takes_info = !function.starts_with("no_info");
        let validator = arguments
            .get(0, "function")
            .filter(|_| function.ends_with("_validator_function"))
            .map(|function| Validator { function: function.clone(), takes_info });
        Ok(edit(Core::validating(kind, validator), |core| {
            core.serialization = serialization;
            core.reference = reference;
        }))
    }

    fn handled(&mut self, context: &mut Context<'_, '_>, source: &Value, handler: &Handler) -> Generated {
        match handler {
            Handler::Annotated { rest } => {
                let mut functions = Vec::new();
                let made = self.wrapped(context, rest, source, &mut functions, None)?;
                self.handled_functions.append(&mut functions);
                Ok(made)
            }
            Handler::Class { model } => {
                let class: Value = Kind::Class(model.class).into();
                match self.model_type(context, source) {
                    Some(asked) if asked.class == model.class => {
                        let made = self.of_class(context, model, &class)?;
                        Ok(self.resolved(&made))
                    }
                    _ => {
                        let made = self.generate(context, source)?;
                        Ok(self.resolved(&made))
                    }
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "they say which argument of which call is read how")]
    fn schemas_of(
        &mut self,
        context: &mut Context<'_, '_>,
        arguments: &Arguments,
        position: usize,
        keyword: &str,
        handler: &Handler,
        location: Option<Location>,
        depth: u32,
    ) -> Result<Option<Vec<Shared>>, Box<super::Refused>> {
        let Some(given) = arguments.get(position, keyword).cloned() else { return Ok(None) };
        let Some(items) = context.interpreter.elements(&given) else { return Ok(None) };
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            made.push(self.read_schema(context, &item, handler, location, depth + 1)?);
        }
        Ok(Some(made))
    }

    fn read_serialization(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
        handler: &Handler,
        location: Option<Location>,
        depth: u32,
    ) -> Result<Option<Serialization>, Box<super::Refused>> {
        let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { return Ok(None) };
        let Some(name) = callee.as_external() else { return Ok(None) };
        let Some(function) = name.as_str().strip_prefix("pydantic_core.core_schema.") else {
            return Ok(None);
        };
        let when_used = match arguments.keyword("when_used").and_then(Value::as_str) {
            Some("unless-none") => WhenUsed::UnlessNone,
            Some("json") => WhenUsed::Json,
            Some("json-unless-none") => WhenUsed::JsonUnlessNone,
            _ => WhenUsed::Always,
        };
        Ok(match function {
            "to_string_ser_schema" | "format_ser_schema" => Some(Serialization::Text(when_used)),
            "simple_ser_schema" => {
                let name = arguments.get(0, "type").and_then(Value::as_str).unwrap_or("any");
                let schema = simple(&format!("builtins.{name}")).unwrap_or_else(|| Core::new(CoreKind::Any));
                Some(Serialization::Simple(schema))
            }
            "plain_serializer_function_ser_schema" | "wrap_serializer_function_ser_schema" => {
                let returns =
                    match arguments.keyword("return_schema").filter(|value| !value.is_none()).cloned() {
                        Some(given) => {
                            Some(self.read_schema(context, &given, handler, location, depth + 1)?)
                        }
                        None => None,
                    };
                Some(Serialization::Function {
                    function: arguments.get(0, "function").cloned(),
                    takes_info: arguments.keyword("info_arg").and_then(Value::as_bool) == Some(true),
                    returns,
                    when_used,
                    wraps: function.starts_with("wrap"),
                })
            }
            _ => None,
        })
    }
}
