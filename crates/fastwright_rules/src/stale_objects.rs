//! Reads of mapped objects behind a commit that expired them, found in the syntax of one function: values
//! of a summary do not tell when they were read.

use crate::call_graph::Node;
use crate::sessions::{call_at, is_session_method};
use crate::syntax::{own_expressions, unawaited};
use fastwright_model::tables::Table;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::Span;
use fastwright_python::name::Name;
use fastwright_python::value::{Kind, Symbolic, Value};
use rustc_hash::FxHashMap;

/// A read of an object that a commit expired.
#[derive(Debug, Clone)]
pub struct StaleRead {
    /// The commit.
    pub commit: Span,
    /// The session that commits.
    pub session: Value,
    /// The read, or the `return` that hands the object out.
    pub read: Span,
    /// Name of the variable.
    pub name: Name,
    /// The attribute that is read; none when the object is returned.
    pub attribute: Option<Name>,
}

/// The first such read in a function that commits.
pub fn stale_read(interpreter: &mut Interpreter<'_>, node: &Node, tables: &[Table]) -> Option<StaleRead> {
    let mut state = State::default();
    for (name, value) in &node.summary.parameters {
        if is_mapped(interpreter, value, tables) {
            state.objects.insert(*name, None);
        }
    }
    let mut walk = Walk { interpreter, node, tables, found: None };
    walk.block(&node.definition.body, state);
    walk.found
}

fn is_mapped(interpreter: &mut Interpreter<'_>, value: &Value, tables: &[Table]) -> bool {
    matches!(interpreter.class_of(value).map(Value::into_kind), Some(Kind::Class(id)) if tables.iter().any(|table| table.class == id))
}

/// The mapped objects by variable, with the commit that expired them.
#[derive(Debug, Clone, Default)]
struct State {
    objects: FxHashMap<Name, Option<(Span, Value)>>,
}

impl State {
    /// What holds whichever of two ways was taken.
    fn meet(mut self, other: &State) -> State {
        self.objects.retain(|name, _| other.objects.contains_key(name));
        for (name, expired) in &mut self.objects {
            if other.objects.get(name).is_some_and(Option::is_none) {
                *expired = None;
            }
        }
        self
    }
}

struct Walk<'w, 'i> {
    interpreter: &'w mut Interpreter<'i>,
    node: &'w Node,
    tables: &'w [Table],
    found: Option<StaleRead>,
}

impl Walk<'_, '_> {
    /// The state behind a block; none when control never gets there.
    fn block(&mut self, body: &[Stmt], mut state: State) -> Option<State> {
        for statement in body {
            if self.found.is_some() {
                return None;
            }
            state = self.statement(statement, state)?;
        }
        Some(state)
    }

    fn statement(&mut self, statement: &Stmt, mut state: State) -> Option<State> {
        if let StmtKind::Return(Some(value)) = &statement.kind
            && let ExprKind::Name(name) = value.kind
            && let Some(Some((commit, session))) = state.objects.get(&name)
        {
            let (commit, session) = (*commit, session.clone());
            self.found = Some(StaleRead { commit, session, read: statement.span, name, attribute: None });
            return None;
        }
        self.expressions(statement, &mut state);
        match &statement.kind {
            StmtKind::Return(_) | StmtKind::Raise { .. } | StmtKind::Break | StmtKind::Continue => None,
            StmtKind::Assign { targets, value } => {
                if let [Expr { kind: ExprKind::Name(name), .. }] = &**targets {
                    self.assign(*name, value, &mut state);
                }
                Some(state)
            }
            StmtKind::AnnAssign { target, value: Some(value), .. } => {
                if let ExprKind::Name(name) = target.kind {
                    self.assign(name, value, &mut state);
                }
                Some(state)
            }
            StmtKind::If { body, orelse, .. } => {
                let first = self.block(body, state.clone());
                let second = self.block(orelse, state);
                match (first, second) {
                    (Some(first), Some(second)) => Some(first.meet(&second)),
                    (one, other) => one.or(other),
                }
            }
            StmtKind::For { body, .. } | StmtKind::While { body, .. } => {
                let before = state.clone();
                Some(match self.block(body, state) {
                    Some(after) => after.meet(&before),
                    None => before,
                })
            }
            StmtKind::With { body, .. } => self.block(body, state),
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                let before = state.clone();
                let mut after = self.block(body, state).and_then(|state| self.block(orelse, state));
                for handler in handlers {
                    let handled = self.block(&handler.body, before.clone());
                    after = match (after, handled) {
                        (Some(one), Some(other)) => Some(one.meet(&other)),
                        (one, other) => one.or(other),
                    };
                }
                after.and_then(|state| self.block(finalbody, state))
            }
            StmtKind::Match { .. } => Some(State::default()),
            _ => Some(state),
        }
    }

    fn assign(&mut self, name: Name, value: &Expr, state: &mut State) {
        state.objects.remove(&name);
        if let Some((_, call)) = call_at(self.node, unawaited(value).span) {
            let result = call.result.clone();
            if is_mapped(self.interpreter, &result, self.tables) {
                state.objects.insert(name, None);
            }
        }
    }

    /// Commits, refreshes and reads in the expressions of one statement, in the order of the text.
    fn expressions(&mut self, statement: &Stmt, state: &mut State) {
        let mut calls: Vec<&Expr> = Vec::new();
        let mut reads: Vec<(Name, Name, Span)> = Vec::new();
        let mut assigned: Vec<Span> = Vec::new();
        if let StmtKind::Assign { targets, .. } = &statement.kind {
            assigned.extend(targets.iter().map(|target| target.span));
        }
        own_expressions(statement, &mut |expression| match &expression.kind {
            ExprKind::Call(_) => calls.push(expression),
            ExprKind::Attribute(attribute) => {
                let (base, attribute) = attribute.parts();
                if let ExprKind::Name(name) = base.kind
                    && !assigned.contains(&expression.span)
                {
                    reads.push((name, *attribute, expression.span));
                }
            }
            _ => {}
        });
        for (name, attribute, span) in reads {
            if let Some(Some((commit, session))) = state.objects.get(&name)
                && self.tables.iter().any(|table| table.columns.iter().any(|column| column.name == attribute))
                && self.found.is_none()
            {
                let (commit, session) = (*commit, session.clone());
                self.found =
                    Some(StaleRead { commit, session, read: span, name, attribute: Some(attribute) });
            }
        }
        for expression in calls {
            let ExprKind::Call(call) = &expression.kind else { continue };
            // Whoever is given the object may refresh it.
            for argument in &call.arguments {
                if let ExprKind::Name(name) = argument.value.kind
                    && let Some(expired) = state.objects.get_mut(&name)
                {
                    *expired = None;
                }
            }
            let Some((index, event)) = call_at(self.node, expression.span) else { continue };
            let commits =
                self.node.facts.callee(index).is_some_and(|callee| is_session_method(&callee, &["commit"]));
            if commits && let Some(Symbolic::Member { base, .. }) = event.callee.as_symbolic() {
                for expired in state.objects.values_mut() {
                    *expired = Some((expression.span, base.clone()));
                }
            }
        }
    }
}
