//! The report in Markdown: for people, and for everything that shows Markdown.

use crate::report::{Found, Outcome, Proof, Report};

/// The report. With `diff`, the whole change is in it.
pub fn markdown(report: &Report, diff: bool) -> String {
    let mut text = String::new();
    let mut section = |title: &str, body: String| {
        if !body.trim().is_empty() {
            text.push_str(&format!("# {title}\n\n{}\n\n", body.trim_end()));
        }
    };
    if report.outcome == Outcome::NotUnderstood && report.plan.is_empty() {
        section(
            "Not understood",
            format!("{}\n\nWhat I can do:\n\n{}", report.understood, list(&report.next)),
        );
        return text.trim_end().to_owned() + "\n";
    }
    section("Understood", report.understood.clone());
    section("What this service does, and what any change must preserve", preserved(report));
    section("Answer", report.answer.clone());
    section("Found", found(report));
    section(if report.proof.written { "Changed" } else { "Would change" }, changed(report));
    section("Left out, as it would have changed more than it may", list(&report.refused));
    section("What the language model says", statements(report));
    section("Proof", proof(&report.proof));
    if diff && !report.proof.diff.is_empty() {
        section("The change", format!("```diff\n{}\n```", report.proof.diff.trim_end()));
    }
    section("Next", list(&report.next));
    if let Some(cost) = &report.cost {
        let money =
            cost.dollars.as_ref().map_or("price not known".to_owned(), |dollars| format!("${dollars}"));
        section(
            "Cost",
            format!(
                "{}: {} calls, {} tokens sent, {} tokens received, {money}",
                cost.model, cost.calls, cost.input_tokens, cost.output_tokens
            ),
        );
    }
    text.trim_end().to_owned() + "\n"
}

fn list(texts: &[String]) -> String {
    texts.iter().map(|text| format!("- {text}\n")).collect()
}

fn preserved(report: &Report) -> String {
    let preserved = &report.preserved;
    if preserved.apps.is_empty() {
        return String::new();
    }
    let guards: Vec<String> =
        preserved.guards.iter().map(|(guard, count)| format!("{count} {guard}")).collect();
    let mut text = format!(
        "{} routes in {} ({}).",
        preserved.routes,
        preserved.apps.iter().map(|app| format!("`{app}`")).collect::<Vec<_>>().join(", "),
        guards.join(", ")
    );
    if preserved.undecided > 0 {
        text.push_str(&format!(
            " {} points could not be decided; `fastwright routes` lists them.",
            preserved.undecided
        ));
    }
    text.push_str("\n\n");
    text.push_str(&list(&preserved.resources));
    text
}

fn found(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.found {
        text.push_str(&one(finding));
        text.push('\n');
    }
    if report.more_found > 0 {
        text.push_str(&format!("{} more; `fastwright review` shows all.\n", report.more_found));
    }
    text
}

fn one(finding: &Found) -> String {
    let mut text = format!(
        "## {}: {}\n\n`{}` at {} ({}, id {})\n\n",
        finding.severity, finding.message, finding.rule, finding.at, finding.confidence, finding.id
    );
    if !finding.evidence.is_empty() {
        text.push_str(&list(&finding.evidence));
        text.push('\n');
    }
    for (name, value) in [
        ("Why", &finding.why),
        ("Recommendation", &finding.recommendation),
        ("Trade-off", &finding.trade_off),
    ] {
        if !value.is_empty() {
            text.push_str(&format!("**{name}**: {value}\n\n"));
        }
    }
    if !finding.example.is_empty() {
        text.push_str(&format!("```python\n{}\n```\n", finding.example.trim_end()));
    }
    text
}

fn changed(report: &Report) -> String {
    let mut text = String::new();
    for change in &report.changed {
        text.push_str(&format!("- **{}**: {}. {}\n", change.at, change.what, change.why));
        if !change.callers.is_empty() {
            text.push_str(&format!("  Callers see: {}.\n", change.callers));
        }
        if !change.trade_off.is_empty() {
            text.push_str(&format!("  Trade-off: {}\n", change.trade_off));
        }
    }
    text
}

fn statements(report: &Report) -> String {
    let mut text = String::new();
    for statement in &report.statements {
        let mark = if statement.opinion {
            "opinion".to_owned()
        } else {
            format!("confirmed by {}", statement.confirmed.join(", "))
        };
        text.push_str(&format!("- {} ({mark})\n", statement.text));
    }
    text
}

fn proof(proof: &Proof) -> String {
    let mut lines = Vec::new();
    if !proof.files.is_empty() {
        let files: Vec<String> = proof.files.iter().map(|file| format!("`{file}`")).collect();
        lines.push(format!("{}: {}", if proof.written { "written" } else { "files" }, files.join(", ")));
    }
    if proof.contract_compared && proof.contract.is_empty() {
        lines.push(
            "contract: equal (requests, responses, guards, statuses, effects, tables and behaviour)"
                .to_owned(),
        );
    } else {
        lines.extend(proof.contract.iter().map(|change| format!("contract: {change}")));
    }
    lines.extend(proof.gate.iter().map(|gate| format!("gate: {gate}")));
    lines.extend(proof.tests.iter().map(|tests| format!("tests: {tests}")));
    lines.extend(proof.undo.iter().map(|undo| format!("undo: `{undo}`")));
    list(&lines)
}
