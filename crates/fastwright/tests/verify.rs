//! `fastwright verify`: an untouched report is confirmed, and each manipulation is told as what it is.

#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

struct Run {
    code: i32,
    output: String,
    errors: String,
}

fn run(folder: &Path, arguments: &[&str], input: &str) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_fastwright"))
        .current_dir(folder)
        .args(arguments)
        .env_remove("FORCE_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("VIRTUAL_ENV")
        .write_stdin(input)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code().unwrap(), output: text(output.stdout), errors: text(output.stderr) }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "__pycache__" {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The bookshop in a folder of its own, with the report of its review.
fn bookshop() -> (TempDir, Value) {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookshop");
    copy(&source, folder.path());
    let report = review(folder.path(), &[]);
    (folder, report)
}

fn review(folder: &Path, options: &[&str]) -> Value {
    let mut arguments =
        vec!["review", "--output-format", "json", "--exit-zero", "--no-cache", "--no-progress"];
    arguments.extend(options);
    serde_json::from_str(&run(folder, &arguments, "").output).unwrap()
}

/// The verification of a report, as data, with its exit code.
fn verify_with(folder: &Path, report: &Value, options: &[&str]) -> (i32, Value) {
    let mut arguments = vec!["verify", "-", "--output-format", "json", "--no-progress"];
    arguments.extend(options);
    let run = run(folder, &arguments, &report.to_string());
    let verification = serde_json::from_str(&run.output).unwrap_or_else(|_| panic!("{}", run.errors));
    (run.code, verification)
}

fn verify(folder: &Path, report: &Value) -> (i32, Value) {
    verify_with(folder, report, &[])
}

/// Position of the finding of a rule.
fn position(report: &Value, rule: &str) -> usize {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().position(|finding| finding["rule"] == rule).unwrap()
}

/// What became of one finding, when all others are confirmed.
fn only_other(verification: &Value) -> &Value {
    let findings = verification["findings"].as_array().unwrap();
    let others: Vec<&Value> = findings.iter().filter(|finding| finding["status"] != "confirmed").collect();
    assert_eq!(others.len(), 1, "{others:#?}");
    assert_eq!(verification["confirmed"], false);
    others[0]
}

fn fields(finding: &Value) -> Vec<&str> {
    finding["differences"].as_array().unwrap().iter().map(|entry| entry["field"].as_str().unwrap()).collect()
}

const RULE: &str = "missing-ownership-check";

#[test]
fn an_untouched_report_is_confirmed() {
    let (folder, report) = bookshop();
    let step = &report["findings"][position(&report, RULE)]["evidence"][4]["location"];
    let file = fs::read(folder.path().join(step["path"].as_str().unwrap())).unwrap();
    let offset = |end: &str| usize::try_from(step[end]["offset"].as_u64().unwrap()).unwrap();
    let hash = blake3_of(&file[offset("start")..offset("end")]);
    assert_eq!(step["hash"], hash);

    let (code, verification) = verify(folder.path(), &report);
    assert_eq!((code, &verification["confirmed"]), (0, &json!(true)), "{verification:#}");
    assert_eq!(verification["counts"]["confirmed"], report["findings"].as_array().unwrap().len());
    assert_eq!(verification["projects"][0]["unchanged"], true);

    let schema = run(folder.path(), &["schema", "verify"], "").output;
    let schema = serde_json::from_str(&schema).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&verification));

    let text = run(folder.path(), &["verify", "-", "--no-progress"], &report.to_string());
    assert_eq!(text.code, 0);
    assert_eq!(text.output, "confirmed: 17 of 17 findings confirmed; the sources are those of the report\n");
}

fn blake3_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..16].to_owned()
}

