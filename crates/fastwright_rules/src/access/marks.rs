//! Which values of a function come from something of interest: from an id that the client sent, or from what
//! is known of the caller.

use crate::data_flow::holds_of;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::name::Name;
use fastwright_python::program::FunctionId;
use fastwright_python::value::*;

/// An input of a function, or a part of one: `form_data.file_id`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark {
    /// The function that has the parameter.
    pub function: FunctionId,
    /// The parameter.
    pub parameter: Name,
    /// Attributes and fixed items from there on; elements of collections are not told apart.
    pub path: Vec<Name>,
}

impl Mark {
    /// A whole parameter.
    pub fn parameter(function: FunctionId, parameter: Name) -> Self {
        Self { function, parameter, path: Vec::new() }
    }

    fn is_of(&self, parameter: &ParameterValue) -> bool {
        self.function == parameter.function && self.parameter == parameter.name
    }
}

/// The marked values of one function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    inputs: Vec<Mark>,
    /// Functions of the program whose results carry the mark: they were called with a marked value, and what
    /// they give back is known by its declared type only.
    results: Vec<FunctionId>,
}

impl Marks {
    /// These inputs.
    pub fn of(mut inputs: Vec<Mark>) -> Self {
        inputs.sort();
        inputs.dedup();
        Self { inputs, results: Vec::new() }
    }

    /// Whether nothing is marked.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.results.is_empty()
    }

    /// The marked inputs.
    pub fn inputs(&self) -> &[Mark] {
        &self.inputs
    }

    /// Also what a function of the program gave back.
    pub fn add_result(&mut self, function: FunctionId) {
        if !self.results.contains(&function) {
            self.results.push(function);
        }
    }

    /// Whether a value is made of something marked.
    pub fn are_in(&self, interpreter: &Interpreter<'_>, value: &Value) -> bool {
        !self.is_empty() && holds_of(interpreter, value, self.owners(), &mut |part| self.is(part))
    }

    /// The functions one of whose parameters a value must hold for something marked to be in it.
    pub fn owners(&self) -> ParameterOwners {
        self.inputs.iter().map(|mark| mark.function).chain(self.results.iter().copied()).collect()
    }

    /// Whether a value is marked itself, or a part of something marked.
    pub fn is(&self, value: &Value) -> bool {
        let Some((parameter, path)) = origin(value) else { return false };
        if parameter.name == "return" && self.results.contains(&parameter.function) {
            return true;
        }
        self.inputs.iter().any(|mark| mark.is_of(parameter) && path.starts_with(&mark.path))
    }

    /// Whether a value is something marked or was loaded by it: not merely text or a collection in which it
    /// occurs somewhere.
    pub fn are_carried_by(&self, interpreter: &Interpreter<'_>, value: &Value) -> bool {
        self.carried(interpreter, value, self.owners(), 12)
    }

    fn carried(
        &self,
        interpreter: &Interpreter<'_>,
        value: &Value,
        owners: ParameterOwners,
        depth: u32,
    ) -> bool {
        if !value.may_hold_parameter_of_any_within(owners) {
            return false;
        }
        if self.is(value) {
            return true;
        }
        if depth == 0 {
            return false;
        }
        let again = |value: &Value| self.carried(interpreter, value, owners, depth - 1);
        match value.kind() {
            Kind::Union(values) | Kind::Tuple(values) => values.iter().any(again),
            Kind::List(id) | Kind::Set(id) => match interpreter.object(*id) {
                Object::List(list) | Object::Set(list) => list.items.iter().any(again),
                _ => false,
            },
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Member { base, .. } | Symbolic::Item { base, .. } | Symbolic::Element(base) => {
                    again(base)
                }
                Symbolic::Compare { left, right, .. } => again(left) || again(right),
                // What another service answers says nothing about whose the object is.
                Symbolic::Call { arguments, .. } if is_request(arguments) => false,
                Symbolic::Call { callee, arguments, .. } => {
                    matches!(callee.as_symbolic(), Some(Symbolic::Member { base, .. }) if again(base))
                        || arguments.positional.iter().any(again)
                        || arguments.keywords.iter().any(|(_, value)| again(value))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// The marked inputs of a called function, by what its parameters get. What is marked here stays marked: a
    /// function that is defined in another sees its parameters.
    pub fn passed_on(&self, interpreter: &Interpreter<'_>, function: FunctionId, given: &Bindings) -> Marks {
        let mut inputs = self.inputs.clone();
        for (name, value) in given.iter() {
            if self.are_carried_by(interpreter, value) {
                inputs.push(Mark::parameter(function, name));
                continue;
            }
            // Something whole of which a part is marked.
            let Some((parameter, path)) = origin(value) else { continue };
            for mark in self.inputs.iter().filter(|mark| mark.is_of(parameter)) {
                if let Some(rest) = mark.path.strip_prefix(path.as_slice()) {
                    inputs.push(Mark { function, parameter: name, path: rest.to_vec() });
                }
            }
        }
        Marks::of(inputs)
    }
}

/// Whether these are the arguments of a request to another service.
fn is_request(arguments: &Arguments) -> bool {
    arguments
        .keywords
        .iter()
        .any(|(name, _)| matches!(name.as_str(), "headers" | "json" | "data" | "content" | "body"))
}

/// The parameter that a value is, or is a part of, with the attributes and fixed items on the way.
pub fn origin(value: &Value) -> Option<(&ParameterValue, Vec<Name>)> {
    match value.as_symbolic()? {
        Symbolic::Parameter(parameter) => Some((parameter, Vec::new())),
        Symbolic::Member { base, name } => {
            let (parameter, mut path) = origin(base)?;
            path.push(*name);
            Some((parameter, path))
        }
        Symbolic::Item { base, index } => {
            let (parameter, mut path) = origin(base)?;
            if let Some(key) = index.as_str() {
                path.push(Name::from(key));
            }
            Some((parameter, path))
        }
        Symbolic::Element(base) => origin(base),
        Symbolic::Call { callee, arguments, .. } => {
            // `body.get("id")`, `body.ids.split(",")`, `str(id)`
            match callee.as_symbolic() {
                Some(Symbolic::Member { base, name }) => {
                    let (parameter, mut path) = origin(base)?;
                    if name.as_str() == "get" {
                        path.push(Name::from(arguments.positional.first()?.as_str()?));
                    }
                    Some((parameter, path))
                }
                _ if matches!(
                    callee.as_external()?.as_str(),
                    "builtins.str" | "builtins.int" | "uuid.UUID"
                ) =>
                {
                    origin(arguments.positional.first()?)
                }
                _ => None,
            }
        }
        _ => None,
    }
}
