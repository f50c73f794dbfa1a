//! What differs between two contracts, rendered.

use crate::annotations::{data, property};
use crate::appearance::Appearance;
use crate::wrap::visible;
use fastwright_contract::contract::document::At;
use fastwright_contract::diff::{Change, Diff, Level};

/// GitHub shows ten annotations of a step and drops the others without a word.
const MOST_ANNOTATIONS: usize = 10;
/// Routes that are named for one change.
const MOST_ROUTES: usize = 3;
/// Compatible changes that text and Markdown list; JSON has all.
const MOST_COMPATIBLE: usize = 40;

/// Text for a terminal: each change with both places and what a client sees; compatible ones in one line.
pub(crate) fn text(diff: &Diff, appearance: &Appearance) -> String {
    let mut text = String::new();
    for level in [Level::Breaking, Level::Security, Level::Business] {
        for change in diff.changes.iter().filter(|change| change.level == level) {
            text.push_str(&entry(change, appearance));
            text.push('\n');
        }
    }
    let compatible: Vec<&Change> =
        diff.changes.iter().filter(|change| change.level == Level::Compatible).collect();
    for change in compatible.iter().take(MOST_COMPATIBLE) {
        let subject = subject(change).map(|subject| format!(" ({subject})")).unwrap_or_default();
        text.push_str(&format!(
            "{}: {}{}\n",
            appearance.dim("compatible"),
            appearance.inline_code(&one_line(&change.message), &mut false),
            appearance.dim(&one_line(&subject)),
        ));
    }
    if compatible.len() > MOST_COMPATIBLE {
        text.push_str(&format!("… and {} more compatible changes\n", compatible.len() - MOST_COMPATIBLE));
    }
    if !compatible.is_empty() {
        text.push('\n');
    }
    text.push_str(&sentence(diff));
    text.push('\n');
    if !diff.undecided.is_empty() {
        let count = diff.undecided.len();
        let points = if count == 1 { "point is" } else { "points are" };
        text.push_str(&format!("{count} {points} undecided: a change there is not seen\n"));
        for entry in diff.undecided.iter().take(5) {
            let place = entry.at.as_ref().map(|at| format!(" ({})", at.text())).unwrap_or_default();
            text.push_str(&format!("  {}{}\n", one_line(&entry.reason), appearance.dim(&one_line(&place))));
        }
        if count > 5 {
            text.push_str(&format!("  … and {} more\n", count - 5));
        }
    }
    text
}

fn entry(change: &Change, appearance: &Appearance) -> String {
    let mut text = format!(
        "{}: {} {}\n",
        appearance.level(change.level, change.level.name()),
        appearance.inline_code(&one_line(&change.message), &mut false),
        appearance.dim(&format!("[{}]", change.kind)),
    );
    if let Some(subject) = subject(change) {
        text.push_str(&format!("  {}\n", appearance.bold(&one_line(&subject))));
    }
    match (&change.old, &change.new) {
        (None, None) => {}
        (old, new) => {
            for (sign, value) in [("-", old), ("+", new)] {
                if let Some(value) = value {
                    text.push_str(&format!("  {sign} {}\n", one_line(value)));
                }
            }
        }
    }
    let places = match (&change.old_at, &change.new_at) {
        (Some(old), Some(new)) if old == new => old.text(),
        (Some(old), Some(new)) => format!("{} -> {}", old.text(), new.text()),
        (Some(at), None) | (None, Some(at)) => at.text(),
        (None, None) => String::new(),
    };
    if !places.is_empty() {
        text.push_str(&format!("  {}\n", appearance.dim(&one_line(&places))));
    }
    text.push_str(&format!("  {}\n", appearance.inline_code(&change.effect, &mut false)));
    text
}

/// How it was and how it is, for places without colours.
fn values(change: &Change) -> String {
    let mut text = String::new();
    for (sign, value) in [('-', &change.old), ('+', &change.new)] {
        if let Some(value) = value {
            text.push_str(&format!("{sign} {}\n", one_line(value)));
        }
    }
    text
}

fn one_line(text: &str) -> String {
    visible(text).replace('\n', " ")
}

/// The routes of a change, or its app.
fn subject(change: &Change) -> Option<String> {
    let names: Vec<String> = change.routes.iter().take(MOST_ROUTES).map(|route| route.text()).collect();
    if names.is_empty() {
        return change.app.clone();
    }
    let more = change.routes.len() - names.len();
    let mut text = names.join(", ");
    if more > 0 {
        let noun = if more == 1 { "route" } else { "routes" };
        text = format!("{text} and {more} more {noun}");
    }
    Some(text)
}

