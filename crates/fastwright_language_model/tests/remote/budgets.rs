//! Budgets end, and what was spent is known.

use std::time::{Duration, Instant};

use fastwright_language_model::{
    Budget, BudgetLimit, LanguageModel as _, Metered, ModelError, Money, Price, Remote, Request, Spent,
};
use fastwright_scripted_model::{Fault, Reply, ScriptedServer, Turn};

use super::{WIRES, question, remote};

fn dollars(amount: f64) -> Money {
    Money::from_dollars(amount).expect("an amount")
}

/// A server that always answers with so many tokens.
fn server(input_tokens: u32, output_tokens: u32) -> ScriptedServer {
    ScriptedServer::start_with(move |_| {
        Reply::turn(Turn { text: "Yes.".to_owned(), input_tokens, output_tokens, ..Turn::usual() })
    })
    .expect("a server")
}

fn metered(server: &ScriptedServer, budget: Budget, price: Option<Price>) -> Metered<Remote> {
    Metered::new(remote(server, WIRES[0].1), "scripted", budget, price).expect("a budget that can be kept")
}

/// Asks until the budget ends; says how often there was an answer, and why there is none any more.
fn ask_until_the_end(metered: &Metered<Remote>, request: &Request) -> (u32, ModelError) {
    for count in 0..100 {
        if let Err(error) = metered.answer(request, &mut |_| {}) {
            return (count, error);
        }
    }
    panic!("the budget never ended: {}", metered.spent());
}

#[test]
fn tokens_end() {
    let server = server(1000, 200);
    let metered = metered(&server, Budget { tokens: Some(5000), ..Budget::default() }, None);
    let (answers, error) = ask_until_the_end(&metered, &question());
    assert_eq!(answers, 4, "{error}");
    let ModelError::BudgetSpent { limit: BudgetLimit::Tokens { allowed: 5000, spent: 4800, needed } } = error
    else {
        panic!("{error:?}");
    };
    assert!(needed > 200);
    // The last one was not made at all.
    assert_eq!(server.requests().len(), 4);
    let spent = metered.spent();
    assert_eq!((spent.requests, spent.usage.total(), spent.cost), (4, 4800, None));
}

#[test]
fn answers_are_kept_short_enough_for_the_budget() {
    let server = server(100, 20);
    let metered = metered(&server, Budget { tokens: Some(1000), ..Budget::default() }, None);
    let request = question();
    metered.answer(&request, &mut |_| {}).expect("an answer");
    let body = server.requests()[0].body.clone().expect("JSON");
    assert_eq!(body["max_tokens"], 1000 - request.estimated_tokens());
}

#[test]
fn a_wide_budget_does_not_limit_answers() {
    let server = server(100, 20);
    let metered = metered(&server, Budget { tokens: Some(10_000_000), ..Budget::default() }, None);
    metered.answer(&question(), &mut |_| {}).expect("an answer");
    let body = server.requests()[0].body.clone().expect("JSON");
    assert!(body.get("max_tokens").is_none(), "{body}");
}

#[test]
fn money_ends() {
    let server = server(1000, 200);
    // A request costs 1,000 × $2 / 1,000,000 + 200 × $10 / 1,000,000 = $0.004.
    let price = Some(Price::new(dollars(2.0), dollars(10.0)));
    let metered = metered(&server, Budget { money: Some(dollars(0.02)), ..Budget::default() }, price);
    let (answers, error) = ask_until_the_end(&metered, &question());
    assert!(matches!(error, ModelError::BudgetSpent { limit: BudgetLimit::Money { .. } }), "{error:?}");
    assert_eq!(answers, 5, "{error}");
    assert_eq!(metered.spent().cost, Some(dollars(0.02)));
    assert!(error.to_string().contains("$0.0200 of $0.0200 are spent"), "{error}");
}

