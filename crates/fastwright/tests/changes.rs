//! `fastwright contract`, `diff` and `gate` through the real binary, on repositories that git itself made.

#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use serde_json::Value;
use std::path::Path;

struct Run {
    code: i32,
    output: String,
    errors: String,
}

fn fastwright_with(folder: &Path, arguments: &[&str], input: &str) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_fastwright"))
        .current_dir(folder)
        .args(arguments)
        .env_remove("FORCE_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("VIRTUAL_ENV")
        .write_stdin(input)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

fn fastwright(folder: &Path, arguments: &[&str]) -> Run {
    fastwright_with(folder, arguments, "")
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let done = std::process::Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

const SHOP: &str = "\
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBearer
from pydantic import BaseModel

app = FastAPI(title='Shop')
scheme = HTTPBearer()


class Order(BaseModel):
    id: int
    total: int


ORDERS: dict[int, Order] = {}


def current_user(token=Depends(scheme)):
    user = decode(token)
    if user is None:
        raise HTTPException(status_code=401)
    return user


@app.get('/orders/{order_id}')
def read_order(order_id: int, user=Depends(current_user)) -> Order:
    order = ORDERS.get(order_id)
    if order is None:
        raise HTTPException(status_code=404)
    return order
";

const TESTS: &str = "\
def test_one():
    assert 1 + 1 == 2


def test_two():
    assert 2 + 2 == 4
";

/// A repository with one commit of the shop, in a folder of its own.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("service/tests")).unwrap();
    std::fs::write(root.join("service/main.py"), SHOP).unwrap();
    std::fs::write(root.join("service/tests/test_shop.py"), TESTS).unwrap();
    git(root, &["init", "-q", "-b", "main"]);
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "one"]);
    folder
}

fn replace(root: &Path, path: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(root.join(path)).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(root.join(path), text.replacen(from, to, 1)).unwrap();
}

fn kinds(output: &str, list: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(output).unwrap();
    let mut kinds: Vec<String> = document[list]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap().to_owned())
        .collect();
    kinds.dedup();
    kinds
}

#[test]
fn the_working_tree_is_compared_with_the_last_commit() {
    let folder = repository();
    let service = folder.path().join("service");
    let run = fastwright(&service, &["diff"]);
    assert_eq!(
        (run.code, run.output.as_str()),
        (0, "no change of the contract between HEAD and the working tree\n")
    );
    replace(&service, "main.py", "    total: int\n", "    total: int | None\n");
    replace(&service, "main.py", "    if order is None:\n        raise HTTPException(status_code=404)\n", "");
    let run = fastwright(&service, &["diff"]);
    assert_eq!(run.code, 0, "{}", run.errors);
    insta::assert_snapshot!(run.output);
    let run = fastwright(&service, &["diff", "--fail-on", "breaking,security"]);
    assert_eq!(run.code, 1);
    let run = fastwright(&service, &["diff", "--fail-on", "security"]);
    assert_eq!(run.code, 0);
    insta::assert_snapshot!(
        "as_markdown",
        fastwright(&service, &["diff", "--output-format", "markdown"]).output
    );
    insta::assert_snapshot!(
        "as_annotations",
        fastwright(&service, &["diff", "--output-format", "github"]).output
    );
}

#[test]
fn sides_are_revisions_folders_and_files() {
    let folder = repository();
    let (root, service) = (folder.path(), folder.path().join("service"));
    replace(&service, "main.py", "'/orders/{order_id}'", "'/orders/{order_id}/full'");
    git(root, &["commit", "-qam", "two"]);
    let contract = fastwright(&service, &["contract", "--output-file", "contract.json"]);
    assert_eq!(contract.code, 0, "{}", contract.errors);
    let sides: [&[&str]; 4] = [
        &["diff", "HEAD~1", "HEAD", "--output-format", "json"],
        &["diff", "main^", "--output-format", "json"],
        &["diff", "HEAD~1", "contract.json", "--output-format", "json"],
        &["diff", "HEAD~1", ".", "--output-format", "json"],
    ];
    for arguments in sides {
        let run = fastwright(&service, arguments);
        assert_eq!(run.code, 0, "{arguments:?} {}", run.errors);
        assert_eq!(kinds(&run.output, "changes"), ["route-path-changed", "route-operation-id-changed"]);
    }
    let run = fastwright(root, &["diff", "HEAD~1", "--project", "service", "--output-format", "json"]);
    assert_eq!(kinds(&run.output, "changes").len(), 2);
}

