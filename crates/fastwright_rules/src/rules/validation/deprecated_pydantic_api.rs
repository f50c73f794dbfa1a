//! `deprecated-pydantic-api`: interface of Pydantic 1 used with Pydantic 2.

crate::declare_rule! {
    /// Interface of Pydantic 1 used with Pydantic 2.
    DeprecatedPydanticApi {
        name: "deprecated-pydantic-api",
        area: Validation,
        severity: Low,
        confidence: Certain,
        summary: "interface of Pydantic 1 used with Pydantic 2",
        why: "It warns on every call today and is gone in Pydantic 3; some of it already does something else.",
        recommendation: "Use the names of Pydantic 2: `model_dump`, `model_validate`, `field_validator`, `ConfigDict`.",
        trade_off: "Validators have another signature and run in another order: change these with a test.",
        contract_effect: "none",
        cwe: [477],
        owasp: [],
        profile: Default,
        page: "validation/deprecated-pydantic-api.md",
        references: ["https://docs.pydantic.dev/latest/migration/"],
    }
}
