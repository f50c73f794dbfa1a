//! Types as Pydantic 1 tells them apart (`pydantic/v1/types.py`, `networks.py`, `typing.py`).

use super::models::Models;
use super::{exported, is_model};
use crate::context::Context;
use crate::json::{Json, JsonObject};
use crate::types::{Form, alias_origin, form};
use crate::versions::fastapi as since;
use fastwright_python::value::*;
use serde_json::json;

/// A type.
#[derive(Debug, Clone)]
pub(super) enum Type {
    Any,
    None,
    /// A class that is written with a few keys.
    Plain(Box<Plain>),
    /// A model of Pydantic 1.
    Model(Value),
    /// An enumeration.
    Enumeration(Value),
    Literal(Vec<Value>),
    Union(Vec<Type>),
    /// `List[T]` and its like.
    Repeated(Repeated, Box<Type>, Limits),
    Tuple(Vec<Type>),
    /// `Tuple` without arguments.
    AnyTuple,
    Mapping(Box<Type>, Box<Type>),
    /// `Json`, without an argument.
    JsonText,
    Callable,
    /// `Type[T]`.
    Class,
    /// Something that has been doubted.
    Unknown,
}

/// Containers of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    List,
    Set,
    FrozenSet,
    /// `Tuple[T, ...]`.
    Tuple,
    Sequence,
    Iterable,
    Deque,
}

impl Repeated {
    pub(super) fn is_unique(self) -> bool {
        matches!(self, Self::Set | Self::FrozenSet)
    }
}

/// What `conlist` and its like limit, by keyword.
pub(super) type Limits = OrderedMap<&'static str, Value>;

/// A class that is written with a few keys.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    /// What the class of the standard library that it derives from is written as.
    pub base: JsonObject,
    /// Which constraints of `Field(...)` it takes.
    pub family: Family,
    /// Whether it is already constrained, by a class that is limited itself.
    pub is_constrained: bool,
    /// Constraints of the class by keyword.
    pub limits: Limits,
    /// What its own `__modify_schema__` sets.
    pub changes: JsonObject,
    /// Whether `Field(...)` may limit it further.
    pub takes_constraints: bool,
}

/// What kind of value a class is, as far as constraints tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Bytes,
    Integer,
    Float,
    Decimal,
    Secret,
    Other,
}

impl Family {
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Bytes)
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float | Self::Decimal)
    }
}

impl Plain {
    pub(super) fn new(base: Json, family: Family) -> Self {
        Self {
            base: object(base),
            family,
            is_constrained: false,
            limits: Limits::default(),
            changes: JsonObject::new(),
            takes_constraints: family != Family::Other,
        }
    }

    fn changed(mut self, changes: Json) -> Self {
        self.changes = object(changes);
        self
    }

