//! Models (`_model_schema`).

use super::annotations::Annotation;
use super::decorators::{Decorated, Decorators, ValidatorMode, of_class};
use super::definitions::each_child;
use super::field_metadata::wrap_default;
use super::fields::{ROOT_MODEL, is_missing};
use super::generics::ModelType;
use super::{Completed, Generated, Refused, SchemaGenerator, edit, library_types, names, place};
use crate::context::Context;
use crate::json::Json;
use crate::pydantic::config;
use crate::pydantic::core_schema::*;
use crate::pydantic::field_info::FieldInfo;
use crate::types::{Form, form};
use crate::versions::pydantic as since;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use indexmap::IndexMap;
use std::rc::Rc;

impl SchemaGenerator {
    /// The schema of a model.
    pub(super) fn model(&mut self, context: &mut Context<'_, '_>, model: &ModelType) -> Generated {
        let reference = self.reference(context, model);
        if let Some(known) = self.known(&reference) {
            return Ok(known);
        }
        // A class whose schema is being completed is made again inside of another.
        let place = context.interpreter.class(model.class).map(|class| class.location);
        if self.completing.contains(&reference) {
            self.met.extend(place);
            return self.model_in_place(context, model, reference);
        }
        if self.incomplete.contains(&reference) {
            return self.model_in_place(context, model, reference);
        }
        let completed = match self.completed.get(&reference) {
            Some(completed) => completed.clone(),
            None => {
                let met = std::mem::take(&mut self.met);
                let completed = self.complete(context, &reference, |generator, context| {
                    generator.model_in_place(context, model, Rc::clone(&reference))
                });
                // It needs a class that comes later and is being completed: by then, it was not complete.
                let waits = place.is_some_and(|own| {
                    let is_later =
                        |other: &Location| other.file == own.file && other.span.start > own.span.start;
                    self.met.iter().any(is_later)
                });
                let deeper = std::mem::replace(&mut self.met, met);
                self.met.extend(deeper.into_iter().filter(|other| Some(*other) != place));
                let completed = completed?;
                if waits && !self.completing.is_empty() {
                    self.completed.remove(&reference);
                    self.incomplete.insert(Rc::clone(&reference));
                    return self.model_in_place(context, model, reference);
                }
                completed
            }
        };
        for definition in &*completed.definitions {
            self.define_complete(definition);
        }
        Ok(self.define_complete(&completed.schema))
    }

    /// The schema that Pydantic keeps on a class, made on its own.
    pub(super) fn complete(
        &mut self,
        context: &mut Context<'_, '_>,
        reference: &Rc<str>,
        make: impl FnOnce(&mut Self, &mut Context<'_, '_>) -> Generated,
    ) -> Result<Completed, Box<Refused>> {
        let saved = std::mem::take(&mut self.work);
        let quiet = std::mem::take(&mut self.quiet);
        self.completing.insert(Rc::clone(reference));
        let made = make(self, context);
        self.completing.remove(reference);
        if self.completing.is_empty() {
            self.incomplete.clear();
            self.met.clear();
        }
        let completed = made.map(|made| {
            let (mut schema, definitions) = self.finalized(context, made);
            if self.is_last_of_cycle(context, &schema, &definitions) {
                let shared = Rc::default();
                self.shared.push(Rc::clone(&shared));
                schema = edit(schema, |core| core.metadata.shared = Some(shared));
            }
            Completed {
                schema: self.complete_schema(schema),
                definitions: definitions.into_iter().map(|schema| self.complete_schema(schema)).collect(),
            }
        });
        self.quiet = quiet;
        self.work = saved;
        let completed = completed?;
        self.completed.insert(Rc::clone(reference), completed.clone());
        Ok(completed)
    }

