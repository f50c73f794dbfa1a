//! JSON, TOML and YAML text as values: `json.loads`, `tomllib.load`, `yaml.safe_load`.

use super::{Evaluated, Interpreter, Mode};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

/// Nodes of the largest document that is made into values.
pub(super) const LARGEST_DOCUMENT: usize = 50_000;
/// How deep documents nest, at most.
pub(super) const DEEPEST_DOCUMENT: usize = 64;

/// Why a text gives no value.
#[derive(Debug)]
pub(super) enum Malformed {
    /// The format does not allow it.
    Broken,
    /// It is not followed, for this reason: one sentence without a full stop.
    TooMuch(&'static str),
}

impl Interpreter<'_> {
    /// Calls a function that reads a document. Nothing when it is none, or the text is not known.
    pub(crate) fn call_document_function(
        &mut self,
        name: Name,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        let (module, function) = name.owner_and_last()?;
        let exception = match (module, function) {
            ("json" | "simplejson" | "ujson" | "orjson", "load" | "loads") => "json.JSONDecodeError",
            ("tomllib" | "tomli" | "toml" | "rtoml", "load" | "loads") => "tomllib.TOMLDecodeError",
            ("yaml", "safe_load" | "full_load" | "unsafe_load" | "load") => "yaml.YAMLError",
            _ => return None,
        };
        if self.mode == Mode::Summary || arguments.incomplete {
            return None;
        }
        match arguments.get(1, "Loader") {
            // Hooks and classes of the program make of it what they like.
            Some(loader) if module == "yaml" && function == "load" => {
                let plain = loader.as_external().is_some_and(|name| is_plain_loader(&name));
                if !plain {
                    return None;
                }
            }
            None if arguments.positional.len() == 1 && arguments.keywords.is_empty() => {}
            _ => return None,
        }
        let source = arguments.positional.first()?.clone();
        let contents = match source.kind() {
            Kind::Instance(_) => self.read_stream(&source)?,
            // `toml.load` takes the path of a file as well.
            Kind::Str(_) if module == "toml" && function == "load" => {
                self.data_file_text(source.as_str()?, span)?
            }
            _ => source.clone(),
        };
        let text = match contents.kind() {
            Kind::Str(text) => text.to_string(),
            Kind::Bytes(bytes) => std::str::from_utf8(bytes).ok()?.to_owned(),
            _ => return None,
        };
        let setting = contents.configurable();
        let made = match module {
            "yaml" => self.yaml_document(&text, setting),
            "json" | "simplejson" | "ujson" | "orjson" => self.json_document(&text, setting),
            _ => self.toml_document(&text, setting),
        };
        Some(match made {
            Ok(value) => Ok(value.with_configurable(setting)),
            Err(Malformed::TooMuch(reason)) => Ok(Value::unknown(reason, Some(self.here(span)))),
            Err(Malformed::Broken) => {
                self.raised_by_library(exception, format!("what `{name}` is given is malformed"), span)
            }
        })
    }

    fn json_document(&mut self, text: &str, setting: Option<ConfigurableId>) -> Result<Value, Malformed> {
        match serde_json::from_str(text) {
            Ok(document) => self.json_value(&document, setting, &mut { LARGEST_DOCUMENT }),
            // Python reads these names, the standard does not know them.
            Err(_) if text.contains("NaN") || text.contains("Infinity") => {
                Err(Malformed::TooMuch("the document has numbers that are not followed"))
            }
            Err(error) if error.to_string().contains("recursion limit") => {
                Err(Malformed::TooMuch("the document nests too deeply"))
            }
            Err(_) => Err(Malformed::Broken),
        }
    }

    fn json_value(
        &mut self,
        document: &serde_json::Value,
        setting: Option<ConfigurableId>,
        left: &mut usize,
    ) -> Result<Value, Malformed> {
        use serde_json::Value as Json;
        spend(left)?;
        let value = match document {
            Json::Null => Value::NONE,
            Json::Bool(value) => Value::bool(*value),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Value::int(integer),
                (None, Some(float)) if float.abs() < i64::MAX as f64 => Kind::Float(float).into(),
                _ => Value::unknown("numbers beyond 64 bits are not followed", None),
            },
            Json::String(text) => Value::str(text),
            Json::Array(items) => {
                let items: Result<Vec<Value>, Malformed> =
                    items.iter().map(|item| self.json_value(item, setting, left)).collect();
                self.list(items?)
            }
            Json::Object(entries) => {
                let mut made = Vec::with_capacity(entries.len());
                for (key, item) in entries {
                    made.push((Value::str(key), self.json_value(item, setting, left)?));
                }
                self.dict(made)
            }
        };
        Ok(value.with_configurable(setting))
    }

    fn toml_document(&mut self, text: &str, setting: Option<ConfigurableId>) -> Result<Value, Malformed> {
        let table: toml::Table = text.parse().map_err(|_| Malformed::Broken)?;
        self.toml_value(&toml::Value::Table(table), setting, &mut { LARGEST_DOCUMENT })
    }

    fn toml_value(
        &mut self,
        document: &toml::Value,
        setting: Option<ConfigurableId>,
        left: &mut usize,
    ) -> Result<Value, Malformed> {
        spend(left)?;
        let value = match document {
            toml::Value::String(text) => Value::str(text),
            toml::Value::Integer(number) => Value::int(*number),
            toml::Value::Float(number) => Kind::Float(*number).into(),
            toml::Value::Boolean(value) => Value::bool(*value),
            toml::Value::Datetime(_) => Value::unknown("dates are not followed", None),
            toml::Value::Array(items) => {
                let items: Result<Vec<Value>, Malformed> =
                    items.iter().map(|item| self.toml_value(item, setting, left)).collect();
                self.list(items?)
            }
            toml::Value::Table(entries) => {
                let mut made = Vec::with_capacity(entries.len());
                for (key, item) in entries {
                    made.push((Value::str(key), self.toml_value(item, setting, left)?));
                }
                self.dict(made)
            }
        };
        Ok(value.with_configurable(setting))
    }
}

/// Pays for one node of a document.
pub(super) fn spend(left: &mut usize) -> Result<(), Malformed> {
    match left.checked_sub(1) {
        Some(rest) => {
            *left = rest;
            Ok(())
        }
        None => Err(Malformed::TooMuch("the document is too large to be followed")),
    }
}

/// Whether a loader of PyYAML makes nothing but plain values; the base loader makes texts of everything.
fn is_plain_loader(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    name.starts_with("yaml.")
        && matches!(
            last.strip_prefix('C').unwrap_or(last),
            "SafeLoader" | "FullLoader" | "Loader" | "UnsafeLoader"
        )
}
