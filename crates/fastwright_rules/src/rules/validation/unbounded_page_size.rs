//! `unbounded-page-size`: page size without an upper bound that reaches a query.

crate::declare_rule! {
    /// Page size without an upper bound that reaches a query.
    UnboundedPageSize {
        name: "unbounded-page-size",
        area: Validation,
        severity: Medium,
        confidence: Certain,
        summary: "page size without an upper bound that reaches a query",
        why: "One request can make the service load the whole table into memory.",
        recommendation: "Bound the parameter: `Annotated[int, Query(ge=1, le=100)]`.",
        trade_off: "Clients that ask for more get 422; a bulk export needs a route of its own.",
        contract_effect: "422 for page sizes above the bound",
        cwe: [770],
        owasp: ["API4:2023"],
        profile: Default,
        page: "validation/unbounded-page-size.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/"],
    }
}
