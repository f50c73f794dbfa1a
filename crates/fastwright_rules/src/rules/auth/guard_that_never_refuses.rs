//! `guard-that-never-refuses`: authentication dependency that looks at the caller and lets everybody pass.

crate::declare_rule! {
    /// Authentication dependency that looks at the caller and lets everybody pass.
    GuardThatNeverRefuses {
        name: "guard-that-never-refuses",
        area: Auth,
        severity: Critical,
        confidence: Likely,
        summary: "authentication dependency that looks at the caller and lets everybody pass",
        why: "The route looks protected in code and in the documentation, and every caller passes.",
        recommendation: "Raise 401 in the dependency when the credentials are missing or wrong, and pass the dependency itself, called where it is a factory.",
        trade_off: "Callers with missing or wrong credentials, who got an answer until now, get 401.",
        contract_effect: "401 for callers with missing or wrong credentials",
        cwe: [287, 863],
        owasp: ["API2:2023"],
        profile: Default,
        page: "auth/guard-that-never-refuses.md",
        references: ["https://fastapi.tiangolo.com/reference/security/", "https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/"],
    }
}
