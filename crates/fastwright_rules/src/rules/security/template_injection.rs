//! `template-injection`: text of a client that is compiled as a template.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::{Danger, Injection, report_injections};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;

crate::declare_rule! {
    /// Text of a client that is compiled as a template.
    TemplateInjection {
        name: "template-injection",
        area: Security,
        severity: Critical,
        confidence: Likely,
        summary: "text of a client that is compiled as a template",
        why: "A template can walk from any object to the modules of Python: the client reads secrets and runs code.",
        recommendation: "Keep templates in files and pass the text of the client as a variable; where users write templates, use a sandbox (`jinja2.sandbox.ImmutableSandboxedEnvironment`) or a language without calls.",
        trade_off: "Users can no longer write logic into their texts, or only what the sandbox allows.",
        contract_effect: "none",
        cwe: [1336, 94],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/template-injection.md",
        references: ["https://jinja.palletsprojects.com/en/stable/sandbox/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let injection = Injection {
        calls: &compiles,
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| {
            let value = call.arguments.get(0, "source")?.clone();
            Some(Danger { acts: name.to_owned(), value })
        },
        accepts: &|input: &RequestInput, _: &Route| input.is_free_text(),
        message: &|input: &RequestInput, route: &str, acts: &str| {
            format!("`{}` of `{route}` is compiled as a template by `{acts}`", input.text)
        },
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        to_the_text: false,
        is_path: false,
        fix: &|_, _, _| None,
    };
    report_injections(context, report, &injection);
}

/// Whether a function compiles its first argument as a template that can call what it reaches.
fn compiles(name: &str) -> bool {
    matches!(
        name,
        "jinja2.Template"
            | "jinja2.environment.Template"
            | "jinja2.Environment.from_string"
            | "jinja2.environment.Environment.from_string"
            | "starlette.templating.Jinja2Templates.env.from_string"
            | "mako.template.Template"
            | "tornado.template.Template"
            | "chameleon.PageTemplate"
    )
}
