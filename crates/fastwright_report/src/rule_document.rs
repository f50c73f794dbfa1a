//! All rules as one JSON document, for tools that show or choose rules.

use serde::Serialize;

/// Version of the document; within it there are additions only.
const VERSION: u32 = 1;

/// What a rule says about itself.
#[derive(Debug, Clone, Serialize)]
pub struct RuleEntry<'registry> {
    /// `missing-ownership-check`.
    pub name: &'registry str,
    /// Its area.
    pub area: &'registry str,
    /// Severity where nothing of the application changes it.
    pub severity: &'registry str,
    /// Confidence where nothing of the application changes it.
    pub confidence: &'registry str,
    /// The first profile that runs it.
    pub profile: &'registry str,
    /// One line.
    pub summary: &'registry str,
    /// Why it matters.
    pub why: &'registry str,
    /// What to do.
    pub recommendation: &'registry str,
    /// What the recommendation costs.
    pub trade_off: &'registry str,
    /// What callers would see of it.
    pub contract_effect: &'registry str,
    /// CWE numbers, the closest first.
    pub cwe: &'registry [u16],
    /// Entries of the OWASP API Security Top 10.
    pub owasp: &'registry [&'registry str],
    /// Addresses of documents that back it.
    pub references: &'registry [&'registry str],
    /// The page in Markdown, as people read it.
    pub page: String,
}

#[derive(Serialize)]
struct Document<'registry> {
    version: u32,
    rules: &'registry [RuleEntry<'registry>],
}

/// The document.
pub fn render(rules: &[RuleEntry<'_>]) -> String {
    let document = Document { version: VERSION, rules };
    // Texts and numbers only: nothing in it can fail.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}
