//! `relationship-loaded-per-row`: list whose response reads a relationship of each row, with a query for each.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::entry_points::EntryPoint;
use crate::fixes::recipes::with_eager_loading;
use crate::relationship_loading::{has_options, loader_texts, names};
use crate::reporter::Reporter;
use crate::wording::route_name;
use fastwright_model::application::RouteKind;
use fastwright_model::facts::{EdgeKind, mentions};
use fastwright_model::library::sqlalchemy::{entity, session_kind};
use fastwright_model::tables::Relationship;
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Annotation, Kind, Symbolic, Value};

crate::declare_rule! {
    /// List whose response reads a relationship of each row, with a query for each.
    RelationshipLoadedPerRow {
        name: "relationship-loaded-per-row",
        area: Database,
        severity: Medium,
        confidence: Likely,
        summary: "list whose response reads a relationship of each row, with a query for each",
        why: "A page of a hundred rows sends a hundred and one queries, one after the other, while the response is written. Nothing in the handler shows it.",
        recommendation: "Load the relationship with the list: `.options(selectinload(Model.relation))`.",
        trade_off: "One more query, or a wider one, where the rows are not shown with the relationship.",
        contract_effect: "none",
        cwe: [1073, 1050],
        owasp: ["API4:2023"],
        profile: Default,
        page: "database/relationship-loaded-per-row.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html"],
        check: check,
    }
}

/// A relationship that the response reads of each row.
struct Read {
    class: Name,
    relation: Relationship,
    model: Name,
    field: Location,
    query: Location,
    returned: Location,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let lazy = context.analysis.tables.iter().flat_map(|table| &table.relationships).any(is_lazy);
    if !lazy {
        return;
    }
    let graph = context.call_graph();
    for entry in context.entry_points() {
        if !entry.is_handler() || entry.route.kind != RouteKind::Http {
            continue;
        }
        let Some(root) = graph.of_dependant(entry.handler()) else { continue };
        let reads = reads(context, graph, entry, root);
        if reads.is_empty() {
            continue;
        }
        let ways = graph.ways(root, |edge| edge.kind == EdgeKind::Call);
        let loaded: Vec<String> =
            ways.nodes().flat_map(|node| loader_texts(context, &graph.nodes[node])).collect();
        for read in reads.iter().filter(|read| !loaded.iter().any(|text| names(text, &read.relation.name))) {
            let symbol = graph.nodes[root].symbol();
            let (class, relation) = (read.class, read.relation.name);
            let outline = entry.outline(read.returned, &symbol, read.query).discriminator(&relation);
            report.report_on_route(&outline, |draft| {
                draft
                    .message(format!(
                        "`{}` sends a query for each `{class}`: `{}` reads its `{relation}`",
                        route_name(entry.route),
                        read.model
                    ))
                    .evidence_chain(entry.steps())
                    .evidence(format!("rows of `{class}` are loaded here, without `{relation}`"), read.query)
                    .evidence(
                        format!("`{relation}` is loaded when it is first read, for one row"),
                        read.relation.location,
                    )
                    .evidence(format!("`{}` reads it of each row", read.model), read.field)
                    .evidence("while this is turned into the response", read.returned)
                    .example(format!(".options(selectinload({class}.{relation}))"))
                    .fix(with_eager_loading(context, read.query, class.as_str(), relation.as_str()))
            });
        }
    }
}

fn is_lazy(relation: &Relationship) -> bool {
    matches!(relation.lazy.as_str(), "select" | "True" | "true")
}

fn reads(context: &Context<'_>, graph: &CallGraph, entry: &EntryPoint<'_>, root: usize) -> Vec<Read> {
    let mut found: Vec<Read> = Vec::new();
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let node = &graph.nodes[root];
    let declared = match entry.detail.flat.options.keyword("response_model") {
        Some(model) => model.clone(),
        None => {
            let function = &node.summary.function;
            let Some(expression) = function.definition.returns.clone() else { return found };
            let annotation =
                Annotation::Written { expression, scope: function.scope, module: function.module };
            interpreter.evaluate_annotation(&annotation)
        }
    };
    let Some(model) = element_of_list(interpreter, &declared) else { return found };
    let Kind::Class(model_id) = *model.kind() else { return found };
    let Some(model_name) = interpreter.class(model_id).map(|class| class.name) else { return found };
    for event in &node.summary.events {
        let EventKind::Return(value) = &event.kind else { continue };
        for returned in value.alternatives() {
            let Some(query) = listing(interpreter, returned, 0) else { continue };
            let Some(Kind::Class(class)) = entity(interpreter, returned, 0).map(Value::into_kind) else {
                continue;
            };
            // A response of the mapped class itself is another matter.
            if class == model_id {
                continue;
            }
            let Some(table) = context.analysis.tables.iter().find(|table| table.class == class) else {
                continue;
            };
            let Some(class_name) = interpreter.class(class).map(|class| class.name) else { continue };
            for relation in table.relationships.iter().filter(|relation| is_lazy(relation)) {
                let Some((_, field)) = interpreter.annotation_in_class(&model, relation.name) else {
                    continue;
                };
                if !found.iter().any(|known| known.relation.name == relation.name) {
                    found.push(Read {
                        class: class_name,
                        relation: relation.clone(),
                        model: model_name,
                        field,
                        query,
                        returned: event.location,
                    });
                }
            }
        }
    }
    found
}

/// The Pydantic model of the elements of a list.
fn element_of_list(interpreter: &mut Interpreter<'_>, declared: &Value) -> Option<Value> {
    let plain = plain_type(declared);
    let Symbolic::Item { base, index } = plain.as_symbolic()? else { return None };
    let is_list = matches!(
        base.as_external()?.as_str(),
        "builtins.list" | "typing.List" | "typing.Sequence" | "collections.abc.Sequence" | "typing.Iterable"
    );
    let class = interpreter.class_of_type(index).filter(|_| is_list)?;
    interpreter.derives_from(&class, "pydantic.main.BaseModel").then_some(class)
}

/// Where the query stands whose many rows a value is; none for async sessions, which fail instead, and for
/// queries that load more than the rows.
fn listing(interpreter: &mut Interpreter<'_>, value: &Value, depth: u32) -> Option<Location> {
    if depth > 16 {
        return None;
    }
    let Symbolic::Call { callee, arguments, site } = value.as_symbolic()? else { return None };
    if let Some(name) = callee.as_external()
        && matches!(name.as_str(), "builtins.list" | "builtins.tuple")
    {
        return listing(interpreter, arguments.positional.first()?, depth + 1);
    }
    let Symbolic::Member { base, name } = callee.as_symbolic()? else { return None };
    match session_kind(interpreter, base) {
        Some(false) => {
            let many = matches!(name.as_str(), "scalars" | "query" | "exec" | "execute" | "stream_scalars");
            (many && !has_options(arguments)).then_some(*site)
        }
        Some(true) => None,
        None => {
            let one = matches!(
                name.as_str(),
                "first" | "one" | "one_or_none" | "scalar" | "scalar_one" | "scalar_one_or_none" | "get"
            );
            let loads = *name == "options" || arguments.positional.iter().any(|argument| {
                mentions(argument, &mut |part| matches!(part.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "options"))
            });
            if one || loads { None } else { listing(interpreter, base, depth + 1) }
        }
    }
}
