//! Types of the standard library (Pydantic 2.14 `_internal/_generate_schema.py`, `_handlers` and
//! `_generic_handlers`).

use super::library_types::{as_text, object, serialized_by_library, with_functions};
use super::names::{self, Origin};
use super::{Generated, Refused, SchemaGenerator, edit, place};
use crate::context::Context;
use crate::pydantic::core_schema::*;
use crate::types::{Form, form};
use fastwright_python::value::*;
use std::rc::Rc;

/// A text with bounds of its length.
pub(super) fn text(min: Option<i64>, max: Option<i64>) -> Shared {
    Core::new(CoreKind::Str { length: LengthBounds { min, max }, pattern: None })
}

/// Bounds of a number by their names.
pub(super) fn bounded(bounds: &[(&str, Value)]) -> NumberBounds {
    let mut made = NumberBounds::default();
    for (name, value) in bounds {
        if let Some(slot) = bound(&mut made, name) {
            *slot = Some(value.clone());
        }
    }
    made
}

/// The place of a bound by its name.
pub(super) fn bound<'b>(bounds: &'b mut NumberBounds, name: &str) -> Option<&'b mut Option<Value>> {
    Some(match name {
        "multiple_of" => &mut bounds.multiple_of,
        "le" => &mut bounds.le,
        "ge" => &mut bounds.ge,
        "lt" => &mut bounds.lt,
        "gt" => &mut bounds.gt,
        _ => return None,
    })
}

/// Types without parts.
pub(super) fn simple(name: &str) -> Option<Shared> {
    let numbers = NumberBounds::default;
    Some(Core::new(match name {
        "builtins.str" | "typing.Text" => CoreKind::Str { length: LengthBounds::default(), pattern: None },
        "builtins.int" => CoreKind::Int(numbers()),
        "builtins.float" => CoreKind::Float(numbers()),
        "builtins.bool" => CoreKind::Bool,
        "builtins.bytes" => CoreKind::Bytes(LengthBounds::default()),
        "builtins.complex" => CoreKind::Complex,
        "builtins.object"
        | "typing.Any"
        | "typing_extensions.Any"
        | "typing.Final"
        | "typing_extensions.Final" => CoreKind::Any,
        "datetime.datetime" => CoreKind::DateTime(numbers()),
        "datetime.date" => CoreKind::Date(numbers()),
        "datetime.time" => CoreKind::Time(numbers()),
        "datetime.timedelta" => CoreKind::TimeDelta(numbers()),
        "decimal.Decimal" => CoreKind::Decimal { bounds: numbers(), max_digits: None, decimal_places: None },
        "fractions.Fraction" => CoreKind::Fraction(numbers()),
        "uuid.UUID" => CoreKind::Uuid { version: None },
        "types.EllipsisType" => CoreKind::Ellipsis,
        "pydantic_core.MISSING" | "pydantic.experimental.missing_sentinel.MISSING" => {
            CoreKind::MissingSentinel(None)
        }
        _ => return None,
    }))
}

/// Types whose schema is more than one part, but that take no arguments.
pub(super) fn composed(name: &str) -> Option<Shared> {
    let address = match name {
        "ipaddress.IPv4Address" => Some("ipv4"),
        "ipaddress.IPv4Network" => Some("ipv4network"),
        "ipaddress.IPv4Interface" => Some("ipv4interface"),
        "ipaddress.IPv6Address" => Some("ipv6"),
        "ipaddress.IPv6Network" => Some("ipv6network"),
        "ipaddress.IPv6Interface" => Some("ipv6interface"),
        _ => None,
    };
    let plain = || Core::new(CoreKind::FunctionPlain { input: None });
    let with = |schema: Shared, format: &str| {
        let schema_of = object(&[("type", "string"), ("format", format)]);
        with_functions(schema, JsonSchemaFunction::With(Some(schema_of), None))
    };
    let instance = || Core::new(CoreKind::IsInstance(Value::external(name)));
    if let Some(format) = address {
        let strict = Core::new(CoreKind::JsonOrPython {
            json: Core::new(CoreKind::FunctionAfter(text(None, None))),
            python: instance(),
        });
        let schema = Core::new(CoreKind::LaxOrStrict { lax: plain(), strict, is_strict: false });
        return Some(with(serialized_by_library(schema, None, WhenUsed::Always), format));
    }
    match name {
        "zoneinfo.ZoneInfo" | "backports.zoneinfo.ZoneInfo" => Some(with(as_text(plain()), "zoneinfo")),
        "typing.Hashable" | "collections.abc.Hashable" => {
            let hashable = || Core::new(CoreKind::IsInstance(Value::external("collections.abc.Hashable")));
            let json = Core::new(CoreKind::Chain(vec![Core::new(CoreKind::Any), hashable()]));
            let schema = Core::new(CoreKind::JsonOrPython { json, python: hashable() });
            Some(Core::new(CoreKind::CustomError { schema: Some(schema) }))
        }
        _ => None,
    }
}

