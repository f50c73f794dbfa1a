//! `unhandled-unique-violation`: value of a client in a unique column, where a second one is answered with 500.

use crate::body_copies::copies_of;
use crate::call_graph::{CallGraph, Entry};
use crate::constraint_errors::{app_answers, functions_of_route, is_caught};
use crate::context::Context;
use crate::data_flow::{Checks, Following, Sink, entry_dependant, flows, request_inputs};
use crate::reporter::{Draft, Reporter};
use crate::wording::{handler_step, route_name};
use fastwright_model::application::{App, Route, RouteKind};
use fastwright_model::facts::{EventKinds, mentions};
use fastwright_model::tables::{Column, Table};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Kind, ObjectId, Symbolic, Value};
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Value of a client in a unique column, where a second one is answered with 500.
    UnhandledUniqueViolation {
        name: "unhandled-unique-violation",
        area: Database,
        severity: Medium,
        confidence: Likely,
        summary: "value of a client in a unique column, where a second one is answered with 500",
        why: "Whoever sends a value that is taken gets 500 as if the service were broken, monitoring raises an alarm, and clients try again.",
        recommendation: "Catch `IntegrityError` around the commit, or in one exception handler of the app, and answer 409.",
        trade_off: "409 tells the caller that the value is taken; for addresses of accounts, think about whether everybody may know.",
        contract_effect: "409 instead of 500 for a value that is taken",
        cwe: [755],
        owasp: [],
        profile: Default,
        page: "database/unhandled-unique-violation.md",
        references: ["https://docs.sqlalchemy.org/en/20/core/exceptions.html#sqlalchemy.exc.IntegrityError", "https://fastapi.tiangolo.com/tutorial/handling-errors/"],
        check: check,
    }
}