    /// Whether the reference on a class is one that is handed out. Of classes that contain each other, only the
    /// one defined last gets such: the others have been written into it before they were complete.
    fn is_last_of_cycle(&self, context: &Context<'_, '_>, schema: &Shared, definitions: &[Shared]) -> bool {
        let CoreKind::DefinitionRef(target) = &schema.kind else { return false };
        let place = |core: &Core| match &core.kind {
            CoreKind::Model { class, .. } => match *class.class.kind() {
                Kind::Class(id) => context.interpreter.class(id).map(|class| class.location),
                _ => None,
            },
            _ => None,
        };
        if !definitions.iter().any(|definition| definition.reference.as_ref() == Some(target)) {
            return false;
        }
        let mut models = Vec::new();
        definitions.iter().for_each(|definition| collect_models(definition, &mut models, 0));
        let own = models.iter().find(|model| model.reference.as_ref() == Some(target));
        let Some(last) = own.and_then(|own| place(own)) else { return true };
        let leading = self.definitions_that_lead_to(target, definitions);
        models.iter().all(|model| {
            let is_earlier = place(model)
                .is_some_and(|place| place.file == last.file && place.span.start <= last.span.start);
            is_earlier || !self.refers_to(model, &leading)
        })
    }

    fn model_in_place(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &ModelType,
        reference: Rc<str>,
    ) -> Generated {
        self.work.in_progress.insert(Rc::clone(&reference));
        let config = config::of_model(context, model.class, &mut self.model_configs);
        let namespace = self.namespace(context, model.class);
        let replacements = self.replacements(context, model);
        self.work.configs.push(Rc::clone(&config));
        self.work.classes.push(model.value());
        self.work.namespaces.extend(namespace);
        self.work.variables.push(replacements);
        let made = self.model_inside(context, model, &config);
        self.work.variables.pop();
        if namespace.is_some() {
            self.work.namespaces.pop();
        }
        self.work.classes.pop();
        self.work.configs.pop();
        self.work.in_progress.remove(&reference);
        let schema = edit(made?, |core| core.reference = Some(reference));
        Ok(self.define(schema))
    }

    /// The scope in which a class stands.
    pub(super) fn namespace(
        &self,
        context: &Context<'_, '_>,
        class: ObjectId,
    ) -> Option<(ScopeId, ModuleId)> {
        let object = context.interpreter.class(class)?;
        let written = object.annotations.values().find_map(|(annotation, _)| match annotation {
            fastwright_python::value::Annotation::Written { scope, module, .. } => Some((*scope, *module)),
            fastwright_python::value::Annotation::Given(_) => None,
        });
        Some(written.unwrap_or((context.interpreter.module(object.module).scope, object.module)))
    }

