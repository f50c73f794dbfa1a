//! Round after round: fixes are made together, looked at, and kept when the guard has nothing to say.

use crate::guard::objections;
use crate::plan::{apply, compatible};
use crate::state::{Changes, Project, State};
use fastwright_model::analysis::AnalysisError;
use fastwright_rules::finding::{Finding, Fix, FixSafety};
use fastwright_rules::review::Review;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// No fix needs more rounds than a few; this ends what would not end by itself.
const MOST_ROUNDS: usize = 24;

/// What fixes may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Nothing of the contract.
    Safe,
    /// What the code does, while routes, document and guards stay equal.
    Unsafe,
    /// The contract, as each fix names it. Nobody may see or do more than before.
    Contract,
}

impl Permission {
    /// All, the least first.
    pub const ALL: [Permission; 3] = [Permission::Safe, Permission::Unsafe, Permission::Contract];

    /// What a fix needs.
    pub fn of(fix: &Fix) -> Self {
        match fix.safety {
            FixSafety::Safe => Permission::Safe,
            FixSafety::Unsafe if fix.changes.is_empty() => Permission::Unsafe,
            FixSafety::Unsafe => Permission::Contract,
        }
    }

    /// The option that grants it; empty for what is always granted.
    pub fn option(self) -> &'static str {
        match self {
            Permission::Safe => "",
            Permission::Unsafe => "--unsafe-fixes",
            Permission::Contract => "--contract-fixes",
        }
    }
}

/// What is asked for.
pub struct Request<'r> {
    /// The project.
    pub project: Project,
    /// What fixes may change at most.
    pub permission: Permission,
    /// Whether a finding shall be fixed.
    pub wants: &'r mut dyn FnMut(&State, &Finding) -> bool,
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Request")
            .field("project", &self.project)
            .field("permission", &self.permission)
            .finish_non_exhaustive()
    }
}

/// A finding with its place in words: files change under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The finding.
    pub finding: Finding,
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Line, from 1, when it was found.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl Told {
    /// A finding of a state.
    pub fn new(state: &State, finding: &Finding) -> Self {
        let file = state.analysis.files.get(finding.location.file);
        let position = file.position(finding.location.span.start);
        Self {
            finding: finding.clone(),
            path: file.relative.clone(),
            line: position.line,
            column: position.column,
        }
    }
}

/// A fix that the guard refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The finding.
    pub told: Told,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// Canonical path.
    pub path: PathBuf,
    /// Path relative to the project, with `/`.
    pub relative: String,
    /// Its bytes on disk.
    pub before: Vec<u8>,
    /// Its bytes once the fixes are made.
    pub after: Vec<u8>,
}

/// What came of it; nothing is written yet.
#[derive(Debug)]
pub struct Outcome {
    /// The fixes that were made, in order.
    pub applied: Vec<Told>,
    /// The fixes that would have changed what they may not change: faults of fastwright.
    pub refused: Vec<Refused>,
    /// The files.
    pub files: Vec<FileChange>,
    /// The findings that are left.
    pub left: Vec<Told>,
    /// The review once the fixes are made.
    pub review: Review,
    /// The project once the fixes are made.
    pub state: State,
}

/// What tells a fix from others, from one round to the next.
type Identity = (String, String);

fn identity(finding: &Finding) -> Identity {
    let fix = finding.fix.as_ref();
    let texts: Vec<&str> = fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.text.as_str()).collect();
    (finding.fingerprint.clone(), texts.join("\n"))
}

