//! Classes whose constructor a decorator writes from their fields: `dataclasses`, `attrs`, `NamedTuple`.

use super::{Evaluated, Interpreter, Raised};
use crate::ir::{Expr, ExprKind};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use std::sync::Arc;

/// What stands for a default that a factory makes.
pub const HAS_DEFAULT_FACTORY: &str = "dataclasses.HasDefaultFactory";

/// A field of a record.
struct Field {
    name: Name,
    /// What stands behind it in the class body.
    declared: Option<Value>,
    /// Whether the constructor takes it.
    taken: bool,
    /// Whether it is taken by keyword only.
    keyword_only: bool,
    /// `dataclasses.InitVar`: given to `__post_init__`, not stored.
    passed_on: bool,
}

impl Interpreter<'_> {
    /// Whether a decorator (or base) writes the constructor from the annotated names.
    pub fn is_record(&self, class: ObjectId) -> bool {
        self.record_keywords(class).is_some_and(|keywords| {
            !keywords.iter().any(|(name, value)| *name == "init" && value.as_bool() == Some(false))
        })
    }

    /// The options of the decorator that makes a class a record.
    fn record_keywords(&self, class: ObjectId) -> Option<Keywords> {
        self.class(class)?.decorators.iter().find_map(|decorator| match decorator.kind() {
            Kind::External(name) => is_record_decorator(name).then(Keywords::new),
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { callee, arguments, .. } => {
                    is_record_decorator(&callee.as_external()?).then(|| arguments.keywords.clone())
                }
                _ => None,
            },
            _ => None,
        })
    }

    /// The fields of a record in the order of the constructor's parameters.
    fn record_fields(&self, order: &[Value]) -> Vec<Field> {
        let mut fields: OrderedMap<Name, Field> = OrderedMap::default();
        let any_record = order
            .iter()
            .any(|owner| matches!(*owner.kind(), Kind::Class(id) if self.record_keywords(id).is_some()));
        for owner in order.iter().rev() {
            let Kind::Class(id) = *owner.kind() else { continue };
            let Some(class) = self.class(id) else { continue };
            let keywords = self.record_keywords(id);
            // Names of a class that is no record itself are ordinary class attributes.
            if any_record && keywords.is_none() {
                continue;
            }
            let mut keyword_only = keywords.is_some_and(|keywords| {
                keywords.iter().any(|(name, value)| *name == "kw_only" && value.as_bool() == Some(true))
            });
            for (name, (annotation, _)) in &class.annotations {
                match annotation_name(annotation) {
                    Some("ClassVar") => continue,
                    Some("KW_ONLY") => {
                        keyword_only = true;
                        continue;
                    }
                    special => {
                        let declared = class.attributes.get(name).cloned();
                        let field = Field::new(*name, declared, keyword_only, special == Some("InitVar"));
                        fields.insert(*name, field);
                    }
                }
            }
            // attrs takes unannotated names that are set to a field as well.
            for (name, value) in &class.attributes {
                if !class.annotations.contains_key(name) && is_attrs_field(value) {
                    fields.insert(*name, Field::new(*name, Some(value.clone()), keyword_only, false));
                }
            }
        }
        fields.into_values().collect()
    }

    /// Fills the fields of a record from arguments and defaults, then runs what the class does after.
    pub(crate) fn initialize_record(
        &mut self,
        receiver: &Value,
        order: &[Value],
        arguments: &Arguments,
        span: Span,
    ) -> Result<(), Box<Raised>> {
        let fields = self.record_fields(order);
        let mut positional = arguments.positional.iter();
        let mut passed_on = Vec::new();
        self.run_hook(receiver, "__attrs_pre_init__", Vec::new(), span)?;
        for field in fields {
            let given = if !field.taken {
                None
            } else if field.keyword_only {
                field.given_by_keyword(arguments)
            } else {
                positional.next().or_else(|| field.given_by_keyword(arguments))
            };
            let value = match given {
                Some(value) => {
                    let value = value.clone();
                    self.converted(field.declared.as_ref(), value, span)?
                }
                None => match field.declared.clone() {
                    Some(declared) => self.record_default(receiver, declared, span)?,
                    None if !field.taken => continue,
                    None => Value::unknown(
                        format!("the field `{}` is not given", field.name),
                        Some(self.here(span)),
                    ),
                },
            };
            if field.passed_on {
                passed_on.push(value);
            } else {
                self.set_attribute(receiver, field.name, value);
            }
        }
        self.run_hook(receiver, "__post_init__", passed_on, span)?;
        self.run_hook(receiver, "__attrs_post_init__", Vec::new(), span)
    }

    fn run_hook(
        &mut self,
        receiver: &Value,
        name: &str,
        positional: Vec<Value>,
        span: Span,
    ) -> Result<(), Box<Raised>> {
        let Some(class) = self.class_of(receiver) else { return Ok(()) };
        let Some((hook, _)) = self.find_in_class(&class, Name::from(name)) else { return Ok(()) };
        let mut arguments = Arguments::of(positional);
        arguments.positional.insert(0, receiver.clone());
        self.call_directly(&hook, arguments, span).map(|_| ())
    }

    /// What `converter=` makes of a given value.
    fn converted(&mut self, declared: Option<&Value>, value: Value, span: Span) -> Evaluated {
        let Some(Symbolic::Call { callee, arguments, .. }) = declared.and_then(Value::as_symbolic) else {
            return Ok(value);
        };
        let converter = arguments.keyword("converter").filter(|converter| !converter.is_none());
        match (callee.as_external(), converter) {
            (Some(name), Some(converter)) if is_field(&name) => {
                let converter = converter.clone();
                let arguments = Arguments::of([value]);
                self.call_directly(&converter, arguments, span)
            }
            _ => Ok(value),
        }
    }

    /// The default of a field of `receiver`; defaults that are made from the object itself get it.
    fn record_default(&mut self, receiver: &Value, declared: Value, span: Span) -> Evaluated {
        let made_from_object = match declared.as_symbolic() {
            Some(Symbolic::Call { callee, arguments, site })
                if callee.as_external().is_some_and(|name| is_field(&name)) =>
            {
                let factory =
                    arguments.keyword("default").cloned().and_then(|default| factory_of_object(&default));
                factory.or_else(|| self.field_defaults.get(site).cloned())
            }
            _ => factory_of_object(&declared),
        };
        match made_from_object {
            Some(factory) => {
                let arguments = Arguments::of([receiver.clone()]);
                self.call_directly(&factory, arguments, span)
            }
            None => {
                let value = self.field_default(&declared, span)?;
                self.converted(Some(&declared), value, span)
            }
        }
    }

    /// The default that [`declared_default`] finds, made where a factory makes it.
    ///
    /// # Errors
    /// The exception that a default factory certainly raises.
    pub fn field_default(&mut self, declared: &Value, span: Span) -> Evaluated {
        match declared_default(declared) {
            FieldDefault::Value(default) => Ok(default.clone()),
            FieldDefault::Made(factory) => {
                let factory = factory.clone();
                self.call_directly(&factory, Arguments::default(), span)
            }
            FieldDefault::None => Ok(Value::unknown("the field has no default", Some(self.here(span)))),
        }
    }

    /// `dataclasses.replace(object, **changes)`, `attrs.evolve`: a new object with some fields changed.
    pub(crate) fn replaced_record(&mut self, arguments: &Arguments, span: Span) -> Option<Evaluated> {
        let Kind::Instance(id) = *arguments.positional.first()?.kind() else { return None };
        let instance = self.instance(id)?;
        let (class, known) = (instance.class.clone(), instance.attributes.clone());
        let order = self.class_order(&class);
        let mut given = Arguments::default();
        for field in self.record_fields(&order) {
            if !field.taken {
                continue;
            }
            if let Some(value) = field.given_by_keyword(arguments).or_else(|| known.get(&field.name)) {
                given.keywords.push((field.name, value.clone()));
            }
        }
        Some(self.call_directly(&class, given, span))
    }

    /// The parameters of the constructor that `dataclasses` or `attrs` writes for a class, as
    /// `inspect.signature` shows them, without annotations: names, and what the class body assigns as default.
    /// What a factory makes is shown as `HAS_DEFAULT_FACTORY`.
    pub fn record_signature(&self, class: &Value) -> Vec<(Name, Option<Value>)> {
        let order = self.class_order(class);
        let fields = self.record_fields(&order).into_iter().filter(|field| field.taken);
        let (last, first): (Vec<Field>, Vec<Field>) = fields.partition(|field| field.keyword_only);
        first.into_iter().chain(last).map(|field| (field.name, field.shown_default())).collect()
    }

    /// `dataclasses.fields(class_or_object)`: objects with the name, type and default of each field.
    pub(crate) fn record_field_objects(&mut self, value: &Value, span: Span) -> Option<Value> {
        let class = match value.kind() {
            Kind::Class(_) => value.clone(),
            _ => self.class_of(value)?,
        };
        let order = self.class_order(&class);
        let site = self.here(span);
        let mut objects = Vec::new();
        for field in self.record_fields(&order) {
            let annotation = self.annotation_in_class(&class, field.name);
            let annotation = annotation.map(|(annotation, _)| self.evaluate_annotation(&annotation));
            let id = self.new_instance(Value::external("dataclasses.Field"), Arguments::default(), site);
            if let Some(instance) = self.instance_mut(id) {
                instance.attributes.insert(Name::from("name"), Value::str(&field.name));
                instance
                    .attributes
                    .insert(Name::from("type"), annotation.unwrap_or(Value::external("typing.Any")));
                if let Some(declared) = field.declared {
                    instance.attributes.insert(Name::from("default"), declared);
                }
            }
            objects.push(Kind::Instance(id).into());
        }
        Some(Value::tuple(objects))
    }
}

