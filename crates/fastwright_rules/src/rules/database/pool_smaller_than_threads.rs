//! `pool-smaller-than-threads`: fewer connections than threads that wait for one.

use crate::context::Context;
use crate::finding::Confidence;
use crate::reporter::{Draft, Reporter};
use crate::sessions::functions_calling;
use crate::syntax::program_uses_name;
use fastwright_python::value::Value;

crate::declare_rule! {
    /// Fewer connections than threads that wait for one.
    PoolSmallerThanThreads {
        name: "pool-smaller-than-threads",
        area: Database,
        severity: Medium,
        confidence: Likely,
        summary: "fewer connections than threads that wait for one",
        why: "Forty requests run at the same time in the threads of `def` handlers. Those without a connection wait for half a minute, hold their thread meanwhile, and then fail with `QueuePool limit ... reached`.",
        recommendation: "Give the pool as many connections as there are threads (`pool_size` and `max_overflow` together), or lower the number of threads.",
        trade_off: "The database must allow that many connections for each worker.",
        contract_effect: "none",
        cwe: [400, 410],
        owasp: ["API4:2023"],
        profile: Strict,
        page: "database/pool-smaller-than-threads.md",
        references: ["https://docs.sqlalchemy.org/en/20/core/pooling.html", "https://www.starlette.dev/threadpool/"],
        check: check,
    }
}

/// Threads of AnyIO.
const THREADS: i64 = 40;

/// Methods of sessions that need a connection.
const QUERIES: &[&str] =
    &["execute", "exec", "scalar", "scalars", "get", "get_one", "query", "commit", "flush"];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let engines: Vec<_> = context.engines().iter().filter(|engine| !engine.is_async).collect();
    // With several engines it is not plain which one the handlers use.
    let [engine] = &engines[..] else { return };
    let decided =
        ["poolclass", "pool", "creator"].iter().any(|option| engine.arguments.keyword(option).is_some());
    if decided || engine.arguments.incomplete || !engine.is_remote() {
        return;
    }
    let number = |name: &str, default: i64| match engine.arguments.keyword(name) {
        None => Some(default),
        Some(value) => Value::as_int(value),
    };
    let (Some(size), Some(overflow)) = (number("pool_size", 5), number("max_overflow", 10)) else { return };
    let connections = size + overflow;
    // Nought and less stand for no limit.
    if connections >= THREADS || size == 0 || overflow < 0 {
        return;
    }
    let limited = program_uses_name(context.analysis, "total_tokens");
    if limited {
        return;
    }
    let graph = context.call_graph();
    let querying = functions_calling(graph, QUERIES);
    let mut users = context.entry_points().iter().filter(|entry| {
        entry.is_handler()
            && !entry.dependant().is_async
            && entry.node(graph).is_some_and(|node| querying.contains(node))
    });
    let Some(first) = users.next() else { return };
    let others = users.count();
    let Some(node) = graph.of_dependant(first.dependant()) else { return };
    let user = &graph.nodes[node];
    let more = if others == 0 { String::new() } else { format!(", as {others} other handlers are") };
    report.report(
        Draft::new(
            engine.site,
            engine.symbol.as_str(),
            format!(
                "`{}` has {connections} connections for {THREADS} threads of `def` handlers",
                engine.symbol
            ),
        )
        .confidence(Confidence::Likely)
        .evidence(format!("at most {size} connections are kept and {overflow} more opened"), engine.site)
        .evidence(
            format!("`{}` is run in one of {THREADS} threads and sends queries{more}", user.name()),
            user.location(),
        )
        .example(format!("pool_size={}, max_overflow={}", THREADS / 2, THREADS / 2)),
    );
}
