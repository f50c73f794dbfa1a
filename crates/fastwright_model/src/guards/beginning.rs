//! How much of a handler has to run until it is known whether it refuses a caller by itself. What it does afterwards is
//! most of its work, and says nothing about that.

use crate::dependant::Dependant;
use crate::effects::EffectTable;
use crate::facts::{call_facts, mentions, status_of_exception};
use fastwright_python::interpreter::{Beginning, Interpreter};
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;
use std::rc::Rc;

/// The statements of a handler up to the last one that may raise 401 or 403: one that raises it, or something of which
/// nothing is known, that calls a function which may, or that calls what a dependency gave, which may be any function.
/// Nothing where all of it has to run.
pub(super) fn until_refusal(
    interpreter: &mut Interpreter<'_>,
    effects: &mut EffectTable,
    dependant: &Dependant,
    function: &Rc<FunctionValue>,
) -> Option<Beginning> {
    let summary =
        interpreter.summarize(function, dependant.receiver).filter(|summary| !summary.incomplete)?;
    let facts = call_facts(interpreter, &summary);
    let given: Vec<Name> =
        dependant.dependencies.iter().filter_map(|dependency| dependency.parameter_name).collect();
    let is_given = |value: &Value| match value.as_symbolic() {
        Some(Symbolic::Parameter(parameter)) => {
            parameter.function == function.id && given.contains(&parameter.name)
        }
        _ => false,
    };
    let mut targets = facts.targets.iter().peekable();
    let mut last = None;
    for (position, event) in summary.events.iter().enumerate() {
        let may_refuse = match &event.kind {
            EventKind::Raise { exception, .. } => {
                status_of_exception(interpreter, exception).is_none_or(is_refusal)
            }
            EventKind::Call(call) => match targets.next_if(|(event, _)| *event as usize == position) {
                Some((_, (called, receiver, _))) => {
                    effects.effects(interpreter, called, *receiver).statuses.iter().copied().any(is_refusal)
                }
                None => mentions(&call.callee, &mut |part| is_given(part)),
            },
            _ => false,
        };
        if may_refuse {
            if event.location.file != function.id.file {
                return None;
            }
            last = last.max(Some(event.location.span.start));
        }
    }
    let body = &function.definition.body;
    let statements = last.map_or(0, |last| body.partition_point(|statement| statement.span.start <= last));
    Some(Beginning { function: function.id, statements })
}

/// Whether a status tells a caller to show other credentials.
pub(super) fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403)
}
