//! The compact form of one Python file that everything after parsing works on: the syntax of the
//! language without its spelling. Names are interned, spans are byte ranges, nothing borrows the text.

use crate::location::Span;
use crate::name::Name;
use crate::value::Text;
use std::sync::Arc;
use thin_vec::ThinVec;

/// One file.
#[derive(Debug, Default)]
pub struct Module {
    /// Statements in order.
    pub body: Box<[Stmt]>,
    /// Every import statement of the file, those in functions too.
    pub imports: Vec<ImportFact>,
    /// Every function and lambda of the file; [`FunctionDef::index`] points here.
    pub functions: Vec<Arc<FunctionDef>>,
    /// Every class of the file; [`ClassDef::index`] points here.
    pub classes: Vec<Arc<ClassDef>>,
    /// What the whole file mentions, its functions included.
    pub mentions: MentionedNames,
}

/// What an import statement asks for, for the module graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFact {
    /// Leading dots.
    pub level: u32,
    /// Dotted module, empty for `from . import x`.
    pub module: Name,
    /// Imported names of a `from` import (`*` included); empty for `import x`.
    pub names: Box<[Name]>,
}

impl Module {
    /// Whether it imports a package of this name, something in one, or something that is called like it.
    pub fn imports_package(&self, package: &str) -> bool {
        self.imports.iter().any(|import| {
            import.module.first_part() == package || import.names.iter().any(|name| *name == package)
        })
    }
}

/// A statement with its place.
#[derive(Debug)]
pub struct Stmt {
    /// Its bytes.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

/// The statements of Python 3.14.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are the parts of Python's grammar")]
pub enum StmtKind {
    Function(Arc<FunctionDef>),
    Class(Arc<ClassDef>),
    Return(Option<Expr>),
    Delete(Box<[Expr]>),
    Assign {
        targets: Box<[Expr]>,
        value: Expr,
    },
    AugAssign {
        target: Box<Expr>,
        operator: BinaryOperator,
        value: Box<Expr>,
    },
    AnnAssign {
        target: Box<Expr>,
        annotation: Arc<Expr>,
        value: Option<Box<Expr>>,
    },
    TypeAlias {
        name: Name,
        value: Arc<Expr>,
        type_parameters: Box<[TypeParameter]>,
    },
    For {
        target: Box<Expr>,
        iterable: Box<Expr>,
        body: Box<[Stmt]>,
        orelse: ThinVec<Stmt>,
        is_async: bool,
    },
    While {
        test: Expr,
        body: Box<[Stmt]>,
        orelse: ThinVec<Stmt>,
    },
    /// `elif` is an `if` inside `orelse`.
    If {
        test: Expr,
        body: Box<[Stmt]>,
        orelse: ThinVec<Stmt>,
    },
    With {
        items: Box<[WithItem]>,
        body: Box<[Stmt]>,
        is_async: bool,
    },
    Match {
        subject: Expr,
        cases: Box<[MatchCase]>,
    },
    Raise {
        exception: Option<Expr>,
        cause: Option<Expr>,
    },
    Try {
        body: Box<[Stmt]>,
        handlers: ThinVec<Handler>,
        orelse: ThinVec<Stmt>,
        finalbody: ThinVec<Stmt>,
    },
    Assert {
        test: Expr,
        message: Option<Expr>,
    },
    Import(Box<[Alias]>),
    ImportFrom {
        level: u32,
        module: Name,
        names: Box<[Alias]>,
    },
    Global(Box<[Name]>),
    Nonlocal(Box<[Name]>),
    Expr(Expr),
    Pass,
    Break,
    Continue,
}

/// `a.b as c`.
#[derive(Debug)]
pub struct Alias {
    /// Dotted for `import`, one name for `from`.
    pub name: Name,
    /// The name after `as`.
    pub rename: Option<Name>,
    /// Its bytes.
    pub span: Span,
}

/// One context manager of a `with`.
#[derive(Debug)]
pub struct WithItem {
    /// The manager.
    pub context: Expr,
    /// The target after `as`.
    pub target: Option<Expr>,
}

/// One `except` clause.
#[derive(Debug)]
pub struct Handler {
    /// Its bytes, body included.
    pub span: Span,
    /// The caught class or tuple; none for a bare `except:`.
    pub exception: Option<Expr>,
    /// The name after `as`.
    pub name: Option<Name>,
    /// What it does.
    pub body: Box<[Stmt]>,
}

/// One `case`.
#[derive(Debug)]
pub struct MatchCase {
    /// What is matched.
    pub pattern: Pattern,
    /// The condition after `if`.
    pub guard: Option<Expr>,
    /// What it does.
    pub body: Box<[Stmt]>,
}

/// The patterns of `match`.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are the parts of Python's grammar")]
pub enum Pattern {
    Value(Expr),
    Sequence(Box<[Pattern]>),
    Mapping { keys: Box<[Expr]>, patterns: Box<[Pattern]>, rest: Option<Name> },
    Class { class: Expr, positional: Box<[Pattern]>, keywords: Box<[(Name, Pattern)]> },
    Star(Option<Name>),
    As { pattern: Option<Box<Pattern>>, name: Option<Name> },
    Or(Box<[Pattern]>),
}

/// A function, method or lambda.
#[derive(Debug)]
pub struct FunctionDef {
    /// Position in [`Module::functions`].
    pub index: u32,
    /// Name, `<lambda>` for a lambda.
    pub name: Name,
    /// Python's `__qualname__`: `Class.method`, `outer.<locals>.inner`.
    pub qualname: Name,
    /// The whole definition, decorators included.
    pub span: Span,
    /// The name alone; for a lambda the whole expression.
    pub name_span: Span,
    /// `async def`.
    pub is_async: bool,
    /// Whether the body yields.
    pub is_generator: bool,
    /// Decorators, the outermost first.
    pub decorators: Box<[Expr]>,
    /// Parameters.
    pub parameters: Parameters,
    /// Return annotation.
    pub returns: Option<Arc<Expr>>,
    /// Body; for a lambda one `return`.
    pub body: Box<[Stmt]>,
    /// Names of type parameters (PEP 695).
    pub type_parameters: Box<[TypeParameter]>,
    /// What the body mentions, what nested functions mention included.
    pub mentions: MentionedNames,
}

/// Names and attributes that code mentions, the methods that it calls, and which constructs it has, as a Bloom filter
/// that is as large as the code needs: it never misses one, and may claim one that is not there. Saves walking bodies that
/// have nothing to tell.
#[derive(Debug, Default)]
pub struct MentionedNames(Box<[u64]>);

impl MentionedNames {
    /// Whether a name may be mentioned; when not, it certainly isn't.
    pub fn may_hold(&self, name: Name) -> bool {
        places(name).into_iter().all(|place| self.may_hold_place(place))
    }

