//! Functions that do their work once for a process, or once for each key: remembered results, and what is set up when it
//! is first asked for. What they wait for is not waited for on every request.

use crate::syntax::{any_statement, any_within};
use fastwright_python::ir::{Comparison, Expr, ExprKind, FunctionDef, Stmt, StmtKind};

/// Whether a function remembers what it did: by a decorator that caches, or because it asks first whether the work was
/// done and notes at the end that it was.
pub fn runs_once(function: &FunctionDef) -> bool {
    function.decorators.iter().any(caches) || returns_what_is_there(&function.body, &function.body)
}

/// `functools.cache`, `lru_cache`, `cached_property`, and decorators of others that say so.
fn caches(decorator: &Expr) -> bool {
    let callee = match &decorator.kind {
        ExprKind::Call(call) => &call.callee,
        _ => decorator,
    };
    callee.dotted_name().is_some_and(|name| {
        let last = name.rsplit('.').next().unwrap_or_default();
        matches!(
            last,
            "cache"
                | "cached"
                | "lru_cache"
                | "alru_cache"
                | "cached_property"
                | "memoize"
                | "run_once"
                | "once"
        )
    })
}

/// Whether a body begins by giving back what is there already (`if self._engine is not None: return self._engine`), or
/// does everything below a test that it is not (`if _store is None: _store = ...`).
fn returns_what_is_there(block: &[Stmt], whole: &[Stmt]) -> bool {
    for statement in block {
        match &statement.kind {
            StmtKind::If { test, body, .. } => {
                return match there(test) {
                    Some((what, true)) => {
                        matches!(
                            body.last().map(|last| &last.kind),
                            Some(StmtKind::Return(_) | StmtKind::Pass)
                        ) && is_set(whole, &what)
                    }
                    Some((what, false)) => is_set(body, &what),
                    None => false,
                };
            }
            StmtKind::With { body, .. } => return returns_what_is_there(body, whole),
            StmtKind::Global(_)
            | StmtKind::Nonlocal(_)
            | StmtKind::Import(_)
            | StmtKind::ImportFrom { .. }
            | StmtKind::Expr(_)
            | StmtKind::Assign { .. } => {}
            _ => return false,
        }
    }
    false
}

/// What a test asks for, and whether it holds when that is there.
fn there(test: &Expr) -> Option<(String, bool)> {
    match &test.kind {
        ExprKind::Compare(comparisons) => {
            let left = &comparisons.first;
            let [(comparison, right)] = &*comparisons.rest else { return None };
            match comparison {
                Comparison::Is | Comparison::IsNot if matches!(right.kind, ExprKind::None) => {
                    Some((left.dotted_name()?, *comparison == Comparison::IsNot))
                }
                Comparison::In | Comparison::NotIn => {
                    Some((right.dotted_name()?, *comparison == Comparison::In))
                }
                _ => None,
            }
        }
        ExprKind::Name(_) | ExprKind::Attribute(..) => Some((test.dotted_name()?, true)),
        ExprKind::Not(inner) => {
            let (what, holds) = there(inner)?;
            Some((what, !holds))
        }
        _ => None,
    }
}

/// Whether a body sets a variable, an attribute, or an item of it.
fn is_set(body: &[Stmt], what: &str) -> bool {
    let is_it =
        |target: &Expr| any_within(target, &mut |part| part.dotted_name().is_some_and(|name| name == what));
    any_statement(body, &mut |statement| match &statement.kind {
        StmtKind::Assign { targets, .. } => targets.iter().any(is_it),
        StmtKind::AnnAssign { target, .. } => is_it(target),
        _ => false,
    })
}
