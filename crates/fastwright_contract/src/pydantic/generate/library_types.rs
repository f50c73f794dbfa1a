//! Types that Pydantic and FastAPI define (Pydantic 2.14 `types.py`, `networks.py`, `color.py`; FastAPI
//! 0.165 `datastructures.py`).

use super::standard::{bounded, text};
use super::{Generated, SchemaGenerator, names};
use crate::context::Context;
use crate::json::JsonObject;
use crate::pydantic::core_schema::*;
use crate::versions::fastapi as since;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::*;
use std::rc::Rc;

/// The callee of constraints that have no class of their own.
pub(super) const GENERAL: &str = "fastwright.constraints";

const NOWHERE: Location = Location { file: FileId(0), span: Span { start: 0, end: 0 } };

/// A call of a library that nobody wrote.
pub(super) fn call(callee: &str, positional: Vec<Value>, keywords: Vec<(&str, Value)>) -> Value {
    let keywords = keywords.into_iter().map(|(name, value)| (Name::from(name), value)).collect();
    Value::call(
        Value::external(callee),
        Arguments { positional: positional.into(), keywords, incomplete: false },
        NOWHERE,
    )
}

/// `Annotated[inner, *metadata]`.
pub(super) fn annotated(inner: Value, metadata: Vec<Value>) -> Value {
    let items = std::iter::once(inner).chain(metadata).collect();
    Value::symbolic(Symbolic::Item { base: Value::external("typing.Annotated"), index: Value::tuple(items) })
}

/// What a name of Pydantic stands for where it is an `Annotated` type: `PositiveInt`.
pub(crate) fn alias(name: &str) -> Option<Value> {
    let name = names::pydantic(name)?;
    let of = |inner: &str, metadata: Value| Some(annotated(Value::external(inner), vec![metadata]));
    let bound = |inner: &str, class: &str| {
        of(inner, call(&format!("annotated_types.{class}"), vec![Value::int(0)], Vec::new()))
    };
    let strict = |inner: &str| of(inner, call("pydantic.types.Strict", Vec::new(), Vec::new()));
    let encoded = |inner: &str, class: &str, format: &str| {
        of(inner, call(class, Vec::new(), vec![("format", Value::str(format))]))
    };
    let uuid = |version: i64| {
        of("uuid.UUID", call("pydantic.types.UuidVersion", vec![Value::int(version)], Vec::new()))
    };
    let path =
        |kind: &str| of("pathlib.Path", call("pydantic.types.PathType", vec![Value::str(kind)], Vec::new()));
    match name {
        "PositiveInt" => bound("builtins.int", "Gt"),
        "NegativeInt" => bound("builtins.int", "Lt"),
        "NonPositiveInt" => bound("builtins.int", "Le"),
        "NonNegativeInt" => bound("builtins.int", "Ge"),
        "PositiveFloat" => bound("builtins.float", "Gt"),
        "NegativeFloat" => bound("builtins.float", "Lt"),
        "NonPositiveFloat" => bound("builtins.float", "Le"),
        "NonNegativeFloat" => bound("builtins.float", "Ge"),
        "FiniteFloat" => {
            of("builtins.float", call("pydantic.types.AllowInfNan", vec![Value::bool(false)], Vec::new()))
        }
        "StrictInt" => strict("builtins.int"),
        "StrictFloat" => strict("builtins.float"),
        "StrictBool" => strict("builtins.bool"),
        "StrictStr" => strict("builtins.str"),
        "StrictBytes" => strict("builtins.bytes"),
        "UUID1" => uuid(1),
        "UUID3" => uuid(3),
        "UUID4" => uuid(4),
        "UUID5" => uuid(5),
        "UUID6" => uuid(6),
        "UUID7" => uuid(7),
        "UUID8" => uuid(8),
        "FilePath" => path("file"),
        "DirectoryPath" => path("dir"),
        "NewPath" => path("new"),
        "SocketPath" => path("socket"),
        "Base64Bytes" => encoded("builtins.bytes", "pydantic.types.EncodedBytes", "base64"),
        "Base64Str" => encoded("builtins.str", "pydantic.types.EncodedStr", "base64"),
        "Base64UrlBytes" => encoded("builtins.bytes", "pydantic.types.EncodedBytes", "base64url"),
        "Base64UrlStr" => encoded("builtins.str", "pydantic.types.EncodedStr", "base64url"),
        _ => None,
    }
}

