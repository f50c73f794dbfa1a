//! Types as text, and the references under which their schemas are kept (Pydantic 2.14
//! `_internal/_repr.py`, `display_as_type`, and `_type_refs.py`).

use super::generics::{ModelType, model_type, type_variable};
use super::{SchemaGenerator, library_types, names};
use crate::context::Context;
use crate::pydantic::core_schema::ClassIdentity;
use crate::types::{Form, form};
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::value::*;
use std::fmt::Write;
use std::rc::Rc;

/// The version of Python whose type variables Pydantic no longer shows by name.
const TYPE_VARIABLES_IN_C: Version = Version::new(3, 12, 0);

impl SchemaGenerator {
    /// `module.Qualname:number` of a class, with its arguments.
    pub(super) fn reference(&mut self, context: &mut Context<'_, '_>, model: &ModelType) -> Rc<str> {
        let (module, qualname) = class_names(context, model.class);
        let mut reference = format!("{module}.{qualname}:{}", self.number(&Kind::Class(model.class).into()));
        self.write_arguments(context, &mut reference, &model.arguments);
        reference.into()
    }

    /// Appends `[shown:number,...]`, or nothing where there are no arguments.
    pub(super) fn write_arguments(
        &mut self,
        context: &mut Context<'_, '_>,
        reference: &mut String,
        arguments: &[Value],
    ) {
        if arguments.is_empty() {
            return;
        }
        let parts: Vec<String> = arguments
            .iter()
            .map(|argument| match argument.as_str() {
                Some(text) => format!("{text}:str-{}", self.number(argument)),
                None => format!("{}:{}", self.display(context, argument, 0), self.number(argument)),
            })
            .collect();
        let _ = write!(reference, "[{}]", parts.join(","));
    }

    /// A number that stands for the identity of a type: the same for types that are the same.
    pub(super) fn number(&mut self, value: &Value) -> usize {
        let mut key = String::new();
        identity(value, &mut key, 0);
        // Far from the beginning, as addresses are: the text must not depend on the count of digits.
        let next = 140_000_000_000_000 + self.numbers.len() * 16;
        *self.numbers.entry(key).or_insert(next)
    }

