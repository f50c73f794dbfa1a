//! The builtin functions and classes.

use super::{Evaluated, Interpreter, Mode};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Names of the builtins, as values.
#[derive(Debug)]
pub(crate) struct Names(FxHashMap<Name, Value>);

const BUILTINS: &[&str] = &[
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "__import__",
    "NotImplemented",
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BaseExceptionGroup",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "BytesWarning",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "DeprecationWarning",
    "EOFError",
    "EncodingWarning",
    "EnvironmentError",
    "Exception",
    "ExceptionGroup",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "IOError",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotADirectoryError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "PermissionError",
    "ProcessLookupError",
    "PythonFinalizationError",
    "RecursionError",
    "ReferenceError",
    "ResourceWarning",
    "RuntimeError",
    "RuntimeWarning",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "SystemExit",
    "TabError",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UnicodeTranslateError",
    "UnicodeWarning",
    "UserWarning",
    "ValueError",
    "Warning",
    "ZeroDivisionError",
];

impl Names {
    pub(crate) fn new() -> Self {
        let mut names: FxHashMap<Name, Value> = BUILTINS
            .iter()
            .map(|name| (Name::from(name), Value::external(&format!("builtins.{name}"))))
            .collect();
        for (name, same) in [("IOError", "OSError"), ("EnvironmentError", "OSError")] {
            names.insert(Name::from(name), Value::external(&format!("builtins.{same}")));
        }
        Self(names)
    }

    pub(crate) fn get(&self, name: Name) -> Option<Value> {
        self.0.get(&name).cloned()
    }
}

