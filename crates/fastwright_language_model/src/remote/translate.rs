//! Between our conversation and the library's.

use genai::adapter::AdapterKind;
use genai::chat::{
    CacheControl, ChatMessage, ChatOptions, ChatRequest, ContentPart, CustomPart, MessageContent,
    ReasoningEffort, StopReason, StreamEnd, Tool, ToolResponse,
};
use genai::resolver::{AuthData, Endpoint};
use genai::{Headers, ModelIden, ServiceTarget};
use serde_json::{Map, Value, json};

use super::Timeouts;
use crate::choice::{Model, Provider};
use crate::conversation::{
    Answer, Arguments, AssistantMessage, Message, Reasoning, Request, Stop, ToolCall, ToolDefinition, Usage,
    estimated_tokens,
};
use crate::error::ModelError;

/// What the library has to know of a model.
pub(super) fn target(model: &Model) -> ServiceTarget {
    let kind = adapter(model);
    let auth = match model.key() {
        Some(key) => AuthData::from_single(key.expose()),
        // The library wants a key for every server; this is its way to send other headers instead.
        None => without_key(kind, model),
    };
    ServiceTarget {
        endpoint: Endpoint::from_owned(model.address().as_str()),
        auth,
        model: ModelIden::new(kind, qualified(kind, model.name())),
    }
}

fn without_key(kind: AdapterKind, model: &Model) -> AuthData {
    let (method, headers) = match kind {
        AdapterKind::Anthropic => ("messages", Headers::from(("anthropic-version", "2023-06-01"))),
        AdapterKind::OpenAIResp => ("responses", Headers::default()),
        _ => ("chat/completions", Headers::default()),
    };
    AuthData::RequestOverride { url: format!("{}{method}", model.address()), headers }
}

/// The protocol. Which one of its two OpenAI wants for a model of its own is the library's knowledge.
fn adapter(model: &Model) -> AdapterKind {
    match model.provider() {
        Provider::Anthropic => AdapterKind::Anthropic,
        Provider::OpenAi => match AdapterKind::from_model(model.name()) {
            Ok(AdapterKind::OpenAIResp) => AdapterKind::OpenAIResp,
            _ => AdapterKind::OpenAI,
        },
        Provider::Ollama | Provider::Own => AdapterKind::OpenAI,
    }
}

/// The name with a namespace in front, so that nothing else in it is taken for one.
fn qualified(kind: AdapterKind, name: &str) -> String {
    format!("{}::{name}", kind.as_lower_str())
}

/// What is asked.
pub(super) fn request(request: &Request, model: &Model) -> ChatRequest {
    let mut messages: Vec<ChatMessage> = Vec::with_capacity(request.messages.len());
    let mut results: Vec<ToolResponse> = Vec::new();
    for message in &request.messages {
        if let Message::Tool(result) = message {
            let response = ToolResponse::new(&result.call_id, &result.content).with_fn_name(&result.name);
            results.push(response);
            continue;
        }
        // The results of one turn belong together: some protocols want them in one message.
        if !results.is_empty() {
            messages.push(ChatMessage::from(std::mem::take(&mut results)));
        }
        match message {
            Message::User { text } => messages.push(ChatMessage::user(text.as_str())),
            Message::Assistant(message) => messages.push(ChatMessage::assistant(content(message))),
            Message::Tool(_) => {}
        }
    }
    if !results.is_empty() {
        messages.push(ChatMessage::from(results));
    }
    // Whoever asks again with one message more finds what was before in the provider's cache, at a tenth of its price.
    // Others cache by themselves.
    if adapter(model) == AdapterKind::Anthropic
        && let Some(last) = messages.pop()
    {
        messages.push(last.with_options(CacheControl::Ephemeral));
    }
    let mut chat = ChatRequest::from_messages(messages);
    if !request.system.is_empty() {
        chat = chat.with_system(&request.system);
    }
    if !request.tools.is_empty() {
        chat = chat.with_tools(request.tools.iter().map(tool));
    }
    // Nothing stays with the provider for longer than it must.
    chat.with_store(false)
}

/// How it is asked.
pub(super) fn options(request: &Request, model: &Model, timeouts: &Timeouts) -> ChatOptions {
    let mut options = ChatOptions::default()
        .with_stream_header_timeout(timeouts.begin)
        .with_stream_read_timeout(timeouts.idle)
        .with_capture_usage(true)
        .with_capture_content(true)
        .with_capture_reasoning_content(true)
        .with_capture_tool_calls(true);
    if let Some(tokens) = request.max_output_tokens {
        options = options.with_max_tokens(tokens);
    }
    match adapter(model) {
        // Without this, the library cuts `-max` and the like from the end of a name and takes it for an effort. In this
        // protocol, a budget sends nothing.
        AdapterKind::OpenAI => options.with_reasoning_effort(ReasoningEffort::Budget(0)),
        // Whoever wants the sealed thoughts back also asks for a summary of them, as the library has it. OpenAI refuses
        // that to accounts that it has not verified.
        AdapterKind::OpenAIResp => options.with_extra_body(json!({"reasoning": {"summary": null}})),
        _ => options,
    }
}

