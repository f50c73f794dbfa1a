//! Keys are in one header of the request, and nowhere else.

use fastwright_language_model::{
    Budget, Choice, Exchange, LanguageModel as _, Metered, Model, ModelError, Remote,
};
use fastwright_scripted_model::{Fault, Reply, ScriptedServer, WireFormat};

use super::{KEY, WIRES, model, question, remote};

#[test]
fn the_key_is_in_its_header_only() {
    for (wire, name) in WIRES {
        let server = ScriptedServer::start([Reply::text("Yes.")]).expect("a server");
        remote(&server, name).answer(&question(), &mut |_| {}).expect("an answer");
        let request = &server.requests()[0];
        let (header, value) = match wire {
            WireFormat::Messages => ("x-api-key", KEY.to_owned()),
            WireFormat::ChatCompletions | WireFormat::Responses => ("authorization", format!("Bearer {KEY}")),
        };
        assert_eq!(request.header(header), Some(value.as_str()), "{wire:?}");
        assert_eq!(request.text().matches(KEY).count(), 1, "{}", request.text());
    }
}

#[test]
fn nothing_that_can_be_printed_has_the_key_in_it() {
    // A server that quotes what it was sent, in all ways in which something can fail.
    let replies = || {
        let quote = format!("Incorrect API key provided: {KEY}.");
        vec![
            Reply::text("Yes."),
            Reply::refusal(401, "authentication_error", quote.clone()),
            Reply::refusal(400, "invalid_request_error", quote.clone()),
            Reply::refusal(429, "rate_limit_error", quote.clone()),
            Reply::refusal(500, "api_error", quote.clone()),
            Reply::error_in_stream("It begins", "authentication_error", quote.clone()),
            Reply::raw(quote.clone()),
            Reply::raw(format!("HTTP/1.1 500 {quote}\r\ncontent-length: {}\r\n\r\n{quote}", quote.len())),
            Reply::raw(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\ndata: {quote}\n\n",
                quote.len() + 8
            )),
            Reply::text("Yes.").with_fault(Fault::BrokenJson { at: 3 }),
            Reply::text("Yes.").with_fault(Fault::Reset { after: 2 }),
            Reply::silence(),
            Reply::reset(),
        ]
    };
    for (wire, name) in WIRES {
        for reply in replies() {
            let what = format!("{wire:?}, {reply:?}");
            let server = ScriptedServer::start([reply]).expect("a server");
            let model = model(&server, name);
            let mut seen = vec![format!("{model:?} {model} {}", model.address())];
            let remote = Remote::with(model, super::TIMEOUTS, super::RETRIES).expect("a model");
            seen.push(format!("{remote:?}"));
            let metered = Metered::new(remote, name, Budget::default(), None).expect("a budget");
            let request = question();
            let result = metered.answer(&request, &mut |progress| seen.push(format!("{progress:?}")));
            seen.push(format!("{metered:?} {result:?}"));
            if let Err(error) = &result {
                seen.push(error.to_string());
                // Sources of errors are printed by those who print chains of them.
                assert!(std::error::Error::source(error).is_none());
            }
            seen.push(serde_json::to_string(&Exchange::new(&request, &result)).expect("a transcript"));
            for text in seen {
                assert!(!text.contains(KEY), "{what}: {text}");
                // Not even a good part of it.
                assert!(!text.contains(&KEY[..KEY.len() - 4]), "{what}: {text}");
            }
        }
    }
}

#[test]
fn a_panic_while_an_answer_comes_does_not_tell_the_key() {
    let server = ScriptedServer::start([Reply::text("Yes.")]).expect("a server");
    let remote = remote(&server, WIRES[0].1);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        remote.answer(&question(), &mut |progress| panic!("{progress:?} {remote:?}"))
    }));
    let message = panic.expect_err("a panic").downcast::<String>().expect("a text");
    assert!(message.contains("Remote") && !message.contains(KEY), "{message}");
}

#[test]
fn a_provider_key_never_goes_to_another_address() {
    let server = ScriptedServer::start([Reply::refusal(401, "authentication_error", "who are you?")])
        .expect("a server");
    let choice = Choice {
        name: Some("anthropic:claude-opus-4-5".to_owned()),
        url: Some(server.url()),
        ..Choice::default()
    };
    let environment = |variable: &str| (variable == "ANTHROPIC_API_KEY").then(|| KEY.to_owned());
    let model = Model::choose(&choice, &environment, &|_| None).expect("a good choice").expect("a model");
    let error = Remote::new(model).expect("a model").answer(&question(), &mut |_| {}).expect_err("an error");
    assert!(
        matches!(&error, ModelError::KeyRefused { key, .. } if key == "a request without a key"),
        "{error:?}"
    );
    assert!(!server.requests()[0].contains(KEY));
}

#[test]
fn what_would_be_sent_can_be_seen_before() {
    for (wire, name) in WIRES {
        let server = ScriptedServer::start([Reply::text("Yes.")]).expect("a server");
        let remote = remote(&server, name);
        let request = question();
        let preview = remote.preview(&request).expect("a preview");
        assert!(server.requests().is_empty(), "nothing is sent for it");
        assert!(!preview.contains(KEY));
        remote.answer(&request, &mut |_| {}).expect("an answer");
        let sent = server.requests()[0].bytes.clone();
        assert!(sent.ends_with(format!("\r\n\r\n{preview}").as_bytes()), "{wire:?}: {preview}");
    }
}
