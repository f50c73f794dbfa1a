//! `removed-fastapi-api`: interface that the project's FastAPI or Starlette has removed or deprecated.

crate::declare_rule! {
    /// Interface that the project's FastAPI or Starlette has removed or deprecated.
    RemovedFastapiApi {
        name: "removed-fastapi-api",
        area: Lifecycle,
        severity: Medium,
        confidence: Certain,
        summary: "interface that the project's FastAPI or Starlette has removed or deprecated",
        why: "The application fails at import or at the first call after the upgrade; deprecated parts warn and go next.",
        recommendation: "Use the replacement that the finding names.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [477],
        owasp: [],
        profile: Default,
        page: "lifecycle/removed-fastapi-api.md",
        references: ["https://fastapi.tiangolo.com/release-notes/", "https://www.starlette.dev/release-notes/"],
    }
}
