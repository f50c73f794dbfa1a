//! What kind of type a value is (Pydantic 2.14 `_internal/_generate_schema.py`, `generate_schema`,
//! `_generate_schema_inner`, `match_type`).

use super::names::{self, Origin};
use super::{DEEPEST, Generated, Refused, SchemaGenerator, generics, library_types, place, standard};
use crate::context::Context;
use crate::doubt::why_unknown;
use crate::pydantic::core_schema::*;
use crate::types::{Form, form};
use fastwright_python::interpreter::is_none_type;
use fastwright_python::name::Name;
use fastwright_python::project::standard_library::is_standard_library;
use fastwright_python::value::*;

impl SchemaGenerator {
    /// The schema of a type.
    pub(super) fn generate(&mut self, context: &mut Context<'_, '_>, value: &Value) -> Generated {
        self.of_type(context, value, value)
    }

    /// The schema of a type; `source` is what the annotation names where metadata are applied.
    pub(super) fn of_type(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
        source: &Value,
    ) -> Generated {
        if self.depth > DEEPEST {
            return Ok(self.unknown(context, "types nest too deeply", place(value)));
        }
        self.depth += 1;
        let made = self.dispatch(context, value, source);
        self.depth -= 1;
        made
    }

    fn dispatch(&mut self, context: &mut Context<'_, '_>, value: &Value, source: &Value) -> Generated {
        self.doubt_order(context, value);
        match form(value) {
            Form::None => Ok(Core::new(CoreKind::None)),
            Form::Class(class) => self.class(context, &class, source),
            Form::External(name) => self.external(context, &name, value),
            Form::Annotated(inner, metadata) => {
                let metadata = metadata.into_iter().map(super::annotations::Annotation::Object).collect();
                self.annotated(context, &inner, metadata)
            }
            Form::Union(members) => self.union(context, &members),
            Form::Literal(values) => self.literal(context, values),
            Form::Generic(origin, arguments) => self.generic(context, value, &origin, &arguments),
            Form::Call(callee, arguments) => self.called(context, value, &callee, &arguments),
            Form::Forward(text) => self.forward(context, &text, value),
            Form::Other => match self.type_of_field(context, value) {
                Some(type_) => self.generate(context, &type_),
                None => Ok(self.other(context, value)),
            },
        }
    }

    /// A subscription of `typing` may be an equal one of another module, with its members in another order.
    fn doubt_order(&mut self, context: &mut Context<'_, '_>, value: &Value) {
        if context.interpreter.undecided_order(value).is_some() {
            let reason = "the members of a union have the order of the module that wrote it first, and which one \
                          that is is not decided";
            self.doubt(context, reason, place(value));
        } else if context.interpreter.is_written_in_several_orders(value) {
            let reason = "the members of a union have the order of the module that is imported first, which is \
                          known only where the app is named as `--app module:name`";
            self.doubt(context, reason, place(value));
        }
    }

    /// `Model.model_fields["name"].annotation`: the type of a field.
    fn type_of_field(&mut self, context: &mut Context<'_, '_>, value: &Value) -> Option<Value> {
        let Symbolic::Member { base, name } = value.as_symbolic()? else { return None };
        let Symbolic::Member { base: class, name: field } = base.as_symbolic()? else { return None };
        if *name != "annotation" {
            return None;
        }
        let model = self.model_type(context, class)?;
        let fields = self.collect_fields(context, &model);
        fields.fields.get(field)?.info.annotation.clone()
    }

    fn other(&mut self, context: &mut Context<'_, '_>, value: &Value) -> Shared {
        let (reason, location) = match value.kind() {
            Kind::Unknown(unknown) => (format!("a type is not known: {}", unknown.reason), unknown.location),
            Kind::Union(_) => ("a type is one of several, which it is is not known".to_owned(), None),
            Kind::Symbolic(_) => ("a type is an expression that is not computed".to_owned(), place(value)),
            _ => ("what stands for a type is none".to_owned(), place(value)),
        };
        self.unknown(context, reason, location)
    }

    /// A name in quotes.
    fn forward(&mut self, context: &mut Context<'_, '_>, text: &str, value: &Value) -> Generated {
        let Some((scope, module)) = self.work.namespaces.last().copied() else {
            let reason = format!("it is not known where the name `{text}` is looked up");
            return Ok(self.unknown(context, reason, place(value)));
        };
        let scopes = super::fields::rebuilding_scopes(context);
        let found = context
            .interpreter
            .with_further_names(&scopes, |interpreter| interpreter.type_from_text(text, scope, module));
        if found.as_str() == Some(text) {
            return Ok(self.unknown(context, format!("`{text}` is not known as a type"), place(value)));
        }
        self.generate(context, &found)
    }

