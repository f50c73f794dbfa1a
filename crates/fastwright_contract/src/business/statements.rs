//! Statements, one after the other.

use super::inlining::Callable;
use super::step::{Ending, Step, digest_of_steps, ends};
use super::term::{Detail, Digest, DigestBuilder, Term, digest_of, digest_of_both, literal};
use super::walker::{Exit, Walker};
use fastwright_python::ir::{Expr, ExprKind, FunctionDef, Stmt, StmtKind};
use fastwright_python::location::Location;
use std::rc::Rc;
use std::sync::Arc;

/// The statements behind a block, up to the end of the function or of what encloses it.
pub(crate) struct Next<'n> {
    rest: &'n [Stmt],
    next: Option<&'n Next<'n>>,
}

impl Walker<'_, '_, '_> {
    /// Walks statements. `next` is what comes behind them, where a result that only one way gives makes the other
    /// way go on to the end of the function.
    pub(crate) fn block(&mut self, body: &[Stmt], next: Option<&Next<'_>>, out: &mut Vec<Step>) -> Exit {
        for (index, statement) in body.iter().enumerate() {
            let behind = Next { rest: &body[index + 1..], next };
            // A result that is given a name first is given all the same.
            if let Some(value) = named_result(statement, body.get(index + 1)) {
                let location = self.at(statement.span);
                return self.give(Some(value), location, out);
            }
            match self.statement(statement, &behind, out) {
                Exit::Falls => {}
                exit => return exit,
            }
            if ends(out) {
                return Exit::Ends;
            }
        }
        Exit::Falls
    }

    /// Walks what comes behind a block, to the end of the function.
    fn rest(&mut self, next: &Next<'_>, out: &mut Vec<Step>) -> Exit {
        match self.block(next.rest, next.next, out) {
            Exit::Falls => match next.next {
                Some(next) => self.rest(next, out),
                None if self.frames.last().is_some_and(|frame| frame.enclosed > 0) => Exit::Turn,
                None => Exit::Gives(Term::none()),
            },
            exit => exit,
        }
    }

    fn statement(&mut self, statement: &Stmt, behind: &Next<'_>, out: &mut Vec<Step>) -> Exit {
        let location = self.at(statement.span);
        match &statement.kind {
            StmtKind::If { test, body, orelse } if orelse.is_empty() && parts_of(test).is_some() => {
                let parts = parts_of(test).unwrap_or_default();
                self.all_of(parts, body, behind, out)
            }
            StmtKind::If { test, body, orelse } => {
                let (condition, negated) = self.condition(test, out);
                if let Some(truth) = condition.constant_truth() {
                    let chosen = if truth != negated { &**body } else { &**orelse };
                    return self.block(chosen, Some(behind), out);
                }
                let (body, orelse) = (&**body, &**orelse);
                let (then, otherwise) = if negated { (orelse, body) } else { (body, orelse) };
                self.decide(
                    &condition,
                    self.at(test.span),
                    |walker, out| walker.block(then, Some(behind), out),
                    |walker, out| walker.block(otherwise, Some(behind), out),
                    behind,
                    out,
                )
            }
            StmtKind::Match { subject, cases } => {
                let subject = self.expression(subject, out);
                self.cases(&subject, cases, behind, out)
            }
            StmtKind::Return(value) => self.give(value.as_ref(), location, out),
            StmtKind::Raise { exception, cause } => {
                let term = exception.as_ref().map(|exception| self.raised(exception, out));
                if let Some(cause) = cause {
                    self.expression(cause, out);
                }
                if !ends(out) {
                    out.push(Step::end(Ending::Raise, term.as_ref(), location));
                }
                Exit::Ends
            }
            StmtKind::Assert { test, .. } => {
                let (condition, negated) = self.condition(test, out);
                let failed = Term::new(Digest::of_text("exception", "AssertionError"), "AssertionError");
                let failing = vec![Step::end(Ending::Raise, Some(&failed), location)];
                let (then, otherwise) = if negated { (failing, Vec::new()) } else { (Vec::new(), failing) };
                push_branch(&condition, location, then, otherwise, out);
                Exit::Falls
            }
            StmtKind::Break | StmtKind::Continue => {
                let is_break = matches!(statement.kind, StmtKind::Break);
                let inside = self.frames.last().is_some_and(|frame| frame.inside_turn > 0);
                // What the variables of the loop are where it is left matters behind it.
                let carried = (is_break || inside).then(|| self.carried_now());
                let ending = if is_break { Ending::Break } else { Ending::Continue };
                out.push(Step::end(ending, carried.as_ref(), location));
                if is_break || inside { Exit::Ends } else { Exit::Turn }
            }
            StmtKind::For { target, iterable, body, orelse, .. } => {
                self.for_loop(target, iterable, body, orelse, location, out)
            }
            StmtKind::While { test, body, orelse } => self.while_loop(test, body, orelse, location, out),
            StmtKind::With { items, body, .. } => self.with(items, body, location, out),
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                self.try_block(body, handlers, orelse, finalbody, location, out)
            }
            _ => {
                self.simple(statement, location, out);
                Exit::Falls
            }
        }
    }

    /// Binds the name of a function that the walked code defines.
    fn bind_local(&mut self, definition: &Arc<FunctionDef>, digest: Digest) {
        let names = Rc::new(self.state.names.clone());
        let callable = Detail::Callable(Callable::Local(Arc::clone(definition), names));
        self.state.names.insert(definition.name, Term::with(digest, definition.name.as_str(), callable));
    }

    /// Statements that neither branch nor end anything.
    fn simple(&mut self, statement: &Stmt, location: Location, out: &mut Vec<Step>) {
        match &statement.kind {
            StmtKind::Assign { targets, value } => {
                let term = self.expression(value, out);
                for target in targets {
                    self.assign(target, &term, location, out);
                }
            }
            StmtKind::AnnAssign { target, value: Some(value), .. } => {
                let term = self.expression(value, out);
                self.assign(target, &term, location, out);
            }
            StmtKind::AugAssign { target, operator, value } => {
                let before = self.expression(target, out);
                let change = self.expression(value, out);
                let text =
                    format!("{} {} {}", before.text(), super::expressions::sign(*operator), change.text());
                let term = Term::made(&format!("{operator:?}"), &[&before, &change], text);
                self.assign(target, &term, location, out);
            }
            StmtKind::Delete(targets) => {
                for target in targets {
                    match &target.kind {
                        ExprKind::Name(name) => {
                            self.state.names.remove(name);
                        }
                        _ => {
                            let term = self.expression(target, out);
                            let text = format!("del {}", term.text());
                            let step = Term::made("delete", &[&term], text);
                            out.push(Step::effect(&step, location));
                        }
                    }
                }
            }
            StmtKind::Expr(expression) => self.evaluated(expression, location, out),
            StmtKind::Function(definition) => {
                // Its name is known inside of it.
                let itself = Digest::of_text("local function", "itself");
                self.bind_local(definition, itself);
                let digest = self.local_digest(definition);
                self.bind_local(definition, digest);
            }
            StmtKind::Class(definition) => {
                let text = self.words_at(self.at(definition.span));
                let digest = Digest::of_text("local class", &text);
                self.state.names.insert(definition.name, Term::new(digest, definition.name.as_str()));
            }
            StmtKind::Import(_) | StmtKind::ImportFrom { .. } => {
                let Some(frame) = self.frames.last() else { return };
                let function = Rc::clone(&frame.function);
                for (name, value) in self.forms.interpreter().names_of_import(&function, statement) {
                    self.state.names.insert(
                        name,
                        Term::with(
                            Digest::of_text("import", name.as_str()),
                            name.as_str(),
                            Detail::Value(value),
                        ),
                    );
                }
            }
            StmtKind::Global(names) | StmtKind::Nonlocal(names) => {
                if let Some(frame) = self.frame() {
                    frame.outside.extend(names.iter().copied());
                }
            }
            _ => {}
        }
    }

    /// `if a and b:` is `if a:` with `if b:` inside.
    fn all_of(&mut self, parts: &[Expr], body: &[Stmt], behind: &Next<'_>, out: &mut Vec<Step>) -> Exit {
        let Some((test, others)) = parts.split_first() else { return self.block(body, Some(behind), out) };
        let (condition, negated) = self.condition(test, out);
        if let Some(truth) = condition.constant_truth() {
            return if truth != negated { self.all_of(others, body, behind, out) } else { Exit::Falls };
        }
        let location = self.at(test.span);
        let inside = |walker: &mut Self, out: &mut Vec<Step>| walker.all_of(others, body, behind, out);
        let falls = |_: &mut Self, _: &mut Vec<Step>| Exit::Falls;
        if negated {
            self.decide(&condition, location, falls, inside, behind, out)
        } else {
            self.decide(&condition, location, inside, falls, behind, out)
        }
    }

    /// An expression whose result nobody takes.
    fn evaluated(&mut self, expression: &Expr, location: Location, out: &mut Vec<Step>) {
        let is_call = match &expression.kind {
            ExprKind::Call(_) => true,
            ExprKind::Await(inner) => matches!(inner.kind, ExprKind::Call(_)),
            _ => false,
        };
        let before = out.len();
        let term = self.expression(expression, out);
        // A call that only computes is made because it may fail.
        if is_call && out.len() == before && term.constant_truth().is_none() && !self.is_silent(expression) {
            let text = format!("compute {}", term.text());
            out.push(Step::effect(&Term::made("compute", &[&term], text), location));
        }
    }

    /// Two ways by a condition.
    pub(crate) fn decide(
        &mut self,
        condition: &Term,
        location: Location,
        yes: impl FnOnce(&mut Self, &mut Vec<Step>) -> Exit,
        no: impl FnOnce(&mut Self, &mut Vec<Step>) -> Exit,
        behind: &Next<'_>,
        out: &mut Vec<Step>,
    ) -> Exit {
        let before = self.state.clone();
        let (mut then, mut yes_exit) = self.apart(yes);
        let mut yes_state = std::mem::replace(&mut self.state, before);
        let (mut otherwise, mut no_exit) = self.apart(no);
        let mut no_state = std::mem::take(&mut self.state);
        let enclosed = self.frames.last().is_none_or(|frame| frame.enclosed > 0);
        match (&yes_exit, &no_exit) {
            (Exit::Gives(result), Exit::Falls) => {
                if enclosed {
                    let result = result.clone();
                    self.leave_with(result, location, &mut then);
                    yes_exit = Exit::Ends;
                } else {
                    self.state = no_state;
                    no_exit = self.rest(behind, &mut otherwise);
                    no_state = std::mem::take(&mut self.state);
                }
            }
            (Exit::Falls, Exit::Gives(result)) => {
                if enclosed {
                    let result = result.clone();
                    self.leave_with(result, location, &mut otherwise);
                    no_exit = Exit::Ends;
                } else {
                    self.state = yes_state;
                    yes_exit = self.rest(behind, &mut then);
                    yes_state = std::mem::take(&mut self.state);
                }
            }
            (Exit::Turn, Exit::Falls) => {
                self.state = no_state;
                no_exit = self.rest(behind, &mut otherwise);
                no_state = std::mem::take(&mut self.state);
            }
            (Exit::Falls, Exit::Turn) => {
                self.state = yes_state;
                yes_exit = self.rest(behind, &mut then);
                yes_state = std::mem::take(&mut self.state);
            }
            _ => {}
        }
        if enclosed {
            for (exit, steps) in [(&mut yes_exit, &mut then), (&mut no_exit, &mut otherwise)] {
                if let Exit::Gives(result) = exit {
                    let result = result.clone();
                    self.leave_with(result, location, steps);
                    *exit = Exit::Ends;
                }
            }
        }
        let exit = match (yes_exit, no_exit) {
            (Exit::Ends, Exit::Ends) => {
                self.state = yes_state;
                Exit::Ends
            }
            (exit, Exit::Ends) => {
                self.state = yes_state;
                exit
            }
            (Exit::Ends, exit) => {
                self.state = no_state;
                exit
            }
            (Exit::Gives(first), Exit::Gives(second)) => {
                self.state = self.join(condition, yes_state, no_state);
                Exit::Gives(Term::choice(condition, &first, &second))
            }
            (Exit::Turn, Exit::Turn) => {
                self.state = self.join(condition, yes_state, no_state);
                Exit::Turn
            }
            _ => {
                self.state = self.join(condition, yes_state, no_state);
                Exit::Falls
            }
        };
        push_branch(condition, location, then, otherwise, out);
        exit
    }

    /// What the variables of the innermost loop are now.
    fn carried_now(&mut self) -> Term {
        let names = self.frames.last().map(|frame| frame.carried.clone()).unwrap_or_default();
        let mut digest = DigestBuilder::new("carried now");
        for name in names {
            let now = self.state.names.get(&name);
            digest.digest(now.map_or_else(|| Digest::of_text("unbound", ""), Term::digest));
        }
        Term::new(digest.finish(), "")
    }

    /// A result that is given while other ways go on inside a loop or block.
    pub(crate) fn leave_with(&mut self, result: Term, location: Location, out: &mut Vec<Step>) {
        out.push(Step::end(Ending::Leave, Some(&result), location));
        if let Some(frame) = self.frame() {
            frame.left_with.push(result);
        }
    }

    fn give(&mut self, value: Option<&Expr>, location: Location, out: &mut Vec<Step>) -> Exit {
        let is_root = self.frames.last().is_some_and(|frame| frame.is_root);
        if is_root
            && let Some(value) = value
            && let Some(exit) = self.tail_call(value, out)
        {
            return exit;
        }
        let term = match value {
            Some(value) => self.expression(value, out),
            None => Term::none(),
        };
        if ends(out) {
            return Exit::Ends;
        }
        if is_root {
            out.push(Step::end(Ending::Return, Some(&term), location));
            return Exit::Ends;
        }
        Exit::Gives(term)
    }

    fn raised(&mut self, exception: &Expr, out: &mut Vec<Step>) -> Term {
        let term = self.expression(exception, out);
        // `raise Error` and `raise Error()` are the same.
        match term.value().map(|value| value.kind()) {
            Some(fastwright_python::value::Kind::Class(_) | fastwright_python::value::Kind::External(_)) => {
                Term::new(self.constructed(&term, Vec::new()), term.text().to_owned())
            }
            _ => term,
        }
    }

    /// Binds a target.
    pub(crate) fn assign(&mut self, target: &Expr, term: &Term, location: Location, out: &mut Vec<Step>) {
        match &target.kind {
            ExprKind::Name(name) => {
                let is_outside = self.frames.last().is_some_and(|frame| frame.outside.contains(name));
                if is_outside {
                    let text = format!("{name} = {}", term.text());
                    let mut digest = DigestBuilder::new("set global");
                    digest.digest(term.digest());
                    let step = Term::new(digest.finish(), text);
                    out.push(Step::effect(&step, location));
                }
                self.state.names.insert(*name, term.clone());
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) => {
                let starred = targets.iter().any(|target| matches!(target.kind, ExprKind::Starred(_)));
                for (index, target) in targets.iter().enumerate() {
                    let part = match term.detail() {
                        Detail::Parts(parts) if parts.len() == targets.len() && !starred => {
                            parts[index].clone()
                        }
                        _ => {
                            let mut digest = DigestBuilder::new("part");
                            digest.digest(term.digest()).number(index as u64).number(targets.len() as u64);
                            digest.number(u64::from(starred));
                            Term::new(digest.finish(), format!("{}[{index}]", term.text()))
                        }
                    };
                    self.assign(target, &part, location, out);
                }
            }
            ExprKind::Starred(inner) => self.assign(inner, term, location, out),
            ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                let base = self.expression(base, out);
                let text = format!("{}.{name} = {}", base.text(), term.text());
                let mut digest = DigestBuilder::new("store");
                digest.digest(base.digest()).text(name.as_str()).digest(term.digest());
                let step = Term::new(digest.finish(), text);
                out.push(Step::effect(&step, location));
                self.change(Digest::of_text("attribute", name.as_str()), step.digest());
            }
            ExprKind::Subscript(parts) => {
                let base = self.expression(&parts.0, out);
                let index = self.expression(&parts.1, out);
                let text = format!("{}[{}] = {}", base.text(), index.text(), term.text());
                let step = Term::new(digest_of("store item", &[&base, &index, term]), text);
                out.push(Step::effect(&step, location));
                self.change(base.digest(), step.digest());
            }
            _ => {}
        }
    }
}

