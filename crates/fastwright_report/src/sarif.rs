//! SARIF 2.1.0 (OASIS standard), with what code scanning services read of it: rules with help, results
//! with levels, code flows for the evidence, fingerprints, edits.

use crate::names::{Area, Severity};
use crate::place::Place;
use crate::review_document::{Finding, Fix, ReviewDocument};
use crate::rule_page::RuleDescription;
use serde::Serialize;
use std::collections::BTreeMap;

/// Code scanning refuses a run with more results.
const MOST_RESULTS: usize = 25_000;
/// ... and drops further locations of a result; one of them is the primary place.
const MOST_STEPS: usize = 999;

/// A log file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: ToolComponent,
    column_kind: &'static str,
    original_uri_base_ids: BTreeMap<&'static str, UriBase>,
    invocations: [Invocation; 1],
    results: Vec<SarifResult>,
}

#[derive(Serialize)]
struct UriBase {
    description: Message,
}

#[derive(Serialize)]
struct ToolComponent {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: String,
    semantic_version: String,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_description: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Message>,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: Vec<String>,
    /// GitHub's scale from 0 to 10, for rules about security.
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_flows: Vec<CodeFlow>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<SarifFix>,
    properties: ResultProperties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultProperties {
    severity: Severity,
    confidence: crate::names::Confidence,
    area: Area,
    #[serde(skip_serializing_if = "String::is_empty")]
    trade_off: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    contract_effect: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeFlow {
    thread_flows: [ThreadFlow; 1],
}

#[derive(Serialize)]
struct ThreadFlow {
    locations: Vec<ThreadFlowLocation>,
}

#[derive(Serialize)]
struct ThreadFlowLocation {
    location: Location,
}

#[derive(Serialize)]
struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

impl Message {
    fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), markdown: None }
    }

    fn markdown(text: String) -> Self {
        Self { text: text.replace('`', "'"), markdown: Some(text) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize, Clone)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifFix {
    description: Message,
    artifact_changes: Vec<ArtifactChange>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Content,
}

#[derive(Serialize)]
struct Content {
    text: String,
}

const SOURCE_ROOT: &str = "%SRCROOT%";

/// The log of a review. Results beyond the hosts' limit are left out and counted in a notification.
pub(crate) fn log(document: &ReviewDocument, descriptions: &[RuleDescription<'_>]) -> Log {
    let findings = &document.findings[..document.findings.len().min(MOST_RESULTS)];
    let (rules, index_of) = rules(findings, descriptions);
    let results = findings
        .iter()
        .map(|finding| {
            let rule_index = index_of.get(finding.rule.as_str()).copied().unwrap_or_default();
            result(document, finding, rule_index)
        })
        .collect();
    let version = document.tool.version.clone();
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: ToolComponent {
                driver: Driver {
                    name: "fastwright",
                    version: version.clone(),
                    semantic_version: version,
                    rules,
                },
            },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: BTreeMap::from([(
                SOURCE_ROOT,
                UriBase { description: Message::text("The folder in which fastwright was run.") },
            )]),
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications(document),
            }],
            results,
        }],
    }
}