    fn limited(mut self, limits: &[(&'static str, Value)]) -> Self {
        self.limits.extend(limits.iter().cloned());
        self.is_constrained = true;
        self
    }

    fn fixed(mut self) -> Self {
        self.takes_constraints = false;
        self
    }
}

impl Type {
    /// `is_pv1_scalar_field`.
    pub(super) fn is_scalar(&self) -> bool {
        match self {
            Type::Plain(_) => !self.is_bare_container("array") && !self.is_bare_container("object"),
            Type::Union(members) => members.iter().all(Type::is_scalar),
            Type::Model(_) | Type::Repeated(..) | Type::Tuple(_) | Type::AnyTuple | Type::Mapping(..) => {
                false
            }
            _ => true,
        }
    }

    /// `is_pv1_scalar_sequence_field`.
    pub(super) fn is_scalar_sequence(&self) -> bool {
        match self {
            Type::Plain(_) => self.is_bare_container("array"),
            Type::Repeated(Repeated::Iterable | Repeated::Deque, ..) => false,
            Type::Repeated(_, inner, _) => inner.is_scalar(),
            Type::Tuple(members) => members.iter().all(Type::is_scalar),
            Type::AnyTuple => true,
            _ => false,
        }
    }

    fn is_bare_container(&self, kind: &str) -> bool {
        matches!(self, Type::Plain(plain) if plain.base.get("type").and_then(Json::as_str) == Some(kind))
    }
}

pub(super) fn object(json: Json) -> JsonObject {
    match json {
        Json::Object(object) => object,
        _ => JsonObject::new(),
    }
}

fn text() -> Plain {
    Plain::new(json!({ "type": "string" }), Family::Text)
}

fn integer() -> Plain {
    Plain::new(json!({ "type": "integer" }), Family::Integer)
}

fn float() -> Plain {
    Plain::new(json!({ "type": "number" }), Family::Float)
}

fn other(json: Json) -> Plain {
    Plain::new(json, Family::Other)
}

/// Classes of the standard library (`field_class_to_schema`).
pub(super) fn standard(name: &str) -> Option<Plain> {
    Some(match name {
        "builtins.str" => text(),
        "builtins.bytes" => Plain::new(json!({ "type": "string", "format": "binary" }), Family::Bytes),
        "builtins.bool" => other(json!({ "type": "boolean" })),
        "builtins.int" => integer(),
        "builtins.float" => float(),
        "decimal.Decimal" => Plain::new(json!({ "type": "number" }), Family::Decimal),
        "uuid.UUID" => other(json!({ "type": "string", "format": "uuid" })),
        "builtins.dict" => other(json!({ "type": "object" })),
        "builtins.list" | "builtins.tuple" => other(json!({ "type": "array", "items": {} })),
        "builtins.set" | "builtins.frozenset" => {
            other(json!({ "type": "array", "items": {}, "uniqueItems": true }))
        }
        "pathlib.Path" | "pathlib.PosixPath" => other(json!({ "type": "string", "format": "path" })),
        "datetime.datetime" => other(json!({ "type": "string", "format": "date-time" })),
        "datetime.date" => other(json!({ "type": "string", "format": "date" })),
        "datetime.time" => other(json!({ "type": "string", "format": "time" })),
        "datetime.timedelta" => other(json!({ "type": "number", "format": "time-delta" })),
        "ipaddress.IPv4Network" => other(json!({ "type": "string", "format": "ipv4network" })),
        "ipaddress.IPv6Network" => other(json!({ "type": "string", "format": "ipv6network" })),
        "ipaddress.IPv4Interface" => other(json!({ "type": "string", "format": "ipv4interface" })),
        "ipaddress.IPv6Interface" => other(json!({ "type": "string", "format": "ipv6interface" })),
        "ipaddress.IPv4Address" => other(json!({ "type": "string", "format": "ipv4" })),
        "ipaddress.IPv6Address" => other(json!({ "type": "string", "format": "ipv6" })),
        "re.Pattern" | "typing.Pattern" => other(json!({ "type": "string", "format": "regex" })),
        _ => return None,
    })
}

/// Classes of Pydantic 1.
fn of_library(name: &str) -> Option<Plain> {
    let limit = |name: &'static str, number: i64| (name, Value::int(number));
    let url = |longest: i64| {
        text().fixed().changed(json!({ "minLength": 1, "maxLength": longest, "format": "uri" }))
    };
    let formatted = |format: &str| other(json!({})).changed(json!({ "type": "string", "format": format }));
    let identifier = |format: &str| {
        other(json!({ "type": "string", "format": "uuid" }))
            .changed(json!({ "type": "string", "format": format }))
    };
    Some(match name {
        "StrictStr" => text().limited(&[]),
        "StrictBytes" => {
            Plain::new(json!({ "type": "string", "format": "binary" }), Family::Bytes).limited(&[])
        }
        "StrictBool" => {
            Plain::new(json!({ "type": "integer" }), Family::Integer).changed(json!({ "type": "boolean" }))
        }
        "StrictInt" => integer().limited(&[]).fixed(),
        "StrictFloat" => float().limited(&[]).fixed(),
        "PositiveInt" => integer().limited(&[limit("gt", 0)]).fixed(),
        "NegativeInt" => integer().limited(&[limit("lt", 0)]).fixed(),
        "NonNegativeInt" => integer().limited(&[limit("ge", 0)]).fixed(),
        "NonPositiveInt" => integer().limited(&[limit("le", 0)]).fixed(),
        "PositiveFloat" => float().limited(&[limit("gt", 0)]).fixed(),
        "NegativeFloat" => float().limited(&[limit("lt", 0)]).fixed(),
        "NonNegativeFloat" => float().limited(&[limit("ge", 0)]).fixed(),
        "NonPositiveFloat" => float().limited(&[limit("le", 0)]).fixed(),
        "EmailStr" => text().fixed().changed(json!({ "type": "string", "format": "email" })),
        "NameEmail" => formatted("name-email"),
        "AnyUrl" | "AnyHttpUrl" | "FileUrl" | "PostgresDsn" | "CockroachDsn" | "AmqpDsn" | "RedisDsn"
        | "MongoDsn" | "KafkaDsn" => url(65_536),
        "HttpUrl" => url(2_083),
        "IPvAnyAddress" => formatted("ipvanyaddress"),
        "IPvAnyInterface" => formatted("ipvanyinterface"),
        "IPvAnyNetwork" => formatted("ipvanynetwork"),
        "Color" => formatted("color"),
        "SecretStr" | "SecretBytes" => Plain::new(json!({}), Family::Secret)
            .changed(json!({ "type": "string", "writeOnly": true, "format": "password" })),
        "UUID1" => identifier("uuid1"),
        "UUID3" => identifier("uuid3"),
        "UUID4" => identifier("uuid4"),
        "UUID5" => identifier("uuid5"),
        "FilePath" => {
            other(json!({ "type": "string", "format": "path" })).changed(json!({ "format": "file-path" }))
        }
        "DirectoryPath" => other(json!({ "type": "string", "format": "path" }))
            .changed(json!({ "format": "directory-path" })),
        "PastDate" | "FutureDate" => other(json!({ "type": "string", "format": "date" })),
        _ => return None,
    })
}

/// Keywords of the functions that make constrained types, as far as the schema shows them.
const SHOWN: &[&str] = &[
    "min_length",
    "max_length",
    "regex",
    "gt",
    "lt",
    "ge",
    "le",
    "multiple_of",
    "min_items",
    "max_items",
    "unique_items",
];

fn limits_of(arguments: &Arguments) -> Limits {
    SHOWN
        .iter()
        .filter_map(|name| {
            let value = arguments.keyword(name).filter(|value| !value.is_none())?;
            Some((*name, value.clone()))
        })
        .collect()
}

impl Models {
    /// The type that an annotation is.
    pub(super) fn type_of(&mut self, context: &mut Context<'_, '_>, annotation: &Value) -> Type {
        if self.depth > 60 {
            return self.unknown(context, "types nest too deeply");
        }
        self.depth += 1;
        let found = self.type_inside(context, annotation);
        self.depth -= 1;
        found
    }

    fn type_inside(&mut self, context: &mut Context<'_, '_>, annotation: &Value) -> Type {
        match form(annotation) {
            Form::None => Type::None,
            Form::Class(class) => self.type_of_class(context, class),
            Form::External(name) => self.type_of_external(context, &name),
            Form::Annotated(inner, _) => self.type_of(context, &inner),
            Form::Union(members) => {
                Type::Union(members.iter().map(|member| self.type_of(context, member)).collect())
            }
            Form::Literal(values) => Type::Literal(values),
            Form::Generic(base, arguments) => self.type_of_generic(context, &base, &arguments),
            Form::Call(callee, arguments) => self.type_of_call(context, &callee, &arguments),
            Form::Forward(text) => {
                let Some((scope, module)) = self.namespace else {
                    return self.unknown(context, "it is not known where the name of a type is looked up");
                };
                let found = context.interpreter.type_from_text(&text, scope, module);
                if found.as_str() == Some(&text) {
                    return self.unknown(context, format!("`{text}` is not known as a type"));
                }
                self.type_of(context, &found)
            }
            Form::Other => self.unknown(context, "a type is not known"),
        }
    }

    /// Remembers a doubt.
    pub(super) fn unknown(&mut self, context: &mut Context<'_, '_>, reason: impl Into<String>) -> Type {
        context.doubt(reason, self.location);
        Type::Unknown
    }

    fn type_of_class(&mut self, context: &mut Context<'_, '_>, class: Value) -> Type {
        if is_model(context.interpreter, &class) {
            return Type::Model(class);
        }
        if context.interpreter.derives_from(&class, "enum.Enum") {
            return Type::Enumeration(class);
        }
        let name = match *class.kind() {
            Kind::Class(id) => context.interpreter.class(id).map(|class| class.name.to_string()),
            _ => None,
        };
        let name = name.unwrap_or_default();
        self.unknown(context, format!("what Pydantic 1 makes of the class `{name}` is not followed"))
    }

    fn type_of_external(&mut self, context: &mut Context<'_, '_>, name: &str) -> Type {
        if let Some(plain) = standard(name) {
            return Type::Plain(Box::new(plain));
        }
        if let Some(own) = exported(name) {
            return match of_library(own) {
                Some(plain) => Type::Plain(Box::new(plain)),
                None if own == "Json" => Type::JsonText,
                None => self.unknown(context, format!("what Pydantic 1 makes of `{own}` is not followed")),
            };
        }
        if name == "fastapi.UploadFile" && context.versions.fastapi < since::ONLY_SHIPPED_VERSION1 {
            // It has a `__modify_schema__` of its own.
            let upload = other(json!({})).changed(json!({ "type": "string", "format": "binary" }));
            return Type::Plain(Box::new(upload));
        }
        let any = || Box::new(Type::Any);
        match name {
            "typing.Any" | "typing_extensions.Any" | "builtins.object" => Type::Any,
            "types.NoneType" | "builtins.None" => Type::None,
            "typing.Callable" | "collections.abc.Callable" => Type::Callable,
            "typing.List" => Type::Repeated(Repeated::List, any(), Limits::default()),
            "typing.Set" => Type::Repeated(Repeated::Set, any(), Limits::default()),
            "typing.FrozenSet" => Type::Repeated(Repeated::FrozenSet, any(), Limits::default()),
            "typing.Dict" => Type::Mapping(any(), any()),
            "typing.Tuple" => Type::AnyTuple,
            _ => self.unknown(context, format!("what Pydantic 1 makes of `{name}` is not followed")),
        }
    }

    fn type_of_generic(&mut self, context: &mut Context<'_, '_>, base: &Value, arguments: &[Value]) -> Type {
        let origin = alias_origin(base).unwrap_or_else(|| base.clone());
        let Some(name) = origin.as_external() else {
            return self.unknown(context, "what Pydantic 1 makes of a generic class is not followed");
        };
        let repeated = match name.as_str() {
            "builtins.list" => Some(Repeated::List),
            "builtins.set" => Some(Repeated::Set),
            "builtins.frozenset" => Some(Repeated::FrozenSet),
            "collections.abc.Sequence" => Some(Repeated::Sequence),
            "collections.abc.Iterable" => Some(Repeated::Iterable),
            "collections.deque" => Some(Repeated::Deque),
            "builtins.tuple" if matches!(arguments, [_, last] if matches!(last.kind(), Kind::Ellipsis)) => {
                Some(Repeated::Tuple)
            }
            _ => None,
        };
        if let (Some(repeated), Some(first)) = (repeated, arguments.first()) {
            return Type::Repeated(repeated, Box::new(self.type_of(context, first)), Limits::default());
        }
        match (name.as_str(), arguments) {
            ("builtins.tuple", [only]) if matches!(only.kind(), Kind::Tuple(items) if items.is_empty()) => {
                Type::Tuple(Vec::new())
            }
            ("builtins.tuple", items) => {
                Type::Tuple(items.iter().map(|item| self.type_of(context, item)).collect())
            }
            ("builtins.dict" | "collections.abc.Mapping" | "collections.defaultdict", [key, value]) => {
                Type::Mapping(Box::new(self.type_of(context, key)), Box::new(self.type_of(context, value)))
            }
            ("collections.Counter", [key]) => Type::Mapping(
                Box::new(self.type_of(context, key)),
                Box::new(Type::Plain(Box::new(integer()))),
            ),
            ("builtins.type", _) => Type::Class,
            ("collections.abc.Callable", _) => Type::Callable,
            ("typing.Final" | "typing_extensions.Final", [only]) => self.type_of(context, only),
            _ => self.unknown(context, format!("what Pydantic 1 makes of `{name}[...]` is not followed")),
        }
    }

    fn type_of_call(&mut self, context: &mut Context<'_, '_>, callee: &Value, arguments: &Arguments) -> Type {
        let name = callee.as_external();
        let own = name.as_ref().and_then(|name| exported(name));
        if arguments.incomplete {
            return self.unknown(context, "the arguments of a type are not all known");
        }
        let limits = limits_of(arguments);
        let limited = |plain: Plain| {
            let mut plain = plain;
            plain.is_constrained = true;
            plain.takes_constraints = plain.family.is_text();
            plain.limits = limits.clone();
            Type::Plain(Box::new(plain))
        };
        let first = arguments.get(0, "item_type").cloned();
        let repeated = match own {
            Some("conlist") => Some(Repeated::List),
            Some("conset") => Some(Repeated::Set),
            Some("confrozenset") => Some(Repeated::FrozenSet),
            _ => None,
        };
        if let (Some(repeated), Some(item)) = (repeated, first) {
            let mut limits = limits;
            if repeated != Repeated::List {
                limits.shift_remove("unique_items");
            }
            // A list that nobody limits further is marked as limited all the same.
            limits.insert("", Value::NONE);
            return Type::Repeated(repeated, Box::new(self.type_of(context, &item)), limits);
        }
        match own {
            Some("constr") => limited(text()),
            Some("conbytes") => {
                limited(Plain::new(json!({ "type": "string", "format": "binary" }), Family::Bytes))
            }
            Some("conint") => limited(integer()),
            Some("confloat") => limited(float()),
            Some("condecimal") => limited(Plain::new(json!({ "type": "number" }), Family::Decimal)),
            _ if name.is_some_and(|name| name == "typing.NewType" || name == "typing_extensions.NewType") => {
                match arguments.get(1, "tp").cloned() {
                    Some(inner) => self.type_of(context, &inner),
                    None => self.unknown(context, "a type is not known"),
                }
            }
            _ => self.unknown(context, "a type is not known"),
        }
    }
}

/// `get_flat_models_from_fields`: the models and enumerations behind fields, each once.
pub fn flat_models<'f>(
    context: &mut Context<'_, '_>,
    models: &mut Models,
    fields: impl Iterator<Item = &'f super::Field>,
) -> Vec<Value> {
    let mut found = Vec::new();
    for field in fields {
        models.collect_flat(context, &field.type_, &mut found);
    }
    found
}

impl Models {
    fn collect_flat(&mut self, context: &mut Context<'_, '_>, type_: &Type, found: &mut Vec<Value>) {
        let is_known = |class: &Value, found: &[Value]| found.iter().any(|known| known.same(class));
        match type_ {
            Type::Model(class) if !is_known(class, found) => {
                found.push(class.clone());
                let model = self.model(context, class);
                for field in &model.fields {
                    self.collect_flat(context, &field.type_, found);
                }
            }
            Type::Enumeration(class) if !is_known(class, found) => found.push(class.clone()),
            Type::Union(members) | Type::Tuple(members) => {
                members.iter().for_each(|member| self.collect_flat(context, member, found));
            }
            Type::Repeated(_, inner, _) | Type::Mapping(_, inner) => self.collect_flat(context, inner, found),
            _ => {}
        }
    }
}
