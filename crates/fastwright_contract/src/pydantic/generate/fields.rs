//! The fields of models (Pydantic 2.14 `_internal/_fields.py`, `collect_model_fields`).

use super::generics::ModelType;
use super::{SchemaGenerator, attributes, display, merging, names};
use crate::context::Context;
use crate::pydantic::config::{self, ModelConfig};
use crate::pydantic::field_info::FieldInfo;
use crate::types::{Form, form};
use fastwright_model::registry::Registry;
use fastwright_python::ir::{ExprKind, Stmt, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use std::rc::Rc;

/// A field with what it was made from, so that it can be made again for other types.
#[derive(Debug, Clone)]
pub(super) struct CollectedField {
    pub info: FieldInfo,
    /// The annotation as written.
    pub annotation: Value,
    /// What is assigned.
    pub assigned: Option<Value>,
}

/// The fields of a model.
#[derive(Debug, Clone, Default)]
pub(super) struct CollectedFields {
    pub fields: OrderedMap<Name, CollectedField>,
    /// The annotation of `__pydantic_extra__`.
    pub extra: Option<Value>,
}

impl CollectedFields {
    /// Fields that need not be collected.
    pub(super) fn given(fields: Vec<(Name, FieldInfo)>) -> Self {
        let fields = fields
            .into_iter()
            .map(|(name, info)| {
                let annotation = info.annotation.clone().unwrap_or_else(|| Value::external("typing.Any"));
                (name, CollectedField { info, annotation, assigned: None })
            })
            .collect();
        Self { fields, extra: None }
    }
}

/// An annotation as a value; texts stay texts.
pub(super) fn annotation_value(context: &mut Context<'_, '_>, annotation: &Annotation) -> Value {
    match annotation {
        Annotation::Given(value) => value.clone(),
        written => {
            let scopes = rebuilding_scopes(context);
            context
                .interpreter
                .with_further_names(&scopes, |interpreter| interpreter.annotation_as_written(written))
        }
    }
}

/// Where `model_rebuild()` is called, names of types are looked up as well: models that are only imported
/// while types are checked get them there.
pub(super) fn rebuilding_scopes(context: &Context<'_, '_>) -> Vec<ScopeId> {
    let registry = context.interpreter.extension::<Registry>();
    registry.rebuilt_in.iter().map(|module| context.interpreter.module(*module).scope).collect()
}

impl SchemaGenerator {
    /// The fields of a model, its own and inherited ones.
    pub(super) fn collect_fields(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &ModelType,
    ) -> Rc<CollectedFields> {
        let mut key = String::new();
        for argument in &model.arguments {
            key.push_str(&self.number(argument).to_string());
            key.push(',');
        }
        let key = (model.class, key);
        if let Some(known) = self.fields.get(&key) {
            return Rc::clone(known);
        }
        // A class that leads back to itself ends here.
        self.fields.insert(key.clone(), Rc::default());
        let collected = if model.arguments.is_empty() {
            self.collect_own(context, model.class)
        } else {
            self.collect_parametrized(context, model)
        };
        let collected = Rc::new(collected);
        self.fields.insert(key, Rc::clone(&collected));
        collected
    }

    /// The fields of `Page[Order]`: those of `Page`, made again.
    fn collect_parametrized(&mut self, context: &mut Context<'_, '_>, model: &ModelType) -> CollectedFields {
        let origin = self.collect_fields(context, &ModelType { class: model.class, arguments: Vec::new() });
        let replacements = self.replacements(context, model);
        let config = config::of_model(context, model.class, &mut self.model_configs);
        let mut fields = OrderedMap::default();
        for (name, field) in &origin.fields {
            let annotation = self.replace(context, &field.annotation, &replacements);
            let mut info = match &field.assigned {
                Some(assigned) => merging::from_annotated_attribute(context, &annotation, assigned),
                None => merging::from_annotation(context, &annotation),
            };
            if is_missing(&info.description) {
                info.description = field.info.description.clone();
            }
            info.location = field.info.location;
            self.update_from_config(context, &config, *name, &mut info);
            fields.insert(*name, CollectedField { info, annotation, assigned: field.assigned.clone() });
        }
        let extra = origin.extra.as_ref().map(|extra| self.replace(context, extra, &replacements));
        CollectedFields { fields, extra }
    }

    fn collect_own(&mut self, context: &mut Context<'_, '_>, class: ObjectId) -> CollectedFields {
        let value: Value = Kind::Class(class).into();
        let config = config::of_model(context, class, &mut self.model_configs);
        let Some(object) = context.interpreter.class(class) else { return CollectedFields::default() };
        let bases = object.written_bases.clone();
        let mut inherited = CollectedFields::default();
        for base in bases.iter().rev() {
            let Some(base) = self.base_model(context, base) else { continue };
            let fields = self.collect_fields(context, &base);
            inherited.fields.extend(fields.fields.iter().map(|(name, field)| (*name, field.clone())));
            if fields.extra.is_some() {
                inherited.extra.clone_from(&fields.extra);
            }
        }
        // Names in the order of the classes, the furthest first; the annotation nearest to the class counts.
        let mut hints: OrderedMap<Name, (ObjectId, Annotation, Location)> = OrderedMap::default();
        for owner in context.interpreter.class_order(&value).iter().rev() {
            let Kind::Class(owner) = *owner.kind() else { continue };
            let Some(object) = context.interpreter.class(owner) else { continue };
            for (name, (annotation, location)) in &object.annotations {
                hints.insert(*name, (owner, annotation.clone(), *location));
            }
        }
        // `RootModel` says that its field has the type of its argument.
        let root = Name::from("root");
        if context.interpreter.derives_from(&value, ROOT_MODEL)
            && !hints.contains_key(&root)
            && let Some(location) = context.interpreter.class(class).map(|class| class.location)
        {
            if let Some(field) = inherited.fields.get(&root) {
                let mut collected = CollectedFields::default();
                collected.fields.insert(root, field.clone());
                return collected;
            }
            let type_ = self.root_type(context, class);
            hints.insert(root, (class, Annotation::Given(type_), location));
        }
        let mut collected = CollectedFields { extra: inherited.extra.clone(), ..CollectedFields::default() };
        for (name, (owner, annotation, location)) in hints {
            if name == "__pydantic_extra__" && owner == class {
                collected.extra = Some(annotation_value(context, &annotation));
            }
            if name.starts_with('_') || name == "model_config" {
                continue;
            }
            if let Some(field) =
                self.collect_field(context, class, owner, name, &annotation, location, &inherited)
            {
                let mut field = field;
                self.update_from_config(context, &config, name, &mut field.info);
                collected.fields.insert(name, field);
            }
        }
        if config.flag("use_attribute_docstrings", false) {
            describe_by_docstrings(context, class, &mut collected);
        }
        collected
    }

    #[allow(clippy::too_many_arguments, reason = "they are what is known of a name of the class")]
    fn collect_field(
        &mut self,
        context: &mut Context<'_, '_>,
        class: ObjectId,
        owner: ObjectId,
        name: Name,
        annotation: &Annotation,
        location: Location,
        inherited: &CollectedFields,
    ) -> Option<CollectedField> {
        let assigned = self.assigned(context, class, name, inherited);
        if assigned.is_none()
            && owner != class
            && let Some(field) = inherited.fields.get(&name)
        {
            return Some(field.clone());
        }
        let annotation = annotation_value(context, annotation);
        let inspected = super::qualifiers::inspect(&annotation);
        if inspected.class_variable {
            return None;
        }
        let mut info = match &assigned {
            Some(assigned) => {
                if is_relationship(assigned) {
                    return None;
                }
                if let Kind::Union(_) = *assigned.kind() {
                    let reason = format!("what is assigned to the field `{name}` is one of several");
                    self.doubt(context, reason, Some(location));
                }
                merging::from_annotated_attribute(context, &annotation, assigned)
            }
            None => merging::from_annotation(context, &annotation),
        };
        if inspected.is_final && assigned.is_some() && !info.is_required() {
            return None;
        }
        info.location = Some(location);
        Some(CollectedField { info, annotation, assigned })
    }

    /// What a class assigns to a name: its own body, or a base that is no model. Models give the values of
    /// their fields up.
    fn assigned(
        &self,
        context: &Context<'_, '_>,
        class: ObjectId,
        name: Name,
        inherited: &CollectedFields,
    ) -> Option<Value> {
        let value: Value = Kind::Class(class).into();
        for owner in context.interpreter.class_order(&value).iter() {
            let Kind::Class(owner) = *owner.kind() else { continue };
            let object = context.interpreter.class(owner)?;
            let found = object.attributes.get(&name);
            let Some(found) = found else { continue };
            let is_model = context.interpreter.derives_from(&Kind::Class(owner).into(), names::MODEL);
            if owner != class && is_model && inherited.fields.contains_key(&name) {
                continue;
            }
            return Some(found.clone());
        }
        None
    }

    /// A base in a class statement that is a model of the program.
    pub(super) fn base_model(&mut self, context: &mut Context<'_, '_>, base: &Value) -> Option<ModelType> {
        let model = self.model_type(context, base)?;
        context.interpreter.derives_from(&Kind::Class(model.class).into(), names::MODEL).then_some(model)
    }

    /// The type of the field `root`: the argument of `RootModel`, wherever it stands among the bases.
    fn root_type(&mut self, context: &mut Context<'_, '_>, class: ObjectId) -> Value {
        let bases =
            context.interpreter.class(class).map(|class| class.written_bases.clone()).unwrap_or_default();
        for base in &bases {
            match form(base) {
                Form::Generic(origin, arguments)
                    if origin.as_external().is_some_and(|name| name == ROOT_MODEL) =>
                {
                    if let Some(first) = arguments.into_iter().next() {
                        return first;
                    }
                }
                _ => {}
            }
        }
        Value::external("typing.Any")
    }

    /// `update_field_from_config`: titles and aliases that generators make.
    pub(super) fn update_from_config(
        &mut self,
        context: &mut Context<'_, '_>,
        config: &ModelConfig,
        name: Name,
        info: &mut FieldInfo,
    ) {
        let given = info.field_title_generator.clone().filter(|generator| !generator.is_none());
        let generator = given.or_else(|| config.get("field_title_generator").cloned());
        if let Some(generator) = generator
            && is_missing(&info.title)
        {
            let about = Value::external("fastwright.field_info");
            let location = attributes::location(info, None);
            info.title = self.generated(context, &generator, vec![Value::str(&name), about], location);
        }
        if let Some(generator) = config.get("alias_generator").cloned() {
            self.generate_aliases(context, &generator, name, info);
        }
    }

    /// What a function of the program makes of a name.
    pub(super) fn generated(
        &mut self,
        context: &mut Context<'_, '_>,
        generator: &Value,
        positional: Vec<Value>,
        location: Option<Location>,
    ) -> Option<Value> {
        let arguments = Arguments::of(positional);
        let made = context.interpreter.call_from_outside(generator, arguments).ok();
        let made = made.filter(|made| made.as_str().is_some());
        if made.is_none() {
            self.doubt(context, "what a generator of names makes is not known", location);
        }
        made
    }

    /// `_apply_alias_generator_to_field_info`.
    fn generate_aliases(
        &mut self,
        context: &mut Context<'_, '_>,
        generator: &Value,
        name: Name,
        info: &mut FieldInfo,
    ) {
        let low = info.alias_priority.is_none_or(|priority| priority <= 1);
        if !low
            && !is_missing(&info.alias)
            && !is_missing(&info.validation_alias)
            && !is_missing(&info.serialization_alias)
        {
            return;
        }
        let (alias, validation, serialization) =
            self.aliases_of(context, generator, name, attributes::location(info, None));
        let first = |left: &Option<Value>, right: &Option<Value>| left.clone().or_else(|| right.clone());
        if low {
            info.alias_priority = Some(1);
            info.serialization_alias = first(&serialization, &alias);
            info.validation_alias = first(&validation, &alias);
            info.alias.clone_from(&alias);
        }
        if is_missing(&info.alias) {
            info.alias.clone_from(&alias);
        }
        if is_missing(&info.serialization_alias) {
            info.serialization_alias = first(&serialization, &alias);
        }
        if is_missing(&info.validation_alias) {
            info.validation_alias = first(&validation, &alias);
        }
    }

    /// Alias, validation alias and serialization alias that a generator makes of a name.
    pub(super) fn aliases_of(
        &mut self,
        context: &mut Context<'_, '_>,
        generator: &Value,
        name: Name,
        location: Option<Location>,
    ) -> (Option<Value>, Option<Value>, Option<Value>) {
        let several = match generator.as_symbolic() {
            Some(Symbolic::Call { callee, arguments, .. })
                if callee
                    .as_external()
                    .is_some_and(|name| names::pydantic(&name) == Some("AliasGenerator")) =>
            {
                Some(arguments.clone())
            }
            _ => None,
        };
        let Some(arguments) = several else {
            return (self.generated(context, generator, vec![Value::str(&name)], location), None, None);
        };
        let mut made = ["alias", "validation_alias", "serialization_alias"].iter().enumerate().map(
            |(position, keyword)| {
                let generator = arguments.get(position, keyword).filter(|given| !given.is_none()).cloned()?;
                let call = Arguments::of([Value::str(&name)]);
                let made = context.interpreter.call_from_outside(&generator, call).ok();
                let made = made.filter(|made| {
                    made.is_none() || made.as_str().is_some() || matches!(made.kind(), Kind::Symbolic(_))
                });
                if made.is_none() {
                    self.doubt(context, "what a generator of names makes is not known", location);
                }
                made.filter(|made| !made.is_none())
            },
        );
        (made.next().flatten(), made.next().flatten(), made.next().flatten())
    }
}

/// Pydantic's base of root models.
pub(super) const ROOT_MODEL: &str = "pydantic.root_model.RootModel";

/// Whether an option is not set, or set to `None`.
pub(super) fn is_missing(option: &Option<Value>) -> bool {
    option.as_ref().is_none_or(Value::is_none)
}

fn is_relationship(value: &Value) -> bool {
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, .. }) => {
            callee.as_external().is_some_and(|name| name == "sqlmodel.main.Relationship")
        }
        _ => false,
    }
}

