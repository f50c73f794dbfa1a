//! What is inside a value, in a few words that can be asked at once: how large it is, of which functions
//! it holds parameters, and which attributes it names. The two sets are Bloom filters: they
//! never miss a member, and may claim one that is not there.

use super::{Kind, Symbolic, Value};
use crate::name::Name;
use crate::program::FunctionId;

/// Parts of an uncomputed expression, at most: loops and recursion build them up.
pub(super) const LARGEST_EXPRESSION: u16 = 400;

/// Summary of a value.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Contents {
    /// Names of [`Symbolic::Member`] inside; annotations of parameters not counted.
    members: u64,
    /// Functions whose parameters are inside; annotations of parameters not counted.
    functions: u32,
    /// Parts, itself included; the largest number stands for more.
    pub(super) parts: u16,
    /// Whether a list, set or dict is inside: what that holds is not counted, since it changes.
    collections: bool,
    /// Whether a caught exception may be inside: what a clause catches is a call without arguments of the class that it
    /// names, or something of `traceback`.
    caught: bool,
}

/// A set of attribute names to look for with [`Value::may_name`].
#[derive(Debug, Clone, Copy)]
pub struct NameSet(u64);

impl FromIterator<Name> for NameSet {
    fn from_iter<T: IntoIterator<Item = Name>>(names: T) -> Self {
        Self(names.into_iter().fold(0, |bits, name| bits | bit(name.precomputed_hash())))
    }
}

impl NameSet {
    /// The set of these names.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        names.into_iter().map(Name::new).collect()
    }
}

/// A set of functions whose parameters to look for with [`Value::may_hold_parameter_of_any_within`].
#[derive(Debug, Clone, Copy)]
pub struct ParameterOwners(u32);

impl FromIterator<FunctionId> for ParameterOwners {
    fn from_iter<T: IntoIterator<Item = FunctionId>>(functions: T) -> Self {
        Self(functions.into_iter().fold(0, |bits, function| bits | function_bit(function)))
    }
}

fn bit(hash: u64) -> u64 {
    1 << (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
}

fn function_bit(function: FunctionId) -> u32 {
    let number = u64::from(function.file.0) << 32 | u64::from(function.index);
    1 << (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 59)
}

impl Contents {
    /// What is inside of something without parts.
    const WITHOUT_PARTS: Self =
        Self { members: 0, functions: 0, parts: 1, collections: false, caught: false };

    /// Of a value. Takes constant time for expressions, and looks into tuples and unions. Everybody asks, mostly about
    /// expressions and what has no parts: those are told apart on the spot.
    #[inline(always)]
    pub(super) fn of(value: &Value) -> Self {
        let kind = value.kind();
        if let Kind::Symbolic(expression) = kind {
            return expression.0.contents;
        }
        let has_parts = matches!(
            kind,
            Kind::Tuple(_) | Kind::Union(_) | Kind::List(_) | Kind::Set(_) | Kind::Dict(_) | Kind::Method(_)
        );
        if has_parts { Self::of_several(kind) } else { Self::WITHOUT_PARTS }
    }

    #[inline(never)]
    fn of_several(kind: &Kind) -> Self {
        let contents = Self::default().itself();
        match kind {
            Kind::Tuple(items) | Kind::Union(items) => contents.all(items.iter()),
            Kind::List(_) | Kind::Set(_) | Kind::Dict(_) => Self { collections: true, ..contents },
            Kind::Method(method) => contents.with(&method.receiver).with(&method.function),
            _ => contents,
        }
    }

    pub(super) fn of_symbolic(symbolic: &Symbolic) -> Self {
        let contents = Self::default().itself();
        match symbolic {
            Symbolic::Call { callee, arguments, .. } => {
                let mut contents = contents
                    .with(callee)
                    .all(arguments.positional.iter())
                    .all(arguments.keywords.iter().map(|(_, argument)| argument));
                contents.caught |= match *callee.kind() {
                    Kind::External(name) => {
                        arguments.positional.is_empty() && arguments.keywords.is_empty()
                            || name.first_part() == "traceback"
                    }
                    _ => false,
                };
                contents
            }
            Symbolic::Member { base, name } => {
                let mut contents = contents.with(base);
                contents.members |= bit(name.precomputed_hash());
                contents
            }
            Symbolic::Not(base) | Symbolic::Element(base) => contents.with(base),
            Symbolic::Item { base: first, index: second }
            | Symbolic::Binary { left: first, right: second, .. }
            | Symbolic::Compare { left: first, right: second, .. } => contents.with(first).with(second),
            Symbolic::Format(parts) | Symbolic::Template(parts) => contents.all(parts.iter()),
            Symbolic::Parameter(parameter) => {
                let annotation = parameter.annotation.as_ref().map_or(0, |value| Self::of(value).parts);
                Self {
                    parts: contents.parts.saturating_add(annotation),
                    functions: function_bit(parameter.function),
                    ..Self::default()
                }
            }
        }
    }

    fn itself(mut self) -> Self {
        self.parts = self.parts.saturating_add(1);
        self
    }

    #[inline]
    fn with(mut self, value: &Value) -> Self {
        let other = Self::of(value);
        self.parts = self.parts.saturating_add(other.parts);
        self.collections |= other.collections;
        self.caught |= other.caught;
        self.functions |= other.functions;
        self.members |= other.members;
        self
    }

    fn all<'v>(self, values: impl Iterator<Item = &'v Value>) -> Self {
        values.fold(self, Self::with)
    }
}

