//! Pydantic: models and settings (Pydantic 2.14 `main.py`, `fields.py`; pydantic-settings 2).

use super::settings::{set_by_variable, setting};
use crate::registry::{Decoration, Registry};
use fastwright_python::interpreter::{Evaluated, Interpreter, Mode};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::*;
use std::rc::Rc;

pub(crate) const MODEL: &str = "pydantic.main.BaseModel";
pub(crate) const SETTINGS: &str = "pydantic_settings.main.BaseSettings";

/// What `__get_pydantic_json_schema__` is handed to get the schema that it changes. Calling one gives the
/// answer for the core schema asked for, where it is known already; questions without an answer are
/// remembered, so that whoever made the handler can answer them and run the function anew.
pub const JSON_SCHEMA_HANDLER: &str = "pydantic.annotated_handlers.GetJsonSchemaHandler";
/// Attribute of a handler: the list of core schemas that were asked for.
pub const ASKED: &str = "fastwright asked";
/// Attribute of a handler: the list of answers, for the first of the questions.
pub const ANSWERS: &str = "fastwright answers";
/// Attribute of a handler: definitions by the reference to them.
pub const DEFINITIONS: &str = "fastwright definitions";

pub(super) fn call(
    interpreter: &mut Interpreter<'_>,
    callee: &str,
    arguments: &Arguments,
    site: Location,
) -> Option<Evaluated> {
    match callee {
        "pydantic.main.create_model" => Some(Ok(create_model(interpreter, arguments, site)?)),
        _ if callee.starts_with("pydantic.alias_generators.") => {
            let name = arguments.positional.first()?.as_str()?;
            Some(Ok(Value::str(&super::alias_generators::generated(callee, name)?)))
        }
        // A typed dict is a dict.
        "pydantic.config.ConfigDict" | "pydantic_settings.main.SettingsConfigDict"
            if !arguments.incomplete =>
        {
            let mut entries = match arguments.positional.first() {
                Some(first) => interpreter.entries(first)?,
                None => Vec::new(),
            };
            entries.extend(arguments.keywords.iter().cloned());
            let entries = entries.into_iter().map(|(name, value)| (Value::str(&name), value)).collect();
            Some(Ok(interpreter.dict(entries)))
        }
        // Decorators without arguments keep what they decorate.
        "pydantic.validate_call" | "pydantic.validate_arguments"
            if arguments.positional.len() == 1 && arguments.keywords.is_empty() =>
        {
            Some(Ok(arguments.positional.first()?.clone()))
        }
        "pydantic.fields.computed_field" | "pydantic.functional_serializers.model_serializer"
            if arguments.positional.len() == 1 && arguments.keywords.is_empty() =>
        {
            let decorated = arguments.positional.first()?.clone();
            Some(Ok(decoration(interpreter, callee, &Arguments::default(), decorated)))
        }
        _ => None,
    }
}

/// Decorators made with arguments: `@field_validator("name")` keeps the function.
pub(super) fn decorate(
    interpreter: &mut Interpreter<'_>,
    made_by: &str,
    bound: &Arguments,
    arguments: &Arguments,
) -> Option<Evaluated> {
    let keeps = matches!(
        made_by,
        "pydantic.functional_validators.field_validator"
            | "pydantic.functional_validators.model_validator"
            | "pydantic.functional_serializers.field_serializer"
            | "pydantic.functional_serializers.model_serializer"
            | "pydantic.fields.computed_field"
            | "pydantic.validator"
            | "pydantic.root_validator"
    );
    if !keeps {
        return None;
    }
    let decorated = arguments.positional.first()?.clone();
    Some(Ok(decoration(interpreter, made_by, bound, decorated)))
}

/// Remembers what a decorator was given. A function that stands outside of a class may be decorated for
/// several classes: each gets its own.
fn decoration(
    interpreter: &mut Interpreter<'_>,
    name: &str,
    arguments: &Arguments,
    decorated: Value,
) -> Value {
    let Some(mut function) = interpreter.plain_function(&decorated) else { return decorated };
    let mut result = decorated;
    if function.class.is_none() {
        function = interpreter.copy_function(&function);
        let copy: Value = Kind::Function(Rc::clone(&function)).into();
        result = match result.kind() {
            Kind::Descriptor(descriptor) => {
                Kind::Descriptor(Rc::new(Descriptor { kind: descriptor.kind, function: copy })).into()
            }
            Kind::Function(_) => copy,
            _ => return result,
        };
    }
    interpreter
        .extension_mut::<Registry>()
        .decorations
        .entry(function.serial)
        .or_default()
        .push(Decoration { name: Name::from(name), arguments: arguments.clone() });
    result
}

