//! The real binary: exit codes, configuration errors, and the habits of a terminal.

#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use std::path::Path;

struct Run {
    code: i32,
    output: String,
    errors: String,
}

fn fastwright(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_fastwright"))
        .current_dir(folder)
        .args(arguments)
        .env_remove("FORCE_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("VIRTUAL_ENV")
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap(),
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["review", "routes"] {
        let run = fastwright(folder.path(), &[command, "nowhere"]);
        assert_eq!((run.code, run.output.as_str()), (2, ""));
        assert_eq!(run.errors, "fastwright: nowhere does not exist\n");
    }
}

#[test]
fn nothing_to_analyse_is_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let run = fastwright(folder.path(), &["review"]);
    assert_eq!((run.code, run.output.as_str()), (3, ""));
    assert!(
        run.errors.contains("no FastAPI application found: there is no Python file in"),
        "{}",
        run.errors
    );
    std::fs::write(folder.path().join("hello.py"), "print('hello')\n").unwrap();
    let run = fastwright(folder.path(), &["review", "--output-format", "json", "--exit-zero"]);
    assert_eq!(run.code, 3);
    assert!(run.errors.contains("no FastAPI application found"), "{}", run.errors);
    assert!(run.output.starts_with("{\n  \"version\": 1,"), "{}", run.output);
}

#[test]
fn wrong_usage_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let run = fastwright(folder.path(), &["review", "--output-format", "jsno"]);
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("json"), "{}", run.errors);
    let run = fastwright(folder.path(), &["review", "--select", "secrtes"]);
    assert_eq!(run.code, 2);
    assert_eq!(
        run.errors,
        "fastwright: --select: there is no rule or area `secrtes`; did you mean `secrets`?\n"
    );
    let run = fastwright(folder.path(), &["review", "--baseline", "none.json"]);
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("`--write-baseline "), "{}", run.errors);
    let run = fastwright(folder.path(), &["rule", "unused-supression"]);
    assert_eq!(run.code, 2);
    assert!(run.errors.contains("did you mean `unused-suppression`?"), "{}", run.errors);
}

#[test]
fn configuration_errors_name_the_file_the_line_and_the_nearest_word() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pyproject.toml");
    for (text, message) in [
        (
            "[tool.fastwright]\nfail-no = \"low\"\n",
            "pyproject.toml:2:1: there is no key `fail-no`; did you mean `fail-on`?",
        ),
        (
            "[project]\nname = \"a\"\n\n[tool.fastwright]\nprofile = \"strikt\"\n",
            "pyproject.toml:5:11: `profile` is one of `default`, `strict`, `audit`, not `strikt`; did you mean `strict`?",
        ),
        (
            "[tool.fastwright]\nselect = [\n  \"auth\",\n  \"databse\",\n]\n",
            "pyproject.toml:4:3: `select`: there is no rule or area `databse`; did you mean `database`?",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let run = fastwright(folder.path(), &["review"]);
        assert_eq!((run.code, run.errors.as_str()), (2, format!("fastwright: {message}\n").as_str()));
        assert_eq!(fastwright(folder.path(), &["review", "--isolated"]).code, 3);
    }
}

#[test]
fn settings_come_from_the_file_then_config_then_options() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[tool.fastwright]\nfail-on = \"low\"\nselect = [\"auth\"]\nignore = [\"docs\"]\n\
                [tool.fastwright.public-routes]\n\"GET /status\" = \"for the load balancer\"\n";
    std::fs::write(folder.path().join("pyproject.toml"), text).unwrap();
    let run = fastwright(
        folder.path(),
        &[
            "review",
            "--config",
            "fail-on=high",
            "--config",
            "profile=strict",
            "--profile",
            "audit",
            "--ignore",
            "secrets",
            "--show-settings",
        ],
    );
    assert_eq!(run.code, 0, "{}", run.errors);
    for line in [
        "fail-on = \"high\"",
        "profile = \"audit\"",
        "select = [\"auth\"]",
        "ignore = [\"docs\", \"secrets\"]",
        "\"GET /status\" = \"for the load balancer\"",
    ] {
        assert!(run.output.lines().any(|known| known == line), "{line} in\n{}", run.output);
    }
}

#[test]
fn files_are_shown_without_those_left_out() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["app/main.py", "app/generated/big.py", "node_modules/x.py", "ignored.py"] {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    std::fs::write(folder.path().join(".gitignore"), "ignored.py\n").unwrap();
    let run = fastwright(folder.path(), &["review", "--exclude", "app/generated", "--show-files"]);
    assert_eq!((run.code, run.output.as_str()), (0, "app/main.py\n"));
}

#[test]
fn colours_only_where_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!fastwright(folder.path(), &["rule"]).output.contains('\u{1b}'));
    assert!(fastwright(folder.path(), &["rule", "--color", "always"]).output.contains('\u{1b}'));
    let output = Command::new(env!("CARGO_BIN_EXE_fastwright"))
        .args(["rule"])
        .env("FORCE_COLOR", "1")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn schemas_and_completions_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let run = fastwright(folder.path(), &["schema", "review"]);
    assert!(run.output.contains("\"trade_off\""));
    let run = fastwright(folder.path(), &["completions", "bash"]);
    assert!(run.output.contains("_fastwright()"));
}

#[test]
fn results_go_to_a_file_and_into_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hello.py"), "print('hello')\n").unwrap();
    let first = fastwright(folder.path(), &["review", "--output-format", "json"]).output;
    assert!(folder.path().join(".fastwright_cache/.gitignore").exists());
    let second = fastwright(folder.path(), &["review", "--output-format", "json", "-o", "report.json"]);
    assert_eq!(second.output, "");
    let second = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    let without_time = |text: &str| {
        text.lines().filter(|line| !line.contains("\"milliseconds\"")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(without_time(&first), without_time(&second));
    // Whatever stands in the cache, the result is right.
    for entry in std::fs::read_dir(folder.path().join(".fastwright_cache")).unwrap() {
        std::fs::write(entry.unwrap().path(), "broken").unwrap();
    }
    let third = fastwright(folder.path(), &["review", "--output-format", "json"]).output;
    assert_eq!(without_time(&first), without_time(&third));
}
