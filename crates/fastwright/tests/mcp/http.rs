//! The protocol over HTTP, and who is kept out.

use crate::client::{INITIALIZED, PATIENCE, STATELESS, meta};
use crate::project::Project;
use serde_json::{Value as Json, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const TOKEN: &str = "a-token-that-only-this-test-has";

struct HttpServer {
    child: Child,
    /// `127.0.0.1:PORT`.
    host: String,
    /// What it said when it started.
    said: Vec<String>,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// The message of the body: JSON, or the last event of a stream.
    fn message(&self) -> Json {
        let text = if self.head.contains("text/event-stream") {
            let data = self.body.lines().filter_map(|line| line.strip_prefix("data:"));
            data.map(str::trim).rfind(|data| data.contains("\"jsonrpc\"")).unwrap_or_default()
        } else {
            self.body.trim()
        };
        serde_json::from_str(text).unwrap_or_else(|_| panic!("no message: {}\n{}", self.head, self.body))
    }
}

impl HttpServer {
    fn start(project: &Project, token: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fastwright"));
        command.args(["mcp", "--http", "127.0.0.1:0"]).arg(project.path()).env_remove("FASTWRIGHT_TOKEN");
        if let Some(token) = token {
            command.env("FASTWRIGHT_TOKEN", token);
        }
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said: Vec<String> = (0..2).map(|_| lines.next().unwrap().unwrap()).collect();
        let host = said[0].split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        assert!(host.starts_with("127.0.0.1:"));
        Self { child, host, said }
    }

    /// Sends one request with the headers given, and reads the whole answer.
    fn send(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head =
            format!("POST {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        head.push_str("Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = if head.to_lowercase().contains("transfer-encoding: chunked") {
            joined(body)
        } else {
            body.to_owned()
        };
        Answer { status, head: head.to_lowercase(), body }
    }

    /// A request of the revision without sessions.
    fn ask(&self, method: &str, params: Json, headers: &[(&str, &str)]) -> Answer {
        let authorization = format!("Bearer {TOKEN}");
        let mut all = vec![
            ("Host", self.host.as_str()),
            ("Authorization", &authorization),
            ("MCP-Protocol-Version", STATELESS),
            ("Mcp-Method", method),
        ];
        let name = params["name"].as_str().map(str::to_owned);
        if let Some(name) = &name {
            all.push(("Mcp-Name", name));
        }
        for (name, value) in headers {
            all.retain(|(known, _)| known != name);
            if !value.is_empty() {
                all.push((name, value));
            }
        }
        let mut params = params;
        params["_meta"] = meta();
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.send("/mcp", &all, &body.to_string())
    }
}

/// The chunks of a body, put together.
fn joined(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&rest[..size]);
        body = rest[size..].trim_start_matches("\r\n");
    }
    whole
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn tools_are_called_over_http_in_both_revisions() {
    let project = Project::new();
    let server = HttpServer::start(&project, Some(TOKEN));
    let found = server.ask("server/discover", json!({}), &[]);
    assert_eq!(found.status, 200, "{}", found.body);
    let answer = server.ask("tools/call", json!({ "name": "list_routes", "arguments": {} }), &[]);
    assert_eq!(answer.message()["result"]["structuredContent"]["total"], 31, "{}", answer.body);

    let authorization = format!("Bearer {TOKEN}");
    let headers = vec![("Host", server.host.as_str()), ("Authorization", authorization.as_str())];
    let params = json!({
        "protocolVersion": INITIALIZED, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" },
    });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let opened = server.send("/mcp", &headers, &body.to_string());
    assert_eq!(opened.message()["result"]["protocolVersion"], INITIALIZED);
    let session =
        opened.head.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).unwrap().to_owned();
    let mut headers = headers;
    headers.extend([("Mcp-Session-Id", session.as_str()), ("MCP-Protocol-Version", INITIALIZED)]);
    let body = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let listed = server.send("/mcp", &headers, &body.to_string());
    assert_eq!(listed.message()["result"]["tools"].as_array().unwrap().len(), 9);
}

#[test]
fn who_has_no_token_or_comes_from_elsewhere_is_kept_out() {
    let project = Project::new();
    let server = HttpServer::start(&project, Some(TOKEN));
    let (host, port) = server.host.split_once(':').unwrap();
    let status = |headers: &[(&str, &str)]| server.ask("tools/list", json!({}), headers).status;
    assert_eq!(status(&[]), 200);
    let own = format!("http://{}", server.host);
    assert_eq!(status(&[("Origin", &own)]), 200);
    assert_eq!(status(&[("Host", &format!("localhost:{port}"))]), 200);

    for wrong in ["", "Bearer", "Bearer wrong", "Basic a-token-that-only-this-test-has"] {
        assert_eq!(status(&[("Authorization", wrong)]), 401, "{wrong}");
    }
    assert!(
        server
            .ask("tools/list", json!({}), &[("Authorization", "")])
            .head
            .contains("www-authenticate: bearer")
    );
    for origin in ["https://example.org", "null", "http://localhost:1", "http://127.0.0.1", "nonsense"] {
        let status = status(&[("Origin", origin)]);
        assert!(status == 403 || status == 400, "{origin}: {status}");
    }
    for name in ["example.org", "example.org:80", "127.0.0.1:1", "attacker.127.0.0.1.example.org"] {
        assert_eq!(status(&[("Host", name)]), 403, "{name}");
    }
    // Over a name of somebody else, even a caller without a token learns no more than that it is refused.
    assert_eq!(status(&[("Host", "example.org"), ("Authorization", "")]), 401);
    let authorization = format!("Bearer {TOKEN}");
    let headers = [("Host", server.host.as_str()), ("Authorization", authorization.as_str())];
    assert_eq!(server.send("/", &headers, "{}").status, 404);
    assert!([400, 415, 422].contains(&server.send("/mcp", &headers, "not json").status));
    let huge = "x".repeat(5 * 1024 * 1024);
    assert_eq!(server.send("/mcp", &headers, &huge).status, 413);
    assert_eq!(status(&[]), 200);
    assert_eq!(host, "127.0.0.1");
}

#[test]
fn a_token_is_made_up_where_none_is_chosen() {
    let project = Project::new();
    let server = HttpServer::start(&project, None);
    let token = server.said[1].split("Bearer ").nth(1).unwrap().to_owned();
    assert_eq!(token.len(), 64);
    let status = |token: &str| {
        server.ask("tools/list", json!({}), &[("Authorization", &format!("Bearer {token}"))]).status
    };
    assert_eq!((status(&token), status(TOKEN), status(&token[..63])), (200, 401, 401));
    // One that was chosen is not printed.
    let server = HttpServer::start(&project, Some(TOKEN));
    assert!(!server.said.join("\n").contains(TOKEN), "{:?}", server.said);
}

#[test]
fn other_machines_can_not_be_served() {
    let project = Project::new();
    let run = |address: &str, token: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_fastwright"))
            .args(["mcp", "--http", address])
            .arg(project.path())
            .env("FASTWRIGHT_TOKEN", token)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let (code, text) = run(address, TOKEN);
        assert!(code == Some(2) && text.contains("other machines"), "{address}: {text}");
    }
    let (code, text) = run("nowhere", TOKEN);
    assert!(code == Some(2) && text.contains("no address"), "{text}");
    let (code, text) = run("127.0.0.1:0", "short");
    assert!(code == Some(2) && text.contains("FASTWRIGHT_TOKEN"), "{text}");
}
