//! `get_finding`: one finding with its proof.

use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::service::Caller;
use fastwright_report::review_document::RouteReference;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// `id` of the finding, from check_project.
    finding: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    id: String,
    /// The whole fingerprint: the same across commits.
    fingerprint: String,
    rule: String,
    area: String,
    severity: String,
    confidence: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cwe: Vec<u16>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    owasp: Vec<String>,
    message: String,
    route: Option<String>,
    handler: Option<String>,
    at: String,
    symbol: Option<String>,
    /// The line at the place.
    source: String,
    /// The chain that proves it, in order.
    evidence: Vec<Step>,
    why: String,
    recommendation: String,
    example: Option<String>,
    trade_off: String,
    /// `none`, or what callers would see of the recommendation.
    contract_effect: String,
    fix: Option<Fix>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Step {
    /// What the place shows.
    note: String,
    /// `path:line`.
    at: String,
    /// The line there.
    source: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Fix {
    /// `safe` keeps the contract equal, `unsafe` changes what the code does, `contract` what callers see.
    permission: &'static str,
    title: String,
    /// What callers see afterwards.
    changes: Option<String>,
    edits: usize,
}

pub(crate) fn answer(
    knowledge: &mut Knowledge,
    input: Input,
    caller: &dyn Caller,
) -> Result<Output, ToolError> {
    caller.progress("reviewing the project");
    let (report, index) = knowledge.finding(input.finding.trim())?;
    let finding = &report.document.findings[index];
    let (source, sources) = report.quoted(index);
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(Output {
        id: finding.id().to_owned(),
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        area: finding.area.name().to_owned(),
        severity: finding.severity.name().to_owned(),
        confidence: finding.confidence.name().to_owned(),
        cwe: finding.cwe.clone(),
        owasp: finding.owasp.clone(),
        message: finding.message.clone(),
        route: finding.route.as_ref().map(RouteReference::text),
        handler: finding.route.as_ref().map(|route| route.handler.clone()),
        at: finding.location.path_and_line(),
        symbol: finding.location.symbol.clone(),
        source: source.to_owned(),
        evidence: finding
            .evidence
            .iter()
            .zip(sources)
            .map(|(step, source)| Step {
                note: step.note.clone(),
                at: step.location.path_and_line(),
                source: source.to_owned(),
            })
            .collect(),
        why: finding.why.clone(),
        recommendation: finding.recommendation.clone(),
        example: some(&finding.example),
        trade_off: finding.trade_off.clone(),
        contract_effect: finding.contract_effect.clone(),
        fix: finding.fix.as_ref().map(|fix| Fix {
            permission: fix.permission(),
            title: fix.title.clone(),
            changes: some(&fix.changes),
            edits: fix.edits.len(),
        }),
    })
}
