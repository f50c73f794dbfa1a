//! Dataclasses of the standard library and of Pydantic (`_dataclass_schema`, `_fields.py`,
//! `collect_dataclass_fields`).

use super::decorators;
use super::fields::{annotation_value, attribute_docstrings, is_missing};
use super::generics::ModelType;
use super::{Generated, SchemaGenerator, attributes, edit, merging, models, names, qualifiers};
use crate::context::Context;
use crate::pydantic::config::{self, ModelConfig};
use crate::pydantic::core_schema::*;
use crate::pydantic::field_info::FieldInfo;
use crate::versions::pydantic as since;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use indexmap::IndexMap;
use std::rc::Rc;

/// Which decorator made a class a dataclass, with its options.
#[derive(Debug, Clone)]
struct Maker {
    pydantic: bool,
    options: Arguments,
}

fn maker(context: &Context<'_, '_>, class: ObjectId) -> Option<Maker> {
    context.interpreter.class(class)?.decorators.iter().find_map(|decorator| {
        let (name, options) = match decorator.as_symbolic() {
            Some(Symbolic::Call { callee, arguments, .. }) => {
                (callee.as_external()?, Arguments::clone(arguments))
            }
            _ => (decorator.as_external()?, Arguments::default()),
        };
        match name.as_str() {
            "dataclasses.dataclass" => Some(Maker { pydantic: false, options }),
            "pydantic.dataclasses.dataclass" => Some(Maker { pydantic: true, options }),
            _ => None,
        }
    })
}

/// Whether a class or one of its bases is a dataclass.
pub(super) fn is_dataclass(context: &Context<'_, '_>, class: &Value) -> bool {
    context.interpreter.class_order(class).iter().any(|owner| match *owner.kind() {
        Kind::Class(owner) => maker(context, owner).is_some(),
        _ => false,
    })
}

/// A field as `dataclasses` keeps it.
struct Declared {
    annotation: Annotation,
    assigned: Option<Value>,
    keyword_only: bool,
    location: Location,
}

impl SchemaGenerator {
    /// The schema of a dataclass.
    pub(super) fn dataclass(&mut self, context: &mut Context<'_, '_>, model: &ModelType) -> Generated {
        let reference = self.reference(context, model);
        if let Some(known) = self.known(&reference) {
            return Ok(known);
        }
        self.work.in_progress.insert(Rc::clone(&reference));
        let config = self.config_of_dataclass(context, model.class);
        let namespace = self.namespace(context, model.class);
        let replacements = self.replacements(context, model);
        let pushed = config.is_some();
        self.work.configs.extend(config.clone());
        self.work.classes.push(model.value());
        self.work.namespaces.extend(namespace);
        self.work.variables.push(replacements);
        let made = self.dataclass_inside(context, model, config);
        self.work.variables.pop();
        if namespace.is_some() {
            self.work.namespaces.pop();
        }
        self.work.classes.pop();
        if pushed {
            self.work.configs.pop();
        }
        self.work.in_progress.remove(&reference);
        let schema = edit(made?, |core| core.reference = Some(reference));
        Ok(self.define(schema))
    }

    /// `__pydantic_config__`; a dataclass of Pydantic has one in any case.
    fn config_of_dataclass(
        &mut self,
        context: &mut Context<'_, '_>,
        class: ObjectId,
    ) -> Option<Rc<ModelConfig>> {
        let value: Value = Kind::Class(class).into();
        let order = context.interpreter.class_order(&value);
        for owner in order.iter() {
            let Kind::Class(owner) = *owner.kind() else { continue };
            let location = context.interpreter.class(owner).map(|class| class.location);
            let maker = maker(context, owner);
            let given = maker.as_ref().and_then(|maker| maker.options.keyword("config")).cloned();
            let own = context
                .interpreter
                .class(owner)
                .and_then(|class| class.attributes.get(&Name::from("__pydantic_config__")))
                .cloned();
            let decorated = self.with_config(context, owner);
            if let Some(given) = given.filter(|given| !given.is_none()).or(own).or(decorated) {
                let entries = match *given.kind() {
                    Kind::Class(_) => None,
                    _ => config::entries(context, &given),
                };
                return Some(Rc::new(match entries {
                    Some(entries) => config::effective(ModelConfig { values: entries.into_iter().collect() }),
                    None => {
                        self.doubt(context, "the configuration of a dataclass is not known", location);
                        ModelConfig::default()
                    }
                }));
            }
        }
        let pydantic = order.iter().any(|owner| match *owner.kind() {
            Kind::Class(owner) => maker(context, owner).is_some_and(|maker| maker.pydantic),
            _ => false,
        });
        pydantic.then(Rc::default)
    }

