//! What a statement cites is looked up in what the engine knows now, and in the files as a model may see them.

use super::talk::{Facts, Talk};
use crate::secrets::Secrets;
use crate::statements::Knowledge;
use crate::workspace::Workspace;
use fastwright_report::review_document::{Finding, ReviewDocument};
use fastwright_tools::route_choice;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// The project as it was, and as it is at the end.
pub(super) struct LookedUp<'l> {
    pub(super) before: &'l Facts,
    /// With the edits, where they count.
    pub(super) after: Option<&'l Facts>,
    pub(super) workspace: &'l Workspace,
    pub(super) secrets: &'l Secrets,
    /// Findings of other profiles, by the id that a cite has.
    pub(super) others: &'l BTreeMap<String, String>,
}

/// Ids of other profiles that are looked up at once.
const MOST_OTHERS: usize = 20;

impl<'t> Talk<'t> {
    pub(super) fn looked_up<'l>(&'l self, after: Option<&'l Facts>) -> LookedUp<'l> {
        LookedUp {
            before: &self.facts,
            after,
            workspace: &self.workspace,
            secrets: &self.secrets,
            others: &self.other_findings,
        }
    }

    /// Looks for cited findings that the project's own profile does not have: a model may have asked for another.
    pub(super) fn look_for_others(&mut self) {
        let cited =
            self.claims.iter().flat_map(|claim| &claim.cites).filter_map(|cite| cite.finding.as_deref());
        let unknown: BTreeSet<String> = cited
            .map(|id| id.trim().to_owned())
            .filter(|id| is_id(id) && find(&self.facts.review.document, id).is_none())
            .take(MOST_OTHERS)
            .collect();
        for id in unknown {
            if self.other_findings.contains_key(&id) {
                continue;
            }
            if let Some(finding) = self.finding_of_any_profile(&id) {
                let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
                let words = format!(
                    "finding {} ({} {} at {}; found with another profile before any edit)",
                    text("id"),
                    text("severity"),
                    text("rule"),
                    text("at")
                );
                self.other_findings.insert(id, words);
            }
        }
    }

    /// A finding as `get_finding` has it.
    pub(super) fn finding_of_any_profile(&mut self, id: &str) -> Option<Json> {
        if !is_id(id) {
            return None;
        }
        self.service.call("get_finding", json!({"finding": id}), &()).ok()
    }
}

fn find<'d>(document: &'d ReviewDocument, id: &str) -> Option<&'d Finding> {
    document.findings.iter().find(|finding| is_id(id) && finding.fingerprint.starts_with(id))
}

fn is_id(id: &str) -> bool {
    id.len() >= 6 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Knowledge for LookedUp<'_> {
    fn finding(&self, id: &str) -> Option<String> {
        let words = |finding: &Finding, state: &str| {
            format!(
                "finding {} ({} {} at {}; {state})",
                finding.id(),
                finding.severity.name(),
                finding.rule,
                finding.location.path_and_line()
            )
        };
        let now = self.after.unwrap_or(self.before);
        if let Some(finding) = find(&now.review.document, id) {
            return Some(words(finding, "found"));
        }
        if let Some(finding) = find(&self.before.review.document, id) {
            return Some(words(finding, "gone with this change"));
        }
        self.others.get(id).cloned()
    }

    fn route(&self, route: &str) -> Option<String> {
        let now = self.after.unwrap_or(self.before);
        // A bare handler or path is no route: a cite says which one it means.
        route.split_once(' ')?;
        let (_, found) = route_choice::find(&now.routes, route).ok()?;
        Some(format!(
            "route {} ({}, {})",
            route_choice::name(found),
            found.guard.kind.name(),
            found.location.path_and_line()
        ))
    }

    fn line(&self, path: &str, number: u32) -> Result<String, String> {
        let text = if self.after.is_some() {
            self.workspace.read(path).map_err(|refusal| refusal.0)?
        } else {
            self.workspace.files().read(path).map_err(|error| error.to_string())?.text
        };
        let text = self.secrets.hide(&text);
        let index = (number as usize).checked_sub(1).ok_or("lines count from 1")?;
        let line = text.lines().nth(index).ok_or(format!("{path} has no line {number}"))?;
        Ok(line.to_owned())
    }
}