    fn model_inside(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &ModelType,
        config: &Rc<crate::pydantic::config::ModelConfig>,
    ) -> Generated {
        let collected = self.collect_fields(context, model);
        let decorators = of_class(context, model.class);
        let class = self.class_identity(context, model);
        let class_value: Value = Kind::Class(model.class).into();
        let extra_behavior = config.text("extra").map(str::to_owned);
        let root = Name::from("root");
        if context.interpreter.derives_from(&class_value, ROOT_MODEL)
            && let Some(field) = collected.fields.get(&root)
        {
            let (inner, mut metadata) = self.common_field(context, root, &field.info, &decorators)?;
            if let Some(documentation) = &class.documentation
                && let Some(updates) = &mut metadata.updates
                && updates.contains_key("description")
            {
                updates.insert("description".to_owned(), Json::from(documentation.as_str()));
            }
            let inner = before_validators(context, inner, &decorators);
            if context.versions.pydantic < since::ROOT_FIELDS_DESCRIBE {
                if let Some(updates) = &mut metadata.updates {
                    updates.retain(|key, _| key == "description");
                }
                metadata.extra = None;
            }
            let root_extra = field.info.json_schema_extra.clone().filter(|extra| !extra.is_none());
            let kind = CoreKind::Model {
                class,
                schema: inner,
                root_model: true,
                config: Rc::clone(config),
                root_extra,
            };
            let schema = edit(Core::new(kind), |core| core.metadata = metadata);
            return self.finish_model(context, schema, &decorators);
        }
        let mut fields = IndexMap::with_capacity(collected.fields.len());
        for (name, field) in &collected.fields {
            let made = self.model_field(context, *name, &field.info, &decorators)?;
            fields.insert(*name, made);
        }
        let computed = self.computed_fields(context, &decorators, config)?;
        let extras = match &collected.extra {
            Some(extra) if extra_behavior.as_deref() == Some("allow") => self.extras(context, extra)?,
            _ => None,
        };
        let mut inner = Core::new(CoreKind::ModelFields {
            model_name: class.name.clone(),
            fields,
            computed,
            extra_behavior,
            extras,
        });
        for validator in decorators.old_root_validators.values() {
            inner = match validator.arguments.keyword("pre").and_then(Value::as_bool) {
                Some(true) => Core::new(CoreKind::FunctionBefore { schema: inner, input: None }),
                _ => Core::new(CoreKind::FunctionAfter(inner)),
            };
        }
        let inner = before_validators(context, inner, &decorators);
        let kind = CoreKind::Model {
            class,
            schema: inner,
            root_model: false,
            config: Rc::clone(config),
            root_extra: None,
        };
        self.finish_model(context, Core::new(kind), &decorators)
    }

    /// Serializers and the validators around a model.
    pub(super) fn finish_model(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: Shared,
        decorators: &Decorators,
    ) -> Generated {
        let mut schema =
            self.with_model_serializers(context, schema, decorators.model_serializers.values().collect())?;
        for validator in decorators.model_validators.values() {
            schema = match validator.mode() {
                ValidatorMode::Before => schema,
                ValidatorMode::Wrap => Core::new(CoreKind::FunctionWrap { schema, input: None }),
                _ => {
                    let function = validator.validator(context, ValidatorMode::After);
                    Core::validating(CoreKind::FunctionAfter(schema), Some(function))
                }
            };
        }
        Ok(schema)
    }

    /// The type of what comes beyond the fields: the second argument of `dict[str, T]`.
    fn extras(
        &mut self,
        context: &mut Context<'_, '_>,
        annotation: &Value,
    ) -> Result<Option<Shared>, Box<Refused>> {
        let inspected = super::qualifiers::inspect(annotation);
        let annotation = inspected.annotation.unwrap_or_else(|| annotation.clone());
        match form(&annotation) {
            Form::Generic(origin, arguments)
                if origin
                    .as_external()
                    .is_some_and(|name| names::origin(&name) == Some(names::Origin::Dict)) =>
            {
                match arguments.get(1) {
                    Some(value) if !names::is_typing(value, "Any") => {
                        let value = value.clone();
                        Ok(Some(self.generate(context, &value)?))
                    }
                    _ => Ok(None),
                }
            }
            _ => {
                self.doubt(context, "the type of `__pydantic_extra__` is not known", place(&annotation));
                Ok(None)
            }
        }
    }

    /// A field of a model.
    pub(super) fn model_field(
        &mut self,
        context: &mut Context<'_, '_>,
        name: Name,
        info: &FieldInfo,
        decorators: &Decorators,
    ) -> Result<CoreField, Box<Refused>> {
        let (schema, metadata) = self.common_field(context, name, info, decorators)?;
        let excluded = match info.exclude.as_ref().filter(|exclude| !exclude.is_none()) {
            None => false,
            Some(exclude) => match context.interpreter.truth(exclude) {
                Some(truth) => truth,
                None => {
                    self.doubt(
                        context,
                        format!("it is not known whether `{name}` is excluded"),
                        info.location,
                    );
                    false
                }
            },
        };
        let validation_alias = self.validation_alias(context, info);
        let serialization_alias = match info.serialization_alias.as_ref().filter(|alias| !alias.is_none()) {
            None => None,
            Some(alias) => match context.interpreter.text_of(alias) {
                Some(text) => Some(text),
                None => {
                    self.doubt(context, format!("the alias of `{name}` is not known"), info.location);
                    None
                }
            },
        };
        Ok(CoreField {
            schema,
            required: None,
            validation_alias,
            serialization_alias,
            serialization_exclude: excluded,
            serialization_exclude_if: !is_missing(&info.exclude_if),
            init: info.init.as_ref().and_then(Value::as_bool),
            init_only: info.init_var.as_ref().and_then(Value::as_bool) == Some(true),
            keyword_only: info.kw_only.as_ref().and_then(Value::as_bool) == Some(true),
            metadata,
        })
    }

