//! Objects that a program knows only by an abstract class: what their methods do is what the classes do that implement
//! it, and what their attributes are is what is assigned to them after the constructor.

use super::Interpreter;
use crate::ir::{Expr, ExprKind, FunctionDef, Stmt, StmtKind};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use std::rc::Rc;

/// The most implementations that are followed: a method that many classes implement says little about any of them.
const MOST: usize = 4;

/// Classes that implement a method, with what they implement it by.
pub(crate) type Implementations = Rc<[(ObjectId, Rc<FunctionValue>)]>;

impl Interpreter<'_> {
    /// The callables that a method stands for where it is abstract: those of the classes that implement it, each bound to
    /// an object of its class. Nothing where it is not abstract, or where nobody or too many implement it.
    pub(crate) fn implementing_methods(&mut self, callee: &Value, span: Span) -> Option<Value> {
        let Kind::Method(method) = callee.kind() else { return None };
        let Kind::Function(function) = method.function.kind() else { return None };
        if matches!(method.receiver.kind(), Kind::Instance(_)) || !is_abstract(&function.definition) {
            return None;
        }
        let owner = function.class?;
        let name = function.definition.name;
        let known = self.class_of(&method.receiver);
        let class = known.and_then(|class| match *class.kind() {
            Kind::Class(id) => Some(id),
            _ => None,
        });
        let found = self.implementations(class.unwrap_or(owner), name);
        if found.is_empty() {
            return None;
        }
        let site = self.here(span);
        let bound = found.iter().map(|(class, function)| {
            let receiver = Value::call(Kind::Class(*class).into(), Arguments::default(), site);
            Kind::Method(Rc::new(MethodValue {
                receiver,
                function: Kind::Function(Rc::clone(function)).into(),
            }))
            .into()
        });
        Some(Value::union(bound.collect::<Vec<Value>>()))
    }

    /// The classes below a class that implement a method which is abstract there.
    fn implementations(&mut self, base: ObjectId, name: Name) -> Implementations {
        if let Some(known) = self.implementations.get(&(base, name)) {
            return Rc::clone(known);
        }
        let base_value: Value = Kind::Class(base).into();
        let mut found: Vec<(ObjectId, Rc<FunctionValue>)> = Vec::new();
        for id in &self.classes {
            let class: Value = Kind::Class(*id).into();
            let Some((found_in_class, _)) = self.find_in_class(&class, name) else { continue };
            let Kind::Function(function) = found_in_class.into_kind() else { continue };
            let is_new = *id != base && !found.iter().any(|(_, known)| known.serial == function.serial);
            if is_new
                && !is_abstract(&function.definition)
                && self.class_order(&class).iter().any(|owner| owner.same(&base_value))
            {
                found.push((*id, function));
            }
        }
        if found.len() > MOST {
            found.clear();
        }
        let found: Implementations = found.into();
        self.implementations.insert((base, name), Rc::clone(&found));
        found
    }

    /// An object that a method of a class assigns to an attribute which the constructor leaves empty: a client that is
    /// made at start, `self.client = Client()`.
    pub(crate) fn assigned_later(&mut self, class: &Value, attribute: Name, span: Span) -> Option<Value> {
        let Kind::Class(id) = *class.kind() else { return None };
        let methods: Vec<Rc<FunctionValue>> = self
            .class(id)?
            .attributes
            .iter()
            .filter_map(|(_, value)| match value.kind() {
                Kind::Function(function) if function.definition.mentions.may_hold(attribute) => {
                    Some(Rc::clone(function))
                }
                _ => None,
            })
            .collect();
        for function in methods {
            let Some(own) = function.definition.parameters.first().map(|parameter| parameter.name) else {
                continue;
            };
            let mut made = None;
            let is_it = |target: &Expr| match &target.kind {
                ExprKind::Attribute(target) => {
                    let (base, name) = target.parts();
                    *name == attribute && matches!(&base.kind, ExprKind::Name(base) if *base == own)
                }
                _ => false,
            };
            find_assigned(&function.definition.body, &is_it, &mut made);
            let Some(expression) = made else { continue };
            let callee = self.value_of_dotted(function.scope, expression, span);
            if let Some(callee) =
                callee.filter(|callee| matches!(callee.kind(), Kind::Class(_) | Kind::External(_)))
            {
                let site = crate::location::Location { file: function.id.file, span: expression.span };
                return Some(Value::call(callee, Arguments::default(), site));
            }
        }
        None
    }

    /// An object that a function assigns to a variable of its module which is empty when the module is imported.
    pub(crate) fn global_assigned_later(&mut self, module: ModuleId, name: Name) -> Option<Value> {
        if let Some(known) = self.filled_globals.get(&(module, name)) {
            return known.clone();
        }
        self.filled_globals.insert((module, name), None);
        let state = &self.modules[module.0 as usize];
        let (code, file, scope) = (std::sync::Arc::clone(&state.code), state.file?, state.scope);
        let mut made = None;
        for function in &code.functions {
            if !function.mentions.may_hold(name) || !declares_global(&function.body, name) {
                continue;
            }
            find_assigned(
                &function.body,
                &|target| matches!(&target.kind, ExprKind::Name(known) if *known == name),
                &mut made,
            );
            let Some(expression) = made else { continue };
            let callee = self.value_of_dotted(scope, expression, expression.span);
            let Some(callee) =
                callee.filter(|callee| matches!(callee.kind(), Kind::Class(_) | Kind::External(_)))
            else {
                made = None;
                continue;
            };
            let site = crate::location::Location { file, span: expression.span };
            let value = Value::call(callee, Arguments::default(), site);
            self.filled_globals.insert((module, name), Some(value.clone()));
            return Some(value);
        }
        None
    }

    /// An annotation of code that is analysed, not of what FastAPI reads: it may name what a module only imports for type
    /// checkers.
    pub(crate) fn annotation_for_analysis(&mut self, annotation: &Annotation) -> Value {
        let value = self.evaluate_annotation(annotation);
        let Annotation::Written { module, .. } = annotation else { return value };
        if !super::plain_type(&value).is_unknown() {
            return value;
        }
        match self.names_for_type_checkers(*module) {
            Some(scope) => {
                self.with_further_names(&[scope], |interpreter| interpreter.evaluate_annotation(annotation))
            }
            None => value,
        }
    }

    /// What a module imports below `if TYPE_CHECKING:`, in a scope of its own.
    fn names_for_type_checkers(&mut self, module: ModuleId) -> Option<ScopeId> {
        if let Some(known) = self.type_checking_scopes.get(&module) {
            return *known;
        }
        self.type_checking_scopes.insert(module, None);
        let state = &self.modules[module.0 as usize];
        let (code, module_scope) = (std::sync::Arc::clone(&state.code), state.scope);
        let mut imports = Vec::new();
        for statement in &code.body {
            if let StmtKind::If { test, body, .. } = &statement.kind
                && test.dotted_name().is_some_and(|name| name.rsplit('.').next() == Some("TYPE_CHECKING"))
            {
                imports.extend(body.iter());
            }
        }
        if imports.is_empty() {
            return None;
        }
        let scope = self.new_scope(Some(module_scope), module, false);
        self.in_frame(scope, module, |interpreter| {
            for statement in imports {
                // What can't be imported binds nothing.
                let _ = match &statement.kind {
                    StmtKind::Import(names) => interpreter.execute_import(names, statement.span),
                    StmtKind::ImportFrom { level, module, names } => {
                        interpreter.execute_import_from(*level, *module, names, statement.span)
                    }
                    _ => Ok(()),
                };
            }
        });
        self.type_checking_scopes.insert(module, Some(scope));
        Some(scope)
    }

    /// What the program puts under a name into the state of an application: `app.state.store = Store()`. What belongs to
    /// one request (`request.state.user`) is another matter.
    pub(crate) fn state_attribute(&mut self, name: Name) -> Option<Value> {
        if self.state_attributes.is_none() {
            self.state_attributes = Some(rustc_hash::FxHashMap::default());
            let found = self.state_assignments();
            self.state_attributes = Some(found);
        }
        self.state_attributes.as_ref()?.get(&name).cloned()
    }

    fn state_assignments(&mut self) -> rustc_hash::FxHashMap<Name, Value> {
        let mut found: rustc_hash::FxHashMap<Name, Value> = rustc_hash::FxHashMap::default();
        let state = Name::from("state");
        for number in 0..self.modules.len() {
            let module = &self.modules[number];
            let Some(file) = module.file else { continue };
            if !module.code.mentions.may_hold(state) {
                continue;
            }
            let (code, scope) = (std::sync::Arc::clone(&module.code), module.scope);
            let functions = code.functions.iter().filter(|function| function.mentions.may_hold(state));
            let bodies = functions.map(|function| &*function.body).chain([&*code.body]);
            for body in bodies {
                let mut assigned = Vec::new();
                find_state_assignments(body, &mut assigned);
                for (name, value) in assigned {
                    let mut made = None;
                    match &value.kind {
                        ExprKind::Call(call) => made = Some(&call.callee),
                        ExprKind::Name(variable) => find_assigned(
                            body,
                            &|target| matches!(&target.kind, ExprKind::Name(known) if known == variable),
                            &mut made,
                        ),
                        _ => {}
                    }
                    let Some(expression) = made else { continue };
                    let callee = self.value_of_dotted(scope, expression, expression.span);
                    let Some(callee) =
                        callee.filter(|callee| matches!(callee.kind(), Kind::Class(_) | Kind::External(_)))
                    else {
                        continue;
                    };
                    let site = crate::location::Location { file, span: expression.span };
                    let value = Value::call(callee, Arguments::default(), site);
                    let known = found.remove(&name);
                    found
                        .insert(name, Value::union(known.into_iter().chain([value]).collect::<Vec<Value>>()));
                }
            }
        }
        found
    }

    /// What a dotted name means in the module of a function.
    fn value_of_dotted(&mut self, scope: ScopeId, expression: &Expr, span: Span) -> Option<Value> {
        match &expression.kind {
            ExprKind::Name(name) => self.lookup(scope, *name),
            ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                let base = self.value_of_dotted(scope, base, span)?;
                matches!(base.kind(), Kind::Module(_) | Kind::External(_))
                    .then(|| self.attribute(&base, *name, span))
            }
            _ => None,
        }
    }
}

