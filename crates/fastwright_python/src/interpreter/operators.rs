//! Operators and comparisons.

use super::Interpreter;
use super::environment::ENVIRONMENT;
use crate::ir::{BinaryOperator, Comparison};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use rustc_hash::FxHashSet;

/// Texts beyond this length, in bytes, are not kept: nothing that registers a route is that long.
const LONGEST_TEXT: usize = 64 * 1024;
/// Lists beyond this length are not grown: doubling in a loop must not eat the memory.
pub(super) const LONGEST_LIST: usize = 20_000;

/// A result of 64 bits from numbers of which one is wider: `2**63 - 1`.
fn narrowed(operator: BinaryOperator, left: &Value, right: &Value) -> Option<Value> {
    // Nearly all expressions that are not computed hold no numbers.
    if !matches!(left.kind(), Kind::Symbolic(_)) && !matches!(right.kind(), Kind::Symbolic(_)) {
        return None;
    }
    let result = wide_result(operator, wide(left, 0)?, wide(right, 0)?)?;
    i64::try_from(result).ok().map(Value::int)
}

fn wide(value: &Value, depth: u32) -> Option<i128> {
    match value.kind() {
        Kind::Int(number) => Some(i128::from(*number)),
        Kind::Symbolic(symbolic) if depth < 4 => match &**symbolic {
            Symbolic::Binary { operator, left, right } => {
                wide_result(*operator, wide(left, depth + 1)?, wide(right, depth + 1)?)
            }
            _ => None,
        },
        _ => None,
    }
}

fn wide_result(operator: BinaryOperator, left: i128, right: i128) -> Option<i128> {
    match operator {
        BinaryOperator::Add => left.checked_add(right),
        BinaryOperator::Subtract => left.checked_sub(right),
        BinaryOperator::Multiply => left.checked_mul(right),
        BinaryOperator::FloorDivide if right > 0 => left.checked_div_euclid(right),
        BinaryOperator::Power => left.checked_pow(u32::try_from(right).ok()?),
        BinaryOperator::LeftShift if (0..100).contains(&right) => {
            left.checked_mul(1_i128.checked_shl(u32::try_from(right).ok()?)?)
        }
        _ => None,
    }
}

