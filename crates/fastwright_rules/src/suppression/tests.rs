#![allow(clippy::unwrap_used)]

use super::*;
use crate::test_support::{analysis_of, place, reported_at};

const RULE: &str = "missing-authentication";

/// Whether the comment in `text` silences a finding at the first `needle`.
fn silences(text: &str, needle: &str) -> bool {
    let analysis = analysis_of(&[("app/main.py", text)]);
    let finding = reported_at(&analysis, "app/main.py", needle).finding;
    Suppressions::read(&analysis.files).silence(&finding, &analysis.files)
}

fn unused_messages(text: &str, checked: &[&str]) -> Vec<String> {
    let analysis = analysis_of(&[("app/main.py", text)]);
    let suppressions = Suppressions::read(&analysis.files);
    let checked = checked.iter().copied().collect();
    let reported = suppressions.report_unused(&analysis.files, &checked);
    reported.into_iter().map(|entry| entry.finding.message).collect()
}

#[test]
fn a_comment_counts_on_the_finding_and_alone_above_it() {
    assert!(silences(
        "delete()  # fastwright: ignore[missing-authentication] checked by the proxy\n",
        "delete"
    ));
    assert!(silences("# fastwright: ignore[missing-authentication] proxy\ndelete()\n", "delete"));
    assert!(silences("# fastwright: ignore[other, missing-authentication] proxy\ndelete()\n", "delete"));
    assert!(silences(
        "delete()  # noqa: F821  # fastwright: ignore[missing-authentication] proxy\n",
        "delete"
    ));
    assert!(!silences(
        "x = 1  # fastwright: ignore[missing-authentication] other line\ndelete()\n",
        "delete"
    ));
    assert!(!silences("# fastwright: ignore[other] proxy\ndelete()\n", "delete"));
    assert!(!silences("delete()\n# fastwright: ignore[missing-authentication] below\n", "delete"));
}

#[test]
fn comments_above_each_other_all_count() {
    let text = "# fastwright: ignore[missing-authentication] a\n# fastwright: ignore[other] b\ndelete()\n";
    assert!(silences(text, "delete"));
}

#[test]
fn the_last_line_counts_too() {
    let text = "call(\n    one,\n)  # fastwright: ignore[missing-authentication] proxy\n";
    assert!(silences(text, "call(\n    one,\n)"));
}

#[test]
fn a_string_is_no_comment() {
    assert!(!silences("delete('# fastwright: ignore[missing-authentication] x')\n", "delete"));
    let text = "x = '''\n# fastwright: ignore[missing-authentication] x'''; delete()\n";
    assert!(!silences(text, "delete"));
}

#[test]
fn definition_and_decorator_lines_count() {
    for text in [
        "@router.get('/')  # fastwright: ignore[missing-authentication] why\ndef read():\n    pass\n    target()\n",
        "@router.get('/')\ndef read():  # fastwright: ignore[missing-authentication] why\n    pass\n    target()\n",
        "@router.get(  # fastwright: ignore[missing-authentication] why\n    '/',\n)\nasync def read(\n    x,\n):\n    target()\n",
        "# fastwright: ignore[missing-authentication] why\n@a\n@b\ndef read():\n    pass\n    target()\n",
    ] {
        assert!(silences(text, "target"), "{text}");
    }
    let elsewhere = "def read_all():  # fastwright: ignore[missing-authentication] why\n    pass\ndef read():\n    target()\n";
    assert!(!silences(elsewhere, "target"));
}

#[test]
fn on_a_decorator_the_definition_below_is_meant() {
    let text = "def read():\n    pass\n@get('/')\n@other\ndef read():  # fastwright: ignore[missing-authentication] why\n    pass\n";
    assert!(silences(text, "@get('/')"));
}

