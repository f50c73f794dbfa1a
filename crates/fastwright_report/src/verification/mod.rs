//! Whether a report is what it claims to be: its findings against the review made again, its evidence against the
//! sources.

mod compare;
mod differences;
mod matching;
pub(crate) mod output;
mod reported;
mod step;

pub use compare::compare;
pub use reported::Reported;
pub use step::{StepState, check_step};

use crate::recorded_settings::RecordedSettings;
use crate::review_document::Tool;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of a report when it was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Version of this shape: 1. Within a version there are only additions.
    pub version: u32,
    /// The program that checked.
    pub tool: Tool,
    /// Whether everything in the report is confirmed and nothing was left out.
    pub confirmed: bool,
    /// The program that the report says it is from.
    pub reported_by: Tool,
    /// The projects of the report.
    pub projects: Vec<VerifiedProject>,
    /// The findings of the report in its order, then those that it left out.
    pub findings: Vec<VerifiedFinding>,
    /// The other parts of the report.
    pub parts: Vec<VerifiedPart>,
    /// How many findings there are of each status.
    pub counts: Counts,
}

/// One project of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedProject {
    /// Its root, as the report says it.
    pub root: String,
    /// Whether its sources are those that were reviewed, byte for byte.
    pub unchanged: bool,
    /// Settings of the report that are not those of the project's configuration. They are no fault: somebody may have
    /// given them on the command line. But what they leave out is not in the report.
    pub settings: Vec<Difference>,
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The review made again has the same finding, and every step of its evidence holds.
    Confirmed,
    /// The same finding with the same evidence, on other lines: the sources changed since.
    Moved,
    /// The review has this finding, and says something else of it.
    Differs,
    /// The sources changed since, and the review does not find it any more.
    Gone,
    /// The review does not find it, and never did: somebody else wrote it.
    Invented,
    /// The review finds it, and the report does not have it.
    LeftOut,
}

impl Status {
    /// All of them, in order.
    pub const ALL: [Status; 6] =
        [Status::Confirmed, Status::Moved, Status::Differs, Status::Gone, Status::Invented, Status::LeftOut];

    /// The word in output.
    pub fn name(self) -> &'static str {
        match self {
            Status::Confirmed => "confirmed",
            Status::Moved => "moved",
            Status::Differs => "differs",
            Status::Gone => "gone",
            Status::Invented => "invented",
            Status::LeftOut => "left-out",
        }
    }
}

/// One finding of the report, or one that it left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedFinding {
    /// What became of it.
    pub status: Status,
    /// Name of its rule.
    pub rule: String,
    /// `path:line` of its primary place.
    pub place: String,
    /// Its sentence.
    pub message: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Why it has this status; empty when it is confirmed.
    pub why: String,
    /// What the report says and what the review says.
    pub differences: Vec<Difference>,
    /// Steps of its evidence that do not hold; the others do.
    pub evidence: Vec<BrokenStep>,
}

/// Something that the report says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// The field, such as `severity` or `evidence[2].note`.
    pub field: String,
    /// Its value in the report, as JSON; a place is `path:line:column`. `null` when it is not there.
    pub report: Option<String>,
    /// Its value in the review or in the project.
    pub review: Option<String>,
}

/// A step of the evidence that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BrokenStep {
    /// Its number from 1; 0 is the primary place.
    pub step: usize,
    /// Its place, as the report says it.
    pub place: String,
    /// What is wrong.
    pub state: StepState,
}

/// A part of the report beside its findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedPart {
    /// `projects`, `preserve`, `undecided`, `problems`, `statistics`, or a part that no review has.
    pub part: String,
    /// Whether the review made again says the same.
    pub confirmed: bool,
    /// What differs, the first ten.
    pub differences: Vec<Difference>,
}

/// How many findings there are of each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// See [`Status::Confirmed`].
    pub confirmed: usize,
    /// See [`Status::Moved`].
    pub moved: usize,
    /// See [`Status::Differs`].
    pub differs: usize,
    /// See [`Status::Gone`].
    pub gone: usize,
    /// See [`Status::Invented`].
    pub invented: usize,
    /// See [`Status::LeftOut`].
    pub left_out: usize,
}

impl Counts {
    fn of(findings: &[VerifiedFinding]) -> Self {
        let count = |status| findings.iter().filter(|finding| finding.status == status).count();
        Self {
            confirmed: count(Status::Confirmed),
            moved: count(Status::Moved),
            differs: count(Status::Differs),
            gone: count(Status::Gone),
            invented: count(Status::Invented),
            left_out: count(Status::LeftOut),
        }
    }
}

/// The settings of a report that are not those of its project.
pub fn other_settings(report: &RecordedSettings, project: &RecordedSettings) -> Vec<Difference> {
    let value = |settings| serde_json::to_value(settings).unwrap_or_default();
    differences::differences(&value(report), &value(project))
}
