//! `conflicting-dependency-scopes`: dependency that outlives one it depends on.

use crate::context::Context;
use crate::entry_points::callable_name;
use crate::finding::Fix;
use crate::fixes::recipes::{depends_call, with_value};
use crate::reporter::Reporter;
use crate::versions::FastapiVersions;
use crate::wording::route_name;
use fastwright_model::dependant::Dependant;
use fastwright_python::location::Location;
use fastwright_python::project::Version;

crate::declare_rule! {
    /// Dependency that outlives one it depends on.
    ConflictingDependencyScopes {
        name: "conflicting-dependency-scopes",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "dependency that outlives one it depends on",
        why: "The application does not start: FastAPI refuses the combination when the route is registered.",
        recommendation: "Give both the same scope.",
        trade_off: "With `scope=\"function\"` both end before the response is sent.",
        contract_effect: "none",
        cwe: [664],
        owasp: [],
        profile: Default,
        page: "database/conflicting-dependency-scopes.md",
        references: ["https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/"],
        check: check,
    }
}

/// The version that brought `Depends(scope=...)`.
const SCOPES: Version = Version::new(0, 121, 0);

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let versions = FastapiVersions::of(context.analysis);
    if !versions.maybe_at_least(SCOPES) {
        return;
    }
    for entry in context.entry_points() {
        let outer = entry.dependant();
        if entry.is_handler() || !outer.is_generator || outer.scope.as_deref() == Some("function") {
            continue;
        }
        let Some(function) = &outer.function else { continue };
        let short = outer
            .dependencies
            .iter()
            .find(|inner| inner.is_generator && inner.scope.as_deref() == Some("function"));
        let Some(inner) = short else { continue };
        let place = Location { file: function.id.file, span: function.definition.name_span };
        let outline =
            entry.outline(place, &function.definition.qualname, place).confidence(versions.confidence);
        report.report_on_route(&outline, |draft| {
            let (name, inner_name) = (callable_name(outer), callable_name(inner));
            let route = route_name(entry.route);
            draft
                .message(format!("`{name}` lives as long as the request of `{route}`, but the `{inner_name}` that it uses ends with the handler"))
                .evidence_chain(entry.steps())
                .evidence(format!("`{name}` has exit code and the scope `request`"), place)
                .evidence(format!("`{inner_name}` has the scope `function`: FastAPI refuses to import this"), inner.location)
                .example(format!("Depends({name}, scope=\"function\")"))
                .fix(ends_with_handler(context, outer))
        });
    }
}

/// `scope="function"` where the dependency is attached.
fn ends_with_handler(context: &Context<'_>, dependency: &Dependant) -> Option<Fix> {
    let name = dependency.function.as_ref()?.definition.name;
    let place = depends_call(context, dependency.location, name.as_str())?;
    let fix = Fix::needs_review(format!("end `{name}` before the response is sent"));
    with_value(context, place, "scope", "\"function\"", fix)
}
