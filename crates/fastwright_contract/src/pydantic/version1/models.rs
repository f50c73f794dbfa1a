//! Models: their fields and configuration (`pydantic/v1/main.py`, `ModelMetaclass`; `config.py`).

use super::fields::{FieldRequest, info_of_assigned};
use super::types::{Limits, Plain, Repeated, Type, standard};
use super::{Field, FieldInfo, exported_value, is_model};
use crate::context::Context;
use crate::pydantic::generate::display::{class_names, documentation};
use crate::types::{Form, form};
use fastwright_python::ir::ExprKind;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A model.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its name behind its module.
    pub qualified: String,
    /// `Config.title`.
    pub title: Option<Value>,
    /// Its docstring, or that of the nearest class that it derives from.
    pub documentation: Option<String>,
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// Whether it forbids what it does not know.
    pub forbids_extra: bool,
    /// `Config.schema_extra`.
    pub schema_extra: Option<Value>,
    /// Where it is defined.
    pub location: Option<Location>,
}

/// The models of a program, each made once.
#[derive(Debug, Default)]
pub struct Models {
    known: FxHashMap<ObjectId, Rc<Model>>,
    /// Where names of forward references are looked up.
    pub(super) namespace: Option<(ScopeId, ModuleId)>,
    /// Where the type that is looked at stands.
    pub(super) location: Option<Location>,
    pub(super) depth: u32,
}

impl Models {
    /// A model.
    pub fn model(&mut self, context: &mut Context<'_, '_>, class: &Value) -> Rc<Model> {
        let Kind::Class(id) = *class.kind() else { return Rc::default() };
        if let Some(known) = self.known.get(&id) {
            return Rc::clone(known);
        }
        self.known.insert(id, Rc::default());
        let saved = (self.namespace.take(), self.location.take());
        let model = Rc::new(self.made(context, id, class));
        (self.namespace, self.location) = saved;
        self.known.insert(id, Rc::clone(&model));
        model
    }

    /// A model of the given fields: `create_model(name)`.
    pub fn create(&mut self, context: &mut Context<'_, '_>, name: &str, fields: Vec<Field>) -> Value {
        let nowhere = Location { file: FileId(0), span: Span::default() };
        let Some(first) = context.interpreter.modules().next().map(|(id, _)| id) else { return Value::NONE };
        let base = Value::external("pydantic.v1.main.BaseModel");
        let own = Name::from(name);
        let class = context.interpreter.new_class(None, None, own, own, first, vec![base], nowhere);
        let model = Model {
            name: name.to_owned(),
            qualified: format!("pydantic.v1.main.{name}"),
            fields,
            ..Model::default()
        };
        self.known.insert(class, Rc::new(model));
        Kind::Class(class).into()
    }

    fn made(&mut self, context: &mut Context<'_, '_>, id: ObjectId, class: &Value) -> Model {
        let Some(object) = context.interpreter.class(id) else { return Model::default() };
        let (name, location) = (object.name.to_string(), object.location);
        let (module, qualname) = class_names(context, id);
        let config = config_of(context, class);
        let fields = self.collect(context, id, &config);
        let order = context.interpreter.class_order(class);
        for owner in order.iter() {
            if matches!(exported_value(owner), Some("GenericModel" | "BaseSettings")) {
                context.doubt("a generic model of Pydantic 1 is not followed", Some(location));
            }
        }
        let documentation = order.iter().find_map(|owner| match *owner.kind() {
            Kind::Class(owner) => documentation(context, owner),
            _ => None,
        });
        let forbids_extra = config.get("extra").is_some_and(|extra| match extra.as_external() {
            Some(name) => name.ends_with(".forbid"),
            None => context.interpreter.text_of(extra).is_some_and(|text| text == "forbid"),
        });
        Model {
            name,
            qualified: format!("{module}.{qualname}"),
            title: config.get("title").cloned(),
            documentation,
            fields,
            forbids_extra,
            schema_extra: config.get("schema_extra").cloned(),
            location: Some(location),
        }
    }

