//! What other programs run: the hooks of pre-commit, the steps of the GitHub Action, the hook of a coding agent.
//! Each is run as they would run it, with the real binary on the path.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const SHOP: &str = "\
from fastapi import FastAPI, HTTPException

app = FastAPI(title='Shop')
ORDERS = (1, 2)


@app.get('/orders/{order_id}')
def read_order(order_id: int) -> dict[str, int]:
    if order_id not in ORDERS:
        raise HTTPException(status_code=404)
    return {'order': order_id}
";

fn repository_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

struct Place {
    folder: tempfile::TempDir,
    base: String,
}

impl Place {
    /// A repository with one commit.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        let place = Self { folder, base: String::new() };
        std::fs::write(place.project().join("main.py"), SHOP).unwrap();
        place.git(&["init", "-q", "-b", "main"]);
        place.git(&["add", "."]);
        place.git(&["commit", "-q", "-m", "one"]);
        let base = place.git(&["rev-parse", "HEAD"]).trim().to_owned();
        Self { base, ..place }
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn git(&self, arguments: &[&str]) -> String {
        let done = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.project())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn change(&self, from: &str, to: &str) {
        assert!(SHOP.contains(from));
        std::fs::write(self.project().join("main.py"), SHOP.replace(from, to)).unwrap();
    }

