//! Whole turns over each wire format.

use std::time::Duration;

use fastwright_language_model::{
    Arguments, Cancellation, LanguageModel as _, Message, ModelError, Progress, Reasoning, Stop, ToolResult,
};
use fastwright_scripted_model::{Fault, Reply, ScriptedCall, ScriptedServer, Turn, WireFormat};
use serde_json::{Value, json};

use super::{KEY, WIRES, ask_once, observe, question, remote};

#[test]
fn a_conversation_with_tools_goes_on_until_the_end() {
    for (wire, name) in WIRES {
        let turn = Turn {
            text: "I look at the routes – all of them.".to_owned(),
            calls: vec![
                ScriptedCall {
                    name: "list_routes".to_owned(),
                    arguments: r#"{"path": "/böoks"}"#.to_owned(),
                },
                ScriptedCall { name: "list_routes".to_owned(), arguments: "{}".to_owned() },
            ],
            ..Turn::usual()
        };
        let replies =
            [Reply::turn(turn), Reply::text("`GET /books` is public."), Reply::text("You are welcome.")];
        let server = ScriptedServer::start(replies).expect("a server");
        let remote = remote(&server, name);
        let mut request = question();

        let mut begun = Vec::new();
        let mut text = String::new();
        let first = remote
            .answer(&request, &mut |progress| match progress {
                Progress::ToolCall(name) => begun.push(name.to_owned()),
                Progress::Text(piece) => text.push_str(piece),
                other => panic!("{wire:?}: {other:?}"),
            })
            .expect("a first answer");
        assert_eq!(text, "I look at the routes – all of them.", "{wire:?}");
        assert_eq!(first.message.text, text);
        assert_eq!(begun, ["list_routes", "list_routes"], "{wire:?}");
        assert_eq!(first.stop, Stop::ToolCalls);
        assert_eq!((first.usage.input_tokens, first.usage.output_tokens), (100, 20));
        let [with, without] = first.message.tool_calls.as_slice() else { panic!("{wire:?}: {first:?}") };
        assert_eq!(
            with.arguments,
            Arguments::Object([("path".to_owned(), json!("/böoks"))].into_iter().collect())
        );
        assert_eq!(without.arguments, Arguments::Object(serde_json::Map::new()));
        assert_ne!(with.id, without.id);

        request.messages.push(Message::Assistant(first.message.clone()));
        request.messages.push(Message::Tool(ToolResult::of(with, "GET /books: public")));
        request.messages.push(Message::Tool(ToolResult::of(without, "GET /orders: required")));
        let (second, text, retries) = observe(&remote, &request);
        let second = second.expect("a second answer");
        assert_eq!((text.as_str(), retries), ("`GET /books` is public.", 0), "{wire:?}");
        assert_eq!(second.stop, Stop::Complete);
        assert!(second.message.tool_calls.is_empty());

        request.messages.push(Message::Assistant(second.message));
        request.messages.push(Message::user("Thanks!"));
        let (third, ..) = observe(&remote, &request);
        assert_eq!(third.expect("a third answer").message.text, "You are welcome.");

        let requests = server.requests();
        assert_eq!(requests.len(), 3);
        let texts = ["Which routes are public?", "GET /books: public", "`GET /books` is public.", "Thanks!"];
        let sent = requests[2].text();
        let places =
            texts.map(|text| sent.find(text).unwrap_or_else(|| panic!("{wire:?} lacks {text}: {sent}")));
        assert!(places.is_sorted(), "{wire:?}: {sent}");
        assert!(requests.iter().all(|request| request.wire_format() == Some(wire) && request.wants_stream()));
        let body = requests[1].body.as_ref().expect("JSON");
        check_second_request(wire, body, &with.id, &without.id);
    }
}