    /// Whether a method, or a function of a module, of this name may be called: `name` in `object.name(...)`.
    pub fn may_call(&self, name: Name) -> bool {
        called_places(name).into_iter().all(|place| self.may_hold_place(place))
    }

    /// Whether there may be such a construct.
    pub fn may_have(&self, construct: Construct) -> bool {
        construct.places().into_iter().all(|place| self.may_hold_place(place))
    }

    fn may_hold_place(&self, place: usize) -> bool {
        // The number of words is a power of two, or there are none.
        self.0
            .get((place >> 6) & self.0.len().wrapping_sub(1))
            .is_some_and(|word| word >> (place & 63) & 1 != 0)
    }
}

/// Bits of a place: enough for the largest set. Two are what [`Name::mixed`] has.
const PLACE_BITS: u32 = 14;

/// The places of a name: who asks for many names would often find one of them by chance if each had one place only.
fn places(name: Name) -> [usize; 2] {
    two_of(name.mixed())
}

fn called_places(name: Name) -> [usize; 2] {
    two_of((name.precomputed_hash().wrapping_mul(0xc2b2_ae3d_27d4_eb4f) >> (64 - 2 * PLACE_BITS)) as u32)
}

fn two_of(mixed: u32) -> [usize; 2] {
    [PLACE_BITS, 0].map(|shift| (mixed >> shift) as usize & ((1 << PLACE_BITS) - 1))
}

/// What code may have that few rules look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Construct {
    /// A `try`.
    Try,
    /// A `with` that is not `async`.
    With,
    /// A `global` statement.
    Global,
    /// An item that is set or deleted: `carts[number] = ...`, `carts[number] += 1`, `del carts[number]`.
    ItemStore,
    /// An argument of a method that Python decides by itself: `where(not Order.paid)`, `filter(a and b)`,
    /// `where(Order.user is None)`.
    DecidedArgument,
}

