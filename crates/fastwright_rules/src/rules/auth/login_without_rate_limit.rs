//! `login-without-rate-limit`: route that checks a password or code and may be called without limit.

use crate::call_graph::{CallGraph, Entry};
use crate::context::Context;
use crate::data_flow::{
    Checks, Following, Sink, entry_dependant, flows_among, holds, input_text, inputs, request_inputs,
};
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::{holds_any, words};
use crate::wording::{handler_step, route_name};
use fastwright_model::application::{App, GuardKind, Route};
use fastwright_model::dependant::Dependant;
use fastwright_model::facts::{status_of_exception, status_of_response};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Comparison, ExprKind};
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;
use rustc_hash::{FxHashMap, FxHashSet};

crate::declare_rule! {
    /// Route that checks a password or code and may be called without limit.
    LoginWithoutRateLimit {
        name: "login-without-rate-limit",
        area: Auth,
        severity: Medium,
        confidence: Likely,
        summary: "route that checks a password or code and may be called without limit",
        why: "Passwords and one-time codes can be tried as fast as the server answers.",
        recommendation: "Put a limiter on the route, keyed by account and address, with a store that all workers share.",
        trade_off: "Callers can see 429, and somebody can lock out an account by failing on purpose if the limit is per account only.",
        contract_effect: "429 for callers who try too often",
        cwe: [307, 799],
        owasp: ["API4:2023", "API2:2023"],
        profile: Default,
        page: "auth/login-without-rate-limit.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/", "https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let mut names = FxHashMap::default();
    let verifying = code.calls().named(sounds_verifying).or(&code.calls().comparing());
    let following = Following { to_the_text: false, checks: Checks::Ignore };
    let is_login = |route: &Route| {
        // Guards verify on every route: the login is where the credential is asked for.
        route.guard.kind != GuardKind::Required && route.methods.iter().any(|method| method == "POST")
    };
    let run = code.run_by(|app, route| is_login(&analysis.apps[app].routes[route]));
    let among = |node: usize| run.contains(node);
    let found = flows_among(code, interpreter, following, &verifying, &among, |interpreter, node| {
        verifications(interpreter, code, node, &mut names)
    });
    if found.is_empty() {
        return;
    }
    let mut limits = Limits { code, known: FxHashMap::default() };
    let mut limits_all = None;
    let mut seen = FxHashSet::default();
    for flow in &found {
        for entry in &code.nodes[flow.node].entries {
            let Some((app, position, dependant)) = entry_dependant(analysis, *entry) else { continue };
            let route = &analysis.apps[app].routes[position];
            let Some(handler) = analysis.details[app][position].dependant.as_ref() else { continue };
            if !matches!(entry, Entry::Handler(..))
                || !is_login(route)
                || !asks(interpreter, dependant, &flow.value)
            {
                continue;
            }
            if *limits_all.get_or_insert_with(|| limits.for_all(interpreter))
                || limits.of_route(interpreter, &analysis.apps[app], route, handler)
                || !seen.insert((app, position))
            {
                continue;
            }
            report.report(
                Draft::new(
                    route.location,
                    crate::wording::short_name(&route.handler),
                    format!("`{}` checks `{}` as often as anybody likes", route_name(route), flow.what),
                )
                .route(route)
                .evidence_chain([handler_step(route)])
                .evidence_chain(flow.steps(code))
                .example(format!(
                    "@limiter.limit(\"5/minute\")\ndef {}(request: Request, ...): ...",
                    crate::wording::short_name(&route.handler)
                )),
            );
        }
    }
}

/// Names of what a login or a confirmation asks for.
fn is_asked_for(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| {
        matches!(word.as_str(), "password" | "passwd" | "passcode" | "pin" | "otp" | "totp" | "passphrase")
    }) || matches!(words.last().map(String::as_str), Some("code"))
        && !words.iter().any(|word| {
            matches!(
                word.as_str(),
                "country"
                    | "zip"
                    | "postal"
                    | "language"
                    | "currency"
                    | "status"
                    | "error"
                    | "source"
                    | "promo"
                    | "coupon"
                    | "discount"
                    | "color"
            )
        })
}

/// Whether the client sends what is verified.
fn asks(interpreter: &mut Interpreter<'_>, dependant: &Dependant, value: &Value) -> bool {
    let by_form = inputs(interpreter, value).iter().any(|input| {
        crate::data_flow::root_parameter(input).is_some_and(|root| {
            dependant.dependency_of(&root.name).is_some_and(|node| {
                format!("{:?}{}", node.kind, node.qualified).contains("OAuth2PasswordRequestForm")
            })
        })
    });
    by_form
        || request_inputs(interpreter, dependant, value)
            .iter()
            .any(|input| is_asked_for(input.text.rsplit('.').next().unwrap_or_default()))
}

/// Words in names of functions that verify a credential.
const VERIFYING: &[&str] =
    &["verify", "check", "authenticate", "compare", "match", "login", "signin", "sign_in", "validate"];

/// Whether the name of a function says that it verifies something.
fn sounds_verifying(name: &str) -> bool {
    holds_any(name, VERIFYING)
}

