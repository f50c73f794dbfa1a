//! Which texts in a path can lead out of its folder.

use fastwright_python::dotted::last_part;
use fastwright_python::ir::BinaryOperator;
use fastwright_python::value::*;

/// How deep a path is looked into.
const DEEPEST: u32 = 8;

/// A path without the texts that only continue a name: `reports/year_{text}` names a file that begins with `year_`,
/// whatever the text is, since the folder `year_..` does not exist (POSIX 4.13, pathname resolution).
pub fn without_continued_names(value: &Value) -> Value {
    without(value, DEEPEST)
}

/// Whether a function makes the folders on the way to a path: that of a continued name as well.
pub fn makes_folders(function: &str) -> bool {
    matches!(last_part(function), "mkdir" | "makedirs" | "renames" | "copytree" | "move")
}

fn without(value: &Value, depth: u32) -> Value {
    if depth == 0 {
        return value.clone();
    }
    let inner = |value: &Value| without(value, depth - 1);
    match value.kind() {
        Kind::Union(values) => Value::union(values.iter().map(inner).collect::<Vec<_>>()),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Format(parts) => {
                let mut kept: Vec<Value> = Vec::with_capacity(parts.len());
                for (index, part) in parts.iter().enumerate() {
                    let continues = index > 0 && ends_within_name(&parts[index - 1]);
                    if part.as_str().is_some() || !continues {
                        kept.push(inner(part));
                    }
                }
                Value::symbolic(Symbolic::Format(kept))
            }
            Symbolic::Binary { operator: BinaryOperator::Add, left, .. } if ends_within_name(left) => {
                inner(left)
            }
            Symbolic::Binary { operator, left, right } => Value::symbolic(Symbolic::Binary {
                operator: *operator,
                left: inner(left),
                right: inner(right),
            }),
            Symbolic::Call { callee, arguments, site } if callee.as_external().is_some() => {
                let mut arguments = Arguments::clone(arguments);
                for argument in &mut arguments.positional {
                    *argument = inner(argument);
                }
                Value::call(callee.clone(), arguments, *site)
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

/// Whether a text ends with letters of a name: what follows belongs to the same name.
fn ends_within_name(value: &Value) -> bool {
    let text = match value.as_symbolic() {
        Some(Symbolic::Binary { operator: BinaryOperator::Add, right, .. }) => right.as_str(),
        Some(Symbolic::Format(parts)) => parts.last().and_then(Value::as_str),
        _ => value.as_str(),
    };
    text.is_some_and(|text| !text.is_empty() && !text.ends_with(['/', '\\']))
}