    /// `display_as_type`.
    pub(super) fn display(&mut self, context: &mut Context<'_, '_>, value: &Value, depth: u32) -> String {
        if depth > 24 {
            return "...".to_owned();
        }
        let mut all = |generator: &mut Self, values: &[Value]| {
            let shown: Vec<String> =
                values.iter().map(|value| generator.display(context, value, depth + 1)).collect();
            shown.join(", ")
        };
        match form(value) {
            Form::None => "NoneType".to_owned(),
            Form::Class(class) => match *class.kind() {
                Kind::Class(class) => class_names(context, class).1,
                _ => String::new(),
            },
            Form::External(name) => match library_types::alias(&name) {
                Some(expanded) => self.display(context, &expanded, depth + 1),
                None => name.rsplit('.').next().unwrap_or(&name).to_owned(),
            },
            Form::Annotated(inner, metadata) => {
                let inner = self.display(context, &inner, depth + 1);
                let mut shown = Vec::with_capacity(metadata.len());
                for item in &metadata {
                    shown.push(match shown_itself(context, item) {
                        Some(text) => text,
                        None => {
                            if shows_itself(item) {
                                let reason = "the name of a generic type shows an object in `Annotated`";
                                self.doubt(context, reason, super::place(item));
                            }
                            class_of_metadata(item)
                        }
                    });
                }
                format!("Annotated[{inner}, {}]", shown.join(", "))
            }
            Form::Union(members) => format!("Union[{}]", all(self, &members)),
            Form::Literal(values) => {
                let shown: Vec<String> = values.iter().map(|value| repr(context, value)).collect();
                format!("Literal[{}]", shown.join(", "))
            }
            Form::Generic(origin, arguments) => {
                if let Kind::Class(_) = *origin.kind()
                    && let Some(model) = model_type(self, context, value)
                {
                    return self.class_name(context, &model);
                }
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|argument| match *argument.kind() {
                        Kind::List(_) => "list".to_owned(),
                        _ => self.display(context, argument, depth + 1),
                    })
                    .collect();
                let shown = match origin.as_external() {
                    Some(name) => name.rsplit('.').next().unwrap_or(&name).to_owned(),
                    None => self.display(context, &origin, depth + 1),
                };
                format!("{shown}[{}]", arguments.join(", "))
            }
            Form::Call(callee, arguments) => {
                let first = arguments.positional.first().and_then(Value::as_str).unwrap_or_default();
                if type_variable(value).is_some() {
                    return if context.versions.python >= TYPE_VARIABLES_IN_C {
                        "TypeVar".to_owned()
                    } else {
                        let flag = |name| arguments.keyword(name).and_then(Value::as_bool) == Some(true);
                        let sign = if flag("covariant") {
                            '+'
                        } else if flag("contravariant") {
                            '-'
                        } else {
                            '~'
                        };
                        format!("{sign}{first}")
                    };
                }
                if names::is_typing(&callee, "TypeAliasType") {
                    return first.to_owned();
                }
                if names::is_typing(&callee, "NewType") {
                    return "NewType".to_owned();
                }
                match library_types::constructed(&callee, &arguments) {
                    Some(expanded) => self.display(context, &expanded, depth + 1),
                    None => callee.as_external().map_or_else(String::new, |name| name.to_string()),
                }
            }
            Form::Forward(text) => text.to_string(),
            Form::Other => match value.kind() {
                Kind::Ellipsis => "...".to_owned(),
                _ => String::new(),
            },
        }
    }

    /// `__name__` of a class: with its arguments where it is a parametrized model.
    pub(super) fn class_name(&mut self, context: &mut Context<'_, '_>, model: &ModelType) -> String {
        let class: Value = Kind::Class(model.class).into();
        let name = context.interpreter.class(model.class).map(|class| class.name).unwrap_or_default();
        if model.arguments.is_empty() {
            return name.to_string();
        }
        let method = Name::from("model_parametrized_name");
        if context.interpreter.find_in_class(&class, method).is_some() {
            let method = context.interpreter.attribute(&class, method, Default::default());
            let arguments = Arguments::of([Value::tuple(model.arguments.clone())]);
            let answer = context.interpreter.call_from_outside(&method, arguments).ok();
            match answer.as_ref().and_then(Value::as_str) {
                Some(text) => return text.to_owned(),
                None => {
                    let location = context.interpreter.class(model.class).map(|class| class.location);
                    self.doubt(context, "the name of a parametrized model is not known", location);
                }
            }
        }
        let arguments: Vec<String> = model
            .arguments
            .iter()
            .map(|argument| match argument.as_str() {
                Some(text) => text.to_owned(),
                None => self.display(context, argument, 1),
            })
            .collect();
        format!("{name}[{}]", arguments.join(", "))
    }

    /// The class behind a schema. A parametrized model has no docstring of its own.
    pub(super) fn class_identity(
        &mut self,
        context: &mut Context<'_, '_>,
        model: &ModelType,
    ) -> ClassIdentity {
        let is_root_model = context
            .interpreter
            .derives_from(&Kind::Class(model.class).into(), "pydantic.root_model.RootModel");
        let is_model = context.interpreter.derives_from(&Kind::Class(model.class).into(), names::MODEL);
        let documentation =
            if is_model && !model.arguments.is_empty() { None } else { documentation(context, model.class) };
        let name = if is_model {
            self.class_name(context, model)
        } else {
            context.interpreter.class(model.class).map(|class| class.name.to_string()).unwrap_or_default()
        };
        ClassIdentity { class: model.value(), name, documentation, is_root_model }
    }
}

/// `__module__` and `__qualname__` of a class.
pub(in crate::pydantic) fn class_names(context: &Context<'_, '_>, class: ObjectId) -> (String, String) {
    let Some(object) = context.interpreter.class(class) else { return Default::default() };
    let given =
        |name: &str| object.attributes.get(&Name::from(name)).and_then(Value::as_str).map(str::to_owned);
    let module =
        given("__module__").unwrap_or_else(|| context.interpreter.module(object.module).name.to_string());
    let qualname = given("__qualname__").unwrap_or_else(|| object.qualname.to_string());
    (module, qualname)
}

