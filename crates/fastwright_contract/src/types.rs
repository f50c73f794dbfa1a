//! Types as annotations name them: what `typing.get_origin` and `typing.get_args` tell apart.

use crate::pydantic::generate::library_types;
use fastwright_python::interpreter::is_none_type;
use fastwright_python::ir::BinaryOperator;
use fastwright_python::value::{Arguments, Kind, Symbolic, Text, Value};

/// What an evaluated annotation is.
#[derive(Debug, Clone)]
pub enum Form {
    /// `None`.
    None,
    /// A class of the program, not subscribed.
    Class(Value),
    /// Something of a library, not subscribed: `builtins.int`, `typing.Any`, `datetime.datetime`.
    External(fastwright_python::name::Name),
    /// `Annotated[inner, metadata...]`, flattened as Python flattens it. Types of Pydantic that stand for
    /// such a one are seen through: `PositiveInt`, `conint(ge=1)`, `Json[int]`.
    Annotated(Value, Vec<Value>),
    /// `Union[...]`, `Optional[...]`, `X | Y`: members flattened, repetitions dropped, in order.
    Union(Vec<Value>),
    /// `Literal[...]`, flattened.
    Literal(Vec<Value>),
    /// `origin[arguments...]` of anything else: `list[int]`, `Page[Order]`, `Callable[[int], str]`.
    Generic(Value, Vec<Value>),
    /// The result of a call: `TypeVar("T")`, `NewType("Id", int)`, `TypeAliasType(...)`.
    Call(Value, Arguments),
    /// A string that names a type.
    Forward(Text),
    /// Anything else: not a type, or not known.
    Other,
}

/// The form of an annotation.
pub fn form(annotation: &Value) -> Form {
    if is_none_type(annotation) {
        return Form::None;
    }
    match annotation.kind() {
        Kind::Class(_) => Form::Class(annotation.clone()),
        Kind::External(name) => match library_types::alias(name) {
            Some(type_) => form(&type_),
            None => Form::External(*name),
        },
        Kind::Str(text) => Form::Forward(Text::clone(text)),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Binary { operator: BinaryOperator::BitOr, .. } => Form::Union(members(annotation)),
            Symbolic::Item { base, index } => subscribed(annotation, base, index),
            Symbolic::Call { callee, arguments, .. } => match library_types::constructed(callee, arguments) {
                Some(type_) => form(&type_),
                None => Form::Call(callee.clone(), Arguments::clone(arguments)),
            },
            _ => Form::Other,
        },
        _ => Form::Other,
    }
}

fn subscribed(annotation: &Value, base: &Value, index: &Value) -> Form {
    let items: Vec<Value> = match index.kind() {
        Kind::Tuple(items) => items.to_vec(),
        _ => vec![index.clone()],
    };
    match typing_name(base) {
        Some("Annotated") => match items.split_first() {
            Some((inner, metadata)) => match form(inner) {
                Form::Annotated(innermost, mut first) => {
                    first.extend(metadata.iter().cloned());
                    Form::Annotated(innermost, first)
                }
                _ => Form::Annotated(inner.clone(), metadata.to_vec()),
            },
            None => Form::Other,
        },
        Some("Union" | "Optional") => match members(annotation) {
            members if members.len() == 1 => form(&members[0]),
            members => Form::Union(members),
        },
        Some("Literal") => {
            let mut values: Vec<Value> = Vec::new();
            for item in items {
                let more = match form(&item) {
                    Form::Literal(inner) => inner,
                    _ => vec![item],
                };
                for value in more {
                    if !values.iter().any(|known| known.same(&value)) {
                        values.push(value);
                    }
                }
            }
            Form::Literal(values)
        }
        _ => {
            let marked = match (base.as_external(), items.as_slice()) {
                (Some(name), [item]) => library_types::marked(&name, item),
                _ => None,
            };
            match marked {
                Some(type_) => form(&type_),
                None => Form::Generic(base.clone(), items),
            }
        }
    }
}

/// The name of something that `typing` or `typing_extensions` exports.
fn typing_name(value: &Value) -> Option<&'static str> {
    let name = value.as_external()?.as_str();
    name.strip_prefix("typing.").or_else(|| name.strip_prefix("typing_extensions."))
}

/// The members of a union in order, flattened, each once; the annotation itself where it is none.
pub fn members(annotation: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    collect_members(annotation, &mut found);
    found
}