    /// Runs a command with bash, with the binary and other programs in front of the path.
    fn bash(&self, script: &str, variables: &[(&str, &str)]) -> (i32, String, String) {
        let binary = Path::new(env!("CARGO_BIN_EXE_fastwright"));
        let path = format!(
            "{}:{}:{}",
            self.folder.path().join("bin").display(),
            binary.parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        let done = Command::new("bash")
            .args(["-c", script])
            .current_dir(self.project())
            .env("PATH", path)
            .env("RUNNER_TEMP", self.folder.path())
            .env("GITHUB_OUTPUT", self.folder.path().join("outputs"))
            .env("GITHUB_STEP_SUMMARY", self.folder.path().join("summary.md"))
            .env("GITHUB_ACTION_PATH", repository_root())
            .env_remove("VIRTUAL_ENV")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        (
            done.status.code().unwrap(),
            String::from_utf8(done.stdout).unwrap(),
            String::from_utf8(done.stderr).unwrap(),
        )
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

fn yaml(name: &str) -> Value {
    let text = std::fs::read_to_string(repository_root().join(name)).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

#[test]
fn hooks_of_pre_commit_run() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let entry = |id: &str| -> String {
        let hook = hooks.as_array().unwrap().iter().find(|hook| hook["id"] == id).unwrap();
        assert_eq!((&hook["language"], &hook["pass_filenames"]), (&"python".into(), &false.into()));
        hook["entry"].as_str().unwrap().to_owned()
    };
    let place = Place::new();
    for id in ["fastwright-review", "fastwright-gate"] {
        assert_eq!(place.bash(&entry(id), &[]).0, 0, "{id}");
    }
    place.bash("fastwright contract -o contract.json && git add contract.json && git -c user.name=A -c user.email=a@b.c commit -qm c", &[]);
    assert_eq!(place.bash(&entry("fastwright-contract"), &[]).0, 0);
    place.change("return {'order': order_id}", "return {'order': eval(str(order_id))}");
    for id in ["fastwright-contract", "fastwright-gate"] {
        let (code, output, _) = place.bash(&entry(id), &[]);
        assert_eq!(code, 1, "{id}: {output}");
    }
}

#[test]
fn the_action_asks_for_what_it_has() {
    let action = yaml("action.yml");
    assert_eq!(action["runs"]["using"], "composite");
    let text = std::fs::read_to_string(repository_root().join("action.yml")).unwrap();
    for part in text.split("inputs.").skip(1) {
        let name: String =
            part.chars().take_while(|character| character.is_alphanumeric() || *character == '-').collect();
        assert!(action["inputs"].get(&name).is_some(), "there is no input `{name}`");
    }
    for part in text.split("$GITHUB_ACTION_PATH/").skip(1) {
        let name: String = part.chars().take_while(|character| *character != '"').collect();
        assert!(repository_root().join(&name).is_file(), "there is no {name}");
    }
    let check = std::fs::read_to_string(repository_root().join("integrations/github/check.sh")).unwrap();
    for part in text.split("steps.check.outputs.").skip(1) {
        let name: String = part.chars().take_while(|character| character.is_alphanumeric()).collect();
        assert!(check.contains(&format!("output {name} ")), "the step has no output `{name}`");
    }
}

fn check(place: &Place, base: &str, fail_on: (&str, &str)) -> (i32, String, String) {
    let variables = [
        ("FASTWRIGHT_PATH", "."),
        ("FASTWRIGHT_BASE", base),
        ("FASTWRIGHT_FAIL_ON", fail_on.0),
        ("FASTWRIGHT_FAIL_ON_CHANGES", fail_on.1),
    ];
    let done = place.bash("bash \"$GITHUB_ACTION_PATH/integrations/github/check.sh\"", &variables);
    assert_eq!(done.0, 0, "{} {}", done.1, done.2);
    done
}

#[test]
fn the_action_reviews_and_compares() {
    let place = Place::new();
    check(&place, &place.base, ("medium", "breaking,security"));
    assert!(place.read("outputs").contains("verdict=passed"), "{}", place.read("outputs"));
    place.change("-> dict[str, int]", "-> dict[str, str]");
    std::fs::remove_file(place.folder.path().join("outputs")).unwrap();
    let (_, log, _) = check(&place, &place.base, ("medium", "breaking,security"));
    assert!(log.contains("::error file=main.py,line="), "{log}");
    assert!(place.read("outputs").contains("verdict=failed"));
    let comment = place.read("fastwright/comment.md");
    assert!(comment.starts_with("<!-- fastwright -->\n") && comment.contains("#### Breaking"), "{comment}");
    assert_eq!(place.read("summary.md").matches("#### Breaking").count(), 1);
    for name in ["review.json", "diff.json", "review.sarif"] {
        let document: Value = serde_json::from_str(&place.read(&format!("fastwright/{name}"))).unwrap();
        assert!(document.get("version").is_some(), "{name}");
    }
    std::fs::remove_file(place.folder.path().join("outputs")).unwrap();
    check(&place, &place.base, ("none", "none"));
    assert!(place.read("outputs").contains("verdict=passed"));
    // Outside of a pull request nothing is compared.
    std::fs::remove_dir_all(place.folder.path().join("fastwright")).unwrap();
    check(&place, "", ("medium", "breaking"));
    assert!(!place.read("fastwright/comment.md").contains("Contract"));
}

#[test]
fn the_action_keeps_one_comment() {
    let place = Place::new();
    // A stand-in for GitHub's program: it remembers what it was asked, and knows comments that were written.
    let bin = place.folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let gh = "#!/usr/bin/env bash\nlog=$RUNNER_TEMP/gh.log\nprintf '%s\\n' \"$*\" >> \"$log\"\n\
              case \"$*\" in\n*--paginate*) cat \"$RUNNER_TEMP/known\" 2>/dev/null ;;\n\
              *POST*) echo 17 > \"$RUNNER_TEMP/known\"; for word in \"$@\"; do case $word in body=@*) cp \"${word#body=@}\" \"$RUNNER_TEMP/body\" ;; esac; done ;;\nesac\nexit 0\n";
    std::fs::write(bin.join("gh"), gh).unwrap();
    std::fs::set_permissions(bin.join("gh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let long = format!("<!-- fastwright -->\n{}", "ä".repeat(50_000));
    std::fs::write(place.folder.path().join("comment.md"), &long).unwrap();
    let file = place.folder.path().join("comment.md");
    let variables = [
        ("FASTWRIGHT_COMMENT", file.to_str().unwrap()),
        ("FASTWRIGHT_REPOSITORY", "owner/name"),
        ("FASTWRIGHT_PULL_REQUEST", "5"),
    ];
    for _ in 0..2 {
        let script = "bash \"$GITHUB_ACTION_PATH/integrations/github/comment.sh\"";
        let (code, output, errors) = place.bash(script, &variables);
        assert_eq!(code, 0, "{output} {errors}");
    }
    let log = place.read("gh.log");
    assert_eq!(log.matches("--method POST repos/owner/name/issues/5/comments").count(), 1, "{log}");
    assert_eq!(log.matches("--method PATCH repos/owner/name/issues/comments/17").count(), 1, "{log}");
    let body = place.read("body");
    assert!(body.len() < 65_536 && body.starts_with("<!-- fastwright -->") && body.contains("cut here"));
}

#[test]
fn a_coding_agent_gets_the_reasons() {
    let text = std::fs::read_to_string(repository_root().join("integrations/claude-code.json")).unwrap();
    let guide = std::fs::read_to_string(repository_root().join("docs/hooks.md")).unwrap();
    assert!(guide.contains(text.trim()), "the guide shows the file as it is");
    let settings: Value = serde_json::from_str(&text).unwrap();
    let command = settings["hooks"]["Stop"][0]["hooks"][0]["command"].as_str().unwrap();
    let place = Place::new();
    assert_eq!(place.bash(command, &[]).0, 0);
    place.change("    if order_id not in ORDERS:\n        raise HTTPException(status_code=404)\n", "");
    let (code, _, errors) = place.bash(command, &[]);
    assert_eq!(code, 2);
    assert!(errors.contains("is no longer refused"), "{errors}");
}
