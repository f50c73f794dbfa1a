//! Abstract values: what the interpreter knows of an object of the running program.
//!
//! A value is a constant, an object of the program (on the interpreter's heap), a name in a library, a
//! symbolic expression over those and over inputs, a set of alternatives, or unknown with the reason.

mod contents;

use contents::{Contents, LARGEST_EXPRESSION};
pub use contents::{NameSet, ParameterOwners};

use crate::ir::{BinaryOperator, ClassDef, Comparison, Expr, FunctionDef};
use crate::location::{Location, Span};
use crate::name::Name;
use crate::program::{ClassId, FunctionId};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;
use std::rc::Rc;
use std::sync::Arc;
use thin_vec::ThinVec;

/// An ordered map with a fast hasher.
pub type OrderedMap<K, V> = IndexMap<K, V, FxBuildHasher>;

/// A mutable object on the heap of the interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(std::num::NonZeroU32);

impl ObjectId {
    /// The object at a place of the heap.
    pub(crate) fn at(place: usize) -> Self {
        let number = u32::try_from(place).ok().and_then(|place| place.checked_add(1));
        Self(number.and_then(std::num::NonZeroU32::new).unwrap_or(std::num::NonZeroU32::MAX))
    }

    /// Its place on the heap: no other object has it.
    pub fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A module that the interpreter has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// A scope of names: of a module, a class body or a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId(pub u32);

/// A setting from outside (environment variable, settings field) whose default decided a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigurableId(pub std::num::NonZeroU32);

/// Several values, shared. One pointer wide: so many values are held that the width of each of them counts.
pub type Values = StrongRc<SmallVec<[Value; 2]>>;

/// Something shared that nobody refers to weakly: next to it stands one small counter instead of two large ones.
pub type StrongRc<T> = rclite::Rc<T>;

/// A shared text, one pointer wide.
pub type Text = arcstr::ArcStr;

/// What is known of an object. Programs have so many values that each of them is as narrow as its kind: what few of them
/// also have, the setting that they rest on, stands elsewhere.
#[derive(Clone)]
pub struct Value(Held);

/// What a value is, with the setting that it rests on.
#[derive(Clone)]
enum Held {
    /// It rests on none.
    Plain(Kind),
    /// It rests on the default of a setting.
    Resting(Rc<Resting>),
}

/// What rests on the default of a setting.
#[derive(Clone)]
struct Resting {
    kind: Kind,
    configurable: ConfigurableId,
}

/// The kinds of knowledge.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of up to 64 bits.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    Str(Text),
    /// Bytes.
    Bytes(Arc<Vec<u8>>),
    /// `...`.
    Ellipsis,
    /// A tuple.
    Tuple(Values),
    /// A list on the heap.
    List(ObjectId),
    /// A set or frozenset on the heap.
    Set(ObjectId),
    /// A dict on the heap.
    Dict(ObjectId),
    /// A module of the program.
    Module(ModuleId),
    /// A function of the program.
    Function(Rc<FunctionValue>),
    /// A function bound to its first argument.
    Method(Rc<MethodValue>),
    /// `property`, `staticmethod`, `classmethod` around a function.
    Descriptor(Rc<Descriptor>),
    /// A class of the program, on the heap.
    Class(ObjectId),
    /// An instance on the heap.
    Instance(ObjectId),
    /// Something in a library or in `builtins`, by its qualified name: `sqlalchemy.orm.Session`.
    External(Name),
    /// An expression that is not computed, over libraries and inputs.
    Symbolic(Expression),
    /// One of these.
    Union(Values),
    /// Nothing is known, for this reason.
    Unknown(Rc<Unknown>),
}

/// Why nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// One sentence without a full stop.
    pub reason: String,
    /// Where knowledge was lost.
    pub location: Option<Location>,
}

/// An uncomputed expression.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the operands")]
pub enum Symbolic {
    /// The result of calling something whose code is not run.
    Call { callee: Value, arguments: StrongRc<Arguments>, site: Location },
    /// `base.name`.
    Member { base: Value, name: Name },
    /// `base[index]`.
    Item { base: Value, index: Value },
    /// An input of a function that is analysed for all callers.
    Parameter(ParameterValue),
    /// `left <operator> right`.
    Binary { operator: BinaryOperator, left: Value, right: Value },
    /// `left <comparison> right`.
    Compare { comparison: Comparison, left: Value, right: Value },
    /// `not operand`.
    Not(Value),
    /// An f-string, or text joined from parts.
    Format(Vec<Value>),
    /// A t-string (PEP 750).
    Template(Vec<Value>),
    /// The element of something iterated whose elements are not known one by one.
    Element(Value),
}

