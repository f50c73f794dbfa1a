//! From an analysis to a review: run the rules, number and merge what they found, leave out what the
//! user does not want to see.

use crate::context::{Context, SharedFacts};
use crate::finding::{Evidence, Finding, RouteReference};
use crate::fingerprint::Fingerprints;
use crate::metadata::{Rule, RuleMetadata};
use crate::preserve::preserve_list;
use crate::registry;
use crate::reporter::{Reported, ReportedFinding, Reporter, Way};
use crate::review::{Problem, Review, ReviewedProject, Statistics, Undecided};
use crate::rules::architecture::suppression_without_reason::SuppressionWithoutReason;
use crate::rules::architecture::unused_suppression::UnusedSuppression;
use crate::settings::{CompiledSettings, ReviewSettings};
use crate::suppression::Suppressions;
use fastwright_model::analysis::Analysis;
use fastwright_python::location::{Files, Location};
use rustc_hash::FxHashSet;
use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::Instant;

/// How many further routes a merged finding names.
const ROUTES_NAMED: usize = 5;

/// Reviews a project with all rules that the settings select. Settings that make no sense are named in
/// [`Review::problems`] and have no effect; see [`ReviewSettings::validate`] to refuse them beforehand.
pub fn review(analysis: &Analysis, settings: &ReviewSettings) -> Review {
    review_with(analysis, settings, registry::all())
}

/// What [`review`] does, with these rules instead of the registered ones.
pub fn review_with(analysis: &Analysis, settings: &ReviewSettings, rules: &[&dyn Rule]) -> Review {
    let start = Instant::now();
    let (settings, errors) = settings.compile();
    let mut review = Review {
        projects: vec![reviewed_project(analysis)],
        preserve: preserve_list(&analysis.apps),
        undecided: undecided_of(analysis),
        problems: problems_of(analysis),
        ..Review::default()
    };
    review.problems.extend(errors.into_iter().map(|error| Problem {
        kind: "invalid-setting".to_owned(),
        message: error.to_string(),
        path: String::new(),
        position: None,
    }));

    let selected: Vec<&dyn Rule> =
        rules.iter().copied().filter(|rule| settings.is_selected(rule.metadata())).collect();
    let shared = SharedFacts::default();
    let context = Context { analysis, settings: &settings, shared: &shared };
    let outcomes: Vec<Outcome> = selected.iter().map(|rule| run(*rule, &context)).collect();

    let mut kept = Sieve { analysis, settings: &settings, suppressed: 0 };
    let mut reported = Vec::new();
    let mut checked = BTreeSet::new();
    let mut at_fault = BTreeSet::new();
    for (rule, outcome) in selected.iter().zip(outcomes) {
        match outcome {
            Ok(found) => {
                let name = rule.metadata().name;
                checked.insert(name);
                let own = |finding: &Finding| analysis.files.get(finding.location.file).first_party;
                // Nobody repairs an installed library.
                reported.extend(found.findings.into_iter().filter(|entry| own(&entry.finding)));
                review.undecided.extend(found.undecided);
                kept.suppressed += found.ignored;
                if found.unproven {
                    at_fault.insert(name);
                }
            }
            Err(problem) => review.problems.push(problem),
        }
    }
    say_once(&mut reported);
    // Nothing is printed without evidence: a rule that gives none is at fault.
    for rule in at_fault.into_iter().filter_map(registry::by_name) {
        review.problems.push(internal_error(rule.metadata(), "it reported something without evidence"));
    }
    let mut findings = kept.sift(reported, &checked);
    for fix in findings.iter_mut().filter_map(|finding| finding.fix.as_mut()) {
        if !fix.imports.is_empty() {
            fix.import_edits = context.import_edits(fix);
        }
    }
    sort(&mut findings, &analysis.files);
    deduplicate(&mut review.undecided);
    review.findings = findings;
    review.statistics = Statistics {
        files: analysis.file_count,
        lines: analysis.line_count,
        routes: analysis.apps.iter().filter(|app| !app.mounted).map(|app| app.routes.len()).sum(),
        milliseconds: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        suppressed: kept.suppressed,
    };
    shared.leave();
    review
}