    /// `_convert_to_aliases`.
    fn validation_alias(
        &mut self,
        context: &mut Context<'_, '_>,
        info: &FieldInfo,
    ) -> Option<ValidationAlias> {
        let alias = info.validation_alias.as_ref().filter(|alias| !alias.is_none())?;
        if let Some(Symbolic::Call { callee, arguments, .. }) = alias.as_symbolic() {
            let name = callee.as_external().and_then(|name| names::pydantic(&name));
            let arguments = arguments.clone();
            let choices = match name {
                Some("AliasPath") => self.alias_path(context, &arguments).map(|path| vec![path]),
                Some("AliasChoices") => arguments
                    .positional
                    .iter()
                    .map(|choice| match choice.as_symbolic() {
                        Some(Symbolic::Call { arguments, .. }) => {
                            self.alias_path(context, &arguments.clone())
                        }
                        _ => Some(vec![Json::from(choice.as_str()?)]),
                    })
                    .collect(),
                _ => None,
            };
            if let Some(choices) = choices.filter(|_| !arguments.incomplete) {
                return Some(ValidationAlias::Choices(choices));
            }
        } else if let Some(text) = context.interpreter.text_of(alias) {
            return Some(ValidationAlias::Name(text));
        }
        self.doubt(context, "a validation alias is not known", info.location.or(place(alias)));
        None
    }

    fn alias_path(&mut self, context: &mut Context<'_, '_>, arguments: &Arguments) -> Option<Vec<Json>> {
        arguments
            .positional
            .iter()
            .map(|part| match part.kind() {
                Kind::Int(position) => Some(Json::from(*position)),
                _ => context.interpreter.text_of(part).map(Json::from),
            })
            .collect()
    }

    /// `_common_field_schema`: the schema of a field, and what the field says beside it.
    pub(super) fn common_field(
        &mut self,
        context: &mut Context<'_, '_>,
        name: Name,
        info: &FieldInfo,
        decorators: &Decorators,
    ) -> Result<(Shared, CoreMetadata), Box<Refused>> {
        let annotation = info.annotation.clone().unwrap_or_else(|| Value::external("typing.Any"));
        let mut annotations: Vec<Annotation> = info.metadata.iter().cloned().map(Annotation::from).collect();
        for validator in decorators.field_validators.values().filter(|validator| validator.names(name)) {
            let mode = validator.mode();
            let input = validator.arguments.keyword("json_schema_input_type");
            let input = input.filter(|input| !super::attributes::is_unset(input)).cloned();
            let function = validator.validator(context, mode);
            let input = input.filter(|_| mode != ValidatorMode::After);
            annotations.push(Annotation::Validator(mode, input, Some(function)));
        }
        let discriminator = info.discriminator.as_ref().filter(|value| !value.is_none());
        let mut schema = self.apply_annotations(context, &annotation, annotations, discriminator)?;
        for validator in decorators.old_validators.values().filter(|validator| validator.names(name)) {
            schema = old_validator(schema, validator);
        }
        if !info.is_required() {
            schema = wrap_default(context, info, schema);
        }
        let serializers: Vec<&Decorated> =
            decorators.field_serializers.values().filter(|serializer| serializer.names(name)).collect();
        schema = self.with_field_serializers(context, schema, &serializers)?;
        let (updates, extra) = self.json_schema_info(context, info);
        Ok((schema, CoreMetadata { updates, extra, ..CoreMetadata::default() }))
    }

