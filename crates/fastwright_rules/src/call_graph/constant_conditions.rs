//! Ways through calls that are never taken: a call on the way passes a constant, and the next one stands under a
//! condition that the constant decides.
//!
//! A summary walks both branches, because callers differ. On one way the caller is known: `load(read_only=True)` never
//! gets to what `load` does only `if not read_only`.

use super::{CallGraph, Edge, Node, PassedOn};
use crate::syntax::{bound_names, encloses, reaches_end, statements};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Comparison, Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::{Kind, Symbolic, Value};
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// What the parameters of a function are on one way, where that is a constant.
type Constants = Vec<(Name, Value)>;

impl CallGraph {
    /// Whether a way may lead to a place in its last function: no condition on it is decided against it.
    pub fn may_be_taken(&self, interpreter: &mut Interpreter<'_>, path: &[Edge], place: Location) -> bool {
        let mut constants = Constants::default();
        for (position, edge) in path.iter().enumerate() {
            let next = path.get(position + 1).map_or(place, |edge| edge.site);
            constants = self.constants(interpreter, edge, &constants);
            let called = &self.nodes[edge.to()];
            let function = &called.summary.function;
            if constants.is_empty() || function.id.file != next.file {
                continue;
            }
            // A parameter that the function sets again is no constant.
            constants.retain(|(name, _)| !called.assigned().contains(name));
            if excluded(&function.definition.body, next.span, &constants) {
                return false;
            }
        }
        true
    }

    /// The constants that a call passes on, where those of its caller are known.
    fn constants(&self, interpreter: &mut Interpreter<'_>, edge: &Edge, outer: &Constants) -> Constants {
        let known = self.may_pass_constants.borrow().get(&(edge.from, edge.event)).cloned();
        let given = known.unwrap_or_else(|| {
            let bindings = self.bindings(interpreter, edge).into_iter();
            let given: PassedOn = bindings.filter(|(_, value)| may_be_constant(value)).collect();
            self.may_pass_constants.borrow_mut().insert((edge.from, edge.event), Rc::clone(&given));
            given
        });
        let known = given.iter().filter_map(|(name, value)| {
            let value = match value.as_symbolic() {
                Some(Symbolic::Parameter(parameter)) => held(outer, parameter.name)?,
                _ => value,
            };
            is_constant(value).then(|| (*name, value.clone()))
        });
        known.collect()
    }
}

impl Node {
    /// Names that the function itself assigns to, found when first asked for.
    fn assigned(&self) -> &FxHashSet<Name> {
        self.assigned.get_or_init(|| {
            let mut assigned = Box::<FxHashSet<Name>>::default();
            let body = &self.summary.function.definition.body;
            statements(body, &mut |statement| bound_names(statement, &mut assigned));
            assigned
        })
    }
}

/// Whether a value is a constant, or one where that of the caller is.
fn may_be_constant(value: &Value) -> bool {
    is_constant(value) || matches!(value.as_symbolic(), Some(Symbolic::Parameter(_)))
}

/// Whether a value is the same whatever the application is configured to be.
fn is_constant(value: &Value) -> bool {
    value.configurable().is_none()
        && matches!(value.kind(), Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Str(_))
}

/// Whether a place is never reached: it stands in a branch that is not taken, or behind one that is and that ends.
fn excluded(body: &[Stmt], place: Span, constants: &Constants) -> bool {
    for statement in body {
        let holds_place = encloses(statement.span, place);
        match &statement.kind {
            StmtKind::If { test, body, orelse } => {
                let holds = decide(test, constants);
                if holds_place {
                    let inside = |block: &[Stmt]| block.iter().any(|inner| encloses(inner.span, place));
                    return match holds {
                        Some(true) if inside(orelse) => true,
                        Some(false) if inside(body) => true,
                        _ => excluded(body, place, constants) || excluded(orelse, place, constants),
                    };
                }
                let ends = match holds {
                    Some(true) => !reaches_end(body),
                    Some(false) => !orelse.is_empty() && !reaches_end(orelse),
                    None => false,
                };
                if ends {
                    return true;
                }
            }
            _ if holds_place => {
                return crate::syntax::blocks(statement).any(|(block, _)| {
                    block.iter().any(|inner| encloses(inner.span, place)) && excluded(block, place, constants)
                });
            }
            _ => {}
        }
    }
    false
}

/// Whether a condition holds, where constants decide it.
fn decide(test: &Expr, constants: &Constants) -> Option<bool> {
    match &test.kind {
        ExprKind::Not(inner) => decide(inner, constants).map(|holds| !holds),
        ExprKind::And(parts) => all_or(parts, constants, false),
        ExprKind::Or(parts) => all_or(parts, constants, true),
        ExprKind::Compare(comparisons) => {
            let [(comparison, right)] = &*comparisons.rest else { return None };
            let (left, right) = (constant(&comparisons.first, constants)?, constant(right, constants)?);
            match comparison {
                Comparison::Is | Comparison::Equal => Some(left.same(&right)),
                Comparison::IsNot | Comparison::NotEqual => Some(!left.same(&right)),
                _ => None,
            }
        }
        _ => match constant(test, constants)?.into_kind() {
            Kind::None => Some(false),
            Kind::Bool(holds) => Some(holds),
            Kind::Int(number) => Some(number != 0),
            Kind::Str(text) => Some(!text.is_empty()),
            _ => None,
        },
    }
}

/// `and` and `or`: one part that is `decisive` decides, else all of them have to be known.
fn all_or(parts: &[Expr], constants: &Constants, decisive: bool) -> Option<bool> {
    let mut all_known = true;
    for part in parts {
        match decide(part, constants) {
            Some(holds) if holds == decisive => return Some(decisive),
            known => all_known &= known.is_some(),
        }
    }
    all_known.then_some(!decisive)
}

fn held(constants: &Constants, name: Name) -> Option<&Value> {
    constants.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn constant(expression: &Expr, constants: &Constants) -> Option<Value> {
    match &expression.kind {
        ExprKind::Name(name) => held(constants, *name).cloned(),
        ExprKind::None => Some(Value::NONE),
        ExprKind::Bool(truth) => Some(Value::bool(*truth)),
        ExprKind::Str(text) => Some(Value::str(text)),
        _ => None,
    }
}
