//! `mounted-lifespan-not-run`: lifespan of a mounted application, which nothing runs.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::syntax::any_expression;
use fastwright_model::registry::{Entry, Registry, RouterKind};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::ExprKind;
use fastwright_python::location::Location;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Lifespan of a mounted application, which nothing runs.
    MountedLifespanNotRun {
        name: "mounted-lifespan-not-run",
        area: Lifecycle,
        severity: High,
        confidence: Certain,
        summary: "lifespan of a mounted application, which nothing runs",
        why: "Starlette starts and stops the outer application only: pools of the mounted one are never opened, and its routes fail at the first request, while its own tests pass.",
        recommendation: "Enter the inner lifespan in the outer one (`async with inner.router.lifespan_context(inner)`), or include a router instead of mounting an application.",
        trade_off: "The outer application knows which ones it has to start.",
        contract_effect: "none",
        cwe: [665],
        owasp: [],
        profile: Default,
        page: "lifecycle/mounted-lifespan-not-run.md",
        references: ["https://www.starlette.io/lifespan/", "https://fastapi.tiangolo.com/advanced/sub-applications/"],
        check: check,
    }
}

/// An application that is mounted, with what it wants to run at the start.
struct Mounted {
    outer: ObjectId,
    outer_name: String,
    mount: Location,
    path: String,
    inner: Location,
    what: String,
    started: Location,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for mounted in mounted(context, interpreter) {
        if starts_others(interpreter, mounted.outer) {
            continue;
        }
        report.report(
            Draft::new(
                mounted.mount,
                mounted.outer_name.clone(),
                format!(
                    "`{}` of the application mounted at `{}` never runs: `{}` is the one that is started",
                    mounted.what, mounted.path, mounted.outer_name
                ),
            )
            .evidence("the inner application is made here", mounted.inner)
            .evidence(format!("`{}` is to run when it starts", mounted.what), mounted.started)
            .evidence(
                format!("it is mounted in `{}`, which does not run it", mounted.outer_name),
                mounted.mount,
            )
            .discriminator(mounted.path.clone()),
        );
    }
}

fn mounted(context: &Context<'_>, interpreter: &mut Interpreter<'_>) -> Vec<Mounted> {
    let mut found = Vec::new();
    for outer in interpreter.extension::<Registry>().order.clone() {
        let Some(state) = interpreter.extension::<Registry>().routers.get(&outer) else { continue };
        if state.kind != RouterKind::App {
            continue;
        }
        let (site, entries) = (state.site, state.entries.clone());
        let app = context.analysis.apps.iter().find(|app| app.location == site && !app.mounted);
        let Some(app) = app else { continue };
        for entry in entries {
            let Entry::Mount(mount) = entry else { continue };
            let Kind::Instance(id) = *mount.app.kind() else { continue };
            let Some(inner) = interpreter.extension::<Registry>().routers.get(&id).cloned() else { continue };
            if inner.kind != RouterKind::App {
                continue;
            }
            let given = inner.arguments.keyword("lifespan").filter(|value| !value.is_none()).cloned();
            let (handler, place) = match (given, inner.events.iter().find(|(event, ..)| event == "startup")) {
                (Some(lifespan), _) => (lifespan, None),
                (None, Some((_, handler, place))) => (handler.clone(), Some(*place)),
                (None, None) => continue,
            };
            let Some(function) = interpreter.plain_function(&handler) else { continue };
            let started =
                place.unwrap_or(Location { file: function.id.file, span: function.definition.name_span });
            let path = interpreter.text_of(&mount.path).unwrap_or_else(|| "…".to_owned());
            found.push(Mounted {
                outer,
                outer_name: app.locator.clone(),
                mount: mount.site,
                path,
                inner: inner.site,
                what: function.definition.name.to_string(),
                started,
            });
        }
    }
    found
}

/// Whether the lifespan of an application starts others as well, or is not known.
fn starts_others(interpreter: &mut Interpreter<'_>, outer: ObjectId) -> bool {
    let Some(state) = interpreter.extension::<Registry>().routers.get(&outer) else { return true };
    let mut starting: Vec<Value> = state.arguments.keyword("lifespan").cloned().into_iter().collect();
    starting.extend(state.events.iter().map(|(_, handler, _)| handler.clone()));
    starting.iter().filter(|value| !value.is_none()).any(|value| {
        let Some(function) = interpreter.plain_function(value) else { return true };
        any_expression(&function.definition.body, &mut |expression| match &expression.kind {
            ExprKind::Attribute(attribute) => {
                let name = attribute.name;
                matches!(
                    name.as_str(),
                    "lifespan_context" | "startup" | "_startup" | "lifespan" | "enter_async_context"
                )
            }
            ExprKind::Name(name) => name.contains("lifespan"),
            _ => false,
        })
    })
}
