//! `sensitive-field-in-response`: response model with a credential in it.

crate::declare_rule! {
    /// Response model with a credential in it.
    SensitiveFieldInResponse {
        name: "sensitive-field-in-response",
        area: Validation,
        severity: High,
        confidence: Likely,
        summary: "response model with a credential in it",
        why: "Whoever may call the route reads password hashes, keys or tokens, and so does every log and cache on the way.",
        recommendation: "Use a model for responses that does not have the field.",
        trade_off: "Clients that read the field lose it.",
        contract_effect: "the field leaves the response",
        cwe: [200, 213],
        owasp: ["API3:2023"],
        profile: Default,
        page: "validation/sensitive-field-in-response.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/"],
    }
}
