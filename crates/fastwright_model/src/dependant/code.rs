//! The code behind a callable: what runs when FastAPI calls it, and whose signature counts.

use fastwright_python::interpreter::Interpreter;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use std::rc::Rc;

/// The code behind a callable.
#[derive(Debug, Clone)]
pub enum Callable {
    /// A function of the program; of a class its `__init__`, of an object its `__call__`.
    Function {
        /// The function that runs.
        function: Rc<FunctionValue>,
        /// What its first parameter is bound to.
        receiver: Option<ObjectId>,
        /// How many parameters are filled already.
        skip: usize,
        /// Parameters that `functools.partial` was given by keyword: they stay parameters, with that
        /// default.
        bound: Vec<(Name, Value)>,
    },
    /// A dataclass or model, whose constructor takes its fields.
    Record(Value),
    /// Code that is not known.
    Unknown,
}

/// The code behind a callable, as `inspect.signature` finds its parameters.
pub fn callable(interpreter: &mut Interpreter<'_>, call: &Value) -> Callable {
    match call.kind() {
        Kind::Function(function) => {
            Callable::Function { function: Rc::clone(function), receiver: None, skip: 0, bound: Vec::new() }
        }
        Kind::Method(method) => match method.function.kind() {
            Kind::Function(function) => {
                let receiver = match *method.receiver.kind() {
                    Kind::Instance(id) | Kind::Class(id) => Some(id),
                    _ => None,
                };
                Callable::Function { function: Rc::clone(function), receiver, skip: 1, bound: Vec::new() }
            }
            _ => Callable::Unknown,
        },
        Kind::Descriptor(descriptor) => callable(interpreter, &descriptor.function.clone()),
        Kind::Class(class) => {
            if interpreter.is_record(*class)
                || interpreter.derives_from(call, crate::library::pydantic::MODEL)
            {
                return Callable::Record(call.clone());
            }
            match interpreter.find_in_class(call, Name::from("__init__")).map(|(value, _)| value.into_kind())
            {
                Some(Kind::Function(function)) => {
                    Callable::Function { function, receiver: Some(*class), skip: 1, bound: Vec::new() }
                }
                _ => Callable::Unknown,
            }
        }
        Kind::Instance(id) => {
            let Some(class) = interpreter.class_of(call) else { return Callable::Unknown };
            match interpreter
                .find_in_class(&class, Name::from("__call__"))
                .map(|(value, _)| value.into_kind())
            {
                Some(Kind::Function(function)) => {
                    Callable::Function { function, receiver: Some(*id), skip: 1, bound: Vec::new() }
                }
                _ => Callable::Unknown,
            }
        }
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, arguments, .. }
                if callee.as_external().is_some_and(|name| name == "functools.partial") =>
            {
                let Some(inner) = arguments.positional.first() else { return Callable::Unknown };
                let keywords = arguments.keywords.clone();
                let positional = arguments.positional.len() - 1;
                match callable(interpreter, &inner.clone()) {
                    Callable::Function { function, receiver, skip, mut bound } => {
                        bound.extend(keywords);
                        Callable::Function { function, receiver, skip: skip + positional, bound }
                    }
                    other => other,
                }
            }
            _ => Callable::Unknown,
        },
        _ => Callable::Unknown,
    }
}

/// The callable whose signature counts: `inspect.signature` follows `__wrapped__`.
pub fn shown_callable(interpreter: &mut Interpreter<'_>, call: &Value) -> Callable {
    let mut found = callable(interpreter, call);
    for _ in 0..8 {
        let Callable::Function { function, .. } = &found else { break };
        if interpreter.function_set_attribute(function, "__signature__").is_some_and(|set| !set.is_none()) {
            break;
        }
        let Some(wrapped) = interpreter.function_set_attribute(function, "__wrapped__").cloned() else {
            break;
        };
        match callable(interpreter, &wrapped) {
            Callable::Function { function: inner, .. } if inner.serial == function.serial => break,
            Callable::Unknown => break,
            inner => found = inner,
        }
    }
    found
}
