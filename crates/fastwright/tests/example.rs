//! What a newcomer reads: the review and the routes of the bundled example, whole.
#![allow(clippy::unwrap_used, reason = "a test that can't run must fail")]

use assert_cmd::Command;
use std::path::Path;

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
