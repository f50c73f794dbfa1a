//! What a call passes on to the function that it runs.

use super::{CallGraph, Edge};
use fastwright_model::facts::EdgeKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;
use fastwright_python::value::{Arguments, Bindings, Kind, Positional, Symbolic, Value};
use std::rc::Rc;

impl CallGraph {
    /// What the parameters of the called function get, in the words of the caller.
    pub fn bindings(&self, interpreter: &mut Interpreter<'_>, edge: &Edge) -> Bindings {
        let Some(call) = self.call(edge) else { return Bindings::default() };
        let function = Rc::clone(&self.nodes[edge.to()].summary.function);
        interpreter.bind_parameters(&function, passed_on(call, edge.kind), edge.site)
    }
}

/// What a call passes on: for threads and tasks what follows the function.
fn passed_on(call: &CallEvent, kind: EdgeKind) -> Arguments {
    if kind == EdgeKind::Call || call.target.is_some() {
        return Arguments::clone(&call.arguments);
    }
    let mut positional = Positional::new();
    let mut keywords = call.arguments.keywords.clone();
    let mut incomplete = call.arguments.incomplete;
    let mut given = call.arguments.positional.iter();
    let is_function =
        |value: &Value| matches!(value.kind(), Kind::Function(_) | Kind::Method(_) | Kind::Descriptor(_));
    let Some(handed) = given.find(|value| is_function(value) || partial(value).is_some()) else {
        return Arguments::clone(&call.arguments);
    };
    let mut function = handed;
    // What `functools.partial` keeps comes first.
    let mut kept = Vec::new();
    while let Some(bound) = partial(function) {
        let Some((inner, rest)) = bound.positional.split_first() else { break };
        kept.splice(0..0, rest.iter().cloned());
        keywords.extend(bound.keywords.iter().cloned());
        incomplete |= bound.incomplete;
        function = inner;
    }
    if let Kind::Method(method) = function.kind() {
        positional.push(method.receiver.clone());
    }
    positional.extend(kept);
    positional.extend(given.cloned());
    Arguments { positional, keywords, incomplete }
}

/// What a call of `functools.partial` was given.
fn partial(value: &Value) -> Option<&Arguments> {
    match value.as_symbolic()? {
        Symbolic::Call { callee, arguments, .. }
            if callee.as_external().is_some_and(|name| name == "functools.partial") =>
        {
            Some(arguments)
        }
        _ => None,
    }
}
