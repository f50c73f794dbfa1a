//! `identity-from-client`: caller's identity taken from the request although the caller is known.

crate::declare_rule! {
    /// Caller's identity taken from the request although the caller is known.
    IdentityFromClient {
        name: "identity-from-client",
        area: Auth,
        severity: Critical,
        confidence: Likely,
        summary: "caller's identity taken from the request although the caller is known",
        why: "Whoever changes one value in the request acts as somebody else.",
        recommendation: "Take the identity from the guard (`user.id`) and drop the parameter.",
        trade_off: "Callers that send the parameter today keep working only if it is ignored; administrators who act for others need a route of their own.",
        contract_effect: "the parameter leaves the contract",
        cwe: [639, 290],
        owasp: ["API1:2023"],
        profile: Default,
        page: "auth/identity-from-client.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"],
    }
}
