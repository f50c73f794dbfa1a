//! `misplaced-slash`: path or prefix whose slashes do not fit together.

use crate::context::Context;
use crate::finding::Severity;
use crate::reporter::{Draft, Reporter};
use fastwright_model::analysis::is_test_path;
use fastwright_model::registry::{Entry, Registry, RouterKind};
use fastwright_python::location::Location;
use fastwright_python::value::Value;

crate::declare_rule! {
    /// Path or prefix whose slashes do not fit together.
    MisplacedSlash {
        name: "misplaced-slash",
        area: Design,
        severity: High,
        confidence: Certain,
        summary: "path or prefix whose slashes do not fit together",
        why: "A prefix and a path are put together as they are: without a slash between them the last words melt into one, and with one too many FastAPI refuses them at import.",
        recommendation: "Begin every prefix and path with a slash, and end no prefix with one.",
        trade_off: "None.",
        contract_effect: "the route is served where it reads to be",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "design/misplaced-slash.md",
        references: ["https://fastapi.tiangolo.com/tutorial/bigger-applications/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let interpreter = analysis.interpreter.borrow();
    let registry = interpreter.extension::<Registry>();
    let is_own = |site: Location| {
        let file = analysis.files.get(site.file);
        file.first_party && !is_test_path(&file.relative)
    };
    for id in &registry.order {
        let Some(state) = registry.routers.get(id) else { continue };
        if state.kind == RouterKind::Starlette {
            continue;
        }
        let prefix = state.arguments.keyword("prefix").and_then(Value::as_str).unwrap_or_default();
        if is_own(state.site)
            && let Some(why) = refused(prefix)
        {
            report.report(prefix_draft(state.site, prefix, why, "the router is made with this prefix"));
        }
        for entry in &state.entries {
            if !is_own(entry.site()) {
                continue;
            }
            match entry {
                Entry::Include(include) => {
                    let prefix =
                        include.options.keyword("prefix").and_then(Value::as_str).unwrap_or_default();
                    if let Some(why) = refused(prefix) {
                        report.report(prefix_draft(
                            include.site,
                            prefix,
                            why,
                            "the router is included with this prefix",
                        ));
                    }
                }
                Entry::Route(route) => {
                    let Some(path) = route.path.as_str() else { continue };
                    let own = route.own_prefix.as_ref().and_then(Value::as_str).unwrap_or_default();
                    // A dot or a colon goes on with the word before it: `/report` and `.csv`.
                    let glued = path
                        .starts_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '{'));
                    if !glued || own.ends_with('/') {
                        continue;
                    }
                    if own.is_empty() {
                        report.report(
                            Draft::new(
                                route.site,
                                path,
                                format!("the path `{path}` does not begin with a slash: FastAPI refuses it at import, or puts it behind the last word of a prefix"),
                            )
                            .discriminator(path)
                            .evidence("the route is registered with this path", route.site)
                            .example(format!("\"/{path}\"")),
                        );
                    } else {
                        report.report(
                            Draft::new(
                                route.site,
                                path,
                                format!("the route is served as `{own}{path}`: its path `{path}` does not begin with a slash"),
                            )
                            .discriminator(path)
                            .evidence(format!("the router has the prefix `{own}`"), state.site)
                            .evidence(format!("the path `{path}` is put right behind it"), route.site)
                            .severity(Severity::Medium)
                            .example(format!("\"/{path}\"")),
                        );
                    }
                }
                _ => {}
            }
        }
    }
}

/// Why FastAPI refuses a prefix.
fn refused(prefix: &str) -> Option<&'static str> {
    match prefix {
        "" => None,
        _ if !prefix.starts_with('/') => Some("does not begin with a slash"),
        _ if prefix.ends_with('/') => Some("ends with a slash"),
        _ => None,
    }
}

fn prefix_draft(site: Location, prefix: &str, why: &str, note: &str) -> Draft {
    Draft::new(site, prefix, format!("the prefix `{prefix}` {why}: FastAPI refuses it at import"))
        .discriminator(prefix)
        .evidence(note, site)
        .example(format!("prefix=\"/{}\"", prefix.trim_matches('/')))
}
