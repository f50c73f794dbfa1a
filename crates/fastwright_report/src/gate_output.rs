//! A verdict of the gate, as text.

use crate::appearance::Appearance;
use crate::wrap::visible;
use fastwright_gate::Verdict;

/// The verdict first, then each reason with what would allow it.
pub(crate) fn text(verdict: &Verdict, appearance: &Appearance) -> String {
    let mut text = String::new();
    for reason in &verdict.reasons {
        let place = match &reason.at {
            Some(at) => appearance.dim(&one_line(&at.text())).into_owned() + ": ",
            None => String::new(),
        };
        text.push_str(&format!(
            "{place}{} {}\n",
            appearance.inline_code(&one_line(&reason.message), &mut false),
            appearance.dim(&format!("[{}]", reason.kind)),
        ));
        if let Some(change) = &reason.change {
            for (sign, value) in [("-", &change.old), ("+", &change.new)] {
                if let Some(value) = value {
                    text.push_str(&format!("  {sign} {}\n", one_line(value)));
                }
            }
            text.push_str(&format!("  {}\n", appearance.inline_code(&change.effect, &mut false)));
        }
        if let Some(allow) = &reason.allow {
            text.push_str(&format!("  {}\n", appearance.dim(&format!("asked for: --allow {allow}"))));
        }
    }
    if !verdict.reasons.is_empty() {
        text.push('\n');
    }
    for change in &verdict.allowed {
        text.push_str(&format!(
            "{}: {}\n",
            appearance.dim("as asked for"),
            appearance.inline_code(&one_line(&change.message), &mut false)
        ));
    }
    let checked = &verdict.checked;
    let word = if verdict.accepted { "accepted" } else { "refused" };
    let noun =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let mut sentence = format!(
        "{}: {} changed, {} compared, {} before and {} after",
        appearance.bold(word),
        noun(checked.files, "file", "files"),
        noun(checked.routes, "route", "routes"),
        noun(checked.findings_before, "finding", "findings"),
        checked.findings_after,
    );
    if checked.tests {
        sentence.push_str(", tests run");
    }
    if checked.undecided > 0 {
        let points = noun(checked.undecided, "point is", "points are");
        sentence.push_str(&format!("; {points} undecided"));
    }
    text.push_str(&sentence);
    text.push('\n');
    text
}

fn one_line(text: &str) -> String {
    visible(text).replace('\n', " ")
}
