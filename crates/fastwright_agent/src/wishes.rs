//! What the person's own words allow beside what is always allowed. Only the text of the task is looked at, never a
//! file and never what a model says.

use fastwright_sandbox::files::{Named, Protection, protection};

/// What a task allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    paths: Vec<String>,
    wants_tests: bool,
    wants_suppressions: bool,
}

/// Words after which what follows is not to be touched, up to the end of the clause.
const NEGATIONS: &[&str] = &[
    "not", "never", "without", "no", "except", "don't", "dont", "leave", "avoid", "keep", "nothing",
    "neither",
];
/// Words that end a clause.
const CLAUSE_ENDS: &[&str] = &["but", "only", "instead"];

/// Words that ask for something to be made.
const MAKING: &[&str] = &[
    "add", "write", "create", "make", "extend", "generate", "cover", "update", "change", "adapt", "fix",
    "edit",
];

impl Wishes {
    /// What a task allows.
    pub fn of(task: &str) -> Self {
        let mut paths = Vec::new();
        let mut wants_tests = false;
        let mut wants_suppressions = false;
        for clause in clauses(task) {
            let words: Vec<String> = clause.iter().map(|word| word.to_lowercase()).collect();
            let negated =
                words.iter().position(|word| NEGATIONS.contains(&word.as_str())).unwrap_or(words.len());
            paths.extend(clause[..negated].iter().filter(|word| is_path(word)).cloned());
            let positive = &words[..negated];
            let makes = positive.iter().any(|word| MAKING.contains(&word.as_str()));
            wants_tests |= makes && positive.iter().any(|word| word == "test" || word == "tests");
            wants_suppressions |= positive
                .iter()
                .any(|word| word.starts_with("suppress") || word == "noqa" || word == "ignore");
        }
        Self { paths, wants_tests, wants_suppressions }
    }

    /// Protected files that the person named, among those of a plan.
    pub fn named(&self, planned: &[String]) -> Named {
        let mut named: Vec<&str> = self.paths.iter().map(String::as_str).collect();
        if self.wants_tests {
            let tests = planned.iter().map(String::as_str).filter(|path| is_test(path));
            named.extend(tests);
        }
        Named::new(named)
    }

    /// Whether a plan may ask to allow a kind of the gate's reasons.
    pub fn may_ask_for(&self, reason: &str) -> bool {
        let names = |kinds: &[Protection]| {
            self.paths.iter().any(|path| protection(path).is_some_and(|found| kinds.contains(&found)))
        };
        let names_file = |ending: &str| self.paths.iter().any(|path| path.ends_with(ending));
        match reason {
            "unreached-code-changed" | "file-not-understood" => true,
            "test-changed" | "test-setup-changed" | "test-removed" | "test-skipped" => {
                names(&[Protection::Tests])
            }
            "suppression-added" => self.wants_suppressions,
            "dependencies-changed" => {
                names(&[Protection::LockFile]) || names_file("pyproject.toml") || names_file(".txt")
            }
            "tool-configuration-changed" => names(&[Protection::ToolConfiguration]) || names_file(".toml"),
            "pipeline-changed" => names(&[
                Protection::ContinuousIntegration,
                Protection::AgentConfiguration,
                Protection::VersionControl,
            ]),
            _ => false,
        }
    }
}

fn is_test(path: &str) -> bool {
    protection(path) == Some(Protection::Tests)
}

/// The words of each clause, without what surrounds them.
fn clauses(task: &str) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    for word in task.split_whitespace() {
        let bare = word.trim_matches(|character: char| {
            matches!(character, '`' | '"' | '\'' | '(' | ')' | ',' | ';' | '!' | '?' | '<' | '>' | '“' | '”')
        });
        let ends = word.ends_with([',', ';', '!', '?', '.', ':']);
        let bare = bare.trim_end_matches(['.', ':', ',', ';', '`', '"', '\'']);
        if CLAUSE_ENDS.contains(&bare.to_lowercase().as_str()) {
            found.push(Vec::new());
        }
        if let Some(clause) = found.last_mut().filter(|_| !bare.is_empty()) {
            clause.push(bare.to_owned());
        }
        if ends {
            found.push(Vec::new());
        }
    }
    found
}

/// Whether a word can only be a path: it has a folder or an ending. A route has no ending and begins with `/`.
fn is_path(word: &str) -> bool {
    if word.starts_with('/') || word.contains("://") || word.contains('{') {
        return false;
    }
    let name = word.trim_end_matches('/').rsplit('/').next().unwrap_or(word);
    let has_ending = name.rsplit_once('.').is_some_and(|(_, ending)| {
        !ending.is_empty() && ending.len() <= 8 && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    word.contains('/') || has_ending || name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(task: &str, path: &str) -> bool {
        Wishes::of(task).named(&[path.to_owned()]).covers(path)
    }

    #[test]
    fn protected_files_are_named_by_the_person_only() {
        assert!(covers("update tests/test_orders.py for the new field", "tests/test_orders.py"));
        assert!(covers("add the job to `.github/workflows/ci.yml`.", ".github/workflows/ci.yml"));
        assert!(covers("change everything in tests/", "tests/test_orders.py"));
        assert!(covers("add tests for the orders", "tests/test_new.py"));
        assert!(covers("Write a test that covers GET /orders", "tests/test_new.py"));
        assert!(!covers("make the tests pass", ".github/workflows/ci.yml"));
        assert!(!covers("rename the handler so that tests pass", "tests/test_orders.py"));
        assert!(!covers("secure the orders", "tests/test_orders.py"));
        assert!(!covers("add a route GET /tests", "poetry.lock"));
    }

    #[test]
    fn what_the_person_forbids_is_not_named() {
        assert!(!covers("rename it, but do not touch tests/test_orders.py", "tests/test_orders.py"));
        assert!(!covers("rename it without changing tests/test_orders.py", "tests/test_orders.py"));
        assert!(!covers("add a route and no tests", "tests/test_orders.py"));
        assert!(!covers("leave tests/ as they are", "tests/test_orders.py"));
        assert!(covers("do not rename anything, only edit tests/test_orders.py", "tests/test_orders.py"));
    }

    #[test]
    fn reasons_are_asked_for_only_where_the_words_go_that_far() {
        let plain = Wishes::of("rename the handler");
        for reason in
            ["test-changed", "suppression-added", "pipeline-changed", "dependencies-changed", "new-finding"]
        {
            assert!(!plain.may_ask_for(reason), "{reason}");
        }
        assert!(plain.may_ask_for("unreached-code-changed"));
        assert!(Wishes::of("edit tests/test_a.py").may_ask_for("test-changed"));
        assert!(!Wishes::of("add tests for orders").may_ask_for("test-changed"));
        assert!(Wishes::of("add httpx to requirements.txt").may_ask_for("dependencies-changed"));
    }
}