    /// `_computed_field_schema` of each computed field.
    pub(super) fn computed_fields(
        &mut self,
        context: &mut Context<'_, '_>,
        decorators: &Decorators,
        config: &crate::pydantic::config::ModelConfig,
    ) -> Result<Vec<ComputedField>, Box<Refused>> {
        let mut made = Vec::with_capacity(decorators.computed.len());
        for (name, decorated) in &decorators.computed {
            made.push(self.computed_field(context, *name, decorated, decorators, config)?);
        }
        Ok(made)
    }

    fn computed_field(
        &mut self,
        context: &mut Context<'_, '_>,
        name: Name,
        decorated: &Decorated,
        decorators: &Decorators,
        config: &crate::pydantic::config::ModelConfig,
    ) -> Result<ComputedField, Box<Refused>> {
        let function = context.interpreter.plain_function(&decorated.function);
        let location = function.as_ref().map(|function| fastwright_python::location::Location {
            file: function.id.file,
            span: function.definition.name_span,
        });
        let mut info = super::attributes::field(context, &decorated.arguments, None, None);
        info.location = location;
        info.validation_alias = None;
        info.serialization_alias = None;
        let given = decorated.arguments.keyword("return_type");
        let returns = match given.filter(|given| !super::attributes::is_unset(given)).cloned() {
            Some(given) => {
                let replacements = self.work.variables.last().cloned().unwrap_or_default();
                Some(self.replace(context, &given, &replacements))
            }
            None => self.return_type(context, &decorated.function),
        };
        let Some(returns) = returns else {
            return Err(Box::new(Refused {
                reason: format!("the computed field `{name}` has no return type"),
                location,
            }));
        };
        let mut schema = self.generate(context, &returns)?;
        let serializers: Vec<&Decorated> =
            decorators.field_serializers.values().filter(|serializer| serializer.names(name)).collect();
        schema = self.with_field_serializers(context, schema, &serializers)?;
        if is_missing(&info.description)
            && let Some(text) = function.as_ref().and_then(|function| function.definition.docstring())
            && !text.is_empty()
        {
            info.description = Some(Value::str(&super::display::clean_documentation(text)));
        }
        if is_missing(&info.deprecated)
            && let Some(function) = &function
        {
            info.deprecated = deprecation(context, function);
        }
        self.computed_from_config(context, name, &mut info, config);
        let (updates, extra) = self.json_schema_info(context, &info);
        let mut all = library_types::object(&[]);
        all.insert("readOnly".to_owned(), Json::Bool(true));
        all.extend(updates.unwrap_or_default());
        let alias = match info.alias.as_ref().filter(|alias| !alias.is_none()) {
            None => None,
            Some(alias) => match context.interpreter.text_of(alias) {
                Some(text) => Some(text),
                None => {
                    self.doubt(context, format!("the alias of `{name}` is not known"), location);
                    None
                }
            },
        };
        Ok(ComputedField {
            property: name,
            returns: schema,
            alias,
            exclude_if: !is_missing(&info.exclude_if),
            metadata: CoreMetadata { updates: Some(all), extra, ..CoreMetadata::default() },
        })
    }