/// Whether a method only says that there is one: it is decorated as abstract, or its body is `...` or
/// `raise NotImplementedError`.
pub(crate) fn is_abstract(function: &FunctionDef) -> bool {
    let decorated = function.decorators.iter().any(|decorator| match &decorator.kind {
        ExprKind::Name(name) => *name == "abstractmethod",
        ExprKind::Attribute(attribute) => attribute.name == "abstractmethod",
        _ => false,
    });
    decorated || says_nothing(&function.body)
}

fn says_nothing(body: &[Stmt]) -> bool {
    let mut rest = body
        .iter()
        .filter(|statement| !matches!(&statement.kind, StmtKind::Expr(Expr { kind: ExprKind::Str(_), .. })));
    let only = rest.next();
    rest.next().is_none()
        && match only.map(|statement| &statement.kind) {
            Some(StmtKind::Expr(Expr { kind: ExprKind::Ellipsis, .. })) => true,
            Some(StmtKind::Raise { exception: Some(exception), .. }) => {
                let class = match &exception.kind {
                    ExprKind::Call(call) => &call.callee,
                    _ => exception,
                };
                matches!(&class.kind, ExprKind::Name(name) if *name == "NotImplementedError")
            }
            _ => false,
        }
}

/// Whether a body says that a name is a variable of the module.
fn declares_global(body: &[Stmt], name: Name) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StmtKind::Global(names) => names.contains(&name),
        StmtKind::If { body, orelse, .. } => declares_global(body, name) || declares_global(orelse, name),
        StmtKind::With { body, .. } | StmtKind::Try { body, .. } => declares_global(body, name),
        _ => false,
    })
}

