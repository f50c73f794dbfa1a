//! The server keeps to its script, whoever asks.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use fastwright_scripted_model::{Fault, Reply, ScriptedServer, Turn};
use serde_json::{Value, json};

/// Sends a body to a path, and reads until the connection is closed.
fn post(server: &ScriptedServer, path: &str, body: &Value) -> String {
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(&address).expect("a connection");
    let body = body.to_string();
    let request =
        format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    // In two parts, as a network may do it.
    let (first, second) = request.split_at(request.len() - 3);
    stream.write_all(first.as_bytes()).expect("sent");
    stream.flush().expect("sent");
    stream.write_all(second.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    // A reset is an end like others here.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).expect("text")
}

/// The document behind the head of an answer.
fn document(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    serde_json::from_str(body).expect("JSON")
}

#[test]
fn whoever_wants_no_stream_gets_a_document() {
    let turn = || {
        Reply::turn(Turn {
            text: "Yes.".to_owned(),
            calls: vec![fastwright_scripted_model::ScriptedCall {
                name: "list_routes".to_owned(),
                arguments: "{\"a\":1}".to_owned(),
            }],
            ..Turn::usual()
        })
    };
    let server = ScriptedServer::start([turn(), turn(), turn()]).expect("a server");
    let answer = document(&post(&server, "/v1/chat/completions", &json!({"stream": false})));
    let message = &answer["choices"][0]["message"];
    assert_eq!(
        (&message["content"], &message["tool_calls"][0]["function"]["name"]),
        (&json!("Yes."), &json!("list_routes"))
    );
    assert_eq!(
        (&answer["choices"][0]["finish_reason"], &answer["usage"]["total_tokens"]),
        (&json!("tool_calls"), &json!(120))
    );
    let answer = document(&post(&server, "/v1/messages", &json!({})));
    assert_eq!(
        answer["content"],
        json!([
            {"type": "text", "text": "Yes."},
            {"type": "tool_use", "id": "toolu_0", "name": "list_routes", "input": {"a": 1}},
        ])
    );
    assert_eq!(answer["stop_reason"], "tool_use");
    let answer = document(&post(&server, "/v1/responses", &json!({})));
    assert_eq!(
        (&answer["output"][0]["content"][0]["text"], &answer["output"][1]["arguments"]),
        (&json!("Yes."), &json!("{\"a\":1}"))
    );
    assert_eq!(answer["status"], "completed");
}

#[test]
fn requests_are_kept_byte_by_byte() {
    let server = ScriptedServer::start([Reply::text("Yes.")]).expect("a server");
    post(&server, "/v1/messages?beta=true", &json!({"stream": true, "system": "Größe"}));
    let requests = server.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(request.bytes.starts_with(b"POST /v1/messages?beta=true HTTP/1.1\r\nhost: "));
    assert!(request.bytes.ends_with("Größe\"}".as_bytes()));
    assert!(request.contains("Größe") && !request.contains("Kleine") && !request.contains(""));
    assert!(request.wants_stream());
    assert_eq!(
        request.header("content-length"),
        Some(request.body.as_ref().expect("JSON").to_string().len().to_string().as_str())
    );
}

#[test]
fn a_script_can_look_at_what_was_sent() {
    let server = ScriptedServer::start_with(|request| {
        Reply::text(if request.contains("secret") { "I saw it." } else { "Nothing to see." })
    })
    .expect("a server");
    let answer = document(&post(&server, "/v1/messages", &json!({"system": "the secret"})));
    assert_eq!(answer["content"][0]["text"], "I saw it.");
    let answer = document(&post(&server, "/v1/messages", &json!({"system": "nothing"})));
    assert_eq!(answer["content"][0]["text"], "Nothing to see.");
}

#[test]
fn what_is_not_in_the_script_is_refused() {
    let server = ScriptedServer::start([]).expect("a server");
    assert!(post(&server, "/v1/messages", &json!({})).starts_with("HTTP/1.1 400 "));
    assert!(post(&server, "/v1/elsewhere", &json!({})).starts_with("HTTP/1.1 404 "));
}

#[test]
fn faults_happen_where_they_are_ordered() {
    let stream = json!({"stream": true});
    let count = |answer: &str| answer.matches("data: ").count();
    let whole = ScriptedServer::start([Reply::text("A text of some length.")]).expect("a server");
    let events = count(&post(&whole, "/v1/messages", &stream));
    assert!(events > 6);
    for after in 0..events {
        let reply = Reply::text("A text of some length.").with_fault(Fault::Truncated { after });
        let server = ScriptedServer::start([reply]).expect("a server");
        let answer = post(&server, "/v1/messages", &stream);
        assert_eq!(count(&answer), after);
        assert!(!answer.ends_with("0\r\n\r\n"), "the end of the chunks is missing");
    }
    let server = ScriptedServer::start([Reply::reset()]).expect("a server");
    assert_eq!(post(&server, "/v1/messages", &stream), "");
}

#[test]
fn a_server_that_hangs_lets_go_when_it_is_dropped() {
    let server = ScriptedServer::start([Reply::silence()]).expect("a server");
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(b"POST /v1/messages HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}").expect("sent");
    while server.requests().is_empty() {
        std::thread::yield_now();
    }
    drop(server);
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty());
}