#[test]
fn evidence_lines_count_in_every_file() {
    let analysis = analysis_of(&[
        ("app/main.py", "target()\n"),
        ("app/deps.py", "x = 1\nguard()  # fastwright: ignore[missing-authentication] why\n"),
    ]);
    let mut finding = reported_at(&analysis, "app/main.py", "target").finding;
    let mut suppressions = Suppressions::read(&analysis.files);
    assert!(!suppressions.silence(&finding, &analysis.files));
    finding.evidence.push(crate::finding::Evidence {
        note: "the guard".into(),
        location: place(&analysis, "app/deps.py", "guard"),
    });
    assert!(suppressions.silence(&finding, &analysis.files));
}

#[test]
fn a_whole_file_is_silenced_at_its_top_only() {
    let top = "\"\"\"Doc.\"\"\"\n# fastwright: ignore-file[missing-authentication] generated\nimport os\ndelete()\n";
    assert!(silences(top, "delete"));
    let late = "import os\n# fastwright: ignore-file[missing-authentication] generated\n\ndelete()\n";
    assert!(!silences(late, "delete"));
    let late = late.replace(RULE, "unused-suppression");
    assert_eq!(
        unused_messages(&late, &[]),
        ["an `ignore-file` comment must stand before the first statement of the file"]
    );
}

#[test]
fn what_silences_nothing_is_reported_once_its_rule_has_run() {
    let text = "x = 1  # fastwright: ignore[unused-suppression] why\n";
    assert_eq!(unused_messages(text, &[]), Vec::<String>::new());
    assert_eq!(
        unused_messages(text, &["unused-suppression"]),
        ["this comment silences nothing: `unused-suppression` reports nothing here"]
    );
}

#[test]
fn near_misses_get_a_hint() {
    let hint = "write `# fastwright: ignore[rule-name] reason`";
    for (text, start) in [
        ("# fastwright ignore[unused-suppression] why", "this comment has no effect: "),
        ("# fastwright: ignore", "this comment has no effect because it names no rule: "),
        ("# fastwright: ignore[] why", "this comment has no effect because it names no rule: "),
        ("# fastwright: ignore[a", "this comment has no effect because its bracket is not closed: "),
        ("# fastwright: noqa", "the word is `ignore`: "),
        ("# Fastwright: Ignore[a] b", "this comment has no effect: "),
        ("# fastwright: off", "`fastwright: off` is not understood: "),
    ] {
        assert_eq!(unused_messages(text, &[]), [format!("{start}{hint}")], "{text}");
    }
    assert_eq!(
        unused_messages("# fastwright: ignore[unused-supression] why", &[]),
        ["there is no rule `unused-supression`; did you mean `unused-suppression`?"]
    );
    for prose in
        ["# fastwright reads this file", "# see fastwright's docs", "# fastwright ignores this folder"]
    {
        assert_eq!(unused_messages(prose, &[]), Vec::<String>::new(), "{prose}");
    }
}

#[test]
fn a_missing_reason_is_reported() {
    let analysis = analysis_of(&[(
        "app/main.py",
        "a()  # fastwright: ignore[one, two]\nb()  # fastwright: ignore[one]: because\n",
    )]);
    let reported = Suppressions::read(&analysis.files).report_without_reason(&analysis.files);
    let messages: Vec<&str> = reported.iter().map(|entry| entry.finding.message.as_str()).collect();
    assert_eq!(messages, ["the suppression of `one`, `two` does not say why"]);
}

#[test]
fn a_comment_is_removed_with_the_white_space_before_it() {
    for (text, rest) in [
        ("x = 1  # fastwright: ignore[unused-suppression] a\ny = 2\n", "x = 1\ny = 2\n"),
        ("x = 1\n    # fastwright: ignore[unused-suppression] a\r\ny = 2\n", "x = 1\ny = 2\n"),
        ("# fastwright: ignore[unused-suppression] a", ""),
    ] {
        let analysis = analysis_of(&[("app/main.py", text)]);
        let reported = Suppressions::read(&analysis.files)
            .report_unused(&analysis.files, &["unused-suppression"].into());
        let edit = &reported[0].finding.fix.as_ref().unwrap().edits[0];
        let span = edit.location.span;
        let mut edited = text.to_owned();
        edited.replace_range(span.start as usize..span.end as usize, &edit.text);
        assert_eq!(edited, rest);
    }
}
