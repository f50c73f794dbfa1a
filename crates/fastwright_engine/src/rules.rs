//! The rules as people and programs read about them.

use crate::failure::Failure;
use fastwright_report::rule_document::RuleEntry;
use fastwright_report::rule_page::RuleDescription;
use fastwright_rules::metadata::RuleMetadata;
use fastwright_rules::registry;

/// All rules with their pages.
pub fn rule_descriptions() -> Vec<RuleDescription<'static>> {
    registry::all().iter().map(|rule| description(rule.metadata())).collect()
}

/// The rule with this name.
///
/// # Errors
/// When there is none; the message names the nearest.
pub fn rule_description(name: &str) -> Result<RuleDescription<'static>, Failure> {
    match registry::by_name(name) {
        Some(rule) => Ok(description(rule.metadata())),
        None => {
            let hint = registry::nearest_name(name)
                .map(|nearest| format!("; did you mean `{nearest}`?"))
                .unwrap_or_default();
            Err(Failure::new(format!("there is no rule `{name}`{hint}\n`fastwright rule` lists all rules")))
        }
    }
}

/// All rules with everything that they say about themselves.
pub fn rule_entries() -> Vec<RuleEntry<'static>> {
    registry::all()
        .iter()
        .map(|rule| {
            let metadata = rule.metadata();
            RuleEntry {
                name: metadata.name,
                area: metadata.area.name(),
                severity: metadata.severity.name(),
                confidence: metadata.confidence.name(),
                profile: metadata.profile.name(),
                summary: metadata.summary,
                why: metadata.why,
                recommendation: metadata.recommendation,
                trade_off: metadata.trade_off,
                contract_effect: metadata.contract_effect,
                cwe: metadata.cwe,
                owasp: metadata.owasp,
                references: metadata.references,
                page: description(metadata).readable_page(),
            }
        })
        .collect()
}

fn description(metadata: &'static RuleMetadata) -> RuleDescription<'static> {
    RuleDescription {
        name: metadata.name,
        area: metadata.area.into(),
        severity: metadata.severity.into(),
        summary: metadata.summary,
        page: metadata.page,
    }
}
