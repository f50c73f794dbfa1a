//! What a call passes on to the function that it runs.

use super::{CallGraph, Edge};
use fastwright_model::facts::EdgeKind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::name::Name;
use fastwright_python::summary::CallEvent;
use fastwright_python::value::{Arguments, Kind, Value};
use rustc_hash::FxHashMap;
use std::rc::Rc;

impl CallGraph {
    /// What the parameters of the called function get, in the words of the caller.
    pub fn bindings(&self, interpreter: &mut Interpreter<'_>, edge: &Edge) -> FxHashMap<Name, Value> {
        let Some(call) = self.call(edge) else { return FxHashMap::default() };
        let function = Rc::clone(&self.nodes[edge.to()].summary.function);
        interpreter.bind_parameters(&function, passed_on(call, edge.kind), edge.site)
    }
}

/// What a call passes on: for threads and tasks what follows the function.
fn passed_on(call: &CallEvent, kind: EdgeKind) -> Arguments {
    if kind == EdgeKind::Call || call.target.is_some() {
        return Arguments::clone(&call.arguments);
    }
    let given = &call.arguments.positional;
    let position = given
        .iter()
        .position(|value| matches!(value.kind, Kind::Function(_) | Kind::Method(_) | Kind::Descriptor(_)));
    let Some(position) = position else { return Arguments::clone(&call.arguments) };
    let mut positional = Vec::new();
    if let Kind::Method(method) = &given[position].kind {
        positional.push(method.receiver.clone());
    }
    positional.extend(given[position + 1..].iter().cloned());
    Arguments { positional, keywords: call.arguments.keywords.clone(), incomplete: call.arguments.incomplete }
}
