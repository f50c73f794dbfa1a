//! Arguments and receivers of calls, for rules about dangerous ones.

use fastwright_python::summary::CallEvent;
use fastwright_python::value::*;

/// What a method is called on: `path` of `path.open()`.
pub fn receiver(call: &CallEvent) -> Option<&Value> {
    match call.callee.kind() {
        Kind::Method(method) => Some(&method.receiver),
        _ => match call.callee.as_symbolic() {
            Some(Symbolic::Member { base, .. }) => Some(base),
            _ => None,
        },
    }
}

/// Whether a call has a keyword argument that is known to be `True`.
pub fn is_set(call: &CallEvent, keyword: &str) -> bool {
    call.arguments.keyword(keyword).and_then(Value::as_bool) == Some(true)
}
