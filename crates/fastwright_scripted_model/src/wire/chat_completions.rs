//! OpenAI's chat completions.

use serde_json::{Value, json};

use super::{Event, pieces};
use crate::reply::Turn;

pub(super) fn document(turn: &Turn) -> Value {
    let calls: Vec<Value> = turn
        .calls
        .iter()
        .enumerate()
        .map(|(index, call)| {
            json!({
                "id": format!("call_{index}"),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            })
        })
        .collect();
    let mut message = json!({"role": "assistant", "content": turn.text});
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    json!({
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": stop(turn)}],
        "usage": usage(turn),
    })
}

pub(super) fn events(turn: &Turn) -> Vec<Event> {
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), None)];
    if let Some((reasoning, _)) = &turn.reasoning {
        events.extend(
            pieces(reasoning).into_iter().map(|piece| chunk(json!({"reasoning_content": piece}), None)),
        );
    }
    events.extend(pieces(&turn.text).into_iter().map(|piece| chunk(json!({"content": piece}), None)));
    for (index, call) in turn.calls.iter().enumerate() {
        let begin = json!({
            "index": index,
            "id": format!("call_{index}"),
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        });
        events.push(chunk(json!({"tool_calls": [begin]}), None));
        events.extend(pieces(&call.arguments).into_iter().map(|piece| {
            chunk(json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}), None)
        }));
    }
    events.push(chunk(json!({}), Some(stop(turn))));
    let mut last = frame(json!([]));
    last["usage"] = usage(turn);
    events.push(Event::unnamed(last));
    events.push(Event::literal("[DONE]"));
    events
}

fn chunk(delta: Value, stop: Option<&str>) -> Event {
    Event::unnamed(frame(json!([{"index": 0, "delta": delta, "finish_reason": stop}])))
}

fn frame(choices: Value) -> Value {
    json!({
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "scripted",
        "choices": choices,
    })
}

fn stop(turn: &Turn) -> &str {
    match &turn.stop {
        Some(stop) => stop,
        None if turn.calls.is_empty() => "stop",
        None => "tool_calls",
    }
}

fn usage(turn: &Turn) -> Value {
    json!({
        "prompt_tokens": turn.input_tokens,
        "completion_tokens": turn.output_tokens,
        "total_tokens": turn.input_tokens + turn.output_tokens,
        "prompt_tokens_details": {"cached_tokens": turn.cached_tokens},
    })
}
