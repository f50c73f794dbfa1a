//! Lines that are no messages, messages that make no sense, and the end of the connection.

use crate::client::{Client, INITIALIZED, STATELESS};
use crate::project::Project;
use serde_json::json;

/// Lines that say nothing: they are passed over, or answered with an error that belongs to no request.
fn strange_lines() -> Vec<Vec<u8>> {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep_object = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let mut lines: Vec<Vec<u8>> = [
        "",
        "\r",
        "hello",
        "{",
        "null",
        "[]",
        "{}",
        "17",
        "\"text\"",
        "{\"jsonrpc\":\"2.0\"}",
        "{\"jsonrpc\":\"1.0\",\"id\":900,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unheard-of\",\"params\":{\"a\":[1,2]}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":12345}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":901,\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":902,\"error\":{\"code\":1,\"message\":\"m\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":903,\"method\":\"ping\",\"result\":{},\"error\":{\"code\":1,\"message\":\"m\"}}",
        &deep,
        &deep_object,
    ]
    .iter()
    .map(|line| line.as_bytes().to_vec())
    .collect();
    lines.push(b"\xff\xfe\x00\x01 not utf-8".to_vec());
    lines.push(vec![b'x'; 20 * 1024 * 1024]);
    lines.push(
        format!("{{\"jsonrpc\":\"2.0\",\"id\":904,\"method\":\"{}\"}}", "m".repeat(1_000_000)).into_bytes(),
    );
    lines
}

#[test]
fn strange_lines_harm_nothing() {
    let project = Project::new();
    for revision in [INITIALIZED, STATELESS] {
        // Before the connection is open, and after.
        let mut client = Client::start(project.path(), &[]);
        for line in strange_lines() {
            client.write(&line);
            client.write(b"\n");
        }
        let client_info = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": revision, "capabilities": {}, "clientInfo": client_info });
        client.send(&json!({ "jsonrpc": "2.0", "id": "open", "method": "initialize", "params": params }));
        loop {
            let message = client.next().unwrap();
            if message["id"] == "open" {
                assert_eq!(message["result"]["protocolVersion"], INITIALIZED);
                break;
            }
            assert!(message["error"].is_object(), "{message}");
        }
        for line in strange_lines() {
            client.write(&line);
            client.write(b"\n");
        }
        let params = json!({ "name": "list_routes", "arguments": {} });
        client.send(&json!({ "jsonrpc": "2.0", "id": "ask", "method": "tools/call", "params": params }));
        loop {
            let message = client.next().unwrap();
            if message["id"] == "ask" {
                assert_eq!(message["result"]["structuredContent"]["total"], 31);
                break;
            }
            // Only `ping` is answered with a result.
            assert!(message["error"].is_object() || message["result"] == json!({}), "{message}");
        }
        assert!(client.close().1.success());
    }
}

#[test]
fn requests_of_the_wrong_shape_are_refused() {
    let project = Project::new();
    let mut client = Client::open(project.path(), INITIALIZED, &[]);
    for params in [
        json!({}),
        json!({ "name": 5 }),
        json!({ "name": "check_project", "arguments": [1] }),
        json!({ "name": "check_project", "arguments": "all" }),
        json!([1, 2]),
        json!("all"),
        json!(null),
    ] {
        let message = json!({ "jsonrpc": "2.0", "id": 500, "method": "tools/call", "params": params });
        client.send(&message);
        let answer = client.next().unwrap();
        assert!(answer["error"].is_object(), "{message}: {answer}");
    }
    let big = json!({ "name": "gate_patch", "arguments": { "patch": "+ x\n".repeat(500_000) } });
    let result = client.request("tools/call", big).unwrap();
    assert_eq!(result["isError"], true, "{result}");
    // Nested as deeply as a parser takes it.
    let mut nested = json!(1);
    for _ in 0..100 {
        nested = json!([nested]);
    }
    let result = client.call("check_project", json!({ "area": nested }));
    assert_eq!(result["isError"], true);
    assert!(client.request("ping", json!({})).is_ok());
}

#[test]
fn the_server_ends_with_its_client() {
    let project = Project::new();
    // A client that never says anything.
    let mut client = Client::start(project.path(), &[]);
    let (rest, status) = client.close();
    assert!(rest.is_empty() && status.success(), "{}", client.complaints());
    // One that leaves with half a line.
    let mut client = Client::open(project.path(), INITIALIZED, &[]);
    client.write(b"{\"jsonrpc\":");
    assert!(client.close().1.success());
    // One that leaves while it is answered.
    for revision in [INITIALIZED, STATELESS] {
        let mut client = Client::open(project.path(), revision, &[]);
        for _ in 0..20 {
            let (_, message) =
                client.message("tools/call", json!({ "name": "review_changes", "arguments": {} }));
            client.send(&message);
        }
        let (_, status) = client.close();
        assert!(status.success(), "{}", client.complaints());
    }
}

#[test]
fn a_project_that_is_none_is_said_at_once() {
    let project = Project::new();
    let mut client = Client::start(&project.path().join("nowhere"), &[]);
    let (rest, status) = client.close();
    assert!(rest.is_empty());
    assert_eq!(status.code(), Some(2));
    assert!(client.complaints().contains("nowhere"));
}
