//! Questions about the syntax of one function that a summary of its behaviour does not answer: what
//! stands around a `yield`, how a block ends, where a name is used.

use fastwright_python::ir::{Call, Expr, ExprKind, FormatPart, Handler, MatchCase, Stmt, StmtKind};
use fastwright_python::location::Span;
use fastwright_python::name::Name;

/// A `yield` with the statements around it.
#[derive(Debug)]
pub struct YieldPlace<'s> {
    /// The `yield` expression.
    pub span: Span,
    /// Statements around it, the outermost first.
    pub around: Vec<Around<'s>>,
}

/// A statement around another.
#[derive(Debug, Clone, Copy)]
pub struct Around<'s> {
    /// The statement.
    pub statement: &'s Stmt,
    /// For `try`: whether the inner one stands in the part that `except` protects.
    pub protected: bool,
}

/// The `yield` expressions of a function in order, those of nested functions left out.
pub fn yields(body: &[Stmt]) -> Vec<YieldPlace<'_>> {
    let mut found = Vec::new();
    find_yields(body, &mut Vec::new(), &mut found);
    found
}

fn find_yields<'s>(body: &'s [Stmt], around: &mut Vec<Around<'s>>, found: &mut Vec<YieldPlace<'s>>) {
    for statement in body {
        own_expressions(statement, &mut |expression| {
            if matches!(expression.kind, ExprKind::Yield(_) | ExprKind::YieldFrom(_)) {
                found.push(YieldPlace { span: expression.span, around: around.clone() });
            }
        });
        for (block, protected) in blocks(statement) {
            around.push(Around { statement, protected });
            find_yields(block, around, found);
            around.pop();
        }
    }
}

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
    for statement in body {
        visit(statement);
        for (block, _) in blocks(statement) {
            statements(block, visit);
        }
    }
}

/// All expressions of a function, those of nested functions left out.
pub fn expressions<'s>(body: &'s [Stmt], visit: &mut dyn FnMut(&'s Expr)) {
    statements(body, &mut |statement| own_expressions(statement, visit));
}

/// The expressions of a statement itself, without the blocks inside it.
pub fn own_expressions<'s>(statement: &'s Stmt, visit: &mut dyn FnMut(&'s Expr)) {
    let mut each = |expression: &'s Expr| within(expression, visit);
    match &statement.kind {
        StmtKind::Return(value) => value.iter().for_each(each),
        StmtKind::Delete(targets) => targets.iter().for_each(each),
        StmtKind::Assign { targets, value } => {
            targets.iter().for_each(&mut each);
            each(value);
        }
        StmtKind::AugAssign { target, value, .. } => {
            each(target);
            each(value);
        }
        StmtKind::AnnAssign { target, value, .. } => {
            each(target);
            value.as_deref().into_iter().for_each(each);
        }
        StmtKind::For { target, iterable, .. } => {
            each(target);
            each(iterable);
        }
        StmtKind::While { test, .. } | StmtKind::If { test, .. } => each(test),
        StmtKind::With { items, .. } => {
            for item in items {
                each(&item.context);
                item.target.iter().for_each(&mut each);
            }
        }
        StmtKind::Match { subject, cases } => {
            each(subject);
            cases.iter().filter_map(|case| case.guard.as_ref()).for_each(each);
        }
        StmtKind::Raise { exception, cause } => exception.iter().chain(cause).for_each(each),
        StmtKind::Try { handlers, .. } => {
            handlers.iter().filter_map(|handler| handler.exception.as_ref()).for_each(each);
        }
        StmtKind::Assert { test, message } => {
            each(test);
            message.iter().for_each(each);
        }
        StmtKind::Expr(value) => each(value),
        _ => {}
    }
}

