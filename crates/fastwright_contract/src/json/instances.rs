//! Instances as JSON: members of enumerations, models, dataclasses, named tuples.

use super::writing::{Style, Unwritable, Writing, Written, not_known, write};
use super::{Json, JsonObject, built_in_of};
use crate::context::Context;
use crate::pydantic::validation::write_by_schema;
use crate::types::{Form, form};
use fastwright_model::schemas;
use fastwright_python::interpreter::{Interpreter, is_none_type};
use fastwright_python::name::Name;
use fastwright_python::value::{Arguments, Kind, Object, ObjectId, OrderedMap, Symbolic, Value};

const MODEL: &str = "pydantic.main.BaseModel";

/// Options of a configuration under which fields are not simply written one after the other.
const OPTIONS_THAT_CHANGE_OUTPUT: [&str; 9] = [
    // Only where more than the fields is given.
    "extra",
    "json_encoders",
    "ser_json_bytes",
    "ser_json_inf_nan",
    "ser_json_temporal",
    "ser_json_timedelta",
    "str_strip_whitespace",
    "str_to_lower",
    "validate_default",
];

pub(super) fn write_instance(
    context: &mut Context<'_, '_>,
    value: &Value,
    id: ObjectId,
    writing: &Writing,
    depth: u32,
) -> Written {
    let Some(instance) = context.interpreter.instance(id) else {
        return Err(not_known("an object is not known"));
    };
    let class = instance.class.clone();
    let attributes = instance.attributes.clone();
    let arguments = instance.arguments.clone();
    let inside = Writing { sorts_set: false, ..*writing };
    if context.interpreter.derives_from(&class, "enum.Enum") {
        return match attributes.get(&Name::from("value")) {
            Some(value) => write(context, &value.clone(), &inside, depth + 1),
            None => Err(not_known("the value of a member of an enumeration is not known")),
        };
    }
    let Kind::Class(class_id) = *class.kind() else {
        return Err(not_known("an object of a library is not known"));
    };
    if context.interpreter.derives_from(&class, MODEL) {
        return match write_model(context, &class, &attributes, &arguments, &inside, depth) {
            // What validators and serializers make of it is found by running them.
            Err(Unwritable::NotKnown(..)) => write_by_schema(context, id, &inside, depth),
            written => written,
        };
    }
    match dataclass_kind(context, &class) {
        // FastAPI has them as dicts first (`dataclasses.asdict`), which knows nothing of aliases.
        Some(kind) if kind == "dataclasses.dataclass" || writing.style == Style::FastApi => {
            return write_dataclass(context, &class, &attributes, &inside, depth);
        }
        Some(_) => return write_model(context, &class, &attributes, &arguments, &inside, depth),
        None => {}
    }
    let tuple = ["typing.NamedTuple", "builtins.tuple"]
        .iter()
        .any(|name| context.interpreter.derives_from(&class, name));
    if tuple {
        let Some(items) = context.interpreter.elements(value) else {
            return Err(not_known("the elements of a named tuple are not known"));
        };
        let items: Result<Vec<Json>, Unwritable> =
            items.iter().map(|item| write(context, item, &inside, depth + 1)).collect();
        return items.map(Json::Array);
    }
    let plain = context.interpreter.class_order(&class).iter().all(|owner| match owner.kind() {
        Kind::Class(_) => true,
        other => matches!(other, Kind::External(name)
            if matches!(name.as_str(), "builtins.object" | "typing.Generic" | "abc.ABC")),
    });
    let customized = ["__get_pydantic_core_schema__", "__pydantic_serializer__"]
        .iter()
        .any(|name| context.interpreter.find_in_class(&class, Name::from(*name)).is_some());
    // Inside of others an object is written by what it derives from, whatever its class says.
    let has_own_schema = depth == 0 && customized && writing.style == Style::Pydantic;
    if has_own_schema {
        return write_by_schema(context, id, &inside, depth);
    }
    // On its own it is written by its type, for which there may be no schema.
    let is_inside = depth > 0 || writing.style == Style::FastApi;
    if let Some(plain) = built_in_of(context, value).filter(|_| is_inside) {
        return write(context, &plain, &inside, depth + 1);
    }
    let name = context.interpreter.class(class_id).map(|class| class.name).unwrap_or_default();
    if !plain || customized || writing.style == Style::FastApi {
        return Err(not_known(format!("how an object of `{name}` is written is not known")));
    }
    Err(Unwritable::NotSerializable)
}

