//! Classes of expressions: who walks a function asks for that of the same expression several times, and what it is made
//! of has to be looked through each time.

use super::{Interpreter, Mode};
use crate::recent::Recent;
use crate::value::{Expression, Value};

/// Classes that were found lately. They hold until a class is changed or a module has run.
#[derive(Debug, Default)]
pub(super) struct RecentClasses {
    found: Recent<Found, 512>,
    /// Whether there are some.
    any: bool,
}

#[derive(Debug)]
struct Found {
    expression: Expression,
    class: Option<Value>,
    /// How often classes had been changed before.
    class_changes: u64,
}

impl RecentClasses {
    /// Forgets them.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.any) {
            self.found.clear();
        }
    }
}

impl Interpreter<'_> {
    /// What [`Interpreter::class_of_symbolic`] finds, remembered where nothing runs that may change it.
    pub(super) fn class_of_expression(&mut self, expression: &Expression) -> Option<Value> {
        if self.mode != Mode::Summary && !self.frames.is_empty() {
            return self.class_of_symbolic(expression);
        }
        if let Some(found) = self.recent_classes.found.place_of(&**expression, 0)
            && found.expression.is(expression)
            && found.class_changes == self.class_changes
        {
            return found.class.clone();
        }
        let class_changes = self.class_changes;
        let class = self.class_of_symbolic(expression);
        let found = Found { expression: expression.clone(), class: class.clone(), class_changes };
        *self.recent_classes.found.place_of(&**expression, 0) = Some(found);
        self.recent_classes.any = true;
        class
    }
}
