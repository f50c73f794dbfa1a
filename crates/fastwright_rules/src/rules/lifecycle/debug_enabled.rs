//! `debug-enabled`: debug mode or reloading switched on where the service is started.

crate::declare_rule! {
    /// Debug mode or reloading switched on where the service is started.
    DebugEnabled {
        name: "debug-enabled",
        area: Lifecycle,
        severity: Medium,
        confidence: Certain,
        summary: "debug mode or reloading switched on where the service is started",
        why: "Clients see stack traces with code and values, and a watcher restarts the service when a file changes.",
        recommendation: "Leave the switch to the environment, and start production with `fastapi run` or the server's own command.",
        trade_off: "Development needs `fastapi dev` or a variable.",
        contract_effect: "500 answers no longer show a stack trace",
        cwe: [489, 215],
        owasp: ["API8:2023"],
        profile: Default,
        page: "lifecycle/debug-enabled.md",
        references: ["https://fastapi.tiangolo.com/deployment/manually/", "https://www.starlette.dev/applications/"],
    }
}
