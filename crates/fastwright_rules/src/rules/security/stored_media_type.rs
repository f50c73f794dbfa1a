//! `stored-media-type`: answer whose media type comes from stored data.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::data_flow::{any_text_part, holds};
use crate::finding::Confidence;
use crate::reporter::{Draft, Reporter};
use crate::wording::route_name;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Comparison;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Answer whose media type comes from stored data.
    StoredMediaType {
        name: "stored-media-type",
        area: Security,
        severity: Medium,
        confidence: Possible,
        summary: "answer whose media type comes from stored data",
        why: "Whoever filled the field decides what the browser makes of the answer: as `text/html` or `image/svg+xml` it runs script on your site, with the visitor's session.",
        recommendation: "Compare the media type with a list of harmless ones (`image/png`, `image/jpeg`, ...), send `X-Content-Type-Options: nosniff`, and `Content-Disposition: attachment` for everything else.",
        trade_off: "Kinds that are not listed are downloaded instead of shown.",
        contract_effect: "other media types are refused or downloaded",
        cwe: [79, 434],
        owasp: ["API8:2023"],
        profile: Audit,
        page: "security/stored-media-type.md",
        references: ["https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let answering = code.calls().libraries(answers);
    for node in answering.iter() {
        let summary = &code.nodes[node].summary;
        for (position, event) in summary.events.iter().enumerate() {
            let EventKind::Call(call) = &event.kind else { continue };
            if !code.nodes[node].callee(position).is_some_and(answers) {
                continue;
            }
            let Some(kind) = media_type(call) else { continue };
            let Some(field) = stored(interpreter, kind, 0) else { continue };
            if is_listed(interpreter, code, node, field, position) {
                continue;
            }
            for reached in code.routes_of(node) {
                let route = reached.route_in(analysis);
                let title = route_name(route);
                report.report(
                    Draft::new(
                        event.location,
                        summary.function.definition.qualname.as_str(),
                        format!("`{title}` answers with the media type that `{field}` says"),
                    )
                    .confidence(Confidence::Possible)
                    .route(route)
                    .evidence_chain(code.evidence(analysis, &reached))
                    .evidence(
                        format!("its media type is made of `{field}`, and nothing compares it with a list"),
                        event.location,
                    )
                    .discriminator(field.to_string()),
                );
            }
        }
    }
}

/// Whether a class makes answers with a media type.
fn answers(name: &str) -> bool {
    name.ends_with("responses.Response") || name.ends_with("responses.StreamingResponse")
}

fn media_type(call: &CallEvent) -> Option<&Value> {
    call.arguments.get(3, "media_type").filter(|kind| kind.as_str().is_none() && !kind.is_none())
}

/// The field of an object that a text is made of.
fn stored(interpreter: &mut Interpreter<'_>, value: &Value, depth: u32) -> Option<Name> {
    if depth > 8 {
        return None;
    }
    if let Some(Symbolic::Member { base, name }) = value.as_symbolic() {
        let is_object = match interpreter.class_of(base) {
            Some(class) => matches!(class.kind(), Kind::Class(_)),
            // Loaded by something that is not followed; answers of other services have headers.
            None => matches!(base.as_symbolic(), Some(Symbolic::Call { .. })) && *name != "headers",
        };
        return is_object.then_some(*name);
    }
    let mut parts = Vec::new();
    any_text_part(interpreter, value, &mut |part| {
        parts.push(part.clone());
        false
    });
    parts.iter().find_map(|part| stored(interpreter, part, depth + 1))
}

/// Whether something before the answer compares text made of the field with a list.
fn is_listed(
    interpreter: &Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    field: Name,
    before: usize,
) -> bool {
    let names_field = |value: &Value| {
        holds(
            interpreter,
            value,
            &mut |part| matches!(part.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == field),
        )
    };
    code.nodes[node].summary.events.iter().take(before).any(|event| match &event.kind {
        EventKind::Condition(value) => holds(interpreter, value, &mut |part| match part.as_symbolic() {
            Some(Symbolic::Compare { comparison: Comparison::In | Comparison::NotIn, left, right }) => {
                right.as_str().is_none() && names_field(left)
            }
            _ => false,
        }),
        _ => false,
    })
}
