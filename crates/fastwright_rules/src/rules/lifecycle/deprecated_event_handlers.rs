//! `deprecated-event-handlers`: what runs at start and stop is registered with `on_event`.

use crate::context::Context;
use crate::finding::{Edit, Fix};
use crate::fixes::Source;
use crate::fixes::imports::mentions;
use crate::reporter::{Draft, Reporter};
use fastwright_model::analysis::is_test_path;
use fastwright_model::registry::{Registry, RouterKind};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::{Location, Span};
use fastwright_python::tokens::TokenKind;
use fastwright_python::value::{FunctionValue, Value};
use std::rc::Rc;

crate::declare_rule! {
    /// What runs at start and stop is registered with `on_event`.
    DeprecatedEventHandlers {
        name: "deprecated-event-handlers",
        area: Lifecycle,
        severity: Info,
        confidence: Certain,
        summary: "start and stop are handled with `on_event`, which is deprecated",
        why: "What is opened at start and closed at stop stands in two functions that share it through globals, and one lifespan added later silently switches both off.",
        recommendation: "Put both into a lifespan function: what stands before its `yield` runs at start, what stands behind it at stop.",
        trade_off: "None for new code. A router that is included in several applications may rely on its own events.",
        contract_effect: "none",
        cwe: [477],
        owasp: [],
        profile: Strict,
        page: "lifecycle/deprecated-event-handlers.md",
        references: ["https://fastapi.tiangolo.com/advanced/events/"],
        check: check,
    }
}

/// An application with its event handlers.
struct Owner {
    name: String,
    site: Location,
    events: Vec<(String, Value, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let registry = interpreter.extension::<Registry>();
    let mut owners = Vec::new();
    let mut holders = 0;
    for id in &registry.order {
        let Some(state) = registry.routers.get(id) else { continue };
        let given = |name: &str| state.arguments.keyword(name).is_some_and(|value| !value.is_none());
        let keywords = given("on_startup") || given("on_shutdown");
        holders += usize::from(keywords || !state.events.is_empty());
        let own = context.analysis.files.get(state.site.file);
        if state.kind != RouterKind::App
            || state.events.is_empty()
            || given("lifespan")
            || keywords
            || is_test_path(&own.relative)
        {
            continue;
        }
        let app = context.analysis.apps.iter().find(|app| app.location == state.site);
        let name = app.map_or_else(|| "the application".to_owned(), |app| app.locator.clone());
        owners.push(Owner { name, site: state.site, events: state.events.clone() });
    }
    for owner in owners {
        let handlers: Vec<Option<Rc<FunctionValue>>> =
            owner.events.iter().map(|(_, handler, _)| interpreter.plain_function(handler)).collect();
        let Some((event, _, place)) = owner.events.first() else { continue };
        let name = |index: usize| {
            handlers[index]
                .as_ref()
                .map_or("a handler".to_owned(), |handler| handler.definition.name.to_string())
        };
        let others = match owner.events.len() {
            1 => String::new(),
            count => format!(", and {} more events", count - 1),
        };
        let mut draft = Draft::new(
            *place,
            name(0),
            format!("`{}` runs at {event} of `{}` through `on_event`{others}", name(0), owner.name),
        )
        .discriminator(owner.name.clone())
        .evidence(format!("`{}` is made here, without a lifespan", owner.name), owner.site);
        for (index, (event, _, place)) in owner.events.iter().enumerate().take(4) {
            draft = draft.evidence(format!("`{}` is registered for {event} here", name(index)), *place);
        }
        // Events of routers are merged into those of the application: a lifespan would switch them off.
        let fix = if holders == 1 { fix(context, interpreter, &owner, &handlers) } else { None };
        report.report(draft.fix(fix));
    }
}

/// A lifespan that calls the handlers in their order, in front of the application.
fn fix(
    context: &Context<'_>,
    interpreter: &Interpreter<'_>,
    owner: &Owner,
    handlers: &[Option<Rc<FunctionValue>>],
) -> Option<Fix> {
    let source = Source::of(context, owner.site.file)?;
    if mentions(&source, "lifespan", &[]) {
        return None;
    }
    let statement = source.statement(owner.site.span)?;
    let at_top = source.module.body.iter().any(|own| own.span == statement.span);
    let (made, call) = source.call(owner.site.span)?;
    let class = call.callee.dotted_name()?;
    let (mut startup, mut shutdown, mut edits) = (String::new(), String::new(), Vec::new());
    let step = source.indentation_step();
    for ((event, _, place), handler) in owner.events.iter().zip(handlers) {
        let handler = handler.as_ref()?;
        let own = &handler.definition;
        let is_global = interpreter.lookup(handler.scope, own.name).is_some();
        if handler.id.file != owner.site.file || !own.parameters.is_empty() || own.is_generator || !is_global
        {
            return None;
        }
        edits.push(without_decorator(&source, handler, *place)?);
        let line = format!("{step}{}{}()\n", if own.is_async { "await " } else { "" }, own.name);
        match event.as_str() {
            "startup" => startup.push_str(&line),
            "shutdown" => shutdown.push_str(&line),
            _ => return None,
        }
    }
    if !at_top {
        return None;
    }
    let (decorator, imports) = source.import("contextlib", Some("asynccontextmanager"))?;
    let start = source.line_start(statement.span.start);
    let before = &source.text[..start as usize];
    let empty = before.len() - before.trim_end_matches(['\r', '\n']).len();
    let gap = "\n".repeat(3_usize.saturating_sub(before[before.len() - empty..].matches('\n').count()));
    let text =
        format!("{gap}@{decorator}\nasync def lifespan(app: {class}):\n{startup}{step}yield\n{shutdown}\n\n");
    Some(
        Fix::changes_contract(
            "move the events into a lifespan",
            "nothing: the same functions run at start and stop",
        )
        .edit(source.insert(statement.span.start, text))
        .edit(source.add_keyword(made, "lifespan=lifespan")?)
        .edits(edits)
        .imports(owner.site.file, imports),
    )
}

/// The removal of the decorator that registers a handler, with its line; a comment behind it stays.
pub(super) fn without_decorator(
    source: &Source<'_>,
    handler: &FunctionValue,
    registered: Location,
) -> Option<Edit> {
    let decorator = handler.definition.decorators.iter().find(|decorator| {
        registered.file == source.file && crate::syntax::encloses(decorator.span, registered.span)
    })?;
    let line = Span::new(source.line_start(decorator.span.start), source.line_end(decorator.span.end));
    let at = source.code_before(decorator.span.start).filter(|token| token.kind == TokenKind::At)?;
    let behind = source.slice(Span::new(decorator.span.end, line.end));
    let gone = match behind.trim_start_matches([' ', '\t']) {
        comment if comment.starts_with('#') => Span::new(at.span.start, line.end - comment.len() as u32),
        _ if behind.trim().is_empty() => line,
        _ => return None,
    };
    Some(source.replace(gone, ""))
}