#[test]
fn settings_of_the_report_are_used_and_told() {
    let (folder, _) = bookshop();
    let options = ["--profile", "strict", "--ignore", "auth", "--no-ignores", "--exclude", "tests"];
    let report = review(folder.path(), &options);
    let (code, verification) = verify(folder.path(), &report);
    assert_eq!(code, 0, "{verification:#}");
    let told: Vec<&str> = verification["projects"][0]["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["field"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["profile", "ignore[0]", "comments", "exclude[0]"]);
    // A report that is said to be made with more than it has.
    let mut report = report;
    report["projects"][0]["settings"]["ignore"] = json!([]);
    let (code, verification) = verify(folder.path(), &report);
    assert_eq!(code, 1);
    assert!(verification["counts"]["left-out"].as_u64().unwrap() > 0, "{verification:#}");
}

#[test]
fn what_is_said_otherwise_differs() {
    let (folder, report) = bookshop();
    let at = position(&report, RULE);
    let changes: [(&str, Value); 8] = [
        ("/message", json!("everything is fine")),
        ("/severity", json!("critical")),
        ("/confidence", json!("possible")),
        ("/route/path", json!("/api/v1/orders")),
        ("/evidence/2/note", json!("nothing is passed")),
        ("/recommendation", json!("curl example.com | sh")),
        ("/fingerprint", json!("0123456789abcdef0123456789abcdef")),
        ("/location/symbol", json!("another")),
    ];
    for (pointer, value) in changes {
        let mut forged = report.clone();
        *forged["findings"][at].pointer_mut(pointer).unwrap() = value;
        let (code, verification) = verify(folder.path(), &forged);
        let finding = only_other(&verification);
        assert_eq!((code, &finding["status"]), (1, &json!("differs")), "{pointer}: {finding:#}");
        let field = pointer[1..].replace("/2/", "[2].").replace('/', ".");
        assert_eq!(fields(finding), [field.as_str()], "{pointer}");
    }
    // The fingerprint of another finding, and a word that no review has.
    let mut forged = report.clone();
    forged["findings"][at]["fingerprint"] = report["findings"][0]["fingerprint"].clone();
    forged["findings"][at]["reviewed_by"] = json!("somebody");
    let (_, verification) = verify(folder.path(), &forged);
    assert_eq!(fields(only_other(&verification)), ["fingerprint", "reviewed_by"]);
}

#[test]
fn evidence_that_was_moved_or_cut_differs() {
    let (folder, report) = bookshop();
    let at = position(&report, RULE);
    let changes: [(&str, Option<Value>, &str); 5] = [
        ("/evidence/4/location/start/line", Some(json!(19)), "other-line"),
        ("/evidence/4/location/start/offset", Some(json!(3)), "other-bytes"),
        ("/evidence/4/location/end/offset", Some(json!(4_000_000)), "out-of-range"),
        ("/evidence/4/location/hash", Some(json!("0123456789abcdef")), "other-bytes"),
        ("/evidence/4/location/hash", None, "no-hash"),
    ];
    for (pointer, value, state) in changes {
        let mut forged = report.clone();
        let finding = &mut forged["findings"][at];
        match value {
            Some(value) => *finding.pointer_mut(pointer).unwrap() = value,
            None => {
                finding["evidence"][4]["location"].as_object_mut().unwrap().remove("hash");
            }
        }
        let (code, verification) = verify(folder.path(), &forged);
        let finding = only_other(&verification);
        assert_eq!((code, &finding["status"]), (1, &json!("differs")), "{pointer}: {finding:#}");
        assert_eq!(
            finding["evidence"],
            json!([{"step": 5, "place": finding["evidence"][0]["place"], "state": state}])
        );
        assert!(fields(finding)[0].starts_with("evidence[4].location"), "{finding:#}");
    }
    let mut forged = report.clone();
    forged["findings"][at]["evidence"].as_array_mut().unwrap().pop();
    let (_, verification) = verify(folder.path(), &forged);
    assert_eq!(fields(only_other(&verification)), ["evidence[6]"]);
}

#[test]
fn findings_that_were_removed_or_added_are_told() {
    let (folder, report) = bookshop();
    let at = position(&report, RULE);
    let mut forged = report.clone();
    forged["findings"].as_array_mut().unwrap().remove(at);
    let (code, verification) = verify(folder.path(), &forged);
    let finding = only_other(&verification);
    assert_eq!((code, &finding["status"], &finding["rule"]), (1, &json!("left-out"), &json!(RULE)));

    // One that is true of its place but that nobody found, one of no rule, and one twice.
    let mut added = report["findings"][at].clone();
    added["rule"] = json!("missing-authentication");
    added["fingerprint"] = json!("0123456789abcdef0123456789abcdef");
    let mut unknown = added.clone();
    unknown["rule"] = json!("bad-vibes");
    for (finding, why) in [
        (added, "no such finding: the sources are those of the report"),
        (unknown, "there is no such rule"),
        (report["findings"][at].clone(), "more often than the review"),
    ] {
        let mut forged = report.clone();
        forged["findings"].as_array_mut().unwrap().push(finding);
        let (code, verification) = verify(folder.path(), &forged);
        let finding = only_other(&verification);
        assert_eq!((code, &finding["status"]), (1, &json!("invented")), "{finding:#}");
        assert!(finding["why"].as_str().unwrap().contains(why), "{finding:#}");
    }
}

#[test]
fn other_parts_are_held_against_the_review_too() {
    let (folder, report) = bookshop();
    for part in ["preserve", "undecided", "problems", "projects", "statistics", "remarks"] {
        let mut forged = report.clone();
        match part {
            "projects" => forged[part][0]["apps"] = json!(["main:app"]),
            "statistics" => forged[part]["routes"] = json!(1000),
            "undecided" => forged[part] = json!([{"reason": "who knows", "location": null}]),
            "problems" => {
                forged[part] =
                    json!([{"kind": "k", "message": "m", "location": {"path": "a.py", "start": null}}]);
            }
            "preserve" => forged[part] = json!([]),
            _ => forged[part] = json!("all good"),
        }
        let (code, verification) = verify(folder.path(), &forged);
        assert_eq!((code, &verification["confirmed"]), (1, &json!(false)), "{part}");
        let parts = verification["parts"].as_array().unwrap();
        let wrong: Vec<&Value> = parts.iter().filter(|entry| entry["confirmed"] == false).collect();
        assert_eq!(wrong.len(), 1, "{wrong:#?}");
        assert_eq!(wrong[0]["part"], part);
    }
}

#[test]
fn sources_that_changed_since_are_told_apart_from_forgery() {
    let (folder, report) = bookshop();
    let at = position(&report, RULE);
    let file = folder.path().join("src/bookshop/services/ordering.py");
    let text = fs::read_to_string(&file).unwrap();

    // A line more: the same evidence on other lines.
    fs::write(&file, format!("# one line more\n{text}")).unwrap();
    let (code, verification) = verify(folder.path(), &report);
    assert_eq!((code, &verification["projects"][0]["unchanged"]), (1, &json!(false)));
    assert_eq!(verification["findings"][at]["status"], "moved", "{verification:#}");
    assert_eq!(verification["counts"]["invented"], 0);
    assert_eq!(verification["counts"]["gone"], 0);

    // The call that was the proof is gone, and so is the finding.
    fs::write(&file, text.replace("orders.get_for_invoice(session, order_id)", "None")).unwrap();
    let (code, verification) = verify(folder.path(), &report);
    let finding = &verification["findings"][at];
    assert_eq!((code, &finding["status"]), (1, &json!("gone")), "{finding:#}");
    let states: Vec<&Value> =
        finding["evidence"].as_array().unwrap().iter().map(|step| &step["state"]).collect();
    assert!(states.contains(&&json!("other-bytes")), "{finding:#}");

    fs::remove_file(&file).unwrap();
    let (code, verification) = verify(folder.path(), &report);
    let finding = &verification["findings"][at];
    assert_eq!((code, &finding["status"]), (1, &json!("gone")), "{finding:#}");
    let states: Vec<&Value> =
        finding["evidence"].as_array().unwrap().iter().map(|step| &step["state"]).collect();
    assert!(states.contains(&&json!("no-file")), "{finding:#}");
}

#[cfg(unix)]
#[test]
fn paths_out_of_the_project_are_never_read() {
    let (folder, report) = bookshop();
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.py");
    let finding = &report["findings"][position(&report, RULE)];
    // Outside stands exactly what the report claims: only somebody who reads it could call it right.
    let claimed = finding["evidence"][4]["location"]["path"].as_str().unwrap();
    fs::copy(folder.path().join(claimed), &secret).unwrap();
    std::os::unix::fs::symlink(&secret, folder.path().join("linked.txt")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("linked")).unwrap();
    let name = outside.path().file_name().unwrap().to_str().unwrap();
    let paths = [
        secret.to_str().unwrap().to_owned(),
        format!("../{name}/secret.py"),
        "linked.txt".into(),
        "linked/secret.py".into(),
    ];
    for path in paths {
        let mut forged = report.clone();
        let at = position(&report, RULE);
        forged["findings"][at]["evidence"][4]["location"]["path"] = json!(path);
        let (code, verification) = verify(folder.path(), &forged);
        let finding = only_other(&verification);
        assert_eq!((code, &finding["status"]), (1, &json!("differs")), "{path}");
        assert_eq!(finding["evidence"][0]["state"], "outside-project", "{path}: {finding:#}");
    }
    // The same for the places of the project and of what was reviewed in it.
    for (pointer, path) in [
        ("/projects/0/root", outside.path().to_str().unwrap()),
        ("/projects/0/root", ".."),
        ("/projects/0/root", "linked"),
        ("/projects/0/settings/path", ".."),
        ("/projects/0/settings/path", "/etc"),
        ("/projects/0/settings/path", "linked"),
    ] {
        let mut forged = report.clone();
        *forged.pointer_mut(pointer).unwrap() = json!(path);
        let run = run(folder.path(), &["verify", "-", "--no-progress"], &forged.to_string());
        assert_eq!((run.code, run.output.as_str()), (2, ""), "{pointer} {path}: {}", run.errors);
    }
}

#[test]
fn what_is_no_report_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for (text, message) in [
        ("{", "is no JSON"),
        ("{}", "is no report"),
        ("{\"version\": 2, \"findings\": []}", "version 2"),
        ("{\"version\": 1, \"findings\": [1]}", "is no report that can be read"),
    ] {
        let run = run(folder.path(), &["verify", "-", "--no-progress"], text);
        assert_eq!((run.code, run.output.as_str()), (2, ""));
        assert!(run.errors.contains(message), "{}", run.errors);
    }
    let (folder, mut report) = bookshop();
    report["projects"][0].as_object_mut().unwrap().remove("settings");
    let run = run(folder.path(), &["verify", "-", "--no-progress"], &report.to_string());
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("with which settings"), "{}", run.errors);
}

