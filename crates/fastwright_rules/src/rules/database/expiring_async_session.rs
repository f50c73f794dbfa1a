//! `expiring-async-session`: async session whose objects expire at commit and are used afterwards.

use crate::call_graph::{CallGraph, Node};
use crate::context::Context;
use crate::entry_points::EntryPoint;
use crate::finding::Fix;
use crate::fixes::recipes::with_value;
use crate::reached::visit_reached;
use crate::reporter::{Outline, Reporter};
use crate::sessions::{is_session_method, made_at};
use crate::stale_objects::{StaleRead, stale_read};
use crate::wording::route_name;
use fastwright_model::facts::EdgeKind;
use fastwright_model::library::sqlalchemy::is_new_session;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::{Arguments, Symbolic, Value};
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Async session whose objects expire at commit and are used afterwards.
    ExpiringAsyncSession {
        name: "expiring-async-session",
        area: Database,
        severity: High,
        confidence: Likely,
        summary: "async session whose objects expire at commit and are used afterwards",
        why: "The first attribute that is read after the commit needs a query, which an async session can't run there: the request fails with `MissingGreenlet`.",
        recommendation: "Create the sessions with `expire_on_commit=False`.",
        trade_off: "Values that the database computes at commit are not loaded again by themselves: refresh where they are needed.",
        contract_effect: "500 becomes the intended response",
        cwe: [665],
        owasp: [],
        profile: Default,
        page: "database/expiring-async-session.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession"],
        check: check,
    }
}

/// A factory or constructor of async sessions whose objects expire at commit.
#[derive(Clone)]
struct Maker {
    site: Location,
    name: String,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let committing = graph.calls().libraries(|callee| is_session_method(callee, &["commit"]));
    let stale: FxHashMap<usize, StaleRead> = {
        let interpreter = &mut *context.analysis.interpreter.borrow_mut();
        let tables = &context.analysis.tables;
        let mut read = |node: usize| stale_read(interpreter, &graph.nodes[node], tables);
        committing.iter().filter_map(|node| Some((node, read(node)?))).collect()
    };
    let mut makers: FxHashMap<usize, Option<Maker>> = FxHashMap::default();
    visit_reached(
        context,
        graph,
        |node| stale.contains_key(&node),
        |edge| edge.kind == EdgeKind::Call,
        &mut |entry, node, path| {
            let Some(read) = stale.get(&node) else { return };
            let holder = &graph.nodes[node];
            let maker = if is_new_session(&read.session) {
                expiring(context, &read.session)
            } else {
                entry.route_functions(graph).find_map(|node| {
                    let maker = makers.entry(node);
                    maker.or_insert_with(|| yielded_maker(context, &graph.nodes[node])).clone()
                })
            };
            let Some(maker) = maker else { return };
            if read.attribute.is_none() && !reaches_response(graph, entry, holder, path.is_empty()) {
                return;
            }
            let file = holder.summary.function.id.file;
            let at = |span| Location { file, span };
            let name = read.name;
            let note = || match read.attribute {
                Some(attribute) => format!(
                    "`{name}.{attribute}` is read: it has to be loaded again, where no query can be awaited"
                ),
                None => format!(
                    "`{name}` is returned, and the response reads it: it has to be loaded again, where no query can be awaited"
                ),
            };
            let outline = Outline::new(maker.site, &maker.name, entry.route, maker.site);
            report.report_on_route(&outline, |draft| {
                let (route, session) = (route_name(entry.route), &maker.name);
                draft
                    .message(format!(
                        "Objects of `{session}` expire at commit, and `{route}` reads `{name}` afterwards"
                    ))
                    .evidence("`expire_on_commit` is not switched off", maker.site)
                    .evidence_chain(entry.steps())
                    .evidence_chain(graph.steps(path))
                    .evidence(format!("the commit expires `{name}`"), at(read.commit))
                    .evidence(note(), at(read.read))
                    .fix(with_value(
                        context,
                        maker.site,
                        "expire_on_commit",
                        "False",
                        Fix::needs_review("keep what is loaded over the commit"),
                    ))
            });
        },
    );
}

/// Whether what a function returns is what the handler answers with, through a declared response.
fn reaches_response(graph: &CallGraph, entry: &EntryPoint<'_>, holder: &Node, is_root: bool) -> bool {
    if entry.route.response.is_none() {
        return false;
    }
    if is_root {
        return entry.is_handler();
    }
    let Some(handler) = graph.of_dependant(entry.handler()) else { return false };
    let made = |value: &Value| value.alternatives().iter().filter_map(made_at).collect::<Vec<_>>();
    let answered = made(&graph.nodes[handler].summary.returns);
    made(&holder.summary.returns).iter().any(|site| answered.contains(site))
}

/// The maker of the session that a dependency yields or returns, if its objects expire.
fn yielded_maker(context: &Context<'_>, node: &Node) -> Option<Maker> {
    node.summary
        .yields
        .iter()
        .chain(std::iter::once(&node.summary.returns))
        .find_map(|value| is_new_session(value).then(|| expiring(context, value)).flatten())
}

fn expiring(context: &Context<'_>, session: &Value) -> Option<Maker> {
    let Some(Symbolic::Call { callee, arguments, site }) = session.as_symbolic() else { return None };
    if let Some(class) = callee.as_external() {
        let is_async = class == "sqlalchemy.ext.asyncio.AsyncSession";
        return (is_async && expires(arguments))
            .then(|| Maker { site: *site, name: "AsyncSession".to_owned() });
    }
    let Some(Symbolic::Call { callee: maker, arguments: given, site }) = callee.as_symbolic() else {
        return None;
    };
    let is_async =
        maker.as_external().is_some_and(|name| name == "sqlalchemy.ext.asyncio.async_sessionmaker")
            || given
                .keyword("class_")
                .and_then(Value::as_external)
                .is_some_and(|class| class == "sqlalchemy.ext.asyncio.AsyncSession");
    if !is_async || !expires(given) || arguments.keyword("expire_on_commit").is_some() {
        return None;
    }
    let interpreter = context.analysis.interpreter.borrow();
    let mut names: Vec<Name> = interpreter
        .modules()
        .filter(|(_, module)| module.file == Some(site.file))
        .flat_map(|(_, module)| &interpreter.scope(module.scope).names)
        .filter(|(_, value)| made_at(value) == Some(*site))
        .map(|(name, _)| *name)
        .collect();
    names.sort_unstable_by_key(|name| name.as_str());
    Some(Maker { site: *site, name: names.first().map_or("async_sessionmaker".to_owned(), Name::to_string) })
}

/// Whether the objects of sessions made with these arguments expire at commit.
fn expires(arguments: &Arguments) -> bool {
    !arguments.incomplete
        && match arguments.keyword("expire_on_commit") {
            None => true,
            Some(given) => given.as_bool() == Some(true),
        }
}
