//! What a program reads of its own models: `Model.model_fields` and `Model.model_config` (Pydantic 2.14
//! `main.py`, `fields.py`).

use super::pydantic::MODEL;
use crate::schemas;
use fastwright_python::interpreter::{Evaluated, Interpreter};
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// The class of the entries of `Model.model_fields`. An entry is a call of it with the keywords of
/// `Field(...)` and the annotation, so that it can be given to another model as it is.
pub const FIELD_INFO: &str = "pydantic.fields.FieldInfo";

/// Keyword of an entry: what stands in `Annotated` beside `Field(...)`.
pub const METADATA: &str = "metadata";

/// `Model.model_fields`. A field of which `Field(...)` says something in several places stays an
/// expression.
pub(super) fn model_fields(interpreter: &mut Interpreter<'_>, class: &Value) -> Value {
    let generator = option(interpreter, class, "alias_generator").filter(|generator| !generator.is_none());
    let entries: Vec<(Value, Value)> = schemas::fields(interpreter, class)
        .into_iter()
        .map(|field| {
            let name = Value::str(&field.name);
            if field.options_in_several_places {
                return (name, Value::symbolic(Symbolic::Member { base: class.clone(), name: field.name }));
            }
            let mut keywords = Keywords::from([(Name::from("annotation"), field.annotation)]);
            if !field.metadata.is_empty() {
                keywords.push((Name::from(METADATA), Value::tuple(field.metadata)));
            }
            let mut incomplete = field.options.as_ref().is_some_and(|options| options.incomplete);
            keywords.extend(field.options.into_iter().flat_map(|options| options.keywords));
            if let Some(default) = field.default {
                keywords.retain(|(keyword, _)| *keyword != "default");
                keywords.push((Name::from("default"), default));
            }
            if let Some(generator) = &generator {
                incomplete |= !add_generated_alias(interpreter, generator, field.name, &mut keywords);
            }
            let arguments = Arguments { keywords, incomplete, ..Arguments::default() };
            let callee = Value::external(FIELD_INFO);
            (name, Value::call(callee, arguments, field.location))
        })
        .collect();
    interpreter.dict(entries)
}

/// An attribute of an entry of `Model.model_fields`.
pub(super) fn attribute(owner: &str, receiver: &Value, name: Name) -> Option<Value> {
    let arguments = of_field(owner, receiver)?;
    let given = |name: &str| arguments.keyword(name).filter(|value| !value.is_none()).cloned();
    let plain = || given(&name).unwrap_or(Value::NONE);
    match name.as_str() {
        "annotation" => arguments.keyword("annotation").cloned(),
        "default" => Some(
            arguments
                .keyword("default")
                .cloned()
                .unwrap_or_else(|| Value::external("pydantic_core.PydanticUndefined")),
        ),
        "alias" | "validation_alias" | "serialization_alias" => {
            let implied = || {
                let alias = given("alias")?;
                (name != "serialization_alias" || alias.as_str().is_some()).then_some(alias)
            };
            Some(given(&name).or_else(implied).unwrap_or(Value::NONE))
        }
        "default_factory" | "examples" | "exclude" | "discriminator" | "json_schema_extra" | "frozen"
        | "validate_default" | "init" | "init_var" | "kw_only" | "deprecated" => Some(plain()),
        // `metadata` holds constraints as objects of their own classes, which are not made here. Generators
        // of the configuration may have made the title; documentation, the description.
        "title" | "description" => given(&name),
        _ => None,
    }
}

/// `AliasChoices.choices` and `AliasPath.path`: what they were made from.
pub(super) fn alias_attribute(
    interpreter: &mut Interpreter<'_>,
    owner: &str,
    receiver: &Value,
    name: Name,
) -> Option<Value> {
    let class = match name.as_str() {
        "choices" => ".AliasChoices",
        "path" => ".AliasPath",
        _ => return None,
    };
    if !owner.strip_suffix(class)?.starts_with("pydantic") {
        return None;
    }
    let Some(Symbolic::Call { arguments, .. }) = receiver.as_symbolic() else { return None };
    if arguments.incomplete || !arguments.keywords.is_empty() {
        return None;
    }
    Some(interpreter.list(arguments.positional.to_vec()))
}

