//! `logged-credentials`: password, token or key written to a log.

crate::declare_rule! {
    /// Password, token or key written to a log.
    LoggedCredentials {
        name: "logged-credentials",
        area: Observability,
        severity: High,
        confidence: Likely,
        summary: "password, token or key written to a log",
        why: "Everybody who reads logs, and every system that stores them, gets credentials that work.",
        recommendation: "Leave the value out, or log something that identifies it without being it.",
        trade_off: "Debugging needs another hint, such as an id.",
        contract_effect: "none",
        cwe: [532, 200],
        owasp: ["API8:2023"],
        profile: Default,
        page: "observability/logged-credentials.md",
        references: ["https://owasp.org/www-project-top-ten/", "https://cwe.mitre.org/data/definitions/532.html"],
    }
}