/// How many changes of each level, in one sentence.
pub(crate) fn sentence(diff: &Diff) -> String {
    let sides = format!("between {} and {}", diff.old, diff.new);
    if diff.changes.is_empty() {
        return format!("no change of the contract {sides}");
    }
    let counts: Vec<String> = Level::ALL
        .iter()
        .map(|level| (level, diff.changes.iter().filter(|change| change.level == *level).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(level, count)| format!("{count} {}", level.name()))
        .collect();
    let noun = if diff.changes.len() == 1 { "change" } else { "changes" };
    format!("{} {noun} {sides}", counts.join(", "))
}

/// Markdown for a comment on a pull request.
pub(crate) fn markdown(diff: &Diff) -> String {
    let mut text = format!("### Contract: {}\n", escaped(&sentence(diff)));
    for (level, title) in [
        (Level::Breaking, "Breaking"),
        (Level::Security, "Security"),
        (Level::Business, "Business: same interface, other behaviour"),
    ] {
        let changes: Vec<&Change> = diff.changes.iter().filter(|change| change.level == level).collect();
        if changes.is_empty() {
            continue;
        }
        text.push_str(&format!("\n#### {title} ({})\n\n", changes.len()));
        for change in changes {
            text.push_str(&item(change));
        }
    }
    let compatible: Vec<&Change> =
        diff.changes.iter().filter(|change| change.level == Level::Compatible).collect();
    if !compatible.is_empty() {
        text.push_str(&format!("\n<details><summary>Compatible ({})</summary>\n\n", compatible.len()));
        for change in compatible.iter().take(MOST_COMPATIBLE) {
            let subject = subject(change).map(|subject| format!(" ({})", code(&subject)));
            text.push_str(&format!("- {}{}\n", escaped(&change.message), subject.unwrap_or_default()));
        }
        if compatible.len() > MOST_COMPATIBLE {
            text.push_str(&format!("- … and {} more\n", compatible.len() - MOST_COMPATIBLE));
        }
        text.push_str("\n</details>\n");
    }
    if !diff.undecided.is_empty() {
        text.push_str(&format!(
            "\n{} undecided: a change there is not seen.\n",
            if diff.undecided.len() == 1 {
                "1 point is".to_owned()
            } else {
                format!("{} points are", diff.undecided.len())
            }
        ));
    }
    text
}

fn item(change: &Change) -> String {
    let mut text = format!("- **{}**", escaped(&change.message));
    if let Some(subject) = subject(change) {
        text.push_str(&format!(" ({})", code(&subject)));
    }
    text.push_str(&format!(". {}", escaped(&change.effect)));
    let places: Vec<String> = [&change.old_at, &change.new_at].into_iter().flatten().map(At::text).fold(
        Vec::new(),
        |mut places, place| {
            if !places.contains(&place) {
                places.push(place);
            }
            places
        },
    );
    if !places.is_empty() {
        let places: Vec<String> = places.iter().map(|place| code(place)).collect();
        text.push_str(&format!(" {}", places.join(" → ")));
    }
    text.push('\n');
    if change.old.is_some() || change.new.is_some() {
        text.push_str("  ```diff\n");
        for (sign, value) in [('-', &change.old), ('+', &change.new)] {
            if let Some(value) = value {
                text.push_str(&format!("  {sign} {}\n", one_line(value).replace("```", "` ` `")));
            }
        }
        text.push_str("  ```\n");
    }
    text
}

/// Text that Markdown shows as it is, but for code between backticks.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut in_code = false;
    for character in one_line(text).chars() {
        match character {
            '`' => in_code = !in_code,
            '<' | '>' | '[' | ']' | '*' | '_' | '|' | '#' | '@' if !in_code => result.push('\\'),
            _ => {}
        }
        result.push(character);
    }
    result
}

fn code(text: &str) -> String {
    format!("`{}`", one_line(text).replace('`', "'"))
}

/// At most ten annotations, the worst first, then one line of summary.
pub(crate) fn github(diff: &Diff) -> String {
    let mut text = String::new();
    let told: Vec<&Change> = diff.changes.iter().filter(|change| change.level != Level::Compatible).collect();
    for change in told.iter().take(MOST_ANNOTATIONS) {
        let command = match change.level {
            Level::Breaking | Level::Security => "error",
            Level::Business | Level::Compatible => "warning",
        };
        let place = change.new_at.as_ref().or(change.old_at.as_ref());
        let place = place.map(|at| format!("file={},line={},", property(&at.path), at.line));
        let subject = subject(change).map(|subject| format!(" ({subject})")).unwrap_or_default();
        text.push_str(&format!(
            "::{command} {}title={}::{}\n",
            place.unwrap_or_default(),
            property(&format!("{} ({})", change.kind, change.level.name())),
            data(&format!("{}{subject}\n{}\n{}", change.message, values(change), change.effect)),
        ));
    }
    text.push_str(&format!("fastwright: {}", sentence(diff)));
    if told.len() > MOST_ANNOTATIONS {
        text.push_str(&format!(
            "; {} of them without an annotation, as GitHub shows {MOST_ANNOTATIONS} a step",
            told.len() - MOST_ANNOTATIONS
        ));
    }
    text.push('\n');
    text
}