/// `Json[T]`, `InstanceOf[T]`, ...: the marker stands behind the type.
pub(crate) fn marked(origin: &str, argument: &Value) -> Option<Value> {
    let name = names::pydantic(origin)?;
    matches!(
        name,
        "Json"
            | "ImportString"
            | "InstanceOf"
            | "SkipValidation"
            | "SerializeAsAny"
            | "SkipJsonSchema"
            | "OnErrorOmit"
    )
    .then(|| annotated(argument.clone(), vec![Value::external(origin)]))
}

/// What a function of Pydantic that makes a type gives: `conint(ge=1)`.
pub(crate) fn constructed(callee: &Value, arguments: &Arguments) -> Option<Value> {
    let name = callee.as_external()?;
    let name = names::pydantic(&name)?;
    let given = |keyword: &str| arguments.keyword(keyword).filter(|value| !value.is_none()).cloned();
    let pick = |keywords: &[&'static str]| -> Vec<(&'static str, Value)> {
        keywords.iter().filter_map(|keyword| Some((*keyword, given(keyword)?))).collect()
    };
    let general = |keywords: &[&'static str]| call(GENERAL, Vec::new(), pick(keywords));
    let length = || {
        let mut keywords = pick(&["min_length", "max_length"]);
        keywords.retain(|(name, value)| *name != "min_length" || value.as_int() != Some(0));
        call("annotated_types.Len", Vec::new(), keywords)
    };
    let item = || {
        let first = arguments.get(0, "item_type").cloned();
        first.unwrap_or_else(|| Value::external("typing.Any"))
    };
    let of_items =
        |class: &str| Some(Value::symbolic(Symbolic::Item { base: Value::external(class), index: item() }));
    let number = ["strict", "gt", "ge", "lt", "le", "multiple_of"];
    Some(match name {
        "conint" => annotated(Value::external("builtins.int"), vec![general(&number)]),
        "confloat" => {
            annotated(Value::external("builtins.float"), vec![general(&number), general(&["allow_inf_nan"])])
        }
        "condecimal" => annotated(
            Value::external("decimal.Decimal"),
            vec![general(&number), general(&["max_digits", "decimal_places", "allow_inf_nan"])],
        ),
        "condate" => annotated(Value::external("datetime.date"), vec![general(&number[..5])]),
        "conbytes" => annotated(Value::external("builtins.bytes"), vec![general(&["strict"]), length()]),
        "constr" => annotated(
            Value::external("builtins.str"),
            vec![call(
                "pydantic.types.StringConstraints",
                Vec::new(),
                pick(&[
                    "min_length",
                    "max_length",
                    "strict",
                    "strip_whitespace",
                    "to_upper",
                    "to_lower",
                    "pattern",
                ]),
            )],
        ),
        "conlist" => annotated(of_items("builtins.list")?, vec![length()]),
        "conset" => annotated(of_items("builtins.set")?, vec![length()]),
        "confrozenset" => annotated(of_items("builtins.frozenset")?, vec![length()]),
        _ => return None,
    })
}

impl SchemaGenerator {
    /// The schema of a class of Pydantic or FastAPI; nothing for names that are no such class.
    pub(super) fn library_class(&mut self, context: &mut Context<'_, '_>, name: &str) -> Option<Generated> {
        if let Some(model) = base_model(self, name) {
            return Some(Ok(model));
        }
        if matches!(name, "fastapi.UploadFile" | "starlette.datastructures.UploadFile") {
            let what = if context.versions.fastapi < since::BYTES_HAVE_A_MEDIA_TYPE {
                ("format", "binary")
            } else {
                ("contentMediaType", "application/octet-stream")
            };
            let schema = object(&[("type", "string"), what]);
            return Some(Ok(with_functions(
                Core::new(CoreKind::FunctionPlain { input: None }),
                JsonSchemaFunction::With(Some(schema), None),
            )));
        }
        match name {
            "pydantic_core.Url" => return Some(Ok(Core::new(CoreKind::Url { max_length: None }))),
            "pydantic_core.MultiHostUrl" => {
                return Some(Ok(Core::new(CoreKind::MultiHostUrl { max_length: None })));
            }
            _ => {}
        }
        let short = names::pydantic(name)?;
        if let Some(url) = url_of(short) {
            return Some(Ok(url_schema(url)));
        }
        let with = |schema: Shared, pairs: &[(&str, &str)]| {
            with_functions(schema, JsonSchemaFunction::With(Some(object(pairs)), None))
        };
        let plain = || Core::new(CoreKind::FunctionPlain { input: None });
        Some(Ok(match short {
            "EmailStr" => with_functions(
                Core::new(CoreKind::FunctionAfter(text(None, None))),
                JsonSchemaFunction::Update(object(&[("type", "string"), ("format", "email")])),
            ),
            "NameEmail" => {
                let inner =
                    Core::new(CoreKind::JsonOrPython { json: text(None, None), python: text(None, None) });
                let inner = super::edit(inner, |core| {
                    core.serialization = Some(Box::new(Serialization::Text(WhenUsed::Always)))
                });
                with_functions(
                    Core::new(CoreKind::FunctionAfter(inner)),
                    JsonSchemaFunction::Update(object(&[("type", "string"), ("format", "name-email")])),
                )
            }
            "IPvAnyAddress" => with(as_text(plain()), &[("type", "string"), ("format", "ipvanyaddress")]),
            "IPvAnyInterface" => with(as_text(plain()), &[("type", "string"), ("format", "ipvanyinterface")]),
            "IPvAnyNetwork" => with(as_text(plain()), &[("type", "string"), ("format", "ipvanynetwork")]),
            "Color" if name == "pydantic.color.Color" => {
                with(as_text(plain()), &[("type", "string"), ("format", "color")])
            }
            "SecretStr" => secret_schema(text(None, None)),
            "SecretBytes" => secret_schema(Core::new(CoreKind::Bytes(LengthBounds::default()))),
            "ByteSize" => {
                let number = || Core::new(CoreKind::Int(bounded(&[("ge", Value::int(0))])));
                let pattern = Core::new(CoreKind::Str {
                    length: LengthBounds::default(),
                    pattern: Some(r"^\s*(\d*\.?\d+)\s*(\w+)?".to_owned()),
                });
                let choices = Core::new(CoreKind::Union { choices: vec![(pattern, None), (number(), None)] });
                serialized_by_library(
                    Core::new(CoreKind::FunctionAfter(choices)),
                    Some(number()),
                    WhenUsed::Always,
                )
            }
            "PaymentCardNumber" => {
                let length = LengthBounds { min: Some(12), max: Some(19) };
                Core::new(CoreKind::FunctionAfter(Core::new(CoreKind::Str { length, pattern: None })))
            }
            "PastDate" | "FutureDate" => Core::new(CoreKind::Date(NumberBounds::default())),
            "AwareDatetime" | "NaiveDatetime" | "PastDatetime" | "FutureDatetime" => {
                Core::new(CoreKind::DateTime(NumberBounds::default()))
            }
            "ImportString" => {
                with(serialized_by_library(plain(), None, WhenUsed::Json), &[("type", "string")])
            }
            "Json" => Core::new(CoreKind::Json { schema: None }),
            "JsonValue" => {
                let reference: Rc<str> = format!(
                    "pydantic.types.JsonValue:{}",
                    self.number(&Value::external("pydantic.JsonValue"))
                )
                .into();
                // It contains itself, so that it is always a definition.
                let python = Core::new(CoreKind::DefinitionRef(Rc::clone(&reference)));
                let json = Core::new(CoreKind::Any);
                let schema = Core::new(CoreKind::JsonOrPython { json, python });
                return Some(Ok(self.define(super::edit(schema, |core| core.reference = Some(reference)))));
            }
            _ => {
                let _ = context;
                return None;
            }
        }))
    }

    /// The schema of `Secret[T]`.
    pub(super) fn secret(&mut self, context: &mut Context<'_, '_>, inner: &Value) -> Generated {
        let inner = self.generate(context, inner)?;
        let schema = Core::new(CoreKind::JsonOrPython {
            json: Core::new(CoreKind::FunctionAfter(Rc::clone(&inner))),
            python: Core::new(CoreKind::FunctionWrap { schema: inner, input: None }),
        });
        Ok(serialized_by_library(schema, None, WhenUsed::Always))
    }
}

/// `BaseModel` itself: an object that says nothing.
fn base_model(generator: &mut SchemaGenerator, name: &str) -> Option<Shared> {
    if name != names::MODEL {
        return None;
    }
    let class = Value::external(names::MODEL);
    let reference: Rc<str> = format!("{}:{}", names::MODEL, generator.number(&class)).into();
    let fields = Core::new(CoreKind::ModelFields {
        model_name: "BaseModel".to_owned(),
        fields: Default::default(),
        computed: Vec::new(),
        extra_behavior: None,
        extras: None,
    });
    let identity =
        ClassIdentity { class, name: "BaseModel".to_owned(), documentation: None, is_root_model: false };
    let model = Core::new(CoreKind::Model {
        class: identity,
        schema: fields,
        root_model: false,
        config: Rc::default(),
        root_extra: None,
    });
    Some(generator.define(super::edit(model, |core| core.reference = Some(reference))))
}

/// What kind of URL a class is, and how long it may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct UrlKind {
    pub multi_host: bool,
    pub max_length: Option<i64>,
}