impl Construct {
    /// Any places that stay apart in the smallest set.
    fn places(self) -> [usize; 2] {
        match self {
            Self::Try => [0x2a5, 0xc71],
            Self::With => [0xd5a, 0x0bd],
            Self::Global => [0x145, 0xe92],
            Self::ItemStore => [0x6b3, 0x3ac],
            Self::DecidedArgument => [0x98e, 0x4e8],
        }
    }
}

/// A name that is mentioned, to be added to the names of a function and to those of its file.
pub(crate) struct Mentioned([usize; 2]);

impl Mentioned {
    /// The one with this [`Name::mixed`].
    pub(crate) fn of_mixed(mixed: u32) -> Self {
        Self(two_of(mixed))
    }
}

/// [`MentionedNames`] while they are collected.
#[derive(Debug, Clone)]
pub(crate) struct MentionsSoFar<const WORDS: usize> {
    words: [u64; WORDS],
}

/// Those of a function.
pub(crate) type MentionsOfFunction = MentionsSoFar<64>;

/// Those of a whole file.
pub(crate) type MentionsOfFile = MentionsSoFar<{ 1 << (PLACE_BITS - 6) }>;

impl<const WORDS: usize> MentionsSoFar<WORDS> {
    pub(crate) fn new() -> Self {
        Self { words: [0; WORDS] }
    }

    /// Adds a name.
    pub(crate) fn insert(&mut self, name: &Mentioned) {
        name.0.into_iter().for_each(|place| self.insert_place(place));
    }

    /// Adds the name of a method that is called.
    pub(crate) fn insert_call(&mut self, name: Name) {
        called_places(name).into_iter().for_each(|place| self.insert_place(place));
    }

    /// Adds that there is a construct.
    pub(crate) fn insert_construct(&mut self, construct: Construct) {
        construct.places().into_iter().for_each(|place| self.insert_place(place));
    }

    fn insert_place(&mut self, place: usize) {
        self.words[(place >> 6) % WORDS] |= 1 << (place & 63);
    }

    /// Adds all names of another set.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.words.iter_mut().zip(other.words).for_each(|(word, more)| *word |= more);
    }

    /// The set in as few words as leave most of its bits unset: halves are laid over each other.
    pub(crate) fn finish(mut self) -> MentionedNames {
        let set: usize = self.words.iter().map(|word| word.count_ones() as usize).sum();
        let mut length = WORDS;
        while length > 1 && length * 64 >= set * 16 {
            length /= 2;
            let (kept, folded) = self.words[..2 * length].split_at_mut(length);
            kept.iter_mut().zip(folded).for_each(|(word, more)| *word |= *more);
        }
        MentionedNames(if set == 0 { Box::default() } else { self.words[..length].into() })
    }
}

impl FunctionDef {
    /// The docstring as written, not cleaned.
    pub fn docstring(&self) -> Option<&str> {
        docstring(&self.body)
    }
}

/// A class.
#[derive(Debug)]
pub struct ClassDef {
    /// Position in [`Module::classes`].
    pub index: u32,
    /// Name.
    pub name: Name,
    /// Python's `__qualname__`.
    pub qualname: Name,
    /// The whole definition, decorators included.
    pub span: Span,
    /// The name alone.
    pub name_span: Span,
    /// Decorators, the outermost first.
    pub decorators: Box<[Expr]>,
    /// Bases and keywords (`metaclass=`, `table=True`).
    pub arguments: Box<[Argument]>,
    /// Body.
    pub body: Box<[Stmt]>,
    /// Names of type parameters (PEP 695).
    pub type_parameters: Box<[TypeParameter]>,
}

impl ClassDef {
    /// The docstring as written, not cleaned.
    pub fn docstring(&self) -> Option<&str> {
        docstring(&self.body)
    }
}

fn docstring(body: &[Stmt]) -> Option<&str> {
    match &body.first()?.kind {
        StmtKind::Expr(Expr { kind: ExprKind::Str(text), .. }) => Some(text),
        _ => None,
    }
}

