//! `lazy-load-in-async`: relationship that is loaded on first use, read under an async session.

use crate::call_graph::{CallGraph, Edge, Node, first_site};
use crate::context::Context;
use crate::data_flow::Search;
use crate::entry_points::EntryPoint;
use crate::fixes::recipes::with_eager_loading;
use crate::reached::visit_reached;
use crate::relationship_loading::{has_options, loader_texts, names};
use crate::reporter::{Draft, Reporter};
use crate::sessions::is_async_session_method;
use crate::syntax::{encloses, expressions};
use crate::wording::route_name;
use fastwright_model::facts::EdgeKind;
use fastwright_model::library::sqlalchemy::session_kind;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::ExprKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::{Annotation, Kind, NameSet, Object, ObjectId, Symbolic, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

crate::declare_rule! {
    /// Relationship that is loaded on first use, read under an async session.
    LazyLoadInAsync {
        name: "lazy-load-in-async",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "relationship that is loaded on first use, read under an async session",
        why: "The hidden query can't run there: the request fails with `MissingGreenlet`.",
        recommendation: "Load the relationship with the query: `.options(selectinload(Model.relation))`.",
        trade_off: "One more query, or a wider one, for each relationship.",
        contract_effect: "500 becomes the intended response",
        cwe: [665],
        owasp: [],
        profile: Default,
        page: "database/lazy-load-in-async.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession"],
        check: check,
    }
}

/// What a lazy relationship is read from.
struct LazyRead {
    place: Location,
    class: String,
    relation: Name,
    loaded_at: Location,
    by_model: Option<(String, Location)>,
}

/// The lazy relationships of a project.
struct Lazy {
    /// Each with the class that has it.
    relationships: Vec<(ObjectId, Name)>,
    names: FxHashSet<Name>,
    set: NameSet,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let relationships: Vec<(ObjectId, Name)> = context
        .analysis
        .tables
        .iter()
        .flat_map(|table| table.relationships.iter().map(|relation| (table.class, relation)))
        .filter(|(_, relation)| matches!(relation.lazy.as_str(), "select" | "True" | "true"))
        .map(|(class, relation)| (class, relation.name))
        .collect();
    if relationships.is_empty() {
        return;
    }
    let lazy = Lazy {
        names: relationships.iter().map(|(_, name)| *name).collect(),
        set: relationships.iter().map(|(_, name)| *name).collect(),
        relationships,
    };
    let graph = context.call_graph();
    let mut search = Search::new(lazy.set, false, 16);
    // Objects come from a query of the function itself or of one that it calls.
    let asking = graph.reaching(graph.calls().libraries(is_async_session_method), |_| true);
    let reads: FxHashMap<usize, Vec<LazyRead>> = asking
        .iter()
        .map(|node| (node, lazy_reads(context, &graph.nodes[node], &lazy, &mut search)))
        .filter(|(_, reads)| !reads.is_empty())
        .collect();
    let mut loaded: FxHashMap<usize, Rc<Vec<String>>> = FxHashMap::default();
    let mut loaded_below = |root: usize| {
        Rc::clone(loaded.entry(root).or_insert_with(|| {
            let ways = graph.ways(root, |edge| edge.kind == EdgeKind::Call);
            Rc::new(ways.nodes().flat_map(|node| loader_texts(context, &graph.nodes[node])).collect())
        }))
    };
    visit_reached(
        context,
        graph,
        |node| reads.contains_key(&node),
        |edge| edge.kind == EdgeKind::Call,
        &mut |entry, node, path| {
            for read in &reads[&node] {
                let Some(root) = graph.of_dependant(entry.handler()) else { continue };
                if loaded_below(root).iter().any(|text| names(text, &read.relation)) {
                    continue;
                }
                let on_the_way = path.iter().map(Edge::from).chain([node]);
                if on_the_way
                    .into_iter()
                    .any(|part| is_given(context, &graph.nodes[part], &read.class, read.relation))
                {
                    continue;
                }
                report_read(context, report, entry, graph, node, path, read);
            }
        },
    );
    for entry in context.entry_points().iter().filter(|entry| entry.is_handler()) {
        let Some(root) = graph.of_dependant(entry.handler()) else { continue };
        for read in reads_of_response(context, entry, &graph.nodes[root], &lazy) {
            if !loaded_below(root).iter().any(|text| names(text, &read.relation)) {
                report_read(context, report, entry, graph, root, &[], &read);
            }
        }
    }
}

