//! The playbook that explains: the service, a route, a finding, a rule.

use super::facts::{found, has_app, one, preserved};
use super::{Run, Telling};
use crate::report::{Outcome, Report};
use fastwright_contract::contract::document::{BehaviourLine, Contract, RouteContract};
use fastwright_engine::rules::rule_description;
use fastwright_report::names::GuardKind;
use fastwright_report::review_document::Finding;
use fastwright_report::routes_document::Route;
use fastwright_tools::{Caller as _, ToolError, route_choice};
use serde_json::json;

pub(super) fn explain(mut run: Run<'_>) -> Result<Report, ToolError> {
    let request = run.request;
    let what = match (request.findings.first(), request.rules.first(), request.routes.first()) {
        (Some(id), _, _) => format!("the finding {id}"),
        (_, Some(rule), _) => format!("the rule `{rule}`"),
        (_, _, Some(_)) => request.routes.join(", "),
        _ => "the service".to_owned(),
    };
    let step = if !request.findings.is_empty() {
        "get_finding: its proof, why it matters, what to do"
    } else if !request.rules.is_empty() {
        "explain_rule: what it reports and why"
    } else if !request.routes.is_empty() {
        "get_route: who may call, inputs, statuses, effects, what it does step by step"
    } else {
        "list_routes and check_project: what the service does"
    };
    let mut report = run.report(format!("Explain {what}; change nothing."), &[step]);
    if !request.findings.is_empty() {
        finding(&mut run, &mut report)?;
    } else if let Some(rule) = request.rules.first() {
        report.answer = rule_description(rule)?.readable_page();
    } else if !request.routes.is_empty() {
        routes(&mut run, &mut report)?;
    } else {
        service(&mut run, &mut report)?;
    }
    Ok(report)
}

fn finding(run: &mut Run<'_>, report: &mut Report) -> Result<(), ToolError> {
    for id in &run.request.findings {
        // Whether the id is one, with an error that helps, is the tool's business.
        let answer = run.service.call("get_finding", json!({ "finding": id }), &Telling(run.person))?;
        let fingerprint = answer["fingerprint"].as_str().unwrap_or_default().to_owned();
        for profile in [None, Some("strict"), Some("audit")] {
            let findings = &run.service.survey(profile)?.review.document.findings;
            if let Some(finding) = findings.iter().find(|finding| finding.fingerprint == fingerprint) {
                *report.counts.entry(finding.severity.name().to_owned()).or_default() += 1;
                report.found.push(one(finding));
                break;
            }
        }
    }
    Ok(())
}

fn routes(run: &mut Run<'_>, report: &mut Report) -> Result<(), ToolError> {
    Telling(run.person).progress("reading the routes");
    let survey = run.service.survey(None)?;
    if !has_app(report, survey) {
        return Ok(());
    }
    let mut meant: Vec<Route> = Vec::new();
    for text in &run.request.routes {
        match route_choice::find(&survey.routes, text) {
            Ok((_, route)) => meant.push(route.clone()),
            Err(error) => {
                let all = survey.routes.apps.iter().filter(|app| !app.mounted).flat_map(|app| &app.routes);
                let same: Vec<Route> = all.filter(|route| route.path == *text).cloned().collect();
                if same.is_empty() {
                    report.outcome = Outcome::NotUnderstood;
                    report.answer = format!("{error}.");
                    return Ok(());
                }
                meant.extend(same);
            }
        }
    }
    let is_meant = |finding: &Finding| {
        finding.route.as_ref().is_some_and(|known| {
            meant.iter().any(|route| {
                route.path == known.path
                    && route.handler == known.handler
                    && (route.methods.is_empty() || route.methods.contains(&known.method))
            })
        })
    };
    found(report, &survey.review, is_meant);
    Telling(run.person).progress("reading what the handlers do");
    let contract = run.service.contract()?;
    let parts: Vec<String> = meant.iter().map(|route| route_text(route, contract)).collect();
    report.answer = parts.join("\n\n");
    Ok(())
}