/// A shared [`Symbolic`], with a summary of what is inside: expressions are asked again and again whether
/// they hold a certain input, and most don't.
#[derive(Debug, Clone)]
pub struct Expression(StrongRc<SizedSymbolic>);

#[derive(Debug)]
struct SizedSymbolic {
    symbolic: Symbolic,
    contents: Contents,
}

impl Expression {
    fn new(symbolic: Symbolic) -> Self {
        let contents = Contents::of_symbolic(&symbolic);
        Self(StrongRc::new(SizedSymbolic { symbolic, contents }))
    }

    /// Whether it stands in several places.
    pub(crate) fn is_shared(&self) -> bool {
        self.0.strong_count() > 1
    }

    /// Whether it is the very same as another.
    pub(crate) fn is(&self, other: &Self) -> bool {
        StrongRc::ptr_eq(&self.0, &other.0)
    }
}

impl std::ops::Deref for Expression {
    type Target = Symbolic;

    fn deref(&self) -> &Symbolic {
        &self.0.symbolic
    }
}

/// An input of a function under analysis.
#[derive(Debug, Clone)]
pub struct ParameterValue {
    /// The function.
    pub function: FunctionId,
    /// Name of the parameter.
    pub name: Name,
    /// Its declared class or type, when annotated.
    pub annotation: Option<Box<Value>>,
    /// Where it stands in the signature, in the function's file.
    pub span: Span,
}

impl ParameterValue {
    /// Where it stands.
    pub fn location(&self) -> Location {
        Location { file: self.function.file, span: self.span }
    }
}

/// Positional arguments of a call. Most calls have one or none: those are kept without an allocation, at hand for
/// everybody who looks at the call.
pub type Positional = SmallVec<[Value; 1]>;

/// Keyword arguments of a call, one pointer wide: most calls have none.
pub type Keywords = ThinVec<(Name, Value)>;

/// Arguments of a call, evaluated.
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    /// Positional arguments.
    pub positional: Positional,
    /// Keyword arguments in order.
    pub keywords: Keywords,
    /// Whether `*` or `**` passed something whose content is not known.
    pub incomplete: bool,
}

impl Arguments {
    /// Positional arguments alone.
    pub fn of(positional: impl IntoIterator<Item = Value>) -> Self {
        Self { positional: positional.into_iter().collect(), ..Self::default() }
    }

    /// Those of a call that passes nothing, shared by all of them.
    pub(crate) fn none() -> StrongRc<Self> {
        thread_local! {
            static NONE: StrongRc<Arguments> = StrongRc::default();
        }
        NONE.with(StrongRc::clone)
    }

    /// The argument given by keyword.
    pub fn keyword(&self, name: &str) -> Option<&Value> {
        self.keywords.iter().find(|(keyword, _)| *keyword == name).map(|(_, value)| value)
    }

    /// Puts an argument before the others: what a method is bound to.
    pub(crate) fn prepend(&mut self, value: Value) {
        self.positional.reserve_exact(1);
        self.positional.insert(0, value);
    }

    /// The argument given by position or keyword.
    pub fn get(&self, position: usize, name: &str) -> Option<&Value> {
        self.positional.get(position).or_else(|| self.keyword(name))
    }
}

/// What the parameters of a function are bound to in a call, in their order. They are few: looking through them is
/// cheaper than a map.
#[derive(Debug, Clone, Default)]
pub struct Bindings(Vec<(Name, Value)>);

impl Bindings {
    /// None, with room for so many.
    pub(crate) fn with_capacity(parameters: usize) -> Self {
        Self(Vec::with_capacity(parameters))
    }

    /// Binds one more parameter.
    pub(crate) fn push(&mut self, parameter: Name, value: Value) {
        self.0.push((parameter, value));
    }

    /// What a parameter is bound to.
    pub fn get(&self, parameter: Name) -> Option<&Value> {
        self.0.iter().find(|(known, _)| *known == parameter).map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &Value)> {
        self.0.iter().map(|(parameter, value)| (*parameter, value))
    }
}

