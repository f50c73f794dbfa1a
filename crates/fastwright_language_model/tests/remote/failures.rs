//! What goes wrong, how it is told, and what is tried again.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use fastwright_language_model::{
    Choice, LanguageModel as _, Model, ModelError, Phase, Progress, Remote, Retries, Timeouts,
};
use fastwright_scripted_model::{Fault, Reply, ScriptedServer, Turn, WireFormat};

use super::{RETRIES, TIMEOUTS, WIRES, ask_once, model, observe, question, remote};

/// The error that one reply leads to, in each wire format.
fn errors(reply: &Reply) -> Vec<(WireFormat, ModelError)> {
    WIRES
        .iter()
        .map(|(wire, name)| {
            let (result, server) = ask_once(reply.clone(), name);
            assert_eq!(server.requests().len(), 1);
            (*wire, result.expect_err("an error"))
        })
        .collect()
}

#[test]
fn refusals_are_told_apart() {
    for (_, error) in errors(&Reply::refusal(401, "authentication_error", "no such key")) {
        assert!(matches!(&error, ModelError::KeyRefused { key, .. } if key.contains("FASTWRIGHT_MODEL_KEY")));
        assert!(error.to_string().contains("no such key"), "{error}");
    }
    for (_, error) in errors(&Reply::refusal(403, "permission_error", "not for you")) {
        assert!(matches!(error, ModelError::Forbidden { .. }), "{error:?}");
    }
    for (wire, error) in errors(&Reply::refusal(404, "not_found_error", "unknown")) {
        let expected = if wire == WireFormat::ChatCompletions { "scripted-max" } else { "-5" };
        assert!(error.to_string().contains(expected) || error.to_string().contains("gpt-5.4"), "{error}");
        assert!(matches!(error, ModelError::UnknownModel { .. }), "{error:?}");
    }
    for (_, error) in errors(&Reply::refusal(400, "invalid_request_error", "tools: bad schema")) {
        assert!(matches!(error, ModelError::Rejected { status: 400, .. }), "{error:?}");
    }
    for (_, error) in errors(&Reply::refusal(529, "overloaded_error", "Overloaded")) {
        assert!(matches!(error, ModelError::ServerFailure { status: 529, attempts: 1, .. }), "{error:?}");
    }
}

#[test]
fn an_empty_account_is_not_a_busy_server() {
    for (status, kind, message) in [
        (429, "insufficient_quota", "You exceeded your current quota"),
        (400, "invalid_request_error", "Your credit balance is too low to access the API"),
        (402, "payment_required", "pay"),
    ] {
        for (_, error) in errors(&Reply::refusal(status, kind, message)) {
            assert!(matches!(error, ModelError::NoCredit { .. }), "{error:?}");
        }
    }
}

