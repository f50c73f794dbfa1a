//! Statements: what they do to names, and where control goes.

use super::branches::{Branch, Changes};
use super::exceptions::always_raises;
use super::{ActiveCondition, Interpreter, Mode, Raised};
use crate::ir::*;
use crate::location::Span;
use crate::value::*;
use std::sync::Arc;

/// Where control goes after a statement; the weaker comes first when branches are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flow {
    Normal,
    Continue,
    Break,
    Return,
}

pub(crate) type Executed = Result<Flow, Box<Raised>>;

impl Interpreter<'_> {
    pub(crate) fn execute_block(&mut self, body: &[Stmt]) -> Executed {
        for statement in body {
            let flow = self.execute(statement)?;
            if flow != Flow::Normal {
                return Ok(flow);
            }
        }
        Ok(Flow::Normal)
    }

    pub(crate) fn execute(&mut self, statement: &Stmt) -> Executed {
        if !self.step() {
            self.uncertainties += 1;
            return Ok(Flow::Return);
        }
        match &statement.kind {
            StmtKind::Expr(value) => {
                self.evaluate(value)?;
            }
            StmtKind::Assign { targets, value } => {
                let value = self.evaluate(value)?;
                for target in targets {
                    self.assign(target, value.clone())?;
                }
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                self.annotated_assignment(target, annotation, value.as_deref())?
            }
            StmtKind::AugAssign { target, operator, value } => {
                let old = self.evaluate(target)?;
                let operand = self.evaluate(value)?;
                let new = self.augmented(*operator, old, operand, statement.span);
                self.assign(target, new)?;
            }
            StmtKind::Function(definition) => {
                let value = self.define_function(definition)?;
                self.bind(definition.name, value);
            }
            StmtKind::Class(definition) => {
                let value = self.define_class(definition)?;
                self.bind(definition.name, value);
            }
            StmtKind::Import(names) => self.execute_import(names, statement.span)?,
            StmtKind::ImportFrom { level, module, names } => {
                self.execute_import_from(*level, *module, names, statement.span)?;
            }
            StmtKind::If { test, body, orelse } => return self.execute_if(test, body, orelse),
            StmtKind::Return(value) => {
                let value = match value {
                    Some(value) => self.evaluate(value)?,
                    None => Value::NONE,
                };
                self.record_return(&value, statement.span);
                self.frame_mut().returns.push(value);
                return Ok(Flow::Return);
            }
            StmtKind::For { target, iterable, body, orelse, .. } => {
                return self.execute_for(target, iterable, body, orelse);
            }
            StmtKind::While { test, body, orelse } => return self.execute_while(test, body, orelse),
            StmtKind::With { items, body, .. } => return self.execute_with(items, body),
            StmtKind::Match { subject, cases } => return self.execute_match(subject, cases),
            StmtKind::Raise { exception, .. } => {
                let value = match exception {
                    Some(exception) => self.evaluate(exception)?,
                    None => {
                        let handling = self.frame().handling.last().cloned();
                        handling.unwrap_or_else(|| Value::unknown("nothing is being handled", None))
                    }
                };
                let location = self.here(statement.span);
                self.record_raise(&value, exception.is_none(), location);
                if self.mode == Mode::Probe {
                    self.probed_raises.push(Raised { value: value.clone(), location });
                }
                return self.raise(Raised { value, location });
            }
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                return self.execute_try(body, handlers, orelse, finalbody);
            }
            StmtKind::Assert { test, .. } => {
                self.evaluate(test)?;
            }
            StmtKind::Global(names) => {
                let scope = self.frame().scope;
                self.scopes[scope.0 as usize].globals.extend(names.iter().copied());
            }
            StmtKind::Nonlocal(names) => {
                let scope = self.frame().scope;
                self.scopes[scope.0 as usize].nonlocals.extend(names.iter().copied());
            }
            StmtKind::Delete(targets) => {
                for target in targets {
                    self.delete(target)?;
                }
            }
            StmtKind::TypeAlias { name, value, type_parameters } => {
                let alias = self.with_type_parameters(type_parameters, |interpreter| {
                    interpreter.type_alias(*name, value, type_parameters, statement.span)
                })?;
                self.bind(*name, alias);
            }
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::Pass => {}
        }
        Ok(Flow::Normal)
    }

    /// Runs something in a scope where the type parameters of PEP 695 are names.
    pub(crate) fn with_type_parameters<T>(
        &mut self,
        parameters: &[TypeParameter],
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if parameters.is_empty() {
            return run(self);
        }
        let outer = self.frame().scope;
        let module = self.frame().module;
        let scope = self.new_scope(Some(outer), module, false);
        self.frame_mut().scope = scope;
        for parameter in parameters {
            let value = self.type_parameter(parameter);
            self.scopes[scope.0 as usize].names.insert(parameter.name, value);
        }
        let result = run(self);
        self.frame_mut().scope = outer;
        result
    }

    fn annotated_assignment(
        &mut self,
        target: &Expr,
        annotation: &Arc<Expr>,
        value: Option<&Expr>,
    ) -> Result<(), Box<Raised>> {
        if let (Some(class), ExprKind::Name(name)) = (self.frame().class_body, &target.kind) {
            let written = Annotation::Written {
                expression: Arc::clone(annotation),
                scope: self.frame().scope,
                module: self.frame().module,
            };
            let location = self.here(target.span);
            // Another branch may say something else, or nothing.
            let written = match self.conditions.len() > self.frame().conditions {
                true => Annotation::Given(Value::unknown(
                    "how it is annotated depends on a condition that is not decided",
                    Some(location),
                )),
                false => written,
            };
            if let Object::Class(class) = self.object_mut(class) {
                class.annotations.insert(*name, (written, location));
            }
        }
        if let Some(value) = value {
            let value = self.evaluate(value)?;
            self.assign(target, value)?;
        }
        let frame = self.frame();
        if frame.function.is_none() || frame.class_body.is_some() {
            self.annotation_stands_here(annotation);
        }
        Ok(())
    }

    fn execute_if(&mut self, test: &Expr, body: &[Stmt], orelse: &[Stmt]) -> Executed {
        let value = self.evaluate(test)?;
        let location = self.here(test.span);
        if let (Some(truth), setting) = self.decide_with_setting(&value) {
            let (taken, left_out) = if truth { (body, orelse) } else { (orelse, body) };
            let Some(setting) = setting else { return self.execute_block(taken) };
            // A default with which the program would not even start is not what it runs with.
            if self.mode == Mode::Import && always_raises(taken) && !always_raises(left_out) {
                return self.execute_block(left_out);
            }
            let setting = self.setting_name(setting).to_owned();
            let condition =
                ActiveCondition { location, negated: !truth, setting: Some(setting), startup: false };
            if self.mode == Mode::Import && !left_out.is_empty() {
                let opposite = ActiveCondition { negated: truth, ..condition.clone() };
                self.library.left_out(self, left_out, &opposite);
            }
            let conditions_before = self.conditions.len();
            self.conditions.push(condition);
            let flow = self.execute_block(taken);
            self.conditions.truncate(conditions_before);
            return flow;
        }
        self.record_condition(&value, test.span);
        if self.mode == Mode::Import {
            // While modules are imported, a branch that only fails is the one that was not taken.
            match (always_raises(body), always_raises(orelse)) {
                (true, false) => return self.execute_block(orelse),
                (false, true) => return self.execute_block(body),
                _ => {}
            }
        }
        self.branches(vec![
            Branch {
                condition: Some(ActiveCondition { location, negated: false, setting: None, startup: false }),
                body,
                prepare: None,
            },
            Branch {
                condition: Some(ActiveCondition { location, negated: true, setting: None, startup: false }),
                body: orelse,
                prepare: None,
            },
        ])
    }

    fn execute_for(&mut self, target: &Expr, iterable: &Expr, body: &[Stmt], orelse: &[Stmt]) -> Executed {
        let sequence = self.evaluate(iterable)?;
        let Some(items) = self.elements(&sequence) else {
            let element = self.element_of(&sequence);
            return self.loop_once(iterable.span, body, |interpreter| interpreter.assign(target, element));
        };
        let rounds = if self.mode == Mode::Summary { 6 } else { self.limits.loop_rounds };
        if items.len() > rounds {
            self.note(
                format!("a loop has {} rounds, only {rounds} are evaluated", items.len()),
                self.here(iterable.span),
            );
        }
        let conditions_before = self.conditions.len();
        for item in items.into_iter().take(rounds) {
            self.assign(target, item)?;
            let flow = self.execute_block(body)?;
            self.conditions.truncate(conditions_before);
            match flow {
                Flow::Break => return Ok(Flow::Normal),
                Flow::Return => return Ok(Flow::Return),
                Flow::Normal | Flow::Continue => {}
            }
            if !self.step() {
                return Ok(Flow::Return);
            }
        }
        self.execute_block(orelse)
    }

    /// A loop whose rounds are not known: its body runs once, or not at all.
    fn loop_once(
        &mut self,
        condition: Span,
        body: &[Stmt],
        prepare: impl FnOnce(&mut Self) -> Result<(), Box<Raised>>,
    ) -> Executed {
        let mark = self.begin_branches();
        let location = self.here(condition);
        let conditions_before = self.conditions.len();
        self.conditions.push(ActiveCondition { location, negated: false, setting: None, startup: false });
        self.enter_branch();
        let result = prepare(self).and_then(|()| self.execute_block(body));
        self.leave_branch();
        self.conditions.truncate(conditions_before);
        let changes = self.take_changes(mark);
        if matches!(result, Ok(Flow::Normal | Flow::Continue | Flow::Break)) {
            let joined = self.join_changes(&[changes, Changes::default()]);
            self.apply_changes(joined);
        }
        self.end_branches();
        Ok(Flow::Normal)
    }

    fn execute_while(&mut self, test: &Expr, body: &[Stmt], orelse: &[Stmt]) -> Executed {
        let rounds = if self.mode == Mode::Summary { 1 } else { self.limits.loop_rounds.min(1_000) };
        for _ in 0..rounds {
            let exits = self.undecided_exits;
            let value = self.evaluate(test)?;
            match self.decide(&value) {
                Some(false) => return self.execute_block(orelse),
                None => return self.loop_once(test.span, body, |_| Ok(())),
                Some(true) => {
                    let conditions_before = self.conditions.len();
                    let flow = self.execute_block(body)?;
                    self.conditions.truncate(conditions_before);
                    match flow {
                        Flow::Break => return Ok(Flow::Normal),
                        Flow::Return => return Ok(Flow::Return),
                        Flow::Normal | Flow::Continue => {}
                    }
                }
            }
            if !self.step() {
                return Ok(Flow::Return);
            }
            if self.undecided_exits != exits {
                // The loop may have ended in this round: that it goes on is known no better.
                break;
            }
        }
        Ok(Flow::Normal)
    }
}