impl IntoIterator for Bindings {
    type Item = (Name, Value);
    type IntoIter = std::vec::IntoIter<(Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A function object: a definition with the scope that it closes over.
#[derive(Debug)]
pub struct FunctionValue {
    /// Number of this function object: two evaluations of one `def` differ.
    pub serial: u32,
    /// The definition's identity.
    pub id: FunctionId,
    /// The definition.
    pub definition: Arc<FunctionDef>,
    /// The module whose globals it uses.
    pub module: ModuleId,
    /// The scope that encloses the definition.
    pub scope: ScopeId,
    /// Values of defaults, in the order of the parameters.
    pub defaults: Vec<Option<Value>>,
    /// The class in whose body it is defined.
    pub class: Option<ObjectId>,
}

/// A function bound to its first argument.
#[derive(Debug)]
pub struct MethodValue {
    /// What stands for `self` or `cls`.
    pub receiver: Value,
    /// The function (or another callable, for libraries).
    pub function: Value,
}

/// How a descriptor hands out its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DescriptorKind {
    /// `@property`, `@cached_property`, `@hybrid_property`: calling it is attribute access.
    Property,
    /// `@staticmethod`.
    Static,
    /// `@classmethod`.
    ClassMethod,
}

/// `property`, `staticmethod` or `classmethod`.
#[derive(Debug)]
pub struct Descriptor {
    /// Which one.
    pub kind: DescriptorKind,
    /// The function inside.
    pub function: Value,
}

/// A key of a dict, or a member of a set, that is known exactly.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "Python's own kinds")]
pub enum Key {
    None,
    Bool(bool),
    Int(i64),
    Str(Text),
    Bytes(Arc<Vec<u8>>),
    Tuple(Rc<Vec<Key>>),
    Object(ObjectId),
    External(Name),
    Function(u32),
    Module(ModuleId),
}

/// A dict on the heap.
#[derive(Debug, Clone, Default)]
pub struct DictObject {
    /// Entries in order, with the value of the key.
    pub entries: OrderedMap<Key, (Value, Value)>,
    /// Values stored under keys that are not known.
    pub unknown_keys: Vec<Value>,
    /// Whether there may be entries that are not listed.
    pub incomplete: bool,
}

/// A list or set on the heap.
#[derive(Debug, Clone, Default)]
pub struct ListObject {
    /// Elements in order.
    pub items: Vec<Value>,
    /// Whether there may be elements that are not listed.
    pub incomplete: bool,
}

/// An annotation, evaluated only when asked for (PEP 563 and 649 allow names that come later).
#[derive(Debug, Clone)]
pub enum Annotation {
    /// As written in the program.
    Written {
        /// The expression.
        expression: Arc<Expr>,
        /// Where its names are looked up.
        scope: ScopeId,
        /// The module it stands in.
        module: ModuleId,
    },
    /// Given as an object (`create_model`, `__annotations__[...] = ...`).
    Given(Value),
}

/// A class of the program.
#[derive(Debug)]
pub struct ClassObject {
    /// Identity by definition site; classes made by `type()` or `create_model()` have none.
    pub id: Option<ClassId>,
    /// The definition.
    pub definition: Option<Arc<ClassDef>>,
    /// Name.
    pub name: Name,
    /// Qualified name inside the module.
    pub qualname: Name,
    /// Module it was made in.
    pub module: ModuleId,
    /// Bases; a generic one without its arguments.
    pub bases: Vec<Value>,
    /// Bases as the class statement writes them, arguments included: `Page[Order]`, `Generic[T]`.
    pub written_bases: Vec<Value>,
    /// Type parameters of PEP 695, as they are known in the body.
    pub type_parameters: Vec<Value>,
    /// Classes in the order of attribute lookup, itself first; external ones by name.
    pub mro: Rc<[Value]>,
    /// Attributes of the body.
    pub attributes: OrderedMap<Name, Value>,
    /// Annotated names of the body in order, with their place.
    pub annotations: OrderedMap<Name, (Annotation, Location)>,
    /// Keywords of the class statement.
    pub keywords: Keywords,
    /// Decorators as values, the outermost first.
    pub decorators: Vec<Value>,
    /// Where it is defined.
    pub location: Location,
    /// Places of assignments in the body, by name.
    pub assignments: OrderedMap<Name, Location>,
    /// When it was last handed out to be changed, by the count of all such times: while this is the same, so is what
    /// was found out about the class itself. Objects that it refers to may differ.
    pub changed: u64,
}

/// An instance of a class of the program or of a library.
#[derive(Debug)]
pub struct InstanceObject {
    /// [`Kind::Class`] or [`Kind::External`].
    pub class: Value,
    /// Attributes set on it.
    pub attributes: OrderedMap<Name, Value>,
    /// What its constructor was given.
    pub arguments: StrongRc<Arguments>,
    /// Where it was made.
    pub site: Location,
}

/// An object on the heap.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Object {
    List(ListObject),
    Set(ListObject),
    Dict(Box<DictObject>),
    Class(Box<ClassObject>),
    Instance(Box<InstanceObject>),
}