fn rules<'document>(
    findings: &'document [Finding],
    descriptions: &[RuleDescription<'_>],
) -> (Vec<Rule>, BTreeMap<&'document str, usize>) {
    let mut index_of = BTreeMap::new();
    let mut rules: Vec<Rule> = Vec::new();
    for finding in findings {
        let cwe = finding.cwe.iter().map(|number| format!("external/cwe/cwe-{number:03}"));
        if let Some(&index) = index_of.get(finding.rule.as_str()) {
            let rule: &mut Rule = &mut rules[index];
            for tag in cwe {
                if !rule.properties.tags.contains(&tag) {
                    rule.properties.tags.push(tag);
                }
            }
            continue;
        }
        let description = descriptions.iter().find(|entry| entry.name == finding.rule);
        let severity = description.map_or(finding.severity, |entry| entry.severity);
        let security = matches!(finding.area, Area::Auth | Area::Security | Area::Secrets);
        let mut tags = vec![finding.area.name().to_owned()];
        if security && finding.area != Area::Security {
            tags.push("security".to_owned());
        }
        tags.extend(cwe);
        index_of.insert(finding.rule.as_str(), rules.len());
        rules.push(Rule {
            id: finding.rule.clone(),
            name: finding.rule.clone(),
            short_description: description.map(|entry| Message::markdown(entry.summary.to_owned())),
            help: description.map(|entry| Message::markdown(entry.readable_page())),
            default_configuration: Configuration { level: level(severity) },
            properties: RuleProperties {
                tags,
                security_severity: security.then_some(match severity {
                    Severity::Critical => "9.5",
                    Severity::High => "8.0",
                    Severity::Medium => "5.5",
                    Severity::Low => "3.0",
                    Severity::Info => "0.5",
                }),
            },
        });
    }
    (rules, index_of)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn result(document: &ReviewDocument, finding: &Finding, rule_index: usize) -> SarifResult {
    let mut message = finding.message.clone();
    for part in [&finding.why, &finding.recommendation] {
        if !part.is_empty() {
            message.push_str("\n\n");
            message.push_str(part);
        }
    }
    let steps: Vec<ThreadFlowLocation> = finding
        .evidence
        .iter()
        .take(MOST_STEPS)
        .map(|step| {
            let note = Some(Message::markdown(step.note.clone()));
            ThreadFlowLocation { location: location(document, &step.location, note) }
        })
        .collect();
    let code_flows = if steps.is_empty() {
        Vec::new()
    } else {
        vec![CodeFlow { thread_flows: [ThreadFlow { locations: steps }] }]
    };
    SarifResult {
        rule_id: finding.rule.clone(),
        rule_index,
        level: level(finding.severity),
        message: Message::markdown(message),
        locations: [location(document, &finding.location, None)],
        code_flows,
        partial_fingerprints: BTreeMap::from([("fastwright/v1", finding.fingerprint.clone())]),
        fixes: finding.fix.iter().filter_map(|fix| sarif_fix(document, finding, fix)).collect(),
        properties: ResultProperties {
            severity: finding.severity,
            confidence: finding.confidence,
            area: finding.area,
            trade_off: finding.trade_off.clone(),
            contract_effect: finding.contract_effect.clone(),
        },
    }
}

fn sarif_fix(document: &ReviewDocument, finding: &Finding, fix: &Fix) -> Option<SarifFix> {
    let mut changes: Vec<ArtifactChange> = Vec::new();
    for edit in &fix.edits {
        let artifact_location = artifact(document, &edit.location.path);
        let replacement = Replacement {
            deleted_region: region(&edit.location),
            inserted_content: Content { text: edit.text.clone() },
        };
        match changes.iter_mut().find(|change| change.artifact_location.uri == artifact_location.uri) {
            Some(change) => change.replacements.push(replacement),
            None => changes.push(ArtifactChange { artifact_location, replacements: vec![replacement] }),
        }
    }
    let title = if fix.title.is_empty() { &finding.recommendation } else { &fix.title };
    let description = Message::markdown(title.clone());
    (!changes.is_empty()).then_some(SarifFix { description, artifact_changes: changes })
}

fn location(document: &ReviewDocument, place: &Place, message: Option<Message>) -> Location {
    Location {
        physical_location: PhysicalLocation {
            artifact_location: artifact(document, &place.path),
            region: Some(region(place)),
        },
        message,
        logical_locations: place
            .symbol
            .iter()
            .map(|symbol| LogicalLocation { name: symbol.clone() })
            .collect(),
    }
}

fn region(place: &Place) -> Region {
    Region {
        start_line: place.start.line,
        start_column: place.start.column,
        end_line: place.end.line,
        end_column: place.end.column,
    }
}

fn artifact(document: &ReviewDocument, path: &str) -> ArtifactLocation {
    let mut uri = String::new();
    for byte in document.seen_path(path).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    ArtifactLocation { uri, uri_base_id: SOURCE_ROOT }
}

fn notifications(document: &ReviewDocument) -> Vec<Notification> {
    let mut notifications: Vec<Notification> = document
        .problems
        .iter()
        .map(|problem| Notification {
            level: "error",
            message: Message::text(format!("{}: {}", problem.kind, problem.message)),
            locations: vec![Location {
                physical_location: PhysicalLocation {
                    artifact_location: artifact(document, &problem.location.path),
                    region: problem.location.start.map(|start| Region {
                        start_line: start.line,
                        start_column: start.column,
                        end_line: start.line,
                        end_column: start.column,
                    }),
                },
                message: None,
                logical_locations: Vec::new(),
            }],
        })
        .collect();
    notifications.extend(document.undecided.iter().map(|undecided| Notification {
        level: "note",
        message: Message::text(format!("not decided: {}", undecided.reason)),
        locations: undecided.location.iter().map(|place| location(document, place, None)).collect(),
    }));
    if let Some(more) = document.findings.len().checked_sub(MOST_RESULTS).filter(|&more| more > 0) {
        let text = format!("{more} further findings are left out: hosts take {MOST_RESULTS} results a run");
        notifications.push(Notification {
            level: "warning",
            message: Message::text(text),
            locations: Vec::new(),
        });
    }
    notifications
}
