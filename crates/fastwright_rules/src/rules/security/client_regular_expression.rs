//! `client-regular-expression`: regular expression that the client writes.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::{Danger, Injection, report_injections};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;

crate::declare_rule! {
    /// Regular expression that the client writes.
    ClientRegularExpression {
        name: "client-regular-expression",
        area: Security,
        severity: Medium,
        confidence: Likely,
        summary: "regular expression that the client writes",
        why: "A short expression with nested repetition takes hours on a short text: one request stops a worker, and an event loop with everybody on it.",
        recommendation: "Search for plain text (`in`, `re.escape`), or use an engine without backtracking (`google-re2`), and limit length and time.",
        trade_off: "Clients lose the power of full regular expressions.",
        contract_effect: "400 for expressions, or another meaning of special characters",
        cwe: [1333, 400],
        owasp: ["API4:2023"],
        profile: Default,
        page: "security/client-regular-expression.md",
        references: ["https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let injection = Injection {
        calls: &|name: &str| {
            name.strip_prefix("re.").or_else(|| name.strip_prefix("regex.")).is_some_and(|last| {
                matches!(
                    last,
                    "compile"
                        | "match"
                        | "search"
                        | "fullmatch"
                        | "findall"
                        | "finditer"
                        | "sub"
                        | "subn"
                        | "split"
                )
            })
        },
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| {
            let value = call.arguments.get(0, "pattern")?.clone();
            Some(Danger { acts: name.to_owned(), value })
        },
        accepts: &|input: &RequestInput, _: &Route| input.is_free_text(),
        message: &|input: &RequestInput, route: &str, acts: &str| {
            format!("`{}` of `{route}` is a regular expression of `{acts}`", input.text)
        },
        severity: Severity::Medium,
        confidence: Confidence::Likely,
        to_the_text: false,
        is_path: false,
        fix: &|_, _, _| None,
    };
    report_injections(context, report, &injection);
}
