//! `engine-without-ping`: pool that hands out connections which the server may have closed.

use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::recipes::with_keyword;
use crate::reporter::{Draft, Reporter};

crate::declare_rule! {
    /// Pool that hands out connections which the server may have closed.
    EngineWithoutPing {
        name: "engine-without-ping",
        area: Database,
        severity: Low,
        confidence: Certain,
        summary: "pool that hands out connections which the server may have closed",
        why: "After a restart of the database, a failover, or a quiet night behind a firewall, the first requests on each connection of the pool fail.",
        recommendation: "Pass `pool_pre_ping=True`, or a `pool_recycle` below the time-out of the server.",
        trade_off: "A tiny query before each use of a connection.",
        contract_effect: "500 after a lost connection becomes the intended response",
        cwe: [754],
        owasp: [],
        profile: Strict,
        page: "database/engine-without-ping.md",
        references: ["https://docs.sqlalchemy.org/en/20/core/pooling.html#disconnect-handling-pessimistic"],
        check: check,
    }
}

/// Options that decide about connections in another way.
const DECIDES: &[&str] = &["pool_pre_ping", "pool_recycle", "poolclass", "pool", "creator", "async_creator"];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    for engine in context.engines() {
        let decided = DECIDES.iter().any(|option| engine.arguments.keyword(option).is_some());
        if decided || engine.arguments.incomplete || !engine.is_remote() || !engine.is_global {
            continue;
        }
        let Some(dialect) = &engine.dialect else { continue };
        report.report(
            Draft::new(
                engine.site,
                engine.symbol.as_str(),
                format!(
                    "`{}` hands out connections to `{dialect}` without asking whether they still work",
                    engine.symbol
                ),
            )
            .evidence("neither `pool_pre_ping` nor `pool_recycle` is given", engine.site)
            .example("pool_pre_ping=True")
            .fix(with_keyword(
                context,
                engine.site,
                "pool_pre_ping=True",
                Fix::needs_review("test connections before they are handed out"),
            )),
        );
    }
}
