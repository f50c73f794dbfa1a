//! `mixed-lifespan-and-events`: startup and shutdown handlers beside a lifespan, which ignores them.

use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::rules::lifecycle::deprecated_event_handlers::without_decorator;
use fastwright_model::registry::Registry;
use fastwright_python::ir::{ExprKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::value::{FunctionValue, Value};

crate::declare_rule! {
    /// Startup and shutdown handlers beside a lifespan, which ignores them.
    MixedLifespanAndEvents {
        name: "mixed-lifespan-and-events",
        area: Lifecycle,
        severity: High,
        confidence: Certain,
        summary: "startup and shutdown handlers beside a lifespan, which ignores them",
        why: "The handlers never run: what they open, fill or close stays as it is, without any message.",
        recommendation: "Move what they do into the lifespan function.",
        trade_off: "None; `on_event` is deprecated.",
        contract_effect: "none",
        cwe: [665],
        owasp: [],
        profile: Default,
        page: "lifecycle/mixed-lifespan-and-events.md",
        references: ["https://fastapi.tiangolo.com/advanced/events/"],
        check: check,
    }
}

/// An application or router with what starts and stops it.
struct Owner {
    locator: String,
    site: Location,
    lifespan: Value,
    keywords: Vec<&'static str>,
    events: Vec<(String, Value, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut owners = Vec::new();
    for id in &interpreter.extension::<Registry>().order {
        let Some(state) = interpreter.extension::<Registry>().routers.get(id) else { continue };
        let given = |name: &str| state.arguments.keyword(name).filter(|value| !value.is_none());
        let Some(lifespan) = given("lifespan") else { continue };
        let app = context.analysis.apps.iter().find(|app| app.location == state.site);
        owners.push(Owner {
            locator: app.map_or_else(|| "the router".to_owned(), |app| app.locator.clone()),
            site: state.site,
            lifespan: lifespan.clone(),
            keywords: ["on_startup", "on_shutdown"]
                .into_iter()
                .filter(|name| given(name).is_some())
                .collect(),
            events: state.events.clone(),
        });
    }
    for owner in owners {
        let lifespan = interpreter.plain_function(&owner.lifespan);
        let lifespan_name = lifespan
            .as_ref()
            .map_or("its lifespan".to_owned(), |function| function.definition.name.to_string());
        let proof = |draft: Draft| {
            let draft =
                draft.evidence(format!("`{}` has the lifespan `{lifespan_name}`", owner.locator), owner.site);
            match &lifespan {
                Some(function) => draft.evidence(
                    "only the lifespan runs at start and stop",
                    Location { file: function.id.file, span: function.definition.name_span },
                ),
                None => draft,
            }
        };
        for (event, handler, place) in &owner.events {
            let name = interpreter
                .plain_function(handler)
                .map_or("a handler".to_owned(), |function| function.definition.name.to_string());
            let message = format!(
                "`{name}` never runs at {event}: `{}` has a lifespan, and then FastAPI ignores event handlers",
                owner.locator
            );
            let draft = Draft::new(*place, name.clone(), message).discriminator(name.clone());
            let fix = lifespan
                .as_ref()
                .zip(interpreter.plain_function(handler))
                .and_then(|(lifespan, handler)| in_lifespan(context, event, *place, &handler, lifespan));
            report.report(
                proof(draft).evidence(format!("`{name}` is registered for {event} here"), *place).fix(fix),
            );
        }
        for keyword in &owner.keywords {
            let message = format!(
                "`{keyword}=` of `{}` has no effect: it also has a lifespan, and then FastAPI ignores event handlers",
                owner.locator
            );
            report.report(proof(
                Draft::new(owner.site, owner.locator.clone(), message).discriminator(*keyword),
            ));
        }
    }
}

/// The call of an event handler in the lifespan, before or behind its `yield`, instead of its decorator.
fn in_lifespan(
    context: &Context<'_>,
    event: &str,
    registered: Location,
    handler: &FunctionValue,
    lifespan: &FunctionValue,
) -> Option<Fix> {
    let file = lifespan.id.file;
    let source = Source::of(context, file)?;
    let (own, body) = (&handler.definition, &lifespan.definition.body);
    if handler.id.file != file || !own.parameters.is_empty() || !lifespan.definition.is_async {
        return None;
    }
    let undecorated = without_decorator(&source, handler, registered)?;
    let waits = body.iter().find(|statement| {
        matches!(&statement.kind, StmtKind::Expr(value) if matches!(value.kind, ExprKind::Yield(_)))
    })?;
    let call = format!("{}{}()", if own.is_async { "await " } else { "" }, own.name);
    let called = match event {
        "startup" => source.statement_before(waits, &call)?,
        "shutdown" => source.statement_after(waits, &call)?,
        _ => return None,
    };
    Some(
        Fix::changes_contract(
            format!("call `{}` in the lifespan `{}`", own.name, lifespan.definition.name),
            format!("`{}` runs at {event}", own.name),
        )
        .edit(called)
        .edit(undecorated),
    )
}