#[test]
fn a_committed_contract_is_checked() {
    let folder = repository();
    let service = folder.path().join("service");
    fastwright(&service, &["contract", "-o", "contract.json"]);
    assert_eq!(fastwright(&service, &["contract", "--check", "contract.json"]).code, 0);
    replace(&service, "main.py", "user=Depends(current_user)", "user=None");
    let run = fastwright(&service, &["contract", "--check", "contract.json", "--output-format", "json"]);
    assert_eq!(run.code, 1, "{}", run.errors);
    assert!(kinds(&run.output, "changes").contains(&"guard-became-public".to_owned()));
    let run = fastwright(&service, &["contract", "--check", "contract.json", "--fail-on", "business"]);
    assert_eq!(run.code, 0, "only what is asked for counts: {}", run.output);
}

#[test]
fn what_is_no_side_is_said() {
    let folder = repository();
    let service = folder.path().join("service");
    std::fs::write(service.join("other.json"), "{}").unwrap();
    std::fs::write(service.join("old.json"), "{\"version\": 7, \"apps\": []}").unwrap();
    for (side, words) in [
        ("nowhere", "there is no git revision `nowhere`"),
        ("other.json", "other.json is no contract"),
        ("old.json", "version 7"),
    ] {
        let run = fastwright(&service, &["diff", side]);
        assert_eq!(run.code, 2);
        assert!(run.errors.contains(words), "{}", run.errors);
    }
    let outside = tempfile::tempdir().unwrap();
    let run = fastwright(outside.path(), &["diff"]);
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("is in no git repository"), "{}", run.errors);
}

#[test]
fn the_gate_accepts_what_nobody_can_tell() {
    let folder = repository();
    let service = folder.path().join("service");
    replace(
        &service,
        "main.py",
        "    order = ORDERS.get(order_id)\n    if order is None",
        "    # Found?\n    row = ORDERS.get(order_id)\n    if row is None",
    );
    replace(&service, "main.py", "    return order\n", "    return row\n");
    std::fs::write(service.join("README.md"), "Words.\n").unwrap();
    std::fs::write(
        service.join("tests/test_shop.py"),
        format!("{TESTS}\n\ndef test_three():\n    assert True\n"),
    )
    .unwrap();
    let run = fastwright(&service, &["gate"]);
    assert_eq!(run.code, 0, "{}", run.output);
    assert!(run.output.starts_with("accepted: 3 files changed"), "{}", run.output);
}

#[test]
fn the_gate_refuses_with_reasons_what_was_not_asked_for() {
    let folder = repository();
    let service = folder.path().join("service");
    replace(&service, "main.py", "    if order is None:\n        raise HTTPException(status_code=404)\n", "");
    replace(&service, "main.py", "decode(token)", "decode(token)  # type: ignore");
    replace(&service, "tests/test_shop.py", "assert 1 + 1 == 2", "assert True");
    replace(&service, "tests/test_shop.py", "def test_two():\n    assert 2 + 2 == 4\n", "");
    std::fs::write(service.join("ruff.toml"), "ignore = ['ALL']\n").unwrap();
    let run = fastwright(&service, &["gate"]);
    assert_eq!(run.code, 1);
    insta::assert_snapshot!(run.output);
    let asked = ["gate", "--allow", "check-removed,status-removed", "--output-format", "json"];
    let run = fastwright(&service, &asked);
    let left = kinds(&run.output, "reasons");
    assert_eq!(left, ["tool-configuration-changed", "test-changed", "test-removed", "suppression-added"]);
    assert_eq!(kinds(&run.output, "allowed"), ["check-removed", "status-removed"]);
}