impl Field {
    fn new(name: Name, declared: Option<Value>, keyword_only: bool, passed_on: bool) -> Self {
        let options = match declared.as_ref().and_then(Value::as_symbolic) {
            Some(Symbolic::Call { callee, arguments, .. })
                if callee.as_external().is_some_and(|name| is_field(&name)) =>
            {
                Some(arguments)
            }
            _ => None,
        };
        let option = |name: &str| options.and_then(|options| options.keyword(name)).and_then(Value::as_bool);
        let (taken, by_keyword) = (option("init") != Some(false), option("kw_only").unwrap_or(keyword_only));
        Self { name, declared, taken, keyword_only: by_keyword, passed_on }
    }

    /// The default that the constructor's parameter shows.
    fn shown_default(&self) -> Option<Value> {
        let declared = self.declared.clone()?;
        let Some(Symbolic::Call { callee, arguments, .. }) = declared.as_symbolic() else {
            return Some(declared);
        };
        let callee = callee.as_external().filter(|callee| is_field(callee));
        // A field of Pydantic is no more than a value here.
        if callee.is_none_or(|callee| callee.starts_with("pydantic.") || callee.starts_with("sqlmodel.")) {
            return Some(declared);
        }
        let factory = || arguments.keyword("default_factory").or_else(|| arguments.keyword("factory"));
        let default = arguments.keyword("default").cloned();
        default.or_else(|| factory().map(|_| Value::external(HAS_DEFAULT_FACTORY)))
    }

