//! Calls from outside of the program: which defaults are values that the program goes on with.

use crate::ir::{Expr, ExprKind, FormatPart, FunctionDef, Stmt, StmtKind};
use crate::name::Name;

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
            || any_expression(statement, &mut |expression| {
                expression.as_attribute().is_some_and(|(base, _)| is_name(base, name))
            })
    })
}

/// Whether a body hands a variable to a method of the same object, which may ask about it.
fn is_handed_on(body: &[Stmt], name: Name) -> bool {
    any_statement(body, &mut |statement| {
        any_expression(statement, &mut |expression| match &expression.kind {
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
            || any_expression(statement, &mut |expression| match &expression.kind {
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

fn any_statement(body: &[Stmt], test: &mut dyn FnMut(&Stmt) -> bool) -> bool {
    body.iter().any(|statement| {
        test(statement)
            || match &statement.kind {
                StmtKind::If { body, orelse, .. }
                | StmtKind::For { body, orelse, .. }
                | StmtKind::While { body, orelse, .. } => {
                    any_statement(body, test) || any_statement(orelse, test)
                }
                StmtKind::With { body, .. } => any_statement(body, test),
                StmtKind::Try { body, handlers, orelse, finalbody } => {
                    any_statement(body, test)
                        || handlers.iter().any(|handler| any_statement(&handler.body, test))
                        || any_statement(orelse, test)
                        || any_statement(finalbody, test)
                }
                StmtKind::Function(function) => any_statement(&function.body, test),
                _ => false,
            }
    })
}

/// Whether something holds for an expression of a statement itself.
fn any_expression(statement: &Stmt, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
    match &statement.kind {
        StmtKind::Return(Some(value)) | StmtKind::Expr(value) => any_within(value, test),
        StmtKind::Assign { targets, value } => {
            any_within(value, test) || targets.iter().any(|target| any_within(target, test))
        }
        StmtKind::AugAssign { value, .. } | StmtKind::AnnAssign { value: Some(value), .. } => {
            any_within(value, test)
        }
        StmtKind::If { test: condition, .. }
        | StmtKind::While { test: condition, .. }
        | StmtKind::Assert { test: condition, .. } => any_within(condition, test),
        StmtKind::For { iterable, .. } => any_within(iterable, test),
        StmtKind::With { items, .. } => items.iter().any(|item| any_within(&item.context, test)),
        _ => false,
    }
}

fn any_within(expression: &Expr, test: &mut dyn FnMut(&Expr) -> bool) -> bool {
    if test(expression) {
        return true;
    }
    match &expression.kind {
        ExprKind::Format(parts) | ExprKind::Template(parts) => parts.iter().any(|part| match part {
            FormatPart::Field { value, .. } => any_within(value, test),
            _ => false,
        }),
        ExprKind::Attribute(attribute) => any_within(&attribute.base, test),
        ExprKind::Walrus(parts) => any_within(&parts.1, test),
        ExprKind::Starred(inner)
        | ExprKind::Not(inner)
        | ExprKind::Unary(_, inner)
        | ExprKind::Await(inner) => any_within(inner, test),
        ExprKind::Subscript(parts) | ExprKind::Binary(_, parts) => {
            any_within(&parts.0, test) || any_within(&parts.1, test)
        }
        ExprKind::Call(call) => {
            any_within(&call.callee, test)
                || call.arguments.iter().any(|argument| any_within(&argument.value, test))
        }
        ExprKind::List(items)
        | ExprKind::Tuple(items)
        | ExprKind::Set(items)
        | ExprKind::And(items)
        | ExprKind::Or(items) => items.iter().any(|item| any_within(item, test)),
        ExprKind::Dict(entries) => entries.iter().any(|(key, value)| {
            key.as_ref().is_some_and(|key| any_within(key, test)) || any_within(value, test)
        }),
        ExprKind::Compare(comparisons) => {
            any_within(&comparisons.first, test)
                || comparisons.rest.iter().any(|(_, right)| any_within(right, test))
        }
        ExprKind::Conditional(parts) => {
            any_within(&parts.0, test) || any_within(&parts.1, test) || any_within(&parts.2, test)
        }
        _ => false,
    }
}
