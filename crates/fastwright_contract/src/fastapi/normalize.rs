//! The document goes through FastAPI's own models of OpenAPI before it is handed out (FastAPI 0.165
//! `openapi/models.py`): keys get the order of those models, numbers of schemas become floats, URLs are
//! written as Pydantic writes them, and what is `null` is left out.
//!
//! Path items and responses are unions of their model and `Any`. Pydantic takes the model when it accepts
//! the value without conversions (its strict mode); otherwise the value stays as it is. An operation with
//! parameters stays as it is, because `in` is converted to an enumeration.

use crate::json::{Json, JsonObject};
use crate::versions::fastapi as since;
use fastwright_python::project::Version;
use serde_json::Number;

/// A type in FastAPI's models of OpenAPI.
enum Type {
    Any,
    Text,
    Flag,
    Integer,
    Float,
    /// `AnyUrl`.
    Url,
    Email,
    /// A member of an enumeration, by value: strict mode does not convert texts.
    Choice(&'static [&'static str]),
    /// `Literal[...]`.
    Literal(&'static [&'static str]),
    List(&'static Type),
    /// `set[str]`.
    Texts,
    Map(&'static Type),
    Model(&'static Model),
    /// A model that contains itself.
    Recursive(fn() -> &'static Model),
    /// A type that changed: the version that brought the new one, the old one, the new one.
    Changed(Version, &'static Type, &'static Type),
    /// The first member that accepts the value strictly, else the first that accepts it at all.
    Union(&'static [Type]),
}

/// A model: its fields by the name in JSON, and whether each is required. Other keys are kept.
struct Model {
    fields: &'static [(&'static str, Type, bool)],
}

const TEXTS: Type = Type::List(&Type::Text);
const SCHEMA: Type = Type::Recursive(|| &SCHEMA_MODEL);
const SCHEMA_OR_FLAG: Type = Type::Union(&[SCHEMA, Type::Flag]);
const SCHEMA_OR_SCHEMAS: Type = Type::Union(&[SCHEMA_OR_FLAG, SCHEMAS]);
const SCHEMA_TYPE_OR_TYPES: Type =
    Type::Union(&[Type::Literal(SCHEMA_TYPES), Type::List(&Type::Literal(SCHEMA_TYPES))]);
const SCHEMAS: Type = Type::List(&SCHEMA_OR_FLAG);
const SCHEMA_MAP: Type = Type::Map(&SCHEMA_OR_FLAG);
const SCHEMA_OR_REFERENCE: Type = Type::Union(&[SCHEMA, REFERENCE]);
const REFERENCE: Type = Type::Model(&Model { fields: &[("$ref", Type::Text, true)] });
const SERVER: Type = Type::Model(&Model {
    fields: &[
        ("url", Type::Union(&[Type::Url, Type::Text]), true),
        ("description", Type::Text, false),
        ("variables", Type::Map(&SERVER_VARIABLE), false),
    ],
});
const SERVER_VARIABLE: Type = Type::Model(&Model {
    fields: &[("enum", TEXTS, false), ("default", Type::Text, true), ("description", Type::Text, false)],
});
const EXTERNAL_DOCUMENTATION: Type =
    Type::Model(&Model { fields: &[("description", Type::Text, false), ("url", Type::Url, true)] });
const EXAMPLE: Type = Type::Model(&Model {
    fields: &[
        ("summary", Type::Text, false),
        ("description", Type::Text, false),
        ("value", Type::Any, false),
        ("externalValue", Type::Url, false),
    ],
});
const EXAMPLES: Type = Type::Map(&Type::Union(&[EXAMPLE, REFERENCE]));
const HEADERS: Type = Type::Map(&Type::Union(&[HEADER, REFERENCE]));
const ENCODING: Type = Type::Model(&Model {
    fields: &[
        ("contentType", Type::Text, false),
        ("headers", HEADERS, false),
        ("style", Type::Text, false),
        ("explode", Type::Flag, false),
        ("allowReserved", Type::Flag, false),
    ],
});
const MEDIA_TYPE: Type = Type::Model(&Model {
    fields: &[
        ("schema", SCHEMA_OR_REFERENCE, false),
        ("example", Type::Any, false),
        ("examples", EXAMPLES, false),
        ("encoding", Type::Map(&ENCODING), false),
    ],
});
const HEADER: Type = Type::Recursive(|| &HEADER_MODEL);
static HEADER_MODEL: Model = Model {
    fields: &[
        ("description", Type::Text, false),
        ("required", Type::Flag, false),
        ("deprecated", Type::Flag, false),
        ("style", Type::Text, false),
        ("explode", Type::Flag, false),
        ("allowReserved", Type::Flag, false),
        ("schema", SCHEMA_OR_REFERENCE, false),
        ("example", Type::Any, false),
        ("examples", EXAMPLES, false),
        ("content", Type::Map(&MEDIA_TYPE), false),
    ],
};
const PARAMETER: Type = Type::Model(&Model {
    fields: &[
        ("description", Type::Text, false),
        ("required", Type::Flag, false),
        ("deprecated", Type::Flag, false),
        ("style", Type::Text, false),
        ("explode", Type::Flag, false),
        ("allowReserved", Type::Flag, false),
        ("schema", SCHEMA_OR_REFERENCE, false),
        ("example", Type::Any, false),
        ("examples", EXAMPLES, false),
        ("content", Type::Map(&MEDIA_TYPE), false),
        ("name", Type::Text, true),
        ("in", Type::Choice(&["query", "header", "path", "cookie"]), true),
    ],
});
const PARAMETERS: Type = Type::List(&Type::Union(&[PARAMETER, REFERENCE]));
const REQUEST_BODY: Type = Type::Model(&Model {
    fields: &[
        ("description", Type::Text, false),
        ("content", Type::Map(&MEDIA_TYPE), true),
        ("required", Type::Flag, false),
    ],
});
const LINK: Type = Type::Model(&Model {
    fields: &[
        ("operationRef", Type::Text, false),
        ("operationId", Type::Text, false),
        ("parameters", Type::Map(&Type::Any), false),
        ("requestBody", Type::Any, false),
        ("description", Type::Text, false),
        ("server", SERVER, false),
    ],
});
const RESPONSE: Type = Type::Model(&Model {
    fields: &[
        ("description", Type::Text, true),
        ("headers", HEADERS, false),
        ("content", Type::Map(&MEDIA_TYPE), false),
        ("links", Type::Map(&Type::Union(&[LINK, REFERENCE])), false),
    ],
});
const OPERATION: Type = Type::Recursive(|| &OPERATION_MODEL);
static OPERATION_MODEL: Model = Model {
    fields: &[
        ("tags", TEXTS, false),
        ("summary", Type::Text, false),
        ("description", Type::Text, false),
        ("externalDocs", EXTERNAL_DOCUMENTATION, false),
        ("operationId", Type::Text, false),
        ("parameters", PARAMETERS, false),
        ("requestBody", Type::Union(&[REQUEST_BODY, REFERENCE]), false),
        ("responses", Type::Map(&Type::Union(&[RESPONSE, Type::Any])), false),
        ("callbacks", Type::Map(&Type::Union(&[Type::Map(&PATH_ITEM), REFERENCE])), false),
        ("deprecated", Type::Flag, false),
        ("security", Type::List(&Type::Map(&TEXTS)), false),
        ("servers", Type::List(&SERVER), false),
    ],
};
const PATH_ITEM: Type = Type::Recursive(|| &PATH_ITEM_MODEL);
static PATH_ITEM_MODEL: Model = Model {
    fields: &[
        ("$ref", Type::Text, false),
        ("summary", Type::Text, false),
        ("description", Type::Text, false),
        ("get", OPERATION, false),
        ("put", OPERATION, false),
        ("post", OPERATION, false),
        ("delete", OPERATION, false),
        ("options", OPERATION, false),
        ("head", OPERATION, false),
        ("patch", OPERATION, false),
        ("trace", OPERATION, false),
        ("servers", Type::List(&SERVER), false),
        ("parameters", PARAMETERS, false),
    ],
};
const SCHEMA_TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];
static SCHEMA_MODEL: Model = Model {
    fields: &[
        ("$schema", Type::Text, false),
        ("$vocabulary", Type::Text, false),
        ("$id", Type::Text, false),
        ("$anchor", Type::Text, false),
        ("$dynamicAnchor", Type::Text, false),
        ("$ref", Type::Text, false),
        ("$dynamicRef", Type::Text, false),
        ("$defs", SCHEMA_MAP, false),
        ("$comment", Type::Text, false),
        ("allOf", SCHEMAS, false),
        ("anyOf", SCHEMAS, false),
        ("oneOf", SCHEMAS, false),
        ("not", SCHEMA_OR_FLAG, false),
        ("if", SCHEMA_OR_FLAG, false),
        ("then", SCHEMA_OR_FLAG, false),
        ("else", SCHEMA_OR_FLAG, false),
        ("dependentSchemas", SCHEMA_MAP, false),
        ("prefixItems", SCHEMAS, false),
        ("items", Type::Changed(since::ITEMS_IS_ONE_SCHEMA, &SCHEMA_OR_SCHEMAS, &SCHEMA_OR_FLAG), false),
        ("contains", SCHEMA_OR_FLAG, false),
        ("properties", SCHEMA_MAP, false),
        ("patternProperties", SCHEMA_MAP, false),
        ("additionalProperties", SCHEMA_OR_FLAG, false),
        ("propertyNames", SCHEMA_OR_FLAG, false),
        ("unevaluatedItems", SCHEMA_OR_FLAG, false),
        ("unevaluatedProperties", SCHEMA_OR_FLAG, false),
        ("type", Type::Changed(since::LISTS_OF_SCHEMA_TYPES, &Type::Text, &SCHEMA_TYPE_OR_TYPES), false),
        ("enum", Type::List(&Type::Any), false),
        ("const", Type::Any, false),
        ("multipleOf", Type::Float, false),
        ("maximum", Type::Float, false),
        ("exclusiveMaximum", Type::Float, false),
        ("minimum", Type::Float, false),
        ("exclusiveMinimum", Type::Float, false),
        ("maxLength", Type::Integer, false),
        ("minLength", Type::Integer, false),
        ("pattern", Type::Text, false),
        ("maxItems", Type::Integer, false),
        ("minItems", Type::Integer, false),
        ("uniqueItems", Type::Flag, false),
        ("maxContains", Type::Integer, false),
        ("minContains", Type::Integer, false),
        ("maxProperties", Type::Integer, false),
        ("minProperties", Type::Integer, false),
        ("required", TEXTS, false),
        ("dependentRequired", Type::Map(&Type::Texts), false),
        ("format", Type::Text, false),
        ("contentEncoding", Type::Text, false),
        ("contentMediaType", Type::Text, false),
        ("contentSchema", SCHEMA_OR_FLAG, false),
        ("title", Type::Text, false),
        ("description", Type::Text, false),
        ("default", Type::Any, false),
        ("deprecated", Type::Flag, false),
        ("readOnly", Type::Flag, false),
        ("writeOnly", Type::Flag, false),
        ("examples", Type::List(&Type::Any), false),
        ("discriminator", DISCRIMINATOR, false),
        ("xml", XML, false),
        ("externalDocs", EXTERNAL_DOCUMENTATION, false),
        ("example", Type::Any, false),
    ],
};
const DISCRIMINATOR: Type = Type::Model(&Model {
    fields: &[("propertyName", Type::Text, true), ("mapping", Type::Map(&Type::Text), false)],
});
const XML: Type = Type::Model(&Model {
    fields: &[
        ("name", Type::Text, false),
        ("namespace", Type::Text, false),
        ("prefix", Type::Text, false),
        ("attribute", Type::Flag, false),
        ("wrapped", Type::Flag, false),
    ],
});
const FLOW: &[(&str, Type, bool)] = &[
    ("refreshUrl", Type::Text, false),
    ("scopes", Type::Map(&Type::Text), false),
    ("authorizationUrl", Type::Text, false),
    ("tokenUrl", Type::Text, false),
];
const FLOW_MODEL: Type = Type::Model(&Model { fields: FLOW });
static FLOWS: Model = Model {
    fields: &[
        ("implicit", FLOW_MODEL, false),
        ("password", FLOW_MODEL, false),
        ("clientCredentials", FLOW_MODEL, false),
        ("authorizationCode", FLOW_MODEL, false),
    ],
};
static DOCUMENT: Model = Model {
    fields: &[
        ("openapi", Type::Text, true),
        (
            "info",
            Type::Model(&Model {
                fields: &[
                    ("title", Type::Text, true),
                    ("summary", Type::Text, false),
                    ("description", Type::Text, false),
                    ("termsOfService", Type::Text, false),
                    (
                        "contact",
                        Type::Model(&Model {
                            fields: &[
                                ("name", Type::Text, false),
                                ("url", Type::Url, false),
                                ("email", Type::Email, false),
                            ],
                        }),
                        false,
                    ),
                    (
                        "license",
                        Type::Model(&Model {
                            fields: &[
                                ("name", Type::Text, true),
                                ("identifier", Type::Text, false),
                                ("url", Type::Url, false),
                            ],
                        }),
                        false,
                    ),
                    ("version", Type::Text, true),
                ],
            }),
            true,
        ),
        ("jsonSchemaDialect", Type::Text, false),
        ("servers", Type::List(&SERVER), false),
        ("paths", Type::Map(&Type::Union(&[PATH_ITEM, Type::Any])), false),
        ("webhooks", Type::Map(&Type::Union(&[PATH_ITEM, REFERENCE])), false),
        (
            "components",
            Type::Model(&Model {
                fields: &[
                    ("schemas", Type::Map(&SCHEMA_OR_REFERENCE), false),
                    ("responses", Type::Map(&Type::Union(&[RESPONSE, REFERENCE])), false),
                    ("parameters", Type::Map(&Type::Union(&[PARAMETER, REFERENCE])), false),
                    ("examples", EXAMPLES, false),
                    ("requestBodies", Type::Map(&Type::Union(&[REQUEST_BODY, REFERENCE])), false),
                    ("headers", HEADERS, false),
                    ("securitySchemes", Type::Map(&Type::Any), false),
                    ("links", Type::Map(&Type::Union(&[LINK, REFERENCE])), false),
                    ("callbacks", Type::Map(&Type::Any), false),
                    ("pathItems", Type::Map(&Type::Union(&[PATH_ITEM, REFERENCE])), false),
                ],
            }),
            false,
        ),
        ("security", Type::List(&Type::Map(&TEXTS)), false),
        (
            "tags",
            Type::List(&Type::Model(&Model {
                fields: &[
                    ("name", Type::Text, true),
                    ("description", Type::Text, false),
                    ("externalDocs", EXTERNAL_DOCUMENTATION, false),
                ],
            })),
            false,
        ),
        ("externalDocs", EXTERNAL_DOCUMENTATION, false),
    ],
};

/// `jsonable_encoder(OpenAPI(**document), by_alias=True, exclude_none=True)`.
///
/// # Errors
/// When FastAPI would refuse the document: the running application fails to give one.
pub fn document(document: Json, fastapi: Version) -> Result<Json, Refused> {
    let kind = Type::Model(&DOCUMENT);
    if takes(&kind, &document, false, fastapi) {
        return Ok(without_null(converted(&kind, document, false, fastapi)));
    }
    let names = DOCUMENT.fields.iter().filter_map(|(name, kind, _)| {
        let value = document.get(*name)?;
        (!takes(kind, value, false, fastapi)).then_some(*name)
    });
    Err(Refused { parts: names.collect::<Vec<_>>().join(", "), document })
}

/// A document that does not fit FastAPI's models.
pub struct Refused {
    /// The document as it was given.
    pub document: Json,
    /// Names of the parts that do not fit.
    pub parts: String,
}

/// `OAuthFlows` in the order of its fields, with the scopes that each flow has at least.
pub fn oauth_flows(flows: Json) -> Json {
    let Json::Object(given) = flows else { return flows };
    let with_scopes = given
        .into_iter()
        .map(|(name, flow)| {
            let flow = match flow {
                Json::Object(mut flow) => {
                    flow.entry("scopes").or_insert_with(|| Json::Object(JsonObject::new()));
                    Json::Object(flow)
                }
                other => other,
            };
            (name, flow)
        })
        .collect();
    let flows = Json::Object(with_scopes);
    let (kind, fastapi) = (Type::Model(&FLOWS), since::ITEMS_IS_ONE_SCHEMA);
    without_null(match takes(&kind, &flows, false, fastapi) {
        true => converted(&kind, flows, false, fastapi),
        false => flows,
    })
}

/// Whether a type takes a value. What it takes strictly it takes otherwise as well, with the same result.
fn takes(kind: &Type, value: &Json, strict: bool, fastapi: Version) -> bool {
    match kind {
        Type::Any => true,
        Type::Text => value.is_string(),
        Type::Flag => value.is_boolean(),
        Type::Integer => {
            value.is_i64()
                || value.is_u64()
                || !strict && value.as_f64().is_some_and(|float| float.fract() == 0.0)
        }
        Type::Float => value.is_number(),
        Type::Url => !strict && value.as_str().and_then(normalized_url).is_some(),
        Type::Email => value.as_str().and_then(normalized_email).is_some(),
        Type::Choice(_) if strict => false,
        Type::Choice(choices) | Type::Literal(choices) => {
            value.as_str().is_some_and(|text| choices.contains(&text))
        }
        Type::List(item) => value
            .as_array()
            .is_some_and(|items| items.iter().all(|value| takes(item, value, strict, fastapi))),
        Type::Texts => !strict && value.as_array().is_some_and(|items| items.iter().all(Json::is_string)),
        Type::Map(item) => {
            value.as_object().is_some_and(|map| map.values().all(|value| takes(item, value, strict, fastapi)))
        }
        Type::Recursive(model) => {
            value.as_object().is_some_and(|object| model_takes(model(), object, strict, fastapi))
        }
        Type::Model(model) => {
            value.as_object().is_some_and(|object| model_takes(model, object, strict, fastapi))
        }
        Type::Changed(..) => takes(kind.of_version(fastapi), value, strict, fastapi),
        Type::Union(members) => members.iter().any(|member| takes(member, value, strict, fastapi)),
    }
}

fn model_takes(model: &Model, object: &JsonObject, strict: bool, fastapi: Version) -> bool {
    let mut missing = model.fields.iter().filter(|(.., required)| *required).count();
    for (name, value) in object {
        let Some((_, kind, required)) = model.position(name).map(|position| &model.fields[position]) else {
            continue;
        };
        if *required {
            missing -= 1;
        } else if value.is_null() {
            continue;
        }
        if !takes(kind, value, strict, fastapi) {
            return false;
        }
    }
    missing == 0
}

/// A value that a type takes, as it gives it back.
fn converted(kind: &Type, value: Json, strict: bool, fastapi: Version) -> Json {
    match (kind, value) {
        (Type::Integer, Json::Number(number)) if number.is_f64() => {
            number.as_f64().map_or(Json::Null, |float| Json::from(float as i64))
        }
        (Type::Float, Json::Number(number)) => {
            number.as_f64().and_then(Number::from_f64).map_or(Json::Null, Json::Number)
        }
        (Type::Url, Json::String(text)) => normalized_url(&text).map_or(Json::Null, Json::String),
        (Type::Email, Json::String(text)) => normalized_email(&text).map_or(Json::Null, Json::String),
        (Type::List(item), Json::Array(items)) => {
            items.into_iter().map(|value| converted(item, value, strict, fastapi)).collect()
        }
        (Type::Map(item), Json::Object(mut map)) => {
            for value in map.values_mut() {
                *value = converted(item, value.take(), strict, fastapi);
            }
            Json::Object(map)
        }
        (Type::Recursive(model), Json::Object(object)) => converted_model(model(), object, strict, fastapi),
        (Type::Model(model), Json::Object(object)) => converted_model(model, object, strict, fastapi),
        (Type::Changed(..), value) => converted(kind.of_version(fastapi), value, strict, fastapi),
        (Type::Union(members), value) => {
            let mut possible = members.iter().filter(|member| member.may_take(&value, fastapi));
            let (member, strict) = match (possible.next(), possible.next()) {
                (Some(only), None) => (only, strict),
                _ => match members.iter().find(|member| takes(member, &value, true, fastapi)) {
                    Some(member) => (member, true),
                    None => match members.iter().find(|member| takes(member, &value, false, fastapi)) {
                        Some(member) => (member, false),
                        None => return value,
                    },
                },
            };
            converted(member, value, strict, fastapi)
        }
        (_, value) => value,
    }
}

/// The fields in the order of the model, then what it does not know.
fn converted_model(model: &Model, object: JsonObject, strict: bool, fastapi: Version) -> Json {
    let mut entries: Vec<(usize, String, Json)> = Vec::with_capacity(object.len());
    for (name, value) in object {
        let position = model.position(&name).unwrap_or(model.fields.len());
        match model.fields.get(position) {
            Some((.., false)) if value.is_null() => {}
            Some((_, kind, _)) => entries.push((position, name, converted(kind, value, strict, fastapi))),
            None => entries.push((position, name, value)),
        }
    }
    entries.sort_by_key(|(position, ..)| *position);
    entries.into_iter().map(|(_, name, value)| (name, value)).collect()
}

impl Model {
    /// Whether an object has all required fields.
    fn may_take(&self, object: &JsonObject) -> bool {
        self.fields.iter().all(|(name, _, required)| !required || object.contains_key(*name))
    }

    /// Which of its fields has a name.
    fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|(known, ..)| *known == name)
    }
}