/// The docstring of a class after `inspect.cleandoc`; none where it is empty.
pub(in crate::pydantic) fn documentation(context: &mut Context<'_, '_>, class: ObjectId) -> Option<String> {
    let object = context.interpreter.class(class)?;
    let (given, location) = (object.attributes.get(&Name::from("__doc__")).cloned(), object.location);
    let text = match &given {
        Some(given) if given.is_none() => return None,
        Some(given) => match context.interpreter.text_of(given) {
            Some(text) => text,
            None => {
                context.doubt("the docstring of a class is not known", Some(location));
                return None;
            }
        },
        None => object.definition.as_ref()?.docstring()?.to_owned(),
    };
    (!text.is_empty()).then(|| clean_documentation(&text))
}

/// `inspect.cleandoc`.
pub(super) fn clean_documentation(text: &str) -> String {
    let expanded = expand_tabs(text);
    let lines: Vec<&str> = expanded.split('\n').collect();
    let width = |line: &str| line.chars().take_while(|character| character.is_whitespace()).count();
    let margin = lines
        .iter()
        .skip(1)
        .filter(|line| !line.trim_start().is_empty())
        .map(|line| width(line))
        .min()
        .unwrap_or(0);
    let mut cleaned: Vec<String> = Vec::with_capacity(lines.len());
    for (position, line) in lines.iter().enumerate() {
        cleaned.push(match position {
            0 => line.trim_start().to_owned(),
            _ => line.chars().skip(margin).collect(),
        });
    }
    while cleaned.last().is_some_and(String::is_empty) {
        cleaned.pop();
    }
    while cleaned.first().is_some_and(String::is_empty) {
        cleaned.remove(0);
    }
    cleaned.join("\n")
}

fn expand_tabs(text: &str) -> String {
    if !text.contains('\t') {
        return text.to_owned();
    }
    let mut expanded = String::with_capacity(text.len());
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                let count = 8 - column % 8;
                expanded.extend(std::iter::repeat_n(' ', count));
                column += count;
            }
            '\n' | '\r' => {
                expanded.push(character);
                column = 0;
            }
            _ => {
                expanded.push(character);
                column += 1;
            }
        }
    }
    expanded
}

/// Whether Pydantic shows an object in `Annotated[...]` with all that it holds.
fn shows_itself(value: &Value) -> bool {
    let Some(Symbolic::Call { callee, .. }) = value.as_symbolic() else { return false };
    callee.as_external().is_some_and(|name| {
        name.starts_with("fastapi.")
            || name == library_types::GENERAL
            || name == "sqlmodel.main.Field"
            || matches!(names::pydantic(&name), Some("Field" | "Strict" | "AllowInfNan" | "FailFast"))
    })
}

/// What Pydantic shows of an object with all that it holds, where that is simple.
fn shown_itself(context: &mut Context<'_, '_>, value: &Value) -> Option<String> {
    let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { return None };
    let name = callee.as_external()?;
    let (short, keyword) = match names::pydantic(&name)? {
        "Field" => return shown_field(context, arguments),
        "Strict" => ("Strict", "strict"),
        "AllowInfNan" => ("AllowInfNan", "allow_inf_nan"),
        "FailFast" => ("FailFast", "fail_fast"),
        _ => return None,
    };
    let given = match arguments.get(0, keyword) {
        Some(given) => repr(context, &Value::bool(given.as_bool()?)),
        None => "True".to_owned(),
    };
    Some(format!("{short}({keyword}={given})"))
}

/// `FieldInfo.__repr__`, where only constants are given, and nothing that becomes a constraint or an alias.
fn shown_field(context: &mut Context<'_, '_>, arguments: &Arguments) -> Option<String> {
    const SHOWN: &[&str] =
        &["title", "description", "examples", "exclude", "discriminator", "deprecated", "json_schema_extra"];
    let is_shown = |name: &Name| name.as_str() == "default" || SHOWN.contains(&name.as_str());
    if arguments.incomplete
        || arguments.positional.len() > 1
        || !arguments.keywords.iter().all(|(name, _)| is_shown(name))
    {
        return None;
    }
    let default = arguments.get(0, "default").filter(|default| !matches!(default.kind(), Kind::Ellipsis));
    let mut shown = format!(
        "FieldInfo(annotation=NoneType, required={}",
        if default.is_none() { "True" } else { "False" }
    );
    let named = SHOWN.iter().filter_map(|name| Some((*name, arguments.keyword(name)?)));
    for (name, value) in default.map(|default| ("default", default)).into_iter().chain(named) {
        if name != "default" && value.is_none() {
            continue;
        }
        let text = context.interpreter.representation(value, 0)?;
        let _ = write!(shown, ", {name}={text}");
    }
    shown.push(')');
    Some(shown)
}

