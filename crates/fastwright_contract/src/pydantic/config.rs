//! `model_config`: what configures a model, as far as it shows in schemas.

use crate::context::Context;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// The merged configuration of a model, dataclass or typed dict: the keys of `ConfigDict` that are set,
/// with their values (Pydantic 2.14 `_internal/_config.py`, `ConfigWrapper`).
#[derive(Debug, Clone, Default)]
pub struct ModelConfig {
    /// Keys in the order they were first set.
    pub values: OrderedMap<Name, Value>,
}

impl ModelConfig {
    /// The value of a key that is set to something other than `None`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(&Name::from(key)).filter(|value| !value.is_none())
    }

    /// The truth of a boolean key; `default` where it is not set.
    pub fn flag(&self, key: &str, default: bool) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(default)
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::as_str)
    }
}

/// Keys of `ConfigDict`, which a class statement may set as keywords.
const KEYS: &[&str] = &[
    "title",
    "model_title_generator",
    "field_title_generator",
    "str_to_lower",
    "str_to_upper",
    "str_strip_whitespace",
    "str_min_length",
    "str_max_length",
    "extra",
    "frozen",
    "populate_by_name",
    "use_enum_values",
    "validate_assignment",
    "arbitrary_types_allowed",
    "from_attributes",
    "loc_by_alias",
    "alias_generator",
    "ignored_types",
    "allow_inf_nan",
    "json_schema_extra",
    "json_encoders",
    "strict",
    "revalidate_instances",
    "ser_json_timedelta",
    "ser_json_temporal",
    "val_temporal_unit",
    "ser_json_bytes",
    "val_json_bytes",
    "ser_json_inf_nan",
    "validate_default",
    "validate_return",
    "protected_namespaces",
    "hide_input_in_errors",
    "defer_build",
    "plugin_settings",
    "schema_generator",
    "json_schema_serialization_defaults_required",
    "json_schema_mode_override",
    "coerce_numbers_to_str",
    "regex_engine",
    "validation_error_cause",
    "use_attribute_docstrings",
    "cache_strings",
    "validate_by_alias",
    "validate_by_name",
    "serialize_by_alias",
    "url_preserve_empty_path",
    "polymorphic_serialization",
];

/// The configuration of a model: its bases', what its body says, keywords of the class statement.
pub(super) fn of_model(
    context: &mut Context<'_, '_>,
    class: ObjectId,
    known: &mut FxHashMap<ObjectId, Rc<ModelConfig>>,
) -> Rc<ModelConfig> {
    if let Some(known) = known.get(&class) {
        return Rc::clone(known);
    }
    known.insert(class, Rc::default());
    let Some(object) = context.interpreter.class(class) else { return Rc::default() };
    let (bases, keywords, location) = (object.bases.clone(), object.keywords.clone(), object.location);
    let own = |name: &str| object.attributes.get(&Name::from(name)).cloned();
    let (dict, old) = (own("model_config"), own("Config"));
    let mut config = ModelConfig::default();
    for base in bases {
        match *base.kind() {
            Kind::Class(base) => config.values.extend(of_model(context, base, known).values.clone()),
            Kind::External(name) if name == "sqlmodel.main.SQLModel" => {
                config.values.insert(Name::from("from_attributes"), Value::bool(true));
            }
            // pydantic-settings 2 forbids what it does not know.
            Kind::External(name) if name == "pydantic_settings.main.BaseSettings" => {
                for (key, value) in [
                    ("extra", Value::str("forbid")),
                    ("arbitrary_types_allowed", Value::bool(true)),
                    ("validate_default", Value::bool(true)),
                ] {
                    config.values.insert(Name::from(key), value);
                }
            }
            _ => {}
        }
    }
    if let Some(dict) = dict {
        match entries(context, &dict) {
            Some(entries) => config.values.extend(entries),
            None => context.doubt("`model_config` is not known", Some(location)),
        }
    } else if let Some(old) = old {
        config.values.extend(of_old_class(context, &old));
    }
    for (name, value) in keywords {
        if KEYS.contains(&name.as_str()) {
            config.values.insert(name, value);
        }
    }
    let config = Rc::new(effective(config));
    known.insert(class, Rc::clone(&config));
    config
}

/// The entries of a dict, or of a call that makes one.
pub(super) fn entries(context: &mut Context<'_, '_>, value: &Value) -> Option<Vec<(Name, Value)>> {
    match value.as_symbolic() {
        Some(Symbolic::Call { arguments, .. })
            if !arguments.incomplete && arguments.positional.is_empty() =>
        {
            Some(arguments.keywords.to_vec())
        }
        _ => context.interpreter.entries(value),
    }
}

/// `class Config:` with what it inherits, in the order of `dir()`.
fn of_old_class(context: &mut Context<'_, '_>, class: &Value) -> Vec<(Name, Value)> {
    let mut found: OrderedMap<Name, Value> = OrderedMap::default();
    for owner in context.interpreter.class_order(class).iter().rev() {
        let Kind::Class(owner) = *owner.kind() else { continue };
        let Some(object) = context.interpreter.class(owner) else { continue };
        for (name, value) in &object.attributes {
            if !name.starts_with("__") {
                found.insert(*name, value.clone());
            }
        }
    }
    let mut found: Vec<(Name, Value)> = found.into_iter().collect();
    found.sort_by(|left, right| left.0.as_str().cmp(right.0.as_str()));
    found
}

/// The configuration in effect, with the deprecated settings applied.
pub(super) fn effective(mut config: ModelConfig) -> ModelConfig {
    if config.get("validate_by_name").is_none() {
        if let Some(by_name) = config.get("populate_by_name").cloned() {
            config.values.insert(Name::from("validate_by_alias"), Value::bool(true));
            config.values.insert(Name::from("validate_by_name"), by_name);
        } else if !config.flag("validate_by_alias", true) {
            config.values.insert(Name::from("validate_by_name"), Value::bool(true));
        }
    }
    config
}
