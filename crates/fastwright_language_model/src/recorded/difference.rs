//! The first place where two requests differ.

use serde::Serialize;
use serde_json::Value;

/// Texts are shown around the place where they part, this many characters.
const SHOWN: usize = 60;

/// Says where two values differ first, and how; `None` if they are the same.
pub(super) fn between<T: Serialize>(recorded: &T, now: &T) -> Option<String> {
    let (recorded, now) = (serde_json::to_value(recorded).ok()?, serde_json::to_value(now).ok()?);
    let mut path = String::new();
    find(&recorded, &now, &mut path)
}

fn find(recorded: &Value, now: &Value, path: &mut String) -> Option<String> {
    let length = path.len();
    match (recorded, now) {
        (Value::Object(old), Value::Object(new)) => {
            let only_new = new.keys().filter(|key| !old.contains_key(*key));
            for key in old.keys().chain(only_new) {
                path.push('/');
                path.push_str(key);
                let found = find_member(old.get(key), new.get(key), path);
                if found.is_some() {
                    return found;
                }
                path.truncate(length);
            }
            None
        }
        (Value::Array(old), Value::Array(new)) => {
            for index in 0..old.len().max(new.len()) {
                path.push('/');
                path.push_str(&index.to_string());
                let found = find_member(old.get(index), new.get(index), path);
                if found.is_some() {
                    return found;
                }
                path.truncate(length);
            }
            None
        }
        _ if recorded == now => None,
        (Value::String(old), Value::String(new)) => {
            let same = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
            let from = same.saturating_sub(SHOWN / 2);
            Some(format!("{path}: {:?} was recorded, {:?} comes", part(old, from), part(new, from)))
        }
        _ => Some(format!("{path}: {} was recorded, {} comes", shown(recorded), shown(now))),
    }
}

fn find_member(recorded: Option<&Value>, now: Option<&Value>, path: &mut String) -> Option<String> {
    match (recorded, now) {
        (Some(recorded), Some(now)) => find(recorded, now, path),
        (Some(recorded), None) => Some(format!("{path}: {} was recorded and does not come", shown(recorded))),
        (None, Some(now)) => Some(format!("{path}: {} comes and was not recorded", shown(now))),
        (None, None) => None,
    }
}

fn shown(value: &Value) -> String {
    part(&value.to_string(), 0)
}

/// A part of a text, with dots where something is left out.
fn part(text: &str, from: usize) -> String {
    let before = if from > 0 { "…" } else { "" };
    let shown: String = text.chars().skip(from).take(SHOWN).collect();
    let after = if text.chars().nth(from + SHOWN).is_some() { "…" } else { "" };
    format!("{before}{shown}{after}")
}