/// A method of an entry of `Model.model_fields`.
pub(super) fn method(owner: &str, name: &str, receiver: &Value) -> Option<Evaluated> {
    let arguments = of_field(owner, receiver)?;
    let has = |name: &str| arguments.keyword(name).is_some();
    match name {
        "is_required" => Some(Ok(Value::bool(!has("default") && !has("default_factory")))),
        _ => None,
    }
}

/// What a field was made from, where that is all known.
fn of_field<'v>(owner: &str, receiver: &'v Value) -> Option<&'v Arguments> {
    if owner != FIELD_INFO {
        return None;
    }
    let Some(Symbolic::Call { callee, arguments, .. }) = receiver.as_symbolic() else { return None };
    let made = callee.as_external().is_some_and(|name| name == FIELD_INFO);
    // One that the program makes itself has no annotation yet.
    (made && !arguments.incomplete && arguments.keyword("annotation").is_some()).then_some(arguments)
}

/// Adds the alias that a generator of the configuration makes of a name (`_apply_alias_generator_to_field_info`);
/// whether that is known.
fn add_generated_alias(
    interpreter: &mut Interpreter<'_>,
    generator: &Value,
    name: Name,
    keywords: &mut Keywords,
) -> bool {
    let given = |name: &str| keywords.iter().any(|(keyword, value)| *keyword == name && !value.is_none());
    if given("alias") && !given("alias_priority") {
        return true;
    }
    if ["alias", "validation_alias", "serialization_alias", "alias_priority"].into_iter().any(given) {
        return false;
    }
    let arguments = Arguments::of([Value::str(&name)]);
    match interpreter.call_from_outside(generator, arguments) {
        Ok(alias) if alias.as_str().is_some() => {
            keywords.push((Name::from("alias"), alias));
            keywords.push((Name::from("alias_priority"), Value::int(1)));
            true
        }
        _ => false,
    }
}

/// `Model.model_config`: what the bases and the class say together. None where only one of them says
/// anything: then it is that object, which others may have changed.
pub(super) fn model_config(interpreter: &mut Interpreter<'_>, class: &Value) -> Option<Value> {
    let order = interpreter.class_order(class);
    let mut config = DictObject::default();
    let mut sources = 0;
    for owner in order.iter().rev() {
        match *owner.kind() {
            // What these say differs between versions; it is never nothing.
            Kind::External(name) if name != MODEL && interpreter.derives_from(owner, MODEL) => {
                sources += 1;
                config.incomplete = true;
            }
            Kind::Class(id) => {
                let Some(object) = interpreter.class(id) else { continue };
                let own = object.attributes.get(&Name::from("model_config")).cloned();
                let old = object.attributes.contains_key(&Name::from("Config"));
                let keywords: Vec<(Name, Value)> =
                    object.keywords.iter().filter(|(name, _)| *name != "metaclass").cloned().collect();
                sources += usize::from(own.is_some() || old) + usize::from(!keywords.is_empty());
                let entries = match &own {
                    Some(own) => interpreter.entries(own),
                    None => Some(Vec::new()),
                };
                config.incomplete |= old || entries.is_none();
                for (name, value) in entries.unwrap_or_default().into_iter().chain(keywords) {
                    let name = Value::str(&name);
                    if let Some(key) = name.key() {
                        config.entries.insert(key, (name, value));
                    }
                }
            }
            _ => {}
        }
    }
    (sources != 1).then(|| Kind::Dict(interpreter.allocate(Object::Dict(Box::new(config)))).into())
}

/// An option of a model's configuration that is certainly what it says.
fn option(interpreter: &mut Interpreter<'_>, class: &Value, name: &str) -> Option<Value> {
    interpreter.class_order(class).iter().find_map(|owner| {
        let Kind::Class(id) = *owner.kind() else { return None };
        let object = interpreter.class(id)?;
        let keyword = object.keywords.iter().find(|(keyword, _)| *keyword == name);
        if let Some((_, value)) = keyword {
            return Some(value.clone());
        }
        let entries = interpreter.entries(object.attributes.get(&Name::from("model_config"))?)?;
        entries.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    })
}
