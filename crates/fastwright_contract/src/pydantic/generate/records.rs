//! Typed dicts and named tuples (`_typed_dict_schema`, `_namedtuple_schema`).

use super::annotations::Annotation as Said;
use super::decorators;
use super::field_metadata::wrap_default;
use super::fields::{annotation_value, attribute_docstrings, is_missing};
use super::generics::ModelType;
use super::{Generated, SchemaGenerator, edit, merging, models, names, qualifiers};
use crate::context::Context;
use crate::pydantic::config::{self, ModelConfig};
use crate::pydantic::core_schema::*;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use indexmap::IndexMap;
use std::rc::Rc;

impl SchemaGenerator {
    /// The schema of a typed dict.
    pub(super) fn typed_dict(&mut self, context: &mut Context<'_, '_>, model: &ModelType) -> Generated {
        let reference = self.reference(context, model);
        if let Some(known) = self.known(&reference) {
            return Ok(known);
        }
        self.work.in_progress.insert(Rc::clone(&reference));
        let config = self.config_of_typed_dict(context, model.class);
        let pushed = config.is_some();
        let namespace = self.namespace(context, model.class);
        self.work.configs.extend(config.clone());
        self.work.classes.push(model.value());
        self.work.namespaces.extend(namespace);
        let made = self.typed_dict_inside(context, model, config);
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

    fn config_of_typed_dict(
        &mut self,
        context: &mut Context<'_, '_>,
        class: ObjectId,
    ) -> Option<Rc<ModelConfig>> {
        let value: Value = Kind::Class(class).into();
        for owner in context.interpreter.class_order(&value).iter() {
            let Kind::Class(owner) = *owner.kind() else { continue };
            let object = context.interpreter.class(owner)?;
            let location = object.location;
            let own = object.attributes.get(&Name::from("__pydantic_config__")).cloned();
            if let Some(given) = own.or_else(|| self.with_config(context, owner)) {
                return Some(Rc::new(match config::entries(context, &given) {
                    Some(entries) => config::effective(ModelConfig { values: entries.into_iter().collect() }),
                    None => {
                        self.doubt(context, "the configuration of a typed dict is not known", Some(location));
                        ModelConfig::default()
                    }
                }));
            }
        }
        None
    }

    fn typed_dict_inside(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &ModelType,
        config: Option<Rc<ModelConfig>>,
    ) -> Generated {
        let value: Value = Kind::Class(model.class).into();
        let replacements = self.replacements(context, model);
        let around = self.config().cloned().unwrap_or_default();
        let decorators = decorators::of_class(context, model.class);
        let mut hints: OrderedMap<Name, (Annotation, Location, bool)> = OrderedMap::default();
        let (mut closed, mut extra_items) = (None, None);
        for owner in context.interpreter.class_order(&value).iter().rev() {
            let Kind::Class(owner) = *owner.kind() else { continue };
            let Some(object) = context.interpreter.class(owner) else { continue };
            let keyword = |name: &str| {
                object.keywords.iter().find(|(keyword, _)| *keyword == name).map(|(_, value)| value.clone())
            };
            let total = keyword("total").and_then(|total| total.as_bool()) != Some(false);
            if let Some(given) = keyword("closed") {
                (closed, extra_items) = (given.as_bool(), None);
            }
            if let Some(given) = keyword("extra_items") {
                (closed, extra_items) = (None, Some(given));
            }
            for (name, (annotation, location)) in &object.annotations {
                hints.insert(*name, (annotation.clone(), *location, total));
            }
        }
        let docstrings = match around.flag("use_attribute_docstrings", false) {
            true => attribute_docstrings(context, model.class),
            false => OrderedMap::default(),
        };
        let mut fields = IndexMap::with_capacity(hints.len());
        for (name, (annotation, location, total)) in hints {
            if name == "__pydantic_config__" {
                continue;
            }
            let annotation = annotation_value(context, &annotation);
            let required = qualifiers::inspect(&annotation).required.unwrap_or(total);
            let mut info = merging::from_annotation(context, &annotation);
            info.location = Some(location);
            if let Some(type_) = &info.annotation {
                info.annotation = Some(self.replace(context, type_, &replacements));
            }
            if is_missing(&info.description)
                && let Some(text) = docstrings.get(&name)
            {
                info.description = Some(Value::str(text));
            }
            self.update_from_config(context, &around, name, &mut info);
            let mut field = self.model_field(context, name, &info, &decorators)?;
            field.required = Some(required && info.is_required());
            fields.insert(name, field);
        }
        let (mut extra_behavior, mut extras) = (Some("ignore".to_owned()), None);
        let never = extra_items.as_ref().is_some_and(|items| names::is_typing(items, "Never"));
        let is_closed = closed == Some(true) || never;
        if is_closed {
            extra_behavior = Some("forbid".to_owned());
        } else if let Some(items) = extra_items.clone() {
            extra_behavior = Some("allow".to_owned());
            let items = qualifiers::inspect(&items).annotation.unwrap_or(items);
            let items = self.replace(context, &items, &replacements);
            extras = Some(self.generate(context, &items)?);
        }
        match around.text("extra") {
            Some("allow") if !is_closed => extra_behavior = Some("allow".to_owned()),
            Some("forbid") if extra_items.is_none() || never => extra_behavior = Some("forbid".to_owned()),
            _ => {}
        }
        let computed = self.computed_fields(context, &decorators, &around)?;
        let class = self.class_identity(context, model);
        let schema = Core::new(CoreKind::TypedDict {
            fields,
            computed,
            class: Some(class),
            total: true,
            config,
            extra_behavior,
            extras,
        });
        let schema = models::before_validators(context, schema, &decorators);
        self.finish_model(context, schema, &decorators)
    }

    /// The schema of a named tuple.
    pub(super) fn named_tuple(&mut self, context: &mut Context<'_, '_>, model: &ModelType) -> Generated {
        let reference = self.reference(context, model);
        if let Some(known) = self.known(&reference) {
            return Ok(known);
        }
        self.work.in_progress.insert(Rc::clone(&reference));
        let namespace = self.namespace(context, model.class);
        self.work.classes.push(model.value());
        self.work.namespaces.extend(namespace);
        let made = self.named_tuple_inside(context, model);
        if namespace.is_some() {
            self.work.namespaces.pop();
        }
        self.work.classes.pop();
        self.work.in_progress.remove(&reference);
        let schema = edit(made?, |core| core.reference = Some(reference));
        Ok(self.define(schema))
    }

    fn named_tuple_inside(&mut self, context: &mut Context<'_, '_>, model: &ModelType) -> Generated {
        let value: Value = Kind::Class(model.class).into();
        let replacements = self.replacements(context, model);
        let around = self.config().cloned().unwrap_or_default();
        let mut declared: Vec<(Name, Annotation, Location, Option<Value>)> = Vec::new();
        for owner in context.interpreter.class_order(&value).iter().rev() {
            let Kind::Class(owner) = *owner.kind() else { continue };
            let Some(object) = context.interpreter.class(owner) else { continue };
            // Only the class that derives from `NamedTuple` itself has fields.
            let direct = object
                .bases
                .iter()
                .any(|base| base.as_external().is_some_and(|name| name == "typing.NamedTuple"));
            if direct {
                declared = object
                    .annotations
                    .iter()
                    .map(|(name, (annotation, location))| {
                        (*name, annotation.clone(), *location, object.attributes.get(name).cloned())
                    })
                    .collect();
            }
        }
        let mut fields = IndexMap::with_capacity(declared.len());
        for (name, annotation, location, default) in declared {
            let annotation = annotation_value(context, &annotation);
            let annotation = self.replace(context, &annotation, &replacements);
            let mut info = match &default {
                Some(default) => merging::from_annotated_attribute(context, &annotation, default),
                None => merging::from_annotation(context, &annotation),
            };
            info.location = Some(location);
            self.update_from_config(context, &around, name, &mut info);
            let type_ = info.annotation.clone().unwrap_or(annotation);
            let said = vec![Said::Field(Box::new(info.clone()))];
            let mut schema = self.apply_annotations(context, &type_, said, None)?;
            if !info.is_required() {
                schema = wrap_default(context, &info, schema);
            }
            let alias = info.validation_alias.as_ref().and_then(Value::as_str).map(str::to_owned);
            fields.insert(
                name,
                CoreField {
                    schema,
                    required: None,
                    validation_alias: alias.map(ValidationAlias::Name),
                    serialization_alias: None,
                    serialization_exclude: false,
                    serialization_exclude_if: false,
                    init: None,
                    init_only: false,
                    keyword_only: false,
                    metadata: CoreMetadata::default(),
                },
            );
        }
        let class = self.class_identity(context, model);
        Ok(Core::new(CoreKind::NamedTuple { class, fields, config: around }))
    }
}
