//! `unintended-required-field`: nullable field of a request without default, which clients must send nevertheless.

crate::declare_rule! {
    /// Nullable field of a request without default, which clients must send nevertheless.
    UnintendedRequiredField {
        name: "unintended-required-field",
        area: Validation,
        severity: Medium,
        confidence: Likely,
        summary: "nullable field of a request without default, which clients must send nevertheless",
        why: "`T | None` says that the value may be null; without a default the client must still send it, and gets 422 otherwise.",
        recommendation: "Add `= None` where the field may be left out; write the requirement into the schema where it is meant.",
        trade_off: "Clients may leave the field out, so the handler meets `None` more often.",
        contract_effect: "the field becomes optional",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/unintended-required-field.md",
        references: ["https://docs.pydantic.dev/latest/migration/#required-optional-and-nullable-fields"],
    }
}
