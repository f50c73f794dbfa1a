//! `exception-text-in-response`: text of an unexpected exception sent to the client.

crate::declare_rule! {
    /// Text of an unexpected exception sent to the client.
    ExceptionTextInResponse {
        name: "exception-text-in-response",
        area: Errors,
        severity: Medium,
        confidence: Certain,
        summary: "text of an unexpected exception sent to the client",
        why: "The text of an exception names tables, files, addresses and sometimes values: what an attacker wants to know.",
        recommendation: "Log the exception, and answer with a text of your own and an id to look it up by.",
        trade_off: "Clients lose a detail that some may show to their users.",
        contract_effect: "the text of the response changes",
        cwe: [209, 497],
        owasp: ["API8:2023"],
        profile: Default,
        page: "errors/exception-text-in-response.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa8-security-misconfiguration/"],
    }
}
