//! Constraints applied to schemas (Pydantic 2.14 `_internal/_known_annotated_metadata.py`).

use super::dispatch::may_follow;
use super::standard::bound;
use super::{SchemaGenerator, display, edit, place};
use crate::context::Context;
use crate::doubt::why_unknown;
use crate::json::{Json, JsonObject};
use crate::pydantic::core_schema::*;
use fastwright_python::value::*;
use std::rc::Rc;

/// How far validators are looked through.
const DEEPEST: u32 = 64;

impl SchemaGenerator {
    /// One constraint on a schema: on the schema itself where it takes it, around it otherwise.
    pub(super) fn constrain(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: Shared,
        name: &'static str,
        value: &Value,
    ) -> Shared {
        let computed = context.interpreter.computed_with_libraries(value, may_follow);
        let value = computed.as_ref().unwrap_or(value);
        match &schema.kind {
            // A constraint of an optional type is one of the type.
            CoreKind::Nullable(inner) => {
                let inner = self.constrain(context, Rc::clone(inner), name, value);
                return edit(schema, |core| core.kind = CoreKind::Nullable(inner));
            }
            CoreKind::MissingSentinel(Some(inner)) => {
                let inner = self.constrain(context, Rc::clone(inner), name, value);
                return edit(schema, |core| core.kind = CoreKind::MissingSentinel(Some(inner)));
            }
            _ => {}
        }
        // What is kept under a reference is copied, and kept under another one.
        let referenced = match (&schema.reference, &schema.kind) {
            (Some(reference), _) => Some((Rc::clone(reference), Rc::clone(&schema))),
            (None, CoreKind::DefinitionRef(reference)) => {
                self.work.definitions.get(reference).map(|found| (Rc::clone(reference), Rc::clone(found)))
            }
            _ => None,
        };
        let target = match referenced {
            Some((reference, found)) => {
                let reference: Rc<str> = format!("{reference}_{}", shown(context, name, value)).into();
                if let Some(existing) = self.work.definitions.get(&reference) {
                    return Rc::clone(existing);
                }
                edit(found, |core| core.reference = Some(reference))
            }
            None => schema,
        };
        self.apply(context, target, name, value, 0)
    }

    fn apply(
        &mut self,
        context: &mut Context<'_, '_>,
        schema: Shared,
        name: &'static str,
        value: &Value,
        depth: u32,
    ) -> Shared {
        if name == "strict" && depth < DEEPEST {
            let inner = match &schema.kind {
                CoreKind::FunctionBefore { schema, .. }
                | CoreKind::FunctionWrap { schema, .. }
                | CoreKind::FunctionAfter(schema) => Some(Rc::clone(schema)),
                _ => None,
            };
            if let Some(inner) = inner {
                let inner = self.apply(context, inner, name, value, depth + 1);
                return edit(schema, |core| match &mut core.kind {
                    CoreKind::FunctionBefore { schema, .. }
                    | CoreKind::FunctionWrap { schema, .. }
                    | CoreKind::FunctionAfter(schema) => *schema = inner,
                    _ => {}
                });
            }
        }
        let mut changed = Rc::unwrap_or_clone(schema);
        match set(context, &mut changed.kind, name, value) {
            Applied::Yes => return Rc::new(changed),
            Applied::Unknown => {
                let (reason, location) = why_unknown(context.interpreter, value);
                let reason = format!("the constraint `{name}` is not known: {reason}");
                self.doubt(context, reason, location.or(place(value)));
                return Rc::new(changed);
            }
            Applied::No => {}
        }
        let schema = Rc::new(changed);
        match name {
            "pattern"
            | "strip_whitespace"
            | "to_lower"
            | "to_upper"
            | "coerce_numbers_to_str"
            | "ascii_only" => {
                let mut step = CoreKind::Str { length: LengthBounds::default(), pattern: None };
                set(context, &mut step, name, value);
                let step = Core::new(CoreKind::FunctionWrap { schema: Core::new(step), input: None });
                Core::new(CoreKind::Chain(vec![schema, step]))
            }
            "gt" | "ge" | "lt" | "le" | "multiple_of" | "min_length" | "max_length" | "max_digits"
            | "decimal_places" => {
                let key = match name {
                    "min_length" if is_list(&schema) => "minItems",
                    "max_length" if is_list(&schema) => "maxItems",
                    "min_length" => "minLength",
                    "max_length" => "maxLength",
                    other => other,
                };
                let updates = match self.constant(context, value) {
                    Some(json) => JsonObject::from_iter([(key.to_owned(), json)]),
                    None => JsonObject::new(),
                };
                edit(Core::new(CoreKind::FunctionAfter(schema)), |core| core.metadata.updates = Some(updates))
            }
            "allow_inf_nan" => Core::new(CoreKind::FunctionAfter(schema)),
            _ => schema,
        }
    }

    /// A value as JSON; doubted where it is not known.
    pub(super) fn constant(&mut self, context: &mut Context<'_, '_>, value: &Value) -> Option<Json> {
        let json = match value.kind() {
            Kind::Int(number) => Some(Json::from(*number)),
            Kind::Float(number) => serde_json::Number::from_f64(*number).map(Json::Number),
            Kind::Str(text) => Some(Json::from(&**text)),
            Kind::Bool(truth) => Some(Json::from(*truth)),
            _ => crate::json::jsonable(context, value),
        };
        if json.is_none() {
            self.doubt(context, "a constraint is not known", place(value));
        }
        json
    }
}

