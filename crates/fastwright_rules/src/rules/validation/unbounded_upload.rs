//! `unbounded-upload`: uploaded file that is read into memory as a whole, however large it is.

use crate::call_graph::Node;
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::syntax;
use crate::vocabulary::holds_any;
use crate::wording::route_name;
use fastwright_model::application::{App, Route};
use fastwright_model::assemble::RouteDetail;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::EventKind;
use fastwright_python::value::Value;

crate::declare_rule! {
    /// Uploaded file that is read into memory as a whole, however large it is.
    UnboundedUpload {
        name: "unbounded-upload",
        area: Validation,
        severity: Medium,
        confidence: Likely,
        summary: "uploaded file that is read into memory as a whole, however large it is",
        why: "A few large uploads at the same time take all memory of the process; nothing in the application refuses them.",
        recommendation: "Limit the body (`max_body_size=` from FastAPI 0.165 on, or the proxy in front), and read large files in pieces.",
        trade_off: "Larger files are refused with 413.",
        contract_effect: "413 for bodies above the limit",
        cwe: [770, 400],
        owasp: ["API4:2023"],
        profile: Strict,
        page: "validation/unbounded-upload.md",
        references: ["https://fastapi.tiangolo.com/advanced/request-body-limits/", "https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let code = context.call_graph();
    let reading = code.calls().libraries(is_read);
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for number in reading.iter() {
        let node = &code.nodes[number];
        if asks_for_size(node) {
            continue;
        }
        for (position, event) in node.summary.events.iter().enumerate() {
            let EventKind::Call(call) = &event.kind else { continue };
            let whole = call.arguments.get(0, "size").is_none_or(|size| size.as_int() == Some(-1));
            if !node.callee(position).is_some_and(is_read) || !whole || call.arguments.incomplete {
                continue;
            }
            let function = &node.definition;
            for reached in code.routes_of(number) {
                let app = &analysis.apps[reached.app];
                let detail = &analysis.details[reached.app][reached.route];
                let route = reached.route_in(analysis);
                let limited = is_limited(interpreter, app, route, detail)
                    || asks_for_size(&code.nodes[reached.entry])
                    || reached.chain.iter().any(|edge| asks_for_size(&code.nodes[edge.to()]));
                if limited {
                    continue;
                }
                let outline = reached.outline(analysis, event.location, &function.qualname);
                report.report_on_route(&outline, |draft: Draft| {
                    let title = route_name(route);
                    draft
                        .message(format!("`{title}` reads a whole upload into memory, of any size"))
                        .evidence_chain(code.evidence(analysis, &reached))
                        .evidence("the file is read as a whole here", event.location)
                        .example("FastAPI(max_body_size=10_000_000)")
                });
            }
        }
    }
}

fn is_read(callee: &str) -> bool {
    matches!(
        callee,
        "fastapi.UploadFile.read"
            | "starlette.datastructures.UploadFile.read"
            | "fastapi.datastructures.UploadFile.read"
    )
}

/// Whether a function looks at how large something is.
fn asks_for_size(node: &Node) -> bool {
    let definition = &node.definition;
    ["size", "content_length", "max_size", "MAX_SIZE", "MAX_FILE_SIZE", "MAX_UPLOAD_SIZE", "max_file_size"]
        .iter()
        .any(|name| syntax::uses_name(definition, name))
}

/// Whether the application limits bodies on the way to a route.
fn is_limited(interpreter: &Interpreter<'_>, app: &App, route: &Route, detail: &RouteDetail) -> bool {
    let set = |value: Option<&Value>| value.is_some_and(|value| !value.is_none());
    let by_option = set(detail.flat.options.keyword("max_body_size"))
        || detail.flat.layers.iter().any(|layer| set(layer.get(interpreter, "max_body_size").as_ref()));
    let words = ["size", "body", "upload", "length"];
    by_option
        || app
            .middleware
            .iter()
            .any(|middleware| holds_any(middleware.name.rsplit(':').next().unwrap_or_default(), &words))
        || route
            .guard
            .by
            .iter()
            .any(|guard| holds_any(guard, &["upload_limit", "body_size", "content_length"]))
}
