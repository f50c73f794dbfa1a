//! `missing-ownership-check`: row fetched by an id of the client without looking at whose it is.

use crate::call_graph::{CallGraph, Entry};
use crate::context::Context;
use crate::data_flow::{Checks, Flow, Following, entry_dependant, flows, request_inputs};
use crate::finding::{Confidence, Severity};
use crate::ownership::{
    Caller, LOADING, OwnedTable, compares_owner, is_for_some, loads_by_id, owned_tables, owner_search,
};
use crate::reporter::{Draft, Reporter};
use crate::wording::route_name;
use fastwright_model::application::{GuardKind, ParameterPlace, Route};
use fastwright_model::dependant::{Dependant, DependantKind};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Row fetched by an id of the client without looking at whose it is.
    MissingOwnershipCheck {
        name: "missing-ownership-check",
        area: Auth,
        severity: Critical,
        confidence: Likely,
        summary: "row fetched by an id of the client without looking at whose it is",
        why: "Every signed-in user can reach the rows of every other user by counting through the ids.",
        recommendation: "Put the owner into the query (`where(Model.id == id, Model.owner_id == user.id)`) and answer 404 when nothing is found.",
        trade_off: "Support staff who used the route for other people's rows need a route of their own. 404 hides that the row exists; 403 tells the caller more.",
        contract_effect: "404 for callers who do not own the row",
        cwe: [639, 284],
        owasp: ["API1:2023"],
        profile: Default,
        page: "auth/missing-ownership-check.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"],
        check: check,
    }
}

