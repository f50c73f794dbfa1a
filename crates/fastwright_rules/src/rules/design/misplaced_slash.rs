//! `misplaced-slash`: path or prefix whose slashes do not fit together.

use crate::context::Context;
use crate::finding::{Fix, Severity};
use crate::fixes::Source;
use crate::fixes::arguments::keyword;
use crate::fixes::recipes::text_edit;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, title};
use fastwright_model::analysis::is_test_path;
use fastwright_model::registry::{Entry, Registry, RouterKind};
use fastwright_python::location::Location;
use fastwright_python::value::Value;
use rustc_hash::FxHashMap;

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
    let mut written: FxHashMap<Location, String> = FxHashMap::default();
    for id in &registry.order {
        let Some(state) = registry.routers.get(id) else { continue };
        if state.kind == RouterKind::Starlette {
            continue;
        }
        let prefix = state.arguments.keyword("prefix").and_then(Value::as_str).unwrap_or_default();
        if is_own(state.site)
            && let Some(why) = refused(prefix)
        {
            report.report(
                prefix_draft(state.site, prefix, why, "the router is made with this prefix")
                    .fix(prefix_fix(context, state.site, prefix)),
            );
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
                        report.report(
                            prefix_draft(
                                include.site,
                                prefix,
                                why,
                                "the router is included with this prefix",
                            )
                            .fix(prefix_fix(context, include.site, prefix)),
                        );
                    }
                }
                Entry::Route(route) => {
                    if let Some(path) = route.path.as_str()
                        && begins_with_word(path)
                    {
                        written.insert(route.site, path.to_owned());
                    }
                }
                _ => {}
            }
        }
    }
    if !written.is_empty() {
        routes(context, &written, report);
    }
}

/// Routes whose own path begins with a word, as they are served: callbacks and webhooks are not.
fn routes(context: &Context<'_>, written: &FxHashMap<Location, String>, report: &mut Reporter<'_>) {
    for (_, route, _) in context.routes() {
        let site = registered_at(route);
        let Some(own) = written.get(&site) else { continue };
        let Some(before) = route.path.strip_suffix(own.as_str()) else { continue };
        if before.ends_with('/') {
            continue;
        }
        let draft = Draft::new(site, handler_name(route), "").route(route).discriminator(own.clone());
        let draft = match before {
            "" => draft
                .message(format!("`{}` can't be reached: its path does not begin with a slash", title(route)))
                .why("Every request asks for a path that begins with a slash: the route never matches one."),
            _ => draft
                .message(format!(
                    "the route is served as `{}`: its own path, `{own}`, does not begin with a slash",
                    route.path
                ))
                .severity(Severity::Medium),
        };
        let steps =
            route.registration.iter().map(|(what, place)| (format!("the route is {what} here"), *place));
        report.report(
            draft
                .evidence(format!("the path is `{own}`"), site)
                .evidence_chain(steps.skip(1))
                .example(format!("\"/{own}\""))
                .fix(path_fix(context, site, own, before)),
        );
    }
}

/// Whether a path begins with a word or a parameter. A dot or a colon goes on with the word before it: `/report`
/// and `.csv`.
fn begins_with_word(path: &str) -> bool {
    path.starts_with(|letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '{'))
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

/// One slash at the start of a prefix, and none at its end.
fn prefix_fix(context: &Context<'_>, site: Location, prefix: &str) -> Option<Fix> {
    let source = Source::of(context, site.file)?;
    let (_, call) = source.call(site.span)?;
    let new = format!("/{}", prefix.trim_matches('/'));
    let edit = text_edit(&source, &keyword(call, "prefix")?.value, &new)?;
    let changes = format!("the routes are served under `{new}`");
    Some(Fix::changes_contract(format!("write the prefix as `{new}`"), changes).edit(edit))
}

/// A slash at the start of a path.
fn path_fix(context: &Context<'_>, site: Location, own: &str, before: &str) -> Option<Fix> {
    let source = Source::of(context, site.file)?;
    let (_, call) = source.call(site.span)?;
    let path = keyword(call, "path").or(call.arguments.first())?;
    let edit = text_edit(&source, &path.value, &format!("/{own}"))?;
    let changes = format!("the route is served as `{before}/{own}`");
    Some(Fix::changes_contract("let the path begin with a slash", changes).edit(edit))
}
