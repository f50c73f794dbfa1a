//! `Annotated` and what stands in it (Pydantic 2.14 `_internal/_generate_schema.py`, `_apply_annotations`;
//! `functional_validators.py`, `functional_serializers.py`, `json_schema.py`).

use super::decorators::ValidatorMode;
use super::field_metadata::{update_metadata, wrap_default};
use super::library_types::{object, serialized_by_library};
use super::{Generated, SchemaGenerator, attributes, edit, known_metadata, library_types, names, place};
use crate::context::Context;
use crate::json::Json;
use crate::pydantic::core_schema::*;
use crate::pydantic::field_info::{FieldInfo, Metadata};
use crate::versions::pydantic as since;
use fastwright_python::name::Name;
use fastwright_python::project::standard_library::is_standard_library;
use fastwright_python::value::*;
use std::rc::Rc;

/// Something that is said about a type.
#[derive(Debug, Clone)]
pub(super) enum Annotation {
    /// An object as written.
    Object(Value),
    /// A constraint by its keyword.
    Constraint(&'static str, Value),
    /// `Field(...)`.
    Field(Box<FieldInfo>),
    /// A validator: when it runs, the type that it takes, and its function where that is the program's.
    Validator(ValidatorMode, Option<Value>, Option<Validator>),
}

/// What is applied to the innermost schema before anything else.
pub(super) type Transform<'t> = Option<&'t Value>;

impl SchemaGenerator {
    /// The schema of `Annotated[source, *annotations]`.
    pub(super) fn annotated(
        &mut self,
        context: &mut Context<'_, '_>,
        source: &Value,
        annotations: Vec<Annotation>,
    ) -> Generated {
        let fields: Vec<FieldInfo> = annotations
            .iter()
            .filter_map(|annotation| match annotation {
                Annotation::Field(info) => Some((**info).clone()),
                Annotation::Object(value) => attributes::of_value(context, value).map(|(info, _)| info),
                _ => None,
            })
            .collect();
        let mut schema = self.apply_annotations(context, source, annotations, None)?;
        for field in fields {
            schema = wrap_default(context, &field, schema);
        }
        Ok(schema)
    }

    /// The schema of a type with everything that is said about it.
    pub(super) fn apply_annotations(
        &mut self,
        context: &mut Context<'_, '_>,
        source: &Value,
        annotations: Vec<Annotation>,
        transform: Transform<'_>,
    ) -> Generated {
        let mut expanded = Vec::with_capacity(annotations.len());
        for annotation in annotations {
            self.expand(context, annotation, &mut expanded);
        }
        let hides = expanded.iter().any(hides_type);
        self.quiet += u32::from(hides);
        let mut functions = Vec::new();
        let made = self.wrapped(context, &expanded, source, &mut functions, transform);
        self.quiet -= u32::from(hides);
        let mut schema = match made {
            // What is hidden need not have a schema.
            Err(_) if hides => Core::new(CoreKind::Any),
            made => made?,
        };
        if functions.is_empty() {
            return Ok(schema);
        }
        if let Some(shared) = &schema.metadata.shared {
            shared.borrow_mut().annotation_functions.extend(functions);
        } else {
            schema = edit(schema, |core| core.metadata.annotation_functions.extend(functions));
        }
        Ok(schema)
    }

    /// Objects that stand for several, as what they stand for.
    fn expand(&mut self, context: &mut Context<'_, '_>, annotation: Annotation, into: &mut Vec<Annotation>) {
        match annotation {
            Annotation::Field(mut info) => {
                // Objects in a field's metadata may stand for several in turn.
                for metadata in std::mem::take(&mut info.metadata) {
                    self.expand(context, Annotation::from(metadata), into);
                }
                into.push(Annotation::Field(info));
            }
            Annotation::Object(value) => {
                if value.is_none() {
                    return;
                }
                if let Some((info, _)) = attributes::of_value(context, &value) {
                    self.expand(context, Annotation::Field(Box::new(info)), into);
                    return;
                }
                match known_metadata::constraints_of(&value) {
                    Some(constraints) => into.extend(constraints),
                    None => into.push(Annotation::Object(value)),
                }
            }
            other => into.push(other),
        }
    }