/// The results reach the model tied to their calls, as each wire format has it.
fn check_second_request(wire: WireFormat, body: &Value, with: &str, without: &str) {
    let text = body.to_string();
    for part in ["Which routes are public?", "GET /books: public", "GET /orders: required", "/böoks"] {
        assert!(text.contains(part), "{wire:?} lacks {part}: {text}");
    }
    match wire {
        WireFormat::ChatCompletions => {
            let roles: Vec<&Value> =
                body["messages"].as_array().expect("messages").iter().map(|m| &m["role"]).collect();
            assert_eq!(roles, ["system", "user", "assistant", "tool", "tool"]);
            assert_eq!(body["messages"][3]["tool_call_id"], with);
            assert_eq!(body["messages"][4]["tool_call_id"], without);
            assert_eq!(body["messages"][2]["tool_calls"][0]["function"]["arguments"], r#"{"path":"/böoks"}"#);
            assert_eq!(body["tools"][0]["function"]["name"], "list_routes");
        }
        WireFormat::Responses => {
            assert_eq!(body["store"], false, "nothing is to stay with the provider");
            assert_eq!(body["reasoning"], json!({"summary": null}), "a summary is not for everybody");
            assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
            let outputs: Vec<&Value> = body["input"]
                .as_array()
                .expect("input")
                .iter()
                .filter(|item| item["type"] == "function_call_output")
                .map(|item| &item["call_id"])
                .collect();
            assert_eq!(outputs, [with, without]);
        }
        WireFormat::Messages => {
            assert_eq!(body["system"], "You review FastAPI services.");
            let results = body["messages"][2]["content"].as_array().expect("results in one message");
            assert_eq!(results.len(), 2);
            assert_eq!(
                (&results[0]["tool_use_id"], &results[1]["tool_use_id"]),
                (&json!(with), &json!(without))
            );
            assert!(
                results[1].get("cache_control").is_some(),
                "the conversation so far is cached: {results:?}"
            );
        }
    }
}

#[test]
fn the_name_of_a_model_is_sent_as_it_is() {
    for (name, sent) in [
        ("scripted-max", "scripted-max"),
        ("vendor/family:7b-high", "vendor/family:7b-high"),
        ("groq::odd", "groq::odd"),
        ("ollama:qwen3:8b", "qwen3:8b"),
        ("openai:gpt-5.4", "gpt-5.4"),
        ("anthropic:claude-opus-4-5", "claude-opus-4-5"),
    ] {
        let (result, server) = ask_once(Reply::text("Yes."), name);
        result.unwrap_or_else(|error| panic!("{name}: {error}"));
        let body = server.requests()[0].body.clone().expect("JSON");
        assert_eq!(body["model"], sent);
        assert!(body.get("reasoning_effort").is_none(), "{body}");
    }
}

#[test]
fn the_longest_answer_is_passed_on() {
    for (wire, name) in WIRES {
        let server = ScriptedServer::start([Reply::text("Yes.")]).expect("a server");
        let mut request = question();
        request.max_output_tokens = Some(777);
        remote(&server, name).answer(&request, &mut |_| {}).expect("an answer");
        let body = server.requests()[0].body.clone().expect("JSON");
        let field = match wire {
            WireFormat::Responses => "max_output_tokens",
            WireFormat::ChatCompletions | WireFormat::Messages => "max_tokens",
        };
        assert_eq!(body[field], 777, "{wire:?}: {body}");
    }
}

#[test]
fn arguments_that_are_no_object_are_given_back_as_they_are() {
    for (wire, name) in WIRES {
        for text in [r#"{"path": "/bo"#, "[1, 2]", "path=/books"] {
            let server = ScriptedServer::start([
                Reply::calls([("list_routes".to_owned(), text.to_owned())]),
                Reply::text("I try again."),
            ])
            .expect("a server");
            let remote = remote(&server, name);
            let mut request = question();
            let answer = remote.answer(&request, &mut |_| {}).expect("an answer");
            let [call] = answer.message.tool_calls.as_slice() else { panic!("{wire:?}: {answer:?}") };
            let Arguments::Malformed(given) = &call.arguments else { panic!("{wire:?}: {call:?}") };
            assert_eq!(given.replace(' ', ""), text.replace(' ', ""), "{wire:?}");

            // The model is told, in a form that servers take.
            request.messages.push(Message::Assistant(answer.message.clone()));
            request.messages.push(Message::Tool(ToolResult::of(call, "the arguments are no JSON object")));
            remote.answer(&request, &mut |_| {}).expect("another answer");
            let body = server.requests()[1].body.clone().expect("JSON").to_string();
            assert!(body.contains("malformed_arguments"), "{wire:?}: {body}");
        }
    }
}

#[test]
fn a_call_without_any_arguments_has_none() {
    for (wire, name) in WIRES {
        let (result, _server) = ask_once(Reply::calls([("list_routes".to_owned(), String::new())]), name);
        let answer = result.expect("an answer");
        let arguments = &answer.message.tool_calls[0].arguments;
        assert_eq!(*arguments, Arguments::Object(serde_json::Map::new()), "{wire:?}");
    }
}

#[test]
fn signed_thoughts_go_back_unchanged() {
    for (wire, name) in WIRES {
        let turn = Turn {
            reasoning: Some(("Public means no guard.".to_owned(), "c2lnbmVk".to_owned())),
            calls: vec![ScriptedCall { name: "list_routes".to_owned(), arguments: "{}".to_owned() }],
            ..Turn::usual()
        };
        let server = ScriptedServer::start([Reply::turn(turn), Reply::text("Done.")]).expect("a server");
        let remote = remote(&server, name);
        let mut request = question();
        let answer = remote.answer(&request, &mut |_| {}).expect("an answer");
        let (signature, text) = ("c2lnbmVk".to_owned(), "Public means no guard.".to_owned());
        let expected = match wire {
            WireFormat::ChatCompletions => Reasoning::Open { text },
            WireFormat::Responses => Reasoning::Sealed { signature },
            WireFormat::Messages => Reasoning::Signed { text, signature },
        };
        assert_eq!(answer.message.reasoning, [expected], "{wire:?}");

        let call = answer.message.tool_calls[0].clone();
        request.messages.push(Message::Assistant(answer.message));
        request.messages.push(Message::Tool(ToolResult::of(&call, "[]")));
        remote.answer(&request, &mut |_| {}).expect("another answer");
        let body = server.requests()[1].body.clone().expect("JSON");
        match wire {
            WireFormat::ChatCompletions => {
                assert_eq!(body["messages"][2]["reasoning_content"], "Public means no guard.");
            }
            WireFormat::Responses => assert!(body.to_string().contains("c2lnbmVk"), "{body}"),
            WireFormat::Messages => {
                let block = &body["messages"][1]["content"][0];
                assert_eq!(
                    *block,
                    json!({"type": "thinking", "thinking": "Public means no guard.", "signature": "c2lnbmVk"})
                );
            }
        }
    }
}

#[test]
fn tokens_from_a_cache_are_told_from_others() {
    for (wire, name) in WIRES {
        let turn = Turn {
            text: "Yes.".to_owned(),
            input_tokens: 1000,
            cached_tokens: 900,
            output_tokens: 5,
            ..Turn::usual()
        };
        let usage = ask_once(Reply::turn(turn), name).0.expect("an answer").usage;
        assert_eq!(
            (usage.input_tokens, usage.cached_input_tokens, usage.output_tokens, usage.is_estimated),
            (1000, 900, 5, false),
            "{wire:?}"
        );
    }
}

#[test]
fn a_server_without_a_key_gets_no_header_for_one() {
    use fastwright_language_model::{Choice, Model, Remote};
    for (wire, name) in WIRES {
        let server = ScriptedServer::start([Reply::text("Yes.")]).expect("a server");
        let choice = Choice { name: Some(name.to_owned()), url: Some(server.url()), ..Choice::default() };
        // The keys of providers are for the providers' own addresses.
        let environment = |variable: &str| (variable != "FASTWRIGHT_MODEL_KEY").then(|| KEY.to_owned());
        let model = Model::choose(&choice, &environment, &|_| None).expect("a good choice").expect("a model");
        let answer = Remote::new(model).expect("a model").answer(&question(), &mut |_| {});
        assert_eq!(answer.expect("an answer").message.text, "Yes.", "{wire:?}");
        let request = &server.requests()[0];
        assert!(!request.contains(KEY));
        assert_eq!((request.header("authorization"), request.header("x-api-key")), (None, None));
    }
}

#[test]
fn a_slow_answer_is_no_hanging_one() {
    let (_, name) = WIRES[0];
    // Longer than the idle timeout in all, never for one piece.
    let (result, _server) =
        ask_once(Reply::text("A long answer, slowly.").slowly(Duration::from_millis(120)), name);
    assert_eq!(result.expect("an answer").message.text, "A long answer, slowly.");
}

#[test]
fn a_user_who_has_had_enough_does_not_wait() {
    for (wire, name) in WIRES {
        let hanging = Reply::text("I think").with_fault(Fault::Hanging { after: 3 });
        let server = ScriptedServer::start([hanging]).expect("a server");
        let remote = remote(&server, name);
        let mut request = question();
        let cancellation = Cancellation::default();
        request.limits.cancellation = cancellation.clone();
        let started = std::time::Instant::now();
        let waiting = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            cancellation.cancel();
        });
        assert_eq!(remote.answer(&request, &mut |_| {}), Err(ModelError::Cancelled), "{wire:?}");
        assert!(started.elapsed() < Duration::from_millis(450), "{:?}", started.elapsed());
        waiting.join().expect("no panic");
        assert_eq!(remote.answer(&request, &mut |_| {}), Err(ModelError::Cancelled), "for good");
    }
}
