//! Every output over one bookshop, as people and machines get it.

#![allow(clippy::unwrap_used, missing_docs)]

mod bookshop;

use bookshop::Sources;
use fastwright_report::appearance::Appearance;
use fastwright_report::names::{Area, GuardKind, Severity};
use fastwright_report::output::{ReviewFormat, RoutesFormat, render_review, render_routes};
use fastwright_report::review_document::ReviewReport;
use fastwright_report::routes_document::RoutesDocument;
use fastwright_report::routes_selection::{Grouping, RouteFilter};
use fastwright_report::rule_page::RuleDescription;
use fastwright_report::{schema, statistics};

const RULES: &[RuleDescription<'static>] = &[RuleDescription {
    name: "missing-ownership-check",
    area: Area::Auth,
    severity: Severity::High,
    summary: "An object is loaded by an id from the caller and never compared with the caller",
    page: "# missing-ownership-check\n\n## What it does\nFollows `order_id` to the query.\n",
}];

fn report() -> ReviewReport {
    let sources = Sources::new();
    let review = sources.review();
    ReviewReport::new(&review, &sources.files).with_hashes(&review, &sources.files)
}

fn routes() -> RoutesDocument {
    RoutesDocument::new(&Sources::new().analysis(), ".")
}

fn rendered(format: ReviewFormat) -> String {
    render_review(&report(), format, RULES, &Appearance::plain())
}

#[test]
fn review_outputs() {
    for &format in ReviewFormat::ALL {
        insta::assert_snapshot!(format!("review_{}", format.name()), rendered(format));
    }
}

#[test]
fn full_text_in_colour_and_on_a_narrow_terminal() {
    let appearance = Appearance { colour: true, width: Some(60), links: Some("/srv/bookshop".into()) };
    let text = render_review(&report(), ReviewFormat::Full, RULES, &appearance);
    insta::assert_snapshot!(text.replace('\u{1b}', "ESC"));
}

#[test]
fn routes_outputs() {
    for &format in RoutesFormat::ALL {
        let text = render_routes(&routes(), format, Grouping::App, &Appearance::plain());
        insta::assert_snapshot!(format!("routes_{}", format.name()), text);
    }
}

#[test]
fn routes_fit_the_terminal() {
    for width in [60, 100, 140] {
        let appearance = Appearance { width: Some(width), ..Appearance::plain() };
        let text = render_routes(&routes(), RoutesFormat::Full, Grouping::Tag, &appearance);
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        insta::assert_snapshot!(format!("routes_in_{width}_columns"), text);
    }
}

#[test]
fn filters_leave_what_they_name() {
    let selected = |filter: RouteFilter| {
        let mut document = routes();
        filter.apply(&mut document);
        document.apps[0].routes.iter().map(|route| route.path.clone()).collect::<Vec<_>>()
    };
    let guards = RouteFilter { guards: vec![GuardKind::Public], ..RouteFilter::default() };
    assert_eq!(selected(guards), ["/books"]);
    let methods = RouteFilter { methods: vec!["put".into(), "websocket".into()], ..RouteFilter::default() };
    assert_eq!(selected(methods), ["/orders/{order_id}", "/debug/events"]);
    let paths = RouteFilter { paths: vec!["/orders/*".into()], ..RouteFilter::default() };
    assert_eq!(selected(paths).len(), 2);
}

#[test]
fn json_matches_its_schema() {
    for (schema, text) in [
        (schema::review(), rendered(ReviewFormat::Json)),
        (schema::routes(), render_routes(&routes(), RoutesFormat::Json, Grouping::App, &Appearance::plain())),
    ] {
        assert_valid(&schema, &text);
    }
}

#[test]
fn sarif_matches_the_standard() {
    let mut schema: serde_json::Value =
        serde_json::from_str(include_str!("resources/sarif-schema-2.1.0.json")).unwrap();
    // The published schema holds a pattern that is no valid regular expression (for a property that we do
    // not write); validators refuse the whole schema for it.
    for owner in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][owner]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern");
    }
    let schema = schema.to_string();
    assert_valid(&schema, &rendered(ReviewFormat::Sarif));
    let empty = ReviewReport::merge(Vec::new());
    assert_valid(&schema, &render_review(&empty, ReviewFormat::Sarif, &[], &Appearance::plain()));
}

fn assert_valid(schema: &str, text: &str) {
    let schema = serde_json::from_str(schema).unwrap();
    let document = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn a_report_survives_being_written_and_read() {
    let report = report();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<ReviewReport>(&text).unwrap(), report);
    let routes = routes();
    let text = serde_json::to_string(&routes).unwrap();
    assert_eq!(serde_json::from_str::<RoutesDocument>(&text).unwrap(), routes);
}

#[test]
fn projects_elsewhere_have_their_root_in_front() {
    let mut other = report();
    other.document.projects[0].root = "services/shop".to_owned();
    let concise =
        |report: &ReviewReport| render_review(report, ReviewFormat::Concise, &[], &Appearance::plain());
    assert!(concise(&other).starts_with("services/shop/app/auth.py:8:13: critical["));
    let merged = ReviewReport::merge(vec![report(), other]);
    assert_eq!(merged.document.projects.len(), 2);
    assert_eq!(merged.document.findings[1].location.path, "services/shop/app/auth.py");
    assert!(concise(&merged).contains("\nservices/shop/app/routers/orders.py:13:19: high["));
}

#[test]
fn many_findings_stay_within_the_limits_of_the_hosts() {
    let mut report = report();
    let mut one = report.document.findings[1].clone();
    // Only the number matters, and tests are not optimized.
    one.evidence.truncate(1);
    one.fix = None;
    report.document.findings = vec![one; 26_000];
    let render = |format| render_review(&report, format, RULES, &Appearance::plain());
    let log: serde_json::Value = serde_json::from_str(&render(ReviewFormat::Sarif)).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 25_000);
    let annotations = render(ReviewFormat::Github);
    assert_eq!(annotations.lines().filter(|line| line.starts_with("::")).count(), 10);
    assert!(annotations.contains("25990 of them without an annotation"));
    assert!(render(ReviewFormat::Markdown).len() < 65_536);
    let issues: serde_json::Value = serde_json::from_str(&render(ReviewFormat::Gitlab)).unwrap();
    assert_ne!(issues[0]["fingerprint"], issues[1]["fingerprint"]);
}

#[test]
fn statistics_count_by_rule() {
    insta::assert_snapshot!(statistics::text(&report().document, &Appearance::plain()), @r"
    count  severity  area         rule
        2  high      auth         missing-ownership-check
        1  medium    performance  blocking-call-in-async-route
        1  critical  secrets      hardcoded-secret

    4 findings: 1 critical, 2 high, 1 medium
    ");
}
