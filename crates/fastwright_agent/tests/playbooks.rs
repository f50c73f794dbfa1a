//! Tasks in plain words on a copy of the bundled example, without a language model.

#![allow(clippy::unwrap_used, missing_docs)]

use fastwright_agent::markdown::markdown;
use fastwright_agent::person::{Event, Meaning, Person, Question};
use fastwright_agent::playbooks::{Options, follow};
use fastwright_agent::report::{Outcome, Report};
use fastwright_edit::writing::Journal;
use fastwright_python::parallel::STACK;
use fastwright_tools::{Service, Start};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Agrees to what it was told to agree to, and remembers what it was asked.
#[derive(Default, Clone)]
struct Scripted {
    agrees: bool,
    asked: Vec<Question>,
    steps: Vec<String>,
}

impl Person for Scripted {
    fn agrees(&mut self, question: &Question) -> bool {
        self.asked.push(question.clone());
        self.agrees
    }

    fn told(&mut self, event: &Event) {
        if let Event::Planned { steps } = event {
            self.steps.extend(steps.iter().cloned());
        }
    }
}

struct Example {
    folder: tempfile::TempDir,
}

impl Example {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookshop"), folder.path());
        git(folder.path(), &["init", "--quiet", "--initial-branch", "main"]);
        let example = Self { folder };
        example.commit();
        example
    }

    fn commit(&self) {
        git(self.folder.path(), &["add", "--all"]);
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        git(self.folder.path(), &[&identity[..], &["commit", "--quiet", "-m", "state"]].concat());
    }

    /// Follows tasks on the thread that evaluation needs.
    fn follow_all(&self, tasks: &[&str], agrees: bool, permission: &str) -> (Vec<Report>, Scripted) {
        let start = Start { path: self.folder.path().into(), allow_write: true, ..Start::default() };
        let tasks: Vec<String> = tasks.iter().map(|&task| task.to_owned()).collect();
        let permission = permission.to_owned();
        let work = move || {
            let mut service = Service::new(start).unwrap();
            let mut person = Scripted { agrees, ..Scripted::default() };
            let options = Options { permission: Some(permission), verify: None };
            let reports =
                tasks.iter().map(|task| follow(task, &mut service, &options, &mut person).unwrap()).collect();
            (reports, person)
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap();
        let (reports, person): (Vec<Report>, Scripted) = thread.join().unwrap();
        let schema = serde_json::from_str(&fastwright_agent::report::schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for report in &reports {
            let value = serde_json::to_value(report).unwrap();
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
        (reports, person)
    }

    fn follow(&self, task: &str, agrees: bool, permission: &str) -> (Report, Scripted) {
        let (mut reports, person) = self.follow_all(&[task], agrees, permission);
        (reports.remove(0), person)
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(self.folder.path(), &mut found);
        found
    }

    fn edit(&self, path: &str, old: &str, new: &str) {
        let path = self.folder.path().join(path);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{path:?} has no {old:?}");
        std::fs::write(&path, text.replacen(old, new, 1)).unwrap();
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    assert!(Command::new("git").args(arguments).current_dir(folder).status().unwrap().success());
}

const SKIPPED: [&str; 5] = [".venv", "__pycache__", ".fastwright_cache", ".pytest_cache", ".git"];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), found);
        } else {
            found.insert(entry.path(), std::fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn a_review_says_what_to_keep_what_is_wrong_and_changes_nothing() {
    let example = Example::new();
    let before = example.files();
    let (report, person) = example.follow("review this service for production readiness", true, "safe");
    assert_eq!(report.outcome, Outcome::Done);
    assert!(report.preserved.routes > 25 && !report.preserved.resources.is_empty());
    assert!(!report.found.is_empty() && report.found.iter().all(|found| !found.evidence.is_empty()));
    assert!(report.answer.contains("Not ready"), "{}", report.answer);
    assert!(person.asked.is_empty() && !person.steps.is_empty());
    assert_eq!(example.files(), before);
}

#[test]
fn a_change_is_shown_asked_for_written_and_proven() {
    let example = Example::new();
    let health = "src/bookshop/routers/health.py";
    example.edit(health, "router = APIRouter(", "import time\n\nrouter = APIRouter(");
    let file = example.folder.path().join(health);
    let slow =
        "\n\n@router.get(\"/slow\")\nasync def slow() -> dict[str, str]:\n    time.sleep(1)\n    return {}\n";
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap() + slow).unwrap();
    example.commit();
    let before = example.files();
    let (planned, person) = example.follow("fix everything that is safe to fix", false, "safe");
    assert_eq!(planned.outcome, Outcome::Planned, "{planned:#?}");
    assert_eq!(example.files(), before);
    assert!(matches!(person.asked.as_slice(), [Question { meaning: Meaning::WriteFiles, .. }]));
    assert!(person.asked[0].details.contains("+++ b/"));

    let (done, _) = example.follow("fix everything that is safe to fix", true, "safe");
    assert_eq!(done.outcome, Outcome::Done);
    assert!(done.proof.written && done.proof.contract_compared && done.proof.contract.is_empty());
    assert_eq!(done.proof.gate.as_deref(), Some("accepted: nothing but the findings is different"));
    assert!(!done.changed.is_empty() && done.changed.iter().all(|change| !change.why.is_empty()));
    assert_ne!(example.files(), before);
    Journal::open(example.folder.path()).unwrap().undo().unwrap();
    assert_eq!(example.files(), before);
}

#[test]
fn a_change_of_the_contract_names_what_callers_see() {
    let example = Example::new();
    let (report, person) = example.follow("fix everything", true, "contract");
    let asked = person.asked.iter().find_map(|question| match &question.meaning {
        Meaning::ChangeContract { kinds } => Some(kinds.clone()),
        _ => None,
    });
    assert!(asked.is_some_and(|kinds| !kinds.is_empty()), "{report:#?}");
    assert!(report.proof.written && !report.proof.contract.is_empty());
}

#[test]
fn routes_findings_and_rules_are_explained() {
    let example = Example::new();
    let (review, _) = example.follow("review", false, "safe");
    let explain = format!("explain {}", review.found[0].id);
    let tasks = [
        "what does POST /api/v1/orders do?",
        explain.as_str(),
        "explain blocking-call-in-async",
        "explain GET /no/such/route",
        "give me an overview",
        "who is allowed: protect /api/v1/orders?",
    ];
    let (reports, person) = example.follow_all(&tasks, true, "safe");
    assert!(person.asked.is_empty() && reports.iter().all(|report| !report.proof.written));
    insta::assert_snapshot!("explained_route", markdown(&reports[0], false));
    assert_eq!(reports[1].found, review.found[..1]);
    assert!(reports[2].answer.contains("event loop"), "{}", reports[2].answer);
    assert_eq!(reports[3].outcome, Outcome::NotUnderstood);
    assert!(reports[4].answer.contains("**Tables**"), "{}", reports[4].answer);
    assert!(reports[5].answer.contains("bookshop.dependencies:"), "{}", reports[5].answer);
}

#[test]
fn a_change_is_judged_and_described() {
    let example = Example::new();
    let (report, _) = example.follow("check my change", false, "safe");
    assert!(report.answer.contains("Nothing differs"), "{}", report.answer);
    example.edit("src/bookshop/main.py", "title=\"Bookshop\"", "title=\"Shop\"");
    let tasks = ["did I break anything?", "prepare a pull request against main"];
    let (reports, _) = example.follow_all(&tasks, false, "safe");
    assert_eq!(reports[0].outcome, Outcome::Refused);
    let answer = &reports[0].answer;
    assert!(answer.contains("Not acceptable") && answer.contains("--allow"), "{answer}");
    let answer = &reports[1].answer;
    assert!(
        answer.contains("src/bookshop/main.py") && answer.contains("## What changes for callers"),
        "{answer}"
    );
}

#[test]
fn what_is_none_of_this_is_said() {
    let example = Example::new();
    let (reports, _) = example.follow_all(&["make me a sandwich", "implement refunds", ""], true, "safe");
    for report in reports {
        assert_eq!(report.outcome, Outcome::NotUnderstood, "{}", report.task);
        assert!(report.next.len() >= 5);
    }
}
