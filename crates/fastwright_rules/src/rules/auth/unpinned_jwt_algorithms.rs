//! `unpinned-jwt-algorithms`: token accepted without a pinned algorithm or without checking its signature.

crate::declare_rule! {
    /// Token accepted without a pinned algorithm or without checking its signature.
    UnpinnedJwtAlgorithms {
        name: "unpinned-jwt-algorithms",
        area: Auth,
        severity: Critical,
        confidence: Certain,
        summary: "token accepted without a pinned algorithm or without checking its signature",
        why: "A caller can write a token, or choose how it is checked, and is believed.",
        recommendation: "Pass a constant list of algorithms to `jwt.decode` and leave signature verification on.",
        trade_off: "Tokens signed with another algorithm are refused from then on.",
        contract_effect: "401 for tokens signed with another algorithm",
        cwe: [347, 327],
        owasp: ["API2:2023"],
        profile: Default,
        page: "auth/unpinned-jwt-algorithms.md",
        references: ["https://datatracker.ietf.org/doc/html/rfc8725", "https://pyjwt.readthedocs.io/en/stable/api.html"],
    }
}
