//! Asking models over real HTTP: a scripted server on loopback speaks each wire format.

mod budgets;
mod environments;
mod failures;
mod replays;
mod secrets;
mod turns;

use std::time::Duration;

use fastwright_language_model::{
    Answer, Choice, LanguageModel, Message, Model, ModelError, Progress, Remote, Request, Retries, Timeouts,
    ToolDefinition,
};
use fastwright_scripted_model::{Reply, ScriptedServer, WireFormat};
use serde_json::json;

/// A key as no text but a header has it.
const KEY: &str = "sk-scripted-3f9c1b7e";

/// Every wire format, with what chooses it.
const WIRES: [(WireFormat, &str); 3] = [
    (WireFormat::ChatCompletions, "scripted-max"),
    (WireFormat::Responses, "openai:gpt-5.4"),
    (WireFormat::Messages, "anthropic:claude-opus-4-5"),
];

/// Timeouts that tests can wait for.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_millis(1500),
    begin: Duration::from_millis(500),
    idle: Duration::from_millis(500),
    whole: Duration::from_secs(20),
};

/// Retries without long pauses.
const RETRIES: Retries =
    Retries { attempts: 3, first_pause: Duration::from_millis(5), waiting: Duration::from_secs(2) };

/// A model behind a scripted server.
fn model(server: &ScriptedServer, name: &str) -> Model {
    let choice = Choice { name: Some(name.to_owned()), url: Some(server.url()), ..Choice::default() };
    let environment = |variable: &str| (variable == "FASTWRIGHT_MODEL_KEY").then(|| KEY.to_owned());
    Model::choose(&choice, &environment, &|_| None).expect("a good choice").expect("a model")
}

fn remote(server: &ScriptedServer, name: &str) -> Remote {
    Remote::with(model(server, name), TIMEOUTS, RETRIES).expect("a model that can be asked")
}

/// One reply of a server, without further attempts.
fn ask_once(reply: Reply, name: &str) -> (Result<Answer, ModelError>, ScriptedServer) {
    let server = ScriptedServer::start([reply]).expect("a server");
    let remote = Remote::with(model(&server, name), TIMEOUTS, Retries::NONE).expect("a model");
    let result = remote.answer(&question(), &mut |_| {});
    (result, server)
}

/// The text that an observer has in the end, and the retries that it was told of.
fn observe<M: LanguageModel>(model: &M, request: &Request) -> (Result<Answer, ModelError>, String, u32) {
    let (mut text, mut retries) = (String::new(), 0);
    let result = model.answer(request, &mut |progress| match progress {
        Progress::Text(piece) => text.push_str(piece),
        Progress::Retry { .. } => {
            text.clear();
            retries += 1;
        }
        _ => {}
    });
    (result, text, retries)
}

fn question() -> Request {
    Request {
        system: "You review FastAPI services.".to_owned(),
        tools: vec![ToolDefinition {
            name: "list_routes".to_owned(),
            description: "Lists the routes of the project.".to_owned(),
            parameters: json!({"type": "object", "properties": {"path": {"type": "string"}}}),
        }],
        messages: vec![Message::user("Which routes are public?")],
        ..Request::default()
    }
}