fn create_model(interpreter: &mut Interpreter<'_>, arguments: &Arguments, site: Location) -> Option<Value> {
    let name = Name::from(arguments.get(0, "model_name")?.as_str().unwrap_or("<model>"));
    let base = arguments.keyword("__base__").cloned().filter(|base| !base.is_none());
    let bases = match base {
        Some(base) => interpreter.elements(&base).unwrap_or_else(|| vec![base]),
        None => vec![Value::external(MODEL)],
    };
    let module = interpreter.module_of_file(site.file)?;
    let class = interpreter.new_class(None, None, name, name, module, bases, site);
    for (field, definition) in &arguments.keywords {
        let special = match field.as_str() {
            "__config__" => Some("model_config"),
            "__doc__" => Some("__doc__"),
            "__module__" => Some("__module__"),
            "__qualname__" => Some("__qualname__"),
            _ => None,
        };
        if let Some(special) = special
            && !definition.is_none()
            && let Object::Class(object) = interpreter.object_mut(class)
        {
            object.attributes.insert(Name::from(special), definition.clone());
        }
        if *field == "__cls_kwargs__" || *field == "__validators__" {
            let entries = interpreter.entries(definition).unwrap_or_default();
            if let Object::Class(object) = interpreter.object_mut(class) {
                if *field == "__cls_kwargs__" {
                    object.keywords.extend(entries);
                } else {
                    object.attributes.extend(entries);
                }
            }
        }
        if field.starts_with("__") || *field == "**" {
            continue;
        }
        let (annotation, default) = match definition.kind() {
            Kind::Tuple(parts) if parts.len() == 2 => (parts[0].clone(), Some(parts[1].clone())),
            _ => (definition.clone(), None),
        };
        if let Object::Class(object) = interpreter.object_mut(class) {
            object.annotations.insert(*field, (Annotation::Given(annotation), site));
            if let Some(default) = default.filter(|default| !matches!(default.kind(), Kind::Ellipsis)) {
                object.attributes.insert(*field, default);
            }
        }
    }
    Some(Kind::Class(class).into())
}

pub(super) fn method(
    interpreter: &mut Interpreter<'_>,
    owner: &str,
    name: &str,
    receiver: &Value,
    arguments: &Arguments,
    site: Location,
) -> Option<Evaluated> {
    if owner == JSON_SCHEMA_HANDLER {
        return handle(interpreter, name, receiver, arguments);
    }
    if owner == MODEL && name == "__get_pydantic_json_schema__" {
        let core_schema = arguments.get(0, "core_schema")?.clone();
        let handler = arguments.get(1, "handler")?.clone();
        return handle(interpreter, "__call__", &handler, &Arguments::of([core_schema]));
    }
    if owner == MODEL && name == "model_rebuild" {
        if let Some(module) = interpreter.module_of_file(site.file) {
            let rebuilt = &mut interpreter.extension_mut::<Registry>().rebuilt_in;
            if !rebuilt.contains(&module) {
                rebuilt.push(module);
            }
        }
        return Some(Ok(Value::NONE));
    }
    if owner != MODEL || name != "__init__" {
        return None;
    }
    let values = super::model_instances::values(interpreter, receiver, arguments, site)?;
    let given = copied_arguments(interpreter, arguments);
    if let Kind::Instance(id) = *receiver.kind()
        && let Some(instance) = interpreter.instance_mut(id)
    {
        instance.attributes.extend(values);
        // What is given now is validated, whatever becomes of the lists and dicts later.
        if let Some(given) = given {
            instance.arguments = given.into();
        }
    }
    Some(Ok(Value::NONE))
}