/// The decorator that makes a class a dataclass.
fn dataclass_kind(context: &Context<'_, '_>, class: &Value) -> Option<&'static str> {
    context.interpreter.class_order(class).iter().find_map(|owner| {
        let Kind::Class(id) = *owner.kind() else { return None };
        context.interpreter.class(id)?.decorators.iter().find_map(|decorator| {
            let made_by = match decorator.as_symbolic() {
                Some(Symbolic::Call { callee, .. }) => callee.as_external(),
                _ => decorator.as_external(),
            };
            match made_by.as_deref() {
                Some("dataclasses.dataclass") => Some("dataclasses.dataclass"),
                Some("pydantic.dataclasses.dataclass") => Some("pydantic.dataclasses.dataclass"),
                _ => None,
            }
        })
    })
}

fn write_dataclass(
    context: &mut Context<'_, '_>,
    class: &Value,
    attributes: &OrderedMap<Name, Value>,
    writing: &Writing,
    depth: u32,
) -> Written {
    let mut object = JsonObject::new();
    for field in schemas::fields(context.interpreter, class) {
        if names(&field.annotation, "dataclasses.InitVar") {
            continue;
        }
        let Some(value) = attributes.get(&field.name) else {
            return Err(not_known(format!("the field `{}` of an object is not known", field.name)));
        };
        let value = write(context, value, writing, depth + 1)?;
        object.insert(field.name.to_string(), value);
    }
    Ok(Json::Object(object))
}

fn names(annotation: &Value, external: &str) -> bool {
    let plain = match annotation.as_symbolic() {
        Some(Symbolic::Item { base, .. }) => base,
        _ => annotation,
    };
    plain.as_external().is_some_and(|name| name == external)
}

/// A model, or a dataclass of Pydantic, as `model_dump(mode="json", by_alias=True)` writes it.
fn write_model(
    context: &mut Context<'_, '_>,
    class: &Value,
    attributes: &OrderedMap<Name, Value>,
    arguments: &Arguments,
    writing: &Writing,
    depth: u32,
) -> Written {
    writes_plainly(context, class, arguments)?;
    if arguments.incomplete {
        return Err(not_known("what an object was made from is not known"));
    }
    let generator = option_of(context, class, "alias_generator");
    let by_name = ["populate_by_name", "validate_by_name"]
        .iter()
        .any(|key| option_of(context, class, key).and_then(|value| value.as_bool()) == Some(true));
    let mut object = JsonObject::new();
    for field in schemas::fields(context.interpreter, class) {
        let mut options = field.options.clone().unwrap_or_default();
        if let Some(generator) = &generator {
            add_generated_alias(context, &field.name, generator, &mut options)?;
        }
        if field.excluded {
            continue;
        }
        if !field.metadata.is_empty() {
            return Err(not_known(format!(
                "what validation makes of the field `{}` is not known",
                field.name
            )));
        }
        if ["exclude", "exclude_if"].iter().any(|option| {
            options.keyword(option).is_some_and(|value| value.as_bool() != Some(false) && !value.is_none())
        }) {
            return Err(not_known(format!("whether the field `{}` is written is not known", field.name)));
        }
        let name = written_name(&field.name, &options)?;
        let given = match read_name(&field.name, &options)? {
            Some(alias) => match arguments.keyword(&alias) {
                Some(value) => Some(value.clone()),
                // Given by its name, which counts only under some configurations.
                None if !by_name && arguments.keyword(&field.name).is_some() => None,
                None => attributes.get(&field.name).cloned(),
            },
            None => attributes.get(&field.name).cloned(),
        };
        let Some(value) = given.filter(|value| !value.is_unknown()) else {
            return Err(not_known(format!("the field `{}` of an object is not known", field.name)));
        };
        let Some(value) = fitting(context, &field.annotation, &value, 0) else {
            return Err(not_known(format!(
                "what validation makes of the field `{}` of an object is not known",
                field.name
            )));
        };
        let value = write(context, &value, writing, depth + 1)?;
        object.insert(name, value);
    }
    Ok(Json::Object(object))
}