/// The kind of URL that a class of Pydantic stands for.
pub(super) fn url_of(name: &str) -> Option<UrlKind> {
    match name {
        "AnyUrl" | "AnyHttpUrl" | "AnyWebsocketUrl" | "FileUrl" | "FtpUrl" | "CockroachDsn" | "AmqpDsn"
        | "RedisDsn" | "KafkaDsn" | "MySQLDsn" | "MariaDBDsn" | "ClickHouseDsn" | "SnowflakeDsn" => {
            Some(UrlKind { multi_host: false, max_length: None })
        }
        "HttpUrl" | "WebsocketUrl" => Some(UrlKind { multi_host: false, max_length: Some(2083) }),
        "PostgresDsn" | "MongoDsn" | "NatsDsn" => Some(UrlKind { multi_host: true, max_length: None }),
        _ => None,
    }
}

/// The schema of a URL class.
pub(super) fn url_schema(url: UrlKind) -> Shared {
    let max_length = url.max_length;
    let inner = Core::new(match url.multi_host {
        true => CoreKind::MultiHostUrl { max_length },
        false => CoreKind::Url { max_length },
    });
    let schema = Core::new(CoreKind::FunctionWrap { schema: inner, input: None });
    let schema = serialized_by_library(schema, None, WhenUsed::Always);
    with_functions(schema, JsonSchemaFunction::OfInner)
}

