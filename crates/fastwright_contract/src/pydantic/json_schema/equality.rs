//! When two JSON values are the same for Python: `True == 1 == 1.0`, whatever the order of keys.

use crate::json::Json;

/// `left == right` in Python.
pub(super) fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        (Json::Number(_) | Json::Bool(_), Json::Number(_) | Json::Bool(_)) => {
            match (integer(left), integer(right)) {
                (Some(left), Some(right)) => left == right,
                _ => number(left) == number(right),
            }
        }
        _ => left == right,
    }
}

/// Each schema once, where it stood first (`_deduplicate_schemas`); of equal ones the last counts.
pub(super) fn deduplicated(schemas: impl IntoIterator<Item = Json>) -> Vec<Json> {
    let mut kept: Vec<Json> = Vec::new();
    for schema in schemas {
        match kept.iter_mut().find(|known| same(known, &schema)) {
            Some(known) => *known = schema,
            None => kept.push(schema),
        }
    }
    kept
}

fn integer(value: &Json) -> Option<i128> {
    match value {
        Json::Bool(value) => Some(i128::from(*value)),
        Json::Number(number) => number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)),
        _ => None,
    }
}

fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Bool(value) => Some(f64::from(u8::from(*value))),
        Json::Number(number) => number.as_f64(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_truths_compare_as_in_python() {
        assert!(same(&json!({"a": 1, "b": [true]}), &json!({"b": [1.0], "a": 1})));
        assert!(!same(&json!({"a": "1"}), &json!({"a": 1})));
        assert_eq!(
            deduplicated([json!({"const": 1}), json!(2), json!({"const": true})]),
            [json!({"const": true}), json!(2)]
        );
    }
}
