//! The preserve list as text: one line an operation, or one a resource where there are very many.

use crate::appearance::Appearance;
use crate::review_document::{PreservedOperation, PreservedResource, ReviewDocument};
use crate::wrap::{counted, pad, truncate, visible, width};

/// More operations than this are shown by resource: a list that nobody reads to its end hides the findings.
const MOST_OPERATIONS: usize = 80;
/// A longer path moves the rest of its own line only.
const WIDEST_PATH: usize = 44;

/// The section of the full text; empty when nothing is known.
pub(crate) fn text(document: &ReviewDocument, appearance: &Appearance) -> String {
    let resources = &document.preserve;
    let operations = operation_count(resources);
    if operations == 0 {
        return String::new();
    }
    let mut text = appearance.title("What this service does, and what any change must preserve");
    if operations > MOST_OPERATIONS {
        condensed(&mut text, resources, appearance);
        let note = format!(
            "{} of {}, condensed; `fastwright routes` lists each.",
            counted(operations, "operation", "operations"),
            counted(resources.len(), "resource", "resources")
        );
        text.push_str(&format!("\n{}\n", appearance.inline_code(&note, &mut false)));
    } else {
        each_operation(&mut text, resources, appearance);
    }
    text.push('\n');
    text
}

/// How many operations there are in all.
pub(crate) fn operation_count(resources: &[PreservedResource]) -> usize {
    resources.iter().map(|resource| resource.operations.len()).sum()
}

/// Whether the list is too long to show each operation.
pub(crate) fn is_long(resources: &[PreservedResource]) -> bool {
    operation_count(resources) > MOST_OPERATIONS
}

fn each_operation(text: &mut String, resources: &[PreservedResource], appearance: &Appearance) {
    let widest = |of: fn(&PreservedOperation) -> usize, most: usize| {
        let all = resources.iter().flat_map(|resource| &resource.operations);
        all.map(of).filter(|&columns| columns <= most).max().unwrap_or(0)
    };
    let method = widest(|operation| width(&operation.method), 9);
    let path = widest(|operation| width(&operation.path), WIDEST_PATH);
    let who = widest(|operation| width(&operation.who), 32);
    for resource in resources {
        text.push_str(&format!("{}\n", appearance.bold(&visible(&resource.resource))));
        for operation in &resource.operations {
            let mut line = format!(
                "  {}  {}  {}",
                pad(&operation.method, method),
                pad(&visible(&operation.path), path),
                pad(&visible(&operation.who), who),
            );
            let effects = effects(&operation.effects);
            let effects = visible(&effects);
            let room = appearance.width.unwrap_or(usize::MAX);
            if width(&line) + 2 + width(&effects) <= room {
                line.push_str("  ");
                line.push_str(&effects);
                text.push_str(&format!("{}\n", line.trim_end()));
            } else {
                // A narrow terminal: the effects stand below the path.
                text.push_str(&format!("{}\n", truncate(line.trim_end(), room)));
                let effects = truncate(&effects, room.saturating_sub(method + 6));
                text.push_str(&format!("{}{}\n", " ".repeat(method + 6), appearance.dim(&effects)));
            }
        }
    }
}

fn condensed(text: &mut String, resources: &[PreservedResource], appearance: &Appearance) {
    let name = resources.iter().map(|resource| width(&resource.resource)).max().unwrap_or(0).min(28);
    let counts: Vec<String> = resources.iter().map(|resource| methods(&resource.operations)).collect();
    let count = counts.iter().map(|text| width(text)).max().unwrap_or(0).min(40);
    for (resource, methods) in resources.iter().zip(counts) {
        let shown = truncate(&visible(&resource.resource), 28);
        let line = format!("{}  {}", pad(&methods, count), summary(&resource.operations));
        let fill = " ".repeat(name.saturating_sub(width(&shown)));
        // Cut without the painted name: colours have no width.
        let room = appearance.width.map_or(usize::MAX, |columns| columns.saturating_sub(name + 2));
        text.push_str(&appearance.bold(&shown));
        text.push_str(&format!("{fill}  {}\n", truncate(&line, room).trim_end()));
    }
}

/// `4 GET, 2 POST`.
pub(crate) fn methods(operations: &[PreservedOperation]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for operation in operations {
        match counts.iter_mut().find(|(method, _)| *method == operation.method) {
            Some((_, count)) => *count += 1,
            None => counts.push((&operation.method, 1)),
        }
    }
    let parts: Vec<String> = counts.iter().map(|(method, count)| format!("{count} {method}")).collect();
    parts.join(", ")
}

/// Who and which effects, over all operations.
pub(crate) fn summary(operations: &[PreservedOperation]) -> String {
    let mut who: Vec<&str> = Vec::new();
    let mut all: Vec<String> = Vec::new();
    for operation in operations {
        if !who.contains(&operation.who.as_str()) {
            who.push(&operation.who);
        }
        for effect in &operation.effects {
            if !all.contains(effect) {
                all.push(effect.clone());
            }
        }
    }
    let effects = effects(&all);
    let text = if effects.is_empty() { who.join(", ") } else { format!("{}; {effects}", who.join(", ")) };
    visible(&text).into_owned()
}

/// `reads books, orders; writes orders; sends mail`: effects with the verb said once.
pub(crate) fn effects(effects: &[String]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for verb in ["reads ", "writes "] {
        let tables: Vec<&str> = effects.iter().filter_map(|effect| effect.strip_prefix(verb)).collect();
        if !tables.is_empty() {
            parts.push(format!("{verb}{}", tables.join(", ")));
        }
    }
    let others =
        effects.iter().filter(|effect| !effect.starts_with("reads ") && !effect.starts_with("writes "));
    parts.extend(others.cloned());
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_say_each_verb_once() {
        let list = ["reads books", "calls api.stripe.com", "writes orders", "reads orders"].map(String::from);
        assert_eq!(effects(&list), "reads books, orders; writes orders; calls api.stripe.com");
    }
}
