//! Objects of models: what their constructor was given, validated.

use super::{Failure, Validated, Walk, not_known, parametrized};
use crate::pydantic::core_schema::{ClassIdentity, Core, CoreField, CoreKind, Shared, ValidationAlias};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::{Arguments, Kind, Object, ObjectId, OrderedMap, Symbolic, Value};
use indexmap::IndexMap;

/// What a class of the program may define so that its objects are not what validation makes alone.
const OWN_WAYS: [&str; 5] = ["__init__", "__new__", "__setattr__", "__getattribute__", "model_post_init"];

/// The attributes of an object that the program holds, which its class's own constructor has set: where they
/// are others than what it was given, they were changed since.
pub(super) struct Held {
    given: Arguments,
    attributes: OrderedMap<Name, Value>,
}

impl Walk<'_, '_, '_> {
    /// An object as validation made it, where the program made it by calling its class.
    pub(super) fn constructed(&mut self, id: ObjectId) -> Validated {
        let known = self.context.validation.as_ref().and_then(|known| known.constructed.get(&id).cloned());
        if let Some(known) = known {
            return Ok(known);
        }
        let Some(instance) = self.context.interpreter.instance(id) else {
            return Err(not_known("an object is not known"));
        };
        let (class, site) = (instance.class.clone(), instance.site);
        let held =
            Held { given: Arguments::clone(&instance.arguments), attributes: instance.attributes.clone() };
        if held.given.incomplete {
            return Err(not_known("what an object was made from is not known"));
        }
        if let Some(way) = OWN_WAYS
            .iter()
            .find(|way| self.context.interpreter.find_in_class(&class, Name::from(**way)).is_some())
        {
            return Err(not_known(format!("the class of an object has its own `{way}`")));
        }
        let annotation = parametrized(&class, self.context.interpreter.generic_arguments(id));
        let core = self.schema_of(&annotation)?;
        let input = match held.given.positional.as_slice() {
            [] => {
                let entries = held.given.keywords.iter();
                let entries = entries.map(|(name, value)| (Value::str(name), value.clone())).collect();
                self.context.interpreter.dict(entries)
            }
            [root] if held.given.keywords.is_empty() => root.clone(),
            _ => return Err(not_known("what an object was made from is not known")),
        };
        let made = self.deeper(|walk| walk.validate_held(&core, &input, &held, site))?;
        let validation = self.context.validation.get_or_insert_default();
        validation.constructed.insert(id, made.clone());
        // What validation has made needs no other.
        if let Kind::Instance(made) = *made.kind() {
            validation.constructed.insert(made, Kind::Instance(made).into());
        }
        Ok(made)
    }

    /// Validation in the constructor of a model: the outermost model is made from what is given, whatever
    /// that is.
    fn validate_held(&mut self, core: &Shared, value: &Value, held: &Held, site: Location) -> Validated {
        let core = self.resolved(core)?;
        match &core.kind {
            CoreKind::FunctionBefore { schema, .. } => {
                let value = self.run(&core, value)?;
                self.deeper(|walk| walk.validate_held(schema, &value, held, site))
            }
            CoreKind::FunctionAfter(schema) => {
                let made = self.deeper(|walk| walk.validate_held(schema, value, held, site))?;
                self.run(&core, &made)
            }
            CoreKind::Model { .. } => self.model(&core, value, Some(held), site),
            _ => Err(not_known("how an object is made is not known")),
        }
    }

    /// The object that a model makes of what its fields are given.
    pub(super) fn model(
        &mut self,
        core: &Core,
        value: &Value,
        held: Option<&Held>,
        site: Location,
    ) -> Validated {
        let CoreKind::Model { class, schema, root_model, config, .. } = &core.kind else {
            return Err(not_known("how an object is made is not known"));
        };
        self.configs.push(std::rc::Rc::clone(config));
        let made = self.deeper(|walk| {
            if *root_model {
                let root = Name::from("root");
                let is_given = held
                    .is_none_or(|held| !held.given.positional.is_empty() || !held.given.keywords.is_empty());
                let value = match is_given {
                    true => walk.validate(schema, value)?,
                    false => walk.default(root, schema, held)?,
                };
                return Ok(std::iter::once((root, value)).collect());
            }
            walk.fields(schema, value, held)
        });
        self.configs.pop();
        let attributes: OrderedMap<Name, Value> = made?;
        Ok(self.object(class, attributes, site))
    }

    fn object(
        &mut self,
        class: &ClassIdentity,
        attributes: OrderedMap<Name, Value>,
        site: Location,
    ) -> Value {
        let (base, arguments) = match class.class.as_symbolic() {
            Some(Symbolic::Item { base, index }) => (base.clone(), Some(index.clone())),
            _ => (class.class.clone(), None),
        };
        let interpreter = &mut *self.context.interpreter;
        let id = interpreter.new_instance(base, Arguments::default(), site);
        if let Some(instance) = interpreter.instance_mut(id) {
            instance.attributes = attributes;
        }
        if let Some(arguments) = arguments {
            interpreter.set_generic_arguments(id, arguments);
        }
        let made: Value = Kind::Instance(id).into();
        self.context.validation.get_or_insert_default().constructed.insert(id, made.clone());
        made
    }

    /// The fields of a model, with the validators that run before them.
    fn fields(
        &mut self,
        core: &Shared,
        value: &Value,
        held: Option<&Held>,
    ) -> Result<OrderedMap<Name, Value>, Failure> {
        let core = self.resolved(core)?;
        match &core.kind {
            CoreKind::FunctionBefore { schema, .. } => {
                let value = self.run(&core, value)?;
                self.deeper(|walk| walk.fields(schema, &value, held))
            }
            CoreKind::ModelFields { fields, extra_behavior, .. } => {
                self.each_field(fields, extra_behavior.as_deref(), value, held)
            }
            _ => Err(not_known("how the fields of a model are validated is not known")),
        }
    }

    fn each_field(
        &mut self,
        fields: &IndexMap<Name, CoreField>,
        extra_behavior: Option<&str>,
        value: &Value,
        held: Option<&Held>,
    ) -> Result<OrderedMap<Name, Value>, Failure> {
        let Kind::Dict(dict) = *value.kind() else {
            return Err(not_known("what a model is made from is not known"));
        };
        let Object::Dict(dict) = self.context.interpreter.object(dict) else {
            return Err(not_known("what a model is made from is not known"));
        };
        if dict.incomplete || !dict.unknown_keys.is_empty() {
            return Err(not_known("what a model is made from is not known"));
        }
        let mut given: OrderedMap<String, Value> = OrderedMap::default();
        for (key, value) in dict.entries.values() {
            let Some(key) = key.as_str() else { return Err(Failure::Refused) };
            given.insert(key.to_owned(), value.clone());
        }
        let by_name = self.flag("validate_by_name");
        let by_alias = self.configs.last().is_none_or(|config| config.flag("validate_by_alias", true));
        let mut made = OrderedMap::default();
        for (name, field) in fields {
            let names: Vec<String> = match &field.validation_alias {
                None => vec![name.to_string()],
                Some(ValidationAlias::Name(alias)) => {
                    let own = by_name.then(|| name.to_string());
                    by_alias.then(|| alias.clone()).into_iter().chain(own).collect()
                }
                Some(ValidationAlias::Choices(_)) => {
                    return Err(not_known(format!("by which name the field `{name}` is given is not known")));
                }
            };
            if let Some(held) = held {
                let default = match &self.resolved(&field.schema)?.kind {
                    CoreKind::Default { default, .. } => default.clone(),
                    _ => None,
                };
                held.is_unchanged(self.context.interpreter, *name, default.as_ref())?;
            }
            let found = names.iter().find_map(|name| given.shift_remove(name));
            let value = match found {
                Some(value) => {
                    let validated = self.deeper(|walk| walk.validate(&field.schema, &value));
                    validated.map_err(|failure| match failure {
                        Failure::Unclear => not_known(format!(
                            "what validation makes of the field `{name}` of an object is not known"
                        )),
                        other => other,
                    })?
                }
                None => self.default(*name, &field.schema, held)?,
            };
            made.insert(*name, value);
        }
        match extra_behavior {
            _ if given.is_empty() => Ok(made),
            Some("forbid") => Err(Failure::Refused),
            Some("allow") => Err(not_known("an object holds more than its fields")),
            _ => Ok(made),
        }
    }

    /// The value of a field that is not given.
    fn default(&mut self, name: Name, schema: &Shared, held: Option<&Held>) -> Validated {
        let core = self.resolved(schema)?;
        let CoreKind::Default { schema, default, factory, takes_data, validated } = &core.kind else {
            return Err(Failure::Refused);
        };
        let value = match (default, factory) {
            (Some(default), _) => default.clone(),
            (None, Some(factory)) => match held.and_then(|held| held.attributes.get(&name)) {
                // What the factory made when the object was made.
                Some(made) if !made.is_unknown() && !takes_data => made.clone(),
                _ if *takes_data => return Err(not_known("what a default is made from is not known")),
                _ => {
                    let factory = factory.clone();
                    self.call(&factory, Vec::new())?
                }
            },
            (None, None) => return Err(Failure::Refused),
        };
        if *validated || self.flag("validate_default") {
            return self.deeper(|walk| walk.validate(schema, &value));
        }
        Ok(value)
    }
}

impl Held {
    /// Whether an attribute is what the constructor was given, or the default.
    fn is_unchanged(
        &self,
        interpreter: &Interpreter<'_>,
        name: Name,
        default: Option<&Value>,
    ) -> Result<(), Failure> {
        let set = self.given.keyword(&name).or(default);
        match (self.attributes.get(&name), set) {
            (Some(attribute), Some(set))
                if !attribute.is_unknown() && !interpreter.same_contents(attribute, set) =>
            {
                Err(not_known(format!("the field `{name}` of an object may have been changed")))
            }
            _ => Ok(()),
        }
    }
}
