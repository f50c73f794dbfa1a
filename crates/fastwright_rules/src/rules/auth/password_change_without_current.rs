//! `password-change-without-current`: password that is changed without asking for the one that holds.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::{any_word, holds_any, words};
use crate::wording::{handler_step, registration_step, route_name, short_name};
use fastwright_model::application::{GuardKind, ParameterPlace, Route, RouteKind};
use fastwright_model::dependant::Dependant;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::Location;

crate::declare_rule! {
    /// Password that is changed without asking for the one that holds.
    PasswordChangeWithoutCurrent {
        name: "password-change-without-current",
        area: Auth,
        severity: Medium,
        confidence: Likely,
        summary: "password that is changed without asking for the one that holds",
        why: "A stolen token, or a browser that somebody left open, is enough to lock the owner out for good.",
        recommendation: "Ask for the current password and verify it before the new one is stored, and end the other sessions.",
        trade_off: "Users who forgot their password have to go through the reset.",
        contract_effect: "the body needs the current password; 400 or 403 when it is wrong",
        cwe: [620],
        owasp: ["API2:2023"],
        profile: Audit,
        page: "auth/password-change-without-current.md",
        references: ["https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#change-password-feature"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    for (_, route, detail) in context.routes() {
        let Some(handler) = &detail.dependant else { continue };
        if !changes_own_password(route) {
            continue;
        }
        let interpreter = &mut *context.analysis.interpreter.borrow_mut();
        let asked = asked_for(context, interpreter, handler);
        let Some((field, place)) = asked.iter().find(|(name, _)| is_password(name)) else { continue };
        // A code or token proves something where the route is about the password; in a profile it is one field of many.
        let by_token = !is_about_caller(route);
        let proves = asked.iter().any(|(name, _)| {
            any_word(name, &mut |word| {
                matches!(word, "current" | "old" | "existing" | "previous" | "original")
                    || by_token && matches!(word, "code" | "otp" | "token")
            })
        });
        // Two passwords in one body: one of them holds now, whatever it is called.
        let several = asked.iter().filter(|(name, _)| is_password(name) && !repeats(name)).count() > 1;
        if proves || several || verifies(code, handler) {
            continue;
        }
        report.report(
            Draft::new(
                route.location,
                short_name(&route.handler),
                format!(
                    "`{}` sets `{field}` for whoever has the session: it asks for no current password",
                    route_name(route)
                ),
            )
            .route(route)
            .evidence_chain(registration_step(route))
            .evidence_chain([handler_step(route)])
            .evidence_chain(route.guard.evidence.iter().take(1).cloned())
            .evidence(
                format!("`{field}` is the only password that it takes, and nothing verifies one"),
                *place,
            ),
        );
    }
}

/// Whether a route changes the password of the caller, who is signed in.
fn changes_own_password(route: &Route) -> bool {
    let about = |test: &mut dyn FnMut(&str) -> bool| {
        any_word(&route.path, test) || any_word(short_name(&route.handler), test)
    };
    route.kind == RouteKind::Http
        && route.guard.kind == GuardKind::Required
        && route.guard.roles.is_empty()
        && route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH"))
        && !route.path.contains('{')
        && (about(&mut |word| word == "password") || is_about_caller(route))
        && !about(&mut |word| {
            matches!(
                word,
                "reset"
                    | "forgot"
                    | "forgotten"
                    | "recover"
                    | "recovery"
                    | "admin"
                    | "init"
                    | "initial"
                    | "setup"
                    | "login"
                    | "token"
                    | "generate"
                    | "check"
                    | "strength"
                    | "verify"
                    | "set"
            )
        })
}

/// Whether a route is about the caller's own account: `/me`, `/current-user`, `/profile`.
fn is_about_caller(route: &Route) -> bool {
    let last = route.path.rsplit('/').find(|segment| !segment.is_empty()).unwrap_or_default();
    matches!(last, "me" | "self" | "current-user" | "current_user" | "profile" | "account" | "myself")
}

/// Fields of bodies, and parameters, by name and place.
fn asked_for(
    context: &Context<'_>,
    interpreter: &mut Interpreter<'_>,
    handler: &Dependant,
) -> Vec<(String, Location)> {
    let mut found = Vec::new();
    for parameter in handler.walk().into_iter().flat_map(|node| &node.parameters) {
        found.push((parameter.name.to_string(), parameter.location));
        if parameter.place != ParameterPlace::Body {
            continue;
        }
        let class = parameter.annotation.as_ref().and_then(|declared| interpreter.class_of_type(declared));
        let Some(class) = class else { continue };
        let fields = context.fields(interpreter, &class);
        found.extend(fields.iter().map(|field| (field.name.to_string(), field.location)));
    }
    found
}

fn is_password(name: &str) -> bool {
    words(name).iter().any(|word| matches!(word.as_str(), "password" | "passwd"))
}

fn repeats(name: &str) -> bool {
    any_word(name, &mut |word| {
        matches!(word, "confirm" | "confirmation" | "repeat" | "repeated" | "again" | "retype" | "verify")
    })
}

/// Whether anything that the handler itself runs verifies a password; guards verify tokens.
fn verifies(code: &CallGraph, handler: &Dependant) -> bool {
    const WORDS: &[&str] = &[
        "verify_password",
        "check_password",
        "checkpw",
        "authenticate",
        "verify_hash",
        "verify_and_update",
        "validate_password_hash",
        "compare_password",
        "password_matches",
    ];
    let Some(own) = code.of_dependant(handler) else { return true };
    code.reached_from([own]).into_iter().any(|node| {
        holds_any(&code.nodes[node].name(), WORDS)
            || code.nodes[node].calls_library(|name| {
                holds_any(name, WORDS) || name.ends_with(".verify") || name.ends_with(".checkpw")
            })
    })
}
