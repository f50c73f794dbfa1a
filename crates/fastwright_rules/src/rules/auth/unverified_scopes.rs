//! `unverified-scopes`: scopes that routes ask for and no dependency looks at.

use crate::context::Context;
use crate::entry_points::callable_name;
use crate::reporter::{Draft, Reporter};
use crate::wording::{registration_step, route_name};
use fastwright_model::dependant::{Dependant, DependantKind};
use fastwright_python::location::Location;

crate::declare_rule! {
    /// Scopes that routes ask for and no dependency looks at.
    UnverifiedScopes {
        name: "unverified-scopes",
        area: Auth,
        severity: High,
        confidence: Certain,
        summary: "scopes that routes ask for and no dependency looks at",
        why: "`Security(..., scopes=[...])` only hands the scopes on and writes them into the document: a token without any of them is let in.",
        recommendation: "Take `SecurityScopes` in the dependency and refuse tokens that lack one of `security_scopes.scopes`.",
        trade_off: "Tokens that were issued without scopes are refused from then on.",
        contract_effect: "401 or 403 for tokens without the scopes",
        cwe: [862, 863],
        owasp: ["API5:2023"],
        profile: Default,
        page: "auth/unverified-scopes.md",
        references: ["https://fastapi.tiangolo.com/advanced/security/oauth2-scopes/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    for entry in context.entry_points() {
        let asking = entry.dependant();
        if asking.scopes.is_empty() || entry.is_handler() || !is_deaf(asking) {
            continue;
        }
        // What a dependency is told when it is made may be the scopes again.
        let Some(function) = &asking.function else { continue };
        if asking.receiver.is_some() || function.definition.qualname.contains("<locals>") {
            continue;
        }
        let name = callable_name(asking);
        let scopes = asking.scopes.join("`, `");
        let place = Location { file: function.id.file, span: function.definition.name_span };
        report.report(
            Draft::new(
                place,
                function.definition.qualname.as_str(),
                format!(
                    "`{}` asks for the scope `{scopes}`, and `{name}` lets everybody in who is signed in: it takes no `SecurityScopes`, nor does what it depends on",
                    route_name(entry.route)
                ),
            )
            .route(entry.route)
            .evidence_chain(registration_step(entry.route))
            .evidence(format!("`{scopes}` is asked for ({})", asking.via), asking.location)
            .evidence(format!("nothing of `{name}` gets the scopes"), place)
            .example(format!("def {name}(security_scopes: SecurityScopes, ...): ...")),
        );
    }
}

/// Whether neither a dependency nor anything below it can know which scopes are asked for.
fn is_deaf(dependency: &Dependant) -> bool {
    dependency.walk().iter().all(|node| match node.kind {
        DependantKind::Opaque => false,
        DependantKind::SecurityScheme(_) => true,
        DependantKind::Handler | DependantKind::Dependency => {
            node.special.iter().all(|(_, class)| !class.ends_with(".SecurityScopes"))
        }
    })
}
