//! Classes of expressions: who walks a function asks for that of the same expression several times, and what it is made
//! of has to be looked through each time.

use super::{Interpreter, Mode};
use crate::recent::Recent;
use crate::value::{Expression, Value};

/// Classes that were found lately.
pub(super) type RecentClasses = Recent<Found, 512>;

#[derive(Debug)]
pub(super) struct Found {
    expression: Expression,
    class: Option<Value>,
    /// What [`Interpreter::class_changes`] was before: it holds until that is another.
    class_changes: u64,
}

impl Interpreter<'_> {
    /// What [`Interpreter::class_of_symbolic`] finds, remembered where nothing runs that may change it.
    pub(super) fn class_of_expression(&mut self, expression: &Expression) -> Option<Value> {
        if self.mode != Mode::Summary && !self.frames.is_empty() {
            return self.class_of_symbolic(expression);
        }
        if let Some(found) = self.recent_classes.place_of(&**expression, 0)
            && found.expression.is(expression)
            && found.class_changes == self.class_changes
        {
            return found.class.clone();
        }
        let class_changes = self.class_changes;
        let class = self.class_of_symbolic(expression);
        let found = Found { expression: expression.clone(), class: class.clone(), class_changes };
        *self.recent_classes.place_of(&**expression, 0) = Some(found);
        class
    }
}
