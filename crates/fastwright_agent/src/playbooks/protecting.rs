//! The playbook that protects routes: says who may call each, and adds guards where a fix knows how.

use super::facts::{found, has_app, preserved};
use super::improving::change_files;
use super::{Run, Telling};
use crate::report::{Outcome, Report};
use fastwright_report::names::GuardKind;
use fastwright_report::review_document::Finding;
use fastwright_report::routes_document::{Route, RoutesDocument};
use fastwright_report::routes_selection::RouteFilter;
use fastwright_tools::{Caller as _, FixChoice, ToolError, route_choice};
use std::collections::BTreeMap;

pub(super) fn protect(mut run: Run<'_>) -> Result<Report, ToolError> {
    let request = run.request;
    let about = if request.routes.is_empty() {
        "routes that anybody may call and that should not be".to_owned()
    } else {
        request.routes.join(", ")
    };
    let mut report = run.report(
        format!(
            "Protect {about}{}.",
            if request.wants_change {
                "; a new guard is a change of the contract, so it is shown and needs your word"
            } else {
                ": say who may call them, and change nothing"
            }
        ),
        &[
            "list_routes: who may call what now, with the guards that the project has",
            "check_project: which routes lack what their siblings have, with proof",
            "plan_fix: guards made of the project's own, in memory",
            "gate_patch: nothing but these guards may differ",
            "show it, ask, write all files or none, compare the contract again",
        ],
    );
    Telling(run.person).progress("reading the routes");
    let survey = run.service.survey(None)?;
    report.preserved = preserved(survey);
    if !has_app(&mut report, survey) {
        return Ok(report);
    }
    let routes: Vec<Route> = named(&survey.routes, &request.routes);
    if routes.is_empty() {
        report.outcome = Outcome::NotUnderstood;
        report.answer = format!("There is no route that {about} means. `fastwright routes` lists all.");
        return Ok(report);
    }
    let is_meant = |finding: &Finding| {
        finding.area.name() == "auth"
            && (request.routes.is_empty()
                || finding.route.as_ref().is_some_and(|known| {
                    routes.iter().any(|route| {
                        route.path == known.path
                            && (route.methods.is_empty() || route.methods.contains(&known.method))
                    })
                }))
    };
    found(&mut report, &survey.review, is_meant);
    let fixable: Vec<String> = survey
        .review
        .document
        .findings
        .iter()
        .filter(|finding| is_meant(finding) && finding.fix.is_some())
        .map(|finding| finding.fingerprint.clone())
        .collect();
    let table = table(&survey.routes, &routes, !request.routes.is_empty());
    if !request.wants_change || fixable.is_empty() {
        report.answer = table;
        if request.wants_change {
            report.next.push(
                "no guard can be added by a proven fix here: add one of the guards above, then `fastwright agent \"check my change\"`"
                    .to_owned(),
            );
        }
        return Ok(report);
    }
    let choice = FixChoice { findings: fixable, rules: Vec::new(), permission: Some("contract".to_owned()) };
    let made = run.service.make_fixes(&choice, &Telling(run.person))?;
    change_files(&mut run, &mut report, &made, "contract")?;
    report.answer = format!("{}\n\n{table}", report.answer);
    Ok(report)
}

/// The routes that texts mean: a path alone stands for all that begin like it.
fn named(document: &RoutesDocument, texts: &[String]) -> Vec<Route> {
    let all = || document.apps.iter().filter(|app| !app.mounted).flat_map(|app| &app.routes);
    if texts.is_empty() {
        return all().filter(|route| route.guard.kind != GuardKind::Required).cloned().collect();
    }
    let fits = |route: &Route| {
        texts.iter().any(|text| match text.split_once(' ') {
            Some((method, path)) => {
                route.path == path && route.methods.iter().any(|known| known.eq_ignore_ascii_case(method))
            }
            None if text.contains('*') => {
                RouteFilter { paths: vec![text.clone()], ..RouteFilter::default() }.accepts(route)
            }
            None => {
                route.path == *text
                    || route
                        .path
                        .strip_prefix(text.trim_end_matches('/'))
                        .is_some_and(|rest| rest.starts_with('/'))
                    || route.handler == *text
            }
        })
    };
    all().filter(|route| fits(route)).cloned().collect()
}

/// Who may call what, and the guards that the project has.
fn table(document: &RoutesDocument, routes: &[Route], named: bool) -> String {
    let mut text = String::from("| route | who may call |\n|---|---|\n");
    const MOST: usize = 40;
    for route in routes.iter().take(MOST) {
        let who = match route.guard.kind {
            GuardKind::Public => "anybody".to_owned(),
            kind => format!("{}: {}", kind.name(), route.guard.by.join(", ")),
        };
        text.push_str(&format!("| `{}` | {who} |\n", route_choice::name(route)));
    }
    if routes.len() > MOST {
        text.push_str(&format!("\n{} more.\n", routes.len() - MOST));
    }
    if !named {
        text.insert_str(0, "Routes without a guard that always refuses:\n\n");
    }
    let mut guards: BTreeMap<&str, usize> = BTreeMap::new();
    for route in document.apps.iter().flat_map(|app| &app.routes) {
        if route.guard.kind == GuardKind::Required {
            route.guard.by.iter().for_each(|guard| *guards.entry(guard).or_default() += 1);
        }
    }
    let mut guards: Vec<(&str, usize)> = guards.into_iter().collect();
    guards.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if !guards.is_empty() {
        text.push_str("\nGuards of this project, by the number of routes that they protect:\n\n");
        for (guard, count) in guards.iter().take(6) {
            text.push_str(&format!("- `{guard}` ({count})\n"));
        }
    }
    text.trim_end().to_owned()
}