    /// `_get_wrapped_inner_schema`: the last annotation around the ones before.
    pub(super) fn wrapped(
        &mut self,
        context: &mut Context<'_, '_>,
        annotations: &[Annotation],
        source: &Value,
        functions: &mut Vec<JsonSchemaFunction>,
        transform: Transform<'_>,
    ) -> Generated {
        let schema = match annotations.split_last() {
            None => {
                let schema = self.of_type(context, source, source)?;
                match transform {
                    Some(discriminator) => self.discriminate(context, schema, discriminator),
                    None => schema,
                }
            }
            Some((last, rest)) => self.around(context, last, rest, source, functions, transform)?,
        };
        Ok(if schema.reference.is_some() { self.define(schema) } else { schema })
    }

    fn around(
        &mut self,
        context: &mut Context<'_, '_>,
        annotation: &Annotation,
        rest: &[Annotation],
        source: &Value,
        functions: &mut Vec<JsonSchemaFunction>,
        transform: Transform<'_>,
    ) -> Generated {
        match annotation {
            Annotation::Constraint(name, value) => {
                let schema = self.wrapped(context, rest, source, functions, transform)?;
                Ok(self.constrain(context, schema, name, value))
            }
            Annotation::Field(info) => {
                let mut schema = self.wrapped(context, rest, source, functions, transform)?;
                if let Some(discriminator) = info.discriminator.as_ref().filter(|value| !value.is_none()) {
                    schema = self.discriminate(context, schema, discriminator);
                }
                let (mut updates, extra) = self.json_schema_info(context, info);
                if context.versions.pydantic < since::ANNOTATIONS_DEPRECATE
                    && let Some(updates) = &mut updates
                {
                    updates.remove("deprecated");
                }
                if let Some(shared) = &schema.metadata.shared {
                    update_metadata(context, &mut shared.borrow_mut(), updates, extra);
                    return Ok(schema);
                }
                Ok(edit(schema, |core| update_metadata(context, &mut core.metadata, updates, extra)))
            }
            Annotation::Validator(mode, input, validator) => {
                let input = input.as_ref();
                let schema = self.validator(context, *mode, input, rest, source, functions, transform)?;
                Ok(edit(schema, |core| core.validator = validator.clone().map(Box::new)))
            }
            Annotation::Object(value) => {
                self.around_object(context, value, rest, source, functions, transform)
            }
        }
    }

    /// `AfterValidator` and its relatives.
    #[allow(clippy::too_many_arguments, reason = "they are what an annotation is applied with")]
    fn validator(
        &mut self,
        context: &mut Context<'_, '_>,
        mode: ValidatorMode,
        input: Option<&Value>,
        rest: &[Annotation],
        source: &Value,
        functions: &mut Vec<JsonSchemaFunction>,
        transform: Transform<'_>,
    ) -> Generated {
        if mode == ValidatorMode::Plain {
            self.quiet += 1;
            let inner = self.wrapped(context, rest, source, functions, transform);
            let returns = self.generate(context, source);
            self.quiet -= 1;
            let serialization = match (inner, returns) {
                (Ok(inner), Ok(returns)) => Some(inner.serialization.clone().unwrap_or_else(|| {
                    Box::new(Serialization::Function {
                        function: None,
                        takes_info: true,
                        returns: Some(returns),
                        when_used: WhenUsed::Always,
                        wraps: true,
                    })
                })),
                _ => None,
            };
            let any = Value::external("typing.Any");
            let input = self.generate(context, input.unwrap_or(&any))?;
            let schema = Core::new(CoreKind::FunctionPlain { input: Some(input) });
            return Ok(edit(schema, |core| core.serialization = serialization));
        }
        let schema = self.wrapped(context, rest, source, functions, transform)?;
        let input = match input {
            Some(input) => Some(self.generate(context, input)?),
            None => None,
        };
        Ok(Core::new(match mode {
            ValidatorMode::Before => CoreKind::FunctionBefore { schema, input },
            ValidatorMode::Wrap => CoreKind::FunctionWrap { schema, input },
            _ => CoreKind::FunctionAfter(schema),
        }))
    }

