//! Branches that the default of a setting leaves out: what they would register.

use super::{HARMLESS, describe};
use crate::registry::{LeftOut, Registry};
use fastwright_python::interpreter::{ActiveCondition, Interpreter};
use fastwright_python::ir::{Call, Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::value::{Kind, ObjectId};

/// Remembers, on each app or router, what the statements would register on it.
pub(super) fn remember(interpreter: &mut Interpreter<'_>, body: &[Stmt], condition: &ActiveCondition) {
    let mut calls = Vec::new();
    calls_of(body, &mut calls);
    for call in calls {
        let Some((router, what)) = registration(interpreter, call) else { continue };
        let left_out = LeftOut { what, condition: condition.clone() };
        if let Some(state) = interpreter.extension_mut::<Registry>().routers.get_mut(&router)
            && !state.left_out.contains(&left_out)
        {
            state.left_out.push(left_out);
        }
    }
}

/// Calls that run when the statements run, decorators included.
fn calls_of<'b>(body: &'b [Stmt], calls: &mut Vec<&'b Call>) {
    let mut of = |expression: &'b Expr| {
        if let ExprKind::Call(call) = &expression.kind {
            calls.push(call);
            if let ExprKind::Call(inner) = &call.callee.kind {
                calls.push(inner);
            }
        }
    };
    for statement in body {
        match &statement.kind {
            StmtKind::Expr(value) | StmtKind::Assign { value, .. } => of(value),
            StmtKind::AnnAssign { value: Some(value), .. } => of(value),
            StmtKind::Function(definition) => definition.decorators.iter().for_each(&mut of),
            _ => {}
        }
    }
    for statement in body {
        match &statement.kind {
            StmtKind::If { body, orelse, .. }
            | StmtKind::For { body, orelse, .. }
            | StmtKind::While { body, orelse, .. } => {
                calls_of(body, calls);
                calls_of(orelse, calls);
            }
            StmtKind::With { body, .. } => calls_of(body, calls),
            StmtKind::Try { body, orelse, finalbody, .. } => {
                calls_of(body, calls);
                calls_of(orelse, calls);
                calls_of(finalbody, calls);
            }
            _ => {}
        }
    }
}

/// The app or router that a call registers on, and what in words.
fn registration(interpreter: &Interpreter<'_>, call: &Call) -> Option<(ObjectId, String)> {
    let router = |expression: &Expr| {
        let value = interpreter.peek(expression)?;
        match *value.kind() {
            Kind::Instance(id) if interpreter.extension::<Registry>().routers.contains_key(&id) => Some(id),
            _ => None,
        }
    };
    if let Some((base, method)) = call.callee.as_attribute()
        && let Some(id) = router(base)
    {
        let first = call.arguments.first().map(|argument| &argument.value);
        let subject = match first.map(|first| &first.kind) {
            Some(ExprKind::Str(text)) => format!("`{text}`"),
            _ => first
                .and_then(Expr::dotted_name)
                .map_or_else(|| "something".to_owned(), |name| format!("`{name}`")),
        };
        let what = match method.as_str() {
            "get"
            | "put"
            | "post"
            | "delete"
            | "options"
            | "head"
            | "patch"
            | "trace"
            | "api_route"
            | "route"
            | "websocket"
            | "websocket_route"
            | "add_api_route"
            | "add_route"
            | "add_api_websocket_route"
            | "add_websocket_route" => format!("{subject} is registered"),
            "include_router" => format!("{subject} is included"),
            "mount" | "frontend" => format!("{subject} is mounted"),
            _ => return None,
        };
        return Some((id, what));
    }
    let id = call.arguments.iter().find_map(|argument| router(&argument.value))?;
    let callee = interpreter.peek(&call.callee)?;
    let name = describe(interpreter, &callee);
    if HARMLESS.iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    Some((id, format!("`{name}` is called with it")))
}
