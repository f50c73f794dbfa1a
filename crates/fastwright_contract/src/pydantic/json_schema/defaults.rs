//! Defaults in JSON Schema (`default_schema`, `encode_default`).

use super::{Generated, Generator, Node, Result, place_of};
use crate::json::{BytesForm, Temporal, Unwritable, Writing, encode};
use crate::pydantic::core_schema::{Core, CoreKind, Mode, Serialization, Shared, WhenUsed};
use fastwright_python::value::{Arguments, Kind, Symbolic, Value};

impl Generator<'_, '_, '_> {
    /// The schema with its default, where there is one that can be written. What a factory makes never
    /// shows.
    pub(super) fn with_default(&mut self, schema: &Shared, default: Option<&Value>) -> Result<Generated> {
        let mut generated = self.inner(Node::Schema(schema))?;
        let Some(default) = default.filter(|default| !is_missing(default)) else { return Ok(generated) };
        let mut default = default.clone();
        if self.mode() == Mode::Serialization {
            match self.serialized_default(schema, &default) {
                Some(value) => default = value,
                None => return Ok(generated),
            }
        }
        let writing = self.writing();
        let encoded = if has_no_adapter(&default) {
            Err(Unwritable::NotSerializable)
        } else {
            encode(self.context, &default, &writing)
        };
        match encoded {
            Ok(json) => {
                self.object_mut(&mut generated).insert("default".to_owned(), json);
            }
            // Pydantic warns and leaves the default out.
            Err(Unwritable::NotSerializable) => {}
            Err(Unwritable::NotKnown(reason, location)) => {
                let location = location.or_else(|| place_of(&default));
                self.context.doubt(format!("the default of a field is not known: {reason}"), location);
            }
        }
        Ok(generated)
    }

    /// What the plain serializer of the type makes of the default; none where it fails or is not known.
    fn serialized_default(&mut self, schema: &Core, default: &Value) -> Option<Value> {
        let Some((function, when_used)) = plain_serializer(schema) else { return Some(default.clone()) };
        let spares_none = matches!(when_used, WhenUsed::UnlessNone | WhenUsed::JsonUnlessNone);
        if default.is_none() && spares_none {
            return Some(default.clone());
        }
        // Serializers of libraries write what the value is written as anyway.
        let Some(function) = function else { return Some(default.clone()) };
        let arguments = Arguments::of([default.clone()]);
        // Where it raises, Pydantic warns and leaves the default out.
        self.context.interpreter.call_from_outside(function, arguments).ok()
    }

    /// How the configuration has defaults written (`encode_default`): times as in the schema, which knows
    /// other forms than texts in serialization only.
    fn writing(&mut self) -> Writing {
        let writes = self.mode() == Mode::Serialization;
        let config = self.config();
        let temporal = match config.text("ser_json_temporal").filter(|_| writes) {
            Some("seconds") => Some(Temporal::Seconds),
            Some("milliseconds") => Some(Temporal::Milliseconds),
            Some(_) => Some(Temporal::Iso8601),
            None => None,
        };
        let bytes = match config.text("ser_json_bytes") {
            Some("base64") => BytesForm::Base64,
            Some("hex") => BytesForm::Hex,
            _ => BytesForm::Utf8,
        };
        Writing {
            temporal,
            durations_as_seconds: writes && config.text("ser_json_timedelta") == Some("float"),
            bytes,
            sorts_set: true,
            ..Writing::default()
        }
    }
}

/// The function of a `function-plain` serializer without `info`, looked for through validators around the
/// type (`_get_ser_schema_for_default_value`).
fn plain_serializer(mut schema: &Core) -> Option<(Option<&Value>, WhenUsed)> {
    loop {
        if let Some(serialization) = &schema.serialization
            && let Serialization::Function { function, takes_info: false, when_used, wraps: false, .. } =
                &**serialization
        {
            return Some((function.as_ref(), *when_used));
        }
        schema = match &schema.kind {
            CoreKind::FunctionBefore { schema, .. }
            | CoreKind::FunctionAfter(schema)
            | CoreKind::FunctionWrap { schema, .. } => schema,
            _ => return None,
        };
    }
}

/// `MISSING`.
fn is_missing(value: &Value) -> bool {
    value.as_external().is_some_and(|name| {
        matches!(name.as_str(), "pydantic.experimental.missing_sentinel.MISSING" | "pydantic_core.MISSING")
    })
}

/// Whether Pydantic makes no adapter for the type of a value that it could write inside of others.
fn has_no_adapter(value: &Value) -> bool {
    match value.kind() {
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, .. } => callee.as_external().is_some_and(|name| {
                matches!(name.as_str(), "collections.defaultdict" | "builtins.bytearray" | "builtins.range")
            }),
            _ => false,
        },
        _ => false,
    }
}
