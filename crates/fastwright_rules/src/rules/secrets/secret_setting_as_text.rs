//! `secret-setting-as-text`: secret in the settings that every log line and error report may show.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::is_credential_name;
use fastwright_model::analysis::is_test_path;
use fastwright_model::schemas::Field;
use fastwright_python::interpreter::is_none_type;
use fastwright_python::ir::BinaryOperator;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Secret in the settings that every log line and error report may show.
    SecretSettingAsText {
        name: "secret-setting-as-text",
        area: Secrets,
        severity: Low,
        confidence: Certain,
        summary: "secret in the settings that every log line and error report may show",
        why: "The representation of the settings object holds the value: a log line, an error report with local variables or a debugger shows it.",
        recommendation: "Declare the field as `SecretStr`, and call `get_secret_value()` where the value is used.",
        trade_off: "Each use needs `get_secret_value()`.",
        contract_effect: "none",
        cwe: [532, 312],
        owasp: ["API8:2023"],
        profile: Strict,
        page: "secrets/secret-setting-as-text.md",
        references: ["https://docs.pydantic.dev/latest/api/types/#pydantic.types.SecretStr"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    for id in interpreter.classes().to_vec() {
        let class = Value::from(Kind::Class(id));
        if !interpreter.derives_from(&class, "pydantic_settings.main.BaseSettings") {
            continue;
        }
        let Some((name, place)) = interpreter.class(id).map(|class| (class.name, class.location)) else {
            continue;
        };
        let file = context.analysis.files.get(place.file);
        if !file.first_party || is_test_path(&file.relative) {
            continue;
        }
        let fields = context.fields(interpreter, &class);
        let shown: Vec<&Field> = fields.iter().filter(|field| field.owner == id && is_shown(field)).collect();
        let Some(first) = shown.first() else { continue };
        let names: Vec<String> = shown.iter().map(|field| format!("`{}`", field.name)).collect();
        let (verb, kept) = if names.len() == 1 { ("is", "it is") } else { ("are", "they are") };
        report.report(
            Draft::new(
                first.location,
                name.as_str(),
                format!("{} of `{name}` {verb} plain text, shown wherever the settings are", names.join(", ")),
            )
            .evidence(format!("`{name}` is read from the environment"), place)
            .evidence_chain(shown.iter().take(3).map(|field| {
                (format!("`{}` is a `str`: the representation of `{name}` holds it", field.name), field.location)
            }))
            .why(format!(
                "`repr({name}())` holds what {kept}: a log line, an error report with local variables or a debugger shows it."
            ))
            .example(format!("{}: SecretStr", first.name)),
        );
    }
}

/// Whether a field holds a secret as text, and the representation of the settings shows it.
fn is_shown(field: &Field) -> bool {
    let hidden = field.excluded
        || field.options.as_ref().is_some_and(|options| {
            options.keyword("repr").is_some_and(|value| value.as_bool() == Some(false))
        });
    !hidden && is_credential_name(&field.name) && is_text(&field.annotation)
}

/// Whether a type is `str`, or that or nothing.
fn is_text(annotation: &Value) -> bool {
    match annotation.kind() {
        Kind::External(name) => *name == "builtins.str",
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Binary { operator: BinaryOperator::BitOr, left, right } => {
                (is_text(left) && is_none_type(right)) || (is_none_type(left) && is_text(right))
            }
            Symbolic::Item { base, index } => {
                base.as_external().is_some_and(|name| name == "typing.Optional") && is_text(index)
            }
            _ => false,
        },
        _ => false,
    }
}
