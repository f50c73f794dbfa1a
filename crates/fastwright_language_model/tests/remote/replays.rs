//! Transcripts replay.

use fastwright_language_model::{
    Exchange, LanguageModel as _, Message, ModelError, Outcome, Recorded, Request, ToolResult,
};
use fastwright_scripted_model::{Reply, ScriptedServer};
use serde_json::json;

use super::{WIRES, observe, question, remote};

/// A session with a call, a failure and an end, as a transcript.
fn transcript(name: &str) -> String {
    let server = ScriptedServer::start([
        Reply::call("list_routes", &json!({"path": "/books"})),
        Reply::refusal(400, "invalid_request_error", "no"),
        Reply::text("`GET /books` is public."),
    ])
    .expect("a server");
    let remote = remote(&server, name);
    let mut exchanges = Vec::new();
    let mut request = question();
    for _ in 0..3 {
        let result = remote.answer(&request, &mut |_| {});
        exchanges.push(Exchange::new(&request, &result));
        go_on(&mut request, &exchanges);
    }
    serde_json::to_string_pretty(&exchanges).expect("a transcript")
}

/// What the session does after each answer.
fn go_on(request: &mut Request, exchanges: &[Exchange]) {
    let Some(Exchange { outcome: Outcome::Answer(answer), .. }) = exchanges.last() else { return };
    request.messages.push(Message::Assistant(answer.message.clone()));
    for call in &answer.message.tool_calls {
        request.messages.push(Message::Tool(ToolResult::of(call, "[]")));
    }
}

#[test]
fn the_same_requests_get_the_same_answers() {
    for (wire, name) in WIRES {
        let text = transcript(name);
        let recorded: Vec<Exchange> = serde_json::from_str(&text).expect("a transcript");
        let model = Recorded::new(recorded.clone());
        let mut replayed = Vec::new();
        let mut request = question();
        for _ in 0..3 {
            let (result, shown, _) = observe(&model, &request);
            if let Ok(answer) = &result {
                assert_eq!(shown, answer.message.text);
            }
            replayed.push(Exchange::new(&request, &result));
            go_on(&mut request, &replayed);
        }
        assert_eq!(model.remaining(), 0);
        assert_eq!(serde_json::to_string_pretty(&replayed).expect("a transcript"), text, "{wire:?}");
        assert!(matches!(&replayed[1].outcome, Outcome::Failure(ModelError::Rejected { status: 400, .. })));
    }
}

#[test]
fn a_request_that_differs_is_told_with_the_place() {
    let recorded: Vec<Exchange> = serde_json::from_str(&transcript(WIRES[0].1)).expect("a transcript");
    let differs = |change: &dyn Fn(&mut Request)| {
        let mut request = question();
        change(&mut request);
        let error = Recorded::new(recorded.clone()).answer(&request, &mut |_| {}).expect_err("an error");
        assert!(matches!(error, ModelError::Replay { .. }), "{error:?}");
        error.to_string()
    };
    let text = differs(&|request| request.messages = vec![Message::user("Which routes are private?")]);
    assert!(text.contains("request 1, /messages/0/text"), "{text}");
    assert!(text.contains("public?") && text.contains("private?"), "{text}");
    let text = differs(&|request| request.messages.push(Message::user("And?")));
    assert!(text.contains("/messages/1") && text.contains("was not recorded"), "{text}");
    let text = differs(&|request| request.tools.clear());
    assert!(text.contains("/tools") && text.contains("does not come"), "{text}");
    let text = differs(&|request| request.tools[0].parameters = json!({"type": "string"}));
    assert!(text.contains("/tools/0/parameters/type"), "{text}");
}

#[test]
fn a_difference_does_not_use_up_an_answer() {
    let recorded: Vec<Exchange> = serde_json::from_str(&transcript(WIRES[0].1)).expect("a transcript");
    let model = Recorded::new(recorded);
    let mut other = question();
    other.system.push('!');
    assert!(model.answer(&other, &mut |_| {}).is_err());
    assert_eq!(model.remaining(), 3);
    assert!(model.answer(&question(), &mut |_| {}).is_ok());
}

#[test]
fn a_request_too_many_is_told() {
    let model = Recorded::new([]);
    let error = model.answer(&question(), &mut |_| {}).expect_err("an error");
    assert!(error.to_string().contains("request 1 comes, and only 0 were recorded"), "{error}");
}