/// Texts that stand behind annotated names in the body of a class, by name.
pub(super) fn attribute_docstrings(context: &Context<'_, '_>, class: ObjectId) -> OrderedMap<Name, String> {
    let mut found = OrderedMap::default();
    let Some(definition) = context.interpreter.class(class).and_then(|class| class.definition.as_ref())
    else {
        return found;
    };
    let mut target: Option<Name> = None;
    for statement in &definition.body {
        match (&statement.kind, target.take()) {
            (StmtKind::AnnAssign { target: named, .. }, _) => {
                if let ExprKind::Name(name) = named.kind {
                    target = Some(name);
                }
            }
            (StmtKind::Expr(_), Some(name)) => {
                if let Some(text) = text_of_statement(statement) {
                    found.insert(name, display::clean_documentation(text));
                }
            }
            _ => {}
        }
    }
    found
}

fn text_of_statement(statement: &Stmt) -> Option<&str> {
    match &statement.kind {
        StmtKind::Expr(expression) => match &expression.kind {
            ExprKind::Str(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn describe_by_docstrings(context: &Context<'_, '_>, class: ObjectId, collected: &mut CollectedFields) {
    for (name, text) in attribute_docstrings(context, class) {
        if let Some(field) = collected.fields.get_mut(&name)
            && is_missing(&field.info.description)
        {
            field.info.description = Some(Value::str(&text));
        }
    }
}
