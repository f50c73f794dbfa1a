//! `permissive-cors`: every website may use the service with its visitors' credentials.

crate::declare_rule! {
    /// Every website may use the service with its visitors' credentials.
    PermissiveCors {
        name: "permissive-cors",
        area: Security,
        severity: High,
        confidence: Certain,
        summary: "every website may use the service with its visitors' credentials",
        why: "Any page that a signed-in user opens can call the service as that user and read the answers.",
        recommendation: "Name the origins, or leave credentials out.",
        trade_off: "Origins have to be configured for each environment.",
        contract_effect: "other origins are refused by browsers",
        cwe: [942, 346],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/permissive-cors.md",
        references: ["https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS", "https://fastapi.tiangolo.com/tutorial/cors/"],
    }
}
