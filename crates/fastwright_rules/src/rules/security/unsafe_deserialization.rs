//! `unsafe-deserialization`: data of a client that is loaded in a format which runs code.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Fix, Severity};
use crate::fixes::Source;
use crate::injection::values::is_set;
use crate::injection::{Danger, Injection, report_injections};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::{Location, Span};
use fastwright_python::summary::CallEvent;

crate::declare_rule! {
    /// Data of a client that is loaded in a format which runs code.
    UnsafeDeserialization {
        name: "unsafe-deserialization",
        area: Security,
        severity: Critical,
        confidence: Likely,
        summary: "data of a client that is loaded in a format which runs code",
        why: "Such a format names functions to call while it is loaded: whoever sends the data runs code in the process.",
        recommendation: "Take JSON (a Pydantic model), `yaml.safe_load`, `weights_only=True` or another format that only holds data.",
        trade_off: "Clients that send the old format have to change; objects have to be rebuilt from plain data.",
        contract_effect: "clients send another format",
        cwe: [502],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/unsafe-deserialization.md",
        references: ["https://docs.python.org/3/library/pickle.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let injection = Injection {
        calls: &loads,
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| data(name, call),
        accepts: &|input: &RequestInput, _: &Route| input.is_free_text(),
        message: &|input: &RequestInput, route: &str, acts: &str| {
            format!(
                "`{}` of `{route}` is turned into objects by `{acts}`, which runs what it finds",
                input.text
            )
        },
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        to_the_text: false,
        is_path: false,
        fix: &safe_yaml,
    };
    report_injections(context, report, &injection);
}

/// Whether a function makes objects of data in a way that runs code.
fn loads(name: &str) -> bool {
    matches!(
        name,
        "pickle.loads"
            | "pickle.load"
            | "pickle.Unpickler"
            | "cloudpickle.loads"
            | "cloudpickle.load"
            | "dill.loads"
            | "dill.load"
            | "marshal.loads"
            | "marshal.load"
            | "joblib.load"
            | "torch.load"
            | "numpy.load"
            | "pandas.read_pickle"
            | "jsonpickle.decode"
            | "shelve.open"
            | "yaml.load"
            | "yaml.load_all"
            | "yaml.unsafe_load"
            | "yaml.full_load"
    )
}

fn data(name: &str, call: &CallEvent) -> Option<Danger> {
    let is_harmless = match name {
        "torch.load" => is_set(call, "weights_only"),
        "numpy.load" => !is_set(call, "allow_pickle"),
        "yaml.load" | "yaml.load_all" => {
            let loader = call.arguments.get(1, "Loader");
            loader
                .and_then(|value| value.as_external())
                .is_none_or(|name| name.contains("Safe") || name.contains("Base"))
        }
        _ => false,
    };
    let value = call
        .arguments
        .positional
        .first()
        .or_else(|| call.arguments.keywords.first().map(|(_, value)| value))?;
    (!is_harmless).then(|| Danger { acts: name.to_owned(), value: value.clone() })
}

/// The loader of YAML that only makes plain values.
fn safe_yaml(context: &Context<'_>, place: Location, acts: &str) -> Option<Fix> {
    let new = match acts {
        "yaml.load" | "yaml.unsafe_load" | "yaml.full_load" => "safe_load",
        "yaml.load_all" => "safe_load_all",
        _ => return None,
    };
    let source = Source::of(context, place.file)?;
    let (_, call) = source.call(place.span)?;
    let (base, _) = call.callee.as_attribute()?;
    let name = Span::new(source.with_parentheses(base.span).end + 1, call.callee.span.end);
    let mut fix =
        Fix::changes_contract("load plain values only", "YAML with tags of Python objects is refused")
            .edit(source.replace(name, new));
    if call.arguments.len() > 1 {
        fix = fix.edit(source.without_argument(&call.arguments, 1)?);
    }
    Some(fix)
}