/// A type parameter of PEP 695.
#[derive(Debug)]
pub struct TypeParameter {
    /// Its name.
    pub name: Name,
    /// What it stands for.
    pub kind: TypeParameterKind,
    /// Its bytes, bound and default included.
    pub span: Span,
    /// Its bound.
    pub bound: Option<Expr>,
    /// Its default (PEP 696).
    pub default: Option<Expr>,
}

/// What a type parameter stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "Python's own kinds")]
pub enum TypeParameterKind {
    TypeVar,
    TypeVarTuple,
    ParamSpec,
}

/// How a parameter takes its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "Python's own kinds")]
pub enum ParameterKind {
    PositionalOnly,
    PositionalOrKeyword,
    VarPositional,
    KeywordOnly,
    VarKeyword,
}

/// A parameter in a signature.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// How it takes its argument.
    pub kind: ParameterKind,
    /// Its annotation.
    pub annotation: Option<Arc<Expr>>,
    /// Its default.
    pub default: Option<Expr>,
    /// Its bytes, annotation and default included.
    pub span: Span,
}

/// Parameters in the order of the signature.
pub type Parameters = Box<[Parameter]>;

/// An argument of a call or a class statement.
#[derive(Debug)]
pub struct Argument {
    /// How it is passed.
    pub kind: ArgumentKind,
    /// Its value.
    pub value: Expr,
    /// Its bytes, the keyword included.
    pub span: Span,
}

/// How an argument is passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "Python's own kinds")]
pub enum ArgumentKind {
    Positional,
    Star,
    Keyword(Name),
    DoubleStar,
}

/// An expression with its place.
#[derive(Debug)]
pub struct Expr {
    /// Its bytes, without parentheses around it.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The expressions of Python 3.14.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are the parts of Python's grammar")]
pub enum ExprKind {
    None,
    Bool(bool),
    Int(i64),
    /// An integer that does not fit 64 bits, as written.
    BigInt(Text),
    Float(f64),
    Complex,
    Str(Text),
    Bytes(Arc<Vec<u8>>),
    Ellipsis,
    /// An f-string.
    Format(ThinVec<FormatPart>),
    /// A t-string (PEP 750).
    Template(ThinVec<FormatPart>),
    Name(Name),
    Attribute(Box<Attribute>),
    Subscript(Box<(Expr, Expr)>),
    Call(Box<Call>),
    List(ThinVec<Expr>),
    Tuple(ThinVec<Expr>),
    Set(ThinVec<Expr>),
    /// `None` as key stands for `**value`.
    Dict(ThinVec<(Option<Expr>, Expr)>),
    Starred(Box<Expr>),
    And(ThinVec<Expr>),
    Or(ThinVec<Expr>),
    Not(Box<Expr>),
    Unary(UnaryOperator, Box<Expr>),
    Binary(BinaryOperator, Box<(Expr, Expr)>),
    Compare(Box<Comparisons>),
    Conditional(Box<(Expr, Expr, Expr)>),
    Lambda(Arc<FunctionDef>),
    Comprehension(Box<Comprehension>),
    Await(Box<Expr>),
    Yield(Option<Box<Expr>>),
    YieldFrom(Box<Expr>),
    Walrus(Box<(Name, Expr)>),
    Slice(Box<[Option<Expr>; 3]>),
    /// What the parser could not make sense of.
    Invalid,
}

/// `base.name`.
#[derive(Debug)]
pub struct Attribute {
    /// What the attribute is taken of.
    pub base: Expr,
    /// The attribute.
    pub name: Name,
}

impl Attribute {
    /// What the attribute is taken of, and the attribute.
    pub fn parts(&self) -> (&Expr, &Name) {
        (&self.base, &self.name)
    }
}

/// A call.
#[derive(Debug)]
pub struct Call {
    /// What is called.
    pub callee: Expr,
    /// With what.
    pub arguments: Box<[Argument]>,
}

/// A chain of comparisons: `0 < size <= limit`.
#[derive(Debug)]
pub struct Comparisons {
    /// The first operand.
    pub first: Expr,
    /// Each further operand with the comparison before it.
    pub rest: Box<[(Comparison, Expr)]>,
}

/// A part of an f-string or t-string.
#[derive(Debug)]
pub enum FormatPart {
    /// Text as it is.
    Text(Text),
    /// A replacement field.
    Field {
        /// Its expression.
        value: Expr,
        /// `r`, `s` or `a`.
        conversion: Option<char>,
        /// Whether it has a format specification.
        formatted: bool,
    },
}

/// A comprehension or generator expression.
#[derive(Debug)]
pub struct Comprehension {
    /// What it makes.
    pub kind: ComprehensionKind,
    /// The element, or the key of a dict.
    pub element: Expr,
    /// The value of a dict.
    pub value: Option<Expr>,
    /// `for` clauses.
    pub generators: Box<[Generator]>,
}

/// What a comprehension makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "Python's own kinds")]
pub enum ComprehensionKind {
    List,
    Set,
    Dict,
    Generator,
}

/// One `for ... in ... if ...`.
#[derive(Debug)]
pub struct Generator {
    /// Loop variable.
    pub target: Expr,
    /// What is iterated.
    pub iterable: Expr,
    /// Conditions.
    pub conditions: Box<[Expr]>,
    /// `async for`.
    pub is_async: bool,
}

/// Unary operators but `not`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "Python's own operators")]
pub enum UnaryOperator {
    Plus,
    Minus,
    Invert,
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "Python's own operators")]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    MatrixMultiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    LeftShift,
    RightShift,
    BitOr,
    BitXor,
    BitAnd,
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "Python's own operators")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Is,
    IsNot,
    In,
    NotIn,
}

