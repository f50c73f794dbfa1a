//! Items: `base[index]`, the elements of what is iterated, and unpacking.

use super::environment::ENVIRONMENT;
use super::{Evaluated, Interpreter};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

impl Interpreter<'_> {
    /// `base[index]`.
    pub(crate) fn item(&mut self, base: &Value, index: &Value, span: Span) -> Evaluated {
        let configurable = base.configurable().or(index.configurable());
        let symbolic =
            |base: &Value| Value::symbolic(Symbolic::Item { base: base.clone(), index: index.clone() });
        let value = match base.kind() {
            Kind::Tuple(items) => match self.pick(items, index) {
                Some(value) => value,
                None => symbolic(base),
            },
            Kind::List(id) => match self.object(*id) {
                Object::List(list) => {
                    let items = list.items.clone();
                    match self.pick(&items, index) {
                        Some(value) => value,
                        None => symbolic(base),
                    }
                }
                _ => symbolic(base),
            },
            Kind::Dict(id) => {
                let Object::Dict(dict) = self.object(*id) else { return Ok(symbolic(base)) };
                match index.key() {
                    Some(key) => match dict.entries.get(&key) {
                        Some((_, value)) => value.clone(),
                        None if dict.unknown_keys.is_empty() => symbolic(base),
                        None => Value::union(dict.unknown_keys.iter().cloned()),
                    },
                    None => {
                        let possible: Vec<Value> = dict
                            .entries
                            .values()
                            .map(|(_, value)| value.clone())
                            .chain(dict.unknown_keys.iter().cloned())
                            .collect();
                        if possible.is_empty() || possible.len() > 16 || dict.incomplete {
                            symbolic(base)
                        } else {
                            Value::union(possible)
                        }
                    }
                }
            }
            Kind::Str(text) => match index.as_int() {
                Some(position) => {
                    let count = text.chars().count() as i64;
                    let position = if position < 0 { position + count } else { position };
                    let found =
                        usize::try_from(position).ok().and_then(|position| text.chars().nth(position));
                    match found {
                        Some(character) => Value::str(&character.to_string()),
                        None => symbolic(base),
                    }
                }
                None => match slice_bounds(index, text.chars().count()) {
                    Some((start, end)) => {
                        let part: String = text.chars().skip(start).take(end.saturating_sub(start)).collect();
                        Value::str(&part)
                    }
                    None => symbolic(base),
                },
            },
            Kind::Class(class) => {
                if let (Some(_), Some(name)) = (self.enumeration_members(*class), index.as_str()) {
                    let name = Name::from(name);
                    return self.checked_attribute(base, name, span);
                }
                if let Some((method, _)) = self.find_in_class(base, Name::from("__class_getitem__")) {
                    let function = match method.kind() {
                        Kind::Descriptor(descriptor) => descriptor.function.clone(),
                        _ => method,
                    };
                    let arguments = Arguments::of([base.clone(), index.clone()]);
                    let made = self.call_directly(&function, arguments, span)?;
                    if matches!(made.kind(), Kind::Class(_)) {
                        return Ok(made);
                    }
                }
                symbolic(base)
            }
            Kind::Instance(_) => {
                if let Some(fields) = self.tuple_of_instance(base)
                    && let Some(value) = self.pick(&fields, index)
                {
                    return Ok(value);
                }
                let method = self.attribute(base, Name::from("__getitem__"), span);
                match method.kind() {
                    Kind::Method(bound) if matches!(bound.function.kind(), Kind::Function(_)) => {
                        let arguments = Arguments::of([index.clone()]);
                        return self.call_value(&method, arguments, span);
                    }
                    _ => match self.standard_operator(base, "__getitem__", vec![index.clone()], span) {
                        Some(value) => return value,
                        None => symbolic(base),
                    },
                }
            }
            Kind::Union(alternatives) => {
                let alternatives = StrongRc::clone(alternatives);
                let mut values = Alternatives::default();
                for alternative in alternatives.iter().filter(|value| !value.is_none()) {
                    values.add(self.item(alternative, index, span)?);
                }
                values.finish()
            }
            Kind::Unknown(_) => base.clone(),
            Kind::External(name) if *name == ENVIRONMENT && self.mode() != super::Mode::Summary => {
                self.variable_item(index).unwrap_or_else(|| symbolic(base))
            }
            Kind::External(name) if *name == "sys.modules" => {
                let wanted = index.as_str().map(str::to_owned);
                let found =
                    wanted.and_then(|wanted| self.modules.iter().position(|module| module.name == wanted));
                found.map_or_else(|| symbolic(base), |found| Kind::Module(ModuleId(found as u32)).into())
            }
            _ => symbolic(base),
        };
        Ok(value.with_configurable(configurable))
    }

    /// The elements of an instance that is a tuple as well: of a named tuple, of `pkgutil.ModuleInfo`.
    fn tuple_of_instance(&mut self, value: &Value) -> Option<Vec<Value>> {
        let Kind::Instance(id) = *value.kind() else { return None };
        let instance = self.instance(id)?;
        let is_tuple = match instance.class.kind() {
            Kind::External(name) => *name == "pkgutil.ModuleInfo",
            class => self.derives_from(&class.clone().into(), "typing.NamedTuple"),
        };
        is_tuple.then(|| instance.attributes.values().cloned().collect())
    }

    fn pick(&mut self, items: &[Value], index: &Value) -> Option<Value> {
        if let Some(position) = index.as_int() {
            let position = if position < 0 { position + items.len() as i64 } else { position };
            return usize::try_from(position).ok().and_then(|position| items.get(position).cloned());
        }
        let (start, end) = slice_bounds(index, items.len())?;
        let part = items.get(start..end.max(start))?.to_vec();
        Some(self.list(part))
    }

    pub(crate) fn set_item(&mut self, base: &Value, index: Value, value: Value) {
        match base.kind() {
            Kind::Dict(id) => {
                self.bind_in_namespace(*id, &index, &value);
                let key = index.key();
                if let Object::Dict(dict) = self.object_mut(*id) {
                    match key {
                        Some(key) => {
                            dict.entries.insert(key, (index, value));
                        }
                        None => dict.unknown_keys.push(value),
                    }
                }
            }
            Kind::List(id) => {
                let position = index.as_int();
                if let Object::List(list) = self.object_mut(*id) {
                    let length = list.items.len() as i64;
                    let slot = position
                        .map(|position| if position < 0 { position + length } else { position })
                        .and_then(|position| usize::try_from(position).ok())
                        .and_then(|position| list.items.get_mut(position));
                    match slot {
                        Some(slot) => *slot = value,
                        None => list.incomplete = true,
                    }
                }
            }
            Kind::Instance(_) => {
                let method = self.attribute(base, Name::from("__setitem__"), Span::default());
                if matches!(method.kind(), Kind::Method(bound) if matches!(bound.function.kind(), Kind::Function(_)))
                {
                    let arguments = Arguments::of([index, value]);
                    let _ = self.call_value(&method, arguments, Span::default());
                } else {
                    let _ = self.standard_operator(base, "__setitem__", vec![index, value], Span::default());
                }
            }
            _ => {}
        }
    }

    /// The elements of something iterated, when they are known one by one.
    pub fn elements(&mut self, value: &Value) -> Option<Vec<Value>> {
        match value.kind() {
            Kind::Tuple(items) => Some(items.to_vec()),
            Kind::List(id) | Kind::Set(id) => match self.object(*id) {
                Object::List(list) | Object::Set(list) if !list.incomplete || !list.items.is_empty() => {
                    Some(list.items.clone())
                }
                _ => None,
            },
            Kind::Dict(id) => match self.object(*id) {
                Object::Dict(dict) if dict.unknown_keys.is_empty() && !dict.incomplete => {
                    Some(dict.entries.values().map(|(key, _)| key.clone()).collect())
                }
                Object::Dict(dict) if !dict.entries.is_empty() => {
                    Some(dict.entries.values().map(|(key, _)| key.clone()).collect())
                }
                _ => None,
            },
            Kind::Str(text) if text.len() <= 256 => {
                Some(text.chars().map(|character| Value::str(&character.to_string())).collect())
            }
            Kind::Class(class) => self.enumeration_members(*class),
            Kind::External(name) => self.elements_of_library(*name),
            Kind::Instance(_) => {
                if let Some(fields) = self.tuple_of_instance(value) {
                    return Some(fields);
                }
                let method = self.attribute(value, Name::from("__iter__"), Span::default());
                if matches!(method.kind(), Kind::Method(bound) if matches!(bound.function.kind(), Kind::Function(_)))
                {
                    let made = self.call_value(&method, Arguments::default(), Span::default()).ok()?;
                    if !made.same(value) && matches!(made.kind(), Kind::List(_) | Kind::Tuple(_)) {
                        return self.elements(&made);
                    }
                    return None;
                }
                if let Some(Ok(made)) = self.standard_operator(value, "__iter__", Vec::new(), Span::default())
                {
                    return self.elements(&made);
                }
                None
            }
            _ => None,
        }
    }

    /// What stands for each element when they are not known one by one.
    pub(crate) fn element_of(&mut self, value: &Value) -> Value {
        match value.kind() {
            Kind::List(id) | Kind::Set(id) => match self.object(*id) {
                Object::List(list) | Object::Set(list) if !list.items.is_empty() => {
                    Value::union(list.items.iter().cloned())
                }
                _ => Value::symbolic(Symbolic::Element(value.clone())),
            },
            Kind::Unknown(_) => value.clone(),
            _ => Value::symbolic(Symbolic::Element(value.clone())),
        }
    }

    /// Unpacking of a value whose elements are not known: each alternative of a union on its own.
    pub(crate) fn unpacked(&mut self, value: &Value, position: usize) -> Option<Value> {
        let Kind::Union(alternatives) = value.kind() else {
            return value.is_unknown().then(|| value.clone());
        };
        let alternatives = StrongRc::clone(alternatives);
        let mut values = Alternatives::default();
        for alternative in alternatives.iter() {
            values.add(self.elements(alternative)?.get(position)?.clone());
        }
        Some(values.finish())
    }
}

/// Start and end of a slice without step, in elements.
fn slice_bounds(index: &Value, length: usize) -> Option<(usize, usize)> {
    let Some(Symbolic::Call { callee, arguments, .. }) = index.as_symbolic() else { return None };
    if callee.as_external()? != "builtins.slice" || !arguments.positional.get(2)?.is_none() {
        return None;
    }
    let bound = |value: &Value, missing: usize| -> Option<usize> {
        if value.is_none() {
            return Some(missing);
        }
        let position = value.as_int()?;
        let position = if position < 0 { (position + length as i64).max(0) } else { position };
        Some((position as usize).min(length))
    };
    Some((bound(arguments.positional.first()?, 0)?, bound(arguments.positional.get(1)?, length)?))
}
