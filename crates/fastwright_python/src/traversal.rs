//! Going over code: the blocks and statements of a body, the expressions in them.

use crate::ir::{Expr, ExprKind, FormatPart, Handler, MatchCase, Stmt, StmtKind};

/// The blocks of statements inside a statement; the flag says that `except` clauses of a `try` protect it.
pub fn blocks(statement: &Stmt) -> impl Iterator<Item = (&[Stmt], bool)> {
    const NOTHING: &[Stmt] = &[];
    let (first, handlers, cases, last): (_, &[Handler], &[MatchCase], _) = match &statement.kind {
        StmtKind::If { body, orelse, .. }
        | StmtKind::For { body, orelse, .. }
        | StmtKind::While { body, orelse, .. } => ((&**body, false), &[], &[], [orelse, NOTHING]),
        StmtKind::With { body, .. } => ((&**body, false), &[], &[], [NOTHING; 2]),
        StmtKind::Match { cases, .. } => ((NOTHING, false), &[], cases, [NOTHING; 2]),
        StmtKind::Try { body, handlers, orelse, finalbody } => {
            ((&**body, true), handlers, &[], [&**orelse, &**finalbody])
        }
        _ => ((NOTHING, false), &[], &[], [NOTHING; 2]),
    };
    let handlers = handlers.iter().map(|handler| (&*handler.body, false));
    let cases = cases.iter().map(|case| (&*case.body, false));
    let last = last.into_iter().map(|block| (block, false));
    std::iter::once(first).chain(handlers).chain(cases).chain(last).filter(|(block, _)| !block.is_empty())
}

/// All statements of a function in order, those of nested functions and classes left out.
pub fn statements<'s>(body: &'s [Stmt], visit: &mut dyn FnMut(&'s Stmt)) {
    any_statement(body, &mut |statement| {
        visit(statement);
        false
    });
}

/// Whether something holds for a statement of a function, those of nested functions and classes left out.
/// Looks no further than the first for which it does.
pub fn any_statement<'s>(body: &'s [Stmt], test: &mut dyn FnMut(&'s Stmt) -> bool) -> bool {
    body.iter().any(|statement| {
        test(statement)
            || match &statement.kind {
                StmtKind::If { body, orelse, .. }
                | StmtKind::For { body, orelse, .. }
                | StmtKind::While { body, orelse, .. } => {
                    any_statement(body, test) || any_statement(orelse, test)
                }
                StmtKind::With { body, .. } => any_statement(body, test),
                StmtKind::Match { cases, .. } => cases.iter().any(|case| any_statement(&case.body, test)),
                StmtKind::Try { body, handlers, orelse, finalbody } => {
                    any_statement(body, test)
                        || handlers.iter().any(|handler| any_statement(&handler.body, test))
                        || any_statement(orelse, test)
                        || any_statement(finalbody, test)
                }
                _ => false,
            }
    })
}

/// All expressions of a function, those of nested functions left out.
pub fn expressions<'s>(body: &'s [Stmt], visit: &mut dyn FnMut(&'s Expr)) {
    statements(body, &mut |statement| own_expressions(statement, visit));
}

/// Whether something holds for an expression of a function, those of nested functions left out. Looks no
/// further than the first for which it does.
pub fn any_expression<'s>(body: &'s [Stmt], test: &mut dyn FnMut(&'s Expr) -> bool) -> bool {
    any_statement(body, &mut |statement| any_own_expression(statement, test))
}

/// The expressions of a statement itself, without the blocks inside it.
pub fn own_expressions<'s>(statement: &'s Stmt, visit: &mut dyn FnMut(&'s Expr)) {
    any_own_expression(statement, &mut |expression| {
        visit(expression);
        false
    });
}

/// Whether something holds for an expression of a statement itself, the blocks inside it left out.
pub fn any_own_expression<'s>(statement: &'s Stmt, test: &mut dyn FnMut(&'s Expr) -> bool) -> bool {
    let mut each = |expression: &'s Expr| any_within(expression, test);
    match &statement.kind {
        StmtKind::Return(value) => value.iter().any(each),
        StmtKind::Delete(targets) => targets.iter().any(each),
        StmtKind::Assign { targets, value } => targets.iter().any(&mut each) || each(value),
        StmtKind::AugAssign { target, value, .. } => each(target) || each(value),
        StmtKind::AnnAssign { target, value, .. } => each(target) || value.as_deref().into_iter().any(each),
        StmtKind::For { target, iterable, .. } => each(target) || each(iterable),
        StmtKind::While { test, .. } | StmtKind::If { test, .. } => each(test),
        StmtKind::With { items, .. } => {
            items.iter().any(|item| each(&item.context) || item.target.iter().any(&mut each))
        }
        StmtKind::Match { subject, cases } => {
            each(subject) || cases.iter().filter_map(|case| case.guard.as_ref()).any(each)
        }
        StmtKind::Raise { exception, cause } => exception.iter().chain(cause).any(each),
        StmtKind::Try { handlers, .. } => {
            handlers.iter().filter_map(|handler| handler.exception.as_ref()).any(each)
        }
        StmtKind::Assert { test, message } => each(test) || message.iter().any(each),
        StmtKind::Expr(value) => each(value),
        _ => false,
    }
}

/// An expression and everything inside it, lambdas left out.
pub fn within<'s>(expression: &'s Expr, visit: &mut dyn FnMut(&'s Expr)) {
    any_within(expression, &mut |expression| {
        visit(expression);
        false
    });
}

/// Whether something holds for an expression or anything inside it, lambdas left out.
pub fn any_within<'s>(expression: &'s Expr, test: &mut dyn FnMut(&'s Expr) -> bool) -> bool {
    if test(expression) {
        return true;
    }
    let mut each = |expression: &'s Expr| any_within(expression, test);
    match &expression.kind {
        ExprKind::Format(parts) | ExprKind::Template(parts) => parts.iter().any(|part| match part {
            FormatPart::Field { value, .. } => each(value),
            _ => false,
        }),
        ExprKind::Attribute(attribute) => each(&attribute.base),
        ExprKind::Walrus(parts) => each(&parts.1),
        ExprKind::Starred(base)
        | ExprKind::Not(base)
        | ExprKind::Unary(_, base)
        | ExprKind::Await(base)
        | ExprKind::YieldFrom(base) => each(base),
        ExprKind::Yield(Some(value)) => each(value),
        ExprKind::Subscript(parts) => each(&parts.0) || each(&parts.1),
        ExprKind::Call(call) => {
            each(&call.callee) || call.arguments.iter().any(|argument| each(&argument.value))
        }
        ExprKind::List(items)
        | ExprKind::Tuple(items)
        | ExprKind::Set(items)
        | ExprKind::And(items)
        | ExprKind::Or(items) => items.iter().any(each),
        ExprKind::Dict(entries) => {
            entries.iter().any(|(key, value)| key.iter().any(&mut each) || each(value))
        }
        ExprKind::Binary(_, operands) => each(&operands.0) || each(&operands.1),
        ExprKind::Compare(chain) => each(&chain.first) || chain.rest.iter().any(|(_, operand)| each(operand)),
        ExprKind::Conditional(parts) => each(&parts.0) || each(&parts.1) || each(&parts.2),
        ExprKind::Comprehension(comprehension) => {
            comprehension
                .generators
                .iter()
                .any(|generator| each(&generator.iterable) || generator.conditions.iter().any(&mut each))
                || each(&comprehension.element)
                || comprehension.value.iter().any(each)
        }
        ExprKind::Slice(parts) => parts.iter().flatten().any(each),
        _ => false,
    }
}