/// Arguments with lists and dicts of their own; none where there are no such.
fn copied_arguments(interpreter: &mut Interpreter<'_>, arguments: &Arguments) -> Option<Arguments> {
    let collection = |value: &Value| matches!(value.kind(), Kind::List(_) | Kind::Dict(_) | Kind::Set(_));
    let keywords = arguments.keywords.iter().map(|(_, value)| value);
    if !arguments.positional.iter().chain(keywords).any(collection) {
        return None;
    }
    let mut copied = arguments.clone();
    let keywords = copied.keywords.iter_mut().map(|(_, value)| value);
    for value in copied.positional.iter_mut().chain(keywords) {
        *value = interpreter.copied_collections(value);
    }
    Some(copied)
}

/// What a handler of JSON Schemas answers.
fn handle(
    interpreter: &mut Interpreter<'_>,
    name: &str,
    receiver: &Value,
    arguments: &Arguments,
) -> Option<Evaluated> {
    let Kind::Instance(id) = *receiver.kind() else { return None };
    let kept = |interpreter: &Interpreter<'_>, name: &str| {
        interpreter.instance(id)?.attributes.get(&Name::from(name)).cloned()
    };
    let given = arguments.positional.first()?;
    match name {
        "__call__" => {
            let asked = kept(interpreter, ASKED)?;
            let answers = kept(interpreter, ANSWERS)?;
            let questions = interpreter.elements(&asked).unwrap_or_default();
            let answers = interpreter.elements(&answers).unwrap_or_default();
            let known = questions.iter().position(|question| question.same(given));
            if let Some(answer) = known.and_then(|index| answers.get(index)) {
                return Some(Ok(answer.clone()));
            }
            if known.is_none()
                && let Kind::List(list) = *asked.kind()
                && let Object::List(list) = interpreter.object_mut(list)
            {
                list.items.push(given.clone());
            }
            Some(Ok(Value::unknown("the schema is not generated yet", None)))
        }
        "resolve_ref_schema" => {
            let Kind::Dict(dict) = *given.kind() else { return Some(Ok(given.clone())) };
            let Object::Dict(dict) = interpreter.object(dict) else { return None };
            let reference = Value::str("$ref").key()?;
            let Some((_, reference)) = dict.entries.get(&reference) else { return Some(Ok(given.clone())) };
            let reference = reference.key()?;
            let Kind::Dict(definitions) = *kept(interpreter, DEFINITIONS)?.kind() else { return None };
            let Object::Dict(definitions) = interpreter.object(definitions) else { return None };
            match definitions.entries.get(&reference) {
                Some((_, definition)) => Some(Ok(definition.clone())),
                None => Some(Ok(Value::unknown("the definition is not known", None))),
            }
        }
        _ => None,
    }
}

pub(super) fn attribute(
    interpreter: &mut Interpreter<'_>,
    owner: &str,
    receiver: &Value,
    name: Name,
) -> Option<Value> {
    if owner != SETTINGS || !matches!(receiver.kind(), Kind::Symbolic(_)) {
        return None;
    }
    // A settings object that came from outside: its fields are the class's defaults.
    let class = interpreter.class_of(receiver)?;
    let (default, _) = interpreter.find_in_class(&class, name)?;
    if matches!(default.kind(), Kind::Function(_) | Kind::Descriptor(_)) {
        return None;
    }
    let default = match set_by_variable(interpreter, &class, name, Some(&default)) {
        Some(value) => value,
        None => interpreter.field_default(&default, Span::default()).ok()?,
    };
    Some(default.with_configurable(setting(interpreter, &class, name)))
}

pub(super) fn class_attribute(
    interpreter: &mut Interpreter<'_>,
    owner: &str,
    class: ObjectId,
    name: Name,
) -> Option<Value> {
    if owner != MODEL {
        return None;
    }
    match name.as_str() {
        "model_fields" | "__fields__" => {
            return Some(super::model_fields::model_fields(interpreter, &Kind::Class(class).into()));
        }
        "model_config" => return super::model_fields::model_config(interpreter, &Kind::Class(class).into()),
        _ => {}
    }
    // Methods of models that matter only when called stay expressions.
    if interpreter.mode() == Mode::Import && matches!(name.as_str(), "model_rebuild" | "update_forward_refs")
    {
        return Some(
            Kind::Method(Rc::new(MethodValue {
                receiver: Kind::Class(class).into(),
                function: Value::external("pydantic.main.BaseModel.model_rebuild"),
            }))
            .into(),
        );
    }
    None
}
