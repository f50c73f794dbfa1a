//! `login-without-rate-limit`: route that checks a password or code and may be called without limit.

crate::declare_rule! {
    /// Route that checks a password or code and may be called without limit.
    LoginWithoutRateLimit {
        name: "login-without-rate-limit",
        area: Auth,
        severity: Medium,
        confidence: Likely,
        summary: "route that checks a password or code and may be called without limit",
        why: "Passwords and one-time codes can be tried as fast as the server answers.",
        recommendation: "Put a limiter on the route, keyed by account and address, with a store that all workers share.",
        trade_off: "Callers can see 429, and somebody can lock out an account by failing on purpose if the limit is per account only.",
        contract_effect: "429 for callers who try too often",
        cwe: [307, 799],
        owasp: ["API4:2023", "API2:2023"],
        profile: Default,
        page: "auth/login-without-rate-limit.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/", "https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html"],
    }
}
