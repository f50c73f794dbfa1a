//! `swallowed-http-exception`: broad except that turns an intended status into another one.

crate::declare_rule! {
    /// Broad except that turns an intended status into another one.
    SwallowedHttpException {
        name: "swallowed-http-exception",
        area: Errors,
        severity: Medium,
        confidence: Certain,
        summary: "broad except that turns an intended status into another one",
        why: "A 404 or 403 that the code raises on purpose reaches the client as 500 (or as success), and monitoring counts it as a failure of the service.",
        recommendation: "Let `HTTPException` pass (`except HTTPException: raise`), or catch only the errors that can be handled.",
        trade_off: "Clients see the status that was meant.",
        contract_effect: "the intended status instead of another one",
        cwe: [755, 396],
        owasp: [],
        profile: Default,
        page: "errors/swallowed-http-exception.md",
        references: ["https://fastapi.tiangolo.com/tutorial/handling-errors/"],
    }
}