/// `name = value` right before `return name`.
fn named_result<'s>(statement: &'s Stmt, next: Option<&Stmt>) -> Option<&'s Expr> {
    let StmtKind::Assign { targets, value } = &statement.kind else { return None };
    let [target] = &**targets else { return None };
    let StmtKind::Return(Some(given)) = &next?.kind else { return None };
    match (&target.kind, &given.kind) {
        (ExprKind::Name(name), ExprKind::Name(given)) if name == given => Some(value),
        _ => None,
    }
}

/// The operands of `a and b`.
fn parts_of(test: &Expr) -> Option<&[Expr]> {
    match &test.kind {
        ExprKind::And(parts) => Some(parts),
        _ => None,
    }
}

/// Adds a decision; one that leads to nothing says nothing, and one inside of another with the same way out is
/// one decision.
pub(crate) fn push_branch(
    condition: &Term,
    location: Location,
    then: Vec<Step>,
    otherwise: Vec<Step>,
    out: &mut Vec<Step>,
) {
    if then.is_empty() && otherwise.is_empty() {
        return;
    }
    let (condition, text) = (condition.digest(), condition.text());
    out.push(joined(condition, text, location, then, otherwise));
}

/// A decision, joined with the one inside of it where both have the same way out.
pub(crate) fn joined(
    condition: Digest,
    text: &str,
    location: Location,
    mut then: Vec<Step>,
    mut otherwise: Vec<Step>,
) -> Step {
    for holds in [true, false] {
        let (way, other) = if holds { (&mut then, &otherwise) } else { (&mut otherwise, &then) };
        let [Step::Branch { then: inner_then, otherwise: inner_otherwise, .. }] = way.as_slice() else {
            continue;
        };
        let other_digest = digest_of_steps(other);
        let inner_holds = if digest_of_steps(inner_otherwise) == other_digest {
            true
        } else if digest_of_steps(inner_then) == other_digest {
            false
        } else {
            continue;
        };
        let Some(Step::Branch { condition: inner, text: inner_text, then: yes, otherwise: no, .. }) =
            way.pop()
        else {
            continue;
        };
        let both = digest_of_both(literal(condition, holds), literal(inner, inner_holds));
        let words = |text: &str, holds: bool| {
            if holds { text.to_owned() } else { super::step::opposite(text) }
        };
        let text = format!("{} and {}", words(text, holds), words(&inner_text, inner_holds));
        let (then, otherwise) = if inner_holds { (yes, no) } else { (no, yes) };
        return Step::Branch { condition: both, text: text.into(), location, then, otherwise };
    }
    Step::Branch { condition, text: text.into(), location, then, otherwise }
}