enum Applied {
    /// The schema takes the constraint.
    Yes,
    /// It would, but the value is not known.
    Unknown,
    /// It does not.
    No,
}

fn is_list(schema: &Shared) -> bool {
    let mut current = schema;
    for _ in 0..DEEPEST {
        match &current.kind {
            CoreKind::FunctionBefore { schema, .. }
            | CoreKind::FunctionWrap { schema, .. }
            | CoreKind::FunctionAfter(schema) => current = schema,
            _ => break,
        }
    }
    match &current.kind {
        CoreKind::List { .. } => true,
        CoreKind::JsonOrPython { json, .. } => matches!(json.kind, CoreKind::List { .. }),
        _ => false,
    }
}

/// Sets a constraint on a kind of schema that takes it.
fn set(context: &mut Context<'_, '_>, kind: &mut CoreKind, name: &str, value: &Value) -> Applied {
    let length = |bounds: &mut LengthBounds| {
        let slot = match name {
            "min_length" => &mut bounds.min,
            "max_length" => &mut bounds.max,
            _ => return Applied::No,
        };
        *slot = value.as_int();
        if slot.is_some() { Applied::Yes } else { Applied::Unknown }
    };
    let number = |bounds: &mut NumberBounds| match bound(bounds, name) {
        Some(slot) => {
            *slot = Some(value.clone());
            Applied::Yes
        }
        None => Applied::No,
    };
    let if_any = |names: &[&str]| if names.contains(&name) { Applied::Yes } else { Applied::No };
    let otherwise = |applied: Applied, names: &[&str]| match applied {
        Applied::No => if_any(names),
        applied => applied,
    };
    match kind {
        CoreKind::Str { length: bounds, pattern } => {
            if name == "pattern" {
                return match pattern_text(context, value) {
                    Some(text) => {
                        *pattern = Some(text);
                        Applied::Yes
                    }
                    None => Applied::Unknown,
                };
            }
            let rest =
                ["strict", "strip_whitespace", "to_lower", "to_upper", "coerce_numbers_to_str", "ascii_only"];
            otherwise(length(bounds), &rest)
        }
        CoreKind::Bytes(bounds) => otherwise(length(bounds), &["strict"]),
        CoreKind::List { length: bounds, .. }
        | CoreKind::Deque { length: bounds, .. }
        | CoreKind::Tuple { length: bounds, .. }
        | CoreKind::Set { length: bounds, .. }
        | CoreKind::FrozenSet { length: bounds, .. }
        | CoreKind::Dict { length: bounds, .. }
        | CoreKind::Counter { length: bounds, .. } => otherwise(length(bounds), &["strict", "fail_fast"]),
        CoreKind::Generator { length: bounds, .. } => length(bounds),
        CoreKind::Int(bounds) | CoreKind::Fraction(bounds) | CoreKind::TimeDelta(bounds) => {
            otherwise(number(bounds), &["strict"])
        }
        CoreKind::Float(bounds) => otherwise(number(bounds), &["strict", "allow_inf_nan"]),
        CoreKind::Decimal { bounds, max_digits, decimal_places } => {
            let slot = match name {
                "max_digits" => max_digits,
                "decimal_places" => decimal_places,
                _ => return otherwise(number(bounds), &["strict", "allow_inf_nan"]),
            };
            *slot = value.as_int();
            if slot.is_some() { Applied::Yes } else { Applied::Unknown }
        }
        CoreKind::Date(bounds) | CoreKind::Time(bounds) | CoreKind::DateTime(bounds) => {
            if name == "multiple_of" { Applied::No } else { otherwise(number(bounds), &["strict"]) }
        }
        CoreKind::LaxOrStrict { is_strict, .. } if name == "strict" => {
            *is_strict = value.as_bool() == Some(true);
            Applied::Yes
        }
        CoreKind::TypedDict { .. }
        | CoreKind::Model { .. }
        | CoreKind::Bool
        | CoreKind::Uuid { .. }
        | CoreKind::Enum { .. }
        | CoreKind::Complex => if_any(&["strict"]),
        CoreKind::Union { .. } => if_any(&["union_mode"]),
        CoreKind::Url { max_length } | CoreKind::MultiHostUrl { max_length } => {
            if name == "max_length" {
                *max_length = value.as_int();
                return if max_length.is_some() { Applied::Yes } else { Applied::Unknown };
            }
            if_any(&["strict"])
        }
        _ => Applied::No,
    }
}

/// The text of a pattern: a string, or what `re.compile` gets.
pub(super) fn pattern_text(context: &mut Context<'_, '_>, value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(text.to_owned());
    }
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. })
            if callee.as_external().is_some_and(|name| name == "re.compile" || name == "regex.compile") =>
        {
            let pattern = arguments.get(0, "pattern")?.clone();
            context.interpreter.text_of(&pattern)
        }
        _ => context.interpreter.text_of(value),
    }
}

/// `repr` of a constraint, which is part of references.
fn shown(context: &mut Context<'_, '_>, name: &str, value: &Value) -> String {
    let class = match name {
        "gt" => "Gt",
        "ge" => "Ge",
        "lt" => "Lt",
        "le" => "Le",
        "multiple_of" => "MultipleOf",
        "min_length" => "MinLen",
        "max_length" => "MaxLen",
        "strict" => "Strict",
        "allow_inf_nan" => "AllowInfNan",
        "fail_fast" => "FailFast",
        _ => "_PydanticGeneralMetadata",
    };
    format!("{class}({name}={})", display::repr(context, value))
}