/// Makes all wanted fixes in memory.
///
/// # Errors
/// When the project can't be read.
pub fn fix(request: Request<'_>) -> Result<Outcome, AnalysisError> {
    let Request { project, permission, wants } = request;
    let mut changes = Changes::new();
    let mut state = project.state(&changes)?;
    let names: Vec<(PathBuf, String)> = state
        .analysis
        .files
        .iter()
        .map(|(_, file)| (project.canonical(&file.path), file.relative.clone()))
        .collect();
    let (mut applied, mut refused) = (Vec::new(), Vec::new());
    let mut seen: BTreeSet<Identity> = BTreeSet::new();
    for granted in Permission::ALL.into_iter().filter(|granted| *granted <= permission) {
        for _ in 0..MOST_ROUNDS {
            let candidates: Vec<&Finding> = state
                .review
                .findings
                .iter()
                .filter(|finding| {
                    finding.fix.as_ref().is_some_and(|fix| Permission::of(fix) == granted)
                        && !seen.contains(&identity(finding))
                        && parses(&state, finding)
                        && wants(&state, finding)
                })
                .collect();
            let chosen = compatible(&candidates);
            if chosen.is_empty() {
                break;
            }
            let round = Round { project: &project, state: &state, changes: &changes, permission: granted };
            let made = round.make(&chosen)?;
            seen.extend(chosen.iter().map(|finding| identity(finding)));
            applied.extend(made.kept.iter().map(|finding| Told::new(&state, finding)));
            refused.extend(made.refused);
            if let Some((new_changes, new_state)) = made.result {
                (changes, state) = (new_changes, new_state);
            }
        }
    }
    let files = changes
        .into_iter()
        .filter_map(|(path, after)| {
            let before = project.tree.read(&path).ok()?;
            let relative = names.iter().find(|(known, _)| *known == path)?.1.clone();
            (before != after).then_some(FileChange { path, relative, before, after })
        })
        .collect();
    let left = state.review.findings.iter().map(|finding| Told::new(&state, finding)).collect();
    Ok(Outcome { applied, refused, files, left, review: state.review.clone(), state })
}

/// Files that Python can't read are not edited.
fn parses(state: &State, finding: &Finding) -> bool {
    let fix = finding.fix.as_ref();
    fix.iter().flat_map(|fix| &fix.edits).all(|edit| {
        let path = &state.analysis.files.get(edit.location.file).relative;
        !state.review.problems.iter().any(|problem| problem.path == *path)
    })
}

/// Fixes that are tried on one state.
struct Round<'r> {
    project: &'r Project,
    state: &'r State,
    changes: &'r Changes,
    permission: Permission,
}

struct Made<'f> {
    kept: Vec<&'f Finding>,
    refused: Vec<Refused>,
    result: Option<(Changes, State)>,
}

impl Round<'_> {
    /// Makes fixes together; where the guard objects, halves of them, until those at fault stand alone.
    fn make<'f>(&self, chosen: &[&'f Finding]) -> Result<Made<'f>, AnalysisError> {
        let mut made = Made { kept: Vec::new(), refused: Vec::new(), result: None };
        let mut waiting = vec![chosen.to_vec()];
        while let Some(group) = waiting.pop() {
            let together: Vec<&Finding> = made.kept.iter().copied().chain(group.iter().copied()).collect();
            let reasons = match self.try_out(&together)? {
                Ok(result) => {
                    made.kept = together;
                    made.result = Some(result);
                    continue;
                }
                Err(reasons) => reasons,
            };
            if let [only] = group.as_slice() {
                made.refused.push(Refused { told: Told::new(self.state, only), reasons });
                continue;
            }
            // Those that the objections speak of, if they are fewer than all; else halves.
            let (named, others): (Vec<&Finding>, Vec<&Finding>) =
                group.iter().copied().partition(|finding| self.is_named(finding, &reasons));
            if named.is_empty() || others.is_empty() {
                let (first, second) = group.split_at(group.len() / 2);
                waiting.push(second.to_vec());
                waiting.push(first.to_vec());
            } else {
                waiting.push(named);
                waiting.push(others);
            }
        }
        Ok(made)
    }

    /// Whether objections speak of the function or the route of a finding.
    fn is_named(&self, finding: &Finding, reasons: &[String]) -> bool {
        let path = &self.state.analysis.files.get(finding.location.file).relative;
        let name = finding.symbol.rsplit('.').next().unwrap_or(&finding.symbol);
        let route = finding.route.as_ref().map(|route| format!("`{} {}`", route.method, route.path));
        reasons.iter().any(|reason| {
            reason.contains(path.as_str())
                || !name.is_empty() && reason.contains(&format!("`{name}`"))
                || route.as_ref().is_some_and(|route| reason.contains(route))
        })
    }

    #[allow(clippy::type_complexity, reason = "an attempt has a result or reasons")]
    fn try_out(&self, findings: &[&Finding]) -> Result<Result<(Changes, State), Vec<String>>, AnalysisError> {
        let fixes: Vec<&Fix> = findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
        let changes = match apply(self.project, self.state, self.changes, &fixes) {
            Ok(changes) => changes,
            Err(reason) => return Ok(Err(vec![reason])),
        };
        let state = self.project.state(&changes)?;
        let reasons = objections(self.state, &state, findings, self.permission);
        Ok(if reasons.is_empty() { Ok((changes, state)) } else { Err(reasons) })
    }
}
