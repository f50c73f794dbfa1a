//! `commit-in-loop`: transaction that is ended once for each element of a collection.

use crate::call_graph::{CallGraph, first_site};
use crate::call_index::FunctionSet;
use crate::context::Context;
use crate::loops::{RepeatedCall, repeated_calls, unconditional_call};
use crate::reached::visit_reached;
use crate::reporter::Reporter;
use crate::sessions::functions_calling;
use crate::wording::route_name;
use fastwright_model::facts::EdgeKind;
use fastwright_python::location::Location;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Transaction that is ended once for each element of a collection.
    CommitInLoop {
        name: "commit-in-loop",
        area: Database,
        severity: Medium,
        confidence: Likely,
        summary: "transaction that is ended once for each element of a collection",
        why: "When one element fails, those before it are stored and the rest is not: the caller sees an error and can't tell what was done. Each commit also waits for the disk of the database.",
        recommendation: "Write all elements, and commit once behind the loop.",
        trade_off: "One long transaction; a job over very many rows commits in batches on purpose, and remembers how far it got.",
        contract_effect: "after an error nothing is stored instead of a part",
        cwe: [662],
        owasp: [],
        profile: Strict,
        page: "database/commit-in-loop.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/session_transaction.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    let committing = functions_calling(graph, &["commit"]);
    let repeated: FxHashMap<usize, Vec<RepeatedCall<'_>>> = committing
        .iter()
        .map(|node| (node, commits(graph, node, &committing)))
        .filter(|(_, commits)| !commits.is_empty())
        .collect();
    visit_reached(
        context,
        graph,
        |node| repeated.contains_key(&node),
        |edge| edge.kind == EdgeKind::Call,
        &mut |entry, node, path| {
            let symbol = graph.nodes[node].symbol();
            let file = context.analysis.files.get(graph.nodes[node].location().file);
            for call in &repeated[&node] {
                let next = first_site(path).unwrap_or(call.place);
                let element = file.slice(call.target.span);
                let outline = entry.outline(call.place, &symbol, next).discriminator(element);
                report.report_on_route(&outline, |draft| {
                    let all = file.slice(call.iterable.span).split_whitespace().collect::<Vec<_>>().join(" ");
                    let route = route_name(entry.route);
                    let draft = draft
                        .message(format!("`{route}` commits once for each `{element}` of `{all}`"))
                        .evidence_chain(entry.steps())
                        .evidence_chain(graph.steps(path))
                        .evidence(
                            format!("this runs once for each `{element}`"),
                            Location { file: call.place.file, span: call.around },
                        );
                    match call.edge {
                        None => draft.evidence("and ends the transaction each time", call.place),
                        Some(edge) => draft.evidence(
                            format!("and `{}` ends the transaction each time", graph.nodes[edge.to()].name()),
                            call.place,
                        ),
                    }
                });
            }
        },
    );
}

/// The commits that a loop repeats, one for each loop.
fn commits<'g>(graph: &'g CallGraph, node: usize, committing: &FunctionSet) -> Vec<RepeatedCall<'g>> {
    let mut found: Vec<RepeatedCall<'g>> = Vec::new();
    for call in repeated_calls(graph, node, &["commit"], committing, true) {
        let near = call
            .edge
            .is_none_or(|edge| unconditional_call(graph, edge.to(), &["commit"], committing).is_some());
        // A `try` around each element says that the others are to go on.
        if near && !call.alone && !found.iter().any(|known| known.around == call.around) {
            found.push(call);
        }
    }
    found
}