    /// The argument for this field. attrs strips leading underscores from the parameter's name, or takes
    /// the one that `alias=` gives.
    fn given_by_keyword<'a>(&self, arguments: &'a Arguments) -> Option<&'a Value> {
        let alias = match self.declared.as_ref().and_then(Value::as_symbolic) {
            Some(Symbolic::Call { callee, arguments, .. })
                if callee.as_external().is_some_and(|name| is_field(&name)) =>
            {
                arguments.keyword("alias").and_then(Value::as_str)
            }
            _ => None,
        };
        arguments
            .keyword(&self.name)
            .or_else(|| arguments.keyword(alias?))
            .or_else(|| arguments.keyword(self.name.trim_start_matches('_')))
    }
}

/// Decorators that write a constructor.
pub(crate) fn is_record_decorator(name: &str) -> bool {
    matches!(
        name,
        "dataclasses.dataclass"
            | "attr.s"
            | "attr.dataclass"
            | "attr.attrs"
            | "attr.attributes"
            | "attr.define"
            | "attr.mutable"
            | "attr.frozen"
            | "attrs.define"
            | "attrs.frozen"
            | "attrs.mutable"
            | "pydantic.dataclasses.dataclass"
    )
}

/// What an object gets for a field that its constructor is given nothing for.
#[derive(Debug, Clone, Copy)]
pub enum FieldDefault<'a> {
    /// This value; a list or dict is the one of the declaration.
    Value(&'a Value),
    /// What this function gives back, called for each object.
    Made(&'a Value),
    /// Nothing: the field asks for a value.
    None,
}

/// The default that `field(default=..., default_factory=...)`, `attrs.field(factory=...)`, `Factory(...)` or
/// Pydantic's `Field(...)` declares; any other value is its own default (Python 3.14 `dataclasses.py`, attrs
/// `_make.py`, Pydantic 2.14 `fields.py`).
pub fn declared_default(declared: &Value) -> FieldDefault<'_> {
    let Some(Symbolic::Call { callee, arguments, .. }) = declared.as_symbolic() else {
        return FieldDefault::Value(declared);
    };
    let Some(name) = callee.as_external() else { return FieldDefault::Value(declared) };
    if matches!(name.as_str(), "attr.Factory" | "attrs.Factory") {
        return arguments.get(0, "factory").map_or(FieldDefault::Value(declared), FieldDefault::Made);
    }
    if !is_field(&name) {
        return FieldDefault::Value(declared);
    }
    if let Some(default) = arguments.keyword("default") {
        return declared_default(default);
    }
    if let Some(factory) = arguments.keyword("default_factory").or_else(|| arguments.keyword("factory")) {
        return FieldDefault::Made(factory);
    }
    // Pydantic's and attr.ib's first parameter is the default; `...` asks for a value.
    match arguments.positional.first() {
        Some(default) if !matches!(default.kind(), Kind::Ellipsis) => FieldDefault::Value(default),
        _ => FieldDefault::None,
    }
}