    /// What `@with_config(...)` gives a class.
    pub(super) fn with_config(&self, context: &Context<'_, '_>, class: ObjectId) -> Option<Value> {
        context.interpreter.class(class)?.decorators.iter().find_map(|decorator| {
            match decorator.as_symbolic()? {
                Symbolic::Call { callee, arguments, .. }
                    if names::pydantic(&callee.as_external()?) == Some("with_config") =>
                {
                    arguments.positional.first().or_else(|| arguments.keyword("config")).cloned()
                }
                _ => None,
            }
        })
    }

    fn dataclass_inside(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &ModelType,
        config: Option<Rc<ModelConfig>>,
    ) -> Generated {
        let infos = self.dataclass_fields(context, model);
        let decorators = decorators::of_class(context, model.class);
        let mut fields: Vec<(Name, CoreField)> = Vec::with_capacity(infos.len());
        for (name, info) in &infos {
            fields.push((*name, self.model_field(context, *name, info, &decorators)?));
        }
        // Fields that are taken by keyword only come last, as `dataclasses` has it.
        fields.sort_by_key(|(_, field)| field.keyword_only);
        let around = self.config().cloned().unwrap_or_default();
        let computed = self.computed_fields(context, &decorators, &around)?;
        let mut class = self.class_identity(context, model);
        let is_own = maker(context, model.class).is_some_and(|maker| maker.pydantic);
        let signature = format!("{}(", class.name);
        let describes = context.versions.pydantic >= since::PLAIN_DATACLASSES_DESCRIBE;
        if !is_own
            && class.documentation.as_ref().is_some_and(|text| !describes || text.starts_with(&signature))
        {
            class.documentation = None;
        }
        let names = fields.iter().map(|(name, _)| *name).collect();
        let fields: IndexMap<Name, CoreField> = fields.into_iter().collect();
        let inner =
            Core::new(CoreKind::DataclassArgs { dataclass_name: class.name.clone(), fields, computed });
        let inner = models::before_validators(context, inner, &decorators);
        let extra_behavior = around.text("extra").map(str::to_owned);
        let schema =
            Core::new(CoreKind::Dataclass { class, schema: inner, config, extra_behavior, fields: names });
        self.finish_model(context, schema, &decorators)
    }

    /// The fields that Pydantic takes from a dataclass.
    fn dataclass_fields(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &ModelType,
    ) -> Vec<(Name, FieldInfo)> {
        let value: Value = Kind::Class(model.class).into();
        let order = context.interpreter.class_order(&value);
        let mut declared: OrderedMap<Name, Declared> = OrderedMap::default();
        let mut owners: Vec<ObjectId> = Vec::new();
        for owner in order.iter().rev() {
            let Kind::Class(owner) = *owner.kind() else { continue };
            if is_dataclass(context, &Kind::Class(owner).into()) {
                owners.push(owner);
            }
            let Some(maker) = maker(context, owner) else { continue };
            let Some(object) = context.interpreter.class(owner) else { continue };
            let annotations: Vec<_> = object
                .annotations
                .iter()
                .map(|(name, (annotation, location))| {
                    (*name, annotation.clone(), *location, object.attributes.get(name).cloned())
                })
                .collect();
            let mut keyword_only = maker.options.keyword("kw_only").and_then(Value::as_bool) == Some(true);
            for (name, annotation, location, assigned) in annotations {
                let type_ = annotation_value(context, &annotation);
                if type_.as_external().is_some_and(|name| name == "dataclasses.KW_ONLY") {
                    keyword_only = true;
                    continue;
                }
                declared.insert(name, Declared { annotation, assigned, keyword_only, location });
            }
        }
        let replacements = self.replacements(context, model);
        let config = self.config().cloned().unwrap_or_default();
        let mut fields: OrderedMap<Name, FieldInfo> = OrderedMap::default();
        for owner in owners {
            let names: Vec<Name> = declared
                .keys()
                .filter(|name| {
                    context
                        .interpreter
                        .class(owner)
                        .is_some_and(|class| class.annotations.contains_key(*name))
                })
                .copied()
                .collect();
            for name in names {
                let Some(declared) = declared.get(&name) else { continue };
                let annotation = annotation_value(context, &declared.annotation);
                let annotation = self.replace(context, &annotation, &replacements);
                if qualifiers::inspect(&annotation).class_variable {
                    continue;
                }
                let Some(mut info) = self.dataclass_field(context, &annotation, declared) else { continue };
                info.location = Some(declared.location);
                self.update_from_config(context, &config, name, &mut info);
                fields.insert(name, info);
            }
        }
        if config.flag("use_attribute_docstrings", false) {
            for (name, text) in attribute_docstrings(context, model.class) {
                if let Some(info) = fields.get_mut(&name)
                    && is_missing(&info.description)
                {
                    info.description = Some(Value::str(&text));
                }
            }
        }
        fields.into_iter().collect()
    }

