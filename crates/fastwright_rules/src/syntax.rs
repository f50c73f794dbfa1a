//! Questions about the syntax of one function that a summary of its behaviour does not answer: what
//! stands around a `yield`, how a block ends, where a name is used.

use fastwright_model::analysis::Analysis;
use fastwright_python::ir::{ArgumentKind, Call, Expr, ExprKind, FunctionDef, Module, Stmt, StmtKind};
use fastwright_python::location::Span;
use fastwright_python::name::Name;
pub use fastwright_python::traversal::*;
use rustc_hash::FxHashSet;

/// Whether `from __future__ import annotations` makes the annotations of a file texts, which FastAPI evaluates with
/// the globals of the module.
pub fn annotations_are_texts(module: &Module) -> bool {
    module.body.iter().any(|statement| {
        matches!(&statement.kind, StmtKind::ImportFrom { module, names, .. }
            if *module == "__future__" && names.iter().any(|alias| alias.name == "annotations"))
    })
}

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

/// Names that a statement itself binds by assigning to them: `=`, `for`, `with`.
pub fn bound_names(statement: &Stmt, names: &mut FxHashSet<Name>) {
    fn of(target: &Expr, names: &mut FxHashSet<Name>) {
        match &target.kind {
            ExprKind::Name(name) => {
                names.insert(*name);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|item| of(item, names)),
            ExprKind::Starred(inner) => of(inner, names),
            _ => {}
        }
    }
    match &statement.kind {
        StmtKind::Assign { targets, .. } => targets.iter().for_each(|target| of(target, names)),
        StmtKind::AugAssign { target, .. }
        | StmtKind::AnnAssign { target, .. }
        | StmtKind::For { target, .. } => {
            of(target, names);
        }
        StmtKind::With { items, .. } => {
            items.iter().filter_map(|item| item.target.as_ref()).for_each(|target| of(target, names));
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

/// Whether running a block can get behind its last statement. Where that depends on whether alternatives are
/// exhaustive (`elif` without `else`, `match` without a case for the rest), they are taken to be.
pub fn reaches_end(body: &[Stmt]) -> bool {
    body.iter().all(|statement| match &statement.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } | StmtKind::Break | StmtKind::Continue => false,
        // Type checkers prove that it is never called, and it raises when it is.
        StmtKind::Expr(value) => !is_assert_never(value),
        StmtKind::If { body, orelse, .. } => match &**orelse {
            [] => true,
            [Stmt { kind: StmtKind::If { .. }, .. }] => reaches_end(body) || last_branch_reaches_end(orelse),
            _ => reaches_end(body) || reaches_end(orelse),
        },
        StmtKind::While { test, body, .. } => {
            !matches!(test.kind, ExprKind::Bool(true) | ExprKind::Int(1)) || leaves_loop(body)
        }
        StmtKind::With { body, .. } => reaches_end(body),
        StmtKind::Match { cases, .. } => cases.iter().any(|case| reaches_end(&case.body)),
        StmtKind::Try { body, handlers, orelse, finalbody } => {
            reaches_end(finalbody)
                && (reaches_end(body) && reaches_end(orelse)
                    || handlers.iter().any(|handler| reaches_end(&handler.body)))
        }
        _ => true,
    })
}

/// `typing.assert_never(value)`.
fn is_assert_never(expression: &Expr) -> bool {
    matches!(&expression.kind, ExprKind::Call(call)
        if call.callee.last_name().is_some_and(|name| name == "assert_never"))
}

/// Of `elif` branches: whether one of those that are written reaches its end.
fn last_branch_reaches_end(orelse: &[Stmt]) -> bool {
    match orelse {
        [Stmt { kind: StmtKind::If { body, orelse, .. }, .. }] if orelse.is_empty() => reaches_end(body),
        [Stmt { kind: StmtKind::If { body, orelse, .. }, .. }] => {
            reaches_end(body) || last_branch_reaches_end(orelse)
        }
        _ => reaches_end(orelse),
    }
}

/// Whether a `break` of this loop stands in its body.
fn leaves_loop(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StmtKind::Break => true,
        StmtKind::For { .. } | StmtKind::While { .. } => false,
        _ => blocks(statement).any(|(block, _)| leaves_loop(block)),
    })
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
    any_within(expression, &mut |inner| matches!(inner.kind, ExprKind::Name(other) if other == name))
}

/// Whether a block uses a name anywhere.
pub fn block_mentions_name(body: &[Stmt], name: Name) -> bool {
    any_expression(body, &mut |expression| matches!(expression.kind, ExprKind::Name(other) if other == name))
}

/// Whether a function uses a name: as a variable, an attribute or a keyword of a call, nested functions left
/// out.
pub fn uses_name(function: &FunctionDef, name: &str) -> bool {
    let name = Name::from(name);
    function.mentions.may_hold(name)
        && any_expression(&function.body, &mut |expression| match &expression.kind {
            ExprKind::Name(own) => *own == name,
            ExprKind::Attribute(attribute) => attribute.name == name,
            ExprKind::Call(call) => call
                .arguments
                .iter()
                .any(|argument| matches!(argument.kind, ArgumentKind::Keyword(own) if own == name)),
            _ => false,
        })
}

/// Whether the program uses a name or an attribute anywhere in a function or at module level.
pub fn program_uses_name(analysis: &Analysis, name: &str) -> bool {
    let wanted = Name::from(name);
    let is_it = |expression: &Expr| expression.last_name() == Some(wanted);
    analysis.codes.iter().any(|code| {
        code.functions.iter().any(|function| uses_name(function, name))
            || any_expression(&code.body, &mut |expression| is_it(expression))
    })
}

/// The call expression at exactly this place in the body of a function.
pub fn call_expression(body: &[Stmt], span: Span) -> Option<&Call> {
    let mut found = None;
    any_statement(body, &mut |statement| {
        encloses(statement.span, span)
            && any_own_expression(statement, &mut |expression| {
                if expression.span == span
                    && let ExprKind::Call(call) = &expression.kind
                {
                    found = Some(&**call);
                }
                found.is_some()
            })
    });
    found
}
