//! Secrets are taken out of everything that is sent to a model, kept in a session or shown in its report.

use regex::Regex;
use serde_json::Value as Json;
use std::path::Path;
use std::sync::LazyLock;

/// What is known of the secrets of a project.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets {
    known: Vec<String>,
}

const PLACEHOLDER: &str = "[secret]";

static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        r"\bAKIA[0-9A-Z]{16}\b",
        r"\bsk-[A-Za-z0-9_-]{16,}",
        r"\bgh[pousr]_[A-Za-z0-9]{30,}",
        r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

impl Secrets {
    #[cfg(test)]
    pub(crate) fn of_texts_only() -> Self {
        Self::default()
    }

    /// Those of a project: the values in its secret files, wherever else they stand.
    pub(crate) fn of_project(root: &Path) -> Self {
        let mut known = Vec::new();
        if let Ok(text) = std::fs::read_to_string(root.join(".env")) {
            for line in text.lines() {
                if let Some((_, value)) = line.split_once('=') {
                    let value = value.trim().trim_matches(['"', '\'']);
                    if value.len() >= 8 {
                        known.push(value.to_owned());
                    }
                }
            }
        }
        Self { known }
    }

    pub(crate) fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.known {
            text = text.replace(secret.as_str(), PLACEHOLDER);
        }
        for pattern in PATTERNS.iter() {
            text = pattern.replace_all(&text, PLACEHOLDER).into_owned();
        }
        text
    }

    pub(crate) fn hide_in(&self, value: Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.hide(&text)),
            Json::Array(items) => Json::Array(items.into_iter().map(|item| self.hide_in(item)).collect()),
            Json::Object(map) => {
                Json::Object(map.into_iter().map(|(key, value)| (self.hide(&key), self.hide_in(value))).collect())
            }
            other => other,
        }
    }

    pub(crate) fn has_placeholder(&self, text: &str) -> bool {
        text.contains(PLACEHOLDER)
    }
}
