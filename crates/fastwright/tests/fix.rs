//! `fastwright fix` as people run it: files on disk, options, exit codes.

#![allow(clippy::unwrap_used)]

use assert_cmd::Command;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const SERVICE: &str = "import time\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/now\")\nasync def now() -> float:  # the clock\n    time.sleep(1)\n    return time.time()\n";
const FIXED: &str = "import time\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get(\"/now\")\ndef now() -> float:  # the clock\n    time.sleep(1)\n    return time.time()\n";
/// A fix that changes the contract.
const PAGES: &str = "from fastapi import FastAPI, HTTPException\n\napp = FastAPI()\n\n\n@app.get(\"/books/{number}\")\ndef read(number: int) -> str:\n    try:\n        if number > 9:\n            raise HTTPException(404, \"none\")\n        return \"Emma\"\n    except Exception:\n        raise HTTPException(500, \"failed\")\n";

fn project(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("pyproject.toml"), "[project]\nname = \"shop\"\nversion = \"1\"\n").unwrap();
    fs::write(folder.path().join("main.py"), text).unwrap();
    folder
}

fn fix(folder: &Path, options: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("fastwright").unwrap();
    let output = command.arg("fix").arg(folder).arg("--no-progress").args(options).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn main_file(folder: &TempDir) -> String {
    fs::read_to_string(folder.path().join("main.py")).unwrap()
}

#[test]
fn safe_fixes_are_made_and_taken_back() {
    let folder = project(SERVICE);
    let (code, shown, _) = fix(folder.path(), &["--show-fixes"]);
    assert_eq!((code, main_file(&folder).as_str()), (0, FIXED), "{shown}");
    assert!(shown.contains("main.py:10:5: safe[blocking-call-in-async]"), "{shown}");
    assert!(shown.contains("1 fix made in 1 file."), "{shown}");
    let (code, shown, _) = fix(folder.path(), &[]);
    assert_eq!((code, shown.as_str()), (0, "Nothing to fix.\n"));
    let (code, shown, _) = fix(folder.path(), &["--undo"]);
    assert_eq!((code, shown.as_str()), (0, "1 file is as before the fix.\n"));
    assert_eq!(main_file(&folder), SERVICE);
    assert_eq!(fix(folder.path(), &["--undo"]).0, 2);
}

#[test]
fn a_diff_writes_nothing() {
    let folder = project(SERVICE);
    let (code, shown, _) = fix(folder.path(), &["--diff"]);
    assert_eq!(code, 1);
    assert!(shown.starts_with("--- a/main.py\n+++ b/main.py\n"), "{shown}");
    assert!(shown.contains("-async def now()") && shown.contains("+def now()"), "{shown}");
    assert_eq!(main_file(&folder), SERVICE);
    assert!(!folder.path().join(".fastwright_cache/fixes").exists());
}

#[test]
fn what_changes_the_contract_waits_for_its_option() {
    let folder = project(PAGES);
    let (code, shown, _) = fix(folder.path(), &["--ignore", "unlogged-server-error"]);
    assert_eq!((code, main_file(&folder).as_str()), (1, PAGES));
    assert!(shown.contains("1 more fix with `--contract-fixes`."), "{shown}");
    let (code, shown, _) = fix(
        folder.path(),
        &["--contract-fixes", "--select", "swallowed-http-exception", "--output-format", "json"],
    );
    assert_eq!(code, 0, "{shown}");
    let document: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(document["applied"][0]["changes"], "404 instead of 500");
    assert_eq!(document["written"], true);
    assert!(main_file(&folder).contains("    except HTTPException:\n        raise\n    except Exception:\n"));
}

#[test]
fn changes_that_git_does_not_have_are_not_written_over() {
    let folder = project(SERVICE);
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(folder.path())
            .output();
        done.is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "--quiet"]) {
        return;
    }
    let (code, _, told) = fix(folder.path(), &[]);
    assert_eq!(code, 2);
    assert!(told.contains("main.py") && told.contains("--allow-dirty"), "{told}");
    assert_eq!(main_file(&folder), SERVICE);
    assert!(git(&["add", "main.py"]) && git(&["commit", "--quiet", "-m", "first"]));
    assert_eq!(fix(folder.path(), &[]).0, 0);
    assert_eq!(main_file(&folder), FIXED);
    fs::write(folder.path().join("main.py"), SERVICE.replace("clock", "watch")).unwrap();
    assert_eq!(fix(folder.path(), &[]).0, 2);
    assert_eq!(fix(folder.path(), &["--allow-dirty"]).0, 0);
}

#[cfg(unix)]
#[test]
fn tests_that_differ_take_the_fixes_back() {
    let folder = project(SERVICE);
    let (code, _, told) = fix(folder.path(), &["--verify", "grep -q 'async def' main.py"]);
    assert_eq!(code, 2);
    assert!(told.contains("taken back") && told.contains("running the project's own code"), "{told}");
    assert_eq!(main_file(&folder), SERVICE);
    assert_eq!(fix(folder.path(), &["--verify", "grep -q 'def now' main.py"]).0, 0);
    assert_eq!(main_file(&folder), FIXED);
}

#[test]
fn each_fix_is_asked_about() {
    for (answer, expected) in [("n\n", SERVICE), ("y\n", FIXED), ("", SERVICE)] {
        let folder = project(SERVICE);
        let mut command = Command::cargo_bin("fastwright").unwrap();
        let output =
            command.arg("fix").arg(folder.path()).arg("--interactive").write_stdin(answer).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("trade-off") && told.contains("Make this fix?"), "{told}");
        assert_eq!(main_file(&folder), expected, "{answer:?}");
    }
}

#[test]
fn line_ends_and_marks_stay() {
    let text = format!("\u{feff}{}", SERVICE.replace('\n', "\r\n").trim_end());
    let folder = project(&text);
    assert_eq!(fix(folder.path(), &[]).0, 0);
    assert_eq!(main_file(&folder), format!("\u{feff}{}", FIXED.replace('\n', "\r\n").trim_end()));
}

#[test]
fn two_paths_and_wrong_rules_are_refused() {
    let folder = project(SERVICE);
    let (code, _, told) = fix(folder.path(), &["--select", "blocking-call-in-asinc"]);
    assert_eq!(code, 2);
    assert!(told.contains("blocking-call-in-async"), "{told}");
    assert_eq!(fix(folder.path(), &["somewhere-else"]).0, 2);
}
