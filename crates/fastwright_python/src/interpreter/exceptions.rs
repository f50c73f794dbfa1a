//! `raise`, `try` and `with`: what is raised, who catches it.

use super::branches::{Changes, Mark};
use super::statements::{Executed, Flow};
use super::{Interpreter, Mode, Raised};
use crate::ir::*;
use crate::location::Span;
use crate::value::*;

impl Interpreter<'_> {
    /// Raises. While modules are imported, what nobody catches would end the program: since the program
    /// runs, the way that led here is not taken, and evaluation goes on behind it.
    pub(crate) fn raise(&mut self, raised: Raised) -> Executed {
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

    pub(crate) fn execute_with(&mut self, items: &[WithItem], body: &[Stmt]) -> Executed {
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

    pub(crate) fn execute_try(
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
            self.import_guards += u32::from(handlers.iter().any(expects_import_error));
            let name_guard = self.name_guard;
            if handlers.iter().any(|handler| handler.exception.as_ref().is_some_and(names_name_error)) {
                self.name_guard = self.frames.len();
            }
            self.catching += u32::from(!handlers.is_empty());
            let executed = self.execute_block(body);
            self.catching -= u32::from(!handlers.is_empty());
            self.name_guard = name_guard;
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
        let raises = self.probed_raises.len();
        let mark = self.begin_branches();
        let executed = self.execute_block(body);
        let flow = match executed {
            Err(raised) => {
                self.end_branches();
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
                return outcome;
            }
            Ok(flow) => flow,
        };
        let main = match flow {
            Flow::Normal => self.execute_block(orelse),
            flow => Ok(flow),
        };
        if self.unfollowed_calls == unfollowed {
            self.end_branches();
            return main;
        }
        let after_main = self.take_changes(mark);
        let outcome = self.handlers_beside(mark, main, after_main, Changes::default(), handlers);
        self.end_branches();
        outcome
    }

    /// In a summary any statement may raise: every handler is walked beside the undisturbed way.
    fn try_in_summary(&mut self, body: &[Stmt], handlers: &[Handler], orelse: &[Stmt]) -> Executed {
        let mark = self.begin_branches();
        let main = self.execute_block(body).and_then(|flow| match flow {
            Flow::Normal => self.execute_block(orelse),
            flow => Ok(flow),
        });
        let after_main = self.take_changes(mark);
        let disturbed = self.join_changes(&[Changes::default(), after_main.clone()]);
        let outcome = self.handlers_beside(mark, main, after_main, disturbed, handlers);
        self.end_branches();
        outcome
    }

    /// Walks every handler, each from the names that hold where the body was left, and joins what they
    /// leave with what the undisturbed way leaves.
    fn handlers_beside(
        &mut self,
        mark: Mark,
        main: Executed,
        after_main: Changes,
        disturbed: Changes,
        handlers: &[Handler],
    ) -> Executed {
        let mut weakest = main.as_ref().ok().copied();
        let mut left = Vec::with_capacity(handlers.len() + 1);
        if matches!(main, Ok(Flow::Normal)) {
            left.push(after_main);
        }
        for handler in handlers {
            self.apply_changes(disturbed.clone());
            self.enter_branch();
            let result = self.possible_handler(handler);
            self.leave_branch();
            let changes = disturbed.clone().then(self.take_changes(mark));
            if let Ok(flow) = result {
                weakest = Some(weakest.map_or(flow, |known| known.min(flow)));
                if flow == Flow::Normal {
                    left.push(changes);
                }
            }
        }
        if !left.is_empty() {
            self.apply_joined(left);
        }
        match weakest {
            Some(flow) => Ok(flow),
            None => main,
        }
    }

    fn possible_handler(&mut self, handler: &Handler) -> Executed {
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
        result
    }

    /// The value that `except Class as name` binds.
    fn caught_exception(&mut self, class: &Value, span: Span) -> Value {
        let site = self.here(span);
        let classes = match class.kind() {
            Kind::Tuple(items) => items.to_vec(),
            _ => class.alternatives().to_vec(),
        };
        Value::union(classes.into_iter().map(|class| Value::call(class, Arguments::default(), site)))
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
        if let Kind::Tuple(classes) = class.kind() {
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
        let made = match exception.kind() {
            Kind::Class(_) | Kind::External(_) => exception.clone(),
            _ => self.class_of(exception)?,
        };
        self.is_subclass(&made, class)
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

/// Whether an `except` clause is there for names that are not bound yet.
fn names_name_error(class: &Expr) -> bool {
    match &class.kind {
        ExprKind::Tuple(classes) => classes.iter().any(names_name_error),
        ExprKind::Name(name) => name.as_str() == "NameError",
        _ => false,
    }
}

/// Whether a block does nothing but fail: its last statement raises or ends the process.
pub(crate) fn always_raises(body: &[Stmt]) -> bool {
    match body.last().map(|statement| &statement.kind) {
        Some(StmtKind::Raise { .. }) => true,
        Some(StmtKind::Expr(Expr { kind: ExprKind::Call(call), .. })) => {
            matches!(call.callee.dotted_name().as_deref(), Some("sys.exit" | "exit" | "quit" | "os._exit"))
        }
        _ => false,
    }
}