fn report_read(
    context: &Context<'_>,
    report: &mut Reporter<'_>,
    entry: &EntryPoint<'_>,
    graph: &CallGraph,
    node: usize,
    path: &[Edge],
    read: &LazyRead,
) {
    let symbol = graph.nodes[node].symbol();
    let next = first_site(path).unwrap_or(read.loaded_at);
    let outline = entry.outline(read.place, &symbol, next).discriminator(&read.relation);
    report.report_on_route(&outline, |draft| {
        let fix = with_eager_loading(context, read.loaded_at, &read.class, read.relation.as_str());
        tell(draft, entry, graph, path, read).fix(fix)
    });
}

fn tell(draft: Draft, entry: &EntryPoint<'_>, graph: &CallGraph, path: &[Edge], read: &LazyRead) -> Draft {
    let route = route_name(entry.route);
    let (class, relation) = (&read.class, read.relation);
    let message = match &read.by_model {
        Some((model, _)) => format!(
            "`{route}` answers with `{model}`, which reads `{class}.{relation}`, and nothing has loaded it"
        ),
        None => format!("`{route}` reads `{class}.{relation}`, and nothing has loaded it"),
    };
    let mut draft = draft
        .message(message)
        .evidence_chain(entry.steps())
        .evidence_chain(graph.steps(path))
        .evidence(format!("an async session loads `{class}` here, without `{relation}`"), read.loaded_at);
    draft = match &read.by_model {
        Some((model, place)) => draft
            .evidence(format!("it is returned, and `{model}` reads its attributes"), read.place)
            .evidence(
                format!(
                    "`{relation}` is a field of `{model}`: reading it needs a query where none can be awaited"
                ),
                *place,
            ),
        None => draft
            .evidence(format!("reading `{relation}` needs a query where none can be awaited"), read.place),
    };
    draft.example(format!(".options(selectinload({class}.{relation}))"))
}

/// Reads of lazy relationships in a function, from objects that an async session loaded.
fn lazy_reads(context: &Context<'_>, node: &Node, lazy: &Lazy, search: &mut Search) -> Vec<LazyRead> {
    let mut found: Vec<LazyRead> = Vec::new();
    let mut prepared: Vec<(Value, Name)> = Vec::new();
    let mut values: Vec<&Value> = Vec::new();
    for event in &node.summary.events {
        values.clear();
        match &event.kind {
            EventKind::Call(call) => {
                let refresh = matches!(call.callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "refresh");
                if refresh {
                    note_refresh(context, call, &mut prepared);
                    continue;
                }
                values.extend(call.arguments.positional.iter());
                values.extend(call.arguments.keywords.iter().map(|(_, value)| value));
                if let Some(Symbolic::Member { base, .. }) = call.callee.as_symbolic() {
                    values.push(base);
                }
            }
            EventKind::Store { base, name, value } => {
                prepared.push((base.clone(), *name));
                values.push(value);
            }
            EventKind::StoreItem { value, .. }
            | EventKind::Condition(value)
            | EventKind::Yield(value)
            | EventKind::Return(value) => {
                values.push(value);
            }
            EventKind::Raise { .. } => {}
        }
        for value in values.iter().filter(|value| value.may_name_within(lazy.set)) {
            for (base, relation) in relation_members(context, value, lazy, search) {
                let given = prepared.iter().any(|(owner, name)| *name == relation && owner.same(&base));
                if given || found.iter().any(|known| known.relation == relation) {
                    continue;
                }
                let Some((class, loaded_at)) = loaded_by_async_session(context, &base) else { continue };
                // What a callee gave back was read there.
                let Some(place) = attribute_place(node, relation, event.location, loaded_at) else {
                    continue;
                };
                found.push(LazyRead { place, class, relation, loaded_at, by_model: None });
            }
        }
    }
    found
}

