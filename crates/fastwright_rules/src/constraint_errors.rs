//! Whether a route answers when the database refuses a write because of a constraint.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::escaping::{class_named, raises_again, try_regions};
use crate::syntax::uses_name;
use fastwright_model::application::App;
use fastwright_model::dependant::Dependant;
use fastwright_python::value::{Kind, Value};
use std::rc::Rc;

/// Ends of the names of exceptions that a refused write is, or is caught as.
const ERRORS: &[&str] = &[
    "IntegrityError",
    "DBAPIError",
    "DatabaseError",
    "SQLAlchemyError",
    "StatementError",
    "UniqueViolation",
    "ForeignKeyViolation",
    "UniqueViolationError",
    "ForeignKeyViolationError",
    "Exception",
    "BaseException",
];

/// Methods that avoid a refusal in the statement itself.
const AVOIDS: &[&str] =
    &["on_conflict_do_nothing", "on_conflict_do_update", "on_duplicate_key_update", "merge", "prefix_with"];

/// Whether a handler of exceptions of the app is asked when a write is refused.
pub fn app_answers(app: &App) -> bool {
    app.exception_handlers.iter().any(|class| {
        class == "500" || ERRORS.iter().any(|error| class.rsplit(['.', ':']).next() == Some(error))
    })
}

/// The functions that a route runs.
pub fn functions_of_route(code: &CallGraph, handler: &Dependant) -> Vec<usize> {
    code.reached_from(handler.walk().into_iter().filter_map(|part| code.of_dependant(part)))
}

/// Whether one of these functions catches a refused write without raising it again, or avoids it.
pub fn is_caught(context: &Context<'_>, code: &CallGraph, functions: &[usize]) -> bool {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    functions.iter().any(|node| {
        let summary = &code.nodes[*node].summary;
        let function = Rc::clone(&summary.function);
        if summary.incomplete || AVOIDS.iter().any(|name| uses_name(&function.definition, name)) {
            return true;
        }
        try_regions(&function.definition).iter().flat_map(|region| region.handlers).any(|handler| {
            // A class that is not known may be one of them.
            let catches = match &handler.exception {
                None => true,
                Some(written) => {
                    class_named(interpreter, &function, written).is_none_or(|class| names_error(&class))
                }
            };
            catches && !(raises_again(&handler.body, handler.name))
        })
    })
}

fn names_error(class: &Value) -> bool {
    match class.kind() {
        Kind::Tuple(classes) => classes.iter().any(names_error),
        Kind::External(name) => ERRORS.iter().any(|error| name.rsplit('.').next() == Some(error)),
        Kind::Class(_) => false,
        _ => true,
    }
}