#[test]
fn a_conversation_that_is_too_long_is_said_to_be() {
    for (status, kind, message) in [
        (400, "context_length_exceeded", "too many tokens"),
        (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
        (400, "BadRequestError", "This model's maximum context length is 8192 tokens"),
        (400, "exceed_context_size_error", "the request exceeds the available context size"),
        (413, "request_too_large", "Request exceeds the maximum size"),
    ] {
        for (_, error) in errors(&Reply::refusal(status, kind, message)) {
            assert!(matches!(error, ModelError::ContextTooLong { .. }), "{message}: {error:?}");
        }
    }
}

#[test]
fn what_may_succeed_later_is_tried_again() {
    for (wire, name) in WIRES {
        for (what, reply) in [
            ("429", Reply::refusal(429, "rate_limit_error", "slow down")),
            ("500", Reply::refusal(500, "api_error", "oops")),
            ("529", Reply::refusal(529, "overloaded_error", "Overloaded")),
            ("reset", Reply::reset()),
            ("empty", Reply::raw("")),
            ("not HTTP", Reply::raw("SSH-2.0-OpenSSH_9.9\r\n")),
            ("reset later", Reply::text("This is void.").with_fault(Fault::Reset { after: 4 })),
            ("truncated", Reply::text("This is void.").with_fault(Fault::Truncated { after: 4 })),
            ("broken JSON", Reply::text("This is void.").with_fault(Fault::BrokenJson { at: 3 })),
            (
                "overloaded in the stream",
                Reply::error_in_stream("This is void.", "overloaded_error", "Overloaded"),
            ),
            ("hanging", Reply::silence()),
            ("hanging later", Reply::text("This is void.").with_fault(Fault::Hanging { after: 4 })),
        ] {
            let server = ScriptedServer::start([reply, Reply::text("Good.")]).expect("a server");
            let (result, text, retries) = observe(&remote(&server, name), &question());
            let answer = result.unwrap_or_else(|error| panic!("{wire:?}, {what}: {error}"));
            assert_eq!((answer.message.text.as_str(), text.as_str()), ("Good.", "Good."), "{wire:?}, {what}");
            assert_eq!((retries, server.requests().len()), (1, 2), "{wire:?}, {what}");
        }
    }
}

#[test]
fn what_can_not_succeed_is_not_tried_again() {
    for (_, name) in WIRES {
        for reply in [
            Reply::refusal(400, "invalid_request_error", "bad"),
            Reply::refusal(401, "authentication_error", "bad"),
            Reply::refusal(404, "not_found_error", "bad"),
            Reply::refusal(429, "insufficient_quota", "no money"),
            Reply::refusal(500, "api_error", "do not come back").with_header("x-should-retry", "false"),
            Reply::refusal(302, "moved", "over there").with_header("location", "/v1/elsewhere"),
        ] {
            let server = ScriptedServer::start([reply, Reply::text("Never.")]).expect("a server");
            let (result, _, retries) = observe(&remote(&server, name), &question());
            assert!(result.is_err());
            assert_eq!((retries, server.requests().len()), (0, 1), "{result:?}");
        }
    }
}

#[test]
fn attempts_come_to_an_end() {
    let (_, name) = WIRES[0];
    let server = ScriptedServer::start_with(|_| Reply::refusal(503, "api_error", "busy")).expect("a server");
    let (result, _, retries) = observe(&remote(&server, name), &question());
    let error = result.expect_err("an error");
    assert!(matches!(error, ModelError::ServerFailure { status: 503, attempts: 3, .. }), "{error:?}");
    assert!(error.to_string().ends_with("(tried 3 times)"), "{error}");
    assert_eq!((retries, server.requests().len()), (2, 3));
}

#[test]
fn the_wish_of_a_busy_server_is_kept() {
    for (wire, name) in WIRES {
        let busy = Reply::refusal(429, "rate_limit_error", "slow down").with_header("Retry-After", "1");
        let server = ScriptedServer::start([busy, Reply::text("Now.")]).expect("a server");
        let started = Instant::now();
        let mut wait = None;
        let result = remote(&server, name).answer(&question(), &mut |progress| {
            if let Progress::Retry { after, .. } = progress {
                wait = Some(after);
            }
        });
        assert_eq!(result.expect("an answer").message.text, "Now.");
        assert_eq!(wait, Some(Duration::from_secs(1)), "{wire:?}");
        assert!(started.elapsed() >= Duration::from_secs(1));

        let busy = Reply::refusal(429, "rate_limit_error", "slow down").with_header("Retry-After", "3600");
        let server = ScriptedServer::start([busy]).expect("a server");
        let started = Instant::now();
        let error = remote(&server, name).answer(&question(), &mut |_| {}).expect_err("an error");
        assert!(started.elapsed() < Duration::from_secs(1), "nobody waits for an hour");
        let hour = Some(Duration::from_secs(3600));
        assert!(matches!(&error, ModelError::RateLimited { retry_after, .. } if *retry_after == hour));
        assert!(error.to_string().contains("try again in 3600 s"), "{error}");
    }
}

#[test]
fn a_server_that_says_nothing_is_left() {
    for (wire, name) in WIRES {
        let started = Instant::now();
        let (result, server) = ask_once(Reply::silence(), name);
        let error = result.expect_err("an error");
        assert!(matches!(error, ModelError::TimedOut { phase: Phase::Begin, .. }), "{wire:?}: {error:?}");
        assert!(started.elapsed() >= TIMEOUTS.begin && started.elapsed() < TIMEOUTS.begin * 3);
        drop(server);

        let hanging = Reply::text("I think that").with_fault(Fault::Hanging { after: 3 });
        let started = Instant::now();
        let (result, _server) = ask_once(hanging, name);
        let error = result.expect_err("an error");
        assert!(matches!(error, ModelError::TimedOut { phase: Phase::Idle, .. }), "{wire:?}: {error:?}");
        assert!(started.elapsed() >= TIMEOUTS.idle && started.elapsed() < TIMEOUTS.idle * 3);
    }
}

#[test]
fn the_whole_answer_has_a_limit() {
    for (wire, name) in WIRES {
        // It never stops to come, and never ends in time.
        let endless = Reply::text("and ".repeat(400)).slowly(Duration::from_millis(50));
        let server = ScriptedServer::start([endless.clone(), endless]).expect("a server");
        let limit = Duration::from_millis(400);
        let timeouts = Timeouts { whole: limit, ..TIMEOUTS };
        let remote = Remote::with(model(&server, name), timeouts, RETRIES).expect("a model");
        let started = Instant::now();
        let error = remote.answer(&question(), &mut |_| {}).expect_err("an error");
        assert!(
            matches!(error, ModelError::TimedOut { phase: Phase::Whole, attempts: 1, .. }),
            "{wire:?}: {error:?}"
        );
        assert!(started.elapsed() >= limit && started.elapsed() < limit * 2, "{:?}", started.elapsed());

        // A caller may be in more of a hurry.
        let remote = super::remote(&server, name);
        let mut request = question();
        request.limits.time = Some(Duration::from_millis(200));
        let started = Instant::now();
        let error = remote.answer(&request, &mut |_| {}).expect_err("an error");
        assert!(matches!(error, ModelError::TimedOut { phase: Phase::Whole, .. }), "{error:?}");
        assert!(started.elapsed() < Duration::from_millis(400));
    }
}

#[test]
fn streams_that_break_off_are_no_answers() {
    for (wire, name) in WIRES {
        let whole = ask_once(Reply::text("All of it."), name).0.expect("an answer");
        assert_eq!(whole.message.text, "All of it.");
        // However much of it has come: without its end it is none.
        for after in 0..6 {
            for fault in [Fault::Truncated { after }, Fault::Reset { after }] {
                let (result, _server) = ask_once(Reply::text("All of it.").with_fault(fault), name);
                let error = result.expect_err("an error");
                let is_told =
                    matches!(error, ModelError::BrokenStream { .. } | ModelError::Unreachable { .. });
                assert!(is_told, "{wire:?}, {fault:?}: {error:?}");
            }
        }
    }
}

#[test]
fn a_stream_that_ends_in_good_order_too_early_is_no_answer() {
    let beginnings = [
        "data: {\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"Half\"}}]}\n\n",
        "data: {\"type\": \"response.output_text.delta\", \"delta\": \"Half\"}\n\n",
        "event: content_block_delta\ndata: {\"type\": \"content_block_delta\", \"index\": 0, \"delta\": {\"type\": \
         \"text_delta\", \"text\": \"Half\"}}\n\n",
    ];
    for ((wire, name), body) in WIRES.iter().zip(beginnings) {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let (result, _server) = ask_once(Reply::raw(head + body), name);
        let error = result.expect_err("an error");
        assert!(matches!(error, ModelError::BrokenStream { .. }), "{wire:?}: {error:?}");
    }
}

#[test]
fn broken_json_is_never_taken_for_a_shorter_answer() {
    for (wire, name) in WIRES {
        let events = 12;
        let mut broken = 0;
        for at in 0..events {
            let reply = Reply::text("A text of several pieces.").with_fault(Fault::BrokenJson { at });
            match ask_once(reply, name).0 {
                Err(ModelError::BrokenAnswer { .. }) => broken += 1,
                // There is no event of this number, or one without meaning is the broken one.
                Ok(answer) => assert_eq!(answer.message.text, "A text of several pieces.", "{wire:?}, {at}"),
                Err(other) => panic!("{wire:?}, {at}: {other:?}"),
            }
        }
        assert!(broken >= 6, "{wire:?}: {broken}");
    }
}

#[test]
fn an_answer_that_is_no_stream_is_not_understood() {
    for (wire, name) in WIRES {
        let body = "<html>It works!</html>";
        let page = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let (result, _server) = ask_once(Reply::raw(page), name);
        let error = result.expect_err("an error");
        let is_told = matches!(error, ModelError::BrokenStream { .. } | ModelError::BrokenAnswer { .. });
        assert!(is_told, "{wire:?}: {error:?}");
    }
}

#[test]
fn an_answer_that_is_cut_off_is_an_error_that_holds_it() {
    for (wire, name) in WIRES {
        let stop = match wire {
            WireFormat::ChatCompletions => "length",
            WireFormat::Responses => "max_output_tokens",
            WireFormat::Messages => "max_tokens",
        };
        let turn = Turn { text: "It begins".to_owned(), stop: Some(stop.to_owned()), ..Turn::usual() };
        let (result, _server) = ask_once(Reply::turn(turn), name);
        let error = result.expect_err("an error");
        let ModelError::CutOff { answer } = &error else { panic!("{wire:?}: {error:?}") };
        assert_eq!((answer.message.text.as_str(), answer.usage.output_tokens), ("It begins", 20), "{wire:?}");
        assert!(error.to_string().contains("cut off after 20 tokens"), "{error}");
    }
}

#[test]
fn a_model_that_declines_is_said_to() {
    for (wire, stop) in [(WireFormat::ChatCompletions, "content_filter"), (WireFormat::Messages, "refusal")] {
        let (_, name) = WIRES.into_iter().find(|(candidate, _)| *candidate == wire).expect("a name");
        let turn = Turn { stop: Some(stop.to_owned()), ..Turn::usual() };
        let (result, _server) = ask_once(Reply::turn(turn), name);
        assert!(matches!(result, Err(ModelError::Declined { .. })), "{result:?}");
    }
}

#[test]
fn an_error_in_the_stream_is_the_error_that_it_names() {
    for (_, name) in WIRES {
        let reply = Reply::error_in_stream("It begins", "authentication_error", "the key has expired");
        let (result, _server) = ask_once(reply, name);
        let error = result.expect_err("an error");
        assert!(matches!(error, ModelError::KeyRefused { .. }), "{error:?}");
        assert!(error.to_string().contains("the key has expired"), "{error}");
    }
}

#[test]
fn nobody_there_is_told_with_the_reason() {
    // A port that was free a moment ago.
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    for (_, name) in WIRES {
        let url = Some(format!("http://127.0.0.1:{port}"));
        let choice = Choice { name: Some(name.to_owned()), url, ..Choice::default() };
        let model = Model::choose(&choice, &|_| None, &|_| None).expect("a good choice").expect("a model");
        let remote = Remote::with(model, TIMEOUTS, RETRIES).expect("a model");
        let error = remote.answer(&question(), &mut |_| {}).expect_err("an error");
        assert!(matches!(error, ModelError::Unreachable { attempts: 3, .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains(&format!("127.0.0.1:{port}")) && text.to_lowercase().contains("refused"),
            "{text}"
        );
    }
}

#[test]
fn a_redirect_is_not_followed() {
    for (_, name) in WIRES {
        let elsewhere = ScriptedServer::start([Reply::text("Mine now.")]).expect("a server");
        let reply = Reply::refusal(307, "moved", "over there")
            .with_header("location", format!("{}/v1/messages", elsewhere.url()));
        let server = ScriptedServer::start([reply]).expect("a server");
        let remote = Remote::with(model(&server, name), TIMEOUTS, Retries::NONE).expect("a model");
        let error = remote.answer(&question(), &mut |_| {}).expect_err("an error");
        assert!(matches!(error, ModelError::Rejected { status: 307, .. }), "{error:?}");
        assert!(elsewhere.requests().is_empty());
    }
}

#[test]
fn what_servers_write_is_shown_in_one_short_line() {
    let long = format!("first\n\u{1b}[31msecond {}", "very ".repeat(1000));
    for (_, error) in errors(&Reply::refusal(500, "api_error", long)) {
        let text = error.to_string();
        assert!(text.chars().count() < 500 && !text.contains('\n') && !text.contains('\u{1b}'), "{text}");
        assert!(text.contains("first") && text.contains("second very"), "{text}");
    }
}

#[test]
fn encryption_that_fails_is_told() {
    for (_, name) in WIRES {
        // This server speaks no TLS.
        let server = ScriptedServer::start([]).expect("a server");
        let url = Some(server.url().replace("http://", "https://"));
        let choice = Choice { name: Some(name.to_owned()), url, ..Choice::default() };
        let model = Model::choose(&choice, &|_| None, &|_| None).expect("a good choice").expect("a model");
        let remote = Remote::with(model, TIMEOUTS, Retries::NONE).expect("a model");
        let error = remote.answer(&question(), &mut |_| {}).expect_err("an error");
        assert!(matches!(error, ModelError::Unreachable { .. }), "{error:?}");
        assert!(server.requests().is_empty());
    }
}