impl From<Kind> for Value {
    fn from(kind: Kind) -> Self {
        Self(Held::Plain(kind))
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Value")
            .field("kind", self.kind())
            .field("configurable", &self.configurable())
            .finish()
    }
}

impl Value {
    /// `None`.
    pub const NONE: Value = Value(Held::Plain(Kind::None));

    /// The knowledge.
    #[inline]
    pub fn kind(&self) -> &Kind {
        match &self.0 {
            Held::Plain(kind) => kind,
            Held::Resting(resting) => &resting.kind,
        }
    }

    /// The knowledge alone, without the setting that it rests on.
    pub fn into_kind(self) -> Kind {
        match self.0 {
            Held::Plain(kind) => kind,
            Held::Resting(resting) => Rc::unwrap_or_clone(resting).kind,
        }
    }

    /// Set when the value rests on the default of a setting.
    #[inline]
    pub fn configurable(&self) -> Option<ConfigurableId> {
        match &self.0 {
            Held::Plain(_) => None,
            Held::Resting(resting) => Some(resting.configurable),
        }
    }

    /// Lets it rest on this setting or on none, whatever it rested on.
    pub(crate) fn rest_on(&mut self, configurable: Option<ConfigurableId>) {
        if self.configurable() == configurable {
            return;
        }
        let kind = std::mem::replace(self, Self::NONE).into_kind();
        self.0 = match configurable {
            Some(configurable) => Held::Resting(Rc::new(Resting { kind, configurable })),
            None => Held::Plain(kind),
        };
    }

    /// A string.
    pub fn str(text: &str) -> Self {
        Kind::Str(Text::from(text)).into()
    }

    /// A truth value.
    pub fn bool(value: bool) -> Self {
        Kind::Bool(value).into()
    }

    /// An integer.
    pub fn int(value: i64) -> Self {
        Kind::Int(value).into()
    }

    /// A tuple.
    pub fn tuple(items: Vec<Value>) -> Self {
        Kind::Tuple(StrongRc::new(items.into_iter().collect())).into()
    }

    /// A name in a library.
    pub fn external(name: &str) -> Self {
        Kind::External(Name::from(name)).into()
    }

    /// The result of calling something whose code is not run.
    pub fn call(callee: Self, arguments: impl Into<StrongRc<Arguments>>, site: Location) -> Self {
        Self::symbolic(Symbolic::Call { callee, arguments: arguments.into(), site })
    }

    /// An uncomputed expression; unknown where it would grow beyond what can be followed.
    pub fn symbolic(symbolic: Symbolic) -> Self {
        let expression = Expression::new(symbolic);
        if expression.0.contents.parts > LARGEST_EXPRESSION {
            return Value::unknown("the expression is too large to be followed", None);
        }
        Kind::Symbolic(expression).into()
    }

    /// Unknown, with the reason.
    pub fn unknown(reason: impl Into<String>, location: Option<Location>) -> Self {
        Kind::Unknown(Rc::new(Unknown { reason: reason.into(), location })).into()
    }

