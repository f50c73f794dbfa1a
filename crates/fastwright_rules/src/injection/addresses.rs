//! Which part of an address decides the host.

use fastwright_python::ir::BinaryOperator;
use fastwright_python::value::*;

/// The part of an address that decides the host; nothing when the host is fixed or not known.
pub fn host_part(value: &Value, depth: u32) -> Option<Value> {
    if depth > 8 {
        return None;
    }
    match value.kind() {
        Kind::Union(values) => values.iter().find_map(|value| host_part(value, depth + 1)),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Parameter(_)
            | Symbolic::Member { .. }
            | Symbolic::Item { .. }
            | Symbolic::Element(_) => Some(value.clone()),
            Symbolic::Format(parts) => first_part(parts, depth),
            Symbolic::Binary { operator: BinaryOperator::Add, left, right } => {
                first_part(&[left.clone(), right.clone()], depth)
            }
            Symbolic::Call { callee, arguments, .. } => match callee.kind() {
                Kind::External(name) => match name.as_str() {
                    "builtins.str"
                    | "urllib.parse.urljoin"
                    | "urllib.request.Request"
                    | "httpx.URL"
                    | "yarl.URL" => host_part(arguments.positional.first()?, depth + 1),
                    _ => None,
                },
                Kind::Symbolic(inner) => match &**inner {
                    Symbolic::Member { base, name }
                        if matches!(
                            name.as_str(),
                            "strip"
                                | "rstrip"
                                | "lstrip"
                                | "lower"
                                | "replace"
                                | "unicode_string"
                                | "get"
                                | "json"
                                | "removesuffix"
                        ) =>
                    {
                        host_part(base, depth + 1)
                    }
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Which of several texts in a row decides the host.
fn first_part(parts: &[Value], depth: u32) -> Option<Value> {
    for part in parts {
        match part.as_str() {
            Some("http://" | "https://" | "") => {}
            // A fixed beginning, or one that is not the beginning of an address.
            Some(_) => return None,
            None => return host_part(part, depth + 1),
        }
    }
    None
}
