//! Paths of a project that are more than source: what is in them is secret, or decides what others run.

use super::spelling::folded;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a path is not open to whoever works on the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// It holds credentials: it is neither read nor written, whoever names it.
    Secret,
    /// It belongs to version control, which runs hooks and filters.
    VersionControl,
    /// It decides what continuous integration runs, with its credentials.
    ContinuousIntegration,
    /// It tells coding agents and editors what to do and run.
    AgentConfiguration,
    /// It pins what is installed.
    LockFile,
    /// It decides what passes.
    Tests,
    /// It decides what fastwright reports, or is its memory.
    ToolConfiguration,
}

impl fmt::Display for Protection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Secret => "it holds credentials",
            Self::VersionControl => "it belongs to version control",
            Self::ContinuousIntegration => "it decides what continuous integration runs",
            Self::AgentConfiguration => "it tells agents and editors what to do",
            Self::LockFile => "it pins what is installed",
            Self::Tests => "it belongs to the tests",
            Self::ToolConfiguration => "it is the configuration of fastwright",
        })
    }
}

const SECRET_FILES: &[&str] = &[
    ".env",
    ".envrc",
    ".netrc",
    "_netrc",
    ".pypirc",
    ".npmrc",
    ".yarnrc.yml",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".vault-token",
    ".vault_pass",
    "credentials",
    "credentials.json",
    "client_secret.json",
    "client_secrets.json",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ecdsa_sk",
    "id_ed25519",
    "id_ed25519_sk",
];
const SECRET_FOLDERS: &[&str] =
    &[".ssh", ".aws", ".gnupg", ".kube", ".docker", ".azure", ".gcloud", ".secrets"];
/// Names of files whose ending says nothing: `secrets.toml` is one, `secrets.py` is code.
const SECRET_STEMS: &[&str] =
    &["secret", "secrets", ".secret", ".secrets", "service-account", "service_account"];
const DATA_ENDINGS: &[&str] = &["", "toml", "yaml", "yml", "json", "ini", "txt", "cfg", "conf", "enc"];
const SECRET_ENDINGS: &[&str] = &[
    "pem", "key", "p12", "pfx", "p8", "pk8", "jks", "keystore", "kdbx", "kdb", "ppk", "ovpn", "tfvars", "gpg",
];
/// Files that show which settings there are.
const EXAMPLE_WORDS: &[&str] = &["example", "sample", "template", "dist", "tpl", "tmpl"];

const VERSION_CONTROL: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".bzr",
    ".jj",
    ".gitattributes",
    ".gitmodules",
    ".githooks",
    ".hgrc",
    ".gitconfig",
];
const CONTINUOUS_INTEGRATION: &[&str] = &[
    ".github",
    ".gitlab",
    ".gitea",
    ".forgejo",
    ".circleci",
    ".buildkite",
    ".woodpecker",
    ".teamcity",
    ".tekton",
    ".husky",
    "jenkinsfile",
    "bitbucket-pipelines.yml",
];
/// With either spelling of their ending.
const CONTINUOUS_INTEGRATION_YAML: &[&str] = &[
    ".gitlab-ci",
    ".travis",
    ".drone",
    ".woodpecker",
    ".appveyor",
    "appveyor",
    "azure-pipelines",
    "bitbucket-pipelines",
    "buildspec",
    "cloudbuild",
    "codefresh",
    ".cirrus",
    ".pre-commit-config",
    ".pre-commit-hooks",
    "lefthook",
    ".lefthook",
];
const AGENT_CONFIGURATION: &[&str] = &[
    ".claude",
    ".claude.json",
    ".mcp.json",
    "mcp.json",
    "agents.md",
    "agents.override.md",
    "agent.md",
    "claude.md",
    "claude.local.md",
    "gemini.md",
    "conventions.md",
    ".agents",
    ".agent",
    ".cursor",
    ".cursorrules",
    ".cursorignore",
    ".codex",
    ".gemini",
    ".copilot",
    ".windsurf",
    ".windsurfrules",
    ".clinerules",
    ".roo",
    ".roorules",
    ".kiro",
    ".junie",
    ".continue",
    ".continuerules",
    ".aider.conf.yml",
    ".goosehints",
    ".openhands",
    ".devin",
    ".vscode",
    ".idea",
    ".zed",
    ".devcontainer",
    ".devcontainer.json",
];
const LOCK_FILES: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "bun.lockb",
    "go.sum",
    "conda-lock.yml",
    "conda-lock.yaml",
    "pylock.toml",
];
const TEST_FOLDERS: &[&str] = &["tests", "test", "testing", "e2e", "__snapshots__"];
const TEST_FILES: &[&str] = &[
    "conftest.py",
    "tests.py",
    "test.py",
    "pytest.ini",
    ".pytest.ini",
    "tox.ini",
    "noxfile.py",
    ".coveragerc",
];
const TOOL_CONFIGURATION: &[&str] =
    &["fastwright.toml", ".fastwright.toml", ".fastwright_cache", ".fastwright"];

