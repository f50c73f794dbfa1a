//! `explain_rule`: what a rule is about.

use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::service::Caller;
use fastwright_engine::rules::{rule_description, rule_entries};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// Name of the rule; without it, all rules are listed.
    #[serde(default)]
    rule: Option<String>,
    /// Only rules of this area, for the list.
    #[serde(default)]
    area: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    /// The rule.
    rule: Option<Rule>,
    /// All rules, each in one line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<RuleLine>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Rule {
    name: String,
    area: String,
    severity: String,
    /// The first profile that runs it.
    profile: String,
    cwe: Vec<u16>,
    owasp: Vec<String>,
    references: Vec<String>,
    /// The page in Markdown.
    page: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RuleLine {
    name: String,
    area: String,
    severity: String,
    summary: String,
}

pub(crate) fn answer(_: &mut Knowledge, input: Input, _: &dyn Caller) -> Result<Output, ToolError> {
    let entries = rule_entries();
    let Some(name) = &input.rule else {
        let area = input.area.as_deref();
        let fitting = entries.iter().filter(|entry| area.is_none_or(|area| entry.area == area));
        let line = |entry: &fastwright_report::rule_document::RuleEntry<'_>| RuleLine {
            name: entry.name.to_owned(),
            area: entry.area.to_owned(),
            severity: entry.severity.to_owned(),
            summary: entry.summary.to_owned(),
        };
        return Ok(Output { rule: None, rules: fitting.map(line).collect() });
    };
    // Its error names the nearest rule.
    rule_description(name)?;
    let entry = entries.into_iter().find(|entry| entry.name == name);
    Ok(Output {
        rule: entry.map(|entry| Rule {
            name: entry.name.to_owned(),
            area: entry.area.to_owned(),
            severity: entry.severity.to_owned(),
            profile: entry.profile.to_owned(),
            cwe: entry.cwe.to_vec(),
            owasp: entry.owasp.iter().map(|&text| text.to_owned()).collect(),
            references: entry.references.iter().map(|&text| text.to_owned()).collect(),
            page: entry.page,
        }),
        rules: Vec::new(),
    })
}