impl Expr {
    /// The base and the name of an attribute.
    pub fn as_attribute(&self) -> Option<(&Expr, &Name)> {
        match &self.kind {
            ExprKind::Attribute(attribute) => Some(attribute.parts()),
            _ => None,
        }
    }

    /// The name that stands last where the expression is a name or an attribute: `items` of `items` and of `self.items`.
    pub fn last_name(&self) -> Option<Name> {
        match &self.kind {
            ExprKind::Name(name) => Some(*name),
            ExprKind::Attribute(attribute) => Some(attribute.name),
            _ => None,
        }
    }

    /// The dotted name that the expression spells, if it is one: `a.b.c`.
    pub fn dotted_name(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Name(name) => Some(name.to_string()),
            ExprKind::Attribute(attribute) => {
                Some(format!("{}.{}", attribute.base.dotted_name()?, attribute.name))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program has millions of these: what they weigh is what walking it costs.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn nodes_stay_small() {
        assert!(size_of::<Expr>() <= 24, "{}", size_of::<Expr>());
        assert!(size_of::<Stmt>() <= 64, "{}", size_of::<Stmt>());
        assert!(size_of::<Argument>() <= 48, "{}", size_of::<Argument>());
    }

    #[test]
    fn mentioned_names_are_never_missed() {
        for count in [0, 1, 3, 20, 300] {
            let names: Vec<Name> = (0..count).map(|number| Name::from(format!("name_{number}"))).collect();
            let mut mentions = MentionsOfFunction::new();
            names.iter().for_each(|name| mentions.insert(&Mentioned::of_mixed(name.mixed())));
            let mentions = mentions.finish();
            assert!(names.iter().all(|name| mentions.may_hold(*name)));
            let claimed =
                (0..1_000).filter(|number| mentions.may_hold(Name::from(format!("other_{number}"))));
            assert!(claimed.count() < 150, "{count} names");
        }
    }

    #[test]
    fn calls_and_blocks_are_not_mistaken_for_names() {
        let name = Name::from("commit");
        let mut mentions = MentionsOfFunction::new();
        mentions.insert_call(name);
        let called = mentions.clone().finish();
        assert!(called.may_call(name) && !called.may_hold(name));
        let constructs = [
            Construct::Try,
            Construct::With,
            Construct::Global,
            Construct::ItemStore,
            Construct::DecidedArgument,
        ];
        for (position, construct) in constructs.into_iter().enumerate() {
            mentions.insert_construct(construct);
            let held = mentions.clone().finish();
            for (other, construct) in constructs.into_iter().enumerate() {
                assert_eq!(held.may_have(construct), other <= position);
            }
        }
    }
}