/// Rules that say less of a place than another one does.
const SAID_BETTER: &[(&str, &str)] = &[("unchecked-object-access", "missing-ownership-check")];

/// Leaves out what another rule says of the same place with a better proof.
fn say_once(reported: &mut Vec<ReportedFinding>) {
    for (rule, better) in SAID_BETTER {
        let places: FxHashSet<Location> = reported
            .iter()
            .filter(|entry| entry.finding.rule == *better)
            .map(|entry| entry.finding.location)
            .collect();
        reported.retain(|entry| entry.finding.rule != *rule || !places.contains(&entry.finding.location));
    }
}

type Outcome = Result<Reported, Problem>;

thread_local! {
    static IN_RULE: Cell<bool> = const { Cell::new(false) };
}

/// Runs one rule; a panic becomes a problem that names the rule.
fn run(rule: &dyn Rule, context: &Context<'_>) -> Outcome {
    silence_panics_of_rules();
    let metadata = rule.metadata();
    let before = IN_RULE.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut report = Reporter::new(metadata).with_settings(context.settings);
        rule.check(context, &mut report);
        report.finish()
    }));
    IN_RULE.set(before);
    outcome.map_err(|panic| internal_error(metadata, &panic_text(panic.as_ref())))
}

/// The panic is reported as a problem: the default hook would print it once more, in the middle of the
/// output. Panics elsewhere still go to the hook that was there before.
fn silence_panics_of_rules() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IN_RULE.get() {
                before(info);
            }
        }));
    });
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

fn internal_error(metadata: &RuleMetadata, what: &str) -> Problem {
    Problem {
        kind: "internal-error".to_owned(),
        message: format!(
            "the rule `{}` failed ({what}); what it would have found is missing, everything else is complete",
            metadata.name
        ),
        path: String::new(),
        position: None,
    }
}

/// Leaves out what the user does not want to see, and counts it.
struct Sieve<'a> {
    analysis: &'a Analysis,
    settings: &'a CompiledSettings,
    suppressed: usize,
}

impl Sieve<'_> {
    fn sift(&mut self, mut reported: Vec<ReportedFinding>, checked: &BTreeSet<&str>) -> Vec<Finding> {
        let files = &self.analysis.files;
        self.leave_out_files(&mut reported);
        let mut facts = self.facts(reported);
        if self.settings.respect_suppressions {
            let mut suppressions = Suppressions::read(files);
            facts.retain(|fact| {
                let silenced = suppressions.silence(&fact.finding, files);
                self.suppressed += usize::from(silenced);
                !silenced
            });
            let mut about_comments = Vec::new();
            if checked.contains(UnusedSuppression::METADATA.name) {
                about_comments.extend(suppressions.report_unused(files, checked));
            }
            if checked.contains(SuppressionWithoutReason::METADATA.name) {
                about_comments.extend(suppressions.report_without_reason(files));
            }
            self.leave_out_files(&mut about_comments);
            facts.extend(self.facts(about_comments));
        }
        facts.retain(|fact| {
            self.suppressed += usize::from(fact.in_baseline);
            !fact.in_baseline
        });
        facts.into_iter().map(|fact| fact.finding).collect()
    }

    /// Leaves out what the user does not want to see in a file.
    fn leave_out_files(&mut self, reported: &mut Vec<ReportedFinding>) {
        let files = &self.analysis.files;
        reported.retain(|entry| {
            let ignored = registry::by_name(entry.finding.rule).is_some_and(|rule| {
                let path = &files.get(entry.finding.location.file).relative;
                self.settings.ignores_in_file(rule.metadata(), path)
            });
            self.suppressed += if ignored { entry.ways.len() } else { 0 };
            !ignored
        });
    }

    /// Findings as they are told: with their fingerprints, and with the other routes that lead to them.
    fn facts(&self, reported: Vec<ReportedFinding>) -> Vec<Fact> {
        let fingerprints = Fingerprints::new(&reported, &self.analysis.files);
        let known: Vec<(String, bool)> = reported
            .iter()
            .map(|entry| {
                // A new route must not make an old fact new.
                let in_baseline = self.settings.has_baseline()
                    && entry.ways.iter().any(|way| self.settings.in_baseline(&fingerprints.of(entry, way)));
                (fingerprints.of(entry, &entry.ways[0]), in_baseline)
            })
            .collect();
        let finish = |(entry, (fingerprint, in_baseline)): (ReportedFinding, (String, bool))| {
            let mut finding = entry.finding;
            finding.fingerprint = fingerprint;
            add_further_routes(&mut finding, &entry.ways[1..]);
            Fact { finding, in_baseline }
        };
        reported.into_iter().zip(known).map(finish).collect()
    }
}