fn ending(name: &str) -> &str {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, ending)| ending)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or(name, |(stem, _)| stem)
}

/// Short names that Windows gives: `git~1` may be `.git`.
fn long_name(name: &str) -> String {
    match name.split_once('~') {
        Some((short, number))
            if !number.is_empty()
                && number.split('.').next().is_some_and(|digits| digits.parse::<u8>().is_ok()) =>
        {
            match short {
                "git" => ".git".to_owned(),
                "github" => ".github".to_owned(),
                "claude" => ".claude".to_owned(),
                "env" => ".env".to_owned(),
                _ => name.to_owned(),
            }
        }
        _ => name.to_owned(),
    }
}

fn is_environment_file(name: &str) -> bool {
    let parts: Vec<&str> = name.split(['.', '-', '_']).collect();
    let is_one = name == ".env"
        || name.starts_with(".env.")
        || name.starts_with(".env-")
        || name.starts_with(".env_")
        || name == ".envrc"
        || (ending(name) == "env" && stem(name) != name);
    is_one && !parts.iter().any(|part| EXAMPLE_WORDS.contains(part))
}

fn is_key_file(name: &str) -> bool {
    SECRET_ENDINGS.contains(&ending(name))
}

fn is_secret_file(name: &str) -> bool {
    let holds_data = DATA_ENDINGS.contains(&ending(name));
    is_environment_file(name)
        || is_key_file(name)
        || SECRET_FILES.contains(&name)
        || (holds_data && SECRET_STEMS.iter().any(|secret| is_named(stem(name), secret)))
}

