//! Settings that variables of the environment set (pydantic-settings 2.16 `sources/base.py`,
//! `sources/providers/env.py`): which variable a field reads, and what its text becomes.

use super::pydantic::SETTINGS;
use fastwright_python::interpreter::{Interpreter, is_none_type};
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// What a variable of the environment that is set makes of a field of a settings class; nothing where none
/// sets it. `written` is what the class assigns to the field.
pub(super) fn set_by_variable(
    interpreter: &mut Interpreter<'_>,
    class: &Value,
    field: Name,
    written: Option<&Value>,
) -> Option<Value> {
    if interpreter.variables().is_empty() || !interpreter.derives_from(class, SETTINGS) {
        return None;
    }
    let configured = |interpreter: &mut Interpreter<'_>, key: &str| configured(interpreter, class, key);
    let is_on = |value: Option<Value>| value.and_then(|value| value.as_bool()).unwrap_or(false);
    let prefix = configured(interpreter, "env_prefix").unwrap_or_else(|| Value::str(""));
    let is_exact = is_on(configured(interpreter, "case_sensitive"));
    let ignores_empty = is_on(configured(interpreter, "env_ignore_empty"));
    let delimiter = configured(interpreter, "env_nested_delimiter").filter(|value| !value.is_none());
    let names = match aliases(written) {
        Aliases::None => match prefix.as_str() {
            Some(prefix) => vec![format!("{prefix}{field}")],
            None => return Some(undecided(field)),
        },
        Aliases::Are(names) => names,
        Aliases::Unknown => return Some(undecided(field)),
    };
    let folded = |text: &str| if is_exact { text.to_owned() } else { text.to_lowercase() };
    for name in names {
        let wanted = folded(&name);
        let mut inside = false;
        let mut text = None;
        for (variable, value) in interpreter.variables() {
            let variable = folded(variable);
            if variable == wanted && !(ignores_empty && value.is_empty()) {
                text = Some(value.clone());
            }
            inside |= match &delimiter {
                Some(delimiter) => delimiter.as_str().is_none_or(|delimiter| {
                    variable.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with(&folded(delimiter)))
                }),
                None => false,
            };
        }
        if inside {
            return Some(undecided(field));
        }
        if let Some(text) = text {
            let annotation = interpreter.annotation_in_class(class, field);
            let annotation = annotation.map(|(annotation, _)| interpreter.evaluate_annotation(&annotation));
            return Some(
                annotation.and_then(|kind| converted(&kind, &text)).unwrap_or_else(|| undecided(field)),
            );
        }
    }
    None
}

/// The setting that a field of a settings class is.
pub(super) fn setting(
    interpreter: &mut Interpreter<'_>,
    class: &Value,
    field: Name,
) -> Option<ConfigurableId> {
    let class_name = super::describe(interpreter, class);
    let class_name = class_name.rsplit_once('.').map_or(class_name.as_str(), |(_, name)| name);
    interpreter.configurable(format!("{class_name}.{field}"))
}

fn undecided(field: Name) -> Value {
    Value::unknown(
        format!("what variables of the environment make of the setting `{field}` is not known"),
        None,
    )
}

/// A key of `model_config`, or of the older `class Config`.
fn configured(interpreter: &mut Interpreter<'_>, class: &Value, key: &str) -> Option<Value> {
    if let Some((config, _)) = interpreter.find_in_class(class, Name::from("model_config")) {
        let entries = interpreter.entries(&config)?;
        return entries.into_iter().find(|(name, _)| name.as_str() == key).map(|(_, value)| value);
    }
    let (config, _) = interpreter.find_in_class(class, Name::from("Config"))?;
    interpreter.find_in_class(&config, Name::from(key)).map(|(value, _)| value)
}

enum Aliases {
    None,
    Are(Vec<String>),
    Unknown,
}

/// The names that `Field(alias=...)` gives: they take no prefix.
fn aliases(written: Option<&Value>) -> Aliases {
    let Some(Symbolic::Call { callee, arguments, .. }) = written.and_then(Value::as_symbolic) else {
        return Aliases::None;
    };
    if callee.as_external().is_none_or(|callee| callee != "pydantic.fields.Field") {
        return Aliases::None;
    }
    let given = |name: &str| arguments.keyword(name).filter(|value| !value.is_none());
    let Some(alias) = given("validation_alias").or_else(|| given("alias")) else { return Aliases::None };
    if let Some(alias) = alias.as_str() {
        return Aliases::Are(vec![alias.to_owned()]);
    }
    let Some(Symbolic::Call { callee, arguments, .. }) = alias.as_symbolic() else { return Aliases::Unknown };
    if callee.as_external().is_none_or(|callee| !callee.ends_with(".AliasChoices")) {
        return Aliases::Unknown;
    }
    let texts = arguments.positional.iter().map(|alias| alias.as_str().map(str::to_owned));
    texts.collect::<Option<Vec<String>>>().map_or(Aliases::Unknown, Aliases::Are)
}

/// What Pydantic makes of a text for a plain type.
fn converted(annotation: &Value, text: &str) -> Option<Value> {
    if let Some(Symbolic::Binary { left, right, .. }) = annotation.as_symbolic() {
        return match (is_none_type(left), is_none_type(right)) {
            (false, true) => converted(left, text),
            (true, false) => converted(right, text),
            _ => None,
        };
    }
    if let Some(Symbolic::Item { base, index }) = annotation.as_symbolic() {
        return match base.as_external()?.as_str() {
            "typing.Optional" => converted(index, text),
            "typing.Literal" => {
                let choices = match index.kind() {
                    Kind::Tuple(choices) => choices.to_vec(),
                    _ => vec![index.clone()],
                };
                choices.into_iter().find(|choice| choice.as_str() == Some(text))
            }
            _ => None,
        };
    }
    let trimmed = text.trim();
    match annotation.as_external()?.as_str() {
        "builtins.str" => Some(Value::str(text)),
        "builtins.bool" => match text.to_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Some(Value::bool(true)),
            "0" | "false" | "f" | "no" | "n" | "off" => Some(Value::bool(false)),
            _ => None,
        },
        "builtins.int" => trimmed.parse().ok().map(Value::int),
        "builtins.float" => trimmed.parse::<f64>().ok().map(|number| Kind::Float(number).into()),
        _ => None,
    }
}