/// Whether a function is given the related object itself: the session then knows it by its key, and a
/// relationship to one object is read without a query.
fn is_given(context: &Context<'_>, node: &Node, class: &str, relation: Name) -> bool {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let targets: Vec<&str> = context
        .analysis
        .tables
        .iter()
        .filter(|table| interpreter.class(table.class).is_some_and(|owner| owner.name == class))
        .flat_map(|table| &table.relationships)
        .filter(|known| known.name == relation)
        .filter_map(|known| known.target.as_deref())
        .collect();
    node.summary.parameters.iter().any(|(_, value)| {
        let Some(Kind::Class(id)) = interpreter.class_of(value).map(Value::into_kind) else { return false };
        interpreter.class(id).is_some_and(|owner| targets.contains(&owner.name.as_str()))
    })
}

/// `refresh(object, ["relation"])` loads what it names.
fn note_refresh(context: &Context<'_>, call: &CallEvent, prepared: &mut Vec<(Value, Name)>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let Some(object) = call.arguments.positional.first() else { return };
    let Some(names) = call.arguments.get(1, "attribute_names") else { return };
    for name in interpreter.elements(names).unwrap_or_default() {
        if let Some(name) = name.as_str() {
            prepared.push((object.clone(), Name::from(name)));
        }
    }
}

/// The reads `object.relation` inside a value, where the class of the object has the lazy relationship.
fn relation_members(
    context: &Context<'_>,
    value: &Value,
    lazy: &Lazy,
    search: &mut Search,
) -> Vec<(Value, Name)> {
    let mut members: Vec<(Value, Name)> = Vec::new();
    let mut lists: Vec<ObjectId> = Vec::new();
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut inside: Vec<&Value> = vec![value];
    let mut rounds = 0;
    while let Some(value) = inside.pop() {
        rounds += 1;
        if rounds > 40 {
            break;
        }
        search.visit(interpreter, value, &mut |inner| match inner.kind() {
            Kind::List(id) | Kind::Set(id) => {
                lists.push(*id);
                true
            }
            Kind::Symbolic(expression) => match &**expression {
                Symbolic::Member { base, name } if lazy.names.contains(name) => {
                    members.push((base.clone(), *name));
                    true
                }
                _ => false,
            },
            _ => false,
        });
        for id in lists.drain(..) {
            if let Object::List(list) | Object::Set(list) = interpreter.object(id) {
                inside.extend(&list.items);
            }
        }
    }
    members.retain(|(base, name)| {
        let class = interpreter.class_of(base);
        matches!(class.map(Value::into_kind), Some(Kind::Class(id)) if lazy.relationships.contains(&(id, *name)))
    });
    members
}

/// Class and place of the query, when an object comes from a query of an async session without options.
fn loaded_by_async_session(context: &Context<'_>, object: &Value) -> Option<(String, Location)> {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let class = interpreter.class_of(object)?;
    let Kind::Class(id) = *class.kind() else { return None };
    let name = interpreter.class(id)?.name.to_string();
    let site = query_of(interpreter, object, 0)?;
    Some((name, site))
}

