//! A committed document against the one that the program gives now.

use fastwright_contract::json::{Json, JsonObject};
use fastwright_engine::Failure;
use similar::{ChangeTag, TextDiff};
use std::path::Path;

/// Reads a committed document, JSON or YAML.
///
/// # Errors
/// When the file can't be read or is neither.
pub(super) fn read(file: &Path) -> Result<Json, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}", file.display())))?;
    if let Ok(json) = serde_json::from_str(&text) {
        return Ok(json);
    }
    serde_saphyr::from_str(&text)
        .map_err(|error| Failure::new(format!("{} is neither JSON nor YAML: {error}", file.display())))
}

/// What differs between two documents.
pub(super) struct Difference {
    places: Vec<String>,
    lines: Vec<(char, String)>,
}

/// The difference; none where both say the same. The order of keys does not count, nor whether a number
/// is written with a fraction of zero.
pub(super) fn difference(committed: &Json, current: &Json, file: &Path) -> Option<Difference> {
    let mut places = Vec::new();
    collect(committed, current, &mut String::new(), &mut places);
    if places.is_empty() {
        return None;
    }
    let before = text(&ordered_like(committed, current));
    let after = text(current);
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = vec![
        ('-', format!("-- {} (committed)", file.display())),
        ('+', "++ what the program gives".to_owned()),
    ];
    for group in diff.grouped_ops(3) {
        if let (Some(first), Some(last)) = (group.first(), group.last()) {
            let old = first.old_range().start + 1..last.old_range().end + 1;
            let new = first.new_range().start + 1..last.new_range().end + 1;
            lines.push(('@', format!("@ -{},{} +{},{} @@", old.start, old.len(), new.start, new.len())));
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push((sign, change.value().trim_end_matches('\n').to_owned()));
        }
    }
    Some(Difference { places, lines })
}

/// The difference as people read it: the places first, then the lines.
pub(super) fn render(difference: &Difference, colour: bool) -> String {
    const SHOWN: usize = 40;
    let count = difference.places.len();
    let noun = if count == 1 { "place" } else { "places" };
    let mut text = format!("The document differs in {count} {noun}:\n");
    for place in difference.places.iter().take(SHOWN) {
        text.push_str(&format!("  {place}\n"));
    }
    if count > SHOWN {
        text.push_str(&format!("  and {} more\n", count - SHOWN));
    }
    text.push('\n');
    for (sign, line) in &difference.lines {
        let code = match sign {
            '-' => "31",
            '+' => "32",
            '@' => "36",
            _ => "",
        };
        if colour && !code.is_empty() {
            text.push_str(&format!("\u{1b}[{code}m{sign}{line}\u{1b}[0m\n"));
        } else {
            text.push_str(&format!("{sign}{line}\n"));
        }
    }
    text
}

fn collect(committed: &Json, current: &Json, place: &mut String, places: &mut Vec<String>) {
    if same(committed, current) {
        return;
    }
    let length = place.len();
    match (committed, current) {
        (Json::Object(before), Json::Object(after)) => {
            for (key, value) in before {
                push(place, key);
                match after.get(key) {
                    Some(other) => collect(value, other, place, places),
                    None => places.push(format!("{place}: gone")),
                }
                place.truncate(length);
            }
            for key in after.keys().filter(|key| !before.contains_key(*key)) {
                push(place, key);
                places.push(format!("{place}: new"));
                place.truncate(length);
            }
        }
        (Json::Array(before), Json::Array(after)) if before.len() == after.len() => {
            for (position, (value, other)) in before.iter().zip(after).enumerate() {
                push(place, &position.to_string());
                collect(value, other, place, places);
                place.truncate(length);
            }
        }
        _ => places.push(format!("{place}: {} is now {}", short(committed), short(current))),
    }
}

fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

/// A step of a JSON pointer (RFC 6901).
fn push(place: &mut String, key: &str) {
    place.push('/');
    place.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

fn short(value: &Json) -> String {
    let text = value.to_string();
    if text.chars().count() > 60 { text.chars().take(57).chain("...".chars()).collect() } else { text }
}

/// The same document with its keys in the order that another one has them.
fn ordered_like(value: &Json, model: &Json) -> Json {
    match (value, model) {
        (Json::Object(value), Json::Object(model)) => {
            let mut ordered = JsonObject::new();
            for (key, model) in model {
                if let Some(value) = value.get(key) {
                    ordered.insert(key.clone(), ordered_like(value, model));
                }
            }
            for (key, value) in value {
                if !ordered.contains_key(key) {
                    ordered.insert(key.clone(), value.clone());
                }
            }
            Json::Object(ordered)
        }
        (Json::Array(values), Json::Array(models)) => Json::Array(
            values
                .iter()
                .enumerate()
                .map(|(position, value)| match models.get(position) {
                    Some(model) => ordered_like(value, model),
                    None => value.clone(),
                })
                .collect(),
        ),
        (Json::Number(value), Json::Number(model)) if value.as_f64() == model.as_f64() => {
            Json::Number(model.clone())
        }
        _ => value.clone(),
    }
}

fn text(document: &Json) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
