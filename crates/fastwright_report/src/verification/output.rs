//! A verification as text: what is not as the report says, then how much was confirmed.

use super::{Difference, Status, Verification, VerifiedFinding};
use crate::appearance::Appearance;
use crate::wrap::visible;

pub(crate) fn text(verification: &Verification, appearance: &Appearance) -> String {
    let mut text = String::new();
    for project in &verification.projects {
        if !project.settings.is_empty() {
            let name = one_line(&project.root);
            text.push_str(&format!(
                "note: the report of {name} was not made with the settings of the project:\n"
            ));
            differences(&mut text, &project.settings, "the project has", appearance);
        }
    }
    if verification.reported_by != verification.tool {
        let (from, this) = (&verification.reported_by, &verification.tool);
        text.push_str(&format!(
            "note: {} {} wrote the report, and this is {} {}: what differs may be a difference between these\n",
            one_line(&from.name),
            one_line(&from.version),
            this.name,
            this.version
        ));
    }
    for finding in verification.findings.iter().filter(|finding| finding.status != Status::Confirmed) {
        one_finding(&mut text, finding, appearance);
    }
    for part in verification.parts.iter().filter(|part| !part.confirmed) {
        let (word, name) = (appearance.bold("differs"), one_line(&part.part));
        text.push_str(&format!("{word}: `{name}` of the report is not that of the review\n"));
        differences(&mut text, &part.differences, "the review has", appearance);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&summary(verification, appearance));
    text
}

fn one_finding(text: &mut String, finding: &VerifiedFinding, appearance: &Appearance) {
    text.push_str(&format!(
        "{}: {} {} {}\n  {}\n",
        appearance.bold(finding.status.name()),
        appearance.dim(&one_line(&finding.place)),
        appearance.inline_code(&one_line(&finding.message), &mut false),
        appearance.dim(&format!("[{}]", one_line(&finding.rule))),
        finding.why,
    ));
    // Where it only moved, all its lines differ: the first says it.
    let shown = if finding.status == Status::Moved { 1 } else { finding.differences.len() };
    differences(
        text,
        &finding.differences[..shown.min(finding.differences.len())],
        "the review has",
        appearance,
    );
    for step in &finding.evidence {
        let name =
            if step.step == 0 { "the primary place".to_owned() } else { format!("step {}", step.step) };
        text.push_str(&format!("  {name}, {}: {}\n", one_line(&step.place), step.state.words()));
    }
}

fn differences(text: &mut String, differences: &[Difference], other: &str, appearance: &Appearance) {
    for difference in differences {
        let side = |value: &Option<String>| match value {
            Some(value) => one_line(value),
            None => "nothing".to_owned(),
        };
        text.push_str(&format!(
            "  {}: the report has {}, {other} {}\n",
            appearance.dim(&one_line(&difference.field)),
            side(&difference.report),
            side(&difference.review),
        ));
    }
}

fn summary(verification: &Verification, appearance: &Appearance) -> String {
    let counts = &verification.counts;
    let reported = verification.findings.len() - counts.left_out;
    let word = if verification.confirmed { "confirmed" } else { "not confirmed" };
    let mut sentence = format!(
        "{}: {} of {reported} {} confirmed",
        appearance.bold(word),
        counts.confirmed,
        if reported == 1 { "finding" } else { "findings" }
    );
    let others = [
        (counts.moved, "moved"),
        (counts.differs, "said otherwise"),
        (counts.gone, "gone"),
        (counts.invented, "invented"),
        (counts.left_out, "left out"),
    ];
    for (count, word) in others.into_iter().filter(|(count, _)| *count > 0) {
        sentence.push_str(&format!(", {count} {word}"));
    }
    let unchanged = verification.projects.iter().filter(|project| project.unchanged).count();
    sentence.push_str(if unchanged == verification.projects.len() {
        "; the sources are those of the report\n"
    } else {
        "; the sources changed since the report\n"
    });
    sentence
}

fn one_line(text: &str) -> String {
    visible(text).replace('\n', " ")
}
