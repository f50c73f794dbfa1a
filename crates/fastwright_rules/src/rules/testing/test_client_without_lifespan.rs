//! `test-client-without-lifespan`: test client that never runs the application's lifespan.

use crate::context::Context;
use crate::imported_names::ImportedNames;
use crate::reporter::{Draft, Reporter};
use crate::syntax;
use fastwright_model::analysis::{Analysis, is_test_path};
use fastwright_model::application::App;
use fastwright_model::registry::Registry;
use fastwright_python::dotted::first_part;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ArgumentKind, Call, Expr, ExprKind, FunctionDef, Module, Stmt, StmtKind};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

crate::declare_rule! {
    /// Test client that never runs the application's lifespan.
    TestClientWithoutLifespan {
        name: "test-client-without-lifespan",
        area: Testing,
        severity: Medium,
        confidence: Certain,
        summary: "test client that never runs the application's lifespan",
        why: "What the lifespan sets up is missing in the test: it fails with an odd error, or passes although the start is broken.",
        recommendation: "Use the client in a `with` block, or a `LifespanManager` around an async client.",
        trade_off: "Tests get slower where the start is expensive: share the client in a fixture.",
        contract_effect: "none",
        cwe: [665],
        owasp: [],
        profile: Default,
        page: "testing/test-client-without-lifespan.md",
        references: ["https://fastapi.tiangolo.com/advanced/testing-events/", "https://www.starlette.dev/testclient/"],
        check: check,
    }
}

/// An app that has something to start.
struct Started<'a> {
    app: &'a App,
    /// What is started, and where.
    what: String,
    location: Location,
}

/// The apps of a project. What they start is found when a test makes a client: most projects have none.
struct Apps<'a> {
    analysis: &'a Analysis,
    with_start: OnceCell<Vec<Started<'a>>>,
}

impl<'a> Apps<'a> {
    fn with_start(&self) -> &[Started<'a>] {
        self.with_start.get_or_init(|| apps_with_start(self.analysis))
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let apps = Apps { analysis, with_start: OnceCell::new() };
    for (index, code) in analysis.codes.iter().enumerate() {
        let file = FileId(index as u32);
        let own = analysis.files.get(file);
        if own.first_party && may_know_clients(&own.module, code) && names_clients(&own.text) {
            TestFile::new(file, &own.module, code, is_test_path(&own.relative)).check(&apps, report);
        }
    }
}

/// Whether a module imports something that may be a client, or hold one.
fn may_know_clients(module: &str, code: &Module) -> bool {
    let package = |name: &str| matches!(first_part(name), "fastapi" | "starlette" | "httpx");
    // Names relative to such a package are names in it.
    package(module)
        || code.imports.iter().any(|import| {
            let named = |wanted: &str| import.names.iter().any(|name| *name == wanted);
            let holds = import.module.ends_with(".testclient") || import.module.starts_with("httpx");
            named("*") || package(&import.module) && (holds || import.names.is_empty() || named("testclient"))
        })
}

fn names_clients(text: &str) -> bool {
    let names = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    names("TestClient") || names("ASGITransport")
}

/// Apps whose lifespan or startup handlers do something that routes can rely on.
fn apps_with_start(analysis: &Analysis) -> Vec<Started<'_>> {
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let mut found = Vec::new();
    for (app, details) in analysis.apps.iter().zip(&analysis.details) {
        let Some(detail) =
            details.iter().find(|detail| detail.flat.registration.len() == 1).or(details.first())
        else {
            continue;
        };
        let registry = interpreter.extension::<Registry>();
        let state = registry
            .routers
            .values()
            .find(|state| state.site == app.location)
            .or_else(|| registry.routers.get(&detail.flat.app));
        let Some(state) = state else { continue };
        let lifespan = state.arguments.keyword("lifespan").filter(|value| !value.is_none()).cloned();
        let event = state.events.iter().find(|(event, _, _)| event == "startup").cloned();
        if let Some(lifespan) = lifespan {
            let Some(function) = interpreter.plain_function(&lifespan) else { continue };
            if starts_something(interpreter, &function) {
                let location = Location { file: function.id.file, span: function.definition.name_span };
                found.push(Started {
                    app,
                    what: format!("lifespan `{}`", function.definition.name),
                    location,
                });
            }
        } else if let Some((_, handler, location)) = event {
            let name = interpreter.plain_function(&handler).map(|function| function.definition.name);
            found.push(Started {
                app,
                what: format!("startup handler{}", name.map(|name| format!(" `{name}`")).unwrap_or_default()),
                location,
            });
        }
    }
    found
}

