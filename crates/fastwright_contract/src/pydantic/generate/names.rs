//! Names of types, whatever module they are imported from.

use fastwright_python::name::Name;
use fastwright_python::value::Value;

/// Pydantic's base of all models.
pub(super) const MODEL: &str = "pydantic.main.BaseModel";

/// The name of something that `typing` or `typing_extensions` exports.
pub(super) fn typing(name: &str) -> Option<&str> {
    name.strip_prefix("typing.").or_else(|| name.strip_prefix("typing_extensions."))
}

/// Whether a value is one of the special forms of `typing`.
pub(super) fn is_typing(value: &Value, form: &str) -> bool {
    value.as_external().is_some_and(|name| typing(&name) == Some(form))
}

/// The name of something that Pydantic exports, without its module; nothing of `pydantic.v1`.
pub(super) fn pydantic(name: &str) -> Option<&'static str> {
    let name = Name::from(name).as_str();
    let rest = name.strip_prefix("pydantic.").filter(|rest| !rest.starts_with("v1."))?;
    Some(rest.rsplit('.').next().unwrap_or(rest))
}

/// Whether something belongs to Pydantic 1 as Pydantic 2 ships it.
pub(super) fn is_version_one(name: &str) -> bool {
    name.starts_with("pydantic.v1.") || name == "pydantic.v1"
}

/// The name of something in `annotated_types`.
pub(super) fn annotated_types(name: &str) -> Option<&'static str> {
    Name::from(name).as_str().strip_prefix("annotated_types.")
}

/// Generic types of the standard library by what Pydantic makes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    List,
    Set,
    FrozenSet,
    Tuple,
    Dict,
    Sequence,
    Deque,
    Iterable,
    Mapping,
    DefaultDict,
    OrderedDict,
    Counter,
    Callable,
    Type,
    Path,
    Pattern,
}

/// What a generic type is, by its name.
pub(super) fn origin(name: &str) -> Option<Origin> {
    let name = name.strip_prefix("typing_extensions.").unwrap_or(name);
    let name = match name {
        "builtins.list" | "builtins.set" | "builtins.frozenset" | "builtins.tuple" | "builtins.dict"
        | "builtins.type" => name.strip_prefix("builtins.")?,
        _ => name
            .strip_prefix("typing.")
            .or_else(|| name.strip_prefix("collections.abc."))
            .or_else(|| name.strip_prefix("collections."))
            .unwrap_or(name),
    };
    Some(match name {
        "list" | "List" | "MutableSequence" => Origin::List,
        "set" | "MutableSet" => Origin::Set,
        "frozenset" | "FrozenSet" | "AbstractSet" => Origin::FrozenSet,
        "tuple" | "Tuple" => Origin::Tuple,
        "dict" | "Dict" => Origin::Dict,
        "Sequence" => Origin::Sequence,
        "deque" | "Deque" => Origin::Deque,
        "Iterable" | "Generator" => Origin::Iterable,
        "Mapping" | "MutableMapping" => Origin::Mapping,
        "defaultdict" | "DefaultDict" => Origin::DefaultDict,
        "OrderedDict" => Origin::OrderedDict,
        "Counter" => Origin::Counter,
        "Callable" => Origin::Callable,
        "type" | "Type" => Origin::Type,
        "os.PathLike"
        | "pathlib.Path"
        | "pathlib.PurePath"
        | "pathlib.PosixPath"
        | "pathlib.WindowsPath"
        | "pathlib.PurePosixPath"
        | "pathlib.PureWindowsPath" => Origin::Path,
        "re.Pattern" | "Pattern" => Origin::Pattern,
        _ => return None,
    })
}

/// `typing.Set` is a set, `collections.abc.Set` a frozen one.
pub(super) fn set_origin(name: &str) -> Option<Origin> {
    match name {
        "typing.Set" | "typing_extensions.Set" => Some(Origin::Set),
        "collections.abc.Set" => Some(Origin::FrozenSet),
        _ => origin(name),
    }
}
