//! What each kind of core schema becomes: the simple ones, and collections.

use super::validations::{BoundsAs, Lengths, write_lengths};
use super::{Failure, Generated, Generator, Node, Result, single};
use crate::json::{Json, JsonObject, enumeration_value};
use crate::pydantic::core_schema::{
    Core, CoreKind, LengthBounds, Mode, NumberBounds, Serialization, Shared, WhenUsed,
};
use crate::versions::fastapi as fastapi_since;
use crate::versions::pydantic as since;
use fastwright_python::value::Value;

/// `{"type": name}`.
pub(super) fn typed(name: &str) -> JsonObject {
    single("type", name)
}

fn formatted(format: &str) -> JsonObject {
    let mut object = typed("string");
    object.insert("format".to_owned(), format.into());
    object
}

impl Generator<'_, '_, '_> {
    /// The schema by the serializer, where there is one and the mode asks for it, or by the kind
    /// (`handler_func` of `generate_inner`).
    pub(super) fn plain(&mut self, node: Node<'_>) -> Result<Generated> {
        let core = match node {
            Node::Schema(core) => core,
            Node::Field(field) => return self.inner(Node::Schema(&field.schema)),
            Node::Computed(field) => return self.inner(Node::Schema(&field.returns)),
        };
        if self.mode() == Mode::Serialization
            && let Some(serialization) = &core.serialization
            && let Some(generated) = self.serialized(serialization)?
        {
            let when_used = match **serialization {
                Serialization::Function { when_used, .. } | Serialization::Text(when_used) => when_used,
                _ => WhenUsed::Always,
            };
            if matches!(when_used, WhenUsed::UnlessNone | WhenUsed::JsonUnlessNone) && is_nullable(core) {
                let object = self.copied(generated);
                return Ok(Generated::Fresh(self.union_of(vec![typed("null"), object])));
            }
            return Ok(generated);
        }
        self.by_kind(core)
    }

    /// `ser_schema`: none where the serializer says nothing about the type.
    fn serialized(&mut self, serialization: &Serialization) -> Result<Option<Generated>> {
        match serialization {
            Serialization::Function { returns: Some(returns), .. } => {
                self.inner(Node::Schema(returns)).map(Some)
            }
            Serialization::Function { returns: None, .. } | Serialization::Simple(_) => Ok(None),
            Serialization::Text(_) => Ok(Some(Generated::Fresh(self.text(LengthBounds::default(), None)))),
            Serialization::Model(contents) => self.inner(Node::Schema(contents)).map(Some),
        }
    }

    fn by_kind(&mut self, core: &Core) -> Result<Generated> {
        let object = match &core.kind {
            CoreKind::Any | CoreKind::IsSubclass(_) | CoreKind::Unknown => JsonObject::new(),
            CoreKind::None => typed("null"),
            CoreKind::Bool => typed("boolean"),
            CoreKind::Int(bounds) => {
                let mut object = typed("integer");
                let bounds_as = if self.before(since::CORE_SCHEMAS_ARE_NOT_VALIDATED) {
                    BoundsAs::Integers
                } else {
                    BoundsAs::Given
                };
                self.write_bounds(&mut object, bounds, bounds_as);
                object
            }
            CoreKind::Float(bounds) => {
                let validated = self.before(since::CORE_SCHEMAS_ARE_NOT_VALIDATED);
                self.float(bounds, if validated { BoundsAs::Floats } else { BoundsAs::Given })
            }
            CoreKind::Decimal { bounds, max_digits, decimal_places } => {
                let has_pattern =
                    !self.before(since::DECIMAL_PATTERNS) && self.before(since::NO_DECIMAL_PATTERNS);
                let pattern = has_pattern.then(|| decimal_pattern(*max_digits, *decimal_places));
                let text = self.text(LengthBounds::default(), pattern.as_deref());
                self.number_or_text(bounds, text)
            }
            CoreKind::Fraction(bounds) => {
                let bounds = NumberBounds { multiple_of: None, ..bounds.clone() };
                self.number_or_text(&bounds, formatted("fraction"))
            }
            CoreKind::Complex => typed("string"),
            CoreKind::Str { length, pattern } => self.text(*length, pattern.as_deref()),
            CoreKind::Bytes(length) => self.bytes(*length),
            CoreKind::Date(_) => self.temporal("date", "ser_json_temporal"),
            CoreKind::Time(_) => self.temporal("time", "ser_json_temporal"),
            CoreKind::DateTime(_) => self.temporal("date-time", "ser_json_temporal"),
            CoreKind::TimeDelta(_) => {
                // What is older counts only where the newer option is not set.
                let key = match self.config().get("ser_json_temporal") {
                    Some(_) => "ser_json_temporal",
                    None => "ser_json_timedelta",
                };
                self.temporal("duration", key)
            }
            CoreKind::Literal(expected) => self.literal(expected),
            CoreKind::MissingSentinel(None) => return Err(Failure::Omit),
            CoreKind::MissingSentinel(Some(schema)) | CoreKind::FunctionAfter(schema) => {
                return self.inner(Node::Schema(schema));
            }
            CoreKind::Ellipsis => return Err(invalid("core_schema.EllipsisSchema")),
            CoreKind::Enum { class, members, .. } => self.enumeration(class, members),
            CoreKind::IsInstance(_) => return Err(invalid("core_schema.IsInstanceSchema")),
            CoreKind::Callable => return Err(invalid("core_schema.CallableSchema")),
            CoreKind::List { items, length }
            | CoreKind::Deque { items, length }
            | CoreKind::Generator { items, length } => self.array(items.as_ref(), *length, false)?,
            CoreKind::Set { items, length } | CoreKind::FrozenSet { items, length } => {
                self.array(items.as_ref(), *length, true)?
            }
            CoreKind::Tuple { items, variadic, length } => self.tuple(items, *variadic, *length)?,
            CoreKind::Dict { keys, values, length } => {
                self.mapping(keys.as_ref(), values.as_ref(), *length)?
            }
            CoreKind::Counter { keys, length } => {
                let counts = Core::new(CoreKind::Int(NumberBounds::default()));
                self.mapping(keys.as_ref(), Some(&counts), *length)?
            }
            CoreKind::FunctionBefore { schema, input } | CoreKind::FunctionWrap { schema, input } => {
                let used = match (self.mode(), input) {
                    (Mode::Validation, Some(input)) => input,
                    _ => schema,
                };
                return self.inner(Node::Schema(used));
            }
            CoreKind::FunctionPlain { input } => match (self.mode(), input) {
                (Mode::Validation, Some(input)) => return self.inner(Node::Schema(input)),
                _ => return Err(invalid("core_schema.PlainValidatorFunctionSchema")),
            },
            CoreKind::Default { schema, default, .. } => return self.with_default(schema, default.as_ref()),
            CoreKind::Nullable(schema) => return self.nullable(schema),
            CoreKind::Union { choices } => return self.union(choices),
            CoreKind::TaggedUnion { choices, discriminator } => self.tagged_union(choices, discriminator)?,
            CoreKind::Chain(steps) => {
                let step = match self.mode() {
                    Mode::Validation => steps.first(),
                    Mode::Serialization => steps.last(),
                };
                match step {
                    Some(step) => return self.inner(Node::Schema(step)),
                    None => JsonObject::new(),
                }
            }
            CoreKind::LaxOrStrict { lax, strict, is_strict } => {
                return self.inner(Node::Schema(if *is_strict { strict } else { lax }));
            }
            CoreKind::JsonOrPython { json, .. } => return self.inner(Node::Schema(json)),
            CoreKind::TypedDict { .. } => self.typed_dict(&core.kind)?,
            CoreKind::ModelFields { fields, computed, extras, .. } => {
                self.model_fields(fields, computed, extras.as_ref())?
            }
            CoreKind::Model { class, schema, config, root_extra, .. } => {
                return self.model(class, schema, config, root_extra.as_ref());
            }
            CoreKind::DataclassArgs { fields, computed, .. } => self.dataclass_fields(fields, computed)?,
            CoreKind::Dataclass { class, schema, config, extra_behavior, .. } => {
                self.dataclass(class, schema, config.as_ref(), extra_behavior.as_deref())?
            }
            CoreKind::NamedTuple { fields, .. } => self.named_tuple(fields)?,
            CoreKind::CustomError { schema: Some(schema) } => return self.inner(Node::Schema(schema)),
            CoreKind::CustomError { schema: None } => JsonObject::new(),
            CoreKind::Json { schema } => {
                let contents = match schema {
                    Some(schema) => self.inner(Node::Schema(schema))?,
                    None => Generated::Fresh(JsonObject::new()),
                };
                if self.mode() == Mode::Serialization {
                    return Ok(contents);
                }
                let mut object = typed("string");
                object.insert("contentMediaType".to_owned(), "application/json".into());
                object.insert("contentSchema".to_owned(), Json::Object(self.copied(contents)));
                object
            }
            CoreKind::Url { max_length } => address("uri", *max_length),
            CoreKind::MultiHostUrl { max_length } => address("multi-host-uri", *max_length),
            CoreKind::Uuid { .. } => formatted("uuid"),
            CoreKind::Definitions { schema, definitions } => {
                self.make_definitions(definitions)?;
                return self.inner(Node::Schema(schema));
            }
            CoreKind::DefinitionRef(reference) => {
                let mode = self.mode();
                let name = self.names.get_or_make(reference, mode);
                return Ok(super::reference_to(&name));
            }
        };
        Ok(Generated::Fresh(object))
    }

    fn make_definitions(&mut self, definitions: &[Shared]) -> Result<()> {
        for definition in definitions {
            match self.inner(Node::Schema(definition)) {
                Ok(_) => {}
                Err(Failure::Invalid(message)) => {
                    // An error only where the definition is needed.
                    if let Some(reference) = &definition.reference {
                        let mode = self.mode();
                        let name = self.names.get_or_make(reference, mode);
                        self.invalid.insert(name, message);
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    fn float(&mut self, bounds: &NumberBounds, bounds_as: BoundsAs) -> JsonObject {
        let mut object = typed("number");
        self.write_bounds(&mut object, bounds, bounds_as);
        object
    }

    /// Decimals and fractions: accepted as a number or a text, written as a text.
    fn number_or_text(&mut self, bounds: &NumberBounds, text: JsonObject) -> JsonObject {
        if self.mode() == Mode::Serialization {
            return text;
        }
        let number = self.float(bounds, BoundsAs::Floats);
        single("anyOf", vec![Json::Object(number), Json::Object(text)])
    }

    fn text(&mut self, length: LengthBounds, pattern: Option<&str>) -> JsonObject {
        let mut object = typed("string");
        write_lengths(&mut object, length, Lengths::Characters);
        if let Some(pattern) = pattern {
            object.insert("pattern".to_owned(), pattern.into());
        }
        if self.before(since::LENGTHS_OF_CONFIGURATION) {
            return object;
        }
        for (key, config_key) in [("minLength", "str_min_length"), ("maxLength", "str_max_length")] {
            let Some(value) = self.config().get(config_key).cloned() else { continue };
            if object.contains_key(key) || key == "minLength" && value.as_int() == Some(0) {
                continue;
            }
            match value.as_int() {
                Some(number) => {
                    object.insert(key.to_owned(), number.into());
                }
                None => {
                    self.context
                        .doubt(format!("`{config_key}` of a model's configuration is not known"), None);
                }
            }
        }
        object
    }

    /// FastAPI's `bytes_schema`, or Pydantic's where FastAPI has none of its own.
    fn bytes(&mut self, length: LengthBounds) -> JsonObject {
        let mut object = typed("string");
        let key = match self.mode() {
            Mode::Serialization => "ser_json_bytes",
            Mode::Validation => "val_json_bytes",
        };
        let is_base64 = self.config().text(key) == Some("base64");
        if self.context.versions.fastapi < fastapi_since::BYTES_HAVE_A_MEDIA_TYPE {
            let format = if is_base64 { "base64url" } else { "binary" };
            object.insert("format".to_owned(), format.into());
        } else {
            object.insert("contentMediaType".to_owned(), "application/octet-stream".into());
            if is_base64 {
                object.insert("contentEncoding".to_owned(), "base64".into());
            }
        }
        write_lengths(&mut object, length, Lengths::Characters);
        object
    }

    /// Dates, times and durations: a number where the configuration writes them as one.
    fn temporal(&mut self, format: &str, key: &str) -> JsonObject {
        if self.before(since::TIMES_AS_NUMBERS) {
            let as_number = format == "duration" && self.config().text("ser_json_timedelta") == Some("float");
            return if as_number { typed("number") } else { formatted(format) };
        }
        let written = self.config().text(key).unwrap_or("iso8601");
        if self.mode() == Mode::Serialization && written != "iso8601" {
            return typed("number");
        }
        formatted(format)
    }

    fn literal(&mut self, expected: &[Value]) -> JsonObject {
        let values = self.expected_values(expected);
        let mut object = JsonObject::new();
        let kind = common_type(&values, true);
        match <[Json; 1]>::try_from(values) {
            Ok([only]) => {
                if self.before(since::CONST_OR_ENUM) {
                    object.insert("enum".to_owned(), vec![only.clone()].into());
                }
                object.insert("const".to_owned(), only)
            }
            Err(values) => object.insert("enum".to_owned(), values.into()),
        };
        if let Some(kind) = kind {
            object.insert("type".to_owned(), kind.into());
        }
        object
    }

    /// The values of a literal or an enumeration, as JSON.
    pub(super) fn expected_values(&mut self, expected: &[Value]) -> Vec<Json> {
        expected
            .iter()
            .map(|value| {
                let value =
                    enumeration_value(self.context.interpreter, value).unwrap_or_else(|| value.clone());
                self.json(&value).unwrap_or(Json::Null)
            })
            .collect()
    }

    fn array(&mut self, items: Option<&Shared>, length: LengthBounds, unique: bool) -> Result<JsonObject> {
        let items = match items {
            Some(items) => self.inner_object(items)?,
            None => JsonObject::new(),
        };
        let mut object = typed("array");
        if unique {
            object.insert("uniqueItems".to_owned(), true.into());
        }
        object.insert("items".to_owned(), Json::Object(items));
        write_lengths(&mut object, length, Lengths::Items);
        Ok(object)
    }

    fn tuple(
        &mut self,
        items: &[Shared],
        variadic: Option<usize>,
        length: LengthBounds,
    ) -> Result<JsonObject> {
        let mut object = typed("array");
        let fixed = variadic.unwrap_or(items.len()).min(items.len());
        let mut prefix: Vec<Json> = Vec::with_capacity(fixed);
        for item in &items[..fixed] {
            prefix.push(Json::Object(self.inner_object(item)?));
        }
        if variadic.is_some() {
            if fixed > 0 {
                object.insert("minItems".to_owned(), fixed.into());
                object.insert("prefixItems".to_owned(), prefix.into());
            }
            // What stands behind the part of any length can't be told from it.
            let rest = match items.get(fixed) {
                Some(last) if fixed + 1 == items.len() => Json::Object(self.inner_object(last)?),
                _ => true.into(),
            };
            object.insert("items".to_owned(), rest);
        } else {
            if !prefix.is_empty() {
                object.insert("prefixItems".to_owned(), prefix.into());
            }
            object.insert("minItems".to_owned(), fixed.into());
            object.insert("maxItems".to_owned(), fixed.into());
        }
        write_lengths(&mut object, length, Lengths::Items);
        Ok(object)
    }

    fn mapping(
        &mut self,
        keys: Option<&Shared>,
        values: Option<&Shared>,
        length: LengthBounds,
    ) -> Result<JsonObject> {
        let mut object = typed("object");
        let mut keys = match keys {
            Some(keys) => self.inner_object(keys)?,
            None => JsonObject::new(),
        };
        let mut pattern = None;
        if !keys.contains_key("$ref") {
            pattern = keys.shift_remove("pattern");
            keys.shift_remove("title");
        }
        let mut values = match values {
            Some(values) => self.inner_object(values)?,
            None => JsonObject::new(),
        };
        values.shift_remove("title");
        match pattern {
            Some(Json::String(pattern)) => {
                let values = single(&pattern, values);
                object.insert("patternProperties".to_owned(), Json::Object(values));
            }
            _ if values.is_empty() && self.before(since::ANY_VALUES_ARE_SAID) => {}
            _ if values.is_empty() => {
                object.insert("additionalProperties".to_owned(), true.into());
            }
            _ => {
                object.insert("additionalProperties".to_owned(), Json::Object(values));
            }
        }
        let restricted = keys.get("type").and_then(Json::as_str) == Some("string") && keys.len() > 1;
        if (restricted || keys.contains_key("$ref")) && !self.before(since::PROPERTY_NAMES) {
            keys.shift_remove("type");
            object.insert("propertyNames".to_owned(), Json::Object(keys));
        }
        write_lengths(&mut object, length, Lengths::Properties);
        Ok(object)
    }
}

/// What a decimal looks like as a text.
fn decimal_pattern(max_digits: Option<i64>, decimal_places: Option<i64>) -> String {
    let tail = match (max_digits, decimal_places) {
        (Some(digits), Some(places)) => {
            let (whole, all) = ((digits - places).max(0), digits + 1);
            format!(r"(?:\d{{0,{whole}}}|(?=[\d.]{{1,{all}}}0*$)\d{{0,{whole}}}\.\d{{0,{places}}}0*$)")
        }
        (Some(digits), None) => {
            let all = digits + 1;
            format!(r"(?:\d{{0,{digits}}}|(?=[\d.]{{1,{all}}}0*$)\d*\.\d*0*$)")
        }
        (None, Some(places)) => format!(r"\d*\.?\d{{0,{places}}}0*$"),
        (None, None) => r"\d*\.?\d*$".to_owned(),
    };
    format!("^(?!^[-+.]*$)[+-]?0*{tail}")
}

/// `handle_invalid_for_json_schema`.
fn invalid(what: &str) -> Failure {
    Failure::Invalid(format!("Pydantic can't generate a JSON Schema for {what}"))
}

fn address(format: &str, max_length: Option<i64>) -> JsonObject {
    let mut object = formatted(format);
    object.insert("minLength".to_owned(), 1.into());
    write_lengths(&mut object, LengthBounds { min: None, max: max_length }, Lengths::Characters);
    object
}

/// The JSON type that all values have, where they have one in common.
pub(super) fn common_type(values: &[Json], with_null: bool) -> Option<&'static str> {
    let kind = |value: &Json| match value {
        Json::String(_) => Some("string"),
        Json::Bool(_) => Some("boolean"),
        Json::Number(number) if number.is_f64() => Some("number"),
        Json::Number(_) => Some("integer"),
        Json::Array(_) => Some("array"),
        Json::Null if with_null => Some("null"),
        _ => None,
    };
    let first = kind(values.first()?)?;
    values.iter().all(|value| kind(value) == Some(first)).then_some(first)
}

/// Whether a schema allows `None`, looked at through what may stand around it (`_is_nullable_schema`).
fn is_nullable(mut core: &Core) -> bool {
    loop {
        core = match &core.kind {
            CoreKind::Default { schema, .. }
            | CoreKind::FunctionBefore { schema, .. }
            | CoreKind::FunctionAfter(schema)
            | CoreKind::FunctionWrap { schema, .. } => schema,
            CoreKind::Chain(steps) => match steps.last() {
                Some(last) => last,
                None => return false,
            },
            CoreKind::LaxOrStrict { lax, strict, is_strict } => {
                if *is_strict {
                    strict
                } else {
                    lax
                }
            }
            CoreKind::JsonOrPython { json, .. } => json,
            other => return matches!(other, CoreKind::Nullable(_)),
        };
    }
}