/// What is called where a body assigns the result to a wanted target.
fn find_assigned<'s>(body: &'s [Stmt], is_it: &dyn Fn(&Expr) -> bool, made: &mut Option<&'s Expr>) {
    for statement in body {
        match &statement.kind {
            StmtKind::Assign { targets, value } => {
                if targets.iter().any(is_it)
                    && let ExprKind::Call(call) = &value.kind
                {
                    made.get_or_insert(&call.callee);
                }
            }
            StmtKind::AnnAssign { target, value: Some(value), .. } => {
                if is_it(target)
                    && let ExprKind::Call(call) = &value.kind
                {
                    made.get_or_insert(&call.callee);
                }
            }
            StmtKind::If { body, orelse, .. }
            | StmtKind::For { body, orelse, .. }
            | StmtKind::While { body, orelse, .. } => {
                find_assigned(body, is_it, made);
                find_assigned(orelse, is_it, made);
            }
            StmtKind::With { body, .. } => find_assigned(body, is_it, made),
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                find_assigned(body, is_it, made);
                handlers.iter().for_each(|handler| find_assigned(&handler.body, is_it, made));
                find_assigned(orelse, is_it, made);
                find_assigned(finalbody, is_it, made);
            }
            _ => {}
        }
    }
}

/// Assignments to the state of an application, with the name and what is assigned.
fn find_state_assignments<'s>(body: &'s [Stmt], found: &mut Vec<(Name, &'s Expr)>) {
    for statement in body {
        match &statement.kind {
            StmtKind::Assign { targets, value } => {
                for target in targets {
                    if let Some((base, name)) = target.as_attribute()
                        && let Some((owner, state)) = base.as_attribute()
                        && *state == "state"
                        && !matches!(&owner.kind, ExprKind::Name(name) if matches!(name.as_str(), "request" | "websocket"))
                    {
                        found.push((*name, value));
                    }
                }
            }
            StmtKind::If { body, orelse, .. }
            | StmtKind::For { body, orelse, .. }
            | StmtKind::While { body, orelse, .. } => {
                find_state_assignments(body, found);
                find_state_assignments(orelse, found);
            }
            StmtKind::With { body, .. } => find_state_assignments(body, found),
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                find_state_assignments(body, found);
                handlers.iter().for_each(|handler| find_state_assignments(&handler.body, found));
                find_state_assignments(orelse, found);
                find_state_assignments(finalbody, found);
            }
            _ => {}
        }
    }
}
