//! `non-constant-time-comparison`: secret compared with an operator that stops at the first difference.

crate::declare_rule! {
    /// Secret compared with an operator that stops at the first difference.
    NonConstantTimeComparison {
        name: "non-constant-time-comparison",
        area: Auth,
        severity: Medium,
        confidence: Likely,
        summary: "secret compared with an operator that stops at the first difference",
        why: "How long the comparison takes tells how much of the secret was right, so that it can be guessed piece by piece.",
        recommendation: "Compare with `secrets.compare_digest` (or `hmac.compare_digest`) on bytes.",
        trade_off: "None worth naming: the call takes bytes, so text has to be encoded.",
        contract_effect: "none",
        cwe: [208],
        owasp: ["API2:2023"],
        profile: Default,
        page: "auth/non-constant-time-comparison.md",
        references: ["https://docs.python.org/3/library/secrets.html#secrets.compare_digest", "https://fastapi.tiangolo.com/advanced/security/http-basic-auth/"],
    }
}
