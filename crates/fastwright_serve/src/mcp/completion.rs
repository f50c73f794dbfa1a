//! Names that a client may want to write: of routes and of rules.

use super::asking::ask;
use super::resources::{ROUTE_TEMPLATE, RULE_TEMPLATE, all_routes};
use fastwright_engine::rules::rule_descriptions;
use fastwright_tools::Worker;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value as Json, json};

/// What the beginning of an argument may become.
///
/// # Errors
/// When what it belongs to does not exist.
pub(super) async fn complete(
    worker: &Worker,
    request: &CompleteRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CompleteResult, ErrorData> {
    match &request.r#ref {
        Reference::Prompt(prompt) => super::prompts::check_known(&prompt.name)?,
        Reference::Resource(resource) => {
            let known = super::resources::templates();
            if !known.iter().any(|template| template.uri_template == resource.uri) {
                return Err(ErrorData::invalid_params(
                    format!("there is no resource template `{}`", resource.uri),
                    None,
                ));
            }
        }
        _ => {}
    }
    let names: Vec<String> = match (&request.r#ref, request.argument.name.as_str()) {
        (Reference::Prompt(_), "route") => routes(worker, context).await,
        (Reference::Resource(resource), "route") if resource.uri == ROUTE_TEMPLATE => {
            routes(worker, context).await
        }
        (Reference::Prompt(_), "rule") => rules(),
        (Reference::Resource(resource), "rule") if resource.uri == RULE_TEMPLATE => rules(),
        (Reference::Resource(_), "finding") => findings(worker, context).await,
        _ => Vec::new(),
    };
    let written = request.argument.value.to_lowercase();
    let (mut fitting, mut total) = (Vec::new(), 0);
    for name in names.into_iter().filter(|name| name.to_lowercase().contains(&written)) {
        total += 1;
        if fitting.len() < CompletionInfo::MAX_VALUES {
            fitting.push(name);
        }
    }
    let more = total > fitting.len();
    let info = CompletionInfo::with_pagination(fitting, u32::try_from(total).ok(), more);
    Ok(CompleteResult::new(info.map_err(|error| ErrorData::internal_error(error, None))?))
}

fn rules() -> Vec<String> {
    rule_descriptions().into_iter().map(|rule| rule.name.to_owned()).collect()
}

/// Names of routes; none where the project can't be read: completion is a convenience.
async fn routes(worker: &Worker, context: &RequestContext<RoleServer>) -> Vec<String> {
    let whole = all_routes(worker, context).await.unwrap_or_default();
    texts(&whole["routes"], "route")
}

/// Ids of the worst findings.
async fn findings(worker: &Worker, context: &RequestContext<RoleServer>) -> Vec<String> {
    let answer = ask(worker, "check_project", json!({ "limit": CompletionInfo::MAX_VALUES }), context).await;
    texts(&answer.unwrap_or_default()["findings"], "id")
}

fn texts(entries: &Json, field: &str) -> Vec<String> {
    let entries = entries.as_array().into_iter().flatten();
    entries.filter_map(|entry| entry[field].as_str().map(str::to_owned)).collect()
}
