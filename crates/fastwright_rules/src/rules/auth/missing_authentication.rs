//! `missing-authentication`: route that anyone may call although its siblings require a signed-in user.

crate::declare_rule! {
    /// Route that anyone may call although its siblings require a signed-in user.
    MissingAuthentication {
        name: "missing-authentication",
        area: Auth,
        severity: Critical,
        confidence: Likely,
        summary: "route that anyone may call although its siblings require a signed-in user",
        why: "Anyone on the network can call this route; the rest of the application treats the same kind of operation as private.",
        recommendation: "Attach the guard that the neighbouring routes use, best once on the router; keep routes that are public on purpose in `public-routes` with a reason.",
        trade_off: "Callers without credentials are locked out, including scripts that nobody remembers.",
        contract_effect: "401 for callers without credentials",
        cwe: [306, 862],
        owasp: ["API2:2023", "API5:2023"],
        profile: Default,
        page: "auth/missing-authentication.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/", "https://fastapi.tiangolo.com/tutorial/bigger-applications/"],
    }
}
