//! The tools as the protocol describes them.

use fastwright_tools::{ErrorKind, TOOLS, ToolError};
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use serde_json::Value as Json;
use std::sync::Arc;

/// The tools that a client may call.
pub(super) fn tools(allow_write: bool) -> Vec<Tool> {
    let offered = TOOLS.iter().filter(|tool| tool.read_only || allow_write);
    offered
        .map(|tool| {
            // What fastwright writes it can take back, but the files are other than before: that counts as destructive.
            // The same call again finds nothing left to fix.
            let annotations = ToolAnnotations::with_title(tool.title)
                .read_only(tool.read_only)
                .destructive(!tool.read_only)
                .idempotent(true)
                .open_world(false);
            Tool::new(tool.name, tool.description, schema((tool.input)()))
                .with_title(tool.title)
                .with_raw_output_schema(Arc::new(schema((tool.output)())))
                .with_annotations(annotations)
        })
        .collect()
}

fn schema(schema: Json) -> JsonObject {
    match schema {
        Json::Object(schema) => schema,
        // Every input and every answer is an object; one that were not would have no fields to speak of.
        _ => JsonObject::new(),
    }
}

/// Refuses what is not offered.
///
/// # Errors
/// When there is no such tool here.
pub(super) fn check_offered(name: &str, allow_write: bool) -> Result<(), ErrorData> {
    let Some(tool) = fastwright_tools::describe(name) else {
        return Err(ErrorData::invalid_params(format!("Unknown tool: {name}"), None));
    };
    if !tool.read_only && !allow_write {
        let message = format!(
            "Unknown tool: {name}. Files may not be written: the server was started without `--allow-write`; \
             plan_fix gives the patch"
        );
        return Err(ErrorData::invalid_params(message, None));
    }
    Ok(())
}

/// The result of a call: the answer as data, and as text for clients that know only text; or what went wrong, in
/// words for the model.
///
/// # Errors
/// When nobody waits for the answer any more.
pub(super) fn result(answer: Result<Json, ToolError>) -> Result<CallToolResult, ErrorData> {
    match answer {
        Ok(answer) => Ok(CallToolResult::structured(answer)),
        Err(ToolError { kind: ErrorKind::Cancelled, message }) => {
            Err(ErrorData::internal_error(message, None))
        }
        Err(ToolError { kind: ErrorKind::UnknownTool, message }) => {
            Err(ErrorData::invalid_params(message, None))
        }
        Err(error) => Ok(CallToolResult::error(vec![ContentBlock::text(error.message)])),
    }
}
