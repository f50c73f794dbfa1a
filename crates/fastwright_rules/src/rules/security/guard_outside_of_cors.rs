//! `guard-outside-of-cors`: middleware that refuses requests before the CORS middleware sees them.

use crate::context::Context;
use crate::finding::Severity;
use crate::reporter::{Draft, Reporter};
use crate::syntax::any_expression;
use crate::wording::short_name;
use fastwright_model::application::{App, Middleware};
use fastwright_python::ir::ExprKind;
use fastwright_python::location::Location;

crate::declare_rule! {
    /// Middleware that refuses requests before the CORS middleware sees them.
    GuardOutsideOfCors {
        name: "guard-outside-of-cors",
        area: Security,
        severity: Medium,
        confidence: Certain,
        summary: "middleware that refuses requests before the CORS middleware sees them",
        why: "Browsers ask with `OPTIONS` and without credentials before they send a request: the guard refuses the question, and the page never gets to ask.",
        recommendation: "Add the CORS middleware last: what is added last stands outermost.",
        trade_off: "None.",
        contract_effect: "preflight requests are answered, and refusals can be read by pages of the allowed origins",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "security/guard-outside-of-cors.md",
        references: ["https://fastapi.tiangolo.com/tutorial/cors/", "https://www.starlette.io/middleware/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    for (app, _) in context.apps() {
        let Some(cors) = app.middleware.iter().position(|entry| {
            entry.name.starts_with("starlette.middleware.cors") && entry.name.ends_with("CORSMiddleware")
        }) else {
            continue;
        };
        for outer in &app.middleware[..cors] {
            let Some(refusal) = refusal(app, outer).filter(|_| reads_credentials(context, outer)) else {
                continue;
            };
            let (name, inner) = (short_name(&outer.name), &app.middleware[cors]);
            let answers = answers_preflight(context, outer);
            let message = if answers {
                format!(
                    "what `{name}` refuses has no CORS headers, because it stands outside of the CORS middleware: pages see an error without its status"
                )
            } else {
                format!(
                    "`{name}` stands outside of the CORS middleware and refuses preflight requests, which carry no credentials"
                )
            };
            let severity = if answers { Severity::Low } else { Severity::Medium };
            report.report(
                Draft::new(outer.location, name, message)
                    .severity(severity)
                    .evidence("the CORS middleware is added here", inner.location)
                    .evidence(
                        format!("`{name}` is added after it, so it sees requests first"),
                        outer.location,
                    )
                    .evidence_chain(refusal)
                    .discriminator(name),
            );
        }
    }
}

/// The proof that a middleware refuses callers without credentials, when routes are guarded by it.
fn refusal(app: &App, middleware: &Middleware) -> Option<Vec<(String, Location)>> {
    let guarded = app.routes.iter().find(|route| route.guard.by.contains(&middleware.name))?;
    let steps = guarded.guard.evidence.iter();
    Some(steps.filter(|(_, place)| *place != middleware.location).take(1).cloned().collect())
}

/// Whether the code of a middleware says something about `OPTIONS`.
fn answers_preflight(context: &Context<'_>, middleware: &Middleware) -> bool {
    has_expression(
        context,
        middleware,
        |expression| matches!(expression, ExprKind::Str(text) if text.eq_ignore_ascii_case("options")),
    )
}

/// Whether a middleware looks at what a preflight request lacks, and not at addresses or the time.
fn reads_credentials(context: &Context<'_>, middleware: &Middleware) -> bool {
    has_expression(context, middleware, |expression| {
        matches!(expression, ExprKind::Attribute(attribute) if matches!(attribute.name.as_str(), "headers" | "cookies" | "session" | "user" | "auth"))
            || matches!(expression, ExprKind::Str(text) if matches!(&**text, "headers" | "authorization"))
    })
}

/// Whether an expression stands in a middleware, or in what it calls.
fn has_expression(context: &Context<'_>, middleware: &Middleware, test: impl Fn(&ExprKind) -> bool) -> bool {
    let code = context.call_graph();
    let Some(known) = code.middleware.iter().find(|known| known.site == middleware.location) else {
        return false;
    };
    code.reached_from([known.node]).into_iter().any(|node| {
        let body = &code.nodes[node].definition.body;
        any_expression(body, &mut |expression| test(&expression.kind))
    })
}
