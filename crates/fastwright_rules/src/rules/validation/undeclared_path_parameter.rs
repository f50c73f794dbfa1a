//! `undeclared-path-parameter`: parameter in the path that the handler never receives.

crate::declare_rule! {
    /// Parameter in the path that the handler never receives.
    UndeclaredPathParameter {
        name: "undeclared-path-parameter",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "parameter in the path that the handler never receives",
        why: "The value in the address is thrown away; a parameter of another name is read from the query and required there.",
        recommendation: "Give the parameter in the signature the name that the path has.",
        trade_off: "None: the route could not work as it reads.",
        contract_effect: "the parameter moves from the query to the path",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/undeclared-path-parameter.md",
        references: ["https://fastapi.tiangolo.com/tutorial/path-params/"],
    }
}