/// One fact, however many routes and apps lead to it.
struct Fact {
    finding: Finding,
    /// Whether one of the routes that lead to it did so when the baseline was written.
    in_baseline: bool,
}

fn add_further_routes(finding: &mut Finding, others: &[Way]) {
    let mut seen: FxHashSet<&RouteReference> = finding.route.iter().collect();
    let further: Vec<(&RouteReference, Location)> = others
        .iter()
        .filter_map(|way| Some((way.route.as_ref()?, way.start)))
        .filter(|(route, _)| seen.insert(route))
        .collect();
    let more = further.len().saturating_sub(ROUTES_NAMED);
    let last = further.len().min(ROUTES_NAMED);
    finding.evidence.extend(further.into_iter().take(last).enumerate().map(|(index, (route, location))| {
        let rest = if index + 1 == last && more > 0 { format!(" and {more} more") } else { String::new() };
        Evidence { note: format!("the same through `{} {}`{rest}", route.method, route.path), location }
    }));
}

/// The worst first, then by path and position; the rest makes the order total.
fn sort(findings: &mut [Finding], files: &Files) {
    findings.sort_by(|one, other| {
        let place = |finding: &Finding| (finding.location.span, finding.rule);
        let path = |finding: &Finding| files.get(finding.location.file).relative.as_str();
        other
            .severity
            .cmp(&one.severity)
            .then_with(|| path(one).cmp(path(other)))
            .then_with(|| place(one).cmp(&place(other)))
            .then_with(|| one.route.cmp(&other.route))
            .then_with(|| one.message.cmp(&other.message))
    });
}

fn deduplicate(undecided: &mut Vec<Undecided>) {
    let mut seen = FxHashSet::default();
    undecided.retain(|entry| seen.insert((entry.reason.clone(), entry.location)));
}

fn reviewed_project(analysis: &Analysis) -> ReviewedProject {
    let root = analysis.root.to_string_lossy().replace('\\', "/");
    ReviewedProject {
        root: if root.is_empty() { ".".to_owned() } else { root },
        fastapi: analysis.fastapi.clone(),
        pydantic: analysis.pydantic.clone(),
        apps: analysis.apps.iter().map(|app| app.locator.clone()).collect(),
    }
}

fn undecided_of(analysis: &Analysis) -> Vec<Undecided> {
    let of_apps = analysis.apps.iter().flat_map(|app| &app.undecided);
    analysis
        .undecided
        .iter()
        .chain(of_apps)
        .map(|entry| Undecided { reason: entry.reason.clone(), location: entry.location })
        .collect()
}

fn problems_of(analysis: &Analysis) -> Vec<Problem> {
    analysis
        .problems
        .iter()
        .map(|problem| Problem {
            kind: problem.kind.clone(),
            message: problem.message.clone(),
            path: problem.path.clone(),
            position: problem.position,
        })
        .collect()
}

#[cfg(test)]
mod tests;