    fn around_object(
        &mut self,
        context: &mut Context<'_, '_>,
        value: &Value,
        rest: &[Annotation],
        source: &Value,
        functions: &mut Vec<JsonSchemaFunction>,
        transform: Transform<'_>,
    ) -> Generated {
        let nothing = StrongRc::default();
        let (name, arguments) = match (value.kind(), value.as_symbolic()) {
            (Kind::External(name), _) => (*name, &nothing),
            (_, Some(Symbolic::Call { callee, arguments, .. })) => match callee.as_external() {
                Some(name) => (name, arguments),
                None => {
                    return self.around_program_object(context, value, rest, source, functions, transform);
                }
            },
            (Kind::Class(_) | Kind::Instance(_) | Kind::Function(_) | Kind::Method(_), _) => {
                return self.around_program_object(context, value, rest, source, functions, transform);
            }
            (Kind::Unknown(unknown), _) => {
                self.doubt(
                    context,
                    format!("metadata of a type are not known: {}", unknown.reason),
                    unknown.location,
                );
                return self.wrapped(context, rest, source, functions, transform);
            }
            (Kind::Union(_), _) => {
                self.doubt(context, "metadata of a type are one of several", None);
                return self.wrapped(context, rest, source, functions, transform);
            }
            // Texts, numbers and the like say nothing to Pydantic.
            _ => return self.wrapped(context, rest, source, functions, transform),
        };
        let Some(short) = names::pydantic(&name) else {
            if !is_harmless(&name) {
                let reason = format!("it is not known what `{name}` in `Annotated` does to the schema");
                self.doubt(context, reason, place(value));
            }
            return self.wrapped(context, rest, source, functions, transform);
        };
        let mode = match short {
            "AfterValidator" => Some(ValidatorMode::After),
            "BeforeValidator" => Some(ValidatorMode::Before),
            "WrapValidator" => Some(ValidatorMode::Wrap),
            "PlainValidator" => Some(ValidatorMode::Plain),
            _ => None,
        };
        if let Some(mode) = mode {
            let input =
                arguments.get(1, "json_schema_input_type").filter(|input| !attributes::is_unset(input));
            let function = arguments.get(0, "func").cloned();
            let validator = function.map(|function| super::decorators::validator(context, mode, function));
            let schema = self.validator(context, mode, input, rest, source, functions, transform)?;
            return Ok(edit(schema, |core| core.validator = validator.map(Box::new)));
        }
        match short {
            "Discriminator" => {
                let discriminator = arguments.get(0, "discriminator").cloned().unwrap_or(Value::NONE);
                if discriminator.as_str().is_some() {
                    let field = library_types::call(
                        "pydantic.fields.Field",
                        Vec::new(),
                        vec![("discriminator", discriminator)],
                    );
                    let source = library_types::annotated(source.clone(), vec![field]);
                    return self.wrapped(context, rest, &source, functions, transform);
                }
                let schema = self.wrapped(context, rest, source, functions, transform)?;
                return Ok(self.discriminate(context, schema, value));
            }
            "ValidateAs" => {
                let from = arguments.get(0, "from_type").cloned().unwrap_or(Value::NONE);
                let schema = self.wrapped(context, rest, &from, functions, transform)?;
                return Ok(serialized_by_library(
                    Core::new(CoreKind::FunctionAfter(schema)),
                    None,
                    WhenUsed::Always,
                ));
            }
            "EmailStr" | "IPvAnyAddress" | "IPvAnyInterface" | "IPvAnyNetwork" | "NameEmail" => {
                let made = self.library_class(context, &name);
                let schema = made.unwrap_or_else(|| Ok(Core::new(CoreKind::Unknown)))?;
                functions.extend(schema.metadata.functions.iter().cloned());
                return Ok(edit(schema, |core| core.metadata.functions.clear()));
            }
            "GetPydanticSchema" => {
                return self.get_pydantic_schema(context, arguments, rest, source, functions, transform);
            }
            _ => {}
        }
        let schema = self.wrapped(context, rest, source, functions, transform);
        if short == "InstanceOf" {
            let instance = Core::new(CoreKind::IsInstance(source.clone()));
            return Ok(match schema {
                Ok(json) => {
                    let python = serialized_by_library(instance, None, WhenUsed::Always);
                    Core::new(CoreKind::JsonOrPython { json, python })
                }
                Err(_) => instance,
            });
        }
        let schema = schema?;
        let update = |pairs: &[(&str, &str)]| JsonSchemaFunction::Update(object(pairs));
        let argument =
            |position, keyword| arguments.get(position, keyword).and_then(Value::as_str).unwrap_or_default();
        Ok(match short {
            "PlainSerializer" | "WrapSerializer" => {
                let wraps = short == "WrapSerializer";
                let serialization = self.annotated_serializer(context, arguments, wraps)?;
                if schema.metadata.shared.is_some() {
                    let reason =
                        "a serializer stands at a model that contains itself, and reaches other places";
                    self.doubt(context, reason, place(value));
                }
                edit(schema, |core| core.serialization = Some(Box::new(serialization)))
            }
            "SerializeAsAny" => edit(schema, |core| {
                let any = Core::new(CoreKind::Any);
                core.serialization = Some(Box::new(Serialization::Simple(any)));
            }),
            "WithJsonSchema" => {
                let given = arguments.get(0, "json_schema").cloned().unwrap_or(Value::NONE);
                let json = match self.json_object(context, &given) {
                    Ok(json) => json,
                    Err(()) => {
                        self.quiet = self.quiet.saturating_sub(1);
                        self.doubt(context, "the schema of `WithJsonSchema` is not known", place(value));
                        self.quiet += 1;
                        None
                    }
                };
                functions.push(JsonSchemaFunction::With(json, mode_of(arguments.get(1, "mode"))));
                schema
            }
            "SkipJsonSchema" => {
                functions.push(JsonSchemaFunction::Skip);
                schema
            }
            "Examples" => {
                let given = arguments.get(0, "examples").cloned().unwrap_or(Value::NONE);
                match self.constant(context, &given) {
                    Some(Json::Array(examples)) => {
                        functions
                            .push(JsonSchemaFunction::Examples(examples, mode_of(arguments.get(1, "mode"))));
                    }
                    Some(_) => self.doubt(context, "`Examples` gets a dict", place(value)),
                    None => {}
                }
                schema
            }
            "Tag" => {
                let tag = arguments.get(0, "tag").cloned();
                edit(schema, |core| core.metadata.union_tag = tag)
            }
            "Json" => Core::new(CoreKind::Json { schema: Some(schema) }),
            "ImportString" => {
                functions.push(JsonSchemaFunction::With(Some(object(&[("type", "string")])), None));
                let schema = Core::new(CoreKind::FunctionBefore { schema, input: None });
                serialized_by_library(schema, None, WhenUsed::Json)
            }
            "OnErrorOmit" => {
                let (default, factory, takes_data, validated) = (None, None, false, false);
                Core::new(CoreKind::Default { schema, default, factory, takes_data, validated })
            }
            "UuidVersion" => {
                let version = arguments.get(0, "uuid_version").and_then(Value::as_int).unwrap_or_default();
                let form = [("type", "string"), ("format", &*format!("uuid{version}"))];
                functions.push(JsonSchemaFunction::UpdateWithoutAlternatives(object(&form)));
                edit(schema, |core| {
                    if let CoreKind::Uuid { version: slot } = &mut core.kind {
                        *slot = u8::try_from(version).ok();
                    }
                })
            }
            "PathType" => {
                let format = match argument(0, "path_type") {
                    "file" => "file-path",
                    "dir" => "directory-path",
                    _ => "path",
                };
                functions.push(update(&[("format", format), ("type", "string")]));
                Core::new(CoreKind::FunctionAfter(schema))
            }
            "EncodedBytes" | "EncodedStr" => {
                let format = match arguments.get(0, "encoder") {
                    None => argument(1, "format").to_owned(),
                    Some(encoder) => self.encoder_format(context, encoder),
                };
                functions.push(update(&[("type", "string"), ("format", &format)]));
                serialized_by_library(Core::new(CoreKind::FunctionAfter(schema)), None, WhenUsed::Always)
            }
            "UrlConstraints" => match arguments.get(0, "max_length").filter(|length| !length.is_none()) {
                Some(length) => set_url_length(schema, length.as_int()),
                None => schema,
            },
            "SecretStr" | "SecretBytes" | "Secret" => {
                self.doubt(context, format!("`{short}` stands as metadata in `Annotated`"), place(value));
                schema
            }
            // `SkipValidation` shows the schema of the type; the others change nothing that shows.
            _ => schema,
        })
    }

