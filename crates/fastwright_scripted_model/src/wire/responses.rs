//! OpenAI's responses.

use serde_json::{Value, json};

use super::{Event, pieces};
use crate::reply::Turn;

pub(super) fn document(turn: &Turn) -> Value {
    response(turn, output(turn))
}

pub(super) fn events(turn: &Turn) -> Vec<Event> {
    let mut created = response(turn, Vec::new());
    created["status"] = json!("in_progress");
    created["usage"] = Value::Null;
    let mut events = vec![named("response.created", json!({"response": created}))];
    for (index, item) in output(turn).into_iter().enumerate() {
        let mut begin = item.clone();
        match item["type"].as_str() {
            Some("message") => {
                begin["content"] = json!([]);
                events.push(added(index, &begin));
                events.extend(pieces(&turn.text).into_iter().map(|piece| {
                    let delta = json!({"item_id": "msg_0", "output_index": index, "content_index": 0, "delta": piece});
                    named("response.output_text.delta", delta)
                }));
            }
            Some("function_call") => {
                begin["arguments"] = json!("");
                events.push(added(index, &begin));
                let arguments = item["arguments"].as_str().unwrap_or_default();
                events.extend(pieces(arguments).into_iter().map(|piece| {
                    let delta = json!({"item_id": item["id"], "output_index": index, "delta": piece});
                    named("response.function_call_arguments.delta", delta)
                }));
            }
            _ => events.push(added(index, &begin)),
        }
        events.push(named("response.output_item.done", json!({"output_index": index, "item": item})));
    }
    let end = if turn.stop.is_some() { "response.incomplete" } else { "response.completed" };
    events.push(named(end, json!({"response": document(turn)})));
    events
}

fn added(index: usize, item: &Value) -> Event {
    named("response.output_item.added", json!({"output_index": index, "item": item}))
}

fn named(name: &'static str, mut data: Value) -> Event {
    data["type"] = json!(name);
    Event::named(name, data)
}

/// A stop that is not the usual one is what keeps the response incomplete, such as `max_output_tokens`.
fn response(turn: &Turn, output: Vec<Value>) -> Value {
    json!({
        "id": "resp_scripted",
        "object": "response",
        "created_at": 0,
        "model": "scripted",
        "status": if turn.stop.is_some() { "incomplete" } else { "completed" },
        "incomplete_details": turn.stop.as_ref().map(|reason| json!({"reason": reason})),
        "error": null,
        "output": output,
        "usage": {
            "input_tokens": turn.input_tokens,
            "input_tokens_details": {"cached_tokens": turn.cached_tokens},
            "output_tokens": turn.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": turn.input_tokens + turn.output_tokens,
        },
    })
}

fn output(turn: &Turn) -> Vec<Value> {
    let mut output = Vec::new();
    if let Some((_, signature)) = &turn.reasoning {
        output
            .push(json!({"type": "reasoning", "id": "rs_0", "summary": [], "encrypted_content": signature}));
    }
    if !turn.text.is_empty() {
        output.push(json!({
            "type": "message",
            "id": "msg_0",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": turn.text, "annotations": []}],
        }));
    }
    output.extend(turn.calls.iter().enumerate().map(|(index, call)| {
        json!({
            "type": "function_call",
            "id": format!("fc_{index}"),
            "call_id": format!("call_{index}"),
            "name": call.name,
            "arguments": call.arguments,
            "status": "completed",
        })
    }));
    output
}
