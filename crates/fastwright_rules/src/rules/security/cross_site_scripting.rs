//! `cross-site-scripting`: text of a client that is sent as part of a page.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::{Danger, Injection, report_injections_and_answers};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_model::assemble::RouteDetail;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Text of a client that is sent as part of a page.
    CrossSiteScripting {
        name: "cross-site-scripting",
        area: Security,
        severity: High,
        confidence: Likely,
        summary: "text of a client that is sent as part of a page",
        why: "Script in the text runs in the browser of whoever opens the page, with their cookies and tokens.",
        recommendation: "Render pages with templates that escape (`Jinja2Templates`), or escape the text (`html.escape`); send data as JSON.",
        trade_off: "Users who were allowed to write markup need a sanitizer with a list of allowed tags.",
        contract_effect: "none",
        cwe: [79],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/cross-site-scripting.md",
        references: ["https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let injection = Injection {
        calls: &answers,
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| markup(name, call),
        accepts: &|input: &RequestInput, _: &Route| input.is_free_text(),
        message: &|input: &RequestInput, route: &str, acts: &str| {
            format!("`{}` of `{route}` stands in the page that `{acts}` sends, as markup", input.text)
        },
        severity: Severity::High,
        confidence: Confidence::Likely,
        to_the_text: false,
        is_path: false,
        fix: &|_, _, _| None,
    };
    report_injections_and_answers(context, report, &injection, &shows);
}

/// The class that shows as a page what a handler returns.
fn shows(detail: &RouteDetail) -> Option<String> {
    let class = detail.flat.options.keyword("response_class")?.as_external()?;
    class.ends_with(".HTMLResponse").then(|| "HTMLResponse".to_owned())
}

/// Whether a class makes an answer that a browser may show.
fn answers(name: &str) -> bool {
    name.ends_with("responses.HTMLResponse")
        || name.ends_with("responses.Response")
        || name.ends_with("responses.StreamingResponse")
}

/// The content of an answer that is a page, or whose kind the client chooses.
fn markup(name: &str, call: &CallEvent) -> Option<Danger> {
    let class = name.rsplit('.').next()?;
    let kind = call.arguments.get(3, "media_type");
    let is_page = class == "HTMLResponse"
        || kind
            .and_then(|kind| kind.as_str())
            .is_some_and(|kind| kind.starts_with("text/html") || kind.starts_with("image/svg"));
    let value = match (is_page, kind) {
        (true, _) => call.arguments.get(0, "content")?,
        (false, Some(kind)) if kind.as_str().is_none() => kind,
        _ => return None,
    };
    let value = rendered(value).unwrap_or_else(|| value.clone());
    Some(Danger { acts: class.to_owned(), value })
}

/// What a template of Jinja gets that escapes nothing: its environment was made without `autoescape`.
fn rendered(value: &Value) -> Option<Value> {
    let Symbolic::Call { callee, arguments, .. } = value.as_symbolic()? else { return None };
    let Symbolic::Member { base, name } = callee.as_symbolic()? else { return None };
    if *name != "render" {
        return None;
    }
    let Symbolic::Call { callee: made_by, .. } = base.as_symbolic()? else { return None };
    let Symbolic::Member { base: environment, name } = made_by.as_symbolic()? else { return None };
    let Symbolic::Call { callee: class, arguments: options, .. } = environment.as_symbolic()? else {
        return None;
    };
    let is_environment = class
        .as_external()
        .is_some_and(|name| name == "jinja2.Environment" || name == "jinja2.environment.Environment");
    let escapes = options.incomplete
        || options.keyword("autoescape").is_some_and(|value| value.as_bool() != Some(false));
    if !is_environment || escapes || *name != "get_template" {
        return None;
    }
    let keywords = arguments.keywords.iter().map(|(_, value)| value);
    Some(Value::union(arguments.positional.iter().chain(keywords).cloned().collect::<Vec<_>>()))
}