fn is_field(name: &str) -> bool {
    matches!(
        name,
        "dataclasses.field"
            | "attr.ib"
            | "attr.attrib"
            | "attr.attr"
            | "attrs.field"
            | "attr.field"
            | "pydantic.fields.Field"
            | "pydantic.fields.FieldInfo"
            | "pydantic.fields.PrivateAttr"
            | "sqlmodel.main.Field"
    )
}

fn is_attrs_field(value: &Value) -> bool {
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, .. }) => {
            callee.as_external().is_some_and(|name| name.starts_with("attr") && is_field(&name))
        }
        _ => false,
    }
}

/// The function of `Factory(function, takes_self=True)`.
fn factory_of_object(default: &Value) -> Option<Value> {
    let Symbolic::Call { callee, arguments, .. } = default.as_symbolic()? else { return None };
    let is_factory = matches!(callee.as_external()?.as_str(), "attr.Factory" | "attrs.Factory");
    let takes_self = arguments.get(1, "takes_self").and_then(Value::as_bool) == Some(true);
    (is_factory && takes_self).then(|| arguments.get(0, "factory").cloned()).flatten()
}

/// The last name of an annotation as written, without its arguments.
fn annotation_name(annotation: &Annotation) -> Option<&str> {
    fn of(expression: &Arc<Expr>) -> Option<&str> {
        let mut current: &Expr = expression;
        loop {
            match &current.kind {
                ExprKind::Name(name) => return Some(name.as_str()),
                ExprKind::Attribute(attribute) => return Some(attribute.name.as_str()),
                ExprKind::Subscript(parts) => current = &parts.0,
                ExprKind::Str(text) => {
                    let head = text.split('[').next().unwrap_or(text);
                    return Some(head.rsplit('.').next().unwrap_or(head).trim());
                }
                _ => return None,
            }
        }
    }
    match annotation {
        Annotation::Written { expression, .. } => of(expression),
        Annotation::Given(_) => None,
    }
}