fn collect_members(annotation: &Value, found: &mut Vec<Value>) {
    match annotation.as_symbolic() {
        Some(Symbolic::Binary { operator: BinaryOperator::BitOr, left, right }) => {
            collect_members(left, found);
            collect_members(right, found);
        }
        Some(Symbolic::Item { base, index }) if matches!(typing_name(base), Some("Union" | "Optional")) => {
            match index.kind() {
                Kind::Tuple(items) => items.iter().for_each(|item| collect_members(item, found)),
                _ => collect_members(index, found),
            }
            if typing_name(base) == Some("Optional") {
                collect_members(&Value::NONE, found);
            }
        }
        _ => {
            let known =
                |other: &Value| other.same(annotation) || is_none_type(other) && is_none_type(annotation);
            if !found.iter().any(known) {
                found.push(annotation.clone());
            }
        }
    }
}

/// An annotation without the `Annotated[...]` around it, and the metadata of that.
pub fn without_metadata(annotation: &Value) -> (Value, Vec<Value>) {
    match form(annotation) {
        Form::Annotated(inner, metadata) => (inner, metadata),
        _ => (annotation.clone(), Vec::new()),
    }
}

/// Whether an annotation is a class (`isinstance(annotation, type)`), not a subscribed or special form.
pub fn is_class(annotation: &Value) -> bool {
    match annotation.kind() {
        Kind::Class(_) | Kind::None => true,
        Kind::External(name) => {
            let (module, last) = name.rsplit_once('.').unwrap_or(("", name));
            match module {
                "builtins" => true,
                "typing" | "typing_extensions" => false,
                _ if library_types::alias(name).is_some() => false,
                _ => {
                    last.starts_with(|first: char| first.is_uppercase())
                        || matches!(
                            last,
                            "deque" | "defaultdict" | "datetime" | "date" | "time" | "timedelta"
                        )
                }
            }
        }
        _ => false,
    }
}

/// `typing.get_origin`: the class behind a subscribed or bare generic alias; none for anything else.
/// Unions and `Annotated` are asked for with [`form`].
pub fn origin(annotation: &Value) -> Option<Value> {
    match form(annotation) {
        Form::Generic(base, _) => Some(alias_origin(&base).unwrap_or(base)),
        Form::External(_) => alias_origin(annotation),
        _ => None,
    }
}

/// The class that an alias of `typing` stands for: `typing.List` is `list`.
pub fn alias_origin(alias: &Value) -> Option<Value> {
    let name = alias.as_external()?;
    let (module, last) = name.rsplit_once('.')?;
    if !matches!(module, "typing" | "typing_extensions") {
        return None;
    }
    let class = match last {
        "List" => "builtins.list",
        "Dict" => "builtins.dict",
        "Set" => "builtins.set",
        "FrozenSet" => "builtins.frozenset",
        "Tuple" => "builtins.tuple",
        "Type" => "builtins.type",
        "Deque" => "collections.deque",
        "DefaultDict" => "collections.defaultdict",
        "OrderedDict" => "collections.OrderedDict",
        "Counter" => "collections.Counter",
        "ChainMap" => "collections.ChainMap",
        "AbstractSet" => "collections.abc.Set",
        "Pattern" => "re.Pattern",
        "Match" => "re.Match",
        "Sequence" | "MutableSequence" | "Mapping" | "MutableMapping" | "MutableSet" | "Iterable"
        | "Iterator" | "Generator" | "Collection" | "Container" | "Reversible" | "Callable" | "Hashable"
        | "Sized" | "AsyncIterable" | "AsyncIterator" | "AsyncGenerator" | "Awaitable" | "Coroutine"
        | "KeysView" | "ValuesView" | "ItemsView" | "ByteString" => {
            return Some(Value::external(&format!("collections.abc.{last}")));
        }
        _ => return None,
    };
    Some(Value::external(class))
}

/// `typing.get_args` of a generic alias.
pub fn generic_arguments(annotation: &Value) -> Vec<Value> {
    match form(annotation) {
        Form::Generic(_, arguments) | Form::Union(arguments) | Form::Literal(arguments) => arguments,
        Form::Annotated(inner, metadata) => {
            let mut all = vec![inner];
            all.extend(metadata);
            all
        }
        _ => Vec::new(),
    }
}