/// Places of one function that verify a password or code.
/// `names` remembers of each name whether it says that something is verified, and compared.
fn verifications(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    names: &mut FxHashMap<Name, (bool, bool)>,
) -> Vec<Sink<String>> {
    let mut found: Vec<Sink<String>> = Vec::new();
    let mut candidates: Vec<&Value> = Vec::new();
    let events = &code.nodes[node].summary.events;
    for (position, event) in events.iter().enumerate() {
        candidates.clear();
        // A code that carries a signature can't be guessed; only one that is compared as it is can.
        let mut as_it_is = true;
        match &event.kind {
            EventKind::Condition(value) | EventKind::Return(value) => {
                let value = match value.as_symbolic() {
                    Some(Symbolic::Not(inner)) => inner,
                    _ => value,
                };
                if let Some(Symbolic::Compare {
                    comparison: Comparison::Equal | Comparison::NotEqual,
                    left,
                    right,
                }) = value.as_symbolic()
                {
                    // Two inputs against each other are a repeated password, not a verified one.
                    let constant =
                        |side: &Value| side.is_none() || matches!(side.kind(), Kind::Str(_) | Kind::Int(_));
                    let signed = |side: &Value| {
                        holds(interpreter, side, &mut |part| {
                            part.as_external().is_some_and(|name| {
                                name.starts_with("hmac.") || name.starts_with("itsdangerous.")
                            })
                        })
                    };
                    let sent = left.may_hold_any_parameter_within() || right.may_hold_any_parameter_within();
                    if sent && !constant(left) && !constant(right) && !signed(left) && !signed(right) {
                        candidates.extend([left, right]);
                    }
                }
            }
            EventKind::Call(call) => {
                let name = match (&call.target, call.callee.as_symbolic()) {
                    (Some((function, _)), _) => Some(function.definition.name),
                    (None, Some(Symbolic::Member { name, .. })) => Some(*name),
                    (None, _) => code.nodes[node].facts.callee(position),
                };
                let Some(name) = name else { continue };
                let (verifies, compares) = *names.entry(name).or_insert_with(|| {
                    let name = name.rsplit('.').next().unwrap_or_default();
                    let compares = name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("compare_"));
                    (sounds_verifying(name), compares)
                });
                as_it_is = compares;
                if verifies {
                    candidates.extend(&call.arguments.positional);
                    candidates.extend(call.arguments.keywords.iter().map(|(_, value)| value));
                }
            }
            _ => {}
        }
        for value in &candidates {
            let known = inputs(interpreter, value);
            let Some(input) = known
                .iter()
                .find(|input| is_asked_for(input_text(input).rsplit('.').next().unwrap_or_default()))
            else {
                continue;
            };
            let what = input_text(input);
            let only_a_code =
                words(what.rsplit('.').next().unwrap_or_default()).iter().all(|word| word == "code");
            if only_a_code && !as_it_is {
                continue;
            }
            if found.iter().any(|sink| sink.what == what) {
                continue;
            }
            found.push(Sink {
                value: input.clone(),
                what: what.clone(),
                event: position,
                note: format!("`{what}` is verified"),
            });
        }
    }
    found
}

const LIMITING: &[&str] = &[
    "limit",
    "throttl",
    "ratelimit",
    "slowapi",
    "attempt",
    "lockout",
    "locked",
    "captcha",
    "turnstile",
    "backoff",
    "bruteforce",
];

fn sounds_limiting(name: &str) -> bool {
    holds_any(name, LIMITING)
        || holds_any(name, &["rate"]) && words(&name.to_lowercase()).iter().any(|word| word == "rate")
}

/// What limits how often somebody may try; remembers which functions do.
struct Limits<'g> {
    code: &'g CallGraph,
    known: FxHashMap<usize, bool>,
}

impl Limits<'_> {
    /// Whether something limits a route: middleware, a decorator, a dependency, or what it calls.
    fn of_route(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        app: &App,
        route: &Route,
        handler: &Dependant,
    ) -> bool {
        if route.statuses.contains(&429)
            || app.middleware.iter().any(|middleware| sounds_limiting(&middleware.name))
        {
            return true;
        }
        let decorated = handler.function.as_ref().is_some_and(|function| {
            function.definition.decorators.iter().any(|decorator| {
                let callee = match &decorator.kind {
                    ExprKind::Call(call) => &call.callee,
                    _ => decorator,
                };
                callee.dotted_name().is_some_and(|name| sounds_limiting(&name))
            })
        });
        let walk = handler.walk();
        let depended = walk.iter().any(|node| sounds_limiting(&node.qualified));
        decorated
            || depended
            || self
                .any_from(interpreter, walk.iter().filter_map(|node| self.code.of_dependant(node)).collect())
    }

    /// Whether a middleware limits every route.
    fn for_all(&mut self, interpreter: &mut Interpreter<'_>) -> bool {
        let is_middleware = |node: &usize| self.code.nodes[*node].entries.contains(&Entry::Middleware);
        self.any_from(interpreter, (0..self.code.nodes.len()).filter(is_middleware).collect())
    }

    /// Whether one of some functions limits, or one that they reach.
    fn any_from(&mut self, interpreter: &mut Interpreter<'_>, start: Vec<usize>) -> bool {
        let (code, known) = (self.code, &mut self.known);
        code.reached_from(start)
            .into_iter()
            .any(|node| *known.entry(node).or_insert_with(|| limits(interpreter, code, node)))
    }
}

/// Whether a function refuses with 429, or calls something that counts.
fn limits(interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize) -> bool {
    let summary = &code.nodes[node].summary;
    if sounds_limiting(&summary.function.definition.name) {
        return true;
    }
    summary.events.iter().enumerate().any(|(position, event)| match &event.kind {
        EventKind::Raise { exception, again: false } => status_of_exception(interpreter, exception) == Some(429),
        EventKind::Return(value) => status_of_response(interpreter, value) == Some(429),
        EventKind::Call(call) => {
            code.nodes[node].callee(position).is_some_and(sounds_limiting)
                || matches!(call.callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if sounds_limiting(name))
        }
        EventKind::Condition(value) => holds(interpreter, value, &mut |part| {
            matches!(part.as_symbolic(), Some(Symbolic::Member { name, .. }) if sounds_limiting(name))
        }),
        _ => false,
    })
}
