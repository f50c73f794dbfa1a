//! From a place to the syntax that stands there.

use crate::fixes::Source;
use crate::syntax::{any_expression, any_within, encloses, statements};
use fastwright_python::ir::{Call, ClassDef, Expr, ExprKind, FunctionDef, Stmt, StmtKind};
use fastwright_python::location::Span;

impl<'a> Source<'a> {
    /// The expression with exactly this span.
    pub fn expression(&self, span: Span) -> Option<&'a Expr> {
        let mut found = None;
        self.any(&mut |expression| {
            let is_it = expression.span == span;
            if is_it {
                found = Some(expression);
            }
            is_it
        });
        found
    }

    /// The call with exactly this span, or the outermost one in it.
    pub fn call(&self, span: Span) -> Option<(&'a Expr, &'a Call)> {
        let mut found: Option<(&'a Expr, &'a Call)> = None;
        self.any(&mut |expression| {
            if let ExprKind::Call(call) = &expression.kind
                && encloses(span, expression.span)
                && found.is_none_or(|(known, _)| encloses(expression.span, known.span))
            {
                found = Some((expression, call));
            }
            expression.span == span
        });
        found
    }

    /// The function whose definition encloses a span most closely.
    pub fn function(&self, span: Span) -> Option<&'a FunctionDef> {
        let around = self
            .module
            .functions
            .iter()
            .filter(|function| function.name != "<lambda>" && encloses(function.span, span));
        around.map(|function| &**function).min_by_key(|function| function.span.end - function.span.start)
    }

    /// The class whose definition encloses a span most closely.
    pub fn class(&self, span: Span) -> Option<&'a ClassDef> {
        let around = self.module.classes.iter().filter(|class| encloses(class.span, span));
        around.map(|class| &**class).min_by_key(|class| class.span.end - class.span.start)
    }

    /// The statement that encloses a span most closely.
    pub fn statement(&self, span: Span) -> Option<&'a Stmt> {
        let mut found: Option<&'a Stmt> = None;
        let mut look_in = |body: &'a [Stmt]| {
            statements(body, &mut |statement| {
                let closer = found.is_none_or(|known| {
                    statement.span.end - statement.span.start <= known.span.end - known.span.start
                });
                if encloses(statement.span, span) && closer {
                    found = Some(statement);
                }
            });
        };
        let module = self.module;
        // Statements on the module's level that stand elsewhere hold nothing of it.
        let around = module.body.iter().filter(|statement| encloses(statement.span, span));
        around.for_each(|statement| look_in(std::slice::from_ref(statement)));
        let functions = module.functions.iter().filter(|function| encloses(function.span, span));
        functions.for_each(|function| look_in(&function.body));
        let classes = module.classes.iter().filter(|class| encloses(class.span, span));
        classes.for_each(|class| look_in(&class.body));
        found
    }

    /// The statement of a block that defines a function.
    pub fn definition(&self, function: &FunctionDef) -> Option<&'a Stmt> {
        let mut found = None;
        for body in self.bodies() {
            statements(body, &mut |statement| {
                if matches!(&statement.kind, StmtKind::Function(own) if own.span == function.span) {
                    found = Some(statement);
                }
            });
        }
        found
    }

    fn bodies(&self) -> Vec<&'a [Stmt]> {
        let module = self.module;
        let functions = module.functions.iter().map(|function| &*function.body);
        let classes = module.classes.iter().map(|class| &*class.body);
        std::iter::once(&*module.body).chain(functions).chain(classes).collect()
    }

    fn any(&self, test: &mut dyn FnMut(&'a Expr) -> bool) -> bool {
        for body in self.bodies() {
            if any_expression(body, test) {
                return true;
            }
        }
        for function in &self.module.functions {
            let decorators = function.decorators.iter();
            let parameters = function
                .parameters
                .iter()
                .flat_map(|parameter| parameter.annotation.as_deref().into_iter().chain(&parameter.default));
            if decorators
                .chain(parameters)
                .chain(function.returns.as_deref())
                .any(|part| any_within(part, test))
            {
                return true;
            }
        }
        for class in &self.module.classes {
            let arguments = class.arguments.iter().map(|argument| &argument.value);
            if class.decorators.iter().chain(arguments).any(|part| any_within(part, test)) {
                return true;
            }
        }
        false
    }

    /// A place behind the imports at the top of the file, for what a module defines first.
    pub fn behind_imports(&self) -> u32 {
        let imports = self.module.body.iter().take_while(|statement| {
            matches!(statement.kind, StmtKind::Import(_) | StmtKind::ImportFrom { .. })
                || matches!(&statement.kind, StmtKind::Expr(value) if matches!(value.kind, ExprKind::Str(_)))
        });
        imports.last().map_or(0, |statement| self.line_end(statement.span.end))
    }

    /// The name of the logger that this module makes for itself: `logger = logging.getLogger(__name__)`.
    pub fn logger(&self) -> Option<&'static str> {
        self.module.body.iter().find_map(|statement| {
            let StmtKind::Assign { targets, value } = &statement.kind else { return None };
            let [Expr { kind: ExprKind::Name(name), .. }] = &**targets else { return None };
            let ExprKind::Call(call) = &value.kind else { return None };
            let made = call.callee.dotted_name()?;
            (made == "getLogger" || made.ends_with(".getLogger")).then(|| name.as_str())
        })
    }
}

/// What a status is called.
pub fn reason_phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        418 => "I'm a Teapot",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        507 => "Insufficient Storage",
        status if status < 500 => "Request Refused",
        _ => "Server Error",
    }
}
