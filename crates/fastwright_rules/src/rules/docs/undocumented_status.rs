//! `undocumented-status`: status that the code raises and the document does not mention.

crate::declare_rule! {
    /// Status that the code raises and the document does not mention.
    UndocumentedStatus {
        name: "undocumented-status",
        area: Docs,
        severity: Low,
        confidence: Certain,
        summary: "status that the code raises and the document does not mention",
        why: "Generated clients and their authors do not know that the answer exists, and treat it as a surprise.",
        recommendation: "Add it to `responses=` of the route, or of the router where all share it.",
        trade_off: "One line for each status; a model for errors to declare once.",
        contract_effect: "the document names the status",
        cwe: [1059],
        owasp: [],
        profile: Strict,
        page: "docs/undocumented-status.md",
        references: ["https://fastapi.tiangolo.com/advanced/additional-responses/"],
    }
}
