#![allow(clippy::unwrap_used)]

use super::*;
use crate::finding::Severity;
use crate::reporter::Draft;
use crate::rules::architecture::unused_suppression::UnusedSuppression;
use crate::test_support::{analysis_of, app, place, route};

/// A rule under the metadata of a registered one, so that selection and configuration know its name.
struct Scripted(fn(&Context<'_>, &mut Reporter<'_>));

impl Rule for Scripted {
    fn metadata(&self) -> &'static RuleMetadata {
        &UnusedSuppression::METADATA
    }

    fn check(&self, context: &Context<'_>, report: &mut Reporter<'_>) {
        self.0(context, report);
    }
}

const TEXT: &str = "import os\none()\ntwo()\n";

fn fact(context: &Context<'_>, needle: &str) -> Draft {
    let location = place(context.analysis, "app/main.py", needle);
    Draft::new(location, "read", format!("`{needle}` is wrong")).evidence("here", location)
}

fn review_of(settings: &ReviewSettings, check: fn(&Context<'_>, &mut Reporter<'_>)) -> Review {
    review_with(&analysis_of(&[("app/main.py", TEXT)]), settings, &[&Scripted(check)])
}

#[test]
fn a_panicking_rule_loses_only_its_own_findings() {
    let analysis = analysis_of(&[("app/main.py", TEXT)]);
    let broken = Scripted(|_, _| panic!("index out of bounds"));
    let sound = Scripted(|context, report| report.report(fact(context, "one")));
    let review = review_with(&analysis, &ReviewSettings::default(), &[&broken, &sound]);
    assert_eq!(review.findings.len(), 1);
    assert_eq!(review.problems[0].kind, "internal-error");
    assert!(review.problems[0].message.contains("`unused-suppression` failed (index out of bounds)"));
}

#[test]
fn a_finding_without_evidence_is_a_problem_of_the_rule() {
    let review = review_of(&ReviewSettings::default(), |context, report| {
        report.report(Draft::new(place(context.analysis, "app/main.py", "one"), "read", "no proof"));
    });
    assert!(review.findings.is_empty());
    assert_eq!(review.problems[0].kind, "internal-error");
}

#[test]
fn the_worst_comes_first_then_position() {
    let review = review_of(&ReviewSettings::default(), |context, report| {
        report.report(fact(context, "two").severity(Severity::Low));
        report.report(fact(context, "one").severity(Severity::Low));
        report.report(fact(context, "import").severity(Severity::Info));
        report.report(fact(context, "os").severity(Severity::High));
    });
    let messages: Vec<&str> = review.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages, ["`os` is wrong", "`one` is wrong", "`two` is wrong", "`import` is wrong"]);
}

fn on_routes(context: &Context<'_>, report: &mut Reporter<'_>, paths: &[&str]) {
    for path in paths {
        report.report(fact(context, "one").route(&route("GET", path)));
    }
}

#[test]
fn one_fact_on_many_routes_is_one_finding() {
    let review = review_of(&ReviewSettings::default(), |context, report| {
        on_routes(context, report, &["/c", "/a", "/b", "/a", "/d", "/e", "/f", "/g", "/h"]);
    });
    assert_eq!(review.findings.len(), 1);
    let finding = &review.findings[0];
    assert_eq!(finding.route.as_ref().unwrap().path, "/a");
    let notes: Vec<&str> = finding.evidence.iter().map(|step| step.note.as_str()).collect();
    assert_eq!(notes[1], "the same through `GET /b`");
    assert_eq!(notes[5], "the same through `GET /f` and 2 more");
    assert_eq!(notes.len(), 6);
}

#[test]
fn a_baseline_knows_a_fact_by_any_of_its_routes() {
    let before = review_of(&ReviewSettings::default(), |context, report| on_routes(context, report, &["/b"]));
    let baseline = before.findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    let settings = ReviewSettings { baseline: Some(baseline), ..ReviewSettings::default() };
    let after = review_of(&settings, |context, report| {
        on_routes(context, report, &["/a", "/b"]);
        report.report(fact(context, "two"));
    });
    assert_eq!(after.findings.len(), 1);
    assert_eq!(after.findings[0].message, "`two` is wrong");
    assert_eq!(after.statistics.suppressed, 1);
}

#[test]
fn files_and_routes_can_be_left_out() {
    let rules = vec!["unused-suppression".to_owned()];
    let by_route = ReviewSettings {
        per_route_ignores: vec![("GET /internal/**".into(), rules.clone())],
        ..ReviewSettings::default()
    };
    let review = review_of(&by_route, |context, report| {
        on_routes(context, report, &["/internal/stats", "/orders"]);
    });
    assert_eq!(review.findings[0].route.as_ref().unwrap().path, "/orders");
    assert_eq!(review.statistics.suppressed, 1);
    let by_file =
        ReviewSettings { per_file_ignores: vec![("app/**".into(), rules)], ..ReviewSettings::default() };
    let review = review_of(&by_file, |context, report| report.report(fact(context, "one")));
    assert!(review.findings.is_empty());
}

#[test]
fn comments_silence_and_are_reported_when_unused() {
    let text = "one()  # fastwright: ignore[unused-suppression] on purpose\n";
    let analysis = analysis_of(&[("app/main.py", text)]);
    let finds = Scripted(|context, report| report.report(fact(context, "one")));
    let review = review_with(&analysis, &ReviewSettings::default(), &[&finds]);
    assert!(review.findings.is_empty());
    assert_eq!(review.statistics.suppressed, 1);
    let quiet = Scripted(|_, _| {});
    let review = review_with(&analysis, &ReviewSettings::default(), &[&quiet]);
    assert_eq!(
        review.findings[0].message,
        "this comment silences nothing: `unused-suppression` reports nothing here"
    );
    let audit = ReviewSettings { respect_suppressions: false, ..ReviewSettings::default() };
    assert_eq!(review_with(&analysis, &audit, &[&finds]).findings.len(), 1);
}

#[test]
fn wrong_settings_are_problems_and_the_rest_counts() {
    let settings = ReviewSettings { ignore: vec!["nonsense".into()], ..ReviewSettings::default() };
    let review = review_of(&settings, |context, report| report.report(fact(context, "one")));
    assert_eq!(review.findings.len(), 1);
    assert_eq!(review.problems[0].kind, "invalid-setting");
}

#[test]
fn the_review_states_what_the_service_does() {
    let mut analysis = analysis_of(&[("app/main.py", TEXT)]);
    analysis.apps.push(app(vec![route("GET", "/orders"), route("POST", "/orders")]));
    let review = review(&analysis, &ReviewSettings::default());
    assert_eq!(review.preserve[0].operations.len(), 2);
    assert_eq!(review.statistics.routes, 2);
    assert_eq!(review.projects[0].apps, ["app.main:app"]);
    assert!(review.findings.is_empty());
}
