//! The tools that the model has in each phase. There is none for the network, for commands of its own, for paths
//! outside, or for approvals.

use fastwright_language_model::ToolDefinition;
use fastwright_tools::describe;
use serde_json::{Value as Json, json};

/// What the engine is asked in both phases; none of it writes.
pub(super) const ENGINE: &[&str] = &[
    "check_project",
    "list_routes",
    "get_route",
    "get_finding",
    "explain_rule",
    "review_changes",
    "diff_contract",
];

/// Tools whose result rests on nothing but what is read.
pub(super) fn only_reads(name: &str) -> bool {
    ENGINE.contains(&name) || ["read_file", "search", "list_files", "run_tests"].contains(&name)
}

fn engine() -> impl Iterator<Item = ToolDefinition> {
    ENGINE.iter().filter_map(|name| describe(name)).map(|tool| ToolDefinition {
        name: tool.name.to_owned(),
        description: tool.description.to_owned(),
        parameters: (tool.input)(),
    })
}

fn tool(name: &str, description: &str, properties: Json, required: &[&str]) -> ToolDefinition {
    ToolDefinition {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        }),
    }
}

fn text(description: &str) -> Json {
    json!({"type": "string", "description": description})
}

fn texts(description: &str) -> Json {
    json!({"type": "array", "items": {"type": "string"}, "description": description})
}

fn list_files() -> ToolDefinition {
    tool(
        "list_files",
        "What is in a folder of the project, or all files below it.",
        json!({
            "folder": text("Relative to the project; empty for the project itself."),
            "all": {"type": "boolean", "description": "All files below it, not only what is in it."},
        }),
        &[],
    )
}

/// The tools before the plan is agreed to.
pub(super) fn planning() -> Vec<ToolDefinition> {
    let mut tools: Vec<ToolDefinition> = engine().collect();
    tools.push(list_files());
    tools.push(tool(
        "propose_plan",
        "Propose the plan. The person sees it and agrees or not; afterwards it is fixed, and files can be read. Only \
         files that it names can be edited, and only changes of the contract that it names are accepted. For a task \
         that changes nothing, leave files_to_edit and contract_changes empty.",
        json!({
            "understanding": text("What the person wants, in a sentence or two."),
            "steps": texts("What you do, in order."),
            "files_to_edit": texts("Every file that you change or make, relative to the project."),
            "contract_changes": texts(
                "Changes that the task asks for and that callers see, each as kind@METHOD /path, as in route-added@POST \
                 /orders. Kinds are route-added, route-removed, guard-became-required, role-requirement-added, \
                 status-added, status-removed, check-added, check-answer-changed, query-parameter-added, \
                 request-property-added, response-property-added and others; a wrong one is answered with those \
                 near it. Empty for everything that keeps the behaviour."
            ),
            "done_when": text("How to tell that it is done."),
        }),
        &["understanding", "steps"],
    ));
    tools
}

/// The tools once the plan is agreed to.
pub(super) fn acting(can_test: bool) -> Vec<ToolDefinition> {
    let mut tools: Vec<ToolDefinition> = engine().collect();
    tools.push(list_files());
    tools.push(tool(
        "read_file",
        "The text of a file with line numbers, with your edits.",
        json!({
            "path": text("Relative to the project."),
            "start_line": {"type": "integer", "description": "The first line, from 1."},
            "lines": {"type": "integer", "description": "How many lines; else as many as fit."},
        }),
        &["path"],
    ));
    tools.push(tool(
        "search",
        "Lines of the project's files that have a text, with path and line.",
        json!({
            "text": text("What to look for; letters are compared as they are."),
            "regex": {"type": "boolean", "description": "Whether the text is a regular expression."},
            "folder": text("Only in this folder."),
        }),
        &["text"],
    ));
    tools.push(tool(
        "edit_file",
        "Replace one part of a file, in memory.",
        json!({
            "path": text("One of the plan's files."),
            "old_text": text("Copied exactly from the file, without line numbers; it has to be there once."),
            "new_text": text("What stands there afterwards."),
        }),
        &["path", "old_text", "new_text"],
    ));
    tools.push(tool(
        "create_file",
        "Make a new file, in memory.",
        json!({"path": text("One of the plan's files."), "text": text("All of it.")}),
        &["path", "text"],
    ));
    tools.push(tool(
        "delete_file",
        "Take a file away, in memory.",
        json!({"path": text("One of the plan's files.")}),
        &["path"],
    ));
    tools.push(tool(
        "fix",
        "Make the engine's own fixes of findings, in memory; each is proven. Better than writing them yourself.",
        json!({
            "findings": texts("`id`s of findings, from check_project."),
            "permission": {
                "type": "string",
                "enum": ["safe", "unsafe", "contract"],
                "description": "What they may change: nothing (default), what the code does, what callers see."
            },
        }),
        &["findings"],
    ));
    tools.push(tool(
        "gate",
        "Whether your edits so far would be accepted, with the reasons if not. Ask before you finish.",
        json!({}),
        &[],
    ));
    if can_test {
        tools.push(tool(
            "run_tests",
            "Run the project's tests before and after your edits, on copies.",
            json!({}),
            &[],
        ));
    }
    tools.push(tool(
        "finish",
        "Say that you are done. The edits are judged, tested and shown to the person; what you state is held against \
         the project.",
        json!({
            "summary": text("What you did or found out, in a few sentences."),
            "statements": {
                "type": "array",
                "description": "What you say about the project, each with what shows it. Without a true cite it is \
                                reported as an opinion.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["text"],
                    "properties": {
                        "text": text("One or two sentences."),
                        "cites": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "additionalProperties": false,
                                "properties": {
                                    "finding": text("`id` of a finding."),
                                    "route": text("As in `GET /orders`."),
                                    "path": text("A file, with `line` and `text`."),
                                    "line": {"type": "integer"},
                                    "text": text("What stands in that line, copied from it."),
                                },
                            },
                        },
                    },
                },
            },
        }),
        &["summary"],
    ));
    tools
}