impl Interpreter<'_> {
    /// Calls a builtin. Nothing when the result stays an expression.
    pub(crate) fn call_builtin(
        &mut self,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        let first = arguments.positional.first().cloned();
        let configurable = first.as_ref().and_then(|value| value.configurable());
        let value = match name {
            "type.__new__" => self.type_new(arguments, span)?,
            "object.__new__" => match first?.kind() {
                Kind::Class(class) => {
                    let (class, site) = (Value::from(Kind::Class(*class)), self.here(span));
                    Kind::Instance(self.new_instance(class, Arguments::default(), site)).into()
                }
                _ => return None,
            },
            "property" => self.descriptor(DescriptorKind::Property, first?),
            "staticmethod" => self.descriptor(DescriptorKind::Static, first?),
            "classmethod" => self.descriptor(DescriptorKind::ClassMethod, first?),
            "len" => Value::int(self.length(&first?)?),
            "range" => self.range(arguments)?,
            "str" => match first {
                None => Value::str(""),
                Some(value) => match self.shown(&value) {
                    Some(text) => Value::str(&text),
                    None if value.is_unknown() => value,
                    None => Value::symbolic(Symbolic::Format(vec![value])),
                },
            },
            "repr" => Value::str(&self.representation(&first?, 0)?),
            "int" => match first.unwrap_or_else(|| Value::int(0)).kind() {
                Kind::Int(number) => Value::int(*number),
                Kind::Bool(value) => Value::int(i64::from(*value)),
                Kind::Float(number) => Value::int(*number as i64),
                // Letters may be digits of another base.
                Kind::Str(text) if arguments.positional.len() + arguments.keywords.len() == 1 => {
                    let foreign_digits =
                        text.contains(|digit: char| digit.is_numeric() && !digit.is_ascii_digit());
                    if !foreign_digits && !super::texts::is_whole_number(text) {
                        let message = format!("invalid literal for int() with base 10: '{text}'");
                        return Some(self.raised_by_library("builtins.ValueError", message, span));
                    }
                    Value::int(text.trim().replace('_', "").parse().ok()?)
                }
                _ => return None,
            },
            "float" => match first?.kind() {
                Kind::Int(number) => Kind::Float(*number as f64).into(),
                Kind::Float(number) => Kind::Float(*number).into(),
                Kind::Str(text) => Kind::Float(text.trim().parse().ok()?).into(),
                _ => return None,
            },
            "bool" => match first {
                None => Value::bool(false),
                Some(value) => match self.decide(&value) {
                    Some(truth) => Value::bool(truth),
                    None => return None,
                },
            },
            "list" | "tuple" | "set" | "frozenset" | "iter" | "aiter" => {
                let items = match &first {
                    None => Vec::new(),
                    Some(value) => self.elements(value)?,
                };
                let incomplete = first.as_ref().is_some_and(|value| self.may_hold_more(value));
                match name {
                    // For the document it matters that there may be more.
                    "tuple" if incomplete && self.iterated.is_some() => {
                        let more = Value::unknown("a list may have more elements than are known", None);
                        Value::tuple(items.into_iter().chain([more]).collect())
                    }
                    "tuple" => Value::tuple(items),
                    "set" | "frozenset" => {
                        let mut kept: Vec<Value> = Vec::new();
                        for item in items {
                            if !kept.iter().any(|known| known.same(&item)) {
                                kept.push(item);
                            }
                        }
                        Kind::Set(self.allocate(Object::Set(ListObject { items: kept, incomplete: false })))
                            .into()
                    }
                    _ => self.list(items),
                }
            }
            // What a copy of an input holds is what the input holds.
            "dict"
                if self.mode() == super::Mode::Summary
                    && arguments.keywords.is_empty()
                    && first.as_ref().is_some_and(|value| value.as_symbolic().is_some()) =>
            {
                return None;
            }
            "dict" => {
                let id = self.allocate(Object::Dict(Box::default()));
                if let Some(value) = first {
                    self.update_dict(id, &value);
                }
                for (name, value) in &arguments.keywords {
                    if let Object::Dict(dict) = self.object_mut(id) {
                        if *name == "**" {
                            dict.unknown_keys.push(value.clone());
                        } else {
                            dict.entries.insert(
                                Key::Str(Text::from(name.as_str())),
                                (Value::str(name), value.clone()),
                            );
                        }
                    }
                }
                if arguments.incomplete
                    && let Object::Dict(dict) = self.object_mut(id)
                {
                    dict.incomplete = true;
                }
                Kind::Dict(id).into()
            }
            "enumerate" => {
                let items = self.elements(&first?)?;
                let start = arguments.get(1, "start").and_then(Value::as_int).unwrap_or(0);
                let mut numbered = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    let mut number = Value::int(start + index as i64);
                    if self.undecided_order(&item).is_some() {
                        number.rest_on(item.configurable());
                    }
                    numbered.push(Value::tuple(vec![number, item]));
                }
                let items = numbered;
                self.list(items)
            }
            "zip" => {
                let mut columns = Vec::new();
                for argument in &arguments.positional {
                    columns.push(self.elements(argument)?);
                }
                let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
                let items = (0..rows)
                    .map(|row| Value::tuple(columns.iter().map(|column| column[row].clone()).collect()));
                let items = items.collect();
                self.list(items)
            }
            "reversed" => {
                let mut items = self.elements(&first?)?;
                items.reverse();
                self.list(items)
            }
            "sorted" => {
                let items = self.sorted(&first?, arguments, span)?;
                self.list(items)
            }
            "map" | "filter" => {
                let function = first?;
                let items = self.elements(arguments.positional.get(1)?)?;
                let mut produced = Vec::new();
                for item in items {
                    let call = Arguments::of([item.clone()]);
                    let result = if function.is_none() {
                        item.clone()
                    } else {
                        match self.call_value(&function, call, span) {
                            Ok(value) => value,
                            Err(raised) => return Some(Err(raised)),
                        }
                    };
                    if name == "map" {
                        produced.push(result);
                    } else if self.decide(&result) != Some(false) {
                        produced.push(item);
                    }
                }
                self.list(produced)
            }
            "any" | "all" => {
                let items = self.elements(&first?)?;
                let mut decided = true;
                let wanted = name == "any";
                for item in items {
                    match self.decide(&item) {
                        Some(truth) if truth == wanted => return Some(Ok(Value::bool(wanted))),
                        Some(_) => {}
                        None => decided = false,
                    }
                }
                if !decided {
                    return None;
                }
                Value::bool(!wanted)
            }
            "min" | "max" | "sum" => {
                let items = if arguments.positional.len() == 1 {
                    self.elements(&first?)?
                } else {
                    arguments.positional.to_vec()
                };
                let numbers: Option<Vec<i64>> = items.iter().map(Value::as_int).collect();
                let numbers = numbers?;
                match name {
                    "min" => Value::int(numbers.into_iter().min()?),
                    "max" => Value::int(numbers.into_iter().max()?),
                    _ => Value::int(numbers.into_iter().sum()),
                }
            }
            "next" | "anext" => match first?.kind() {
                Kind::List(id) => {
                    let Object::List(list) = self.object(*id) else { return None };
                    match (list.items.first(), arguments.positional.get(1)) {
                        (Some(value), _) => value.clone(),
                        (None, Some(default)) => default.clone(),
                        (None, None) => return None,
                    }
                }
                _ => return None,
            },
            "getattr" => {
                let attribute = Name::from(arguments.positional.get(1)?.as_str()?);
                let base = first?;
                let value = match self.checked_attribute(&base, attribute, span) {
                    Ok(value) => value,
                    Err(raised) => return Some(Err(raised)),
                };
                match arguments.positional.get(2) {
                    Some(default) if value.is_unknown() => default.clone(),
                    Some(default) if matches!(value.as_symbolic(), Some(Symbolic::Member { .. })) => {
                        if self.plain_function(&base).is_some() {
                            default.clone()
                        } else {
                            Value::union([value, default.clone()])
                        }
                    }
                    _ => value,
                }
            }
            "setattr" => {
                let attribute = arguments.positional.get(1)?.as_str().map(Name::from);
                let value = arguments.positional.get(2)?.clone();
                let base = first?;
                match attribute {
                    Some(attribute) => {
                        self.record_store(&base, attribute, &value, span);
                        self.set_attribute(&base, attribute, value);
                    }
                    None => {
                        let index = arguments.positional.get(1)?.clone();
                        self.record_item_store(&base, &index, &value, span);
                        return None;
                    }
                }
                Value::NONE
            }
            "hasattr" => {
                let attribute = Name::from(arguments.positional.get(1)?.as_str()?);
                let base = first?;
                let value = self.attribute(&base, attribute, span);
                match value.kind() {
                    Kind::Unknown(_) => Value::bool(false),
                    // What nobody has set on a function is not there.
                    Kind::Symbolic(_) if self.plain_function(&base).is_some() => Value::bool(false),
                    Kind::Symbolic(symbolic) if matches!(&**symbolic, Symbolic::Member { .. }) => {
                        return None;
                    }
                    _ => Value::bool(true),
                }
            }
            "isinstance" => {
                let value = first?;
                let class = match value.kind() {
                    Kind::External(name) if super::standard_library::is_class_name(name) => {
                        Value::external("builtins.type")
                    }
                    _ => self.class_of(&value)?,
                };
                Value::bool(self.is_subclass(&class, arguments.positional.get(1)?)?)
            }
            "issubclass" => {
                let class = first?;
                if !matches!(class.kind(), Kind::Class(_) | Kind::External(_)) {
                    return None;
                }
                Value::bool(self.is_subclass(&class, arguments.positional.get(1)?)?)
            }
            "callable" => match *first?.kind() {
                Kind::Function(_) | Kind::Method(_) | Kind::Class(_) => Value::bool(true),
                Kind::Str(_) | Kind::Int(_) | Kind::None | Kind::Bool(_) | Kind::List(_) | Kind::Dict(_) => {
                    Value::bool(false)
                }
                _ => return None,
            },
            "type" => {
                if arguments.positional.len() == 3 {
                    return Some(Ok(self.dynamic_class(arguments, span)?));
                }
                self.class_of(&first?)?
            }
            "vars" => {
                let value = first?;
                self.attribute(&value, Name::from("__dict__"), span)
            }
            "dir" => {
                let dict = self.attribute(&first?, Name::from("__dict__"), span);
                let items = self.elements(&dict)?;
                self.list(items)
            }
            "print" | "delattr" | "breakpoint" => Value::NONE,
            "id" | "hash" => return None,
            "abs" => Value::int(first?.as_int()?.checked_abs()?),
            "round" => match (first?.kind(), arguments.positional.len()) {
                (Kind::Int(number), _) => Value::int(*number),
                (Kind::Float(number), 1) => Value::int(number.round() as i64),
                _ => return None,
            },
            "chr" => Value::str(&char::from_u32(u32::try_from(first?.as_int()?).ok()?)?.to_string()),
            "ord" => Value::int(i64::from(u32::from(first?.as_str()?.chars().next()?))),
            "format" if arguments.positional.len() == 1 => Value::str(&self.shown(&first?)?),
            "open" => return self.call_file_function("builtins.open", arguments, span),
            "__import__" => {
                let dotted = first?.as_str()?.to_owned();
                let site = self.here(span);
                return Some(self.import_dotted(&dotted, site));
            }
            "object" => {
                let site = self.here(span);
                Kind::Instance(self.new_instance(
                    Value::external("builtins.object"),
                    Arguments::default(),
                    site,
                ))
                .into()
            }
            "exit" | "quit" if self.mode == Mode::Import => Value::NONE,
            _ => return None,
        };
        Some(Ok(value.with_configurable(configurable)))
    }

    pub(crate) fn descriptor(&mut self, kind: DescriptorKind, function: Value) -> Value {
        Kind::Descriptor(Rc::new(Descriptor { kind, function })).into()
    }

    fn length(&mut self, value: &Value) -> Option<i64> {
        match value.kind() {
            Kind::Str(text) => Some(text.chars().count() as i64),
            Kind::Bytes(bytes) => Some(bytes.len() as i64),
            Kind::Dict(id) => match self.object(*id) {
                Object::Dict(dict) if !dict.incomplete && dict.unknown_keys.is_empty() => {
                    Some(dict.entries.len() as i64)
                }
                _ => None,
            },
            Kind::List(id) | Kind::Set(id) => match self.object(*id) {
                Object::List(list) | Object::Set(list) if !list.incomplete => Some(list.items.len() as i64),
                _ => None,
            },
            Kind::Tuple(items) => Some(items.len() as i64),
            Kind::Class(_) => Some(self.elements(value)?.len() as i64),
            _ => None,
        }
    }

    fn range(&mut self, arguments: &Arguments) -> Option<Value> {
        let bounds: Option<Vec<i64>> = arguments.positional.iter().map(Value::as_int).collect();
        let bounds = bounds?;
        let (start, end, step) = match bounds.as_slice() {
            [end] => (0, *end, 1),
            [start, end] => (*start, *end, 1),
            [start, end, step] if *step != 0 => (*start, *end, *step),
            _ => return None,
        };
        let limit = self.limits.loop_rounds;
        let mut items = Vec::new();
        let mut current = start;
        while (step > 0 && current < end) || (step < 0 && current > end) {
            if items.len() >= limit {
                return None;
            }
            items.push(Value::int(current));
            current = current.checked_add(step)?;
        }
        Some(self.list(items))
    }

    /// `type(name, bases, namespace)`.
    pub(crate) fn dynamic_class(&mut self, arguments: &Arguments, span: Span) -> Option<Value> {
        let name = Name::from(arguments.positional.first()?.as_str().unwrap_or("<class>"));
        let bases = self.elements(arguments.positional.get(1)?).unwrap_or_default();
        let namespace = arguments.positional.get(2)?.clone();
        let (module, location) = (self.frame().module, self.here(span));
        let class = self.new_class(None, None, name, name, module, bases, location);
        let entries: Vec<(Name, Value)> = match *namespace.kind() {
            Kind::Dict(id) => match self.object(id) {
                Object::Dict(dict) => dict
                    .entries
                    .iter()
                    .filter_map(|(key, (_, value))| match key {
                        Key::Str(name) => Some((Name::from(name), value.clone())),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        for (name, value) in entries {
            if name == "__annotations__" {
                let types: Vec<(Name, Value)> = match *value.kind() {
                    Kind::Dict(id) => match self.object(id) {
                        Object::Dict(dict) => dict
                            .entries
                            .iter()
                            .filter_map(|(key, (_, value))| match key {
                                Key::Str(name) => Some((Name::from(name), value.clone())),
                                _ => None,
                            })
                            .collect(),
                        _ => Vec::new(),
                    },
                    _ => Vec::new(),
                };
                if let Object::Class(object) = self.object_mut(class) {
                    for (name, value) in types {
                        object.annotations.insert(name, (Annotation::Given(value), location));
                    }
                }
                continue;
            }
            if let Object::Class(object) = self.object_mut(class) {
                object.attributes.insert(name, value);
            }
        }
        Some(Kind::Class(class).into())
    }
}
