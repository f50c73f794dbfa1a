//! `unintended-query-parameters`: plain parameters of a writing route that silently become query parameters.

crate::declare_rule! {
    /// Plain parameters of a writing route that silently become query parameters.
    UnintendedQueryParameters {
        name: "unintended-query-parameters",
        area: Validation,
        severity: Medium,
        confidence: Likely,
        summary: "plain parameters of a writing route that silently become query parameters",
        why: "The values travel in the address, where logs, proxies and browser histories keep them.",
        recommendation: "Declare a body model, or say `Body()`; say `Query()` where the query is meant.",
        trade_off: "Clients have to send the values in the body.",
        contract_effect: "the parameters move from the query to the body",
        cwe: [598],
        owasp: [],
        profile: Default,
        page: "validation/unintended-query-parameters.md",
        references: ["https://fastapi.tiangolo.com/tutorial/body-multiple-params/", "https://cwe.mitre.org/data/definitions/598.html"],
    }
}
