//! What a newcomer reads: the review and the routes of the bundled example, whole.
#![allow(clippy::unwrap_used, reason = "a test that can't run must fail")]

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

/// The faults of `examples/bookshop/FAULTS.md`, in its order: the rule, the file and the symbol of the finding that tells.
const DOCUMENTED: [(&str, &str, &str); 18] = [
    ("missing-ownership-check", "src/bookshop/routers/orders.py", "read_invoice"),
    ("missing-authentication", "src/bookshop/routers/reviews.py", "delete_review"),
    ("mass-assignment", "src/bookshop/services/accounts.py", "update_customer"),
    ("sql-injection", "src/bookshop/repositories/books.py", "search"),
    ("hard-coded-secret", "src/bookshop/settings.py", "token_key"),
    ("sensitive-field-in-response", "src/bookshop/schemas/reviews.py", "ReviewRead"),
    ("commit-after-response", "src/bookshop/database.py", "get_transaction"),
    ("lazy-load-in-async", "src/bookshop/routers/authors.py", "update_author"),
    ("blocking-call-in-async", "src/bookshop/services/mail.py", "deliver"),
    ("session-in-background-task", "src/bookshop/routers/orders.py", "pay_order"),
    ("swallowed-http-exception", "src/bookshop/routers/reviews.py", "create_review"),
    ("exception-text-in-response", "src/bookshop/errors.py", "answer_database_error"),
    ("shadowed-route", "src/bookshop/routers/bestsellers.py", "list_bestsellers"),
    ("partial-update-overwrites", "src/bookshop/services/catalogue.py", "update_book"),
    ("unbounded-page-size", "src/bookshop/routers/authors.py", "list_authors"),
    ("router-never-included", "src/bookshop/routers/coupons.py", "router"),
    ("undocumented-status", "src/bookshop/routers/auth.py", "register"),
    ("test-client-without-lifespan", "tests/test_service.py", "client"),
];

fn output(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::cargo_bin("fastwright")
        .unwrap()
        .current_dir(root)
        .env("NO_COLOR", "1")
        .args(arguments)
        .arg("--no-cache")
        .output()
        .unwrap();
    assert!(
        output.status.code().is_some_and(|code| code <= 1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The last line names the time that it took.
fn without_time(text: &str) -> String {
    let lines = text.lines().map(|line| match line.rsplit_once(" in ") {
        Some((before, time)) if time.ends_with(" ms") => format!("{before} in [time]"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The findings of a review of the example with one of the profiles.
fn findings(profile: &str) -> Vec<Value> {
    let text = output(&["review", "examples/bookshop", "--profile", profile, "--output-format", "json"]);
    let mut review: Value = serde_json::from_str(&text).unwrap();
    let found = review["findings"].as_array_mut().unwrap();
    assert!(!found.is_empty());
    std::mem::take(found)
}

/// Whether a finding tells of a documented fault.
fn tells_of(finding: &Value, &(rule, path, symbol): &(&str, &str, &str)) -> bool {
    let place = &finding["location"];
    let told = place["path"].as_str().unwrap();
    finding["rule"] == rule
        && place["symbol"] == symbol
        && (told == path || told.ends_with(&format!("/{path}")))
}

#[test]
fn every_documented_fault_is_found() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookshop/FAULTS.md");
    let document = std::fs::read_to_string(document).unwrap();
    let chapters = document.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(chapters, DOCUMENTED.len(), "a fault is documented that this test does not know");
    for profile in ["strict", "audit"] {
        let found = findings(profile);
        for fault in &DOCUMENTED {
            let count = found.iter().filter(|finding| tells_of(finding, fault)).count();
            assert_eq!(count, 1, "{fault:?} with the profile {profile}");
        }
    }
    // One that opinions are about is left to the strict profile.
    let found = findings("default");
    let missed = DOCUMENTED.iter().filter(|fault| !found.iter().any(|finding| tells_of(finding, fault)));
    assert_eq!(missed.map(|(rule, ..)| *rule).collect::<Vec<_>>(), ["undocumented-status"]);
}

#[test]
fn nothing_else_is_found_at_high_or_above() {
    for profile in ["default", "strict", "audit"] {
        for finding in findings(profile) {
            let severe = finding["severity"] == "critical" || finding["severity"] == "high";
            let documented = DOCUMENTED.iter().any(|fault| tells_of(&finding, fault));
            assert!(documented || !severe, "with the profile {profile}: {finding:#}");
        }
    }
}

#[test]
fn the_review_of_the_example_reads_like_this() {
    insta::assert_snapshot!(without_time(&output(&["review", "examples/bookshop"])));
}

#[test]
fn the_strict_review_finds_the_documented_faults_and_nothing_of_other_rules() {
    let text = output(&["review", "examples/bookshop", "--profile", "strict", "--output-format", "concise"]);
    insta::assert_snapshot!(text);
}

#[test]
fn the_routes_of_the_example_read_like_this() {
    insta::assert_snapshot!(output(&["routes", "examples/bookshop", "--output-format", "markdown"]));
}