    fn union(&mut self, context: &mut Context<'_, '_>, members: &[Value]) -> Generated {
        let mut choices = Vec::with_capacity(members.len());
        let (mut nullable, mut missing) = (false, false);
        for member in members {
            if is_none_type(member) {
                nullable = true;
            } else if is_missing(member) {
                missing = true;
            } else {
                choices.push(self.generate(context, member)?);
            }
        }
        let mut schema = match choices.len() {
            0 => {
                nullable = false;
                Core::new(CoreKind::None)
            }
            1 => choices.remove(0),
            _ => {
                let mut labelled = Vec::with_capacity(choices.len());
                for choice in choices {
                    let label = choice.metadata.union_tag.as_ref().and_then(Value::as_str).map(str::to_owned);
                    labelled.push((choice, label));
                }
                Core::new(CoreKind::Union { choices: labelled })
            }
        };
        if nullable {
            schema = Core::new(CoreKind::Nullable(schema));
        }
        if missing {
            schema = Core::new(CoreKind::MissingSentinel(Some(schema)));
        }
        Ok(schema)
    }

    fn literal(&mut self, context: &mut Context<'_, '_>, values: Vec<Value>) -> Generated {
        let mut expected: Vec<Value> = Vec::with_capacity(values.len());
        for value in values {
            // An alias of a literal stands for its values.
            let inner = fastwright_python::interpreter::aliased_type(&value).map(form);
            let more = match inner {
                Some(Form::Literal(inner)) => inner,
                _ => match context.interpreter.computed_with_libraries(&value, may_follow) {
                    Some(computed) => match computed.kind() {
                        // `Literal[tuple(names)]`.
                        Kind::Tuple(items) => items.to_vec(),
                        _ => vec![computed],
                    },
                    None => vec![value],
                },
            };
            for value in more {
                if matches!(value.kind(), Kind::Unknown(_) | Kind::Union(_) | Kind::Symbolic(_)) {
                    let (reason, location) = why_unknown(context.interpreter, &value);
                    let location = location.or(place(&value));
                    self.doubt(context, format!("a value of a literal is not known: {reason}"), location);
                }
                if !expected.iter().any(|known| known.same(&value)) {
                    expected.push(value);
                }
            }
        }
        if let Some(order) = expected.iter().find_map(|value| context.interpreter.undecided_order(value)) {
            let reason = format!("the values of a literal have {order}, which is not decided");
            self.doubt(context, reason, None);
        }
        // The order is doubted already.
        let expected =
            expected.into_iter().map(|value| context.interpreter.in_decided_order(value)).collect();
        Ok(Core::new(CoreKind::Literal(expected)))
    }

    /// `origin[arguments...]`.
    fn generic(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
        origin: &Value,
        arguments: &[Value],
    ) -> Generated {
        match origin.kind() {
            Kind::Class(_) => self.class(context, value, value),
            Kind::External(name) => self.external_generic(context, name, arguments, value),
            _ => {
                if let Some(made) = self.type_alias(context, origin, arguments) {
                    return made;
                }
                match self.substituted(context, value) {
                    Some(replaced) => self.generate(context, &replaced),
                    None => Ok(self.unknown(context, "a generic type is not known", place(value))),
                }
            }
        }
    }

    /// A subscribed alias with values in place of its type variables: with `Pairs = list[tuple[T, T]]`,
    /// `Pairs[int]` is `list[tuple[int, int]]`. None for anything else.
    pub fn substituted(&mut self, context: &mut Context<'_, '_>, annotation: &Value) -> Option<Value> {
        let Form::Generic(alias, arguments) = form(annotation) else { return None };
        if !matches!(alias.kind(), Kind::Symbolic(_)) {
            return None;
        }
        let variables = generics::variables_in(self, context, std::slice::from_ref(&alias));
        if variables.is_empty() {
            return None;
        }
        let replacements: Vec<(Value, Value)> = variables.into_iter().zip(arguments).collect();
        Some(self.replace(context, &alias, &replacements))
    }

