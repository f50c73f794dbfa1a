//! How much of a handler has to run until it is known whether it refuses a caller by itself. What it does afterwards is
//! most of its work, and says nothing about that.

use super::is_refusal;
use crate::effects::EffectTable;
use crate::facts::{call_facts, mentions, status_of_exception};
use fastwright_python::interpreter::{Beginning, Interpreter};
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;
use std::rc::Rc;

/// The statements of a handler up to the last one that may raise 401 or 403: one that raises it, or something of which
/// nothing is known, or that calls a function which may. Nothing where all of it has to run: its summary tells nothing of
/// code of the program that comes with what it is given.
pub(super) fn until_refusal(
    interpreter: &mut Interpreter<'_>,
    effects: &mut EffectTable,
    function: &Rc<FunctionValue>,
    receiver: Option<ObjectId>,
    given: &Arguments,
) -> Option<Beginning> {
    if given.keywords.iter().any(|(_, value)| brings_code(interpreter, value)) {
        return None;
    }
    let summary = interpreter.summarize(function, receiver).filter(|summary| !summary.incomplete)?;
    let facts = call_facts(interpreter, &summary);
    let mut targets = facts.targets.iter().peekable();
    let mut last = None;
    for (position, event) in summary.events.iter().enumerate() {
        let may_refuse = match &event.kind {
            EventKind::Raise { exception, .. } => {
                status_of_exception(interpreter, exception).is_none_or(is_refusal)
            }
            EventKind::Call(_) => {
                let target = targets.next_if(|(event, _)| *event as usize == position);
                target.is_some_and(|(_, (called, receiver, _))| {
                    let effects = effects.effects(interpreter, called, *receiver);
                    effects.statuses.iter().copied().any(is_refusal)
                })
            }
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

/// Whether using a value may run code of the program: it is or holds such code, an object with methods and properties, or
/// a collection of which nothing is known here.
fn brings_code(interpreter: &mut Interpreter<'_>, value: &Value) -> bool {
    mentions(value, &mut |part| match part.kind() {
        Kind::None
        | Kind::Bool(_)
        | Kind::Int(_)
        | Kind::Float(_)
        | Kind::Str(_)
        | Kind::Bytes(_)
        | Kind::Ellipsis
        | Kind::External(_)
        | Kind::Unknown(_)
        | Kind::Tuple(_)
        | Kind::Union(_) => false,
        Kind::Symbolic(_) => {
            interpreter.class_of(part).is_some_and(|class| matches!(class.kind(), Kind::Class(_)))
        }
        _ => true,
    })
}