    fn collect(&mut self, context: &mut Context<'_, '_>, id: ObjectId, config: &Config) -> Vec<Field> {
        let Some(object) = context.interpreter.class(id) else { return Vec::new() };
        let bases = object.bases.clone();
        let annotations: Vec<(Name, Annotation, Location)> =
            object.annotations.iter().map(|(name, (what, at))| (*name, what.clone(), *at)).collect();
        let attributes: Vec<(Name, Value)> =
            object.attributes.iter().map(|(name, value)| (*name, value.clone())).collect();
        let module = object.module;
        let own_location = object.location;
        let mut fields: OrderedMap<String, Field> = OrderedMap::default();
        for base in bases.iter().rev() {
            if !is_model(context.interpreter, base) {
                continue;
            }
            for field in &self.model(context, base).fields {
                let mut field = field.clone();
                let keywords = config.of_field(context, &field.name, own_location);
                if let Some(alias) = keywords.alias.filter(|alias| alias.1 >= field.info.alias_priority) {
                    (field.alias, field.info.alias_priority) = alias;
                }
                fields.insert(field.name.clone(), field);
            }
        }
        self.namespace = Some((context.interpreter.module(module).scope, module));
        for (name, annotation, location) in &annotations {
            let annotation = evaluated(context, annotation);
            if !is_field_name(name) || is_class_variable(&annotation) {
                continue;
            }
            let assigned = attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value);
            let untouched = |value: &Value| {
                matches!(
                    *value.kind(),
                    Kind::Function(_) | Kind::Method(_) | Kind::Descriptor(_) | Kind::Class(_)
                )
            };
            if assigned.is_some_and(untouched) {
                continue;
            }
            let field = self.infer(context, config, name, Some(annotation), assigned, *location);
            fields.insert(name.to_string(), field);
        }
        for (name, value) in &attributes {
            if annotations.iter().any(|(other, ..)| other == name) || !is_field_name(name) {
                continue;
            }
            let plain = matches!(
                *value.kind(),
                Kind::Bool(_)
                    | Kind::Int(_)
                    | Kind::Float(_)
                    | Kind::Str(_)
                    | Kind::Bytes(_)
                    | Kind::Tuple(_)
                    | Kind::List(_)
                    | Kind::Set(_)
                    | Kind::Dict(_)
                    | Kind::Instance(_)
            );
            let said = super::field_info::of_value(context, value).is_some();
            if plain || said {
                let field = self.infer(context, config, name, None, Some(value), own_location);
                fields.insert(name.to_string(), field);
            } else if matches!(value.kind(), Kind::Symbolic(_) | Kind::Unknown(_) | Kind::Union(_)) {
                let reason = format!("whether `{name}` is a field of a model of Pydantic 1 is not known");
                context.doubt(reason, Some(own_location));
            }
        }
        fields.into_values().collect()
    }

    fn infer(
        &mut self,
        context: &mut Context<'_, '_>,
        config: &Config,
        name: &Name,
        annotation: Option<Value>,
        assigned: Option<&Value>,
        location: Location,
    ) -> Field {
        let mut found = None;
        if let Some(Form::Annotated(_, metadata)) = annotation.as_ref().map(form) {
            for item in &metadata {
                if let Some(info) = super::field_info::of_value(context, item) {
                    found = Some(info);
                    break;
                }
            }
        }
        let mut info = match found {
            Some(mut info) => {
                info.default = assigned.filter(|value| !matches!(value.kind(), Kind::Ellipsis)).cloned();
                info
            }
            None => info_of_assigned(context, assigned).0,
        };
        info.location = info.location.or(Some(location));
        let from_config = config.of_field(context, name, location);
        from_config.complete(context, &mut info);
        let is_required = match (&info.default, &info.default_factory, assigned) {
            (None, Some(_), _) | (Some(_), ..) => Some(false),
            // `...` and `Field(...)` demand a value, `Field()` leaves it to the type.
            (None, None, Some(assigned)) if demands(assigned) => Some(true),
            _ => None,
        };
        let alias = match &info.alias {
            None => None,
            Some(alias) => match context.interpreter.text_of(alias) {
                Some(alias) => Some(alias),
                None => {
                    context.doubt(format!("the alias of `{name}` is not known"), Some(location));
                    None
                }
            },
        };
        let request = FieldRequest {
            name: name.to_string(),
            annotation,
            alias,
            info,
            is_required,
            location: Some(location),
        };
        Field::new(context, self, request)
    }

    /// The type of a field that only has a default.
    pub(super) fn type_of_default(&mut self, context: &mut Context<'_, '_>, default: Option<&Value>) -> Type {
        let name = match default.map(|default| default.kind()) {
            Some(Kind::Bool(_)) => "builtins.bool",
            Some(Kind::Int(_)) => "builtins.int",
            Some(Kind::Float(_)) => "builtins.float",
            Some(Kind::Str(_)) => "builtins.str",
            Some(Kind::Bytes(_)) => "builtins.bytes",
            Some(Kind::Tuple(_)) => "builtins.tuple",
            Some(Kind::List(_)) => "builtins.list",
            Some(Kind::Dict(_)) => "builtins.dict",
            Some(Kind::Instance(id)) => {
                let class = context.interpreter.instance(*id).map(|instance| instance.class.clone());
                return match class {
                    Some(class) => self.type_of(context, &class),
                    None => self.unknown(context, "the type of a default is not known"),
                };
            }
            _ => return self.unknown(context, "the type of a default is not known"),
        };
        standard(name).map_or(Type::Unknown, |plain: Plain| Type::Plain(Box::new(plain)))
    }
}

/// An annotation as a value; names in texts are those of the module (`resolve_annotations`).
fn evaluated(context: &mut Context<'_, '_>, annotation: &Annotation) -> Value {
    if let Annotation::Written { expression, module, .. } = annotation {
        let own = context.interpreter.module(*module);
        let is_text = matches!(expression.kind, ExprKind::Str(_))
            || own.code.imports.iter().any(|import| {
                import.module == "__future__" && import.names.iter().any(|name| *name == "annotations")
            });
        if is_text {
            let (scope, module) = (own.scope, *module);
            let expression = Arc::clone(expression);
            return context.interpreter.annotation_as_written(&Annotation::Written {
                expression,
                scope,
                module,
            });
        }
    }
    context.interpreter.annotation_as_written(annotation)
}