/// An expression and everything inside it, lambdas left out.
pub fn within<'s>(expression: &'s Expr, visit: &mut dyn FnMut(&'s Expr)) {
    visit(expression);
    match &expression.kind {
        ExprKind::Format(parts) | ExprKind::Template(parts) => {
            for part in parts {
                if let FormatPart::Field { value, .. } = part {
                    within(value, visit);
                }
            }
        }
        ExprKind::Attribute(base, _)
        | ExprKind::Starred(base)
        | ExprKind::Not(base)
        | ExprKind::Unary(_, base)
        | ExprKind::Await(base)
        | ExprKind::YieldFrom(base)
        | ExprKind::Walrus(_, base) => within(base, visit),
        ExprKind::Yield(Some(value)) => within(value, visit),
        ExprKind::Subscript(parts) => {
            within(&parts.0, visit);
            within(&parts.1, visit);
        }
        ExprKind::Call(call) => {
            within(&call.callee, visit);
            for argument in &call.arguments {
                within(&argument.value, visit);
            }
        }
        ExprKind::List(items)
        | ExprKind::Tuple(items)
        | ExprKind::Set(items)
        | ExprKind::And(items)
        | ExprKind::Or(items) => {
            for item in items {
                within(item, visit);
            }
        }
        ExprKind::Dict(entries) => {
            for (key, value) in entries {
                if let Some(key) = key {
                    within(key, visit);
                }
                within(value, visit);
            }
        }
        ExprKind::Binary(_, operands) => {
            within(&operands.0, visit);
            within(&operands.1, visit);
        }
        ExprKind::Compare(chain) => {
            within(&chain.first, visit);
            for (_, operand) in &chain.rest {
                within(operand, visit);
            }
        }
        ExprKind::Conditional(parts) => {
            within(&parts.0, visit);
            within(&parts.1, visit);
            within(&parts.2, visit);
        }
        ExprKind::Comprehension(comprehension) => {
            for generator in &comprehension.generators {
                within(&generator.iterable, visit);
                for condition in &generator.conditions {
                    within(condition, visit);
                }
            }
            within(&comprehension.element, visit);
            if let Some(value) = &comprehension.value {
                within(value, visit);
            }
        }
        ExprKind::Slice(parts) => {
            for part in parts.iter().flatten() {
                within(part, visit);
            }
        }
        _ => {}
    }
}

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every way through it raises.
    Raises,
    /// Some ways raise.
    SometimesRaises,
    /// No way raises.
    Completes,
}

/// How a block ends, where `never_returns` knows calls that always raise. Only explicit raises count.
pub fn ending(body: &[Stmt], never_returns: &dyn Fn(&Expr) -> bool) -> Ending {
    let mut raises_somewhere = false;
    for statement in body {
        let (raises, completes) = match &statement.kind {
            StmtKind::Raise { .. } => return Ending::Raises,
            StmtKind::Expr(value) if never_returns(unawaited(value)) => return Ending::Raises,
            StmtKind::Return(_) | StmtKind::Break | StmtKind::Continue => {
                return if raises_somewhere { Ending::SometimesRaises } else { Ending::Completes };
            }
            StmtKind::If { body, orelse, .. } => joined(&[body, orelse], never_returns),
            StmtKind::Match { cases, .. } => {
                let bodies: Vec<&[Stmt]> = cases.iter().map(|case| &*case.body).collect();
                let (raises, _) = joined(&bodies, never_returns);
                (raises, true)
            }
            StmtKind::With { body, .. } => joined(&[body], never_returns),
            StmtKind::For { body, .. } | StmtKind::While { body, .. } => {
                (joined(&[body], never_returns).0, true)
            }
            StmtKind::Try { body, handlers, finalbody, .. } => {
                let mut bodies: Vec<&[Stmt]> = vec![body];
                bodies.extend(handlers.iter().map(|handler| &*handler.body));
                let (raises, completes) = joined(&bodies, never_returns);
                let (ends, _) = joined(&[finalbody], never_returns);
                (raises || ends, completes && !matches!(ending(finalbody, never_returns), Ending::Raises))
            }
            _ => (false, true),
        };
        if !completes {
            return Ending::Raises;
        }
        raises_somewhere |= raises;
    }
    if raises_somewhere { Ending::SometimesRaises } else { Ending::Completes }
}

/// Of alternative blocks: whether one may raise, and whether one may complete.
fn joined(blocks: &[&[Stmt]], never_returns: &dyn Fn(&Expr) -> bool) -> (bool, bool) {
    let endings = blocks.iter().map(|block| ending(block, never_returns));
    endings.fold((false, false), |(raises, completes), ending| {
        (raises || ending != Ending::Completes, completes || ending != Ending::Raises)
    })
}

/// The expression behind `await`.
pub fn unawaited(expression: &Expr) -> &Expr {
    match &expression.kind {
        ExprKind::Await(inner) => inner,
        _ => expression,
    }
}

/// Whether one range of bytes lies inside another.
pub fn encloses(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Whether an expression contains a name.
pub fn mentions_name(expression: &Expr, name: Name) -> bool {
    let mut found = false;
    within(expression, &mut |inner| found |= matches!(inner.kind, ExprKind::Name(other) if other == name));
    found
}

/// Whether a block uses a name anywhere.
pub fn block_mentions_name(body: &[Stmt], name: Name) -> bool {
    let mut found = false;
    expressions(body, &mut |expression| {
        found |= matches!(expression.kind, ExprKind::Name(other) if other == name)
    });
    found
}

/// The call expression at exactly this place in the body of a function.
pub fn call_expression(body: &[Stmt], span: Span) -> Option<&Call> {
    let mut found = None;
    expressions(body, &mut |expression| {
        if expression.span == span
            && let ExprKind::Call(call) = &expression.kind
        {
            found = Some(&**call);
        }
    });
    found
}
