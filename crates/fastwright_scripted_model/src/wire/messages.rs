//! Anthropic's messages.

use serde_json::{Value, json};

use super::{Event, pieces};
use crate::reply::Turn;

pub(super) fn document(turn: &Turn) -> Value {
    let mut content = Vec::new();
    if let Some((reasoning, signature)) = &turn.reasoning {
        content.push(json!({"type": "thinking", "thinking": reasoning, "signature": signature}));
    }
    if !turn.text.is_empty() {
        content.push(json!({"type": "text", "text": turn.text}));
    }
    content.extend(turn.calls.iter().enumerate().map(|(index, call)| {
        let input: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!(call.arguments));
        json!({"type": "tool_use", "id": format!("toolu_{index}"), "name": call.name, "input": input})
    }));
    json!({
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": "scripted",
        "content": content,
        "stop_reason": stop(turn),
        "stop_sequence": null,
        "usage": usage(turn, turn.output_tokens),
    })
}

pub(super) fn events(turn: &Turn) -> Vec<Event> {
    let mut start = document(&Turn { text: String::new(), ..Turn::default() });
    start["stop_reason"] = Value::Null;
    // A real server knows what it has read when it starts, and has written next to nothing.
    start["usage"] = usage(turn, 1);
    let mut events = vec![Event::named("message_start", json!({"type": "message_start", "message": start}))];
    let mut index = 0;
    let mut block = |events: &mut Vec<Event>, begin: Value, deltas: Vec<Value>| {
        events.push(Event::named(
            "content_block_start",
            json!({"type": "content_block_start", "index": index, "content_block": begin}),
        ));
        if index == 0 {
            events.push(Event::named("ping", json!({"type": "ping"})));
        }
        events.extend(deltas.into_iter().map(|delta| {
            Event::named(
                "content_block_delta",
                json!({"type": "content_block_delta", "index": index, "delta": delta}),
            )
        }));
        events
            .push(Event::named("content_block_stop", json!({"type": "content_block_stop", "index": index})));
        index += 1;
    };
    if let Some((reasoning, signature)) = &turn.reasoning {
        let mut deltas: Vec<Value> = pieces(reasoning)
            .into_iter()
            .map(|piece| json!({"type": "thinking_delta", "thinking": piece}))
            .collect();
        deltas.push(json!({"type": "signature_delta", "signature": signature}));
        block(&mut events, json!({"type": "thinking", "thinking": "", "signature": ""}), deltas);
    }
    if !turn.text.is_empty() {
        let deltas = pieces(&turn.text)
            .into_iter()
            .map(|piece| json!({"type": "text_delta", "text": piece}))
            .collect();
        block(&mut events, json!({"type": "text", "text": ""}), deltas);
    }
    for (number, call) in turn.calls.iter().enumerate() {
        let deltas = pieces(&call.arguments)
            .into_iter()
            .map(|piece| json!({"type": "input_json_delta", "partial_json": piece}))
            .collect();
        let begin =
            json!({"type": "tool_use", "id": format!("toolu_{number}"), "name": call.name, "input": {}});
        block(&mut events, begin, deltas);
    }
    events.push(Event::named(
        "message_delta",
        json!({
            "type": "message_delta",
            "delta": {"stop_reason": stop(turn), "stop_sequence": null},
            "usage": {"output_tokens": turn.output_tokens},
        }),
    ));
    events.push(Event::named("message_stop", json!({"type": "message_stop"})));
    events
}

fn stop(turn: &Turn) -> &str {
    match &turn.stop {
        Some(stop) => stop,
        None if turn.calls.is_empty() => "end_turn",
        None => "tool_use",
    }
}

/// Anthropic counts what came from a cache apart from the other tokens that were read.
fn usage(turn: &Turn, output_tokens: u32) -> Value {
    json!({
        "input_tokens": turn.input_tokens - turn.cached_tokens.min(turn.input_tokens),
        "cache_read_input_tokens": turn.cached_tokens,
        "cache_creation_input_tokens": 0,
        "output_tokens": output_tokens,
    })
}