#[test]
fn a_patch_is_judged_without_touching_a_file() {
    let folder = repository();
    let (root, service) = (folder.path(), folder.path().join("service"));
    replace(&service, "main.py", "status_code=404", "status_code=410");
    let patch = git(root, &["diff"]);
    git(root, &["checkout", "-q", "."]);
    for arguments in [["gate", "-"], ["gate", "patch.diff"]] {
        std::fs::write(service.join("patch.diff"), &patch).unwrap();
        let run = fastwright_with(&service, &arguments, &patch);
        assert_eq!(run.code, 1, "{}", run.errors);
        assert!(run.output.contains("--allow check-answer-changed"), "{}", run.output);
    }
    std::fs::remove_file(service.join("patch.diff")).unwrap();
    assert_eq!(git(root, &["status", "--short"]), "");
    let allow = "check-answer-changed@GET /orders/{order_id},status-added,status-removed";
    let run = fastwright_with(&service, &["gate", "-", "--allow", allow], &patch);
    assert_eq!(run.code, 0, "{}", run.output);
    let elsewhere = allow.replace("GET /orders/{order_id}", "GET /other");
    assert_eq!(fastwright_with(&service, &["gate", "-", "--allow", &elsewhere], &patch).code, 1);
    let run = fastwright_with(&service, &["gate", "-"], &patch.replace("404", "405"));
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("the patch does not fit the files"), "{}", run.errors);
    let run = fastwright_with(&service, &["gate", "-"], "--- a/../../x\n+++ b/../../x\n@@ -0,0 +1 @@\n+x\n");
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("outside of the project"), "{}", run.errors);
}

#[test]
fn code_that_no_route_reaches_is_compared_as_well() {
    let folder = repository();
    let (root, service) = (folder.path(), folder.path().join("service"));
    std::fs::write(service.join("jobs.py"), "def clean(days=30):\n    return remove_older_than(days)\n")
        .unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "-qm", "jobs"]);
    replace(&service, "jobs.py", "remove_older_than(days)", "remove_older_than(days * 2)");
    let run = fastwright(&service, &["gate", "--output-format", "json"]);
    assert_eq!(kinds(&run.output, "reasons"), ["unreached-code-changed"], "{}", run.output);
    git(root, &["checkout", "-q", "."]);
    replace(
        &service,
        "jobs.py",
        "    return remove_older_than(days)",
        "    kept = days\n    return remove_older_than(kept)",
    );
    let run = fastwright(&service, &["gate"]);
    assert_eq!(run.code, 0, "{}", run.output);
}

#[test]
fn what_a_change_says_it_solves_must_be_gone() {
    let folder = repository();
    let (root, service) = (folder.path(), folder.path().join("service"));
    let run_code = "\n\n@app.post('/run')\ndef run(code: str, user=Depends(current_user)) -> str:\n    return str(eval(code))\n";
    std::fs::write(service.join("main.py"), format!("{SHOP}{run_code}")).unwrap();
    git(root, &["commit", "-qam", "run"]);
    let review = fastwright(&service, &["review", "--no-cache", "--output-format", "json"]);
    let review: Value = serde_json::from_str(&review.output).unwrap();
    let rule = review["findings"][0]["rule"].as_str().unwrap();
    let fingerprint = review["findings"][0]["fingerprint"].as_str().unwrap();
    replace(
        &service,
        "main.py",
        "    return str(eval(code))",
        "    answer = str(eval(code))\n    return answer",
    );
    for claim in [rule, fingerprint, &format!("{rule}@POST /run")] {
        let run = fastwright(&service, &["gate", "--solves", claim, "--output-format", "json"]);
        assert_eq!(kinds(&run.output, "reasons"), ["not-solved"], "{claim}: {}", run.output);
    }
    replace(&service, "main.py", "str(eval(code))", "code");
    let run = fastwright(&service, &["gate", "--solves", rule, "--allow", "business"]);
    assert_eq!(run.code, 0, "{}", run.output);
    let run = fastwright(&service, &["gate", "--solves", "open-redirect", "--output-format", "json"]);
    assert!(kinds(&run.output, "reasons").contains(&"never-found".to_owned()));
    // And the other way round: what is found now and was not before.
    git(root, &["commit", "-qam", "safe"]);
    replace(&service, "main.py", "    answer = code", "    answer = str(eval(code))");
    let run = fastwright(&service, &["gate", "--allow", "business", "--output-format", "json"]);
    assert_eq!(kinds(&run.output, "reasons"), ["new-finding"], "{}", run.output);
}

