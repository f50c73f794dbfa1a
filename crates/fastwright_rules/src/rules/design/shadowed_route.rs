//! `shadowed-route`: route that an earlier one answers instead.

crate::declare_rule! {
    /// Route that an earlier one answers instead.
    ShadowedRoute {
        name: "shadowed-route",
        area: Design,
        severity: High,
        confidence: Certain,
        summary: "route that an earlier one answers instead",
        why: "The handler is never called: the earlier route takes its requests, or refuses them with 422.",
        recommendation: "Register the fixed path before the one with a parameter.",
        trade_off: "The other handler answers for that path from then on.",
        contract_effect: "the intended handler answers",
        cwe: [561],
        owasp: [],
        profile: Default,
        page: "design/shadowed-route.md",
        references: ["https://fastapi.tiangolo.com/tutorial/path-params/#order-matters"],
    }
}