fn a_type() -> Shared {
    let schema = Core::new(CoreKind::IsInstance(Value::external("builtins.type")));
    Core::new(CoreKind::CustomError { schema: Some(schema) })
}

impl SchemaGenerator {
    /// A generic type of the standard library, with its arguments or without.
    pub(super) fn standard_generic(
        &mut self,
        context: &mut Context<'_, '_>,
        name: &str,
        origin: Origin,
        arguments: Option<&[Value]>,
    ) -> Generated {
        let any = Value::external("typing.Any");
        let first = arguments.and_then(|arguments| arguments.first()).unwrap_or(&any).clone();
        let second = arguments.and_then(|arguments| arguments.get(1)).unwrap_or(&any).clone();
        let length = LengthBounds::default();
        Ok(Core::new(match origin {
            Origin::List => CoreKind::List { items: Some(self.generate(context, &first)?), length },
            Origin::Set => CoreKind::Set { items: Some(self.generate(context, &first)?), length },
            Origin::FrozenSet => CoreKind::FrozenSet { items: Some(self.generate(context, &first)?), length },
            Origin::Deque => CoreKind::Deque { items: Some(self.generate(context, &first)?), length },
            Origin::Iterable => CoreKind::Generator { items: Some(self.generate(context, &first)?), length },
            Origin::Dict | Origin::Mapping | Origin::OrderedDict => CoreKind::Dict {
                keys: Some(self.generate(context, &first)?),
                values: Some(self.generate(context, &second)?),
                length,
            },
            Origin::DefaultDict => {
                let keys = self.generate(context, &first)?;
                let values = self.generate(context, &second)?;
                let dict = Core::new(CoreKind::Dict { keys: Some(keys), values: Some(values), length });
                let lax = Core::new(CoreKind::FunctionWrap { schema: Rc::clone(&dict), input: None });
                let check = Core::new(CoreKind::JsonOrPython {
                    json: Rc::clone(&dict),
                    python: Core::new(CoreKind::IsInstance(Value::external("collections.defaultdict"))),
                });
                let strict = Core::new(CoreKind::Chain(vec![check, Rc::clone(&lax)]));
                let schema = Core::new(CoreKind::LaxOrStrict { lax, strict, is_strict: false });
                return Ok(wrapped_by_library(schema));
            }
            Origin::Counter => CoreKind::Counter { keys: Some(self.generate(context, &first)?), length },
            Origin::Sequence => {
                let items = self.generate(context, &first)?;
                let list = || Core::new(CoreKind::List { items: Some(Rc::clone(&items)), length });
                let instance = Core::new(CoreKind::IsInstance(Value::external("typing.Sequence")));
                let wrapped = Core::new(CoreKind::FunctionWrap { schema: list(), input: None });
                let python = Core::new(CoreKind::Chain(vec![instance, wrapped]));
                let schema = Core::new(CoreKind::JsonOrPython { json: list(), python });
                return Ok(wrapped_by_library(schema));
            }
            Origin::Tuple => return self.tuple(context, arguments),
            Origin::Callable => CoreKind::Callable,
            Origin::Type => return subclass(arguments.map(|_| &first)),
            Origin::Path => return Ok(path_schema(name, &first)),
            Origin::Pattern => {
                let schema = Core::new(CoreKind::FunctionPlain { input: None });
                let schema = serialized_by_library(schema, Some(text(None, None)), WhenUsed::Json);
                let shown = object(&[("type", "string"), ("format", "regex")]);
                return Ok(with_functions(schema, JsonSchemaFunction::With(Some(shown), None)));
            }
        }))
    }

