//! `hard-coded-secret`: credential written into the code.

crate::declare_rule! {
    /// Credential written into the code.
    HardCodedSecret {
        name: "hard-coded-secret",
        area: Secrets,
        severity: Critical,
        confidence: Certain,
        summary: "credential written into the code",
        why: "Everybody with the code, an image of it or an old copy can sign tokens or log in, and the value can't be changed without a release.",
        recommendation: "Read it from the environment or a secret store, without a default; change the value that was in the code.",
        trade_off: "The application does not start without the value.",
        contract_effect: "none",
        cwe: [798, 321],
        owasp: ["API8:2023"],
        profile: Default,
        page: "secrets/hard-coded-secret.md",
        references: ["https://cwe.mitre.org/data/definitions/798.html", "https://docs.pydantic.dev/latest/concepts/pydantic_settings/"],
    }
}
