//! `mutable-global-state`: module variable used as storage by request handlers.

crate::declare_rule! {
    /// Module variable used as storage by request handlers.
    MutableGlobalState {
        name: "mutable-global-state",
        area: Architecture,
        severity: Medium,
        confidence: Likely,
        summary: "module variable used as storage by request handlers",
        why: "Each worker has its own copy, all of it is gone after a restart, and threads write to it at the same time.",
        recommendation: "Keep it in the database, in Redis, or in an object that the lifespan creates.",
        trade_off: "A store to run and to reach.",
        contract_effect: "none",
        cwe: [362, 1108],
        owasp: [],
        profile: Default,
        page: "architecture/mutable-global-state.md",
        references: ["https://fastapi.tiangolo.com/deployment/concepts/#replication-processes-and-memory"],
    }
}