impl Value {
    /// Whether the value may hold a parameter of a function; when not, it certainly doesn't.
    pub fn may_hold_parameter_of(&self, function: FunctionId) -> bool {
        Contents::of(self).functions & function_bit(function) != 0
    }

    /// The same for someone who also looks into the lists, sets and dicts inside the value: of what those
    /// hold nothing is known here.
    pub fn may_hold_parameter_of_within(&self, function: FunctionId) -> bool {
        let contents = Contents::of(self);
        contents.collections || contents.functions & function_bit(function) != 0
    }

    /// Whether the value may hold a parameter of one of these functions, also in lists, sets and dicts; when not,
    /// it certainly doesn't.
    pub fn may_hold_parameter_of_any_within(&self, functions: ParameterOwners) -> bool {
        let contents = Contents::of(self);
        contents.collections || contents.functions & functions.0 != 0
    }

    /// Whether the value may hold a parameter of any function, also in lists, sets and dicts; when not, it
    /// certainly doesn't.
    pub fn may_hold_any_parameter_within(&self) -> bool {
        let contents = Contents::of(self);
        contents.collections || contents.functions != 0
    }

    /// Whether another value may stand somewhere inside this one, lists, sets and dicts apart; when not, it
    /// certainly doesn't.
    pub fn may_contain(&self, part: &Value) -> bool {
        let (own, part) = (Contents::of(self), Contents::of(part));
        own.functions & part.functions == part.functions && own.members & part.members == part.members
    }

    /// Whether a list, set or dict stands inside: of what those hold nothing is known here.
    pub fn has_collections(&self) -> bool {
        Contents::of(self).collections
    }

    /// Whether an exception of a library that a clause has caught, or its traceback, may stand inside, also in lists,
    /// sets and dicts; when not, it certainly doesn't.
    pub fn may_hold_caught_within(&self) -> bool {
        let contents = Contents::of(self);
        contents.collections || contents.caught
    }

    /// Whether one of these attributes may be taken of something inside the value; when not, it certainly
    /// isn't.
    pub fn may_name(&self, names: NameSet) -> bool {
        Contents::of(self).members & names.0 != 0
    }

    /// The same for someone who also looks into the lists, sets and dicts inside the value: of what those
    /// hold nothing is known here.
    pub fn may_name_within(&self, names: NameSet) -> bool {
        let contents = Contents::of(self);
        contents.collections || contents.members & names.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::{FileId, Location, Span};
    use crate::value::{Arguments, ParameterValue};

    fn here() -> Location {
        Location { file: FileId(3), span: Span::default() }
    }

    fn parameter(index: u32) -> Value {
        Value::symbolic(Symbolic::Parameter(ParameterValue {
            function: FunctionId { file: FileId(3), index },
            name: Name::from("given"),
            annotation: None,
            span: Span::default(),
        }))
    }

    #[test]
    fn finds_what_is_inside() {
        let inner = parameter(7);
        let member = Value::symbolic(Symbolic::Member { base: inner, name: Name::from("headers") });
        let call =
            Value::call(Value::external("library.call"), Arguments::of([Value::tuple(vec![member])]), here());
        assert!(call.may_hold_parameter_of(FunctionId { file: FileId(3), index: 7 }));
        assert!(call.may_name(NameSet::new(["cookies", "headers"])));
        let absent = (0..200).filter(|index| {
            *index != 7 && !call.may_hold_parameter_of(FunctionId { file: FileId(3), index: *index })
        });
        assert!(absent.count() > 180);
        let owners = |indexes: &[u32]| -> ParameterOwners {
            indexes.iter().map(|index| FunctionId { file: FileId(3), index: *index }).collect()
        };
        assert!(call.may_hold_parameter_of_any_within(owners(&[1, 7])));
        assert!(!call.may_hold_parameter_of_any_within(owners(&[])));
        assert!(!Value::external("library.call").may_name(NameSet::new(["headers"])));
        assert!(!Value::external("library.call").may_name_within(NameSet::new(["headers"])));
        let list: Value = Kind::List(crate::value::ObjectId::at(0)).into();
        let held = Value::symbolic(Symbolic::Element(Value::tuple(vec![list])));
        assert!(!held.may_name(NameSet::new(["headers"])) && held.may_name_within(NameSet::new(["headers"])));
    }

    #[test]
    fn a_value_may_contain_its_parts() {
        let member = |index: u32, name: &str| {
            Value::symbolic(Symbolic::Member { base: parameter(index), name: Name::from(name) })
        };
        let whole = Value::tuple(vec![member(1, "headers"), member(2, "body")]);
        for part in [parameter(1), parameter(2), member(1, "headers"), Value::NONE] {
            assert!(whole.may_contain(&part));
        }
        assert!(!member(1, "headers").may_contain(&member(1, "cookies")));
        assert!(!parameter(1).may_contain(&member(1, "headers")));
        assert!(!member(1, "headers").may_contain(&parameter(2)));
    }

    #[test]
    fn expressions_have_a_largest_size() {
        let mut value = parameter(1);
        for _ in 0..LARGEST_EXPRESSION {
            value = Value::symbolic(Symbolic::Element(value));
        }
        assert!(value.is_unknown());
    }
}