    fn external_generic(
        &mut self,
        context: &mut Context<'_, '_>,
        name: &str,
        arguments: &[Value],
        value: &Value,
    ) -> Generated {
        if let Some(origin) = names::set_origin(name) {
            return self.standard_generic(context, name, origin, Some(arguments));
        }
        if let Some(inner) = arguments.first() {
            if let Some(marked) = library_types::marked(name, inner) {
                return self.generate(context, &marked);
            }
            match names::pydantic(name) {
                Some("Secret") => return self.secret(context, inner),
                Some("RootModel") => return self.root_model(context, inner, value),
                _ => {}
            }
            if let Some("Final" | "Required" | "NotRequired" | "ReadOnly" | "Unpack" | "ClassVar") =
                names::typing(name)
            {
                return self.generate(context, inner);
            }
            // `LowerCase[str]` and the like check, and show nothing.
            if let Some(
                "LowerCase" | "UpperCase" | "IsDigits" | "IsAscii" | "IsFinite" | "IsNotFinite" | "IsNan"
                | "IsNotNan" | "IsInfinite" | "IsNotInfinite" | "IsDigit" | "IsNotNaN",
            ) = names::annotated_types(name)
            {
                let schema = self.generate(context, &inner.clone())?;
                return Ok(Core::new(CoreKind::FunctionAfter(schema)));
            }
        }
        self.foreign(context, name, value)
    }

    fn external(&mut self, context: &mut Context<'_, '_>, name: &Name, value: &Value) -> Generated {
        if let Some(schema) = standard::simple(name).or_else(|| standard::composed(name)) {
            return Ok(schema);
        }
        if let Some(type_) = library_types::alias(name) {
            return self.generate(context, &type_);
        }
        if let Some(made) = self.library_class(context, name) {
            return made;
        }
        if let Some(origin) = names::set_origin(name) {
            // `Path` and `type` without arguments mean the same as with `Any`.
            let arguments = (origin == Origin::Path).then_some(&[][..]);
            return self.standard_generic(context, name, origin, arguments);
        }
        match names::typing(name) {
            Some("Self") => {
                return match self.work.classes.last().cloned() {
                    Some(class) => self.generate(context, &class),
                    None => Err(Box::new(Refused {
                        reason: "`Self` stands outside of a class".to_owned(),
                        location: place(value),
                    })),
                };
            }
            Some("AnyStr") => {
                let choices = ["builtins.bytes", "builtins.str"]
                    .iter()
                    .filter_map(|name| Some((standard::simple(name)?, None)));
                return Ok(Core::new(CoreKind::Union { choices: choices.collect() }));
            }
            _ => {}
        }
        self.foreign(context, name, value)
    }

    /// A class of a library of which Pydantic knows nothing.
    fn foreign(&mut self, context: &mut Context<'_, '_>, name: &str, value: &Value) -> Generated {
        if names::is_version_one(name) {
            return Ok(self.unknown(context, "a type belongs to Pydantic 1", place(value)));
        }
        if is_known(name) && !knows_nothing_of_pydantic(name) {
            return Ok(self.unknown(context, format!("the schema of `{name}` is not known"), place(value)));
        }
        if !knows_nothing_of_pydantic(name) {
            if let Some(found) = context.interpreter.follow_library(name) {
                let found = match (value.as_symbolic(), found.kind()) {
                    (Some(Symbolic::Item { index, .. }), _) => {
                        Value::symbolic(Symbolic::Item { base: found, index: index.clone() })
                    }
                    _ => found,
                };
                return self.generate(context, &found);
            }
            // It may have a method that makes a schema.
            return Ok(self.unknown(context, format!("the schema of `{name}` is not known"), place(value)));
        }
        if self.config_flag("arbitrary_types_allowed") {
            return Ok(Core::new(CoreKind::IsInstance(value.clone())));
        }
        Err(Box::new(Refused {
            reason: format!("Pydantic makes no schema of `{name}`"),
            location: place(value),
        }))
    }

    /// A class of the program, or a generic one with arguments.
    fn class(&mut self, context: &mut Context<'_, '_>, value: &Value, source: &Value) -> Generated {
        let Some(model) = self.model_type(context, value) else { return Ok(self.other(context, value)) };
        let class: Value = Kind::Class(model.class).into();
        if foreign_base(context, &class).is_some() {
            context.interpreter.follow_bases(model.class, may_follow);
        }
        let made = match self.made_by_own_method(context, &model, source) {
            Some(made) => made?,
            None => self.of_class(context, &model, &class)?,
        };
        self.with_own_function(context, made, &class)
    }

