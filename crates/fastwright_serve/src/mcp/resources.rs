//! What a client may read: the routes, the rules, single findings.

use super::asking::ask;
use fastwright_engine::rules::{rule_description, rule_descriptions};
use fastwright_tools::{ErrorKind, ToolError, Worker};
use percent_encoding::percent_decode_str;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Map, Value as Json, json};

const SCHEME: &str = "fastwright://";
const JSON: &str = "application/json";
const MARKDOWN: &str = "text/markdown";
/// What stands behind it is a route, as list_routes names it.
pub(super) const ROUTE_TEMPLATE: &str = "fastwright://routes/{route}";
/// What stands behind it is the name of a rule.
pub(super) const RULE_TEMPLATE: &str = "fastwright://rules/{rule}";
const FINDING_TEMPLATE: &str = "fastwright://findings/{finding}";

/// What can be read without choosing anything: all routes, and each rule.
pub(super) fn list() -> Vec<Resource> {
    let mut resources = vec![
        Resource::new(format!("{SCHEME}routes"), "routes")
            .with_title("All routes")
            .with_description(
                "Every route with handler, guard, roles, statuses and tables, as list_routes gives them.",
            )
            .with_mime_type(JSON),
    ];
    resources.extend(rule_descriptions().into_iter().map(|rule| {
        Resource::new(format!("{SCHEME}rules/{}", rule.name), rule.name)
            .with_title(format!("Rule {}", rule.name))
            .with_description(rule.summary)
            .with_mime_type(MARKDOWN)
    }));
    resources
}

/// What can be read by naming it.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(ROUTE_TEMPLATE, "route")
            .with_title("One route")
            .with_description(
                "Everything about one route, such as `GET /orders/{order_id}` (percent-encoded).",
            )
            .with_mime_type(JSON),
        ResourceTemplate::new(FINDING_TEMPLATE, "finding")
            .with_title("One finding")
            .with_description("One finding of check_project by its id, with the evidence.")
            .with_mime_type(JSON),
        ResourceTemplate::new(RULE_TEMPLATE, "rule")
            .with_title("One rule")
            .with_description("What a rule reports, why, what to write instead, when to leave it.")
            .with_mime_type(MARKDOWN),
    ]
}

/// Reads one.
///
/// # Errors
/// When there is nothing of this name.
pub(super) async fn read(
    worker: &Worker,
    uri: &str,
    context: &RequestContext<RoleServer>,
) -> Result<ReadResourceResult, ErrorData> {
    let missing = |message: String| ErrorData::resource_not_found(message, Some(json!({ "uri": uri })));
    let unknown = || missing(format!("there is no resource `{uri}`"));
    let (kind, name) = parts(uri).ok_or_else(unknown)?;
    let failed = |error: ToolError| match error.kind {
        ErrorKind::Cancelled | ErrorKind::Internal => ErrorData::internal_error(error.message, None),
        _ => missing(error.message),
    };
    let (text, mime_type) = match (kind, name) {
        ("routes", None) => (all_routes(worker, context).await.map_err(failed)?.to_string(), JSON),
        ("routes", Some(route)) => {
            let answer = ask(worker, "get_route", json!({ "route": route }), context).await;
            (answer.map_err(failed)?.to_string(), JSON)
        }
        ("findings", Some(finding)) => {
            let answer = ask(worker, "get_finding", json!({ "finding": finding }), context).await;
            (answer.map_err(failed)?.to_string(), JSON)
        }
        ("rules", Some(name)) => {
            let rule = rule_description(&name).map_err(|error| missing(error.to_string()))?;
            (rule.readable_page(), MARKDOWN)
        }
        _ => return Err(unknown()),
    };
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri).with_mime_type(mime_type)]))
}

/// The first part of an address, and what is named behind it, decoded.
fn parts(uri: &str) -> Option<(&str, Option<String>)> {
    let path = uri.strip_prefix(SCHEME)?;
    let Some((kind, name)) = path.split_once('/') else { return Some((path, None)) };
    let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
    (!name.is_empty()).then_some((kind, Some(name)))
}

/// All pages of list_routes as one.
///
/// # Errors
/// As the tool.
pub(super) async fn all_routes(
    worker: &Worker,
    context: &RequestContext<RoleServer>,
) -> Result<Json, ToolError> {
    let mut whole = Map::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut arguments = json!({ "limit": 200 });
        if let Some(cursor) = &cursor {
            arguments["cursor"] = json!(cursor);
        }
        let answer = ask(worker, "list_routes", arguments, context).await?;
        let Json::Object(mut page) = answer else { break };
        cursor = page.remove("next_cursor").and_then(|next| next.as_str().map(str::to_owned));
        match (whole.get_mut("routes"), page.remove("routes")) {
            (Some(Json::Array(routes)), Some(Json::Array(more))) => routes.extend(more),
            (_, Some(routes)) => {
                whole = page;
                whole.insert("routes".to_owned(), routes);
            }
            _ => break,
        }
        if cursor.is_none() {
            break;
        }
    }
    Ok(Json::Object(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(parts("fastwright://routes"), Some(("routes", None)));
        assert_eq!(
            parts("fastwright://routes/GET%20%2Forders%2F%7Border_id%7D"),
            Some(("routes", Some("GET /orders/{order_id}".to_owned())))
        );
        assert_eq!(
            parts("fastwright://routes/GET /orders/{order_id}"),
            Some(("routes", Some("GET /orders/{order_id}".to_owned())))
        );
        assert_eq!(parts("fastwright://rules/"), None);
        assert_eq!(parts("fastwright://rules/%ff"), None);
        assert_eq!(parts("file:///etc/passwd"), None);
    }
}
