//! Methods of lists, dicts, sets and tuples.

use super::{Evaluated, Interpreter};
use crate::dotted::first_and_rest;
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

/// How deep lists in lists are copied.
const DEEPEST_COPY: u32 = 8;

impl Interpreter<'_> {
    /// A value with lists, dicts and sets of its own; their elements are the same objects.
    pub fn copied_collections(&mut self, value: &Value) -> Value {
        self.copied_to_depth(value, 0)
    }

    fn copied_to_depth(&mut self, value: &Value, depth: u32) -> Value {
        if depth > DEEPEST_COPY {
            return value.clone();
        }
        let kind = match *value.kind() {
            Kind::List(id) | Kind::Set(id) => {
                let (Object::List(list) | Object::Set(list)) = self.object(id) else { return value.clone() };
                let mut copy = list.clone();
                for item in &mut copy.items {
                    *item = self.copied_to_depth(item, depth + 1);
                }
                match *value.kind() {
                    Kind::List(_) => Kind::List(self.allocate(Object::List(copy))),
                    _ => Kind::Set(self.allocate(Object::Set(copy))),
                }
            }
            Kind::Dict(id) => {
                let Object::Dict(dict) = self.object(id) else { return value.clone() };
                let mut copy = dict.clone();
                for (_, item) in copy.entries.values_mut() {
                    *item = self.copied_to_depth(item, depth + 1);
                }
                Kind::Dict(self.allocate(Object::Dict(copy)))
            }
            _ => return value.clone(),
        };
        Value::from(kind).with_configurable(value.configurable())
    }

    /// Whether two values are the same, or lists, dicts and sets of the same.
    pub fn same_contents(&self, left: &Value, right: &Value) -> bool {
        match (left.kind(), right.kind()) {
            (Kind::List(left), Kind::List(right)) | (Kind::Set(left), Kind::Set(right)) => {
                // A list may contain itself.
                if left == right {
                    return true;
                }
                let (Object::List(left) | Object::Set(left)) = self.object(*left) else { return false };
                let (Object::List(right) | Object::Set(right)) = self.object(*right) else { return false };
                left.incomplete == right.incomplete
                    && left.items.len() == right.items.len()
                    && left
                        .items
                        .iter()
                        .zip(&right.items)
                        .all(|(left, right)| self.same_contents(left, right))
            }
            (Kind::Dict(left), Kind::Dict(right)) => {
                if left == right {
                    return true;
                }
                let (Object::Dict(left), Object::Dict(right)) = (self.object(*left), self.object(*right))
                else {
                    return false;
                };
                left.incomplete == right.incomplete
                    && left.unknown_keys.len() == right.unknown_keys.len()
                    && left.entries.len() == right.entries.len()
                    && left.entries.iter().all(|(key, (_, left))| {
                        right.entries.get(key).is_some_and(|(_, right)| self.same_contents(left, right))
                    })
            }
            _ => left.same(right),
        }
    }

    /// Copies the entries of a mapping into a dict that is being built.
    pub(crate) fn merge_into(&mut self, target: &mut DictObject, value: &Value) {
        match value.kind() {
            Kind::Dict(id) => {
                if let Object::Dict(source) = self.object(*id) {
                    for (key, entry) in &source.entries {
                        target.entries.insert(key.clone(), entry.clone());
                    }
                    target.unknown_keys.extend(source.unknown_keys.iter().cloned());
                    target.incomplete |= source.incomplete;
                }
            }
            Kind::None => {}
            _ => {
                target.incomplete = true;
                target.unknown_keys.push(Value::symbolic(Symbolic::Element(value.clone())));
            }
        }
    }

    pub(crate) fn update_dict(&mut self, id: ObjectId, value: &Value) {
        let mut merged = match self.object(id) {
            Object::Dict(dict) => dict.clone(),
            _ => return,
        };
        match self.pairs(value) {
            Some(pairs) => {
                for (key, value) in pairs {
                    match key.key() {
                        Some(exact) => {
                            merged.entries.insert(exact, (key, value));
                        }
                        None => merged.unknown_keys.push(value),
                    }
                }
            }
            None => self.merge_into(&mut merged, value),
        }
        if let Object::Dict(dict) = self.object_mut(id) {
            *dict = merged;
        }
    }

    /// The entries of a dict whose keys are all known and texts, in order.
    pub fn entries(&self, value: &Value) -> Option<Vec<(Name, Value)>> {
        let Kind::Dict(id) = *value.kind() else { return None };
        let Object::Dict(dict) = self.object(id) else { return None };
        if dict.incomplete || !dict.unknown_keys.is_empty() {
            return None;
        }
        dict.entries
            .iter()
            .map(|(key, (_, value))| match key {
                Key::Str(name) => Some((Name::from(name), value.clone())),
                _ => None,
            })
            .collect()
    }

    /// A sequence of pairs, as `dict()` takes it.
    pub(crate) fn pairs(&mut self, value: &Value) -> Option<Vec<(Value, Value)>> {
        if matches!(value.kind(), Kind::Dict(_)) {
            return None;
        }
        // A mapping of the standard library gives its entries.
        if let Some(Ok(items)) = self.standard_operator(value, "items", Vec::new(), Span::default()) {
            return self.pairs(&items);
        }
        let items = self.elements(value)?;
        let mut pairs = Vec::with_capacity(items.len());
        for item in items {
            let mut parts = self.elements(&item)?.into_iter();
            pairs.push((parts.next()?, parts.next()?));
        }
        Some(pairs)
    }

    /// A method of a builtin type. Nothing when it is not known.
    pub(crate) fn builtin_method(
        &mut self,
        receiver: &Value,
        name: crate::name::Name,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        if name == "fastwright.initialize_record" {
            let Kind::Tuple(parts) = receiver.kind() else { return None };
            let parts = StrongRc::clone(parts);
            let position = parts.get(2)?.as_int()? as usize;
            let order = self.class_order(parts.get(1)?);
            let result = self.initialize_record(parts.first()?, order.get(position..)?, arguments, span);
            return Some(result.map(|()| Value::NONE));
        }
        let (owner, method) = first_and_rest(name.strip_prefix("builtins.")?)?;
        let configurable = receiver.configurable();
        let result = match (owner, receiver.kind()) {
            ("list", Kind::List(id)) => self.list_method(*id, receiver, method, arguments, span),
            ("dict", Kind::Dict(id)) => self.dict_method(*id, method, arguments, span),
            ("set", Kind::Set(id)) => self.set_method(*id, receiver, method, arguments),
            ("str", Kind::Str(text)) => {
                let text = Text::clone(text);
                self.string_method(&text, method, arguments)
            }
            ("tuple", Kind::Tuple(items)) => match method {
                "index" => {
                    let wanted = arguments.positional.first()?;
                    items.iter().position(|item| item.same(wanted)).map(|at| Value::int(at as i64))
                }
                "count" => {
                    let wanted = arguments.positional.first()?;
                    Some(Value::int(items.iter().filter(|item| item.same(wanted)).count() as i64))
                }
                _ => None,
            },
            ("bytes", Kind::Bytes(bytes)) if method == "decode" => {
                std::str::from_utf8(bytes).ok().map(Value::str)
            }
            ("type", Kind::Class(class)) => match method {
                "__call__" => {
                    let class = *class;
                    return Some(self.make_instance(class, StrongRc::new(arguments.clone()), span));
                }
                "__subclasses__" => {
                    let base: Value = Kind::Class(*class).into();
                    let derived: Vec<Value> = self
                        .classes
                        .iter()
                        .filter(|id| {
                            self.class(**id)
                                .is_some_and(|other| other.bases.iter().any(|known| known.same(&base)))
                        })
                        .map(|id| Kind::Class(*id).into())
                        .collect();
                    Some(self.list(derived))
                }
                "mro" => {
                    let order = self.class_order(receiver);
                    Some(self.list(order.to_vec()))
                }
                _ => None,
            },
            _ => None,
        };
        result.map(|value| Ok(value.with_configurable(configurable)))
    }

    fn list_method(
        &mut self,
        id: ObjectId,
        receiver: &Value,
        method: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        let first = arguments.positional.first().cloned();
        match method {
            "append" => {
                let value = first?;
                if let Object::List(list) = self.object_mut(id) {
                    list.items.push(value);
                }
                Some(Value::NONE)
            }
            "extend" => {
                let items = self.elements(&first?);
                if let Object::List(list) = self.object_mut(id) {
                    match items {
                        Some(items) if list.items.len() + items.len() <= super::operators::LONGEST_LIST => {
                            list.items.extend(items);
                        }
                        _ => list.incomplete = true,
                    }
                }
                Some(Value::NONE)
            }
            "insert" => {
                let position = first?.as_int();
                let value = arguments.positional.get(1)?.clone();
                if let Object::List(list) = self.object_mut(id) {
                    let length = list.items.len();
                    let at = match position {
                        Some(position) if position < 0 => {
                            length.saturating_sub(position.unsigned_abs() as usize)
                        }
                        Some(position) => (position as usize).min(length),
                        None => length,
                    };
                    list.items.insert(at, value);
                }
                Some(Value::NONE)
            }
            "pop" => {
                let position = first.map_or(Some(-1), |value| value.as_int());
                let Object::List(list) = self.object_mut(id) else { return None };
                let length = list.items.len() as i64;
                let at = position.map(|position| if position < 0 { position + length } else { position })?;
                let at = usize::try_from(at).ok().filter(|at| *at < list.items.len())?;
                Some(list.items.remove(at))
            }
            "remove" => {
                let value = first?;
                if let Object::List(list) = self.object_mut(id)
                    && let Some(at) = list.items.iter().position(|item| item.same(&value))
                {
                    list.items.remove(at);
                }
                Some(Value::NONE)
            }
            "clear" => {
                if let Object::List(list) = self.object_mut(id) {
                    list.items.clear();
                }
                Some(Value::NONE)
            }
            "copy" => {
                let items = self.elements(receiver)?;
                Some(self.list(items))
            }
            "reverse" => {
                if let Object::List(list) = self.object_mut(id) {
                    list.items.reverse();
                }
                Some(Value::NONE)
            }
            "sort" => {
                let sorted = self.sorted(receiver, arguments, span)?;
                if let Object::List(list) = self.object_mut(id) {
                    list.items = sorted;
                }
                Some(Value::NONE)
            }
            "index" => {
                let value = first?;
                let items = self.elements(receiver)?;
                items.iter().position(|item| item.same(&value)).map(|at| Value::int(at as i64))
            }
            "count" => {
                let value = first?;
                let items = self.elements(receiver)?;
                Some(Value::int(items.iter().filter(|item| item.same(&value)).count() as i64))
            }
            _ => None,
        }
    }

    /// The elements in the order of `sorted(..., key=, reverse=)`, when all keys are known.
    pub(crate) fn sorted(&mut self, value: &Value, arguments: &Arguments, span: Span) -> Option<Vec<Value>> {
        let items = self.elements(value)?;
        let key = arguments.keyword("key").cloned().filter(|key| !key.is_none());
        let mut keyed: Vec<(Key, Value)> = Vec::with_capacity(items.len());
        for item in &items {
            let key = match &key {
                Some(key) => {
                    let arguments = Arguments::of([item.clone()]);
                    self.call_value(key, arguments, span).ok()?.key()
                }
                None => item.key().or_else(|| self.path_key(item)),
            };
            match key {
                Some(key) => keyed.push((key, self.in_decided_order(item.clone()))),
                // The order is not known; the elements are.
                None => return Some(items),
            }
        }
        keyed.sort_by(|left, right| compare_keys(&left.0, &right.0));
        if arguments.keyword("reverse").and_then(Value::as_bool) == Some(true) {
            keyed.reverse();
        }
        Some(keyed.into_iter().map(|(_, value)| value).collect())
    }

    fn dict_method(
        &mut self,
        id: ObjectId,
        method: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        let first = arguments.positional.first().cloned();
        let Object::Dict(dict) = self.object(id) else { return None };
        match method {
            "get" | "setdefault" | "pop" => {
                let asked = first?;
                let key = asked.key();
                let default = arguments.positional.get(1).cloned();
                let found =
                    key.as_ref().and_then(|key| dict.entries.get(key)).map(|(_, value)| value.clone());
                let certain = key.is_some() && dict.unknown_keys.is_empty() && !dict.incomplete;
                if method == "pop" && found.is_some() {
                    if let (Some(key), Object::Dict(dict)) = (&key, self.object_mut(id)) {
                        dict.entries.shift_remove(key);
                    }
                    self.unbind_in_namespace(id, &asked);
                    return found;
                }
                if let Some(value) = found {
                    return Some(value);
                }
                if method == "setdefault" {
                    let value = default.unwrap_or(Value::NONE);
                    self.bind_in_namespace(id, &asked, &value);
                    if let Object::Dict(dict) = self.object_mut(id) {
                        match key {
                            Some(key) => {
                                dict.entries.insert(key, (asked, value.clone()));
                            }
                            None => dict.unknown_keys.push(value.clone()),
                        }
                    }
                    return Some(value);
                }
                if certain {
                    return Some(default.unwrap_or(Value::NONE));
                }
                let possible: Vec<Value> = if key.is_some() {
                    dict.unknown_keys.clone()
                } else {
                    dict.entries
                        .values()
                        .map(|(_, value)| value.clone())
                        .chain(dict.unknown_keys.iter().cloned())
                        .collect()
                };
                if possible.is_empty() || possible.len() > 12 {
                    return None;
                }
                Some(Value::union(possible.into_iter().chain([default.unwrap_or(Value::NONE)])))
            }
            "items" => {
                let items: Vec<Value> = dict
                    .entries
                    .values()
                    .map(|(key, value)| Value::tuple(vec![key.clone(), value.clone()]))
                    .collect();
                let incomplete = dict.incomplete || !dict.unknown_keys.is_empty();
                Some(Kind::List(self.allocate(Object::List(ListObject { items, incomplete }))).into())
            }
            "values" => {
                let items: Vec<Value> = dict
                    .entries
                    .values()
                    .map(|(_, value)| value.clone())
                    .chain(dict.unknown_keys.iter().cloned())
                    .collect();
                let incomplete = dict.incomplete;
                Some(Kind::List(self.allocate(Object::List(ListObject { items, incomplete }))).into())
            }
            "keys" => {
                let items: Vec<Value> = dict.entries.values().map(|(key, _)| key.clone()).collect();
                let incomplete = dict.incomplete || !dict.unknown_keys.is_empty();
                Some(Kind::List(self.allocate(Object::List(ListObject { items, incomplete }))).into())
            }
            "copy" => {
                let copy = dict.clone();
                Some(Kind::Dict(self.allocate(Object::Dict(copy))).into())
            }
            "update" => {
                if let Some(value) = first {
                    self.update_dict(id, &value);
                }
                for (name, value) in &arguments.keywords {
                    if let Object::Dict(dict) = self.object_mut(id) {
                        dict.entries
                            .insert(Key::Str(Text::from(name.as_str())), (Value::str(name), value.clone()));
                    }
                }
                if arguments.incomplete
                    && let Object::Dict(dict) = self.object_mut(id)
                {
                    dict.incomplete = true;
                }
                self.bind_all_in_namespace(id);
                Some(Value::NONE)
            }
            "clear" => {
                if let Object::Dict(dict) = self.object_mut(id) {
                    **dict = DictObject::default();
                }
                Some(Value::NONE)
            }
            "__contains__" => {
                Some(self.compare_values(crate::ir::Comparison::In, &first?, &Kind::Dict(id).into(), span))
            }
            _ => None,
        }
    }

    fn set_method(
        &mut self,
        id: ObjectId,
        receiver: &Value,
        method: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        let first = arguments.positional.first().cloned();
        match method {
            "add" => {
                let value = first?;
                if let Object::Set(set) = self.object_mut(id)
                    && !set.items.iter().any(|known| known.same(&value))
                {
                    set.items.push(value);
                }
                Some(Value::NONE)
            }
            "update" => {
                for argument in &arguments.positional {
                    let items = self.elements(argument);
                    if let Object::Set(set) = self.object_mut(id) {
                        match items {
                            Some(items) => {
                                for item in items {
                                    if !set.items.iter().any(|known| known.same(&item)) {
                                        set.items.push(item);
                                    }
                                }
                            }
                            None => set.incomplete = true,
                        }
                    }
                }
                Some(Value::NONE)
            }
            "discard" | "remove" => {
                let value = first?;
                if let Object::Set(set) = self.object_mut(id) {
                    set.items.retain(|known| !known.same(&value));
                }
                Some(Value::NONE)
            }
            "copy" => {
                let items = self.elements(receiver)?;
                Some(Kind::Set(self.allocate(Object::Set(ListObject { items, incomplete: false }))).into())
            }
            "union" => {
                let mut items = self.elements(receiver)?;
                for item in self.elements(&first?)? {
                    if !items.iter().any(|known| known.same(&item)) {
                        items.push(item);
                    }
                }
                Some(Kind::Set(self.allocate(Object::Set(ListObject { items, incomplete: false }))).into())
            }
            _ => None,
        }
    }
}

fn compare_keys(left: &Key, right: &Key) -> std::cmp::Ordering {
    match (left, right) {
        (Key::Int(a), Key::Int(b)) => a.cmp(b),
        (Key::Str(a), Key::Str(b)) => a.cmp(b),
        (Key::Tuple(a), Key::Tuple(b)) => {
            for (a, b) in a.iter().zip(b.iter()) {
                match compare_keys(a, b) {
                    std::cmp::Ordering::Equal => {}
                    order => return order,
                }
            }
            a.len().cmp(&b.len())
        }
        _ => std::cmp::Ordering::Equal,
    }
}
