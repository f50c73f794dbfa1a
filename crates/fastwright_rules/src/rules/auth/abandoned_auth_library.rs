//! `abandoned-auth-library`: authentication built on a library that nobody maintains.

crate::declare_rule! {
    /// Authentication built on a library that nobody maintains.
    AbandonedAuthLibrary {
        name: "abandoned-auth-library",
        area: Auth,
        severity: Medium,
        confidence: Certain,
        summary: "authentication built on a library that nobody maintains",
        why: "Faults found in it stay unrepaired, and it breaks with newer versions of what it stands on.",
        recommendation: "Move to a maintained library: PyJWT for tokens, `pwdlib` (or `argon2-cffi`) for passwords.",
        trade_off: "Old password hashes need a period in which both formats are verified; the import and exception names differ.",
        contract_effect: "none",
        cwe: [1104, 1395],
        owasp: ["API8:2023"],
        profile: Default,
        page: "auth/abandoned-auth-library.md",
        references: ["https://github.com/fastapi/fastapi/discussions/11345", "https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/"],
    }
}