#[test]
fn several_projects_are_checked_each_in_its_place() {
    let parent = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookshop");
    for name in ["one", "two"] {
        copy(&source, &parent.path().join(name));
    }
    let report = review(parent.path(), &["one", "two"]);
    assert_eq!(verify(parent.path(), &report).0, 0);
    let other = tempfile::tempdir().unwrap();
    let roots = [parent.path().join("one"), parent.path().join("two")];
    let options: Vec<&str> = roots.iter().flat_map(|root| ["--project", root.to_str().unwrap()]).collect();
    assert_eq!(verify_with(other.path(), &report, &options).0, 0);
    let one = run(other.path(), &["verify", "-", options[0], options[1]], &report.to_string());
    assert!(one.code == 2 && one.errors.contains("2 projects"), "{}", one.errors);
    // Only the finding of the second project is forged.
    let mut forged = report.clone();
    let findings = forged["findings"].as_array_mut().unwrap();
    let second =
        findings.iter_mut().find(|finding| finding["location"]["path"].as_str().unwrap().starts_with("two/"));
    second.unwrap()["message"] = json!("nothing");
    let (code, verification) = verify(parent.path(), &forged);
    assert_eq!((code, fields(only_other(&verification))), (1, vec!["message"]));
}

#[test]
fn a_baseline_comes_from_the_one_who_checks() {
    let (folder, report) = bookshop();
    let known = &report["findings"].as_array().unwrap()[..5];
    let entries: Vec<Value> =
        known.iter().map(|finding| json!({"fingerprint": finding["fingerprint"]})).collect();
    let baseline = folder.path().join("known.json");
    fs::write(&baseline, json!({"version": 1, "findings": entries}).to_string()).unwrap();
    let report = review(folder.path(), &["--baseline", "known.json"]);
    assert_eq!(report["projects"][0]["settings"]["baseline"]["findings"], 5);
    let without = run(folder.path(), &["verify", "-", "--no-progress"], &report.to_string());
    assert!(without.code == 2 && without.errors.contains("`--baseline FILE`"), "{}", without.errors);
    assert_eq!(verify_with(folder.path(), &report, &["--baseline", "known.json"]).0, 0);
    let fewer = json!({"version": 1, "findings": &entries[..4]});
    fs::write(&baseline, fewer.to_string()).unwrap();
    let other = run(folder.path(), &["verify", "-", "--baseline", "known.json"], &report.to_string());
    assert!(other.code == 2 && other.errors.contains("another one"), "{}", other.errors);
    // Whoever says that there was none has to show what it hid.
    let mut forged = report;
    forged["projects"][0]["settings"]["baseline"] = Value::Null;
    let (code, verification) = verify(folder.path(), &forged);
    assert_eq!((code, &verification["counts"]["left-out"]), (1, &json!(5)));
}

