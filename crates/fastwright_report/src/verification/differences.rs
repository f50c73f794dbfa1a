//! What differs between two values of JSON, field by field; places are told as places.

use super::Difference;
use serde_json::{Map, Value};

/// Longer values are cut.
const LONGEST_VALUE: usize = 200;

/// What differs, in the order of the fields. Never empty for values that are not equal.
pub(super) fn differences(report: &Value, review: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    collect("", Some(report), Some(review), &mut found);
    found
}

fn collect(field: &str, report: Option<&Value>, review: Option<&Value>, found: &mut Vec<Difference>) {
    match (report, review) {
        (Some(report), Some(review)) if report == review => {}
        (Some(Value::Object(report)), Some(Value::Object(review))) => {
            let places = is_place(report) && is_place(review);
            if places && without_positions_of(report) == without_positions_of(review) {
                let text = |place| Some(place_text(place));
                found.push(Difference { field: named(field), report: text(report), review: text(review) });
                return;
            }
            let added = report.keys().filter(|key| !review.contains_key(*key));
            for key in review.keys().chain(added) {
                let inner = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
                collect(&inner, report.get(key), review.get(key), found);
            }
        }
        (Some(Value::Array(report)), Some(Value::Array(review))) => {
            for index in 0..report.len().max(review.len()) {
                collect(&format!("{field}[{index}]"), report.get(index), review.get(index), found);
            }
        }
        (report, review) => {
            let text = |value: Option<&Value>| value.map(|value| shortened(&value.to_string()));
            found.push(Difference { field: named(field), report: text(report), review: text(review) });
        }
    }
}

fn named(field: &str) -> String {
    if field.is_empty() { "all of it".to_owned() } else { field.to_owned() }
}

fn is_place(object: &Map<String, Value>) -> bool {
    ["path", "start", "end"].iter().all(|key| object.contains_key(*key))
}

fn without_positions_of(place: &Map<String, Value>) -> Map<String, Value> {
    let kept = place.iter().filter(|(key, _)| !matches!(key.as_str(), "path" | "start" | "end"));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// `path:line:column-line:column (bytes 10-20)`.
fn place_text(place: &Map<String, Value>) -> String {
    let position = |key: &str, part: &str| place[key].get(part).map(Value::to_string).unwrap_or_default();
    shortened(&format!(
        "{}:{}:{}-{}:{} (bytes {}-{})",
        place["path"].as_str().unwrap_or_default(),
        position("start", "line"),
        position("start", "column"),
        position("end", "line"),
        position("end", "column"),
        position("start", "offset"),
        position("end", "offset"),
    ))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The value with every place only a path and what its bytes are.
pub(super) fn without_positions(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let place = is_place(object);
            let kept = object.iter().filter(|(key, _)| !place || !matches!(key.as_str(), "start" | "end"));
            Value::Object(kept.map(|(key, value)| (key.clone(), without_positions(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_positions).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_named_by_field() {
        let place = |line: u32| {
            json!({"path": "a.py", "start": {"line": line, "column": 1, "offset": 0},
                   "end": {"line": line, "column": 2, "offset": 1}, "hash": "00"})
        };
        let review =
            json!({"severity": "high", "evidence": [{"note": "a", "location": place(1)}], "why": "w"});
        let report =
            json!({"severity": "low", "evidence": [{"note": "a", "location": place(2)}], "remark": 1});
        let found = differences(&report, &review);
        let fields: Vec<&str> = found.iter().map(|difference| difference.field.as_str()).collect();
        assert_eq!(fields, ["severity", "evidence[0].location", "why", "remark"]);
        assert_eq!(found[0].report.as_deref(), Some("\"low\""));
        assert_eq!(found[1].report.as_deref(), Some("a.py:2:1-2:2 (bytes 0-1)"));
        assert_eq!((found[2].report.as_deref(), found[2].review.as_deref()), (None, Some("\"w\"")));
        assert!(differences(&review, &review).is_empty());
        let moved =
            json!({"severity": "high", "evidence": [{"note": "a", "location": place(9)}], "why": "w"});
        assert_eq!(without_positions(&moved), without_positions(&review));
        assert_ne!(without_positions(&report), without_positions(&review));
    }
}
