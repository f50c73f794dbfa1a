//! Secrets are taken out of everything that is sent to a model, kept in a session or shown in its report.

use fastwright_sandbox::files::{Kind, Protection, Root, protection};
use fastwright_sandbox::redaction::Redactor;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

/// What is known of the secrets of a project and of this process.
#[derive(Debug)]
pub(crate) struct Secrets(Redactor);

/// How every placeholder begins.
const PLACEHOLDER: &str = "[redacted: ";
/// A file of secrets is not read further.
const LARGEST_FILE: u64 = 1 << 20;
/// Files of variables are looked for in so many folders, and so deep.
const MOST_FOLDERS: usize = 400;
const DEEPEST: usize = 4;

impl Secrets {
    /// What can be told from texts alone.
    #[cfg(test)]
    pub(crate) fn of_texts_only() -> Self {
        Self(Redactor::new())
    }

    /// Those of the environment and of the project's files of variables, wherever else they stand.
    pub(crate) fn of_project(root: &Path) -> Self {
        let mut redactor = Redactor::of_environment();
        if let Ok(root) = Root::open(root) {
            for path in variable_files(&root) {
                if let Ok((bytes, _)) = root.read_at_most(&path, LARGEST_FILE) {
                    redactor.learn_env_file(&String::from_utf8_lossy(&bytes));
                }
            }
        }
        Self(redactor)
    }

    /// The text with placeholders in the place of secrets.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.0.redact(text).text
    }

    /// JSON whose texts, names of fields among them, have placeholders in the place of secrets.
    pub(crate) fn hide_in(&self, value: Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.hide(&text)),
            Json::Array(items) => Json::Array(items.into_iter().map(|item| self.hide_in(item)).collect()),
            Json::Object(map) => {
                let hidden = map.into_iter().map(|(key, value)| (self.hide(&key), self.hide_in(value)));
                Json::Object(hidden.collect())
            }
            other => other,
        }
    }

    /// Whether a text has a placeholder in it, so that it is not what somebody means to write.
    pub(crate) fn has_placeholder(&self, text: &str) -> bool {
        text.contains(PLACEHOLDER)
    }
}

/// Files of a project that hold variables and are secret.
fn variable_files(root: &Root) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![(PathBuf::new(), 0)];
    let mut looked = 0;
    while let Some((folder, depth)) = folders.pop() {
        looked += 1;
        if looked > MOST_FOLDERS {
            break;
        }
        for (name, kind) in root.list(&folder).unwrap_or_default() {
            let path = folder.join(&name);
            let (Some(name), Some(text)) = (name.to_str(), path.to_str()) else { continue };
            match kind {
                Kind::File if name.contains("env") && protection(text) == Some(Protection::Secret) => {
                    found.push(path.clone());
                }
                Kind::Folder if depth < DEEPEST && !name.starts_with('.') && name != "node_modules" => {
                    folders.push((path.clone(), depth + 1));
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_file_of_variables_holds_is_hidden_everywhere() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("deploy")).unwrap();
        std::fs::write(folder.path().join(".env"), "DB_PASSWORD=correct-horse-battery\n").unwrap();
        std::fs::write(folder.path().join("deploy/.env.prod"), "API_TOKEN=\"kept-under-the-mat\"\n").unwrap();
        let secrets = Secrets::of_project(folder.path());
        let hidden = secrets.hide("it was correct-horse-battery, then kept-under-the-mat");
        assert!(!hidden.contains("horse") && !hidden.contains("the-mat"), "{hidden}");
        assert!(secrets.has_placeholder(&hidden));
        assert_eq!(secrets.hide(&hidden), hidden);
        let value = serde_json::json!({"correct-horse-battery": ["x kept-under-the-mat"]});
        let text = secrets.hide_in(value).to_string();
        assert!(!text.contains("horse") && !text.contains("the-mat"), "{text}");
    }
}