/// Whether a stem is a word, or begins with it: `secrets`, `secrets.prod`, `secrets-prod`.
fn is_named(stem: &str, word: &str) -> bool {
    stem.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// Whether a file is one of the tests by its own name.
fn is_test_file(name: &str) -> bool {
    TEST_FILES.contains(&name)
        || (ending(name) == "py" && (name.starts_with("test_") || stem(name).ends_with("_test")))
        || name.ends_with(".test.ts")
        || name.ends_with(".test.js")
        || name.ends_with(".spec.ts")
        || name.ends_with(".spec.js")
}

/// Why a path is protected, if it is. The path is relative to the root, with `/`; any spelling that some file system
/// takes for a protected one counts as that one. What is secret stays secret wherever it lies.
pub fn protection(path: &str) -> Option<Protection> {
    let names: Vec<String> = path
        .split(['/', '\\'])
        .map(folded)
        .filter(|name| !name.is_empty())
        .map(|name| long_name(&name))
        .collect();
    let (last, folders) = names.split_last()?;
    let any = |list: &[&str]| names.iter().any(|name| list.contains(&name.as_str()));
    if folders.iter().chain([last]).any(|name| SECRET_FOLDERS.contains(&name.as_str()))
        || is_secret_file(last)
        // A folder that is called like a secret file is no better.
        || folders.iter().any(|name| is_environment_file(name))
    {
        return Some(Protection::Secret);
    }
    if any(VERSION_CONTROL) {
        return Some(Protection::VersionControl);
    }
    let is_agent_file = any(AGENT_CONFIGURATION)
        || last.ends_with(".agent.md")
        || last.ends_with(".instructions.md")
        || last.ends_with(".prompt.md")
        || last.ends_with(".code-workspace")
        || (names.iter().any(|name| name == ".github")
            && names
                .iter()
                .any(|name| name.starts_with("copilot") || name == "agents" || name == "instructions"));
    if is_agent_file {
        return Some(Protection::AgentConfiguration);
    }
    if any(CONTINUOUS_INTEGRATION)
        || last.starts_with("jenkinsfile")
        || (["yml", "yaml"].contains(&ending(last))
            && CONTINUOUS_INTEGRATION_YAML
                .iter()
                .any(|known| stem(last) == *known || stem(last).starts_with(&format!("{known}."))))
    {
        return Some(Protection::ContinuousIntegration);
    }
    if LOCK_FILES.contains(&last.as_str())
        || ending(last) == "lock"
        || (last.starts_with("pylock.") && ending(last) == "toml")
        || stem(last).ends_with(".lock")
    {
        return Some(Protection::LockFile);
    }
    if any(TOOL_CONFIGURATION) {
        return Some(Protection::ToolConfiguration);
    }
    let in_tests = folders.iter().any(|name| TEST_FOLDERS.contains(&name.as_str()))
        || TEST_FOLDERS.contains(&last.as_str())
        || is_test_file(last);
    in_tests.then_some(Protection::Tests)
}

/// Whether a command of the project shall not see a file: secrets, but for keys that lie with the tests. These are
/// made up, and the tests need them.
pub fn is_hidden_from_commands(path: &str) -> bool {
    if protection(path) != Some(Protection::Secret) {
        return false;
    }
    let names: Vec<String> = path.split('/').map(folded).collect();
    let with_tests = names
        .split_last()
        .is_some_and(|(_, folders)| folders.iter().any(|name| TEST_FOLDERS.contains(&name.as_str())));
    !(with_tests && names.last().is_some_and(|name| is_key_file(name)))
}

#[cfg(test)]
mod tests {
    use super::{Protection, is_hidden_from_commands, protection};

    #[test]
    fn each_kind_is_known_in_every_spelling() {
        let table: &[(Protection, &[&str])] = &[
            (
                Protection::Secret,
                &[
                    ".env",
                    ".ENV",
                    ".Env.Production",
                    "deploy/.env.local",
                    "prod.env",
                    ".envrc",
                    ".e\u{200d}nv",
                    ".ｅnv",
                    ".env.",
                    ".env::$DATA",
                    "env~1",
                    "certificates/server.pem",
                    "server.KEY",
                    "id_rsa",
                    "keys/id_ed25519",
                    ".aws/config",
                    "home/.ssh/config",
                    ".SSH/known_hosts",
                    ".netrc",
                    ".pypirc",
                    "credentials.json",
                    "secrets.toml",
                    ".streamlit/secrets.toml",
                    "secrets.prod.yaml",
                    "service-account-prod.json",
                    "terraform.tfstate",
                    "prod.tfvars",
                    ".github/.env",
                    "tests/.env",
                ],
            ),
            (
                Protection::VersionControl,
                &[
                    ".git/config",
                    ".git",
                    ".GIT/hooks/pre-commit",
                    ".g\u{200c}it/config",
                    ".git /config",
                    "git~1/config",
                    "vendored/.git/config",
                    ".gitattributes",
                    ".gitmodules",
                    ".hg/hgrc",
                ],
            ),
            (
                Protection::ContinuousIntegration,
                &[
                    ".github/workflows/test.yml",
                    ".GitHub/Workflows/test.yml",
                    ".gitlab-ci.yml",
                    ".gitlab-ci.yaml",
                    ".circleci/config.yml",
                    "Jenkinsfile",
                    "jenkinsfile.release",
                    "azure-pipelines.yml",
                    ".pre-commit-config.yaml",
                    "bitbucket-pipelines.yml",
                ],
            ),
            (
                Protection::AgentConfiguration,
                &[
                    ".claude/settings.json",
                    ".mcp.json",
                    "AGENTS.md",
                    "agents.MD",
                    "backend/CLAUDE.md",
                    ".cursor/rules/x.mdc",
                    ".cursorrules",
                    ".codex/config.toml",
                    ".gemini/settings.json",
                    "GEMINI.md",
                    ".github/copilot-instructions.md",
                    ".github/agents/x.agent.md",
                    ".vscode/tasks.json",
                    ".devcontainer/devcontainer.json",
                ],
            ),
            (
                Protection::LockFile,
                &[
                    "uv.lock",
                    "poetry.lock",
                    "UV.LOCK",
                    "Pipfile.lock",
                    "frontend/package-lock.json",
                    "pylock.toml",
                    "pylock.dev.toml",
                    "requirements.lock.txt",
                    "yarn.lock",
                ],
            ),
            (
                Protection::Tests,
                &[
                    "tests/test_orders.py",
                    "Tests/data.json",
                    "app/test_orders.py",
                    "app/orders_test.py",
                    "conftest.py",
                    "app/tests/factories.py",
                    "tests",
                    "pytest.ini",
                ],
            ),
            (
                Protection::ToolConfiguration,
                &["fastwright.toml", "FASTWRIGHT.toml", ".fastwright_cache/fixes/x"],
            ),
        ];
        for (expected, paths) in table {
            for path in *paths {
                assert_eq!(protection(path), Some(*expected), "{path:?}");
            }
        }
    }

    #[test]
    fn ordinary_paths_are_open() {
        for path in [
            "main.py",
            "app/main.py",
            "app/secrets.py",
            "app/secrets/rotation.py",
            "app/credentials.py",
            "app/environment.py",
            "app/.env.example",
            ".env.sample",
            ".env.template",
            "env.py",
            "alembic/env.py",
            "app/github.py",
            "app/git.py",
            "README.md",
            "pyproject.toml",
            "requirements.txt",
            "docs/agents.html",
            "app/latest.py",
            "app/contest.py",
            "app/keys.py",
            "app/lock.py",
            "app/testimonials.py",
            "Dockerfile",
            ".gitignore",
            "static/key.svg",
        ] {
            assert_eq!(protection(path), None, "{path:?}");
        }
    }

    #[test]
    fn commands_see_keys_of_tests_and_nothing_else_secret() {
        assert!(is_hidden_from_commands(".env"));
        assert!(is_hidden_from_commands("tests/.env"));
        assert!(is_hidden_from_commands("keys/private.pem"));
        assert!(!is_hidden_from_commands("tests/keys/private.pem"));
        assert!(!is_hidden_from_commands("app/main.py"));
        assert!(!is_hidden_from_commands(".git/config"));
    }
}
