//! Objects in `Annotated[...]` that stand for constraints (`annotated_types`; Pydantic 2.14 `types.py`).

use super::annotations::Annotation;
use super::decorators::ValidatorMode;
use super::library_types::GENERAL;
use super::names;
use fastwright_python::value::*;

/// Constraints by their keywords.
const KEYWORDS: &[&str] = &[
    "strict",
    "gt",
    "ge",
    "lt",
    "le",
    "multiple_of",
    "min_length",
    "max_length",
    "allow_inf_nan",
    "fail_fast",
    "pattern",
    "max_digits",
    "decimal_places",
    "union_mode",
    "coerce_numbers_to_str",
    "strip_whitespace",
    "to_upper",
    "to_lower",
    "ascii_only",
];

/// The constraints that an object stands for; nothing where it is none.
pub(super) fn constraints_of(value: &Value) -> Option<Vec<Annotation>> {
    let constraint = |name: &'static str, value: &Value| {
        (!value.is_none()).then(|| Annotation::Constraint(name, value.clone()))
    };
    let nothing = StrongRc::default();
    let (name, arguments) = match value.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. }) => (callee.as_external()?, arguments),
        _ => (value.as_external()?, &nothing),
    };
    let get = |position, keyword| arguments.get(position, keyword);
    if name == GENERAL {
        return Some(keywords(arguments));
    }
    if let Some(short) = names::annotated_types(&name) {
        let one = |name: &'static str| {
            Some(get(0, name).and_then(|value| constraint(name, value)).into_iter().collect())
        };
        return match short {
            "Gt" => one("gt"),
            "Ge" => one("ge"),
            "Lt" => one("lt"),
            "Le" => one("le"),
            "MultipleOf" => one("multiple_of"),
            "MinLen" => one("min_length"),
            "MaxLen" => one("max_length"),
            "Interval" => Some(keywords(arguments)),
            "Len" => {
                let mut made = Vec::new();
                let min = get(0, "min_length").filter(|value| value.as_int() != Some(0));
                made.extend(min.and_then(|value| constraint("min_length", value)));
                made.extend(get(1, "max_length").and_then(|value| constraint("max_length", value)));
                Some(made)
            }
            "Predicate" | "Not" => Some(vec![Annotation::Validator(ValidatorMode::After, None, None)]),
            "Unit" | "Timezone" => Some(Vec::new()),
            _ => None,
        };
    }
    let truth = Value::bool(true);
    match names::pydantic(&name)? {
        "Strict" => Some(constraint("strict", get(0, "strict").unwrap_or(&truth)).into_iter().collect()),
        "AllowInfNan" => {
            Some(constraint("allow_inf_nan", get(0, "allow_inf_nan").unwrap_or(&truth)).into_iter().collect())
        }
        "FailFast" => {
            Some(constraint("fail_fast", get(0, "fail_fast").unwrap_or(&truth)).into_iter().collect())
        }
        "StringConstraints" => {
            let given = keywords(arguments);
            // Lengths come before the rest.
            let (mut lengths, rest): (Vec<_>, Vec<_>) = given.into_iter().partition(|annotation| {
                matches!(annotation, Annotation::Constraint("min_length" | "max_length" | "strict", _))
            });
            lengths.extend(rest);
            Some(lengths)
        }
        _ => None,
    }
}

fn keywords(arguments: &Arguments) -> Vec<Annotation> {
    let mut made = Vec::new();
    for keyword in KEYWORDS {
        if let Some(value) = arguments.keyword(keyword).filter(|value| !value.is_none()) {
            made.push(Annotation::Constraint(keyword, value.clone()));
        }
    }
    made
}
