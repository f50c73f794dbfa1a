//! `unchecked-object-access`: id from the client that nothing on the way ties to the caller.

use crate::access::{chosen_objects, sounds_like_id};
use crate::context::Context;
use crate::finding::{Confidence, Severity};
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::any_word;
use crate::wording::{handler_step, route_name, short_name};
use fastwright_model::application::{ParameterPlace, Route};

crate::declare_rule! {
    /// Id from the client that nothing on the way ties to the caller.
    UncheckedObjectAccess {
        name: "unchecked-object-access",
        area: Auth,
        severity: Medium,
        confidence: Possible,
        summary: "id from the client that nothing on the way ties to the caller",
        why: "Whoever is signed in can name any object: neither the handler, nor its dependencies, nor what they call compares the object with the caller, selects by both, or asks a check about it.",
        recommendation: "Load the object together with its owner, or ask the check that the neighbouring routes ask, before anything is done with it.",
        trade_off: "One more comparison or condition in the query. Objects that really are everybody's need none: say so with a comment.",
        contract_effect: "404 or 403 for callers who may not touch the object",
        cwe: [639, 862, 863],
        owasp: ["API1:2023"],
        profile: Audit,
        page: "auth/unchecked-object-access.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let chosen = chosen_objects(&mut interpreter, analysis, code);
    for object in chosen.iter().filter(|object| object.tied.is_none()) {
        let Some(used) = &object.used else { continue };
        let siblings = || {
            chosen.iter().filter(|other| {
                other.app == object.app && other.name == object.name && other.place == object.place
            })
        };
        let tying = siblings().filter(|other| other.tied.is_some()).count();
        let is_named = object.place == ParameterPlace::Path || sounds_like_id(&object.name);
        let habit = tying * 2 > siblings().count();
        if !is_named && (tying < 2 || !habit || !object.is_key) || tying == 0 && object.caller.is_none() {
            continue;
        }
        let route = &analysis.apps[object.app].routes[object.route];
        // The id of something new is only asked whether it is taken.
        if object.place == ParameterPlace::Body && object.name == "id" && creates(route) {
            continue;
        }
        let title = route_name(route);
        let mut draft = Draft::new(
            route.location,
            short_name(&route.handler),
            format!(
                "`{title}` hands `{}` to `{}`, and nothing ties it to the caller",
                object.text, used.callee
            ),
        )
        .route(route)
        .evidence_chain([handler_step(route)])
        .evidence(
            format!("`{}` is chosen by the client ({})", object.text, object.place.name()),
            object.location,
        )
        .evidence(format!("`{}` acts on it", used.callee), used.site)
        .discriminator(object.text.clone());
        if let (Some(caller), false) = (object.caller, object.caller_is_used) {
            draft = draft.evidence(format!("`{caller}` is taken and never looked at"), route.location);
        }
        if let Some(other) = siblings().find(|other| other.tied.is_some()) {
            let other = &analysis.apps[other.app].routes[other.route];
            draft = draft.evidence(
                format!(
                    "{tying} other routes tie `{}` to the caller, `{}` among them",
                    object.name,
                    route_name(other)
                ),
                other.location,
            );
        }
        if habit || object.caller.is_some() && !object.caller_is_used {
            draft = draft.severity(Severity::High).confidence(Confidence::Likely);
        }
        report.report(draft);
    }
}

/// Whether a route makes something new.
fn creates(route: &Route) -> bool {
    any_word(&format!("{} {}", route.path, short_name(&route.handler)), &mut |word| {
        matches!(word, "create" | "new" | "add" | "register" | "import" | "insert" | "signup")
    })
}