/// Whether a lifespan does more than writing to a log before it yields.
fn starts_something(
    interpreter: &mut Interpreter<'_>,
    function: &Rc<fastwright_python::value::FunctionValue>,
) -> bool {
    let Some(summary) = interpreter.summarize(function, None) else { return true };
    for event in &summary.events {
        match &event.kind {
            EventKind::Store { .. } | EventKind::StoreItem { .. } => return true,
            EventKind::Yield(value) => return !value.is_none(),
            // A migration that is not run is missed at once; what is not set is missed in one route or another.
            EventKind::Call(call) => {
                let Some((target, key)) = &call.target else { continue };
                let sets_globals = syntax::any_statement(&target.definition.body, &mut |statement| {
                    matches!(statement.kind, StmtKind::Global(_))
                });
                let called = interpreter.summarize(&Rc::clone(target), key.receiver);
                let stores = called.is_some_and(|called| {
                    called.events.iter().any(|event| {
                        matches!(event.kind, EventKind::Store { .. } | EventKind::StoreItem { .. })
                    })
                });
                if sets_globals || stores {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// A file that may make clients.
struct TestFile<'c> {
    file: FileId,
    is_test: bool,
    code: &'c Module,
    names: ImportedNames,
}

impl<'c> TestFile<'c> {
    fn new(file: FileId, module: &str, code: &'c Module, is_test: bool) -> Self {
        Self { file, is_test, code, names: ImportedNames::of(module, code) }
    }

    fn check(&self, apps: &Apps<'_>, report: &mut Reporter<'_>) {
        self.body(&self.code.body, "", apps, report);
        for function in &self.code.functions {
            self.body(&function.body, &function.qualname, apps, report);
        }
    }

    fn body(&self, body: &[Stmt], symbol: &str, apps: &Apps<'_>, report: &mut Reporter<'_>) {
        let mut clients: Vec<(Span, &Call, &'static str)> = Vec::new();
        syntax::expressions(body, &mut |expression| {
            let ExprKind::Call(call) = &expression.kind else { return };
            let Some(name) = self.names.meaning(&call.callee) else { return };
            let client = match name.as_str() {
                "fastapi.testclient.TestClient" | "starlette.testclient.TestClient" => "TestClient",
                // The application itself asks its own routes that way while it runs.
                "httpx.AsyncClient" | "httpx.Client" if self.is_test => "AsyncClient",
                _ => return,
            };
            clients.push((expression.span, call, client));
        });
        if clients.is_empty() {
            return;
        }
        let managed = Managed::of(body, symbol.is_empty().then_some(self.code.functions.as_slice()));
        for (span, call, client) in clients {
            let Some(app) = self.app_of(call, client, body) else { continue };
            let Some(found) = apps.with_start().iter().find(|started| is_app(&app, started.app)) else {
                continue;
            };
            let starts = if client == "TestClient" { managed.enters(span) } else { managed.has_manager };
            if starts {
                continue;
            }
            let location = Location { file: self.file, span };
            let name = app.rsplit('.').next().unwrap_or(&app);
            let example = if client == "TestClient" {
                format!("with TestClient({name}) as client:\n    ...")
            } else {
                format!(
                    "async with LifespanManager({name}) as manager:\n    transport = ASGITransport(app=manager.app)\n    ..."
                )
            };
            report.report(
                Draft::new(
                    location,
                    if symbol.is_empty() { managed.name_of(span).unwrap_or(client) } else { symbol },
                    format!("this `{client}` never runs the {} of `{}`", found.what, found.app.locator),
                )
                .discriminator(client)
                .evidence("the client is made here, and nothing starts the application", location)
                .evidence(format!("the {} would start it", found.what), found.location)
                .example(example),
            );
        }
    }

    /// The dotted name of the app that a client is given.
    fn app_of(&self, call: &Call, client: &str, body: &[Stmt]) -> Option<String> {
        let argument = |call: &'_ Call, name: &str, position: Option<usize>| -> Option<usize> {
            call.arguments
                .iter()
                .position(
                    |argument| matches!(argument.kind, ArgumentKind::Keyword(keyword) if keyword == name),
                )
                .or_else(|| {
                    let at = position?;
                    matches!(call.arguments.get(at)?.kind, ArgumentKind::Positional).then_some(at)
                })
        };
        if client == "TestClient" {
            let at = argument(call, "app", Some(0))?;
            return self.app_name(&call.arguments[at].value);
        }
        let at = argument(call, "transport", None)?;
        let transport = match &call.arguments[at].value.kind {
            ExprKind::Call(made) => made,
            ExprKind::Name(name) => assigned_call(body, *name)?,
            _ => return None,
        };
        if !self.names.meaning(&transport.callee)?.ends_with("ASGITransport") {
            return None;
        }
        let at = argument(transport, "app", Some(0))?;
        self.app_name(&transport.arguments[at].value)
    }

    /// `app.main.app`, or `app.main.create_app()` for a factory.
    fn app_name(&self, expression: &Expr) -> Option<String> {
        match &expression.kind {
            ExprKind::Call(call) => Some(format!("{}()", self.names.meaning(&call.callee)?)),
            _ => self.names.meaning(expression),
        }
    }
}

fn is_app(name: &str, app: &App) -> bool {
    app.locator.replacen(':', ".", 1) == name
}

fn assigned_call(body: &[Stmt], wanted: Name) -> Option<&Call> {
    let mut found = None;
    syntax::statements(body, &mut |statement| {
        if let StmtKind::Assign { targets, value } = &statement.kind
            && targets.iter().any(|target| matches!(target.kind, ExprKind::Name(name) if name == wanted))
            && let ExprKind::Call(call) = &value.kind
        {
            found = Some(&**call);
        }
    });
    found
}

/// What is entered as a context manager in a body.
#[derive(Default)]
struct Managed {
    spans: FxHashSet<Span>,
    names: FxHashSet<Name>,
    /// Assigned names by the span of their value.
    assigned: FxHashMap<Span, Name>,
    /// Whether a lifespan manager is used.
    has_manager: bool,
}

impl Managed {
    /// Of a body, and of functions that share its names.
    fn of(body: &[Stmt], functions: Option<&[Arc<FunctionDef>]>) -> Self {
        let mut managed = Self::default();
        managed.collect(body);
        for function in functions.unwrap_or_default() {
            managed.collect(&function.body);
        }
        managed
    }

    fn collect(&mut self, body: &[Stmt]) {
        syntax::statements(body, &mut |statement| match &statement.kind {
            StmtKind::With { items, .. } => {
                for item in items {
                    self.enter(&item.context);
                }
            }
            StmtKind::Assign { targets, value } => {
                for target in targets {
                    if let Some(name) = target.last_name() {
                        self.assigned.insert(value.span, name);
                    }
                }
            }
            _ => {}
        });
        syntax::expressions(body, &mut |expression| {
            let ExprKind::Call(call) = &expression.kind else { return };
            if let Some((base, name)) = call.callee.as_attribute() {
                match name.as_str() {
                    "__enter__" | "__aenter__" => self.enter(base),
                    "enter_context" | "enter_async_context" => {
                        if let Some(argument) = call.arguments.first() {
                            self.enter(&argument.value);
                        }
                    }
                    "lifespan_context" => self.has_manager = true,
                    _ => {}
                }
            }
            if call.callee.dotted_name().is_some_and(|name| name.ends_with("LifespanManager")) {
                self.has_manager = true;
            }
        });
    }

    fn enter(&mut self, expression: &Expr) {
        self.spans.insert(expression.span);
        if let Some(name) = expression.last_name() {
            self.names.insert(name);
        }
    }

    fn enters(&self, span: Span) -> bool {
        self.spans.contains(&span) || self.assigned.get(&span).is_some_and(|name| self.names.contains(name))
    }

    fn name_of(&self, span: Span) -> Option<&str> {
        self.assigned.get(&span).map(Name::as_str)
    }
}