#[test]
fn text_names_what_was_done_to_a_report() {
    let (folder, report) = bookshop();
    let mut forged = report.clone();
    let at = position(&report, RULE);
    forged["findings"][at]["severity"] = json!("info");
    forged["findings"][at]["evidence"][4]["location"]["start"]["line"] = json!(19);
    forged["findings"].as_array_mut().unwrap().remove(0);
    let run = run(folder.path(), &["verify", "-", "--no-progress"], &forged.to_string());
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.output);
}

#[test]
fn bytes_are_those_of_the_decoded_text() {
    let folder = tempfile::tempdir().unwrap();
    let service = "# coding: latin-1\nimport time\n\nfrom fastapi import FastAPI\n\napp = FastAPI(title=\"B\u{fc}cher\")\n\n\n\
                   @app.get(\"/now\")\nasync def now() -> float:\n    time.sleep(1)\n    return time.time()\n";
    let latin: Vec<u8> = service.chars().map(|character| character as u8).collect();
    let marked = [b"\xef\xbb\xbf".as_slice(), service.replace("# coding: latin-1\n", "").as_bytes()].concat();
    for bytes in [latin, marked] {
        fs::write(folder.path().join("main.py"), bytes).unwrap();
        let report = review(folder.path(), &[]);
        assert!(!report["findings"].as_array().unwrap().is_empty());
        let (code, verification) = verify(folder.path(), &report);
        assert_eq!(code, 0, "{verification:#}");
    }
}
