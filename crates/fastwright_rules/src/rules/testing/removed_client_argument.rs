//! `removed-client-argument`: argument of an HTTPX client that HTTPX 0.28 has removed.

use crate::context::Context;
use crate::finding::{Edit, Fix};
use crate::imported_names::ImportedNames;
use crate::library_versions::at_least;
use crate::reporter::{Draft, Reporter};
use crate::syntax::expressions;
use fastwright_python::ir::{Argument, ArgumentKind, Call, Expr, ExprKind, Stmt};
use fastwright_python::location::{File, FileId, Location, Span};
use fastwright_python::project::Version;

crate::declare_rule! {
    /// Argument of an HTTPX client that HTTPX 0.28 has removed.
    RemovedClientArgument {
        name: "removed-client-argument",
        area: Testing,
        severity: Medium,
        confidence: Certain,
        summary: "argument of an HTTPX client that HTTPX 0.28 has removed",
        why: "Making the client raises a `TypeError`: every test behind that fixture fails, or the code behind it.",
        recommendation: "Give the client a transport: `ASGITransport(app=...)` for an application, `proxy=` or `mounts=` for proxies.",
        trade_off: "None: the replacements exist since HTTPX 0.13 and 0.26.",
        contract_effect: "none",
        cwe: [628],
        owasp: [],
        profile: Default,
        page: "testing/removed-client-argument.md",
        references: ["https://www.python-httpx.org/advanced/transports/#asgi-transport", "https://github.com/encode/httpx/blob/master/CHANGELOG.md"],
        check: check,
    }
}

/// From this version clients take neither `app=` nor `proxies=`.
const REMOVED: Version = Version::new(0, 28, 0);

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let Some(confidence) = at_least(context, "httpx", REMOVED) else { return };
    for (file, own) in analysis.files.iter() {
        let holds = |word: &str| memchr::memmem::find(own.text.as_bytes(), word.as_bytes()).is_some();
        let Some(code) = analysis.codes.get(file.0 as usize).filter(|_| own.first_party) else { continue };
        if !code.imports_package("httpx") || !(holds("app=") || holds("proxies=")) {
            continue;
        }
        let names = ImportedNames::of(&own.module, code);
        let mut look = |body: &[Stmt], symbol: &str| {
            expressions(body, &mut |expression| {
                if let ExprKind::Call(call) = &expression.kind
                    && let Some((class, argument, old)) = removed_argument(&names, call)
                {
                    report.report(
                        draft(own, file, (expression, symbol), (call, argument), (class, old))
                            .confidence(confidence),
                    );
                }
            });
        };
        look(&code.body, "");
        for function in &code.functions {
            look(&function.body, &function.qualname);
        }
    }
}

/// The class of a client that is made, with the argument that it no longer takes.
fn removed_argument<'c>(
    names: &ImportedNames,
    call: &'c Call,
) -> Option<(&'static str, &'c Argument, &'static str)> {
    let given = call.arguments.iter().find_map(|argument| match argument.kind {
        ArgumentKind::Keyword(name) if name == "app" => Some((argument, "app")),
        ArgumentKind::Keyword(name) if name == "proxies" => Some((argument, "proxies")),
        _ => None,
    });
    let (argument, old) = given?;
    let class = match names.meaning(&call.callee)?.as_str() {
        "httpx.AsyncClient" => "AsyncClient",
        "httpx.Client" => "Client",
        _ => return None,
    };
    Some((class, argument, old))
}

fn draft(
    own: &File,
    file: FileId,
    (made, symbol): (&Expr, &str),
    (call, argument): (&Call, &Argument),
    (class, old): (&str, &str),
) -> Draft {
    let at = |span: Span| Location { file, span };
    let value = own.slice(argument.value.span);
    // `httpx.AsyncClient` makes `httpx.ASGITransport` known, too.
    let prefix = own.slice(call.callee.span).strip_suffix(class).unwrap_or_default();
    let new = match (old, class) {
        ("app", "AsyncClient") => format!("transport={prefix}ASGITransport(app={value})"),
        ("app", _) => format!("transport={prefix}WSGITransport(app={value})"),
        _ => format!(
            "mounts={{\"all://\": {prefix}{}HTTPTransport(proxy=...)}}",
            if class == "Client" { "" } else { "Async" }
        ),
    };
    let mut draft = Draft::new(
        at(made.span),
        if symbol.is_empty() { class } else { symbol },
        format!("`{class}` takes no `{old}=` since HTTPX 0.28: making this client raises a `TypeError`"),
    )
    .discriminator(old)
    .evidence(format!("`{old}=` is given here"), at(argument.span))
    .example(format!("{prefix}{class}({new}, ...)"));
    if old == "app" && prefix.ends_with('.') {
        draft = draft.fix(
            Fix::safe(format!("give `transport=` instead of `{old}=`"))
                .edit(Edit { location: at(argument.span), text: new }),
        );
    }
    draft
}
