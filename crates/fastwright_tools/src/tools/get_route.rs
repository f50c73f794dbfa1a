//! `get_route`: everything about one route.

use super::route_choice::{find, name};
use crate::answer::{FindingLine, short};
use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::service::Caller;
use fastwright_contract::contract::document::{BehaviourLine, RouteContract};
use fastwright_report::review_document::Evidence;
use fastwright_report::routes_document::Parameter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// `GET /orders/{order_id}`, a path that has one route, or `module:handler`.
    route: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    route: String,
    app: String,
    kind: String,
    handler: String,
    at: String,
    tags: Vec<String>,
    /// Where it is registered, then each inclusion on the way to the app.
    registration: Vec<Step>,
    guard: Guard,
    parameters: Vec<RouteInput>,
    request: Option<String>,
    response: Option<String>,
    statuses: Vec<u16>,
    /// Where code raises what is answered with a status.
    raised: Vec<Raised>,
    reads: Vec<String>,
    writes: Vec<String>,
    /// Other effects in words.
    effects: Vec<String>,
    /// What FastAPI runs before the handler, in order.
    dependencies: Vec<String>,
    /// What the handler does, step by step: `depth kind: text`, in its normal form.
    behaviour: Vec<String>,
    /// Steps that are left out above.
    more_steps: Option<usize>,
    /// The same for code that does the same, however it is written.
    business_fingerprint: Option<String>,
    conditional: Option<String>,
    deprecated: bool,
    include_in_schema: bool,
    findings: Vec<FindingLine>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Step {
    note: String,
    at: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Guard {
    /// `public`, `optional` or `required`.
    auth: String,
    by: Vec<String>,
    roles: Vec<String>,
    scopes: Vec<String>,
    /// The chain that proves it.
    evidence: Vec<Step>,
    /// Why it is not certain.
    assumption: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RouteInput {
    name: String,
    place: String,
    annotation: String,
    required: bool,
    default: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    constraints: BTreeMap<String, String>,
    /// The function that declares it.
    declared_by: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Raised {
    status: u16,
    by: String,
    at: String,
}

/// Steps of a behaviour that an answer shows.
const MOST_STEPS: usize = 120;

pub(crate) fn answer(
    knowledge: &mut Knowledge,
    input: Input,
    caller: &dyn Caller,
) -> Result<Output, ToolError> {
    caller.progress("reading the routes");
    let survey = knowledge.survey(None)?;
    let (app, route) = find(&survey.routes, &input.route)?;
    let (app, route) = (app.to_owned(), route.clone());
    let about = |finding: &&fastwright_report::review_document::Finding| {
        finding.route.as_ref().is_some_and(|known| {
            known.path == route.path
                && known.handler == route.handler
                && (route.methods.is_empty() || route.methods.contains(&known.method))
        })
    };
    let findings = survey.review.document.findings.iter().filter(about).map(FindingLine::new).collect();
    caller.progress("reading what the handler does");
    let known = knowledge.behaviour(&route)?;
    let lines: Vec<String> = known.map(|known| known.lines.iter().map(line).collect()).unwrap_or_default();
    let known = known.map(|known| &known.route);
    let shown = lines.len().min(MOST_STEPS);
    Ok(Output {
        route: name(&route),
        app,
        kind: route.kind.name().to_owned(),
        handler: route.handler.clone(),
        at: route.location.path_and_line(),
        tags: route.tags.clone(),
        registration: steps(&route.registration),
        guard: Guard {
            auth: route.guard.kind.name().to_owned(),
            by: route.guard.by.clone(),
            roles: route.guard.roles.clone(),
            scopes: route.guard.scopes.clone(),
            evidence: steps(&route.guard.evidence),
            assumption: route.guard.assumption.clone(),
        },
        parameters: route.parameters.iter().map(parameter).collect(),
        request: route.request.clone(),
        response: route.response.clone(),
        statuses: route.statuses.clone(),
        raised: known.map(raised).unwrap_or_default(),
        reads: route.tables.reads.clone(),
        writes: route.tables.writes.clone(),
        effects: route.effects.clone(),
        dependencies: known
            .map(|known| known.business.dependencies.iter().map(|piece| piece.name.clone()).collect())
            .unwrap_or_default(),
        more_steps: (lines.len() > shown).then(|| lines.len() - shown),
        behaviour: lines.into_iter().take(shown).collect(),
        business_fingerprint: known.map(|known| known.business.fingerprint.clone()),
        conditional: route.conditional.as_ref().map(|condition| condition.text.clone()),
        deprecated: route.deprecated,
        include_in_schema: route.include_in_schema,
        findings,
    })
}

fn steps(evidence: &[Evidence]) -> Vec<Step> {
    evidence.iter().map(|step| Step { note: step.note.clone(), at: step.location.path_and_line() }).collect()
}

fn parameter(parameter: &Parameter) -> RouteInput {
    RouteInput {
        name: parameter.alias.clone(),
        place: parameter.place.name().to_owned(),
        annotation: parameter.annotation.clone(),
        required: parameter.required,
        default: parameter.default.clone(),
        constraints: parameter.constraints.clone(),
        declared_by: parameter.declared_by.clone(),
    }
}

fn raised(route: &RouteContract) -> Vec<Raised> {
    let raised = route.raised.iter();
    raised
        .map(|raised| Raised { status: raised.status, by: raised.by.clone(), at: raised.at.text() })
        .collect()
}

/// A line of what a handler does, indented by its depth.
fn line(line: &BehaviourLine) -> String {
    let depth = "  ".repeat(line.depth as usize);
    format!("{depth}{}: {} ({})", line.kind, short(&line.text), line.at.text())
}
