//! `mass-assignment`: client fields that reach columns they must not set.

crate::declare_rule! {
    /// Client fields that reach columns they must not set.
    MassAssignment {
        name: "mass-assignment",
        area: Validation,
        severity: Critical,
        confidence: Likely,
        summary: "client fields that reach columns they must not set",
        why: "Whoever sends one more field gives himself a role, an owner or a balance.",
        recommendation: "Take a model for input that holds only what clients may set, and set the rest from the guard.",
        trade_off: "One more model; fields that clients set today are ignored or refused.",
        contract_effect: "the field leaves the request",
        cwe: [915],
        owasp: ["API3:2023"],
        profile: Default,
        page: "validation/mass-assignment.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/"],
    }
}
