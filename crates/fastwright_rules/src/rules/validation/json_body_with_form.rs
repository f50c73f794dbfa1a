//! `json-body-with-form`: JSON body declared beside form fields or files.

crate::declare_rule! {
    /// JSON body declared beside form fields or files.
    JsonBodyWithForm {
        name: "json-body-with-form",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "JSON body declared beside form fields or files",
        why: "A request is either a form or JSON: the body model never receives JSON, and clients that send it get 422.",
        recommendation: "Make the model a form (`Annotated[Model, Form()]`), send it as a JSON text in a form field (`Json[Model]`), or use two routes.",
        trade_off: "The wire format changes for clients that found a way around it.",
        contract_effect: "the body is documented as what it is",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/json-body-with-form.md",
        references: ["https://fastapi.tiangolo.com/tutorial/request-forms-and-files/", "https://fastapi.tiangolo.com/tutorial/request-form-models/"],
    }
}