fn tool(definition: &ToolDefinition) -> Tool {
    Tool::new(definition.name.as_str())
        .with_description(&definition.description)
        .with_schema(definition.parameters.clone())
}

fn content(message: &AssistantMessage) -> MessageContent {
    let mut parts = Vec::new();
    for reasoning in &message.reasoning {
        match reasoning {
            Reasoning::Open { text } => parts.push(ContentPart::ReasoningContent(text.clone())),
            Reasoning::Signed { text, signature } => {
                parts.push(ContentPart::ThoughtSignature(signature.clone()));
                parts.push(ContentPart::ReasoningContent(text.clone()));
            }
            Reasoning::Sealed { signature } => parts.push(ContentPart::ThoughtSignature(signature.clone())),
            Reasoning::Opaque { block } => {
                parts.push(ContentPart::Custom(CustomPart { model_iden: None, data: block.clone() }));
            }
        }
    }
    if !message.text.is_empty() {
        parts.push(ContentPart::Text(message.text.clone()));
    }
    parts.extend(message.tool_calls.iter().map(|call| {
        let arguments = match &call.arguments {
            Arguments::Object(object) => Value::Object(object.clone()),
            // Servers refuse what is not an object, so the text is put into one.
            Arguments::Malformed(text) => json!({"malformed_arguments": text}),
        };
        ContentPart::ToolCall(genai::chat::ToolCall {
            call_id: call.id.clone(),
            fn_name: call.name.clone(),
            fn_arguments: arguments,
            thought_signatures: None,
        })
    }));
    MessageContent::from_parts(parts)
}

/// The answer at the end of a stream, or why it is none.
pub(super) fn answer(end: StreamEnd, request: &Request) -> Result<Answer, ModelError> {
    let mut message = AssistantMessage::default();
    let mut signature: Option<String> = None;
    for part in end.captured_content.map(MessageContent::into_parts).unwrap_or_default() {
        match part {
            ContentPart::Text(text) => message.text.push_str(&text),
            ContentPart::ToolCall(call) => message.tool_calls.push(tool_call(call)),
            ContentPart::ThoughtSignature(next) => {
                // A signature stands before the words that it signs, if there are any.
                let alone = signature.replace(next);
                message.reasoning.extend(alone.map(|signature| Reasoning::Sealed { signature }));
            }
            ContentPart::ReasoningContent(text) => message.reasoning.push(match signature.take() {
                Some(signature) => Reasoning::Signed { text, signature },
                None => Reasoning::Open { text },
            }),
            ContentPart::Custom(part) => message.reasoning.push(Reasoning::Opaque { block: part.data }),
            ContentPart::Binary(_) | ContentPart::ToolResponse(_) => {}
        }
    }
    message.reasoning.extend(signature.map(|signature| Reasoning::Sealed { signature }));
    if message.reasoning.is_empty() {
        message.reasoning.extend(end.captured_reasoning_content.map(|text| Reasoning::Open { text }));
    }
    let usage = usage(end.captured_usage, request, &message);
    let has_calls = !message.tool_calls.is_empty();
    let mut answer = Answer { message, stop: Stop::Complete, usage };
    match end.captured_stop_reason {
        Some(StopReason::MaxTokens(_)) => return Err(ModelError::CutOff { answer: Box::new(answer) }),
        Some(StopReason::ContentFilter(reason)) => {
            return Err(ModelError::Declined { reason, answer: Box::new(answer) });
        }
        // Servers differ in what they call an end with calls; what counts is whether there are any.
        _ if has_calls => answer.stop = Stop::ToolCalls,
        Some(StopReason::Other(reason)) => answer.stop = Stop::Other(reason),
        _ => {}
    }
    Ok(answer)
}

fn tool_call(call: genai::chat::ToolCall) -> ToolCall {
    let arguments = match call.fn_arguments {
        Value::Object(object) => Arguments::Object(object),
        // Tools without parameters are called with nothing at all.
        Value::Null => Arguments::Object(Map::new()),
        Value::String(text) if text.trim().is_empty() => Arguments::Object(Map::new()),
        Value::String(text) => Arguments::Malformed(text),
        other => Arguments::Malformed(other.to_string()),
    };
    ToolCall { id: call.call_id, name: call.fn_name, arguments }
}

fn usage(said: Option<genai::chat::Usage>, request: &Request, message: &AssistantMessage) -> Usage {
    let count = |tokens: Option<i32>| tokens.and_then(|tokens| u64::try_from(tokens).ok());
    let said = said.unwrap_or_default();
    let (input, output) = (count(said.prompt_tokens), count(said.completion_tokens));
    let cache = said.prompt_tokens_details.unwrap_or_default();
    Usage {
        input_tokens: input.unwrap_or_else(|| request.estimated_tokens()),
        cached_input_tokens: count(cache.cached_tokens).unwrap_or_default(),
        cache_written_tokens: count(cache.cache_creation_tokens).unwrap_or_default(),
        output_tokens: output.unwrap_or_else(|| estimated_tokens(message.length())),
        is_estimated: input.is_none() || output.is_none(),
    }
}
