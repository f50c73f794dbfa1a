//! `delete-blocked-by-foreign-key`: row that other rows refer to is deleted, and nothing says what becomes of them.

use crate::call_graph::Entry;
use crate::constraint_errors::{app_answers, functions_of_route, is_caught};
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::wording::{handler_step, route_name};
use fastwright_model::application::RouteKind;
use fastwright_model::library::sqlalchemy::{entity, session_kind};
use fastwright_model::tables::{Column, Table};
use fastwright_python::location::Location;
use fastwright_python::value::{Kind, ObjectId, Symbolic, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Row that other rows refer to is deleted, and nothing says what becomes of them.
    DeleteBlockedByForeignKey {
        name: "delete-blocked-by-foreign-key",
        area: Database,
        severity: Medium,
        confidence: Likely,
        summary: "row that other rows refer to is deleted, and nothing says what becomes of them",
        why: "As soon as another row refers to it, the database refuses the deletion, and the caller gets 500.",
        recommendation: "Decide what becomes of the other rows: `ondelete=\"CASCADE\"` on the key, a cascade on the relationship, or answer 409 while there are some.",
        trade_off: "A cascade deletes data; 409 leaves the decision to the caller.",
        contract_effect: "204 or 409 instead of 500",
        cwe: [755],
        owasp: [],
        profile: Default,
        page: "database/delete-blocked-by-foreign-key.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/cascades.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let engines = context.engines();
    // SQLite looks at foreign keys only when it is asked to.
    if !engines.is_empty() && engines.iter().all(|engine| engine.dialect.as_deref() == Some("sqlite")) {
        return;
    }
    let blocking = blocking(context);
    if blocking.is_empty() {
        return;
    }
    let code = context.call_graph();
    let middleware: Vec<usize> =
        (0..code.nodes.len()).filter(|node| code.nodes[*node].entries.contains(&Entry::Middleware)).collect();
    if is_caught(context, code, &code.reached_from(middleware)) {
        return;
    }
    for node in code.calls().methods(&["delete"]).iter() {
        for (place, class) in deletions(context, code, node) {
            let Some(children) = blocking.get(&class) else { continue };
            for reached in code.routes_of(node) {
                let app = &analysis.apps[reached.app];
                let route = reached.route_in(analysis);
                let Some(handler) = &analysis.details[reached.app][reached.route].dependant else { continue };
                if app.mounted || route.kind != RouteKind::Http || app_answers(app) || reached.leaves() {
                    continue;
                }
                let touched =
                    |table: &Table| route.writes.contains(&table.name) || route.reads.contains(&table.name);
                let Some((child, column)) = children.iter().find(|(child, _)| !touched(child)) else {
                    continue;
                };
                if children.iter().any(|(child, _)| touched(child)) {
                    continue;
                }
                if is_caught(context, code, &functions_of_route(code, handler)) {
                    continue;
                }
                let parent =
                    analysis.tables.iter().find(|table| table.class == class).map_or("", |table| &table.name);
                let title = route_name(route);
                let symbol = &code.nodes[node].definition.qualname;
                let (first, start) = handler_step(route);
                let mut steps = code.evidence(analysis, &reached);
                steps.retain(|step| step.1 != start);
                report.report(
                    Draft::new(
                        place,
                        symbol.as_str(),
                        format!(
                            "`{title}` fails for every row of `{parent}` that `{}.{}` refers to",
                            child.name, column.name
                        ),
                    )
                    .route(route)
                    .discriminator(parent)
                    .evidence(first, start)
                    .evidence_chain(steps)
                    .evidence(format!("a row of `{parent}` is deleted here"), place)
                    .evidence(
                        format!(
                            "`{}.{}` refers to it without `ondelete`, and can't be null",
                            child.name, column.name
                        ),
                        column.location,
                    )
                    .example("ForeignKey(..., ondelete=\"CASCADE\")".to_owned()),
                );
            }
        }
    }
}

/// For each class the columns of other tables that keep its rows from being deleted.
fn blocking<'a>(context: &Context<'a>) -> FxHashMap<ObjectId, Vec<(&'a Table, &'a Column)>> {
    let analysis = context.analysis;
    let interpreter = analysis.interpreter.borrow();
    let name_of = |table: &Table| interpreter.class(table.class).map(|class| class.name);
    let mut found: FxHashMap<ObjectId, Vec<(&Table, &Column)>> = FxHashMap::default();
    for child in &analysis.tables {
        for column in &child.columns {
            if column.on_delete.is_some() || column.nullable {
                continue;
            }
            let Some((target, _)) = column.foreign_key.as_deref().and_then(|key| key.rsplit_once('.')) else {
                continue;
            };
            let parents: Vec<&Table> = analysis
                .tables
                .iter()
                .filter(|table| table.name == target || name_of(table).is_some_and(|name| name == target))
                .collect();
            let [parent] = parents[..] else { continue };
            let child_name = name_of(child);
            let arranged = parent.relationships.iter().any(|relation| {
                let related = relation.target.as_deref() == child_name.as_deref();
                let deletes = relation
                    .cascade
                    .as_deref()
                    .is_some_and(|cascade| cascade.contains("delete") || cascade.contains("all"));
                // A target that is not known may be the child.
                (related || relation.target.is_none()) && (deletes || relation.passive_deletes)
            });
            // The other side may arrange it with a backref, whose options are not read.
            let by_backref = child.relationships.iter().any(|relation| {
                relation.cascade.is_some() && relation.target.as_deref() == name_of(parent).as_deref()
            });
            if !arranged && !by_backref && parent.class != child.class {
                found.entry(parent.class).or_default().push((child, column));
            }
        }
    }
    found
}

/// The rows that a function deletes: the place, and their class.
fn deletions(
    context: &Context<'_>,
    code: &crate::call_graph::CallGraph,
    node: usize,
) -> Vec<(Location, ObjectId)> {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut found = Vec::new();
    for (_, event, call) in code.nodes[node].method_calls(&["delete"]) {
        let Some(Symbolic::Member { base, .. }) = call.callee.as_symbolic() else { continue };
        let class = if session_kind(interpreter, base).is_some() {
            call.arguments.positional.first().and_then(|object| interpreter.class_of(object))
        } else {
            entity(interpreter, base, 0)
        };
        if let Some(Kind::Class(class)) = class.map(Value::into_kind) {
            found.push((event.location, class));
        }
    }
    found
}