    /// `ComputedFieldInfo._update_from_config`.
    fn computed_from_config(
        &mut self,
        context: &mut Context<'_, '_>,
        name: Name,
        info: &mut FieldInfo,
        config: &crate::pydantic::config::ModelConfig,
    ) {
        let given = info.field_title_generator.clone().filter(|generator| !generator.is_none());
        if let Some(generator) = given.or_else(|| config.get("field_title_generator").cloned())
            && is_missing(&info.title)
        {
            let about = Value::external("fastwright.field_info");
            info.title = self.generated(context, &generator, vec![Value::str(&name), about], info.location);
        }
        let priority = match is_missing(&info.alias) {
            true => None,
            false => Some(info.alias_priority.filter(|priority| *priority != 0).unwrap_or(2)),
        };
        if let Some(generator) = config.get("alias_generator").cloned()
            && priority.is_none_or(|priority| priority <= 1)
        {
            let (alias, _, serialization) = self.aliases_of(context, &generator, name, info.location);
            info.alias = serialization.or(alias);
        }
    }

    /// `RootModel[T]` that no class derives from.
    pub(super) fn root_model(
        &mut self,
        context: &mut Context<'_, '_>,
        inner: &Value,
        value: &Value,
    ) -> Generated {
        let mut reference = format!("{ROOT_MODEL}:{}", self.number(&Value::external(ROOT_MODEL)));
        self.write_arguments(context, &mut reference, std::slice::from_ref(inner));
        let reference: Rc<str> = reference.into();
        if let Some(known) = self.known(&reference) {
            return Ok(known);
        }
        let name = format!("RootModel[{}]", self.display(context, inner, 0));
        self.work.in_progress.insert(Rc::clone(&reference));
        self.work.configs.push(Rc::default());
        let info = super::merging::from_annotation(context, inner);
        let made = self.common_field(context, Name::from("root"), &info, &Decorators::default());
        self.work.configs.pop();
        self.work.in_progress.remove(&reference);
        let (schema, metadata) = made?;
        let class = ClassIdentity { class: value.clone(), name, documentation: None, is_root_model: true };
        let root_extra = info.json_schema_extra.clone();
        let kind = CoreKind::Model { class, schema, root_model: true, config: Rc::default(), root_extra };
        let schema = edit(Core::new(kind), |core| {
            core.metadata = metadata;
            core.reference = Some(reference);
        });
        Ok(self.define(schema))
    }
}

/// The validators that run before a model's own.
pub(super) fn before_validators(
    context: &mut Context<'_, '_>,
    schema: Shared,
    decorators: &Decorators,
) -> Shared {
    decorators.model_validators.values().filter(|validator| validator.mode() == ValidatorMode::Before).fold(
        schema,
        |schema, validator| {
            let function = validator.validator(context, ValidatorMode::Before);
            Core::validating(CoreKind::FunctionBefore { schema, input: None }, Some(function))
        },
    )
}

/// `@validator` of Pydantic 1: on each item, or on the whole.
fn old_validator(schema: Shared, validator: &Decorated) -> Shared {
    let flag = |name: &str| validator.arguments.keyword(name).and_then(Value::as_bool) == Some(true);
    let around = |schema: Shared| match flag("pre") {
        true => Core::new(CoreKind::FunctionBefore { schema, input: None }),
        false => Core::new(CoreKind::FunctionAfter(schema)),
    };
    // On items it shows nowhere, but it validates.
    if flag("each_item") {
        let unknown = Validator { function: Value::NONE, takes_info: false };
        edit(schema, |core| core.validator = Some(Box::new(unknown)))
    } else {
        around(schema)
    }
}

/// `@deprecated(...)` on the function of a computed field.
fn deprecation(context: &mut Context<'_, '_>, function: &FunctionValue) -> Option<Value> {
    let decorators = context.interpreter.decorator_values(function);
    decorators.into_iter().map(|(value, _)| value).find(super::attributes::is_deprecation)
}

fn collect_models(core: &Shared, models: &mut Vec<Shared>, depth: u32) {
    if depth > 100 || models.len() > 1_000 {
        return;
    }
    if let CoreKind::Model { .. } = core.kind {
        models.push(Rc::clone(core));
    }
    each_child(core, &mut |child| collect_models(child, models, depth + 1));
}
