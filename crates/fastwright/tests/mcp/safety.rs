//! What a server that only reads must never do.

use crate::client::{Client, INITIALIZED, STATELESS};
use crate::project::Project;
use serde_json::json;

/// A patch that would write outside of the project.
const OUTSIDE: &str = "--- a/../outside.py\n+++ b/../outside.py\n@@ -0,0 +1 @@\n+x = 1\n";

#[test]
fn a_read_only_server_writes_nothing_and_opens_no_socket() {
    let project = Project::new();
    let before = project.content();
    let mut client = Client::open(project.path(), INITIALIZED, &[]);
    let tools = client.request("tools/list", json!({})).unwrap();
    let mut calls: Vec<(String, serde_json::Value)> = tools["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| (tool["name"].as_str().unwrap().to_owned(), json!({})))
        .collect();
    calls.push(("plan_fix".to_owned(), json!({ "permission": "contract" })));
    calls.push(("gate_patch".to_owned(), json!({ "patch": OUTSIDE })));
    calls.push(("check_project".to_owned(), json!({ "profile": "audit" })));
    for (tool, arguments) in calls {
        client.call(&tool, arguments);
    }
    client.request("tools/call", json!({ "name": "apply_fix", "arguments": {} })).unwrap_err();
    client.request("resources/read", json!({ "uri": "fastwright://routes" })).unwrap();
    #[cfg(target_os = "linux")]
    {
        let folder = format!("/proc/{}/fd", client.child.id());
        let open: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
            .map(|target| target.to_string_lossy().into_owned())
            .collect();
        assert!(open.len() > 2);
        assert!(!open.iter().any(|target| target.contains("socket:")), "{open:?}");
    }
    assert!(client.close().1.success());
    assert!(project.content() == before, "files of the project are other than before");
    assert!(!project.path().join("../outside.py").exists());
}

#[test]
fn fixes_are_written_where_that_was_allowed() {
    let project = Project::new();
    let before = project.content();
    let mut client = Client::open(project.path(), STATELESS, &["--allow-write"]);
    let tools = client.request("tools/list", json!({})).unwrap();
    let tool =
        tools["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "apply_fix").unwrap().clone();
    assert_eq!(tool["annotations"]["readOnlyHint"], false);
    assert_eq!(tool["annotations"]["destructiveHint"], true);
    let planned = client.call("plan_fix", json!({}));
    let result = client.call("apply_fix", json!({}));
    assert_ne!(result["isError"], true, "{result}");
    let files = result["structuredContent"]["files"].as_array().unwrap();
    assert!(!files.is_empty());
    assert_eq!(result["structuredContent"]["files"], planned["structuredContent"]["files"]);
    let changed = project.content();
    for file in files {
        let path = project.path().join(file.as_str().unwrap());
        assert!(changed[&path] != before[&path], "{file}");
    }
    // The same again has nothing left to do.
    let again = client.call("apply_fix", json!({}));
    assert!(again["isError"] == true || again["structuredContent"]["files"] == json!([]), "{again}");
}

#[test]
fn roots_of_a_client_are_not_heard() {
    let project = Project::new();
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("main.py"), "from fastapi import FastAPI\napp = FastAPI()\n").unwrap();
    let mut client = Client::start(project.path(), &[]);
    let params = json!({
        "protocolVersion": INITIALIZED,
        "capabilities": { "roots": { "listChanged": true } },
        "clientInfo": { "name": "test", "version": "1" },
    });
    client.request("initialize", params).unwrap();
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/roots/list_changed" }));
    let result = client.call("list_routes", json!({}));
    assert_eq!(result["structuredContent"]["total"], 31);
    // Nothing was asked of the client, and no argument chooses a folder.
    let path = other.path().to_str().unwrap();
    for name in ["path", "root", "project", "cwd"] {
        let result = client.call("check_project", json!({ name: path }));
        let findings = result["structuredContent"]["findings"].as_array().map_or(0, Vec::len);
        assert!(result["isError"] == true || findings == 0, "{name}: {result}");
    }
    assert!(client.notifications.is_empty());
}