/// One route in Markdown.
fn route_text(route: &Route, contract: &Contract) -> String {
    let known = contract.apps.iter().flat_map(|app| &app.routes).find(|known| {
        known.path == route.path && known.handler == route.handler && known.methods == route.methods
    });
    let mut text = format!("## {}\n\n", route_choice::name(route));
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("- **{name}**: {value}\n"));
        }
    };
    let code = |texts: &[String]| texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ");
    line("handler", format!("`{}` at {}", route.handler, route.location.path_and_line()));
    let mut who = match route.guard.kind {
        GuardKind::Public => "anybody".to_owned(),
        GuardKind::Optional => format!("anybody; who is signed in is known by {}", code(&route.guard.by)),
        GuardKind::Required => format!("callers that pass {}", code(&route.guard.by)),
    };
    if !route.guard.roles.is_empty() {
        who.push_str(&format!(", with a role of {}", code(&route.guard.roles)));
    }
    if !route.guard.scopes.is_empty() {
        who.push_str(&format!(", with the scopes {}", code(&route.guard.scopes)));
    }
    if let Some(assumption) = &route.guard.assumption {
        who.push_str(&format!(" (assumed: {assumption})"));
    }
    line("who may call", who);
    let proof = route.guard.evidence.iter();
    let proof = proof.map(|step| format!("{} {}", step.location.path_and_line(), step.note));
    line("because", once(proof).join("; "));
    line("request", route.request.as_ref().map(|name| format!("`{name}`")).unwrap_or_default());
    line("response", route.response.as_ref().map(|name| format!("`{name}`")).unwrap_or_default());
    line("statuses", route.statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(", "));
    if let Some(known) = known {
        line("raised", raised(known));
        let pieces = once(known.business.dependencies.iter().map(|piece| piece.name.clone()));
        line("runs before it", code(&pieces));
    }
    line("reads", code(&route.tables.reads));
    line("writes", code(&route.tables.writes));
    line("other effects", route.effects.join(", "));
    line(
        "only where",
        route.conditional.as_ref().map(|condition| format!("`{}`", condition.text)).unwrap_or_default(),
    );
    if !route.parameters.is_empty() {
        text.push_str("\n| input | from | type | required | bounds |\n|---|---|---|---|---|\n");
        for parameter in &route.parameters {
            let bounds: Vec<String> =
                parameter.constraints.iter().map(|(name, value)| format!("{name} {value}")).collect();
            text.push_str(&format!(
                "| `{}` | {} | `{}` | {} | {} |\n",
                parameter.alias,
                parameter.place.name(),
                parameter.annotation.replace('|', "\\|"),
                if parameter.required { "yes" } else { "no" },
                bounds.join(", ").replace('|', "\\|")
            ));
        }
    }
    let lines = known
        .and_then(|known| known.business.handler.as_ref())
        .and_then(|fingerprint| contract.behaviours.get(fingerprint));
    if let Some(lines) = lines.filter(|lines| !lines.is_empty()) {
        const MOST: usize = 60;
        text.push_str("\nWhat it does, step by step, however it is written:\n\n```text\n");
        for line in lines.iter().take(MOST) {
            text.push_str(&step(line));
        }
        if lines.len() > MOST {
            text.push_str(&format!("... {} more steps\n", lines.len() - MOST));
        }
        text.push_str("```\n");
    }
    text.trim_end().to_owned()
}

/// One line of what a handler does. Words of decisions stand in the text already.
fn step(line: &BehaviourLine) -> String {
    let indent = "  ".repeat(line.depth as usize);
    let text = line.text.replace('\n', " ").replace("```", "'''");
    if line.kind == "effect" || text.split(' ').next() == Some(line.kind.as_str()) {
        format!("{indent}{text}\n")
    } else {
        format!("{indent}{} {text}\n", line.kind)
    }
}

/// Each text once, in order.
fn once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

fn raised(route: &RouteContract) -> String {
    let raised = route.raised.iter();
    let parts: Vec<String> = raised
        .map(|raised| format!("{} by `{}` at {}", raised.status, raised.by, raised.at.text()))
        .collect();
    parts.join("; ")
}

/// The whole service.
fn service(run: &mut Run<'_>, report: &mut Report) -> Result<(), ToolError> {
    Telling(run.person).progress("reading the project");
    let survey = run.service.survey(None)?;
    report.preserved = preserved(survey);
    if !has_app(report, survey) {
        return Ok(());
    }
    let project = survey.review.document.projects.first().cloned();
    let contract = run.service.contract()?;
    let mut text = String::new();
    if let Some(project) = project {
        let version = |version: Option<String>| version.unwrap_or_else(|| "of unknown version".to_owned());
        text.push_str(&format!(
            "FastAPI {}, Pydantic {}.\n\n",
            version(project.fastapi),
            version(project.pydantic)
        ));
    }
    for app in &contract.apps {
        text.push_str(&format!("## {}\n\nMade at {}.\n\n", app.app, app.at.text()));
        let names = |pieces: &[fastwright_contract::contract::document::Piece]| {
            pieces.iter().map(|piece| format!("`{}`", piece.name)).collect::<Vec<_>>().join(", ")
        };
        for (name, value) in [
            ("middleware, outermost first", names(&app.middleware)),
            ("exception handlers", names(&app.exception_handlers)),
            ("lifespan", app.lifespan.as_ref().map(|piece| format!("`{}`", piece.name)).unwrap_or_default()),
        ] {
            if !value.is_empty() {
                text.push_str(&format!("- **{name}**: {value}\n"));
            }
        }
    }
    if !contract.tables.is_empty() {
        let names: Vec<String> = contract
            .tables
            .iter()
            .map(|table| format!("`{}` ({} columns)", table.name, table.columns.len()))
            .collect();
        text.push_str(&format!("\n**Tables**: {}\n", names.join(", ")));
    }
    report.answer = text.trim_end().to_owned();
    report.next.push("`fastwright agent \"explain GET /path\"` for one route".to_owned());
    report.next.push("`fastwright agent \"review this for production\"` for what is wrong".to_owned());
    Ok(())
}
