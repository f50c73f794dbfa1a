//! What counts as true, and whether that is decided.

use super::{Interpreter, Mode};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

impl Interpreter<'_> {
    /// The truth of a value as `if` asks for it: an object's own `__bool__` or `__len__` is called.
    pub(crate) fn decide(&mut self, value: &Value) -> Option<bool> {
        self.decide_with_setting(value).0
    }

    /// The same, with the setting whose default decides.
    pub(crate) fn decide_with_setting(&mut self, value: &Value) -> (Option<bool>, Option<ConfigurableId>) {
        let plain = (self.truth(value), value.configurable());
        let Kind::Instance(id) = *value.kind() else { return plain };
        let Some(class) = self.instance(id).map(|instance| instance.class.clone()) else { return plain };
        if !matches!(class.kind(), Kind::Class(_)) {
            return plain;
        }
        for name in ["__bool__", "__len__"] {
            if let Some((method, _)) = self.find_in_class(&class, Name::from(name)) {
                let arguments = Arguments::of([value.clone()]);
                return match self.call_value(&method, arguments, Span::default()) {
                    Ok(answer) => (self.truth(&answer), value.configurable().or(answer.configurable())),
                    Err(_) => (None, value.configurable()),
                };
            }
        }
        plain
    }

    /// The truth of a value, when it is decided. Settings' defaults decide while modules are imported;
    /// a summary looks at both sides of them.
    pub fn truth(&self, value: &Value) -> Option<bool> {
        if self.mode == Mode::Summary && value.configurable().is_some() {
            return None;
        }
        match value.kind() {
            Kind::None => Some(false),
            Kind::Bool(value) => Some(*value),
            Kind::Int(value) => Some(*value != 0),
            Kind::Float(value) => Some(*value != 0.0),
            Kind::Str(text) => Some(!text.is_empty()),
            Kind::Bytes(bytes) => Some(!bytes.is_empty()),
            Kind::Tuple(items) => Some(!items.is_empty()),
            Kind::List(id) | Kind::Set(id) => match self.object(*id) {
                Object::List(list) | Object::Set(list) if !list.items.is_empty() => Some(true),
                Object::List(list) | Object::Set(list) if !list.incomplete => Some(false),
                _ => None,
            },
            Kind::Dict(id) => match self.object(*id) {
                Object::Dict(dict) if !dict.entries.is_empty() || !dict.unknown_keys.is_empty() => Some(true),
                Object::Dict(dict) if !dict.incomplete => Some(false),
                _ => None,
            },
            Kind::Ellipsis
            | Kind::Module(_)
            | Kind::Function(_)
            | Kind::Method(_)
            | Kind::Descriptor(_)
            | Kind::Class(_) => Some(true),
            Kind::Instance(_) => Some(true),
            Kind::External(name) => match name.as_str() {
                "typing.TYPE_CHECKING" | "typing_extensions.TYPE_CHECKING" => Some(false),
                _ => None,
            },
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Format(parts) => parts
                    .iter()
                    .any(|part| part.as_str().is_some_and(|text| !text.is_empty()))
                    .then_some(true),
                Symbolic::Call { callee, .. } => self.makes_plain_object(callee).then_some(true),
                _ => None,
            },
            Kind::Union(values) => {
                let mut truths = values.iter().map(|value| self.truth(value));
                let first = truths.next()??;
                truths.all(|truth| truth == Some(first)).then_some(first)
            }
            Kind::Unknown(_) => None,
        }
    }

    /// Whether calling something of a library makes an object of a class that derives from `object` only:
    /// nothing but that object is the same, and it counts as true.
    pub(crate) fn makes_plain_object(&self, callee: &Value) -> bool {
        callee.as_external().is_some_and(|name| self.library.bases(name) == ["builtins.object"])
    }
}
