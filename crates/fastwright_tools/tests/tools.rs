//! The tools as a server or the agent calls them, on a copy of the bundled example.

#![allow(clippy::unwrap_used, missing_docs)]

use fastwright_tools::{ErrorKind, Start, TOOLS, Worker};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of the example in a git repository of its own.
struct Example {
    folder: tempfile::TempDir,
}

impl Example {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookshop");
        copy(&source, folder.path());
        for arguments in [
            vec!["init", "--quiet"],
            vec!["add", "--all"],
            vec!["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "start"],
        ] {
            assert!(
                Command::new("git").args(arguments).current_dir(folder.path()).status().unwrap().success()
            );
        }
        Self { folder }
    }

    fn worker(&self, allow_write: bool) -> Worker {
        Worker::start(Start { path: self.folder.path().into(), allow_write, ..Start::default() }).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if [".venv", "__pycache__", ".fastwright_cache", ".pytest_cache"]
            .iter()
            .any(|skipped| name == *skipped)
        {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// Calls a tool; the answer has to fit its schema.
fn call(worker: &Worker, tool: &str, arguments: Json) -> Json {
    let answer = worker.call(tool, arguments).unwrap_or_else(|error| panic!("{tool}: {error}"));
    let schema = (TOOLS.iter().find(|known| known.name == tool).unwrap().output)();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{tool}: {errors:?}\n{answer:#}");
    answer
}

#[test]
fn findings_are_listed_page_by_page_and_shown_with_their_proof() {
    let example = Example::new();
    let worker = example.worker(false);
    let all = call(&worker, "check_project", json!({"limit": 200}));
    let findings = all["findings"].as_array().unwrap();
    assert!(findings.len() > 10, "{all:#}");
    assert!(all["coverage"]["routes"].as_u64().unwrap() > 20);
    let mut paged = Vec::new();
    let mut cursor = json!("");
    loop {
        let page = call(&worker, "check_project", json!({"limit": 4, "cursor": cursor}));
        paged.extend(page["findings"].as_array().unwrap().iter().cloned());
        match page.get("next_cursor") {
            Some(next) => cursor = next.clone(),
            None => break,
        }
    }
    assert_eq!(&paged, findings);
    for finding in findings {
        let details = call(&worker, "get_finding", json!({"finding": finding["id"]}));
        assert_eq!(details["message"], finding["message"]);
        assert!(!details["why"].as_str().unwrap().is_empty());
        assert!(
            details["evidence"]
                .as_array()
                .unwrap()
                .iter()
                .all(|step| step["at"].as_str().unwrap().contains(':'))
        );
    }
    let high = call(&worker, "check_project", json!({"severity": "high", "area": "auth"}));
    assert!(high["findings"].as_array().unwrap().iter().all(|finding| finding["severity"] != "medium"));
    assert!(high["findings"].as_array().unwrap().len() < findings.len());
}

#[test]
fn routes_are_listed_and_explained() {
    let example = Example::new();
    let worker = example.worker(false);
    let all = call(&worker, "list_routes", json!({"limit": 200}));
    let routes = all["routes"].as_array().unwrap();
    assert_eq!(all["total"].as_u64().unwrap() as usize, routes.len());
    let public = call(&worker, "list_routes", json!({"auth": "public"}));
    assert!(public["routes"].as_array().unwrap().iter().all(|route| route["auth"] == "public"));
    for route in routes {
        let details = call(&worker, "get_route", json!({"route": route["route"]}));
        assert_eq!(details["handler"], route["handler"]);
        assert!(!details["registration"].as_array().unwrap().is_empty());
    }
    let error = worker.call("get_route", json!({"route": "GET /ordrs"})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    let error = worker.call("get_route", json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::WrongArguments);
    let error = worker.call("get_rote", json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::UnknownTool);
}

#[test]
fn fixes_are_planned_judged_written_and_seen_as_changes() {
    let example = Example::new();
    let reader = example.worker(false);
    let plan = call(&reader, "plan_fix", json!({"permission": "contract"}));
    let patch = plan["patch"].as_str().unwrap().to_owned();
    assert!(!plan["applied"].as_array().unwrap().is_empty());
    let safe = call(&reader, "plan_fix", json!({}));
    if let Some(patch) = safe.get("patch") {
        let verdict = call(&reader, "gate_patch", json!({"patch": patch}));
        assert_eq!(verdict["accepted"], true, "{verdict:#}");
    }
    // Contract fixes change what callers see: the gate says what.
    let solves: Vec<&Json> = plan["applied"].as_array().unwrap().iter().map(|fix| &fix["rule"]).collect();
    let verdict = call(&reader, "gate_patch", json!({"patch": patch, "solves": solves}));
    assert_eq!(verdict["accepted"], false);
    assert!(!verdict["reasons"].as_array().unwrap().is_empty());

    let error = reader.call("apply_fix", json!({})).unwrap_err();
    assert!(error.message.contains("--allow-write"), "{error}");
    let writer = example.worker(true);
    let written = call(&writer, "apply_fix", json!({"permission": "contract"}));
    let files = written["files"].as_array().unwrap();
    assert!(!files.is_empty() && files.iter().all(|file| example.path(file.as_str().unwrap()).is_file()));
    let changes = call(&reader, "review_changes", json!({}));
    assert!(!changes["solved_findings"].as_array().unwrap().is_empty(), "{changes:#}");
    assert!(changes["new_findings"].as_array().unwrap().is_empty(), "{changes:#}");
    let diff = call(&reader, "diff_contract", json!({"old": "HEAD"}));
    assert_eq!(diff["counts"], changes["contract"]);
    // The working tree has changes that git does not have: they are not written over.
    let again = writer.call("apply_fix", json!({"permission": "contract", "rules": ["all"]}));
    assert!(again.is_err() || again.unwrap()["files"].as_array().unwrap().is_empty());
}

#[test]
fn an_answer_is_about_the_files_as_they_are() {
    let example = Example::new();
    let worker = example.worker(false);
    let before = call(&worker, "list_routes", json!({}))["total"].as_u64().unwrap();
    let file = example.path("src/bookshop/main.py");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        format!("{text}\n\n@app.get(\"/new\")\nasync def new() -> dict[str, str]:\n    return {{}}\n"),
    )
    .unwrap();
    assert_eq!(call(&worker, "list_routes", json!({}))["total"].as_u64().unwrap(), before + 1);
}

#[test]
fn a_model_chooses_no_root() {
    let example = Example::new();
    let worker = example.worker(true);
    for (tool, arguments) in [
        ("check_project", json!({"project": "/"})),
        ("diff_contract", json!({"old": "/etc"})),
        ("diff_contract", json!({"old": "../other"})),
        (
            "gate_patch",
            json!({"patch": "--- a/../../etc/passwd\n+++ b/../../etc/passwd\n@@ -1 +1 @@\n-a\n+b\n"}),
        ),
        ("review_changes", json!({"base": "--output=/tmp/x"})),
    ] {
        let error = worker.call(tool, arguments.clone()).unwrap_err();
        assert!(
            matches!(error.kind, ErrorKind::WrongArguments | ErrorKind::Refused),
            "{tool} {arguments}: {error:?}"
        );
    }
}

#[test]
fn every_tool_has_plain_schemas_and_says_what_it_is_for() {
    for tool in TOOLS {
        for schema in [(tool.input)(), (tool.output)()] {
            let text = schema.to_string();
            assert!(
                !text.contains("null") && !text.contains("uint") && !text.contains("$ref"),
                "{}: {text}",
                tool.name
            );
            assert_eq!(schema["type"], "object", "{}", tool.name);
        }
        assert!(tool.description.len() > 60 && tool.description.len() < 400, "{}", tool.name);
    }
    assert!(TOOLS.iter().filter(|tool| !tool.read_only).map(|tool| tool.name).eq(["apply_fix"]));
}
