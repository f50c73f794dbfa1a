//! Routing tables of small projects, one for each way in which programs register routes.
//!
//! The expected text has a line for each app (its locator), its routes in matching order, and what is
//! undecided (`? reason`), as `check` writes them.

#![allow(clippy::unwrap_used)]

#[path = "routes/classes.rs"]
mod classes;
#[path = "routes/conditions.rs"]
mod conditions;
#[path = "routes/dependencies.rs"]
mod dependencies;
#[path = "routes/discovery.rs"]
mod discovery;
#[path = "routes/factories.rs"]
mod factories;
#[path = "routes/guards.rs"]
mod guards;
#[path = "routes/libraries.rs"]
mod libraries;
#[path = "routes/mounts.rs"]
mod mounts;
#[path = "routes/paths.rs"]
mod paths;
#[path = "routes/registration.rs"]
mod registration;

use fastwright_model::analysis::{Analysis, AnalysisOptions, analyse_tree, with_large_stack};
use fastwright_model::application::{Route, RouteKind};
use fastwright_python::source::MemoryTree;
use std::path::Path;
use std::sync::Arc;

/// Analyses the files of a fixture and compares the apps with the expected text.
#[track_caller]
fn check(fixture: &str, expected: &str) {
    check_with(fixture, &AnalysisOptions::default(), expected);
}

#[track_caller]
fn check_with(fixture: &str, options: &AnalysisOptions, expected: &str) {
    let tree = MemoryTree::from_fixture(fixture);
    let shown = with_large_stack(|| shown(&analyse_tree(Arc::new(tree), Path::new("."), options).unwrap()));
    let trimmed = |text: &str| {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(trimmed(&shown), trimmed(expected), "\n{shown}");
}

fn shown(analysis: &Analysis) -> String {
    let mut lines = Vec::new();
    for app in analysis.apps.iter().filter(|app| !app.mounted) {
        lines.push(app.locator.clone());
        lines.extend(app.routes.iter().map(line));
        lines.extend(app.undecided.iter().map(|undecided| format!("? {}", undecided.reason)));
    }
    lines.extend(analysis.undecided.iter().map(|undecided| format!("? {}", undecided.reason)));
    lines.join("\n")
}

fn line(route: &Route) -> String {
    let kind = match route.kind {
        RouteKind::Http => route.methods.join(","),
        RouteKind::WebSocket => "WEBSOCKET".to_owned(),
        RouteKind::Mount => "MOUNT".to_owned(),
        RouteKind::Frontend => "FRONTEND".to_owned(),
    };
    let condition =
        route.conditional.as_ref().map_or_else(String::new, |condition| format!(" if {}", condition.text));
    format!("{kind} {}{condition}", route.path)
}