    fn tuple(&mut self, context: &mut Context<'_, '_>, arguments: Option<&[Value]>) -> Generated {
        let length = LengthBounds::default();
        let Some(arguments) = arguments else {
            let items = vec![Core::new(CoreKind::Any)];
            return Ok(Core::new(CoreKind::Tuple { items, variadic: Some(0), length }));
        };
        // `tuple[()]` is the empty tuple.
        if let [only] = arguments
            && let Kind::Tuple(inner) = only.kind()
            && inner.is_empty()
        {
            return Ok(Core::new(CoreKind::Tuple { items: Vec::new(), variadic: None, length }));
        }
        if let [first, rest] = arguments
            && matches!(rest.kind(), Kind::Ellipsis)
        {
            let items = vec![self.generate(context, first)?];
            return Ok(Core::new(CoreKind::Tuple { items, variadic: Some(0), length }));
        }
        let items =
            arguments.iter().map(|argument| self.generate(context, argument)).collect::<Result<_, _>>()?;
        Ok(Core::new(CoreKind::Tuple { items, variadic: None, length }))
    }
}

/// `type[X]`.
fn subclass(argument: Option<&Value>) -> Generated {
    let Some(argument) = argument else { return Ok(a_type()) };
    let (argument, _) = crate::types::without_metadata(argument);
    if names::is_typing(&argument, "Any") {
        return Ok(a_type());
    }
    match form(&argument) {
        Form::Union(members) => {
            let mut choices = Vec::with_capacity(members.len());
            for member in members {
                choices.push((subclass(Some(&member))?, None));
            }
            Ok(Core::new(CoreKind::Union { choices }))
        }
        Form::Call(..) => {
            let Some((bounds, _)) = super::generics::type_variable(&argument) else {
                return Ok(Core::new(CoreKind::IsSubclass(argument)));
            };
            match bounds.keyword("bound").filter(|bound| !bound.is_none()).cloned() {
                Some(bound) => subclass(Some(&bound)),
                None if bounds.positional.len() > 1 => {
                    let mut choices = Vec::new();
                    for constraint in &bounds.positional[1..] {
                        choices.push((subclass(Some(constraint))?, None));
                    }
                    Ok(Core::new(CoreKind::Union { choices }))
                }
                None => Ok(a_type()),
            }
        }
        Form::Generic(..) => Err(Box::new(Refused {
            reason: "`type[...]` takes a class, not a generic alias".to_owned(),
            location: place(&argument),
        })),
        _ => Ok(Core::new(CoreKind::IsSubclass(argument))),
    }
}

fn wrapped_by_library(schema: Shared) -> Shared {
    edit(schema, |core| {
        core.serialization = Some(Box::new(Serialization::Function {
            function: None,
            takes_info: true,
            returns: None,
            when_used: WhenUsed::Always,
            wraps: true,
        }));
    })
}

fn path_schema(name: &str, of: &Value) -> Shared {
    let bytes = of.as_external().is_some_and(|name| name == "builtins.bytes");
    let inner = || match bytes {
        true => Core::new(CoreKind::Bytes(LengthBounds::default())),
        false => text(None, None),
    };
    let instance = || {
        Core::new(CoreKind::JsonOrPython {
            json: Core::new(CoreKind::FunctionAfter(inner())),
            python: Core::new(CoreKind::IsInstance(Value::external(name))),
        })
    };
    let after = Core::new(CoreKind::FunctionAfter(inner()));
    let lax = Core::new(CoreKind::Union { choices: vec![(instance(), None), (after, None)] });
    let schema = Core::new(CoreKind::LaxOrStrict { lax, strict: instance(), is_strict: false });
    with_functions(
        serialized_by_library(schema, None, WhenUsed::Always),
        JsonSchemaFunction::Update(object(&[("format", "path")])),
    )
}
