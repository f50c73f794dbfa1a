//! The settings that decided what a review reports, as its document records them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What decided about what is reported: with the same sources and these settings the review can be made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedSettings {
    /// What was reviewed, relative to the root of the project: `.` for all of it.
    pub path: String,
    /// `default`, `strict` or `audit`.
    pub profile: String,
    /// Rules, areas or `all`; empty for everything of the profile.
    pub select: Vec<String>,
    /// Rules that were left out.
    pub ignore: Vec<String>,
    /// Rules that ran beside the selected ones.
    pub extend_select: Vec<String>,
    /// Whether comments in the code could hide findings.
    pub comments: bool,
    /// What was known before and not reported again; `null` when everything is reported.
    pub baseline: Option<RecordedBaseline>,
    /// The only apps that were looked at; empty for all.
    pub apps: Vec<String>,
    /// Paths that were left out.
    pub exclude: Vec<String>,
    /// Names of the variables of the environment that were set. Their values may be secrets and are not told.
    pub variables: Vec<String>,
    /// The version of FastAPI that was demanded.
    pub fastapi_version: Option<String>,
    /// Rules that were not reported in some files.
    pub per_file_ignores: Vec<RecordedIgnores>,
    /// Rules that were not reported on some routes.
    pub per_route_ignores: Vec<RecordedIgnores>,
    /// Routes that are public on purpose.
    pub public_routes: Vec<RecordedPublicRoute>,
}

/// A baseline: how much it holds, and which one it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedBaseline {
    /// How many findings it holds.
    pub findings: usize,
    /// Hash of their fingerprints.
    pub hash: String,
}

impl RecordedBaseline {
    /// The baseline with these fingerprints, sorted.
    pub fn of<'text>(fingerprints: impl IntoIterator<Item = &'text String>) -> Self {
        let mut hasher = blake3::Hasher::new();
        let mut findings = 0;
        for fingerprint in fingerprints {
            hasher.update(fingerprint.as_bytes());
            hasher.update(b"\n");
            findings += 1;
        }
        Self { findings, hash: hasher.finalize().to_hex()[..16].to_owned() }
    }
}

/// Rules that are not reported where a pattern matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedIgnores {
    /// A pattern of paths or of routes.
    pub pattern: String,
    /// The rules.
    pub rules: Vec<String>,
}

/// A route that anybody may call on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordedPublicRoute {
    /// A pattern of routes.
    pub pattern: String,
    /// Why.
    pub reason: String,
}
