//! `router-never-included`: router with routes that no application includes.

crate::declare_rule! {
    /// Router with routes that no application includes.
    RouterNeverIncluded {
        name: "router-never-included",
        area: Architecture,
        severity: Medium,
        confidence: Likely,
        summary: "router with routes that no application includes",
        why: "The routes do not exist, although their code is maintained, tested by calling the functions, and believed to be there.",
        recommendation: "Include the router, or delete it.",
        trade_off: "Including it publishes its routes: look at their guards first.",
        contract_effect: "new routes appear if it is included",
        cwe: [561, 1164],
        owasp: [],
        profile: Default,
        page: "architecture/router-never-included.md",
        references: ["https://fastapi.tiangolo.com/tutorial/bigger-applications/"],
    }
}
