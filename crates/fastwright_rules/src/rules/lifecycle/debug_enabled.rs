//! `debug-enabled`: debug mode or reloading switched on where the service is started.

use crate::context::Context;
use crate::finding::{Confidence, Fix};
use crate::fixes::recipes::without_keyword;
use crate::reporter::{Draft, Reporter};
use fastwright_model::analysis::is_test_path;
use fastwright_model::registry::{Registry, RouterKind};
use fastwright_python::ir::{Expr, ExprKind, StmtKind};
use fastwright_python::location::Location;

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
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    check_apps(context, report);
    check_starts(context, report);
}

/// Applications with `debug=True`, written or by the default of a setting.
fn check_apps(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = context.analysis.interpreter.borrow();
    for id in &interpreter.extension::<Registry>().order {
        let Some(state) = interpreter.extension::<Registry>().routers.get(id) else { continue };
        if state.kind != RouterKind::App
            || is_test_path(&context.analysis.files.get(state.site.file).relative)
        {
            continue;
        }
        let Some(debug) = state.arguments.keyword("debug") else { continue };
        if debug.as_bool() != Some(true) {
            continue;
        }
        let app = context.analysis.apps.iter().find(|app| app.location == state.site);
        let Some(name) = app.map(|app| app.locator.clone()) else { continue };
        let (message, confidence) = match debug.configurable() {
            Some(setting) => {
                let setting = interpreter.setting_name(setting);
                (format!("`{name}` runs with `debug` unless `{setting}` switches it off"), Confidence::Likely)
            }
            None => (format!("`{name}` always runs with `debug`"), Confidence::Certain),
        };
        let written = confidence == Confidence::Certain;
        let fix = written.then(|| {
            let fix = Fix::needs_review("answer failures without the stack trace");
            without_keyword(context, state.site, "debug", fix)
        });
        report
            .report(Draft::new(state.site, name, message).fix(fix.flatten()).confidence(confidence).evidence(
            "`debug` is true here: an unhandled exception is answered with its stack trace and source lines",
            state.site,
        ));
    }
}

/// `uvicorn.run(...)` that runs when the module is imported.
fn check_starts(context: &Context<'_>, report: &mut Reporter<'_>) {
    for (id, file) in context.analysis.files.iter() {
        let Some(code) = context.analysis.codes.get(id.0 as usize) else { continue };
        let imports = code.imports.iter().any(|import| import.module == "uvicorn");
        if !file.first_party || !imports || is_test_path(&file.relative) {
            continue;
        }
        for statement in &code.body {
            if let StmtKind::Expr(Expr { kind: ExprKind::Call(call), span }) = &statement.kind
                && call.callee.dotted_name().is_some_and(|name| name == "uvicorn.run")
            {
                let place = Location { file: id, span: *span };
                report.report(
                    Draft::new(
                        place,
                        file.module.as_str(),
                        format!("Importing `{}` starts a server with `uvicorn.run`", file.module),
                    )
                    .discriminator("uvicorn.run")
                    .evidence(
                        "the call stands at module level, not under `if __name__ == \"__main__\"`",
                        place,
                    ),
                );
            }
        }
    }
}
