//! `missing-ownership-check`: row fetched by an id of the client without looking at whose it is.

crate::declare_rule! {
    /// Row fetched by an id of the client without looking at whose it is.
    MissingOwnershipCheck {
        name: "missing-ownership-check",
        area: Auth,
        severity: Critical,
        confidence: Likely,
        summary: "row fetched by an id of the client without looking at whose it is",
        why: "Every signed-in user can reach the rows of every other user by counting through the ids.",
        recommendation: "Put the owner into the query (`where(Model.id == id, Model.owner_id == user.id)`) and answer 404 when nothing is found.",
        trade_off: "Support staff who used the route for other people's rows need a route of their own. 404 hides that the row exists; 403 tells the caller more.",
        contract_effect: "404 for callers who do not own the row",
        cwe: [639, 284],
        owasp: ["API1:2023"],
        profile: Default,
        page: "auth/missing-ownership-check.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"],
    }
}