    /// The same knowledge, resting on a setting's default.
    #[must_use]
    #[inline]
    pub fn with_configurable(self, configurable: Option<ConfigurableId>) -> Self {
        let Some(configurable) = configurable else { return self };
        Self(match self.0 {
            Held::Plain(kind) => Held::Resting(Rc::new(Resting { kind, configurable })),
            resting => resting,
        })
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self.kind() {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The number of an integer.
    pub fn as_int(&self) -> Option<i64> {
        match *self.kind() {
            Kind::Int(value) => Some(value),
            Kind::Bool(value) => Some(i64::from(value)),
            _ => None,
        }
    }

    /// The truth of a boolean constant.
    pub fn as_bool(&self) -> Option<bool> {
        match *self.kind() {
            Kind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is `None`.
    pub fn is_none(&self) -> bool {
        matches!(self.kind(), Kind::None)
    }

    /// Whether nothing is known.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind(), Kind::Unknown(_))
    }

    /// The qualified name of something in a library.
    pub fn as_external(&self) -> Option<Name> {
        match *self.kind() {
            Kind::External(name) => Some(name),
            _ => None,
        }
    }

    /// The uncomputed expression.
    pub fn as_symbolic(&self) -> Option<&Symbolic> {
        match self.kind() {
            Kind::Symbolic(symbolic) => Some(symbolic),
            _ => None,
        }
    }

    /// The identity of what several values may share: expressions, tuples, alternatives that are held more than once.
    /// It means something only as long as the values live.
    pub fn shared_part(&self) -> Option<*const ()> {
        match self.kind() {
            Kind::Symbolic(expression) if expression.is_shared() => Some(expression.0.as_ptr().cast()),
            Kind::Tuple(values) | Kind::Union(values) if StrongRc::strong_count(values) > 1 => {
                Some(StrongRc::as_ptr(values).cast())
            }
            _ => None,
        }
    }

    /// The alternatives: itself, or the members of a union.
    pub fn alternatives(&self) -> &[Value] {
        match self.kind() {
            Kind::Union(values) => values,
            _ => std::slice::from_ref(self),
        }
    }

    /// The key of a dict that this value is, when it is known exactly.
    pub fn key(&self) -> Option<Key> {
        Some(match self.kind() {
            Kind::None => Key::None,
            Kind::Bool(value) => Key::Int(i64::from(*value)),
            Kind::Int(value) => Key::Int(*value),
            Kind::Float(value) if value.fract() == 0.0 => Key::Int(*value as i64),
            Kind::Str(text) => Key::Str(text.clone()),
            Kind::Bytes(bytes) => Key::Bytes(Arc::clone(bytes)),
            Kind::Tuple(items) => Key::Tuple(Rc::new(items.iter().map(Value::key).collect::<Option<_>>()?)),
            Kind::Class(object) | Kind::Instance(object) => Key::Object(*object),
            Kind::External(name) => Key::External(*name),
            Kind::Function(function) => Key::Function(function.serial),
            Kind::Module(module) => Key::Module(*module),
            _ => return None,
        })
    }

    /// Whether two values are certainly the same knowledge; used to keep unions small.
    pub fn same(&self, other: &Value) -> bool {
        match (self.kind(), other.kind()) {
            (Kind::None, Kind::None) | (Kind::Ellipsis, Kind::Ellipsis) => true,
            (Kind::Bool(left), Kind::Bool(right)) => left == right,
            (Kind::Int(left), Kind::Int(right)) => left == right,
            (Kind::Float(left), Kind::Float(right)) => left.to_bits() == right.to_bits(),
            (Kind::Union(left), Kind::Union(right)) => {
                StrongRc::ptr_eq(left, right)
                    || left.len() == right.len() && left.iter().zip(right.iter()).all(|(a, b)| a.same(b))
            }
            (Kind::Descriptor(left), Kind::Descriptor(right)) => {
                Rc::ptr_eq(left, right) || left.kind == right.kind && left.function.same(&right.function)
            }
            (Kind::Str(left), Kind::Str(right)) => left == right,
            (Kind::Bytes(left), Kind::Bytes(right)) => left == right,
            (Kind::Tuple(left), Kind::Tuple(right)) => {
                StrongRc::ptr_eq(left, right)
                    || left.len() == right.len() && left.iter().zip(right.iter()).all(|(a, b)| a.same(b))
            }
            (Kind::List(left), Kind::List(right))
            | (Kind::Set(left), Kind::Set(right))
            | (Kind::Dict(left), Kind::Dict(right))
            | (Kind::Class(left), Kind::Class(right))
            | (Kind::Instance(left), Kind::Instance(right)) => left == right,
            (Kind::Module(left), Kind::Module(right)) => left == right,
            (Kind::Function(left), Kind::Function(right)) => left.serial == right.serial,
            (Kind::External(left), Kind::External(right)) => left == right,
            (Kind::Symbolic(left), Kind::Symbolic(right)) => {
                StrongRc::ptr_eq(&left.0, &right.0) || same_symbolic(left, right)
            }
            (Kind::Unknown(left), Kind::Unknown(right)) => Rc::ptr_eq(left, right) || left == right,
            (Kind::Method(left), Kind::Method(right)) => {
                Rc::ptr_eq(left, right)
                    || left.receiver.same(&right.receiver) && left.function.same(&right.function)
            }
            _ => false,
        }
    }

    /// Whether two symbolic values are one object.
    pub(crate) fn is_very(&self, other: &Value) -> bool {
        matches!((self.kind(), other.kind()), (Kind::Symbolic(left), Kind::Symbolic(right)) if StrongRc::ptr_eq(&left.0, &right.0))
    }

    /// One of the given values: unions are flattened, repetitions dropped; at most sixteen alternatives
    /// are kept apart.
    pub fn union(values: impl IntoIterator<Item = Value>) -> Value {
        let mut kept = Alternatives::default();
        values.into_iter().for_each(|value| kept.add(value));
        kept.finish()
    }
}

/// A union while it is made. Most are of the same value again, or of two: they need no list on the heap.
#[derive(Default)]
pub(crate) struct Alternatives(SmallVec<[Value; 4]>);

impl Alternatives {
    /// Those of a union: values that differ.
    pub(crate) fn of_different(values: &[Value]) -> Self {
        Self(values.iter().cloned().collect())
    }

    /// Adds a value, or its alternatives, unless they are among these.
    pub(crate) fn add(&mut self, value: Value) {
        if matches!(value.kind(), Kind::Union(_)) {
            for alternative in value.alternatives() {
                if !self.0.iter().any(|known| known.same(alternative)) {
                    self.0.push(alternative.clone());
                }
            }
        } else if !self.0.iter().any(|known| known.same(&value)) {
            self.0.push(value);
        }
    }

    /// One of them; see [`Value::union`].
    pub(crate) fn finish(mut self) -> Value {
        match self.0.len() {
            0 | 1 => self.0.pop().unwrap_or(Value::NONE),
            2..=16 => Kind::Union(StrongRc::new(self.0.into_iter().collect())).into(),
            _ => Value::unknown("there are more than sixteen possible values", None),
        }
    }
}

fn same_symbolic(left: &Symbolic, right: &Symbolic) -> bool {
    match (left, right) {
        (Symbolic::Call { site: a, .. }, Symbolic::Call { site: b, .. }) => a == b,
        (Symbolic::Member { base: a, name: b }, Symbolic::Member { base: c, name: d }) => b == d && a.same(c),
        (Symbolic::Item { base: a, index: b }, Symbolic::Item { base: c, index: d }) => {
            a.same(c) && b.same(d)
        }
        (Symbolic::Parameter(a), Symbolic::Parameter(b)) => a.function == b.function && a.name == b.name,
        (Symbolic::Element(a), Symbolic::Element(b)) | (Symbolic::Not(a), Symbolic::Not(b)) => a.same(b),
        (
            Symbolic::Compare { comparison: a, left: b, right: c },
            Symbolic::Compare { comparison: d, left: e, right: f },
        ) => a == d && b.same(e) && c.same(f),
        (Symbolic::Format(a), Symbolic::Format(b)) | (Symbolic::Template(a), Symbolic::Template(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
        }
        (
            Symbolic::Binary { operator: a, left: b, right: c },
            Symbolic::Binary { operator: d, left: e, right: f },
        ) => a == d && b.same(e) && c.same(f),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Event;

    /// A program has a hundred thousand of these, and rules go through them again and again. With its count, an expression
    /// is one of the allocator's blocks of 64 bytes, a line of the cache; what a call is given is one of 48.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn values_stay_small() {
        assert!(size_of::<Option<Value>>() <= 16, "{}", size_of::<Option<Value>>());
        assert!(size_of::<SizedSymbolic>() <= 56, "{}", size_of::<SizedSymbolic>());
        assert!(size_of::<Arguments>() <= 40, "{}", size_of::<Arguments>());
        // A pair stands next to its count, in a block of 48.
        assert!(size_of::<SmallVec<[Value; 2]>>() <= 40, "{}", size_of::<SmallVec<[Value; 2]>>());
        assert!(size_of::<Event>() <= 80, "{}", size_of::<Event>());
    }

    #[test]
    fn what_rests_on_a_setting_is_the_same_knowledge() {
        let setting = |number| std::num::NonZeroU32::new(number).map(ConfigurableId);
        let plain = Value::str("text");
        let mut resting = plain.clone().with_configurable(setting(1));
        assert_eq!((resting.configurable(), resting.as_str()), (setting(1), Some("text")));
        assert!(resting.same(&plain) && plain.configurable().is_none());
        // The first setting stays, unless another is put in its place.
        assert_eq!(resting.clone().with_configurable(setting(2)).configurable(), setting(1));
        assert_eq!(resting.clone().with_configurable(None).configurable(), setting(1));
        resting.rest_on(setting(2));
        assert_eq!((resting.configurable(), resting.as_str()), (setting(2), Some("text")));
        resting.rest_on(None);
        assert!(resting.configurable().is_none());
        assert!(matches!(resting.into_kind(), Kind::Str(text) if text == "text"));
    }
}
