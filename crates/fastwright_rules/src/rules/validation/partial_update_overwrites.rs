//! `partial-update-overwrites`: partial update that writes fields the client did not send.

crate::declare_rule! {
    /// Partial update that writes fields the client did not send.
    PartialUpdateOverwrites {
        name: "partial-update-overwrites",
        area: Validation,
        severity: High,
        confidence: Likely,
        summary: "partial update that writes fields the client did not send",
        why: "Everything the client left out is overwritten with the model's defaults, usually `None`.",
        recommendation: "Copy only what was sent: `body.model_dump(exclude_unset=True)`.",
        trade_off: "An explicit `null` still clears the field, which is usually wanted.",
        contract_effect: "fields that are not sent keep their value",
        cwe: [471],
        owasp: [],
        profile: Default,
        page: "validation/partial-update-overwrites.md",
        references: ["https://fastapi.tiangolo.com/tutorial/body-updates/"],
    }
}
