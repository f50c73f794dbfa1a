//! Who makes objects of a class that makes an app, and what its methods register that nobody calls.

use super::evaluate_file;
use crate::analysis::is_test_path;
use crate::latent::registrations;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, StmtKind};
use fastwright_python::loader::SharedProgram;
use fastwright_python::location::{FileId, Location};
use fastwright_python::name::Name;
use fastwright_python::traversal::{any_expression, expressions, statements};
use fastwright_python::value::*;
use std::rc::Rc;

/// Files that nothing imports are evaluated for one class, at most.
const MOST_FILES: usize = 12;

/// Functions that are called for one class, at most: most programs have one that uses such an object.
const MOST_USERS: usize = 8;

/// A class and those derived from it, with their names.
pub(super) struct Kin(Vec<(ObjectId, Name)>);

impl Kin {
    pub(super) fn of(interpreter: &mut Interpreter<'static>, class: ObjectId) -> Self {
        let value: Value = Kind::Class(class).into();
        let all = interpreter.classes().to_vec();
        let derives = |other: ObjectId| {
            interpreter.class_order(&Kind::Class(other).into()).iter().any(|owner| owner.same(&value))
        };
        let kin: Vec<ObjectId> = all.into_iter().filter(|other| *other == class || derives(*other)).collect();
        Self(kin.into_iter().filter_map(|id| Some((id, interpreter.class(id)?.name))).collect())
    }

    fn holds(&self, class: ObjectId) -> bool {
        self.0.iter().any(|(id, _)| *id == class)
    }

    /// Whether an expression in a function is one of the classes. What a function imports itself goes by its name.
    fn is_named(&self, interpreter: &mut Interpreter<'static>, scope: ScopeId, expression: &Expr) -> bool {
        let Some(name) = expression.last_name().filter(|name| self.0.iter().any(|(_, own)| own == name))
        else {
            return false;
        };
        match &expression.kind {
            ExprKind::Name(_) => match interpreter.lookup(scope, name).as_ref().map(Value::kind) {
                Some(Kind::Class(id)) => self.holds(*id),
                Some(_) => false,
                None => true,
            },
            _ => true,
        }
    }
}

/// Functions of the program that nobody calls and that make objects of a class, those first that do most with them.
/// Where there is none in what was evaluated, files are looked at that nothing imports: the commands of a program
/// stand in such ones.
pub(super) fn of(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    kin: &Kin,
) -> Vec<Rc<FunctionValue>> {
    let known = among_evaluated(interpreter, shared, kin);
    if !known.is_empty() {
        return known;
    }
    let mut files: Vec<FileId> = Vec::new();
    for (_, name) in &kin.0 {
        files.extend(shared.0.borrow_mut().parse_holding(name));
    }
    files.retain(|file| !is_test(shared, *file));
    files.truncate(MOST_FILES);
    if files.is_empty() {
        return known;
    }
    for file in files {
        evaluate_file(interpreter, shared, file);
    }
    among_evaluated(interpreter, shared, kin)
}

fn is_test(shared: &SharedProgram, file: FileId) -> bool {
    let program = shared.0.borrow();
    let file = program.files().get(file);
    !file.first_party || is_test_path(&file.relative)
}

fn among_evaluated(
    interpreter: &mut Interpreter<'static>,
    shared: &SharedProgram,
    kin: &Kin,
) -> Vec<Rc<FunctionValue>> {
    let candidates: Vec<Rc<FunctionValue>> = interpreter
        .functions()
        .iter()
        .filter(|function| {
            let definition = &function.definition;
            kin.0.iter().any(|(_, name)| definition.mentions.may_hold(*name))
                && !definition.qualname.contains("<locals>")
                && function.class.is_none_or(|class| !kin.holds(class))
                && !interpreter.was_called(function.id)
                && !is_test(shared, function.id.file)
        })
        .cloned()
        .collect();
    let mut users: Vec<(usize, Rc<FunctionValue>)> = Vec::new();
    for function in candidates {
        if let Some(calls) = calls_on_objects(interpreter, kin, &function) {
            users.push((calls, function));
        }
    }
    users.sort_by_key(|(calls, _)| std::cmp::Reverse(*calls));
    users.into_iter().map(|(_, function)| function).take(MOST_USERS).collect()
}

/// How many methods a function calls on objects of the class that it makes. Nothing where it makes none.
fn calls_on_objects(
    interpreter: &mut Interpreter<'static>,
    kin: &Kin,
    function: &FunctionValue,
) -> Option<usize> {
    let body = &function.definition.body;
    let mut makes = |expression: &Expr| match &expression.kind {
        ExprKind::Call(call) => kin.is_named(interpreter, function.scope, &call.callee),
        _ => false,
    };
    if !any_expression(body, &mut makes) {
        return None;
    }
    let mut names: Vec<Name> = Vec::new();
    statements(body, &mut |statement| {
        if let StmtKind::Assign { targets, value } = &statement.kind
            && makes(value)
        {
            names.extend(targets.iter().filter_map(Expr::last_name));
        }
    });
    let mut calls = 0;
    expressions(body, &mut |expression| {
        if let ExprKind::Call(call) = &expression.kind
            && let Some((object, _)) = call.callee.as_attribute()
        {
            calls +=
                usize::from(makes(object) || object.last_name().is_some_and(|name| names.contains(&name)));
        }
    });
    Some(calls)
}

/// Methods of a class that nobody calls and that register something on what the object holds: their names and where.
pub(super) fn uncalled_registrations(
    interpreter: &Interpreter<'static>,
    kin: &Kin,
) -> Vec<(String, Location)> {
    let methods = interpreter.functions().iter().filter(|function| {
        function.class.is_some_and(|class| kin.holds(class))
            && !function.definition.qualname.contains("<locals>")
            && !interpreter.was_called(function.id)
    });
    methods
        .filter_map(|function| {
            let object = function.definition.parameters.first()?.name;
            let own =
                |base: &Expr| base.dotted_name().is_some_and(|name| name.split('.').next() == Some(&*object));
            let first = registrations(&function.definition.body).into_iter().find(|(base, _)| own(base))?;
            let location = Location { file: function.id.file, span: first.1 };
            Some((function.definition.qualname.to_string(), location))
        })
        .collect()
}
