//! Calls from outside of the program: which defaults are values that the program goes on with.

use crate::ir::{Expr, ExprKind, FunctionDef, Stmt, StmtKind};
use crate::name::Name;
use crate::traversal::{self, any_own_expression};

/// Whether a parameter has the default `None` only so that it may be named: the body takes attributes of it, or keeps it in
/// an object, and never asks whether it is there.
pub(super) fn is_placeholder(function: &FunctionDef, index: usize) -> bool {
    let Some(parameter) = function.parameters.get(index) else { return false };
    let is_none = parameter.default.as_ref().is_some_and(|default| matches!(default.kind, ExprKind::None));
    is_none
        && is_used(&function.body, parameter.name)
        && !is_asked(&function.body, parameter.name)
        && !is_handed_on(&function.body, parameter.name)
}

fn is_name(expression: &Expr, name: Name) -> bool {
    matches!(&expression.kind, ExprKind::Name(known) if *known == name)
}

/// Whether a body takes an attribute of a variable, or sets an attribute to it.
fn is_used(body: &[Stmt], name: Name) -> bool {
    any_statement(body, &mut |statement| {
        let keeps = match &statement.kind {
            StmtKind::Assign { targets, value } => {
                is_name(value, name)
                    && targets.iter().any(|target| matches!(target.kind, ExprKind::Attribute(..)))
            }
            _ => false,
        };
        keeps
            || any_own_expression(statement, &mut |expression| {
                expression.as_attribute().is_some_and(|(base, _)| is_name(base, name))
            })
    })
}

/// Whether a body hands a variable to a method of the same object, which may ask about it.
fn is_handed_on(body: &[Stmt], name: Name) -> bool {
    any_statement(body, &mut |statement| {
        any_own_expression(statement, &mut |expression| match &expression.kind {
            ExprKind::Call(call) => {
                let own = call
                    .callee
                    .as_attribute()
                    .is_some_and(|(base, _)| matches!(&base.kind, ExprKind::Name(base) if *base == "self"));
                own && call.arguments.iter().any(|argument| is_name(&argument.value, name))
            }
            _ => false,
        })
    })
}

/// Whether a body asks about a variable: as a condition, with `or` and `and`, or by comparing it.
fn is_asked(body: &[Stmt], name: Name) -> bool {
    let is_test = |test: &Expr| match &test.kind {
        ExprKind::Not(inner) => is_name(inner, name),
        _ => is_name(test, name),
    };
    any_statement(body, &mut |statement| {
        let tested = match &statement.kind {
            StmtKind::If { test, .. } | StmtKind::While { test, .. } | StmtKind::Assert { test, .. } => {
                is_test(test)
            }
            _ => false,
        };
        tested
            || any_own_expression(statement, &mut |expression| match &expression.kind {
                ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().any(is_test),
                ExprKind::Compare(comparisons) => {
                    is_name(&comparisons.first, name)
                        || comparisons.rest.iter().any(|(_, right)| is_name(right, name))
                }
                ExprKind::Conditional(parts) => {
                    let (one, other, last) = &**parts;
                    is_test(one) || is_test(other) || is_test(last)
                }
                ExprKind::Call(call) => {
                    matches!(&call.callee.kind, ExprKind::Name(callee) if matches!(callee.as_str(), "isinstance" | "callable" | "bool"))
                        && call.arguments.first().is_some_and(|first| is_name(&first.value, name))
                }
                _ => false,
            })
    })
}

/// Whether something holds for a statement of a body, those of nested functions included.
fn any_statement(body: &[Stmt], test: &mut dyn FnMut(&Stmt) -> bool) -> bool {
    traversal::any_statement(body, &mut |statement| {
        test(statement)
            || matches!(&statement.kind, StmtKind::Function(function) if any_statement(&function.body, test))
    })
}
