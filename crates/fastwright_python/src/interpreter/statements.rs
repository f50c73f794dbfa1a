//! Statements: what they do to names, and where control goes.

use super::{ActiveCondition, Interpreter, Mode, Raised, SkippedBranch};
use crate::ir::*;
use crate::location::Span;
use crate::value::*;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use ustr::Ustr;

/// Where control goes after a statement; the weaker comes first when branches are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Flow {
    Normal,
    Continue,
    Break,
    Return,
}

pub(crate) type Executed = Result<Flow, Box<Raised>>;

type Names = FxHashMap<Ustr, Value>;

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
                self.annotated_assignment(target, annotation, value)?
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
                let value =
                    self.with_type_parameters(type_parameters, |interpreter| interpreter.evaluate(value))?;
                self.bind(*name, value);
            }
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::Pass => {}
        }
        Ok(Flow::Normal)
    }

    /// Raises. While modules are imported, what nobody catches would end the program: since the program
    /// runs, the way that led here is not taken, and evaluation goes on behind it.
    fn raise(&mut self, raised: Raised) -> Executed {
        if self.mode != Mode::Import || self.catching > 0 {
            return Err(Box::new(raised));
        }
        let abstract_method = Value::external("builtins.NotImplementedError");
        if self.exception_matches(&raised.value, &abstract_method) != Some(true) {
            let what = self.describe_exception(&raised.value);
            self.note(format!("{what} seems to be raised while the program starts"), raised.location);
        }
        self.frame_mut().raised = true;
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
        for parameter in parameters {
            let value = Value::symbolic(Symbolic::Call {
                callee: Value::external("typing.TypeVar"),
                arguments: Arguments {
                    positional: vec![Value::str(&parameter.name)],
                    ..Arguments::default()
                },
                site: self.here(Span::default()),
            });
            self.scopes[scope.0 as usize].names.insert(parameter.name, value);
        }
        self.frame_mut().scope = scope;
        let result = run(self);
        self.frame_mut().scope = outer;
        result
    }

    fn annotated_assignment(
        &mut self,
        target: &Expr,
        annotation: &Arc<Expr>,
        value: &Option<Expr>,
    ) -> Result<(), Box<Raised>> {
        if let (Some(class), ExprKind::Name(name)) = (self.frame().class_body, &target.kind) {
            let written = Annotation::Written {
                expression: Arc::clone(annotation),
                scope: self.frame().scope,
                module: self.frame().module,
            };
            let location = self.here(target.span);
            if let Object::Class(class) = self.object_mut(class) {
                class.annotations.insert(*name, (written, location));
            }
        }
        if let Some(value) = value {
            let value = self.evaluate(value)?;
            self.assign(target, value)?;
        }
        Ok(())
    }

    fn execute_if(&mut self, test: &Expr, body: &[Stmt], orelse: &[Stmt]) -> Executed {
        let value = self.evaluate(test)?;
        let location = self.here(test.span);
        if let Some(truth) = self.truth(&value) {
            let (taken, left_out) = if truth { (body, orelse) } else { (orelse, body) };
            let Some(setting) = value.configurable else { return self.execute_block(taken) };
            // A default with which the program would not even start is not what it runs with.
            if self.mode == Mode::Import && always_raises(taken) && !always_raises(left_out) {
                return self.execute_block(left_out);
            }
            let setting = self.setting_name(setting).to_owned();
            if let (Some(first), Some(last)) = (left_out.first(), left_out.last()) {
                let body = Span::new(first.span.start, last.span.end);
                self.skipped.push(SkippedBranch {
                    condition: location,
                    body,
                    setting: setting.clone(),
                    default: truth,
                });
            }
            self.conditions.push(ActiveCondition { location, negated: !truth, setting: Some(setting) });
            let flow = self.execute_block(taken);
            self.conditions.pop();
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
                condition: Some(ActiveCondition { location, negated: false, setting: None }),
                body,
                prepare: None,
            },
            Branch {
                condition: Some(ActiveCondition { location, negated: true, setting: None }),
                body: orelse,
                prepare: None,
            },
        ])
    }

    pub(crate) fn snapshot(&self) -> Names {
        self.scopes[self.frame().scope.0 as usize].names.clone()
    }

    fn replace_names(&mut self, names: Names) -> Names {
        let scope = self.frame().scope;
        std::mem::replace(&mut self.scopes[scope.0 as usize].names, names)
    }

    /// Evaluates branches of which one is taken, each from the same names, and joins what they leave.
    fn branches(&mut self, branches: Vec<Branch<'_>>) -> Executed {
        let before = self.snapshot();
        let mut joined: Option<Names> = None;
        let mut flows: Vec<Flow> = Vec::new();
        let mut raised = None;
        for branch in branches {
            self.replace_names(before.clone());
            let conditional = branch.condition.is_some();
            if let Some(condition) = branch.condition {
                self.conditions.push(condition);
            }
            self.enter_branch();
            let result = match branch.prepare {
                Some(bindings) => {
                    for (name, value) in bindings {
                        self.bind(name, value);
                    }
                    self.execute_block(branch.body)
                }
                None => self.execute_block(branch.body),
            };
            self.leave_branch();
            if conditional {
                self.conditions.pop();
            }
            match result {
                Ok(Flow::Normal) => {
                    flows.push(Flow::Normal);
                    let after = self.replace_names(Names::default());
                    joined = Some(match joined {
                        None => after,
                        Some(earlier) => join_names(earlier, after),
                    });
                }
                Ok(flow) => flows.push(flow),
                Err(error) => raised = Some(error),
            }
        }
        match joined {
            Some(names) => {
                self.undecided_exits += u32::from(flows.iter().any(|flow| *flow != Flow::Normal));
                self.replace_names(names);
                Ok(Flow::Normal)
            }
            None => {
                self.replace_names(before);
                match (flows.into_iter().min(), raised) {
                    (Some(flow), _) => Ok(flow),
                    (None, Some(error)) => Err(error),
                    (None, None) => Ok(Flow::Normal),
                }
            }
        }
    }

    fn execute_with(&mut self, items: &[WithItem], body: &[Stmt]) -> Executed {
        let mut suppressed = Vec::new();
        for item in items {
            let context = self.evaluate(&item.context)?;
            if let Some(Symbolic::Call { callee, arguments, .. }) = context.as_symbolic()
                && callee.as_external().is_some_and(|name| name == "contextlib.suppress")
            {
                suppressed.extend(arguments.positional.iter().cloned());
                continue;
            }
            let entered = self.enter_context(&context, item.context.span)?;
            if let Some(target) = &item.target {
                self.assign(target, entered)?;
            }
        }
        if suppressed.is_empty() || self.mode == Mode::Summary {
            return self.execute_block(body);
        }
        let suppressed = Value::tuple(suppressed);
        let import_error = Value::external("builtins.ModuleNotFoundError");
        let guards = self.import_guards;
        self.import_guards += u32::from(self.is_subclass(&import_error, &suppressed) == Some(true));
        self.catching += 1;
        let conditions = self.conditions.len();
        let executed = self.execute_block(body);
        self.catching -= 1;
        self.import_guards = guards;
        match executed {
            Err(raised) if self.exception_matches(&raised.value, &suppressed) != Some(false) => {
                self.conditions.truncate(conditions);
                Ok(Flow::Normal)
            }
            Err(raised) => self.raise(*raised),
            executed => executed,
        }
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
        for item in items.into_iter().take(rounds) {
            self.assign(target, item)?;
            match self.execute_block(body)? {
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
        let before = self.snapshot();
        let location = self.here(condition);
        self.conditions.push(ActiveCondition { location, negated: false, setting: None });
        self.enter_branch();
        let result = prepare(self).and_then(|()| self.execute_block(body));
        self.leave_branch();
        self.conditions.pop();
        if matches!(result, Ok(Flow::Normal | Flow::Continue | Flow::Break)) {
            let after = self.replace_names(Names::default());
            self.replace_names(join_names(after, before));
        } else {
            self.replace_names(before);
        }
        Ok(Flow::Normal)
    }

    fn execute_while(&mut self, test: &Expr, body: &[Stmt], orelse: &[Stmt]) -> Executed {
        let rounds = if self.mode == Mode::Summary { 1 } else { self.limits.loop_rounds.min(1_000) };
        for _ in 0..rounds {
            let exits = self.undecided_exits;
            let value = self.evaluate(test)?;
            match self.truth(&value) {
                Some(false) => return self.execute_block(orelse),
                None => return self.loop_once(test.span, body, |_| Ok(())),
                Some(true) => match self.execute_block(body)? {
                    Flow::Break => return Ok(Flow::Normal),
                    Flow::Return => return Ok(Flow::Return),
                    Flow::Normal | Flow::Continue => {}
                },
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

    fn execute_try(
        &mut self,
        body: &[Stmt],
        handlers: &[Handler],
        orelse: &[Stmt],
        finalbody: &[Stmt],
    ) -> Executed {
        let result = if self.mode == Mode::Summary {
            self.try_in_summary(body, handlers, orelse)
        } else if self.mode == Mode::Probe {
            self.try_in_probe(body, handlers, orelse)
        } else {
            let before = self.conditions.len();
            let guards = self.import_guards;
            self.import_guards += u32::from(handlers.iter().any(|handler| expects_import_error(handler)));
            self.catching += u32::from(!handlers.is_empty());
            let executed = self.execute_block(body);
            self.catching -= u32::from(!handlers.is_empty());
            self.import_guards = guards;
            match executed {
                Ok(Flow::Normal) => self.execute_block(orelse),
                Ok(flow) => Ok(flow),
                Err(raised) => {
                    self.conditions.truncate(before);
                    match self.handle(*raised, handlers) {
                        Err(raised) => self.raise(*raised),
                        handled => handled,
                    }
                }
            }
        };
        if finalbody.is_empty() {
            return result;
        }
        match self.execute_block(finalbody)? {
            Flow::Normal => result,
            flow => Ok(flow),
        }
    }

    /// In a probe a body raises when it certainly does, and may raise when it calls what is not followed.
    fn try_in_probe(&mut self, body: &[Stmt], handlers: &[Handler], orelse: &[Stmt]) -> Executed {
        let unfollowed = self.unfollowed_calls;
        let before = self.snapshot();
        let raises = self.probed_raises.len();
        match self.execute_block(body) {
            Err(raised) => {
                // What is caught here is not met by the caller.
                let matched = handlers.iter().any(|handler| handler.exception.is_some());
                if matched {
                    self.probed_raises.truncate(raises);
                }
                let outcome = self.handle(*raised.clone(), handlers);
                if let Err(again) = &outcome
                    && again.location == raised.location
                {
                    self.probed_raises.push(*raised);
                }
                outcome
            }
            Ok(flow) => {
                let main = match flow {
                    Flow::Normal => self.execute_block(orelse),
                    flow => Ok(flow),
                };
                if self.unfollowed_calls == unfollowed {
                    return main;
                }
                let after_main = self.snapshot();
                let mut weakest = main.as_ref().ok().copied();
                let mut joined = matches!(main, Ok(Flow::Normal)).then_some(after_main);
                for handler in handlers {
                    self.replace_names(before.clone());
                    let exception = match &handler.exception {
                        Some(class) => self.evaluate(class)?,
                        None => Value::external("builtins.BaseException"),
                    };
                    let caught = self.caught_exception(&exception, handler.span);
                    self.frame_mut().handling.push(caught.clone());
                    if let Some(name) = handler.name {
                        self.bind(name, caught);
                    }
                    let result = self.execute_block(&handler.body);
                    self.frame_mut().handling.pop();
                    if let Ok(flow) = result {
                        weakest = Some(weakest.map_or(flow, |known| known.min(flow)));
                        if flow == Flow::Normal {
                            let after = self.snapshot();
                            joined = Some(match joined {
                                None => after,
                                Some(earlier) => join_names(earlier, after),
                            });
                        }
                    }
                }
                if let Some(names) = joined {
                    self.replace_names(names);
                }
                match weakest {
                    Some(flow) => Ok(flow),
                    None => main,
                }
            }
        }
    }

    /// In a summary any statement may raise: every handler is walked beside the undisturbed way.
    fn try_in_summary(&mut self, body: &[Stmt], handlers: &[Handler], orelse: &[Stmt]) -> Executed {
        let before = self.snapshot();
        let main = self.execute_block(body).and_then(|flow| match flow {
            Flow::Normal => self.execute_block(orelse),
            flow => Ok(flow),
        });
        let after_main = self.snapshot();
        let mut joined = matches!(main, Ok(Flow::Normal)).then(|| after_main.clone());
        let mut weakest = main.as_ref().ok().copied();
        let disturbed = join_names(before, after_main);
        for handler in handlers {
            self.replace_names(disturbed.clone());
            self.enter_branch();
            let exception = match &handler.exception {
                Some(class) => self.evaluate(class)?,
                None => Value::external("builtins.BaseException"),
            };
            let caught = self.caught_exception(&exception, handler.span);
            self.frame_mut().handling.push(caught.clone());
            if let Some(name) = handler.name {
                self.bind(name, caught);
            }
            let result = self.execute_block(&handler.body);
            self.frame_mut().handling.pop();
            self.leave_branch();
            if let Ok(flow) = result {
                weakest = Some(weakest.map_or(flow, |known| known.min(flow)));
                if flow == Flow::Normal {
                    let after = self.snapshot();
                    joined = Some(match joined {
                        None => after,
                        Some(earlier) => join_names(earlier, after),
                    });
                }
            }
        }
        if let Some(names) = joined {
            self.replace_names(names);
        }
        match (weakest, main) {
            (Some(flow), _) => Ok(flow),
            (None, main) => main,
        }
    }

    /// The value that `except Class as name` binds.
    fn caught_exception(&mut self, class: &Value, span: Span) -> Value {
        let site = self.here(span);
        let classes = match &class.kind {
            Kind::Tuple(items) => items.to_vec(),
            _ => class.alternatives().to_vec(),
        };
        Value::union(classes.into_iter().map(|class| {
            Value::symbolic(Symbolic::Call { callee: class, arguments: Arguments::default(), site })
        }))
    }

    fn handle(&mut self, raised: Raised, handlers: &[Handler]) -> Executed {
        for handler in handlers {
            let matches = match &handler.exception {
                None => true,
                Some(class) => {
                    let class = self.evaluate(class)?;
                    self.exception_matches(&raised.value, &class) != Some(false)
                }
            };
            if matches {
                if let Some(name) = handler.name {
                    self.bind(name, raised.value.clone());
                }
                self.frame_mut().handling.push(raised.value);
                let result = self.execute_block(&handler.body);
                self.frame_mut().handling.pop();
                return result;
            }
        }
        Err(Box::new(raised))
    }

    /// Whether an exception is caught by `except class`, when that is decided.
    pub fn exception_matches(&mut self, exception: &Value, class: &Value) -> Option<bool> {
        if let Kind::Tuple(classes) = &class.kind {
            let mut answer = Some(false);
            for class in classes.iter() {
                match self.exception_matches(exception, class) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => answer = None,
                }
            }
            return answer;
        }
        let made = match &exception.kind {
            Kind::Class(_) | Kind::External(_) => exception.clone(),
            _ => self.class_of(exception)?,
        };
        self.is_subclass(&made, class)
    }

    fn execute_match(&mut self, subject: &Expr, cases: &[MatchCase]) -> Executed {
        let value = self.evaluate(subject)?;
        let mut possible: Vec<(&MatchCase, Vec<(Ustr, Value)>)> = Vec::new();
        let mut exhausted = false;
        for case in cases {
            let mut bindings = Vec::new();
            let matched = self.pattern_matches(&case.pattern, &value, &mut bindings)?;
            if matched == Some(false) {
                continue;
            }
            possible.push((case, bindings));
            if matched == Some(true) && case.guard.is_none() {
                exhausted = true;
                break;
            }
        }
        if exhausted && possible.len() == 1 {
            let (case, bindings) = possible.remove(0);
            for (name, value) in bindings {
                self.bind(name, value);
            }
            return self.execute_block(&case.body);
        }
        let location = self.here(subject.span);
        let mut branches: Vec<Branch<'_>> = Vec::new();
        for (case, bindings) in possible {
            if let Some(guard) = &case.guard {
                for (name, value) in &bindings {
                    self.bind(*name, value.clone());
                }
                self.evaluate(guard)?;
            }
            branches.push(Branch {
                condition: Some(ActiveCondition { location, negated: false, setting: None }),
                body: &case.body,
                prepare: Some(bindings),
            });
        }
        if !exhausted {
            branches.push(Branch {
                condition: Some(ActiveCondition { location, negated: true, setting: None }),
                body: &[],
                prepare: None,
            });
        }
        self.branches(branches)
    }

    fn pattern_matches(
        &mut self,
        pattern: &Pattern,
        subject: &Value,
        bindings: &mut Vec<(Ustr, Value)>,
    ) -> Result<Option<bool>, Box<Raised>> {
        Ok(match pattern {
            Pattern::Value(expression) => {
                let value = self.evaluate(expression)?;
                let equal = self.compare_values(Comparison::Equal, subject, &value, expression.span);
                self.truth(&equal)
            }
            Pattern::As { pattern: None, name: None } => Some(true),
            Pattern::As { pattern, name } => {
                let matched = match pattern {
                    Some(pattern) => self.pattern_matches(pattern, subject, bindings)?,
                    None => Some(true),
                };
                if let Some(name) = name {
                    bindings.push((*name, subject.clone()));
                }
                matched
            }
            Pattern::Or(patterns) => {
                let mut answer = Some(false);
                for pattern in patterns {
                    match self.pattern_matches(pattern, subject, bindings)? {
                        Some(true) => return Ok(Some(true)),
                        Some(false) => {}
                        None => answer = None,
                    }
                }
                answer
            }
            Pattern::Sequence(patterns) => {
                let Some(items) = self.elements(subject) else {
                    for pattern in patterns {
                        let element = self.element_of(subject);
                        self.pattern_matches(pattern, &element, bindings)?;
                    }
                    return Ok(None);
                };
                if patterns.iter().any(|pattern| matches!(pattern, Pattern::Star(_))) {
                    return Ok(None);
                }
                if items.len() != patterns.len() {
                    return Ok(Some(false));
                }
                let mut answer = Some(true);
                for (pattern, item) in patterns.iter().zip(items) {
                    match self.pattern_matches(pattern, &item, bindings)? {
                        Some(false) => return Ok(Some(false)),
                        None => answer = None,
                        Some(true) => {}
                    }
                }
                answer
            }
            Pattern::Mapping { patterns, rest, .. } => {
                for pattern in patterns {
                    let element = self.element_of(subject);
                    self.pattern_matches(pattern, &element, bindings)?;
                }
                if let Some(rest) = rest {
                    bindings.push((*rest, subject.clone()));
                }
                None
            }
            Pattern::Class { class, positional, keywords } => {
                let class = self.evaluate(class)?;
                for pattern in positional {
                    let element = self.element_of(subject);
                    self.pattern_matches(pattern, &element, bindings)?;
                }
                for (name, pattern) in keywords {
                    let member = self.attribute(subject, *name, Span::default());
                    self.pattern_matches(pattern, &member, bindings)?;
                }
                let subject_class = self.class_of(subject);
                match subject_class.and_then(|made| self.is_subclass(&made, &class)) {
                    Some(true) if positional.is_empty() && keywords.is_empty() => Some(true),
                    Some(false) => Some(false),
                    _ => None,
                }
            }
            Pattern::Star(name) => {
                if let Some(name) = name {
                    bindings.push((*name, subject.clone()));
                }
                None
            }
        })
    }

    /// Binds a target of an assignment.
    pub(crate) fn assign(&mut self, target: &Expr, value: Value) -> Result<(), Box<Raised>> {
        match &target.kind {
            ExprKind::Name(name) => {
                if let Some(class) = self.frame().class_body {
                    let location = self.here(target.span);
                    if let Object::Class(class) = self.object_mut(class) {
                        class.assignments.insert(*name, location);
                    }
                }
                self.bind(*name, value);
            }
            ExprKind::Attribute(base, name) => {
                let base = self.evaluate(base)?;
                self.record_store(&base, *name, &value, target.span);
                self.set_attribute(&base, *name, value);
            }
            ExprKind::Subscript(base, index) => {
                let base = self.evaluate(base)?;
                let index = self.evaluate(index)?;
                self.record_item_store(&base, &index, &value, target.span);
                self.set_item(&base, index, value);
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) => {
                let items = self.elements(&value);
                let star = targets.iter().position(|target| matches!(target.kind, ExprKind::Starred(_)));
                for (position, target) in targets.iter().enumerate() {
                    let (target, item) = match (&target.kind, &items, star) {
                        (ExprKind::Starred(inner), Some(items), _) => {
                            let behind = targets.len() - position - 1;
                            let end = items.len().saturating_sub(behind).max(position.min(items.len()));
                            let middle = items.get(position..end).map(<[Value]>::to_vec).unwrap_or_default();
                            (inner.as_ref(), self.list(middle))
                        }
                        (ExprKind::Starred(inner), None, _) => (inner.as_ref(), self.element_of(&value)),
                        (_, Some(items), Some(star)) if position > star => {
                            let from_end = targets.len() - position;
                            let item =
                                items.len().checked_sub(from_end).and_then(|index| items.get(index).cloned());
                            (target, item.unwrap_or(Value::NONE))
                        }
                        (_, Some(items), _) => (
                            target,
                            items.get(position).cloned().unwrap_or_else(|| {
                                Value::unknown("there are fewer values than targets", None)
                            }),
                        ),
                        (_, None, _) => {
                            let item = Value::symbolic(Symbolic::Item {
                                base: value.clone(),
                                index: Value::int(position as i64),
                            });
                            (target, self.unpacked(&value, position).unwrap_or(item))
                        }
                    };
                    self.assign(target, item)?;
                }
            }
            ExprKind::Starred(inner) => self.assign(inner, value)?,
            _ => {}
        }
        Ok(())
    }

    fn delete(&mut self, target: &Expr) -> Result<(), Box<Raised>> {
        match &target.kind {
            ExprKind::Name(name) => self.unbind(*name),
            ExprKind::Attribute(base, name) => {
                let base = self.evaluate(base)?;
                if let Kind::Instance(id) = base.kind
                    && let Some(instance) = self.instance_mut(id)
                {
                    instance.attributes.shift_remove(name);
                }
            }
            ExprKind::Subscript(base, index) => {
                let base = self.evaluate(base)?;
                let index = self.evaluate(index)?;
                if let (Kind::Dict(id), Some(key)) = (&base.kind, index.key())
                    && let Object::Dict(dict) = self.object_mut(*id)
                {
                    dict.entries.shift_remove(&key);
                }
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) => {
                for target in targets {
                    self.delete(target)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Whether an `except` clause is there for imports that fail (any failure, where it names no class).
fn expects_import_error(handler: &Handler) -> bool {
    // What only passes the failure on is not prepared for it.
    handler.exception.as_ref().is_none_or(names_import_error) && !always_raises(&handler.body)
}

fn names_import_error(class: &Expr) -> bool {
    match &class.kind {
        ExprKind::Tuple(classes) => classes.iter().any(names_import_error),
        ExprKind::Name(name) => {
            matches!(name.as_str(), "ImportError" | "ModuleNotFoundError" | "Exception" | "BaseException")
        }
        _ => false,
    }
}

struct Branch<'b> {
    condition: Option<ActiveCondition>,
    body: &'b [Stmt],
    prepare: Option<Vec<(Ustr, Value)>>,
}

/// Whether a block does nothing but fail: its last statement raises or ends the process.
fn always_raises(body: &[Stmt]) -> bool {
    match body.last().map(|statement| &statement.kind) {
        Some(StmtKind::Raise { .. }) => true,
        Some(StmtKind::Expr(Expr { kind: ExprKind::Call(call), .. })) => {
            matches!(call.callee.dotted_name().as_deref(), Some("sys.exit" | "exit" | "quit" | "os._exit"))
        }
        _ => false,
    }
}

/// The names after two branches: those bound in both become alternatives; a name bound in one only keeps
/// its value, since code that uses it relies on that branch.
fn join_names(mut first: Names, second: Names) -> Names {
    for (name, value) in second {
        match first.get_mut(&name) {
            Some(known) => {
                if !known.same(&value) {
                    *known = Value::union([known.clone(), value]);
                } else if known.configurable.is_none() {
                    known.configurable = value.configurable;
                }
            }
            None => {
                first.insert(name, value);
            }
        }
    }
    first
}