    fn dataclass_field(
        &mut self,
        context: &mut Context<'_, '_>,
        annotation: &Value,
        declared: &Declared,
    ) -> Option<FieldInfo> {
        let keyword_only = Value::bool(declared.keyword_only);
        let Some(assigned) = &declared.assigned else {
            let field = FieldInfo {
                kw_only: Some(keyword_only),
                init: Some(Value::bool(true)),
                ..FieldInfo::default()
            };
            return Some(merging::from_dataclass_field(context, annotation, field));
        };
        if let Some((info, _)) = attributes::of_value(context, assigned) {
            let both = info.init_var.as_ref().and_then(Value::as_bool) == Some(true);
            if both {
                return None;
            }
            return Some(merging::from_annotated_attribute(context, annotation, assigned));
        }
        let options = match assigned.as_symbolic() {
            Some(Symbolic::Call { callee, arguments, .. })
                if callee.as_external().is_some_and(|name| name == "dataclasses.field") =>
            {
                arguments.clone()
            }
            _ => {
                let field = FieldInfo {
                    default: Some(assigned.clone()),
                    kw_only: Some(keyword_only),
                    init: Some(Value::bool(true)),
                    ..FieldInfo::default()
                };
                return Some(merging::from_dataclass_field(context, annotation, field));
            }
        };
        if options.incomplete {
            self.doubt(context, "a field gets options that are not known", Some(declared.location));
        }
        let given = |name: &str| options.keyword(name).filter(|value| !attributes::is_unset(value)).cloned();
        let init = given("init").unwrap_or(Value::bool(true));
        let (default, factory) = (given("default"), given("default_factory"));
        if init.as_bool() == Some(false) && default.is_none() && factory.is_none() {
            return None;
        }
        // What `metadata=` says in Pydantic's words counts.
        let mut keywords = Vec::new();
        if let Some(metadata) = given("metadata").filter(|metadata| !metadata.is_none()) {
            match context.interpreter.entries(&metadata) {
                Some(entries) => keywords = entries,
                None => self.doubt(context, "metadata of a field are not known", Some(declared.location)),
            }
        }
        if let Some(doc) = given("doc").filter(|doc| !doc.is_none()) {
            keywords.push((Name::from("description"), doc));
        }
        let arguments = Arguments { keywords: keywords.into(), ..Arguments::default() };
        let mut info = attributes::field(context, &arguments, None, None);
        // With a `Field(...)` as default, that is the field.
        if let Some(default) = &default
            && attributes::of_value(context, default).is_some()
        {
            return Some(merging::from_annotated_attribute(context, annotation, default));
        }
        info.default = default;
        info.default_factory = factory;
        info.init = Some(init);
        info.kw_only = Some(given("kw_only").unwrap_or(keyword_only));
        Some(merging::from_dataclass_field(context, annotation, info))
    }
}