    /// What `get_json_format` of an encoder says.
    fn encoder_format(&mut self, context: &mut Context<'_, '_>, encoder: &Value) -> String {
        match encoder.as_external().as_deref() {
            Some(name) if name.ends_with(".Base64Encoder") => return "base64".to_owned(),
            Some(name) if name.ends_with(".Base64UrlEncoder") => return "base64url".to_owned(),
            _ => {}
        }
        let method =
            context.interpreter.attribute(encoder, Name::from("get_json_format"), Default::default());
        let answer = context.interpreter.call_from_outside(&method, Arguments::default()).ok();
        match answer.as_ref().and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => {
                self.doubt(context, "the format of an encoder is not known", place(encoder));
                String::new()
            }
        }
    }
}

impl From<Metadata> for Annotation {
    fn from(metadata: Metadata) -> Self {
        match metadata {
            Metadata::Object(value) => Annotation::Object(value),
            Metadata::Constraint(name, value) => Annotation::Constraint(name, value),
        }
    }
}

/// Whether an annotation says the JSON Schema by itself, so that the type does not matter.
fn hides_type(annotation: &Annotation) -> bool {
    let Annotation::Object(value) = annotation else { return false };
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. }) => match callee.as_external() {
            Some(name) => match names::pydantic(&name) {
                Some("WithJsonSchema") => arguments.get(1, "mode").is_none_or(Value::is_none),
                Some("SkipJsonSchema") => true,
                _ => false,
            },
            None => false,
        },
        _ => value.as_external().is_some_and(|name| names::pydantic(&name) == Some("SkipJsonSchema")),
    }
}

fn mode_of(value: Option<&Value>) -> Option<Mode> {
    match value.and_then(Value::as_str)? {
        "validation" => Some(Mode::Validation),
        "serialization" => Some(Mode::Serialization),
        _ => None,
    }
}

/// Objects in `Annotated` that mean something to others than Pydantic.
fn is_harmless(name: &str) -> bool {
    let library = name.split('.').next().unwrap_or(name);
    is_standard_library(name)
        || matches!(
            library,
            "typing_extensions"
                | "annotated_doc"
                | "fastapi"
                | "starlette"
                | "annotated_types"
                | "typer"
                | "sqlalchemy"
                | "sqlmodel"
                | "strawberry"
                | "dishka"
                | "builtins"
                | "cyclopts"
                | "fast_depends"
        )
}

fn set_url_length(schema: Shared, length: Option<i64>) -> Shared {
    edit(schema, |core| match &mut core.kind {
        CoreKind::Url { max_length } | CoreKind::MultiHostUrl { max_length } => *max_length = length,
        CoreKind::FunctionWrap { schema, .. } => *schema = set_url_length(Rc::clone(schema), length),
        _ => {}
    })
}