    pub(super) fn of_class(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &generics::ModelType,
        class: &Value,
    ) -> Generated {
        let derives = |context: &Context<'_, '_>, base: &str| context.interpreter.derives_from(class, base);
        if derives(context, names::MODEL) {
            return self.model(context, model);
        }
        if let Some(made) = self.derived_from_library(context, model, class) {
            return made;
        }
        if derives(context, "typing.TypedDict") {
            return self.typed_dict(context, model);
        }
        if derives(context, "enum.Enum") {
            return self.enumeration(context, model.class);
        }
        if derives(context, "typing.NamedTuple") {
            return self.named_tuple(context, model);
        }
        if super::dataclasses::is_dataclass(context, class) {
            return self.dataclass(context, model);
        }
        let foreign = foreign_base(context, class);
        let location = context.interpreter.class(model.class).map(|class| class.location);
        if let Some(name) = foreign {
            let reason = format!("the schema of a class is not known that derives from `{name}`");
            return Ok(self.unknown(context, reason, location));
        }
        if self.config_flag("arbitrary_types_allowed") {
            return Ok(Core::new(CoreKind::IsInstance(class.clone())));
        }
        let name = context.interpreter.class(model.class).map(|class| class.name).unwrap_or_default();
        Err(Box::new(Refused { reason: format!("Pydantic makes no schema of `{name}`"), location }))
    }

    /// A class derived from one that Pydantic defines: `class Site(AnyUrl)`, `class Pin(Secret[int])`.
    fn derived_from_library(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &generics::ModelType,
        class: &Value,
    ) -> Option<Generated> {
        let order = context.interpreter.class_order(class);
        let library = order.iter().filter_map(Value::as_external).find_map(|name| names::pydantic(&name))?;
        if let Some(mut url) = library_types::url_of(library) {
            if let Some((constraints, _)) =
                context.interpreter.find_in_class(class, Name::from("_constraints"))
            {
                url.max_length = match constraints.as_symbolic() {
                    Some(Symbolic::Call { arguments, .. }) => {
                        arguments.get(0, "max_length").and_then(Value::as_int)
                    }
                    _ => None,
                };
            }
            return Some(Ok(library_types::url_schema(url)));
        }
        match library {
            "SecretStr" | "SecretBytes" | "ByteSize" | "PaymentCardNumber" | "EmailStr" => {
                self.library_class(context, &format!("pydantic.{library}"))
            }
            "Secret" => {
                let bases = context.interpreter.class(model.class)?.written_bases.clone();
                let inner = bases.iter().find_map(|base| match form(base) {
                    Form::Generic(_, arguments) => arguments.into_iter().next(),
                    _ => None,
                })?;
                Some(self.secret(context, &inner))
            }
            _ => None,
        }
    }
}

/// A class of a library, or something unknown, among the bases of a class, that may have a method that makes
/// a schema.
fn foreign_base(context: &Context<'_, '_>, class: &Value) -> Option<String> {
    context.interpreter.class_order(class).iter().find_map(|base| match base.kind() {
        Kind::External(name) => (!is_known(name)).then(|| name.to_string()),
        Kind::Class(_) => None,
        _ => Some("something unknown".to_owned()),
    })
}

fn is_missing(value: &Value) -> bool {
    value.as_external().is_some_and(|name| {
        matches!(name.as_str(), "pydantic_core.MISSING" | "pydantic.experimental.missing_sentinel.MISSING")
    })
}

/// Whether the classes of a library are known here, so that its code need not be run.
fn is_known(name: &str) -> bool {
    let library = name.split('.').next().unwrap_or(name);
    matches!(library, "pydantic" | "pydantic_core" | "pydantic_settings" | "sqlmodel" | "annotated_types")
        || knows_nothing_of_pydantic(name)
}

/// Whether the code of a library may be run to know what a name is bound to.
pub fn may_follow(name: &str) -> bool {
    !is_known(name)
}

/// Whether the classes of a library certainly have no method that makes a schema.
pub(super) fn knows_nothing_of_pydantic(name: &str) -> bool {
    let library = name.split('.').next().unwrap_or(name);
    library == "builtins"
        || library == "typing_extensions"
        || is_standard_library(name)
        || matches!(
            library,
            "fastapi"
                | "starlette"
                | "sqlalchemy"
                | "bson"
                | "numpy"
                | "pandas"
                | "redis"
                | "httpx"
                | "anyio"
                | "asyncpg"
                | "pymongo"
                | "motor"
                | "aiohttp"
                | "requests"
                | "boto3"
                | "botocore"
        )
}