/// An option of a model's configuration; the nearest class that sets it counts.
fn option_of(context: &mut Context<'_, '_>, class: &Value, key: &str) -> Option<Value> {
    let order = context.interpreter.class_order(class);
    for owner in order.iter() {
        let Kind::Class(id) = *owner.kind() else { continue };
        let Some(object) = context.interpreter.class(id) else { continue };
        if let Some((_, value)) = object.keywords.iter().find(|(keyword, _)| *keyword == key) {
            return Some(value.clone());
        }
        let Some(config) = object.attributes.get(&Name::from("model_config")) else { continue };
        let found = match config.kind() {
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { arguments, .. } => arguments.keyword(key).cloned(),
                _ => None,
            },
            Kind::Dict(dict) => match context.interpreter.object(*dict) {
                Object::Dict(dict) => {
                    let key = Value::str(key).key();
                    key.and_then(|key| dict.entries.get(&key)).map(|(_, value)| value.clone())
                }
                _ => None,
            },
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Gives a field without aliases the one that the configuration's generator makes.
fn add_generated_alias(
    context: &mut Context<'_, '_>,
    name: &Name,
    generator: &Value,
    options: &mut Arguments,
) -> Result<(), Unwritable> {
    let aliases = ["alias", "serialization_alias", "validation_alias", "alias_priority"];
    if generator.is_none() || aliases.iter().any(|alias| options.keyword(alias).is_some()) {
        // With some aliases given the generator may still make the others.
        let own = options.keyword("alias").is_some() && options.keyword("alias_priority").is_none();
        return if own || generator.is_none() {
            Ok(())
        } else {
            Err(not_known(format!("the alias of the field `{name}` is not known")))
        };
    }
    let arguments = Arguments::of([Value::str(name)]);
    match context.interpreter.call_from_outside(generator, arguments) {
        Ok(alias) if alias.as_str().is_some() => {
            options.keywords.push((Name::from("alias"), alias));
            Ok(())
        }
        _ => Err(not_known(format!("the alias of the field `{name}` is not known"))),
    }
}

fn written_name(name: &Name, options: &Arguments) -> Result<String, Unwritable> {
    let alias = ["serialization_alias", "alias"]
        .iter()
        .find_map(|option| options.keyword(option).filter(|alias| !alias.is_none()));
    match alias {
        None => Ok(name.to_string()),
        Some(alias) => alias
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| not_known(format!("the alias of the field `{name}` is not known"))),
    }
}

/// The alias by which the constructor takes a field, where it has one.
fn read_name(name: &Name, options: &Arguments) -> Result<Option<String>, Unwritable> {
    let alias = ["validation_alias", "alias"]
        .iter()
        .find_map(|option| options.keyword(option).filter(|alias| !alias.is_none()));
    match alias {
        None => Ok(None),
        Some(alias) => match alias.as_str() {
            Some(alias) => Ok(Some(alias.to_owned())),
            None => Err(not_known(format!("the alias of the field `{name}` is not known"))),
        },
    }
}

/// Whether a model has nothing that changes what it writes: serializers, computed fields, options.
fn writes_plainly(
    context: &mut Context<'_, '_>,
    class: &Value,
    arguments: &Arguments,
) -> Result<(), Unwritable> {
    let names: Vec<Name> =
        schemas::fields(context.interpreter, class).into_iter().map(|field| field.name).collect();
    // What is given under another name than a field's may be what is validated; a constructor of the class
    // itself may give anything.
    let by_names = arguments.keywords.iter().all(|(name, _)| names.contains(name))
        && context.interpreter.find_in_class(class, Name::from("__init__")).is_none();
    let order = context.interpreter.class_order(class);
    for owner in order.iter() {
        let Kind::Class(id) = *owner.kind() else {
            if owner.as_external().is_some_and(|name| name == "pydantic.root_model.RootModel") {
                return Err(not_known("how a root model is written is not known"));
            }
            continue;
        };
        let Some(object) = context.interpreter.class(id) else { continue };
        let name = object.name;
        let functions: Vec<Value> = object.attributes.values().cloned().collect();
        let keywords = object.keywords.clone();
        for function in functions {
            let Some(function) = context.interpreter.plain_function(&function) else { continue };
            if function.class != Some(id) {
                continue;
            }
            for (decorator, _) in context.interpreter.decorator_values(&function) {
                let made_by = match decorator.as_symbolic() {
                    Some(Symbolic::Call { callee, .. }) => callee.as_external(),
                    _ => decorator.as_external(),
                };
                if by_names && skips_defaults(&decorator, arguments) {
                    continue;
                }
                if made_by.is_some_and(|name| {
                    ["_serializer", "_validator", ".computed_field", ".validator", ".root_validator"]
                        .iter()
                        .any(|end| name.starts_with("pydantic") && name.ends_with(end))
                }) {
                    return Err(not_known(format!("`{name}` changes what it is given or writes")));
                }
            }
        }
        let config =
            context.interpreter.class(id).and_then(|class| class.attributes.get(&Name::from("model_config")));
        let counts =
            |option: &str| OPTIONS_THAT_CHANGE_OUTPUT.contains(&option) && !(by_names && option == "extra");
        let changes = config.cloned().is_some_and(|config| changes_output(context, &config, counts))
            || keywords.iter().any(|(keyword, _)| counts(keyword.as_str()));
        if changes {
            return Err(not_known(format!("the configuration of `{name}` changes how it is written")));
        }
    }
    Ok(())
}

/// Whether a decorator is a validator of fields of which none is given: defaults are not validated.
fn skips_defaults(decorator: &Value, given: &Arguments) -> bool {
    let Some(Symbolic::Call { callee, arguments, .. }) = decorator.as_symbolic() else { return false };
    let validates = callee.as_external().is_some_and(|name| {
        matches!(name.as_str(), "pydantic.functional_validators.field_validator" | "pydantic.validator")
    });
    validates
        && !arguments.incomplete
        && arguments
            .positional
            .iter()
            .all(|field| field.as_str().is_some_and(|field| field != "*" && given.keyword(field).is_none()))
}

fn changes_output(context: &Context<'_, '_>, config: &Value, counts: impl Fn(&str) -> bool) -> bool {
    match config.kind() {
        Kind::Dict(id) => match context.interpreter.object(*id) {
            Object::Dict(dict) => {
                dict.incomplete || dict.entries.values().any(|(key, _)| key.as_str().is_none_or(&counts))
            }
            _ => true,
        },
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { arguments, .. } => {
                arguments.incomplete || arguments.keywords.iter().any(|(keyword, _)| counts(keyword.as_str()))
            }
            _ => true,
        },
        _ => true,
    }
}