#[test]
fn money_without_a_price_is_refused_before_anything_is_sent() {
    let server = server(1000, 200);
    let budget = Budget { money: Some(dollars(1.0)), ..Budget::default() };
    let error =
        Metered::new(remote(&server, WIRES[0].1), "scripted-max", budget, None).expect_err("an error");
    assert_eq!(error, ModelError::PriceUnknown { name: "scripted-max".to_owned() });
    assert!(error.to_string().contains("--price-input"), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn time_ends_in_the_middle_of_an_answer() {
    for (wire, name) in WIRES {
        let endless = Reply::text("and ".repeat(400)).slowly(Duration::from_millis(30));
        let server = ScriptedServer::start([endless]).expect("a server");
        let limit = Duration::from_millis(400);
        let budget = Budget { time: Some(limit), ..Budget::default() };
        let metered = Metered::new(remote(&server, name), name, budget, None).expect("a budget");
        let started = Instant::now();
        let error = metered.answer(&question(), &mut |_| {}).expect_err("an error");
        let expected = ModelError::BudgetSpent { limit: BudgetLimit::Time { allowed: limit } };
        assert_eq!(error, expected, "{wire:?}");
        assert!(started.elapsed() < limit * 2, "{:?}", started.elapsed());
        // What had come is paid for.
        let spent = metered.spent();
        assert!(spent.usage.is_estimated && spent.usage.output_tokens > 0, "{wire:?}: {spent:?}");
        // And no other request is made.
        assert_eq!(metered.answer(&question(), &mut |_| {}), Err(expected));
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn answers_that_broke_off_are_counted_too() {
    let broken = Reply::text("This is void.").with_fault(Fault::Reset { after: 4 });
    let server = ScriptedServer::start([broken, Reply::text("Good.")]).expect("a server");
    let request = question();
    let metered = metered(&server, Budget::default(), Some(Price::new(dollars(1.0), dollars(1.0))));
    metered.answer(&request, &mut |_| {}).expect("an answer");
    let spent = metered.spent();
    assert_eq!(spent.usage.input_tokens, request.estimated_tokens() + 100);
    assert!(spent.usage.is_estimated);
    assert!(spent.cost > Some(Money::ZERO));
}

#[test]
fn refused_requests_cost_nothing() {
    let busy = Reply::refusal(529, "overloaded_error", "Overloaded");
    let server = ScriptedServer::start([busy, Reply::text("Good.")]).expect("a server");
    let metered = metered(&server, Budget::default(), None);
    metered.answer(&question(), &mut |_| {}).expect("an answer");
    assert_eq!(metered.spent().usage.total(), 120);
}

#[test]
fn a_session_that_is_resumed_has_what_is_left() {
    let server = server(1000, 200);
    let budget =
        Budget { tokens: Some(5000), time: Some(Duration::from_secs(3600)), money: Some(dollars(1.0)) };
    let price = Some(Price::new(dollars(2.0), dollars(10.0)));
    let before = metered(&server, budget, price);
    before.answer(&question(), &mut |_| {}).expect("an answer");
    let text = serde_json::to_string(&before.spent()).expect("it is saved");
    let spent: Spent = serde_json::from_str(&text).expect("it is loaded");
    let remote = remote(&server, WIRES[0].1);
    let after = Metered::resume(remote, "scripted", budget, price, spent.clone()).expect("a budget");
    assert!(after.spent().time >= spent.time);
    let (answers, _) = ask_until_the_end(&after, &question());
    assert_eq!(answers, 3);
    assert_eq!(after.spent().cost, Some(dollars(0.016)));
}

#[test]
fn what_was_spent_can_be_read() {
    let server = ScriptedServer::start_with(|_| {
        Reply::turn(Turn { input_tokens: 12_000, cached_tokens: 8000, output_tokens: 500, ..Turn::usual() })
    })
    .expect("a server");
    let with_price = metered(&server, Budget::default(), Some(Price::new(dollars(2.0), dollars(10.0))));
    with_price.answer(&question(), &mut |_| {}).expect("an answer");
    let text = with_price.spent().to_string();
    assert_eq!(text, "1 request, 12000 tokens read (8000 of them cached), 500 written, $0.0290, 0 s");
    let without = metered(&server, Budget::default(), None);
    without.answer(&question(), &mut |_| {}).expect("an answer");
    assert!(without.spent().to_string().contains("price not known"));
}
