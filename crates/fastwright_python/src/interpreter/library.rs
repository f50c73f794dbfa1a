//! The seam to what is known of libraries. This crate knows Python; a [`Library`] knows the rest.

use super::signatures::ShownParameter;
use super::{ActiveCondition, Evaluated, Interpreter};
use crate::ir::Stmt;
use crate::location::Location;
use crate::name::Name;
use crate::summary::Summary;
use crate::value::{Arguments, ObjectId, Value};

/// Knowledge of libraries. Stateless: what it has to remember lives in [`Interpreter::extension`].
///
/// Every method may decline with `None`; the interpreter then keeps the expression symbolic.
pub trait Library: Sync {
    /// The one name of something that a library exports under several: `fastapi.FastAPI` is
    /// `fastapi.applications.FastAPI`.
    fn canonical(&self, name: Name) -> Name {
        name
    }

    /// The value of a constant that a library exports: `starlette.status.HTTP_404_NOT_FOUND`.
    fn constant(&self, _name: Name) -> Option<Value> {
        None
    }

    /// Calls a function or class of a library.
    fn call(
        &self,
        _interpreter: &mut Interpreter<'_>,
        _callee: Name,
        _arguments: &Arguments,
        _site: Location,
    ) -> Option<Evaluated> {
        None
    }

    /// Calls what an earlier call of the library gave back: the decorator that `app.get("/")` returns.
    fn call_again(
        &self,
        _interpreter: &mut Interpreter<'_>,
        _made_by: Name,
        _bound: &Arguments,
        _made_at: Location,
        _arguments: &Arguments,
        _site: Location,
    ) -> Option<Evaluated> {
        None
    }

    /// Calls a method that the library's class `owner` defines, on an instance of it or of a subclass.
    fn method(
        &self,
        _interpreter: &mut Interpreter<'_>,
        _owner: Name,
        _name: Name,
        _receiver: &Value,
        _arguments: &Arguments,
        _site: Location,
    ) -> Option<Evaluated> {
        None
    }

    /// Reads an attribute that the library's class `owner` gives its instances.
    fn attribute(
        &self,
        _interpreter: &mut Interpreter<'_>,
        _owner: Name,
        _receiver: &Value,
        _name: Name,
    ) -> Option<Value> {
        None
    }

    /// Reads an attribute of an expression that means more to a library than its type says: the name of a
    /// column.
    fn expression_attribute(
        &self,
        _interpreter: &Interpreter<'_>,
        _expression: &Value,
        _name: Name,
    ) -> Option<Value> {
        None
    }

    /// Reads an attribute that the library's class `owner` gives the classes derived from it.
    fn class_attribute(
        &self,
        _interpreter: &mut Interpreter<'_>,
        _owner: Name,
        _class: ObjectId,
        _name: Name,
    ) -> Option<Value> {
        None
    }

    /// Told when values are passed to code that is not followed, while modules are imported: an app or
    /// router that goes there may be given routes that nobody sees.
    fn passed_to_unknown(
        &self,
        _interpreter: &mut Interpreter<'_>,
        _callee: &Value,
        _arguments: &Arguments,
        _site: Location,
    ) {
    }

    /// Told of statements that the default of a setting leaves out, while modules are imported;
    /// `condition` is the one under which they would run.
    fn left_out(&self, _interpreter: &mut Interpreter<'_>, _body: &[Stmt], _condition: &ActiveCondition) {}

    /// Told of a function that was walked just now, with what was found: all that it holds is at hand.
    fn walked(&self, _interpreter: &mut Interpreter<'_>, _summary: &Summary) {}

    /// Whether the source of an installed package may be evaluated like the program's own.
    fn may_evaluate(&self, _package: &str) -> bool {
        false
    }

    /// The parameters that `inspect.signature` shows for a class of the program whose constructor a library
    /// writes: the fields of a Pydantic model.
    fn class_signature(
        &self,
        _interpreter: &mut Interpreter<'_>,
        _class: &Value,
    ) -> Option<Vec<ShownParameter>> {
        None
    }

    /// Whether what a call of this name gives back is certainly an object, never `None`.
    fn makes_objects(&self, _callee: Name) -> bool {
        false
    }

    /// The classes that a library's class derives from, nearest first. Only `builtins.object` is said of a class
    /// that is known to add neither a truth nor a length of its own.
    fn bases(&self, _class: Name) -> &'static [&'static str] {
        &[]
    }

    /// The class of the elements of a collection that a library hands out: rows of a query.
    fn element_class(&self, _interpreter: &mut Interpreter<'_>, _collection: &Value) -> Option<Value> {
        None
    }

    /// The type of a parameter that declares none, from its default: what `Depends(get_session)` gives.
    fn type_from_default(&self, _interpreter: &mut Interpreter<'_>, _default: &Value) -> Option<Value> {
        None
    }

    /// The class of the object that a library's call gives back, when it is not the callee itself.
    fn result_class(
        &self,
        _interpreter: &mut Interpreter<'_>,
        _callee: &Value,
        _arguments: &Arguments,
    ) -> Option<Value> {
        None
    }
}

/// Knows no library at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLibrary;

impl Library for NoLibrary {}
