//! `override-left-behind`: replaced dependency that stays replaced for the tests that follow.

use crate::context::Context;
use crate::dependency_overrides::{Override, OverridesOfFile, overrides};
use crate::reporter::{Draft, Reporter};
use fastwright_model::analysis::is_test_path;
use fastwright_python::ir::{Expr, ExprKind};
use fastwright_python::location::Location;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Replaced dependency that stays replaced for the tests that follow.
    OverrideLeftBehind {
        name: "override-left-behind",
        area: Testing,
        severity: Low,
        confidence: Likely,
        summary: "replaced dependency that stays replaced for the tests that follow",
        why: "Overrides live in the application, which all tests share: what a test meets depends on which tests ran before it.",
        recommendation: "Replace in a fixture, and take it back behind its `yield`.",
        trade_off: "A fixture more.",
        contract_effect: "none",
        cwe: [459],
        owasp: [],
        profile: Strict,
        page: "testing/override-left-behind.md",
        references: ["https://fastapi.tiangolo.com/advanced/testing-dependencies/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let files: Vec<OverridesOfFile<'_>> = overrides(context)
        .into_iter()
        .filter(|file| is_test_path(&context.analysis.files.get(file.file).relative))
        .collect();
    left_by_functions(context, &files, report);
    replaced_by_several_modules(context, &files, report);
}

/// Tests and fixtures that replace something in an application of a module, where nothing takes it back.
fn left_by_functions(context: &Context<'_>, files: &[OverridesOfFile<'_>], report: &mut Reporter<'_>) {
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let path = |file: &OverridesOfFile<'_>| context.analysis.files.get(file.file).relative.clone();
    // Fixtures of a `conftest.py` are for its folder and those below.
    let restored: Vec<String> = files
        .iter()
        .filter(|file| file.restores && path(file).ends_with("conftest.py"))
        .map(|file| folder(&path(file)))
        .collect();
    for file in files {
        if file.restores || restored.iter().any(|folder| path(file).starts_with(folder.as_str())) {
            continue;
        }
        let left: Vec<&Override<'_>> = file
            .overrides
            .iter()
            .filter(|replaced| {
                !replaced.symbol.is_empty() && !replaced.is_restored && is_shared(file, replaced)
            })
            .collect();
        let Some(first) = left.first() else { continue };
        let text = |expression: &Expr| context.analysis.files.get(file.file).slice(expression.span);
        let (app, key) = (text(first.app), text(first.key));
        let more = match left.len() {
            1 => String::new(),
            2 => ", and one more here".to_owned(),
            count => format!(", and {} more here", count - 1),
        };
        let mut draft = Draft::new(
            first.place,
            first.symbol,
            format!("`{}` replaces `{key}` in `{app}` for all tests that follow{more}", first.symbol),
        );
        for replaced in left.iter().take(5) {
            draft = draft
                .evidence(format!("`{}` replaces `{}`", replaced.symbol, text(replaced.key)), replaced.place);
        }
        report.report(
            draft
                .evidence(
                    "neither this file nor a `conftest.py` above it clears the overrides",
                    Location { file: file.file, span: first.app.span },
                )
                .example(format!(
                    "@pytest.fixture\ndef replaced():\n    {app}.dependency_overrides[{key}] = ...\n    yield\n    {app}.dependency_overrides.clear()"
                )),
        );
    }
}

/// Whether the application is a variable of a module that other tests see, too.
fn is_shared(file: &OverridesOfFile<'_>, replaced: &Override<'_>) -> bool {
    matches!(&replaced.app.kind, ExprKind::Name(name) if !replaced.own_names.contains(name))
        && file.names.meaning(replaced.app).is_some()
}

/// Modules that replace the same dependency of the same application when they are imported: pytest imports all before the
/// first test runs, so the last one wins for all of them.
fn replaced_by_several_modules(
    context: &Context<'_>,
    files: &[OverridesOfFile<'_>],
    report: &mut Reporter<'_>,
) {
    let mut known: FxHashMap<(String, String), (Location, String)> = FxHashMap::default();
    for file in files {
        for replaced in file.overrides.iter().filter(|replaced| replaced.symbol.is_empty()) {
            let (Some(app), Some(key)) = (file.names.meaning(replaced.app), file.names.meaning(replaced.key))
            else {
                continue;
            };
            let own = context.analysis.files.get(file.file);
            // The same imported function is the same replacement.
            let value = replaced.value.map_or_else(String::new, |value| {
                file.names
                    .meaning(value)
                    .unwrap_or_else(|| format!("{}:{}", own.relative, own.slice(value.span)))
            });
            let name = key.rsplit('.').next().unwrap_or(&key).to_owned();
            match known.get(&(app.clone(), key.clone())) {
                Some((first, other)) if *other != value => {
                    report.report(
                        Draft::new(
                            replaced.place,
                            "dependency_overrides",
                            format!("several test modules replace `{name}` when they are imported: the last one wins for all tests"),
                        )
                        .discriminator(key.clone())
                        .evidence(format!("`{name}` is replaced here"), *first)
                        .evidence("and differently here, before the first test runs", replaced.place),
                    );
                }
                Some(_) => {}
                None => {
                    known.insert((app, key), (replaced.place, value));
                }
            }
        }
    }
}