/// Where the query stands from whose result an object is taken, by attribute, element, row or method. None
/// for objects made by a constructor, inputs, other sessions, and queries with options.
fn query_of(interpreter: &mut Interpreter<'_>, object: &Value, depth: u32) -> Option<Location> {
    if depth > 16 {
        return None;
    }
    match object.as_symbolic()? {
        Symbolic::Member { base, .. } | Symbolic::Element(base) | Symbolic::Item { base, .. } => {
            query_of(interpreter, base, depth + 1)
        }
        Symbolic::Call { callee, arguments, site } => {
            let Symbolic::Member { base, .. } = callee.as_symbolic()? else { return None };
            match session_kind(interpreter, base) {
                Some(true) => (!has_options(arguments)).then_some(*site),
                Some(false) => None,
                None => query_of(interpreter, base, depth + 1),
            }
        }
        _ => None,
    }
}

/// Where a function reads an attribute of this name: in what the event does; else at the first place behind the query,
/// for what was read into a variable before.
fn attribute_place(node: &Node, relation: Name, event: Location, loaded_at: Location) -> Option<Location> {
    let function = &node.summary.function;
    let mut within = None;
    let mut behind = None;
    expressions(&function.definition.body, &mut |expression| {
        if let Some((base, name)) = expression.as_attribute()
            && *name == relation
            && !matches!(&base.kind, ExprKind::Name(class) if class.starts_with(char::is_uppercase))
        {
            let place = Location { file: function.id.file, span: expression.span };
            if within.is_none() && place.file == event.file && encloses(event.span, place.span) {
                within = Some(place);
            }
            let is_behind = place.file != loaded_at.file || place.span.start > loaded_at.span.start;
            if behind.is_none() && is_behind {
                behind = Some(place);
            }
        }
    });
    within.or(behind)
}

/// Lazy relationships that the response model reads from what a handler returns.
fn reads_of_response(
    context: &Context<'_>,
    entry: &EntryPoint<'_>,
    node: &Node,
    lazy: &Lazy,
) -> Vec<LazyRead> {
    let mut found = Vec::new();
    let Some(model) = response_class(context, entry, node) else { return found };
    for event in &node.summary.events {
        let EventKind::Return(value) = &event.kind else { continue };
        for returned in value.alternatives() {
            let Some((class, loaded_at)) = loaded_by_async_session(context, returned) else { continue };
            let interpreter = &mut *context.analysis.interpreter.borrow_mut();
            let Some(Kind::Class(id)) = interpreter.class_of(returned).map(Value::into_kind) else {
                continue;
            };
            let Kind::Class(model_id) = *model.kind() else { continue };
            let Some(model_name) = interpreter.class(model_id).map(|class| class.name.to_string()) else {
                continue;
            };
            for (owner, relation) in lazy.relationships.iter().filter(|(owner, _)| *owner == id) {
                if interpreter.find_in_class(&Kind::Class(*owner).into(), *relation).is_none() {
                    continue;
                }
                let given = node.summary.events.iter().any(|event| match &event.kind {
                    EventKind::Store { base, name, .. } => name == relation && base.same(returned),
                    EventKind::Call(call) => {
                        matches!(call.callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "refresh")
                            && call.arguments.get(1, "attribute_names").is_some()
                    }
                    _ => false,
                });
                if let Some((_, field)) =
                    interpreter.annotation_in_class(&model, *relation).filter(|_| !given)
                {
                    found.push(LazyRead {
                        place: event.location,
                        class: class.clone(),
                        relation: *relation,
                        loaded_at,
                        by_model: Some((model_name.clone(), field)),
                    });
                }
            }
        }
    }
    found
}

/// The Pydantic model that serializes what a handler returns.
fn response_class(context: &Context<'_>, entry: &EntryPoint<'_>, node: &Node) -> Option<Value> {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let declared = match entry.detail.flat.options.keyword("response_model") {
        Some(model) => model.clone(),
        None => {
            let function = &node.summary.function;
            let expression = function.definition.returns.clone()?;
            let annotation =
                Annotation::Written { expression, scope: function.scope, module: function.module };
            interpreter.evaluate_annotation(&annotation)
        }
    };
    let class = interpreter.class_of_type(&declared)?;
    interpreter.derives_from(&class, "pydantic.main.BaseModel").then_some(class)
}