impl Type {
    /// The type itself, in a version of FastAPI.
    fn of_version(&self, fastapi: Version) -> &Type {
        match self {
            Type::Changed(change, old, _) if fastapi < *change => old,
            Type::Changed(_, _, new) => new,
            _ => self,
        }
    }

    /// Whether a value can be taken as far as its kind and the required fields tell.
    fn may_take(&self, value: &Json, fastapi: Version) -> bool {
        match self {
            Type::Any => true,
            Type::Text | Type::Url | Type::Email | Type::Choice(_) | Type::Literal(_) => value.is_string(),
            Type::Flag => value.is_boolean(),
            Type::Integer | Type::Float => value.is_number(),
            Type::List(_) | Type::Texts => value.is_array(),
            Type::Map(_) => value.is_object(),
            Type::Model(model) => value.as_object().is_some_and(|object| model.may_take(object)),
            Type::Recursive(model) => value.as_object().is_some_and(|object| model().may_take(object)),
            Type::Changed(..) => self.of_version(fastapi).may_take(value, fastapi),
            Type::Union(members) => members.iter().any(|member| member.may_take(value, fastapi)),
        }
    }
}

/// A URL as Pydantic writes it: scheme and host in lower case, a path at least `/` for the web's schemes,
/// no default port.
fn normalized_url(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once(':')?;
    let mut characters = scheme.chars();
    if !characters.next()?.is_ascii_alphabetic()
        || !characters.all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
    {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    let Some(rest) = rest.strip_prefix("//") else { return Some(format!("{scheme}:{rest}")) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (format!("{user}@"), host),
        None => (String::new(), authority),
    };
    let special = matches!(scheme.as_str(), "http" | "https" | "ws" | "wss" | "ftp");
    let host = if special { host.to_ascii_lowercase() } else { host.to_owned() };
    let default_port = match scheme.as_str() {
        "http" | "ws" => ":80",
        "https" | "wss" => ":443",
        "ftp" => ":21",
        _ => "",
    };
    let host = match host.strip_suffix(default_port) {
        Some(bare) if special && !default_port.is_empty() => bare.to_owned(),
        _ => host,
    };
    if special && host.is_empty() {
        return None;
    }
    let tail = if special && !tail.starts_with('/') { format!("/{tail}") } else { tail.to_owned() };
    Some(format!("{scheme}://{user}{host}{}", tail.replace(' ', "%20")))
}

fn normalized_email(text: &str) -> Option<String> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    (!local.is_empty() && domain.contains('.')).then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// Entries of objects that are `null` are left out at any depth; items of arrays stay.
fn without_null(mut value: Json) -> Json {
    leave_out_null(&mut value);
    value
}

fn leave_out_null(value: &mut Json) {
    match value {
        Json::Object(object) => {
            object.retain(|_, value| !value.is_null());
            object.values_mut().for_each(leave_out_null);
        }
        Json::Array(items) => items.iter_mut().for_each(leave_out_null),
        _ => {}
    }
}