/// The name of the class of an object in `Annotated[...]`.
fn class_of_metadata(value: &Value) -> String {
    let callee = match value.as_symbolic() {
        Some(Symbolic::Call { callee, .. }) => callee,
        _ => value,
    };
    match callee.as_external() {
        Some(name) if name == "pydantic.fields.Field" => "FieldInfo".to_owned(),
        Some(name) => name.rsplit('.').next().unwrap_or(&name).to_owned(),
        None => match value.kind() {
            Kind::Str(_) => "str".to_owned(),
            Kind::Int(_) => "int".to_owned(),
            _ => String::new(),
        },
    }
}

/// `repr` of a constant.
pub(super) fn repr(context: &mut Context<'_, '_>, value: &Value) -> String {
    match value.kind() {
        Kind::Str(text) => {
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            let mut shown = String::from(quote);
            for character in text.chars() {
                match character {
                    '\\' => shown.push_str("\\\\"),
                    '\n' => shown.push_str("\\n"),
                    '\t' => shown.push_str("\\t"),
                    '\r' => shown.push_str("\\r"),
                    character if character == quote => {
                        shown.push('\\');
                        shown.push(character);
                    }
                    character => shown.push(character),
                }
            }
            shown.push(quote);
            shown
        }
        Kind::None => "None".to_owned(),
        Kind::Bool(true) => "True".to_owned(),
        Kind::Bool(false) => "False".to_owned(),
        Kind::Float(number) if number.fract() == 0.0 => format!("{number:.1}"),
        Kind::Instance(id) => {
            let Some(instance) = context.interpreter.instance(*id) else { return String::new() };
            let (class, name) =
                (instance.class.clone(), instance.attributes.get(&Name::from("name")).cloned());
            let class = match *class.kind() {
                Kind::Class(class) => class_names(context, class).1,
                _ => String::new(),
            };
            let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
            format!("<{class}.{name}>")
        }
        _ => context.interpreter.text_of(value).unwrap_or_default(),
    }
}

/// A text that differs for types that differ.
fn identity(value: &Value, key: &mut String, depth: u32) {
    if depth > 24 {
        return;
    }
    let several = |key: &mut String, items: &[Value]| {
        for item in items {
            identity(item, key, depth + 1);
            key.push(',');
        }
    };
    match value.kind() {
        Kind::Class(id) | Kind::Instance(id) | Kind::Dict(id) | Kind::Set(id) => {
            let _ = write!(key, "#{}", id.place());
        }
        Kind::List(id) => {
            let _ = write!(key, "l{}", id.place());
        }
        Kind::External(name) => key.push_str(name),
        Kind::Str(text) => {
            let _ = write!(key, "{text:?}");
        }
        Kind::None => key.push_str("None"),
        Kind::Ellipsis => key.push_str("..."),
        Kind::Int(number) => {
            let _ = write!(key, "{number}");
        }
        Kind::Bool(truth) => {
            let _ = write!(key, "{truth}");
        }
        Kind::Tuple(items) => {
            key.push('(');
            several(key, items);
            key.push(')');
        }
        Kind::Function(function) => {
            let _ = write!(key, "f{}", function.serial);
        }
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Item { base, index } => {
                identity(base, key, depth + 1);
                key.push('[');
                identity(index, key, depth + 1);
                key.push(']');
            }
            Symbolic::Binary { left, right, .. } => {
                identity(left, key, depth + 1);
                key.push('|');
                identity(right, key, depth + 1);
            }
            Symbolic::Call { callee, arguments, site } => {
                identity(callee, key, depth + 1);
                let _ = write!(key, "@{}:{}(", site.file.0, site.span.start);
                several(key, &arguments.positional);
                for (name, value) in &arguments.keywords {
                    let _ = write!(key, "{name}=");
                    several(key, std::slice::from_ref(value));
                }
                key.push(')');
            }
            _ => key.push_str("expression"),
        },
        _ => key.push_str("value"),
    }
}
