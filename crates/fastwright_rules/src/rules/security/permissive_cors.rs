//! `permissive-cors`: every website may use the service with its visitors' credentials.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::credential_inputs::cookies_sign_in;
use crate::finding::Severity;
use crate::reporter::{Draft, Reporter};
use crate::syntax::call_expression;
use fastwright_model::analysis::Analysis;
use fastwright_model::registry::{MiddlewareEntry, Registry};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ArgumentKind, Call, Expr, ExprKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Every website may use the service with its visitors' credentials.
    PermissiveCors {
        name: "permissive-cors",
        area: Security,
        severity: High,
        confidence: Certain,
        summary: "every website may use the service with its visitors' credentials",
        why: "Any page that a signed-in user opens can call the service as that user and read the answers.",
        recommendation: "Name the origins, or leave credentials out.",
        trade_off: "Origins have to be configured for each environment.",
        contract_effect: "other origins are refused by browsers",
        cwe: [942, 346],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/permissive-cors.md",
        references: ["https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS", "https://fastapi.tiangolo.com/tutorial/cors/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let mut interpreter = context.analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let mut states: Vec<(ObjectId, Vec<MiddlewareEntry>)> = interpreter
        .extension::<Registry>()
        .routers
        .iter()
        .map(|(id, state)| (*id, state.middleware.clone()))
        .collect();
    states.sort_by_key(|(id, _)| *id);
    let entries: Vec<MiddlewareEntry> = states.into_iter().flat_map(|(_, entries)| entries).collect();
    let with_cookies = uses_cookies(context, code, interpreter, &entries);
    for entry in entries {
        if entry
            .middleware
            .as_external()
            .is_none_or(|name| name != "starlette.middleware.cors.CORSMiddleware")
            || !lets_credentials_in(context.analysis, interpreter, &entry)
        {
            continue;
        }
        let Some((option, value)) = open_option(context.analysis, interpreter, &entry) else { continue };
        let setting = value.configurable().map(|setting| interpreter.setting_name(setting).to_owned());
        let by_default = setting.map_or_else(String::new, |setting| format!(" (the default of `{setting}`)"));
        let mut draft = Draft::new(
            entry.site,
            "CORSMiddleware",
            format!("every site may send requests with the visitor's credentials: `{option}` matches all of them{by_default}"),
        )
        .evidence(format!("`{option}` matches every origin, and `allow_credentials` is true"), entry.site)
        .example("allow_origins=[\"https://shop.example\"], allow_credentials=True")
        .discriminator(option);
        if !with_cookies {
            draft = draft
                .severity(Severity::Low)
                .why("No guard reads a cookie today, so browsers have little to send along; the first cookie makes it a hole.");
        }
        report.report(draft);
    }
}

/// What a value is where nothing is configured: `config.get_list("cors", default=["*"])`.
fn or_default(value: &Value) -> &Value {
    let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { return value };
    let asks = matches!(callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if name.starts_with("get"));
    let default = arguments.keyword("default").or_else(|| arguments.keyword("fallback"));
    default.filter(|_| asks).unwrap_or(value)
}

/// Whether requests with credentials are let in, also where only a default says so.
fn lets_credentials_in(
    analysis: &Analysis,
    interpreter: &mut Interpreter<'_>,
    entry: &MiddlewareEntry,
) -> bool {
    let given =
        entry.arguments.keyword("allow_credentials").and_then(|value| interpreter.truth(or_default(value)));
    given.unwrap_or_else(|| {
        default_written(analysis, entry, "allow_credentials")
            .is_some_and(|default| matches!(default.kind, ExprKind::Bool(true)))
    })
}

/// The default of a setting as it is written at the call that adds the middleware, where who reads the setting is
/// not known: `allow_origins=config.get_list("cors", default=["*"])`.
fn default_written<'a>(analysis: &'a Analysis, entry: &MiddlewareEntry, option: &str) -> Option<&'a Expr> {
    let code = analysis.codes.get(entry.site.file.0 as usize)?;
    let bodies = code.functions.iter().map(|function| &*function.body).chain([&*code.body]);
    let call = bodies.into_iter().find_map(|body| call_expression(body, entry.site.span))?;
    let named = |call: &'a Call, name: &str| {
        call.arguments
            .iter()
            .find(|argument| matches!(&argument.kind, ArgumentKind::Keyword(keyword) if *keyword == name))
            .map(|argument| &argument.value)
    };
    match &named(call, option)?.kind {
        ExprKind::Call(asks) => named(asks, "default").or_else(|| named(asks, "fallback")),
        _ => None,
    }
}

/// The option that lets every origin in, with its value.
fn open_option(
    analysis: &Analysis,
    interpreter: &mut Interpreter<'_>,
    entry: &MiddlewareEntry,
) -> Option<(&'static str, Value)> {
    if let Some(origins) = entry.arguments.keyword("allow_origins") {
        let origins = or_default(origins);
        let items = interpreter.elements(origins).unwrap_or_default();
        if let Some(star) = items.iter().find(|item| item.as_str() == Some("*")) {
            let value = star.clone().with_configurable(origins.configurable());
            return Some(("allow_origins", value));
        }
    }
    if let Some(default) = default_written(analysis, entry, "allow_origins")
        && let ExprKind::List(items) | ExprKind::Tuple(items) = &default.kind
        && items.iter().any(|item| matches!(&item.kind, ExprKind::Str(text) if &**text == "*"))
    {
        return Some(("allow_origins", Value::str("*")));
    }
    let pattern = entry.arguments.keyword("allow_origin_regex")?;
    matches_everything(pattern.as_str()?).then(|| ("allow_origin_regex", pattern.clone()))
}

/// Whether an expression for origins lets any host through.
fn matches_everything(pattern: &str) -> bool {
    let mut rest = pattern.trim_start_matches('^').trim_end_matches('$');
    for scheme in [
        "https?://",
        "http[s]?://",
        "(https|http)://",
        "(http|https)://",
        "https://",
        "http://",
        "(https?://)?",
    ] {
        if let Some(host) = rest.strip_prefix(scheme) {
            rest = host;
            break;
        }
    }
    let rest = rest.trim_start_matches(['(', '?', ':']).trim_end_matches([')', '?']);
    matches!(rest, ".*" | ".+" | "[^/]+" | "[^/]*" | r"[\s\S]*")
}

/// Whether cookies say who is calling: a session, or a cookie that a guarded route reads. One that only carries
/// a step of signing in from page to page does not.
fn uses_cookies(
    context: &Context<'_>,
    code: &CallGraph,
    interpreter: &mut Interpreter<'_>,
    entries: &[MiddlewareEntry],
) -> bool {
    let session = entries.iter().any(|entry| {
        entry
            .middleware
            .as_external()
            .is_some_and(|name| name == "starlette.middleware.sessions.SessionMiddleware")
    });
    session || cookies_sign_in(context, code, interpreter)
}

#[cfg(test)]
mod tests {
    use super::matches_everything;

    #[test]
    fn expressions_that_let_every_host_through() {
        for open in [".*", "^.*$", "https?://.*", "^https://.+$", "(https|http)://.*"] {
            assert!(matches_everything(open), "{open}");
        }
        for bounded in [r"https://[a-z]+\.shop\.example", r"https://.*\.shop\.example", "http://localhost:.*"]
        {
            assert!(!matches_everything(bounded), "{bounded}");
        }
    }
}