#[cfg(unix)]
#[test]
fn tests_that_passed_must_still_pass() {
    let folder = repository();
    let (root, service) = (folder.path(), folder.path().join("service"));
    replace(&service, "main.py", "status_code=404", "status_code=410");
    // A command that says what pytest says.
    let command = "if grep -q 410 main.py; then echo 'FAILED tests/t.py::test_gone - no'; exit 1; \
                   else echo 'PASSED tests/t.py::test_gone'; fi";
    let run = fastwright(
        &service,
        &["gate", "--verify", command, "--allow", "business", "--output-format", "json"],
    );
    assert_eq!(run.code, 1, "{}", run.errors);
    assert!(run.errors.contains("running `if grep"), "it says that it runs something: {}", run.errors);
    assert_eq!(kinds(&run.output, "reasons"), ["tests-fail"], "{}", run.output);
    let run = fastwright(&service, &["gate", "--verify", "true", "--allow", "business"]);
    assert_eq!(run.code, 0, "{}", run.output);
    assert!(git(root, &["status", "--short"]).starts_with(" M service/main.py"));
    let run = fastwright(&service, &["gate", "--verify", "echo broken; false", "--allow", "business"]);
    assert_eq!(run.code, 1);
    assert!(run.output.contains("fails before the change already"), "{}", run.output);
}

#[test]
fn words_that_allow_nothing_are_refused() {
    let folder = repository();
    let run = fastwright(&folder.path().join("service"), &["gate", "--allow", "everything"]);
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("`everything` is no kind of change"), "{}", run.errors);
    let run = fastwright(folder.path(), &["gate", "--allow", "tests-fail"]);
    assert!(run.errors.contains("can't be allowed"), "{}", run.errors);
    let run = fastwright(folder.path(), &["gate", "--list-kinds"]);
    assert_eq!(run.code, 0);
    assert!(run.output.lines().count() > 150);
}

#[test]
fn a_review_of_a_branch_tells_what_its_base_does_not_have() {
    let folder = repository();
    let (root, service) = (folder.path(), folder.path().join("service"));
    let run_code = |name: &str| {
        format!("\n\n@app.post('/{name}')\ndef {name}(code: str) -> str:\n    return str(eval(code))\n")
    };
    std::fs::write(service.join("main.py"), format!("{SHOP}{}", run_code("first"))).unwrap();
    git(root, &["commit", "-qam", "first"]);
    std::fs::write(
        service.join("main.py"),
        format!("# A line.\n{SHOP}{}{}", run_code("first"), run_code("second")),
    )
    .unwrap();
    let all = fastwright(&service, &["review", "--no-cache", "--output-format", "concise"]);
    assert!(all.output.contains("POST /first") && all.output.contains("POST /second"), "{}", all.output);
    let new =
        fastwright(&service, &["review", "--no-cache", "--output-format", "concise", "--diff-base", "HEAD"]);
    assert_eq!(new.code, 1, "{}", new.errors);
    assert!(!new.output.contains("POST /first") && new.output.contains("POST /second"), "{}", new.output);
    let run = fastwright(&service, &["review", "--diff-base", "nowhere"]);
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("there is no git revision `nowhere`"), "{}", run.errors);
}

#[test]
fn documents_fit_their_schemas() {
    let folder = repository();
    let service = folder.path().join("service");
    replace(&service, "main.py", "    total: int\n", "    total: int | None\n");
    replace(&service, "main.py", "status_code=404", "status_code=410");
    let documents: [(&str, &[&str]); 3] = [
        ("contract", &["contract"]),
        ("diff", &["diff", "--output-format", "json"]),
        ("gate", &["gate", "--allow", "breaking", "--output-format", "json"]),
    ];
    for (name, arguments) in documents {
        let schema: Value = serde_json::from_str(&fastwright(&service, &["schema", name]).output).unwrap();
        let document: Value = serde_json::from_str(&fastwright(&service, arguments).output).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert_eq!(document["version"], 1);
    }
}
