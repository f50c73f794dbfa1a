//! The comparison itself.

use super::differences::{differences, without_positions};
use super::matching::pairs;
use super::{
    BrokenStep, Counts, Reported, Status, StepState, Verification, VerifiedFinding, VerifiedPart,
    VerifiedProject,
};
use crate::place::Place;
use crate::review_document::{Finding, ReviewDocument, Tool};
use fastwright_rules::registry;
use serde_json::Value;

/// Parts with many differences tell the first of them.
const DIFFERENCES_TOLD: usize = 10;

/// Holds a report against the review made again, and every step of its evidence against what `step` says of its place.
/// `projects` are those of the report, in its order.
pub fn compare(
    reported: &Reported,
    derived: &ReviewDocument,
    projects: Vec<VerifiedProject>,
    step: &mut dyn FnMut(&Place) -> StepState,
) -> Verification {
    let values = reported.findings();
    let again: Vec<Value> = derived.findings.iter().map(value_of).collect();
    let pairs = pairs(&values, &again);
    let all_unchanged = projects.iter().all(|project| project.unchanged);
    let unchanged = |finding: &Finding| {
        let project = reported.document.project_of(&finding.location.path);
        project.map_or(all_unchanged, |(index, _)| projects[index].unchanged)
    };

    let mut findings = Vec::new();
    for ((finding, value), pair) in reported.document.findings.iter().zip(&values).zip(&pairs) {
        let broken = broken_steps(finding, step);
        let known = pair.map(|at| &again[at]);
        let is_repeated = known.is_none() && again.contains(value);
        findings.push(judged(finding, value, known, is_repeated, unchanged(finding), broken));
    }
    let left_out = derived.findings.iter().enumerate().filter(|(at, _)| !pairs.contains(&Some(*at)));
    for (_, finding) in left_out {
        let why = if unchanged(finding) {
            "the review finds it, and the report does not have it"
        } else {
            "the review finds it, and the report does not have it; it may be new, the sources changed since"
        };
        findings.push(told(finding, Status::LeftOut, why));
    }

    let parts = parts(&reported.value, derived);
    let counts = Counts::of(&findings);
    let confirmed = counts.confirmed == findings.len() && parts.iter().all(|part| part.confirmed);
    Verification {
        version: 1,
        tool: Tool::this(),
        confirmed,
        reported_by: reported.document.tool.clone(),
        projects,
        findings,
        parts,
        counts,
    }
}

/// What became of one finding of the report. `again` is the same finding in the review made again.
fn judged(
    finding: &Finding,
    value: &Value,
    again: Option<&Value>,
    is_repeated: bool,
    unchanged: bool,
    broken: Vec<BrokenStep>,
) -> VerifiedFinding {
    let Some(again) = again else {
        let (status, why) = if is_repeated {
            (Status::Invented, "the report has this finding more often than the review")
        } else if registry::by_name(&finding.rule).is_none() {
            (Status::Invented, "no such finding: there is no such rule")
        } else if unchanged {
            (
                Status::Invented,
                "no such finding: the sources are those of the report, and the review has none",
            )
        } else if broken.is_empty() {
            (
                Status::Gone,
                "the review does not find it in the sources as they are now; all its places still hold",
            )
        } else {
            (Status::Gone, "the review does not find it in the sources as they are now")
        };
        return VerifiedFinding { evidence: broken, ..told(finding, status, why) };
    };
    if value == again {
        // A place outside of the project was never read here; but the review, which found it by itself, agrees.
        let broken: Vec<BrokenStep> =
            broken.into_iter().filter(|step| step.state != StepState::OutsideProject).collect();
        if broken.is_empty() {
            return told(finding, Status::Confirmed, "");
        }
        let why = "the review says the same, but its evidence does not hold: a file changes at this moment";
        return VerifiedFinding { evidence: broken, ..told(finding, Status::Differs, why) };
    }
    let differences = differences(value, again);
    if !unchanged && without_positions(value) == without_positions(again) {
        let why = "the same evidence stands on other lines: the sources changed since";
        return VerifiedFinding { differences, ..told(finding, Status::Moved, why) };
    }
    let why = if unchanged {
        "the sources are those of the report, and the review says something else"
    } else {
        "the review says something else of the sources as they are now"
    };
    VerifiedFinding { differences, evidence: broken, ..told(finding, Status::Differs, why) }
}

fn told(finding: &Finding, status: Status, why: &str) -> VerifiedFinding {
    VerifiedFinding {
        status,
        rule: finding.rule.clone(),
        place: finding.location.path_and_line(),
        message: finding.message.clone(),
        fingerprint: finding.fingerprint.clone(),
        why: why.to_owned(),
        differences: Vec::new(),
        evidence: Vec::new(),
    }
}

fn broken_steps(finding: &Finding, step: &mut dyn FnMut(&Place) -> StepState) -> Vec<BrokenStep> {
    let places = std::iter::once(&finding.location).chain(finding.evidence.iter().map(|step| &step.location));
    places
        .enumerate()
        .map(|(number, place)| BrokenStep { step: number, place: place.path_and_line(), state: step(place) })
        .filter(|broken| broken.state != StepState::Holds)
        .collect()
}

/// The parts beside the findings: those of the review, then what a review does not have.
fn parts(report: &Value, derived: &ReviewDocument) -> Vec<VerifiedPart> {
    let review = value_of(derived);
    let names = ["projects", "preserve", "undecided", "problems", "statistics"];
    let known = ["version", "tool", "findings"];
    let others = report.as_object().into_iter().flat_map(|report| report.keys().map(String::as_str));
    let others = others.filter(|key| !names.contains(key) && !known.contains(key));
    names
        .into_iter()
        .chain(others)
        .map(|name| {
            let side = |value: &Value| value.get(name).map(|part| comparable(name, part)).unwrap_or_default();
            let mut differences = differences(&side(report), &side(&review));
            let confirmed = differences.is_empty() && names.contains(&name);
            differences.truncate(DIFFERENCES_TOLD);
            VerifiedPart { part: name.to_owned(), confirmed, differences }
        })
        .collect()
}

/// A part without what may differ: how long it took, and what is told of each project by itself.
fn comparable(name: &str, part: &Value) -> Value {
    let mut part = part.clone();
    let forget = |object: &mut Value, keys: &[&str]| {
        if let Some(object) = object.as_object_mut() {
            keys.iter().for_each(|key| {
                object.shift_remove(*key);
            });
        }
    };
    match name {
        "statistics" => forget(&mut part, &["milliseconds"]),
        "projects" => {
            for project in part.as_array_mut().into_iter().flatten() {
                forget(project, &["sources", "settings"]);
            }
        }
        _ => {}
    }
    part
}

fn value_of(document: &impl serde::Serialize) -> Value {
    serde_json::to_value(document).unwrap_or_default()
}