/// The schema of `SecretStr` and `SecretBytes`.
pub(super) fn secret_schema(inner: Shared) -> Shared {
    let one = || {
        let json = Core::new(CoreKind::FunctionAfter(Rc::clone(&inner)));
        let schema = Core::new(CoreKind::JsonOrPython { json: Rc::clone(&json), python: json });
        serialized_by_library(schema, None, WhenUsed::UnlessNone)
    };
    let mut schema = object(&[("type", "string")]);
    schema.insert("writeOnly".to_owned(), true.into());
    schema.insert("format".to_owned(), "password".into());
    with_functions(
        Core::new(CoreKind::LaxOrStrict { lax: one(), strict: one(), is_strict: false }),
        JsonSchemaFunction::UpdateOf(inner, schema),
    )
}

/// A JSON object of texts.
pub(super) fn object(pairs: &[(&str, &str)]) -> JsonObject {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect()
}

/// A schema with one more function that changes its JSON Schema.
pub(super) fn with_functions(schema: Shared, function: JsonSchemaFunction) -> Shared {
    super::edit(schema, |core| core.metadata.functions.push(function))
}

/// A schema with a serializer of the library's own, which gets `info`.
pub(super) fn serialized_by_library(schema: Shared, returns: Option<Shared>, when_used: WhenUsed) -> Shared {
    super::edit(schema, |core| {
        core.serialization = Some(Box::new(Serialization::Function {
            function: None,
            takes_info: true,
            returns,
            when_used,
            wraps: false,
        }));
    })
}

/// A schema that is written as a text.
pub(super) fn as_text(schema: Shared) -> Shared {
    super::edit(schema, |core| core.serialization = Some(Box::new(Serialization::Text(WhenUsed::Always))))
}