/// A row made with a value of the client in a unique column.
struct Written {
    app: usize,
    route: usize,
    class: ObjectId,
    column: Name,
    place: Location,
    symbol: String,
    /// The value as people write it.
    input: String,
    steps: Vec<(String, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let unique: Vec<(&Table, &Column)> = analysis
        .tables
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
        .filter(|(_, column)| column.unique && !column.primary_key)
        .collect();
    if unique.is_empty() {
        return;
    }
    let code = context.call_graph();
    // A middleware may catch what it likes.
    let middleware: Vec<usize> =
        (0..code.nodes.len()).filter(|node| code.nodes[*node].entries.contains(&Entry::Middleware)).collect();
    let everywhere = is_caught(context, code, &code.reached_from(middleware));
    if everywhere {
        return;
    }
    let mut written = made_by_keyword(context, code, &unique);
    written.extend(made_from_body(context, code, &unique));
    for found in written {
        let (Some(app), Some(detail)) =
            (analysis.apps.get(found.app), analysis.details[found.app].get(found.route))
        else {
            continue;
        };
        let route = &app.routes[found.route];
        let (Some(handler), Some((table, column))) = (
            &detail.dependant,
            unique.iter().find(|(table, column)| table.class == found.class && column.name == found.column),
        ) else {
            continue;
        };
        if app.mounted
            || route.kind != RouteKind::Http
            || !route.writes.contains(&table.name)
            || app_answers(app)
        {
            continue;
        }
        let functions = functions_of_route(code, handler);
        if is_caught(context, code, &functions) || looks_first(code, &functions, found.class, column.name) {
            continue;
        }
        tell(report, app, route, &found, table, column);
    }
}

/// Rows made with keywords: `User(email=body.email)`, wherever the route gets there.
fn made_by_keyword(context: &Context<'_>, code: &CallGraph, unique: &[(&Table, &Column)]) -> Vec<Written> {
    let analysis = context.analysis;
    let classes: FxHashSet<ObjectId> = unique.iter().map(|(table, _)| table.class).collect();
    let candidates = code.calls().classes(classes.iter().copied());
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let following = Following { to_the_text: false, checks: Checks::Ignore };
    let arrived = flows(code, interpreter, following, &candidates, |_, node| {
        let mut sinks = Vec::new();
        for (event, happened) in code.nodes[node].events_of(EventKinds::CLASS_CALL) {
            let EventKind::Call(call) = &happened.kind else { continue };
            let Kind::Class(class) = *call.callee.kind() else { continue };
            for (_, column) in unique.iter().filter(|(table, _)| table.class == class) {
                if let Some(value) = call.arguments.keyword(&column.name) {
                    let note = format!("a row is made here with `{}`, which is unique", column.name);
                    sinks.push(Sink { value: value.clone(), what: (class, column.name), event, note });
                }
            }
        }
        sinks
    });
    let mut found = Vec::new();
    for flow in arrived {
        let (class, column) = flow.what;
        for entry in &code.nodes[flow.node].entries {
            let Some((app, route, dependant)) = entry_dependant(analysis, *entry) else { continue };
            let inputs = request_inputs(interpreter, dependant, &flow.value);
            let Some(input) = inputs.first() else { continue };
            found.push(Written {
                app,
                route,
                class,
                column,
                place: flow.place,
                symbol: code.nodes[flow.place_node].definition.qualname.to_string(),
                input: input.text.clone(),
                steps: std::iter::once((format!("`{}` comes from the client", input.text), input.location))
                    .chain(flow.steps(code))
                    .collect(),
            });
        }
    }
    found
}

/// Rows made of a whole body: `User(**body.model_dump())`, `User.model_validate(body)`.
fn made_from_body(context: &Context<'_>, code: &CallGraph, unique: &[(&Table, &Column)]) -> Vec<Written> {
    let analysis = context.analysis;
    let copying = context.copying();
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let mut found = Vec::new();
    for (app, details) in analysis.details.iter().enumerate() {
        for (route, detail) in details.iter().enumerate() {
            let Some(dependant) = &detail.dependant else { continue };
            // Updates are left out: whose row it is decides whether the value is taken.
            let registered = &analysis.apps[app].routes[route];
            let writes = || unique.iter().any(|(table, _)| registered.writes.contains(&table.name));
            if !registered.methods.iter().any(|method| method == "POST")
                || !writes()
                || !code.may_start_in(dependant, copying)
            {
                continue;
            }
            for copy in copies_of(code, interpreter, dependant, copying) {
                let Some(Kind::Class(class)) = copy.row.as_ref().map(|row| row.kind().clone()) else {
                    continue;
                };
                for (_, column) in unique.iter().filter(|(table, _)| table.class == class) {
                    let taken = context
                        .fields(interpreter, &copy.model)
                        .iter()
                        .any(|field| field.name == column.name)
                        && copy.dump.takes(&column.name)
                        && !copy.overwritten.iter().any(|name| *name == column.name.as_str());
                    if !taken || copy.names_checked {
                        continue;
                    }
                    let input = format!("{}.{}", copy.parameter.name, column.name);
                    let mut steps =
                        vec![(format!("`{input}` comes from the client"), copy.parameter.location)];
                    steps.extend(copy.chain.iter().cloned());
                    steps.push((
                        format!("a row is made of the body here, with `{}`, which is unique", column.name),
                        copy.location,
                    ));
                    found.push(Written {
                        app,
                        route,
                        class,
                        column: column.name,
                        place: copy.location,
                        symbol: copy.symbol.clone(),
                        input,
                        steps,
                    });
                }
            }
        }
    }
    found
}

/// Whether a function of the route asks for rows by this column, or is named as if it did.
fn looks_first(code: &CallGraph, functions: &[usize], class: ObjectId, column: Name) -> bool {
    let is_column = |value: &Value| {
        mentions(value, &mut |part| {
            matches!(part.as_symbolic(), Some(Symbolic::Member { base, name })
                if *name == column && matches!(*base.kind(), Kind::Class(owner) if owner == class))
        })
    };
    functions.iter().any(|node| {
        let summary = &code.nodes[*node].summary;
        let name = summary.function.definition.name;
        let asks = ["exist", "unique", "check", "taken", "available", "duplicate"]
            .iter()
            .any(|word| name.contains(word))
            || name.contains(&format!("by_{column}"));
        asks || summary.function.definition.mentions.may_hold(column)
            && summary.events.iter().any(|event| match &event.kind {
                EventKind::Call(call) => {
                    let is_made = matches!(call.callee.kind(), Kind::Class(_));
                    call.arguments.positional.iter().any(is_column)
                        || !is_made
                            && (call.arguments.keyword(&column).is_some()
                                || call.arguments.keywords.iter().any(|(_, value)| is_column(value)))
                }
                EventKind::Condition(value) | EventKind::Return(value) => is_column(value),
                _ => false,
            })
    })
}

fn tell(
    report: &mut Reporter<'_>,
    app: &App,
    route: &Route,
    found: &Written,
    table: &Table,
    column: &Column,
) {
    let title = route_name(route);
    report.report(
        Draft::new(
            found.place,
            found.symbol.clone(),
            format!(
                "`{title}` answers 500 when `{}` is taken: `{}.{}` is unique",
                found.input, table.name, column.name
            ),
        )
        .route(route)
        .discriminator(column.name.as_str())
        .evidence(handler_step(route).0, handler_step(route).1)
        .evidence_chain(found.steps.iter().cloned())
        .evidence(format!("no two rows of `{}` share a `{}`", table.name, column.name), column.location)
        .evidence(
            "nothing asks first, nothing catches `IntegrityError`, and the app has no handler for it",
            app.location,
        )
        .example("except IntegrityError:\n    raise HTTPException(409)".to_owned()),
    );
}