/// The value that validation makes of what a field was given, where the two are written the same or the
/// difference is known; none where validation may change it.
fn fitting(context: &mut Context<'_, '_>, annotation: &Value, value: &Value, depth: u32) -> Option<Value> {
    if depth > 20 {
        return None;
    }
    match form(annotation) {
        Form::None => value.is_none().then(|| value.clone()),
        Form::Annotated(inner, _) => fitting(context, &inner, value, depth + 1),
        Form::Literal(_) => Some(value.clone()),
        Form::Union(members) => {
            members.iter().find_map(|member| fitting_exactly(context, member, value, depth + 1))
        }
        Form::External(name) => match (name.as_str(), value.kind()) {
            ("builtins.float", Kind::Int(number)) => Some(Kind::Float(*number as f64).into()),
            _ => fitting_exactly(context, annotation, value, depth),
        },
        Form::Class(_) => {
            let members = match *annotation.kind() {
                Kind::Class(id) => context.interpreter.enumeration_members(id),
                _ => None,
            };
            match members {
                // A member by its value.
                Some(members) if !matches!(value.kind(), Kind::Instance(_)) => {
                    members.into_iter().find(|member| {
                        enumeration_value(context.interpreter, member).is_some_and(|known| known.same(value))
                    })
                }
                _ => fitting_exactly(context, annotation, value, depth),
            }
        }
        Form::Generic(origin, arguments) => fitting_items(context, &origin, &arguments, value, depth),
        Form::Call(..) | Form::Forward(_) | Form::Other => None,
    }
}

