//! `fastwright agent` with a scripted model's server: what is sent, killed and resumed, replayed, refused.

#![allow(clippy::unwrap_used, missing_docs)]

use fastwright_scripted_model::{Reply, ScriptedServer};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fastwright_agent/tests/adversary/shop");
        copy(&source, &folder.path().join("shop"));
        Self { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fastwright"));
        command
            .arg("agent")
            .args(arguments)
            .current_dir(self.root())
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("XDG_CONFIG_HOME", self.folder.path().join("configuration"))
            .env_remove("FASTWRIGHT_MODEL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, server: &ScriptedServer, arguments: &[&str]) -> Output {
        let url = server.url();
        let model = ["--model", "scripted-max", "--model-url", url.as_str()];
        let all: Vec<&str> = arguments.iter().copied().chain(model).collect();
        self.command(&all).output().unwrap()
    }

    fn session_id(&self) -> String {
        let entries = std::fs::read_dir(self.folder.path().join("state/fastwright/sessions")).unwrap();
        let names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(names.len(), 1, "{names:?}");
        names[0].trim_end_matches(".jsonl").to_owned()
    }
}

fn copy(source: &Path, target: &Path) {
    std::fs::create_dir_all(target).unwrap();
    for entry in std::fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), target.join(entry.file_name())).unwrap();
        }
    }
}

fn plan(files: &[&str], changes: &[&str]) -> Reply {
    let plan = json!({"understanding": "Do it.", "steps": ["do"], "files_to_edit": files, "contract_changes": changes});
    Reply::call("propose_plan", &plan)
}

fn edit(path: &str, old: &str, new: &str) -> Reply {
    Reply::call("edit_file", &json!({"path": path, "old_text": old, "new_text": new}))
}

fn finish() -> Reply {
    Reply::call("finish", &json!({"summary": "Done."}))
}

fn report(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn what_is_shown_is_what_is_sent_and_nothing_is_sent_for_it() {
    let shop = Shop::new();
    let server = ScriptedServer::start([plan(&[], &[]), finish()]).unwrap();
    let shown = shop.run(&server, &["review this", "--show-prompt"]);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    assert!(server.requests().is_empty());
    let output = shop.run(&server, &["review this", "--output-format", "json"]);
    let report = report(&output);
    assert_eq!(report["outcome"], "done", "{report}");
    assert_eq!(report["found"].as_array().unwrap().len(), 2);
    let sent = server.requests();
    let body = String::from_utf8(shown.stdout).unwrap();
    assert!(sent[0].bytes.ends_with(body.trim_end().as_bytes()), "{body}");
}

#[test]
fn a_session_that_was_killed_goes_on_and_can_be_replayed() {
    let shop = Shop::new();
    let before = shop.text("app/pricing.py");
    let script = || {
        vec![
            plan(&["app/pricing.py"], &[]),
            edit("app/pricing.py", "What an order costs.", "What an order costs, in cents."),
            finish(),
        ]
    };
    let server = ScriptedServer::start(script().into_iter().take(2).chain([Reply::silence()])).unwrap();
    let url = server.url();
    let mut child = shop
        .command(&["document it", "--apply", "--model", "scripted-max", "--model-url", &url])
        .spawn()
        .unwrap();
    let started = Instant::now();
    while server.requests().len() < 3 {
        assert!(started.elapsed() < Duration::from_secs(120), "the third request never came");
        std::thread::sleep(Duration::from_millis(20));
    }
    // As `kill -9` does it.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(shop.text("app/pricing.py"), before);
    let id = shop.session_id();

    let server = ScriptedServer::start([finish()]).unwrap();
    let output = shop.run(&server, &["--resume", &id, "--apply", "--output-format", "json"]);
    let report = report(&output);
    assert_eq!(report["outcome"], "done", "{report}");
    assert!(shop.text("app/pricing.py").contains("in cents"));
    assert_eq!(server.requests().len(), 1);
    // What was spent before counts: a budget is that of the session.
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("3 requests"), "{told}");

    let listed = shop.command(&["--sessions"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains(&id) && listed.contains("done") && listed.contains("document it"), "{listed}");
    let undone = Command::new(env!("CARGO_BIN_EXE_fastwright"))
        .args(["fix", "--undo"])
        .current_dir(shop.root())
        .output()
        .unwrap();
    assert!(undone.status.success());
    assert_eq!(shop.text("app/pricing.py"), before);
    let replayed = shop.command(&["--replay", &id, "--output-format", "json"]).output().unwrap();
    let told = String::from_utf8_lossy(&replayed.stderr).into_owned();
    assert!(told.contains("the replay ends in the same report"), "{told}");
    assert_eq!(shop.text("app/pricing.py"), before);
}

#[test]
fn apply_covers_no_change_of_the_contract() {
    let shop = Shop::new();
    let server =
        ScriptedServer::start([plan(&["app/admin.py"], &["route-removed@GET /admin/report"]), finish()])
            .unwrap();
    let output = shop.run(&server, &["remove the report", "--apply", "--output-format", "json"]);
    let report = report(&output);
    assert_eq!(report["outcome"], "planned", "{report}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_budget_ends_it_with_a_report() {
    let shop = Shop::new();
    let server = ScriptedServer::start([plan(&[], &[]), finish()]).unwrap();
    let output = shop.run(&server, &["review", "--budget-tokens", "1000", "--output-format", "json"]);
    let report = report(&output);
    assert_eq!(report["outcome"], "stopped", "{report}");
    assert!(report["answer"].as_str().unwrap().contains("budget"));
    assert!(server.requests().is_empty());
    let output = shop.run(&server, &["review", "--budget-money", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--price-input"));
}

#[test]
fn tests_of_the_project_run_in_the_sandbox() {
    let shop = Shop::new();
    let script = |new: &str| {
        vec![
            plan(&["app/pricing.py"], &[]),
            edit("app/pricing.py", "\"\"\"What an order costs.\"\"\"", new),
            finish(),
        ]
    };
    let verify = "python3 -c 'import app.pricing; assert app.pricing.total(2, 1000) == 2490'";
    let server = ScriptedServer::start(script("\"\"\"Prices.\"\"\"")).unwrap();
    let output =
        shop.run(&server, &["document it", "--apply", "--verify", verify, "--output-format", "json"]);
    let report = report(&output);
    assert_eq!(report["outcome"], "done", "{report}");
    assert!(report["proof"]["tests"].as_str().unwrap().contains("before and after"), "{report}");
}
