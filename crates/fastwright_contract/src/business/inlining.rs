//! Functions that are put in place of their calls.

use super::walker::Names;
use fastwright_python::ir::FunctionDef;
use fastwright_python::value::{FunctionValue, ObjectId};
use std::rc::Rc;
use std::sync::Arc;

/// Something that runs code of the program when it is called.
#[derive(Debug, Clone)]
pub(crate) enum Callable {
    /// A function of the program with what its first parameter is bound to.
    Known(Rc<FunctionValue>, Option<ObjectId>),
    /// A function or lambda that the walked code defines, with the names around it.
    Local(Arc<FunctionDef>, Rc<Names>),
}