/// The same where the value must be of the type already, as in strict mode.
fn fitting_exactly(
    context: &mut Context<'_, '_>,
    annotation: &Value,
    value: &Value,
    depth: u32,
) -> Option<Value> {
    let fits = match form(annotation) {
        Form::External(name) => match (name.as_str(), value.kind()) {
            ("typing.Any" | "builtins.object", _) => true,
            ("builtins.bool", Kind::Bool(_))
            | ("builtins.int", Kind::Int(_))
            | ("builtins.float", Kind::Float(_))
            | ("builtins.str", Kind::Str(_))
            | ("builtins.bytes", Kind::Bytes(_))
            | ("builtins.list" | "typing.List", Kind::List(_))
            | ("builtins.dict" | "typing.Dict", Kind::Dict(_))
            | ("builtins.tuple" | "typing.Tuple", Kind::Tuple(_))
            | ("builtins.set" | "builtins.frozenset" | "typing.Set", Kind::Set(_)) => true,
            (_, Kind::Symbolic(symbolic)) => match &**symbolic {
                Symbolic::Call { callee, .. } => callee.same(annotation),
                _ => false,
            },
            _ => is_none_type(annotation) && value.is_none(),
        },
        Form::Class(class) => match *value.kind() {
            Kind::Instance(id) => {
                let made_by = context.interpreter.instance(id)?.class.clone();
                // A subclass is written as the class that the field names.
                made_by.same(&class)
            }
            _ => false,
        },
        _ => return fitting(context, annotation, value, depth),
    };
    fits.then(|| value.clone())
}

fn fitting_items(
    context: &mut Context<'_, '_>,
    origin: &Value,
    arguments: &[Value],
    value: &Value,
    depth: u32,
) -> Option<Value> {
    let origin = origin.as_external()?;
    match (origin.as_str(), value.kind(), arguments) {
        ("builtins.list" | "typing.List" | "typing.Sequence", Kind::List(id), [item]) => {
            let Object::List(list) = context.interpreter.object(*id) else { return None };
            if list.incomplete {
                return None;
            }
            let items = list.items.clone();
            let items = items.iter().map(|value| fitting(context, item, value, depth + 1));
            let items = items.collect::<Option<Vec<Value>>>()?;
            Some(context.interpreter.list(items))
        }
        ("builtins.dict" | "typing.Dict", Kind::Dict(id), [_, item]) => {
            let Object::Dict(dict) = context.interpreter.object(*id) else { return None };
            if dict.incomplete || !dict.unknown_keys.is_empty() {
                return None;
            }
            let entries: Vec<(Value, Value)> = dict.entries.values().cloned().collect();
            let mut fitted = Vec::with_capacity(entries.len());
            for (key, value) in entries {
                key.as_str()?;
                fitted.push((key, fitting(context, item, &value, depth + 1)?));
            }
            Some(context.interpreter.dict(fitted))
        }
        ("builtins.set" | "builtins.frozenset" | "typing.Set", Kind::Set(_), [_]) => Some(value.clone()),
        ("builtins.tuple" | "typing.Tuple", Kind::Tuple(items), _) => {
            let same_length = items.len() == arguments.len();
            let fitted = items.iter().enumerate().map(|(index, value)| {
                let item = match arguments {
                    [item, rest] if matches!(rest.kind(), Kind::Ellipsis) => item,
                    _ if same_length => arguments.get(index)?,
                    _ => return None,
                };
                fitting(context, item, value, depth + 1)
            });
            fitted.collect::<Option<Vec<Value>>>().map(Value::tuple)
        }
        _ => None,
    }
}

/// The value of a member of an enumeration; none for anything else.
pub fn enumeration_value(interpreter: &Interpreter<'_>, member: &Value) -> Option<Value> {
    let Kind::Instance(id) = *member.kind() else { return None };
    let instance = interpreter.instance(id)?;
    if !interpreter.derives_from(&instance.class, "enum.Enum") {
        return None;
    }
    instance.attributes.get(&Name::from("value")).cloned()
}
