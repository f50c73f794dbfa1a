//! `orm-object-without-response-model`: row of a table returned without a response model.

crate::declare_rule! {
    /// Row of a table returned without a response model.
    OrmObjectWithoutResponseModel {
        name: "orm-object-without-response-model",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "row of a table returned without a response model",
        why: "Every column of the table goes to the client, those added next year included.",
        recommendation: "Declare what goes out: `-> UserPublic` or `response_model=UserPublic`.",
        trade_off: "Fields that clients read and the model does not have disappear.",
        contract_effect: "the response is limited to the model's fields",
        cwe: [200, 213],
        owasp: ["API3:2023"],
        profile: Default,
        page: "validation/orm-object-without-response-model.md",
        references: ["https://fastapi.tiangolo.com/tutorial/response-model/", "https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/"],
    }
}