/// A place that compares the owner of a table's rows, with a route that runs it.
struct Comparing {
    place: Location,
    route: (usize, usize),
    reads: bool,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let owned = owned_tables(analysis);
    if owned.is_empty() {
        return;
    }
    let code = context.call_graph();
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let following = Following { to_the_text: false, checks: Checks::Ignore };
    let loading = code.calls().methods(LOADING);
    let loads = flows(code, interpreter, following, &loading, |interpreter, node| {
        loads_by_id(interpreter, code, node, &owned)
    });
    let mut comparing: Vec<Option<Vec<Comparing>>> = owned.iter().map(|_| None).collect();
    let mut seen = FxHashSet::default();
    for load in &loads {
        for entry in &code.nodes[load.node].entries {
            let Some((app, position, dependant)) = entry_dependant(analysis, *entry) else { continue };
            let route = &analysis.apps[app].routes[position];
            if route.guard.kind != GuardKind::Required || !seen.insert((app, position, load.what)) {
                continue;
            }
            let Some(handler) = analysis.details[app][position].dependant.as_ref() else { continue };
            let inputs = request_inputs(interpreter, dependant, &load.value);
            let Some(input) = inputs.iter().find(|input| {
                matches!(
                    input.place,
                    Some(ParameterPlace::Path | ParameterPlace::Query | ParameterPlace::Body)
                )
            }) else {
                seen.remove(&(app, position, load.what));
                continue;
            };
            if is_for_some(interpreter, handler, &route.guard)
                || is_decided(interpreter, code, handler, route, &owned[load.what])
            {
                continue;
            }
            let caller = Caller::of(interpreter, handler, &route.guard);
            let elsewhere = comparing[load.what]
                .get_or_insert_with(|| comparing_elsewhere(interpreter, context, code, &owned[load.what]));
            let changes =
                route.methods.iter().any(|method| !matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS"));
            // A guard that knows no person (a signature, one key for all) has nobody to compare with.
            if !caller.is_person() && (elsewhere.is_empty() || !caller.is_something()) {
                continue;
            }
            let Some(certainty) = judge(&owned[load.what], elsewhere, changes) else { continue };
            let sibling = elsewhere.iter().find(|known| changes || known.reads);
            report.report(finding(
                interpreter,
                context,
                code,
                load,
                *entry,
                route,
                handler,
                input.title(),
                input.location,
                &owned[load.what],
                certainty,
                sibling,
            ));
        }
    }
}

/// How sure it is that a row belongs to its owner alone: what the application does elsewhere with the table.
fn judge(owned: &OwnedTable<'_>, elsewhere: &[Comparing], changes: bool) -> Option<(Severity, Confidence)> {
    let reads = elsewhere.iter().any(|known| known.reads);
    match (elsewhere.is_empty(), changes) {
        (false, true) => Some((Severity::High, Confidence::Likely)),
        (false, false) if reads => Some((Severity::High, Confidence::Likely)),
        // Others may read what only the owner may change.
        (false, false) => None,
        (true, _) if owned.only_attribution => None,
        (true, _) => Some((Severity::Medium, Confidence::Possible)),
    }
}

/// Whether anything that a route runs compares the owner, or decides by who calls.
fn is_decided(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    handler: &Dependant,
    route: &Route,
    owned: &OwnedTable<'_>,
) -> bool {
    let walk = handler.walk();
    let all = code.reached_from(walk.iter().filter_map(|node| code.of_dependant(node)));
    let mut search = owner_search(owned);
    if all.iter().any(|node| compares_owner(interpreter, code, *node, owned, &mut search).is_some()) {
        return true;
    }
    // Guards look at the caller by their nature; what else runs and looks decides about this request.
    let deciding = walk.iter().filter(|node| {
        let is_guard = route.guard.by.contains(&node.qualified)
            && !node.parameters.iter().any(|parameter| parameter.place == ParameterPlace::Path);
        node.kind == DependantKind::Handler || !is_guard
    });
    let guards: FxHashSet<usize> = code
        .reached_from(
            walk.iter()
                .filter(|node| {
                    node.kind != DependantKind::Handler && route.guard.by.contains(&node.qualified)
                })
                .filter_map(|node| code.of_dependant(node)),
        )
        .into_iter()
        .collect();
    let start: Vec<usize> = deciding.filter_map(|node| code.of_dependant(node)).collect();
    let caller = Caller::of(interpreter, handler, &route.guard);
    code.reached_from(start.iter().copied())
        .into_iter()
        .filter(|node| start.contains(node) || !guards.contains(node))
        .any(|node| caller.decides_in(interpreter, code, node))
}

fn comparing_elsewhere(
    interpreter: &mut Interpreter<'_>,
    context: &Context<'_>,
    code: &CallGraph,
    owned: &OwnedTable<'_>,
) -> Vec<Comparing> {
    let mut found = Vec::new();
    let mut search = owner_search(owned);
    for node in 0..code.nodes.len() {
        let Some(place) = compares_owner(interpreter, code, node, owned, &mut search) else { continue };
        for reached in code.routes_of(node) {
            let route = &context.analysis.apps[reached.app].routes[reached.route];
            let reads = route.methods.iter().any(|method| method == "GET");
            found.push(Comparing { place, route: (reached.app, reached.route), reads });
        }
    }
    found
}

#[allow(clippy::too_many_arguments)]
fn finding(
    interpreter: &Interpreter<'_>,
    context: &Context<'_>,
    code: &CallGraph,
    load: &Flow<usize>,
    entry: Entry,
    route: &Route,
    handler: &Dependant,
    input: String,
    input_location: Location,
    owned: &OwnedTable<'_>,
    (severity, confidence): (Severity, Confidence),
    sibling: Option<&Comparing>,
) -> Draft {
    let title = route_name(route);
    let column = owned.columns[0];
    let class =
        interpreter.class(owned.table.class).map_or(owned.table.name.clone(), |class| class.name.to_string());
    let function = &code.nodes[code.of_dependant(handler).unwrap_or(load.node)].definition;
    let mut draft = Draft::new(
        route.location,
        function.qualname.as_str(),
        format!("`{title}` lets any signed-in user reach any row of `{}`: nothing compares `{column}` with the caller", owned.table.name),
    )
    .severity(severity)
    .confidence(confidence)
    .route(route)
    .evidence_chain([crate::wording::handler_step(route)])
    .evidence(format!("{input} chooses the row"), input_location);
    if let Entry::Dependency(..) = entry {
        draft = draft.evidence(
            "a dependency of the route loads it",
            code.nodes[load.node].summary.events.first().map_or(route.location, |event| event.location),
        );
    }
    draft = draft.evidence_chain(load.steps(code));
    if let Some(column) = owned.table.columns.iter().find(|known| known.name == column) {
        draft = draft.evidence(format!("`{}` says whose the row is", column.name), column.location);
    }
    if let Some(sibling) = sibling {
        let other = &context.analysis.apps[sibling.route.0].routes[sibling.route.1];
        draft = draft.evidence(format!("`{}` compares the owner", route_name(other)), sibling.place);
    }
    draft
        .example(format!("select({class}).where({class}.id == ..., {class}.{column} == user.id)"))
        .contract_effect(format!("404 for callers who do not own the row of `{}`", owned.table.name))
        .discriminator(owned.table.name.clone())
}