impl Interpreter<'_> {
    pub(crate) fn binary(
        &mut self,
        operator: BinaryOperator,
        left: Value,
        right: Value,
        span: Span,
    ) -> Value {
        let configurable = left.configurable().or(right.configurable());
        let known = self.binary_known(operator, &left, &right, span);
        let known = known.or_else(|| narrowed(operator, &left, &right));
        known
            .unwrap_or_else(|| Value::symbolic(Symbolic::Binary { operator, left, right }))
            .with_configurable(configurable)
    }

    fn binary_known(
        &mut self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Option<Value> {
        use BinaryOperator as Op;
        if left.is_unknown() {
            return Some(left.clone());
        }
        Some(match (operator, left.kind(), right.kind()) {
            (Op::Add, Kind::Int(a), Kind::Int(b)) => Value::int(a.checked_add(*b)?),
            (Op::Subtract, Kind::Int(a), Kind::Int(b)) => Value::int(a.checked_sub(*b)?),
            (Op::Multiply, Kind::Int(a), Kind::Int(b)) => Value::int(a.checked_mul(*b)?),
            (Op::FloorDivide, Kind::Int(a), Kind::Int(b)) if *b != 0 => Value::int(a.checked_div_euclid(*b)?),
            (Op::Modulo, Kind::Int(a), Kind::Int(b)) if *b != 0 => Value::int(a.checked_rem_euclid(*b)?),
            (Op::Power, Kind::Int(a), Kind::Int(b)) => Value::int(a.checked_pow(u32::try_from(*b).ok()?)?),
            (Op::LeftShift, Kind::Int(a), Kind::Int(b)) => {
                Value::int(a.checked_shl(u32::try_from(*b).ok()?)?)
            }
            (Op::BitOr, Kind::Int(a), Kind::Int(b)) => Value::int(a | b),
            (Op::BitAnd, Kind::Int(a), Kind::Int(b)) => Value::int(a & b),
            (Op::Divide, Kind::Int(a), Kind::Int(b)) if *b != 0 => Kind::Float(*a as f64 / *b as f64).into(),
            (Op::Add | Op::Subtract | Op::Multiply | Op::Divide, _, _)
                if number(left).is_some() && number(right).is_some() =>
            {
                let (a, b) = (number(left)?, number(right)?);
                Kind::Float(match operator {
                    Op::Add => a + b,
                    Op::Subtract => a - b,
                    Op::Multiply => a * b,
                    _ if b != 0.0 => a / b,
                    _ => return None,
                })
                .into()
            }
            (Op::Add, Kind::Str(a), _) => {
                let b = self.text_of(right)?;
                if a.len() + b.len() > LONGEST_TEXT {
                    return Some(Value::unknown("the text is too long to be kept", Some(self.here(span))));
                }
                Value::str(&format!("{a}{b}"))
            }
            (Op::Add, Kind::Instance(_), Kind::Str(b)) => {
                let a = self.text_of(left)?;
                Value::str(&format!("{a}{b}"))
            }
            (Op::Multiply, Kind::Str(a), Kind::Int(b)) if (0..=64).contains(b) && a.len() <= 64 => {
                Value::str(&a.repeat(*b as usize))
            }
            (Op::Divide, Kind::Symbolic(_), Kind::Str(_) | Kind::Symbolic(_)) => {
                // pathlib: the folder of a module and what is joined to it.
                let (base, part) = (self.path_text(left)?, self.text_of(right)?);
                self.path_value(&super::paths::join(&base, &part), span)
            }
            (Op::Modulo, Kind::Str(template), _) => {
                let arguments = match right.kind() {
                    Kind::Tuple(items) => items.to_vec(),
                    _ => vec![right.clone()],
                };
                let mut texts = Vec::new();
                for argument in &arguments {
                    match self.shown(argument) {
                        Some(text) => texts.push(text),
                        None => {
                            let mut parts = vec![left.clone()];
                            parts.extend(arguments.iter().cloned());
                            return Some(Value::symbolic(Symbolic::Format(parts)));
                        }
                    }
                }
                Value::str(&percent_format(template, &texts)?)
            }
            (Op::Add, Kind::Tuple(a), Kind::Tuple(b)) => {
                Value::tuple(a.iter().chain(b.iter()).cloned().collect())
            }
            (Op::Add, Kind::List(_), Kind::List(_) | Kind::Tuple(_)) => {
                let mut items = self.elements(left)?;
                items.extend(self.elements(right)?);
                items.truncate(LONGEST_LIST);
                self.list(items)
            }
            (Op::Multiply, Kind::List(_), Kind::Int(count)) if (0..=64).contains(count) => {
                let items = self.elements(left)?;
                let mut repeated = Vec::new();
                for _ in 0..*count {
                    repeated.extend(items.iter().cloned());
                    if repeated.len() > LONGEST_LIST {
                        return None;
                    }
                }
                self.list(repeated)
            }
            (Op::BitOr, Kind::Dict(_), Kind::Dict(_)) => {
                let mut merged = DictObject::default();
                self.merge_into(&mut merged, left);
                self.merge_into(&mut merged, right);
                Kind::Dict(self.allocate(Object::Dict(Box::new(merged)))).into()
            }
            (
                Op::BitOr | Op::BitAnd | Op::Subtract,
                Kind::Set(_),
                Kind::Set(_) | Kind::List(_) | Kind::Dict(_),
            ) => {
                let (a, b) = (self.elements(left)?, self.elements(right)?);
                let contains = |items: &[Value], item: &Value| items.iter().any(|known| known.same(item));
                let items = match operator {
                    Op::BitAnd => a.into_iter().filter(|item| contains(&b, item)).collect(),
                    Op::Subtract => a.into_iter().filter(|item| !contains(&b, item)).collect(),
                    _ => {
                        let mut all = a;
                        for item in b {
                            if !contains(&all, &item) {
                                all.push(item);
                            }
                        }
                        all
                    }
                };
                Kind::Set(self.allocate(Object::Set(ListObject { items, incomplete: false }))).into()
            }
            (_, Kind::Instance(_), _) => {
                let name = match operator {
                    Op::Add => "__add__",
                    Op::BitOr => "__or__",
                    Op::BitAnd => "__and__",
                    Op::Divide => "__truediv__",
                    Op::RightShift => "__rshift__",
                    _ => return None,
                };
                let method = self.attribute(left, Name::from(name), span);
                let Kind::Method(bound) = method.kind() else { return None };
                if !matches!(bound.function.kind(), Kind::Function(_)) {
                    return None;
                }
                let arguments = Arguments::of([right.clone()]);
                self.call_value(&method, arguments, span).ok()?
            }
            _ => return None,
        })
    }

    /// `left <operator>= right`: lists, sets and dicts change in place.
    pub(crate) fn augmented(
        &mut self,
        operator: BinaryOperator,
        left: Value,
        right: Value,
        span: Span,
    ) -> Value {
        match (operator, left.kind()) {
            (BinaryOperator::Add, Kind::List(id)) => {
                let id = *id;
                let items = self.elements(&right);
                if let Object::List(list) = self.object_mut(id) {
                    match items {
                        Some(items) if list.items.len() + items.len() <= LONGEST_LIST => {
                            list.items.extend(items)
                        }
                        _ => list.incomplete = true,
                    }
                }
                left
            }
            (BinaryOperator::BitOr, Kind::Dict(id)) => {
                let id = *id;
                self.update_dict(id, &right);
                left
            }
            _ => self.binary(operator, left, right, span),
        }
    }

    pub(crate) fn compare_values(
        &mut self,
        comparison: Comparison,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Value {
        let configurable = left.configurable().or(right.configurable());
        if let (Comparison::In | Comparison::NotIn, Some(name), Kind::External(container)) =
            (comparison, left.as_str(), right.kind())
            && *container == ENVIRONMENT
            && self.mode != super::Mode::Summary
        {
            let set = self.is_variable_set(name);
            let answer = (comparison == Comparison::In) == (set.as_bool() == Some(true));
            return Value::bool(answer).with_configurable(set.configurable().or(configurable));
        }
        let answer = match comparison {
            Comparison::Equal => self.equal(left, right),
            Comparison::NotEqual => self.equal(left, right).map(|equal| !equal),
            Comparison::Is => self.identical(left, right),
            Comparison::IsNot => self.identical(left, right).map(|same| !same),
            Comparison::In => self.contains(right, left, span),
            Comparison::NotIn => self.contains(right, left, span).map(|found| !found),
            Comparison::Less | Comparison::LessEqual | Comparison::Greater | Comparison::GreaterEqual => {
                self.order(left, right).map(|order| match comparison {
                    Comparison::Less => order.is_lt(),
                    Comparison::LessEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
        };
        match answer {
            Some(answer) => Value::bool(answer),
            None => {
                Value::symbolic(Symbolic::Compare { comparison, left: left.clone(), right: right.clone() })
            }
        }
        .with_configurable(configurable)
    }

    fn equal(&mut self, left: &Value, right: &Value) -> Option<bool> {
        if let (Some(a), Some(b)) = (number(left), number(right)) {
            return Some(a == b);
        }
        match (left.kind(), right.kind()) {
            (Kind::Union(_) | Kind::Unknown(_) | Kind::Symbolic(_), _)
            | (_, Kind::Union(_) | Kind::Unknown(_) | Kind::Symbolic(_)) => None,
            (Kind::Str(_), Kind::Instance(_)) | (Kind::Instance(_), Kind::Str(_)) => {
                Some(self.text_of(left)? == self.text_of(right)?)
            }
            (Kind::List(_), Kind::List(_)) => {
                let (a, b) = (self.elements(left)?, self.elements(right)?);
                if a.len() != b.len() {
                    return Some(false);
                }
                a.iter().zip(&b).all(|(a, b)| a.same(b)).then_some(true)
            }
            (Kind::Set(_), Kind::Set(_)) => {
                let keys = |items: Vec<Value>| items.iter().map(Value::key).collect::<Option<FxHashSet<_>>>();
                Some(keys(self.elements(left)?)? == keys(self.elements(right)?)?)
            }
            (Kind::Instance(a), Kind::Instance(b)) if a != b => {
                let enumeration = |interpreter: &Self, id: ObjectId| {
                    interpreter
                        .instance(id)
                        .is_some_and(|instance| interpreter.derives_from(&instance.class, "enum.Enum"))
                };
                (enumeration(self, *a) && enumeration(self, *b)).then_some(false)
            }
            (Kind::External(a), Kind::External(b)) if a != b => {
                (a.starts_with("builtins.") && b.starts_with("builtins.")).then_some(false)
            }
            _ => {
                if left.same(right) {
                    return Some(true);
                }
                let constant = |value: &Value| {
                    matches!(
                        *value.kind(),
                        Kind::None
                            | Kind::Bool(_)
                            | Kind::Int(_)
                            | Kind::Float(_)
                            | Kind::Str(_)
                            | Kind::Bytes(_)
                            | Kind::Module(_)
                            | Kind::Class(_)
                            | Kind::Function(_)
                    )
                };
                (constant(left) && constant(right)).then_some(false)
            }
        }
    }

    fn identical(&mut self, left: &Value, right: &Value) -> Option<bool> {
        match (left.kind(), right.kind()) {
            (Kind::None, Kind::None) => Some(true),
            (Kind::Symbolic(symbolic), Kind::None) | (Kind::None, Kind::Symbolic(symbolic)) => {
                match &**symbolic {
                    // An object that a constructor has just made is not None.
                    Symbolic::Call { callee, .. } if matches!(callee.kind(), Kind::Class(_)) => Some(false),
                    Symbolic::Call { callee, .. }
                        if callee.as_external().is_some_and(|name| self.library.makes_objects(name))
                            || self.makes_plain_object(callee) =>
                    {
                        Some(false)
                    }
                    Symbolic::Format(_) => Some(false),
                    _ => None,
                }
            }
            (Kind::Unknown(_) | Kind::Union(_) | Kind::Symbolic(_), _)
            | (_, Kind::Unknown(_) | Kind::Union(_) | Kind::Symbolic(_)) => None,
            (Kind::External(_), Kind::None) | (Kind::None, Kind::External(_)) => Some(false),
            _ => Some(left.same(right)),
        }
    }

    fn order(&mut self, left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
        if let (Some(a), Some(b)) = (number(left), number(right)) {
            return a.partial_cmp(&b);
        }
        match (left.kind(), right.kind()) {
            (Kind::Str(a), Kind::Str(b)) => Some(a.cmp(b)),
            (Kind::Tuple(a), Kind::Tuple(b)) => {
                for (a, b) in a.iter().zip(b.iter()) {
                    match self.order(a, b)? {
                        std::cmp::Ordering::Equal => {}
                        order => return Some(order),
                    }
                }
                Some(a.len().cmp(&b.len()))
            }
            _ => None,
        }
    }

    /// `item in container`, when it is decided.
    fn contains(&mut self, container: &Value, item: &Value, span: Span) -> Option<bool> {
        match container.kind() {
            Kind::Str(text) => Some(text.contains(item.as_str()?)),
            Kind::Dict(id) => {
                let key = item.key()?;
                let Object::Dict(dict) = self.object(*id) else { return None };
                if dict.entries.contains_key(&key) {
                    return Some(true);
                }
                (dict.unknown_keys.is_empty() && !dict.incomplete).then_some(false)
            }
            Kind::List(id) | Kind::Set(id) => {
                let (items, incomplete) = match self.object(*id) {
                    Object::List(list) | Object::Set(list) => (list.items.clone(), list.incomplete),
                    _ => return None,
                };
                let found = self.among(&items, item);
                if incomplete && found == Some(false) { None } else { found }
            }
            Kind::Tuple(items) => {
                let items = StrongRc::clone(items);
                self.among(&items, item)
            }
            Kind::Class(class) => {
                let members = self.enumeration_members(*class)?;
                self.among(&members, item)
            }
            Kind::Instance(_) => {
                let class = self.class_of(container)?;
                let answer = match self.find_in_class(&class, Name::from("__contains__")) {
                    Some((method, _)) => {
                        let positional = vec![container.clone(), item.clone()];
                        let arguments = Arguments::of(positional);
                        self.call_value(&method, arguments, span)
                    }
                    None => self.standard_operator(container, "__contains__", vec![item.clone()], span)?,
                };
                let answer = answer.ok()?;
                self.truth(&answer)
            }
            _ => None,
        }
    }

    fn among(&mut self, items: &[Value], item: &Value) -> Option<bool> {
        let mut decided = true;
        for known in items {
            match self.equal(known, item) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => decided = false,
            }
        }
        decided.then_some(false)
    }

    /// The text that `str()` or an f-string makes of a value, when it is known.
    pub fn text_of(&mut self, value: &Value) -> Option<String> {
        Some(match value.kind() {
            Kind::Str(text) => text.to_string(),
            Kind::Int(number) => number.to_string(),
            Kind::Bool(true) => "True".to_owned(),
            Kind::Bool(false) => "False".to_owned(),
            Kind::None => "None".to_owned(),
            Kind::Float(number) => super::representation::float_text(*number),
            Kind::Instance(id) => {
                let instance = self.instance(*id)?;
                let class = instance.class.clone();
                let text = instance.attributes.get(&Name::from("value")).cloned();
                if self.derives_from(&class, "enum.Enum") && self.derives_from(&class, "builtins.str") {
                    return text?.as_str().map(str::to_owned);
                }
                self.own_text(value, &class)?
            }
            Kind::Symbolic(_) => self.path_text(value)?,
            _ => return None,
        })
    }

    /// What the `__str__` of an object's class gives.
    pub(super) fn own_text(&mut self, value: &Value, class: &Value) -> Option<String> {
        let (method, _) = self.find_in_class(class, Name::from("__str__"))?;
        if self.mode() == super::Mode::Summary {
            return None;
        }
        let arguments = Arguments::of([value.clone()]);
        let made = self.call_directly(&method, arguments, Span::default()).ok()?;
        Some(made.as_str()?.to_owned())
    }
}

/// The number behind an integer or float.
fn number(value: &Value) -> Option<f64> {
    match *value.kind() {
        Kind::Int(value) => Some(value as f64),
        Kind::Float(value) => Some(value),
        Kind::Bool(value) => Some(f64::from(u8::from(value))),
        _ => None,
    }
}

/// `%s` and `%d` formatting with known texts.
fn percent_format(template: &str, arguments: &[String]) -> Option<String> {
    let mut result = String::new();
    let mut arguments = arguments.iter();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        result.push_str(&rest[..at]);
        let mut following = rest[at + 1..].chars();
        match following.next()? {
            's' | 'd' | 'i' => result.push_str(arguments.next()?),
            '%' => result.push('%'),
            _ => return None,
        }
        rest = following.as_str();
    }
    result.push_str(rest);
    Some(result)
}
