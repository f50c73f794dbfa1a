//! `mixed-lifespan-and-events`: startup and shutdown handlers beside a lifespan, which ignores them.

crate::declare_rule! {
    /// Startup and shutdown handlers beside a lifespan, which ignores them.
    MixedLifespanAndEvents {
        name: "mixed-lifespan-and-events",
        area: Lifecycle,
        severity: High,
        confidence: Certain,
        summary: "startup and shutdown handlers beside a lifespan, which ignores them",
        why: "The handlers never run: what they open, fill or close stays as it is, without any message.",
        recommendation: "Move what they do into the lifespan function.",
        trade_off: "None; `on_event` is deprecated.",
        contract_effect: "none",
        cwe: [665],
        owasp: [],
        profile: Default,
        page: "lifecycle/mixed-lifespan-and-events.md",
        references: ["https://fastapi.tiangolo.com/advanced/events/"],
    }
}