/// Whether a value says that a field must be given.
fn demands(assigned: &Value) -> bool {
    match (assigned.kind(), assigned.as_symbolic()) {
        (Kind::Ellipsis, _) => true,
        (_, Some(Symbolic::Call { arguments, .. })) => {
            arguments.get(0, "default").is_some_and(|default| matches!(default.kind(), Kind::Ellipsis))
        }
        _ => false,
    }
}

fn is_field_name(name: &str) -> bool {
    name == "__root__" || !name.starts_with('_') && name != "Config"
}

fn is_class_variable(annotation: &Value) -> bool {
    let is_marker = |value: &Value| {
        value
            .as_external()
            .is_some_and(|name| name == "typing.ClassVar" || name == "typing_extensions.ClassVar")
    };
    is_marker(annotation) || matches!(form(annotation), Form::Generic(base, _) if is_marker(&base))
}

/// The configuration in effect: the nearest `class Config` that says something counts.
struct Config {
    /// Classes named `Config` and keywords of class statements, the nearest first.
    values: OrderedMap<Name, Value>,
}

/// What a configuration says about one field.
#[derive(Default)]
struct OfField {
    /// The alias, and how strong it is.
    alias: Option<(String, i64)>,
    /// Everything else by keyword.
    keywords: Vec<(Name, Value)>,
}

fn config_of(context: &mut Context<'_, '_>, class: &Value) -> Config {
    let mut values: OrderedMap<Name, Value> = OrderedMap::default();
    for owner in context.interpreter.class_order(class).iter() {
        let Kind::Class(id) = *owner.kind() else { continue };
        let Some(object) = context.interpreter.class(id) else { continue };
        let keywords = object.keywords.clone();
        let own = object.attributes.get(&Name::from("Config")).cloned();
        for (name, value) in keywords {
            values.entry(name).or_insert(value);
        }
        let Some(own) = own else { continue };
        for part in context.interpreter.class_order(&own).iter() {
            let Kind::Class(part) = *part.kind() else { continue };
            let Some(object) = context.interpreter.class(part) else { continue };
            for (name, value) in &object.attributes {
                values.entry(*name).or_insert_with(|| value.clone());
            }
        }
    }
    Config { values }
}

impl Config {
    fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(&Name::from(name)).filter(|value| !value.is_none())
    }

    /// `Config.get_field_info`.
    fn of_field(&self, context: &mut Context<'_, '_>, name: &str, location: Location) -> OfField {
        let mut found = OfField::default();
        if let Some(fields) = self.get("fields").cloned() {
            match context.interpreter.entries(&fields) {
                Some(entries) => {
                    let said = entries.into_iter().find(|(field, _)| field.as_str() == name);
                    match said.map(|(_, said)| (said.as_str().map(str::to_owned), said)) {
                        Some((Some(alias), _)) => found.alias = Some((alias, 2)),
                        Some((None, said)) => {
                            found.keywords = context.interpreter.entries(&said).unwrap_or_default();
                        }
                        None => {}
                    }
                }
                None => context.doubt("`Config.fields` of a model is not known", Some(location)),
            }
        }
        let alias = Name::from("alias");
        if let Some(position) = found.keywords.iter().position(|(name, _)| *name == alias) {
            let (_, value) = found.keywords.remove(position);
            found.alias = value.as_str().map(|alias| (alias.to_owned(), 2));
        }
        if found.alias.is_none()
            && let Some(generator) = self.get("alias_generator").cloned()
        {
            let arguments = Arguments::of([Value::str(name)]);
            let made = context.interpreter.call_from_outside(&generator, arguments).ok();
            match made.and_then(|made| context.interpreter.text_of(&made)) {
                Some(alias) => found.alias = Some((alias, 1)),
                None => context.doubt("what a generator of names makes is not known", Some(location)),
            }
        }
        found
    }
}

impl OfField {
    /// `FieldInfo.update_from_config`: what the field does not say itself.
    fn complete(self, context: &mut Context<'_, '_>, info: &mut FieldInfo) {
        if let Some((alias, priority)) = self.alias
            && info.alias.is_none()
        {
            info.alias = Some(Value::str(&alias));
            info.alias_priority = priority;
        }
        let missing: Vec<(Name, Value)> = self
            .keywords
            .into_iter()
            .filter(|(name, _)| match name.as_str() {
                "title" => info.title.is_none(),
                "description" => info.description.is_none(),
                "default" => info.default.is_none(),
                "alias_priority" => false,
                _ => !info.constraints.contains_key(name) && !info.extra.contains_key(name),
            })
            .collect();
        info.set(context, missing);
    }
}

/// What a list is limited by, where anything is said.
pub(super) fn shown_limits(
    limits: &Limits,
    repeated: Repeated,
) -> impl Iterator<Item = (&'static str, &Value)> {
    limits
        .iter()
        .map(|(name, value)| (*name, value))
        .filter(move |(name, _)| !name.is_empty() && (*name != "unique_items" || repeated == Repeated::List))
}
