//! `server-side-request-forgery`: address from the client that the server requests.

crate::declare_rule! {
    /// Address from the client that the server requests.
    ServerSideRequestForgery {
        name: "server-side-request-forgery",
        area: Security,
        severity: High,
        confidence: Likely,
        summary: "address from the client that the server requests",
        why: "The client makes the server call what only the server can reach: the metadata service of the cloud, databases, other services.",
        recommendation: "Allow only known hosts, or resolve the name and refuse private addresses, and follow no redirects.",
        trade_off: "Addresses that are allowed have to be listed, or a check has to be kept up to date.",
        contract_effect: "requests for other addresses are refused",
        cwe: [918],
        owasp: ["API7:2023"],
        profile: Default,
        page: "security/server-side-request-forgery.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa7-server-side-request-forgery/"],
    }
}
