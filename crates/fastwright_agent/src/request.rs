//! What a person asks for in plain words, mapped to a playbook. No language model: words and their weights, all of them
//! in one table that can be read.

use std::collections::BTreeSet;

/// What the agent can do without a language model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Playbook {
    /// Review the whole service, or some areas of it.
    Review,
    /// Make it safer.
    Secure,
    /// Make it faster.
    Faster,
    /// See to it that routes refuse who may not call them.
    Protect,
    /// Make its document complete.
    Document,
    /// Fix what can be fixed.
    Improve,
    /// Explain the service, a route, a finding or a rule.
    Explain,
    /// Say whether the change in the working tree is acceptable.
    CheckChange,
    /// Write the text of a pull request.
    PullRequest,
}

impl Playbook {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 9] = [
        Self::Review,
        Self::Secure,
        Self::Faster,
        Self::Protect,
        Self::Document,
        Self::Improve,
        Self::Explain,
        Self::CheckChange,
        Self::PullRequest,
    ];

    /// What it does, as an offer.
    pub fn offer(self) -> &'static str {
        match self {
            Self::Review => "review the service for production readiness",
            Self::Secure => "make it more secure",
            Self::Faster => "make it faster",
            Self::Protect => "protect these routes: /admin",
            Self::Document => "complete the API's documentation",
            Self::Improve => "fix everything that is safe to fix",
            Self::Explain => "explain GET /orders/{order_id} (or a finding, a rule, the whole service)",
            Self::CheckChange => "check my change (against main)",
            Self::PullRequest => "prepare a pull request (against main)",
        }
    }

    /// The areas of a review that it is about; none for all.
    pub fn areas(self) -> &'static [&'static str] {
        match self {
            Self::Secure => &["auth", "security", "secrets"],
            Self::Faster => &["performance", "database"],
            Self::Protect => &["auth"],
            Self::Document => &["docs"],
            _ => &[],
        }
    }
}

/// A request that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The task as written.
    pub task: String,
    /// What is done.
    pub playbook: Playbook,
    /// Whether files may change; a question or a review changes nothing.
    pub wants_change: bool,
    /// Areas of the review that were named; none for those of the playbook.
    pub areas: Vec<String>,
    /// Paths and routes that were named: `/admin`, `GET /orders`.
    pub routes: Vec<String>,
    /// Ids of findings that were named.
    pub findings: Vec<String>,
    /// Rules that were named.
    pub rules: Vec<String>,
    /// The revision to compare with.
    pub base: Option<String>,
    /// Whether everything possible shall be reported.
    pub thorough: bool,
}

/// What came of reading a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Understanding {
    /// It is clear.
    Clear(Request),
    /// It is something that needs a language model or a command of its own; with what there is instead.
    Elsewhere(&'static str),
    /// It may mean several things.
    Ambiguous(Vec<Playbook>),
    /// It is none of what there is.
    Unknown,
}

/// Words, what they speak for, and how much. A word with a `*` stands for all that begin like it.
const WORDS: &[(&str, Playbook, u32)] = &[
    ("review", Playbook::Review, 2),
    ("audit*", Playbook::Review, 2),
    ("assess*", Playbook::Review, 2),
    ("inspect*", Playbook::Review, 2),
    ("analys*", Playbook::Review, 2),
    ("analyz*", Playbook::Review, 2),
    ("production", Playbook::Review, 3),
    ("readiness", Playbook::Review, 3),
    ("ready", Playbook::Review, 1),
    ("problems", Playbook::Review, 2),
    ("issues", Playbook::Review, 1),
    ("bugs", Playbook::Review, 2),
    ("wrong", Playbook::Review, 2),
    ("quality", Playbook::Review, 2),
    ("health", Playbook::Review, 1),
    ("findings", Playbook::Review, 2),
    ("secur*", Playbook::Secure, 4),
    ("insecure", Playbook::Secure, 4),
    ("harden*", Playbook::Secure, 4),
    ("vulnerab*", Playbook::Secure, 4),
    ("attack*", Playbook::Secure, 3),
    ("hack*", Playbook::Secure, 3),
    ("owasp", Playbook::Secure, 4),
    ("injection*", Playbook::Secure, 3),
    ("secrets", Playbook::Secure, 3),
    ("fast", Playbook::Faster, 4),
    ("faster", Playbook::Faster, 5),
    ("slow*", Playbook::Faster, 4),
    ("speed*", Playbook::Faster, 4),
    ("performance", Playbook::Faster, 4),
    ("performant", Playbook::Faster, 4),
    ("optimi*", Playbook::Faster, 4),
    ("latency", Playbook::Faster, 4),
    ("throughput", Playbook::Faster, 4),
    ("blocking", Playbook::Faster, 3),
    ("n+1", Playbook::Faster, 4),
    ("scale*", Playbook::Faster, 2),
    ("protect*", Playbook::Protect, 5),
    ("guard*", Playbook::Protect, 4),
    ("restrict*", Playbook::Protect, 5),
    ("authenticat*", Playbook::Protect, 3),
    ("authoriz*", Playbook::Protect, 3),
    ("authoris*", Playbook::Protect, 3),
    ("login", Playbook::Protect, 3),
    ("unprotected", Playbook::Protect, 4),
    ("document", Playbook::Document, 5),
    ("documentation", Playbook::Document, 5),
    ("documented", Playbook::Document, 4),
    ("docs", Playbook::Document, 5),
    ("openapi", Playbook::Document, 4),
    ("swagger", Playbook::Document, 4),
    ("descriptions", Playbook::Document, 4),
    ("improve*", Playbook::Improve, 2),
    ("fix", Playbook::Improve, 2),
    ("fixes", Playbook::Improve, 2),
    ("repair*", Playbook::Improve, 2),
    ("clean*", Playbook::Improve, 2),
    ("modernize", Playbook::Improve, 2),
    ("better", Playbook::Improve, 1),
    ("explain*", Playbook::Explain, 6),
    ("describe", Playbook::Explain, 4),
    ("understand", Playbook::Explain, 4),
    ("overview", Playbook::Explain, 5),
    ("why", Playbook::Explain, 3),
    ("how", Playbook::Explain, 2),
    ("what", Playbook::Explain, 1),
    ("who", Playbook::Explain, 3),
    ("summar*", Playbook::Explain, 3),
    ("uncommitted", Playbook::CheckChange, 5),
    ("broke", Playbook::CheckChange, 5),
    ("break", Playbook::CheckChange, 4),
    ("breaking", Playbook::CheckChange, 4),
    ("change", Playbook::CheckChange, 2),
    ("changes", Playbook::CheckChange, 2),
    ("changed", Playbook::CheckChange, 3),
    ("diff", Playbook::CheckChange, 4),
    ("patch", Playbook::CheckChange, 3),
    ("gate", Playbook::CheckChange, 4),
];

/// Several words that mean something together.
const PHRASES: &[(&str, Playbook, u32)] = &[
    ("pull request", Playbook::PullRequest, 9),
    ("merge request", Playbook::PullRequest, 9),
    ("a pr", Playbook::PullRequest, 9),
    ("the pr", Playbook::PullRequest, 7),
    ("release notes", Playbook::PullRequest, 7),
    ("my change", Playbook::CheckChange, 5),
    ("my changes", Playbook::CheckChange, 5),
    ("this change", Playbook::CheckChange, 5),
    ("these changes", Playbook::CheckChange, 5),
    ("working tree", Playbook::CheckChange, 5),
    ("did i", Playbook::CheckChange, 3),
    ("what changed", Playbook::CheckChange, 4),
    ("require login", Playbook::Protect, 5),
    ("add auth", Playbook::Protect, 5),
    ("lock down", Playbook::Protect, 5),
    ("public routes", Playbook::Protect, 3),
    ("only admins", Playbook::Protect, 4),
    ("signed in", Playbook::Protect, 3),
    ("logged in", Playbook::Protect, 3),
    ("what does", Playbook::Explain, 5),
    ("how does", Playbook::Explain, 5),
    ("tell me about", Playbook::Explain, 6),
    ("show me", Playbook::Explain, 3),
    ("who may", Playbook::Explain, 4),
    ("who can", Playbook::Explain, 4),
    ("what is wrong", Playbook::Review, 6),
    ("what's wrong", Playbook::Review, 6),
    ("everything safe", Playbook::Improve, 4),
    ("safe fixes", Playbook::Improve, 5),
    ("is safe", Playbook::Improve, 2),
];

/// What people ask for that is not done here, and what there is instead.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &["traceback", "stacktrace", "crash", "crashes", "422", "500", "debug", "exception", "fails with"],
        "Debugging from a symptom is not there yet without a language model. `explain ROUTE` tells what a route \
         validates, raises and who may call it; `--model` lets a language model work with these facts.",
    ),
    (
        &[
            "build",
            "implement",
            "scaffold",
            "generate",
            "write a",
            "create a",
            "create an",
            "new endpoint",
            "new route",
            "new feature",
            "add an endpoint",
            "add a route",
            "add a feature",
            "add endpoint",
        ],
        "Writing new functionality needs a language model: `--model` names one, and what it writes passes the gate.",
    ),
];

/// Words that say that nothing shall be written.
const ONLY_LOOK: &[&str] = &[
    "don't",
    "dont",
    "do not",
    "without changing",
    "without fixing",
    "no changes",
    "only report",
    "just report",
    "just review",
    "only review",
    "just look",
    "dry run",
    "read only",
    "read-only",
    "change nothing",
    "report only",
];

/// Words that ask for a look, not a change.
const LOOKING: &[&str] = &[
    "review", "check", "audit", "assess", "find", "list", "show", "report", "analyse", "analyze", "inspect",
    "is", "are", "does", "do", "what", "which", "why", "how", "who", "can", "tell", "look",
];

/// Words that name areas of a review.
const AREAS: &[(&str, &str)] = &[
    ("validation", "validation"),
    ("database", "database"),
    ("queries", "database"),
    ("transactions", "database"),
    ("errors", "errors"),
    ("architecture", "architecture"),
    ("lifecycle", "lifecycle"),
    ("middleware", "lifecycle"),
    ("logging", "observability"),
    ("observability", "observability"),
    ("tests", "testing"),
    ("testing", "testing"),
    ("design", "design"),
];

/// What a task means. `rules` are the names of all rules.
pub fn understand(task: &str, rules: &BTreeSet<&str>) -> Understanding {
    let lower = task.to_lowercase();
    let tokens: Vec<&str> = task.split_whitespace().map(trimmed).filter(|token| !token.is_empty()).collect();
    let named = Named::of(&tokens, rules);
    // What is named says nothing by its own words: a rule may be called `blocking-call`.
    let words: Vec<String> = tokens
        .iter()
        .filter(|token| !named.tokens.contains(**token))
        .map(|token| token.to_lowercase())
        .collect();
    let text = words.join(" ");
    let looks_only = ONLY_LOOK.iter().any(|phrase| contains(&lower, phrase));
    let mut scores = scores(&words, &text);
    if !named.findings.is_empty() || !named.rules.is_empty() {
        // An id alone asks what it is.
        let wants_fix = score(&scores, Playbook::Improve) > 0;
        add(&mut scores, if wants_fix { Playbook::Improve } else { Playbook::Explain }, 6);
    } else if !named.routes.is_empty() && scores.iter().all(|(_, score)| *score == 0) {
        add(&mut scores, Playbook::Explain, 3);
    }
    let best = scores.iter().map(|(_, score)| *score).max().unwrap_or(0);
    if let Some((_, instead)) = ELSEWHERE.iter().find(|(words, _)| {
        words.iter().any(|word| contains(&text, word))
            // `explain why GET /x answers 500` is about a route; `review the code that we build` is a review.
            && best < 5
    }) {
        return Understanding::Elsewhere(instead);
    }
    if best == 0 {
        return Understanding::Unknown;
    }
    let mut leading: Vec<Playbook> =
        scores.iter().filter(|(_, score)| *score == best).map(|(playbook, _)| *playbook).collect();
    // An area that is named says what a review or an improvement is about.
    for general in [Playbook::Review, Playbook::Improve] {
        if leading.len() > 1 {
            leading.retain(|playbook| *playbook != general);
        }
    }
    let [playbook] = leading.as_slice() else { return Understanding::Ambiguous(leading) };
    let areas: Vec<String> = AREAS
        .iter()
        .filter(|(word, _)| words.iter().any(|known| known == word))
        .map(|(_, area)| (*area).to_owned())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    Understanding::Clear(Request {
        task: task.to_owned(),
        playbook: *playbook,
        wants_change: wants_change(*playbook, &words) && !looks_only,
        areas: if playbook.areas().is_empty() { areas } else { Vec::new() },
        routes: named.routes,
        findings: named.findings,
        rules: named.rules,
        base: base(&tokens),
        thorough: ["thorough", "thoroughly", "everything", "audit", "deep", "exhaustive"]
            .iter()
            .any(|word| words.iter().any(|known| known == word))
            && *playbook == Playbook::Review,
    })
}

fn trimmed(token: &str) -> &str {
    token.trim_matches(|character: char| {
        matches!(character, ',' | '.' | ';' | ':' | '!' | '?' | '"' | '\'' | '`' | '(' | ')')
    })
}

fn contains(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

fn scores(words: &[String], text: &str) -> Vec<(Playbook, u32)> {
    let mut scores: Vec<(Playbook, u32)> = Playbook::ALL.iter().map(|playbook| (*playbook, 0)).collect();
    for (word, playbook, weight) in WORDS {
        let said = match word.strip_suffix('*') {
            Some(beginning) => words.iter().any(|known| known.starts_with(beginning)),
            None => words.iter().any(|known| known == word),
        };
        if said {
            add(&mut scores, *playbook, *weight);
        }
    }
    for (phrase, playbook, weight) in PHRASES {
        if contains(text, phrase) {
            add(&mut scores, *playbook, *weight);
        }
    }
    scores
}

fn add(scores: &mut [(Playbook, u32)], playbook: Playbook, weight: u32) {
    for (known, score) in scores {
        if *known == playbook {
            *score += weight;
        }
    }
}

fn score(scores: &[(Playbook, u32)], playbook: Playbook) -> u32 {
    scores.iter().find(|(known, _)| *known == playbook).map_or(0, |(_, score)| *score)
}

fn wants_change(playbook: Playbook, words: &[String]) -> bool {
    let changes = matches!(
        playbook,
        Playbook::Secure | Playbook::Faster | Playbook::Protect | Playbook::Document | Playbook::Improve
    );
    let first_verb = words
        .iter()
        .find(|word| !["please", "could", "you", "i", "want", "to", "now"].contains(&word.as_str()));
    let looks = first_verb.is_some_and(|word| LOOKING.contains(&word.as_str()));
    let fixes = words
        .iter()
        .any(|word| ["fix", "repair", "make", "harden", "add", "improve"].contains(&word.as_str()));
    changes && (!looks || fixes)
}

/// What a task names: routes, findings, rules.
struct Named<'t> {
    routes: Vec<String>,
    findings: Vec<String>,
    rules: Vec<String>,
    tokens: BTreeSet<&'t str>,
}

const METHODS: &[&str] =
    &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "WEBSOCKET", "WS"];

impl<'t> Named<'t> {
    fn of(tokens: &[&'t str], rules: &BTreeSet<&str>) -> Self {
        let mut named =
            Self { routes: Vec::new(), findings: Vec::new(), rules: Vec::new(), tokens: BTreeSet::new() };
        for (index, token) in tokens.iter().enumerate() {
            let is_id = (8..=64).contains(&token.len())
                && token.bytes().all(|byte| byte.is_ascii_hexdigit())
                && token.bytes().any(|byte| byte.is_ascii_digit());
            if token.starts_with('/') {
                let method = index.checked_sub(1).map(|before| tokens[before]);
                match method.filter(|word| METHODS.contains(&word.to_uppercase().as_str())) {
                    Some(method) => {
                        named.tokens.insert(method);
                        named.routes.push(format!("{} {token}", method.to_uppercase()));
                    }
                    None => named.routes.push((*token).to_owned()),
                }
            } else if is_id {
                named.findings.push(token.to_lowercase());
            } else if rules.contains(token) && token.contains('-') {
                named.rules.push((*token).to_owned());
            } else if token.contains(':')
                && token.split(':').all(|part| !part.is_empty())
                && token.contains('.')
            {
                // `app.orders:read_order` names a handler.
                named.routes.push((*token).to_owned());
            } else {
                continue;
            }
            named.tokens.insert(token);
        }
        named
    }
}

/// `against main`, `since v1.2`, `compared with origin/main`.
fn base(tokens: &[&str]) -> Option<String> {
    let at = tokens
        .iter()
        .position(|token| ["against", "since", "vs", "versus"].contains(&token.to_lowercase().as_str()));
    let at = at.or_else(|| {
        let with = tokens.iter().position(|token| ["with", "to"].contains(&token.to_lowercase().as_str()))?;
        tokens[..with].iter().any(|token| token.to_lowercase().starts_with("compar")).then_some(with)
    })?;
    tokens[at + 1..]
        .iter()
        .find(|token| !["the", "branch", "revision"].contains(&token.to_lowercase().as_str()))
        .map(|token| (*token).to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn rules() -> BTreeSet<&'static str> {
        ["blocking-call-in-async", "missing-authentication"].into_iter().collect()
    }

    fn clear(task: &str) -> Request {
        match understand(task, &rules()) {
            Understanding::Clear(request) => request,
            other => panic!("{task}: {other:?}"),
        }
    }

    #[test]
    fn plain_words_are_understood() {
        for (task, playbook, wants_change) in [
            ("Review this service for production readiness", Playbook::Review, false),
            ("is this ready for production?", Playbook::Review, false),
            ("what's wrong with my API", Playbook::Review, false),
            ("do a thorough audit", Playbook::Review, false),
            ("Secure this", Playbook::Secure, true),
            ("harden the app", Playbook::Secure, true),
            ("review the security", Playbook::Secure, false),
            ("check for vulnerabilities and fix them", Playbook::Secure, true),
            ("find vulnerabilities, don't change anything", Playbook::Secure, false),
            ("make it faster", Playbook::Faster, true),
            ("why is it so slow?", Playbook::Faster, false),
            ("fix performance problems", Playbook::Faster, true),
            ("protect these routes: /admin /internal", Playbook::Protect, true),
            ("require login on POST /orders", Playbook::Protect, true),
            ("document the API", Playbook::Document, true),
            ("complete the OpenAPI docs", Playbook::Document, true),
            ("fix everything that is safe to fix", Playbook::Improve, true),
            ("improve this backend", Playbook::Improve, true),
            ("fix blocking-call-in-async", Playbook::Improve, true),
            ("explain GET /orders/{order_id}", Playbook::Explain, false),
            ("what does POST /orders do?", Playbook::Explain, false),
            ("GET /orders", Playbook::Explain, false),
            ("who may call /admin/users", Playbook::Explain, false),
            ("explain blocking-call-in-async", Playbook::Explain, false),
            ("explain 3f2a9c01d4e5", Playbook::Explain, false),
            ("3f2a9c01d4e5", Playbook::Explain, false),
            ("give me an overview of the service", Playbook::Explain, false),
            ("check my change", Playbook::CheckChange, false),
            ("did I break anything?", Playbook::CheckChange, false),
            ("check my changes against main", Playbook::CheckChange, false),
            ("prepare a pull request", Playbook::PullRequest, false),
            ("write the pull request description against origin/main", Playbook::PullRequest, false),
        ] {
            let request = clear(task);
            assert_eq!((request.playbook, request.wants_change), (playbook, wants_change), "{task}");
        }
    }

    #[test]
    fn what_is_named_is_found() {
        let request = clear("protect these routes: `GET /admin/users`, /internal and post /orders.");
        assert_eq!(request.routes, ["GET /admin/users", "/internal", "POST /orders"]);
        assert_eq!(clear("check my changes against origin/main").base.as_deref(), Some("origin/main"));
        assert_eq!(clear("what changed since v1.2?").base.as_deref(), Some("v1.2"));
        assert_eq!(clear("explain 3F2A9C01D4E5").findings, ["3f2a9c01d4e5"]);
        assert_eq!(clear("fix missing-authentication").rules, ["missing-authentication"]);
        assert_eq!(clear("review the database and validation").areas, ["database", "validation"]);
    }

    #[test]
    fn what_can_not_be_done_is_said() {
        assert_eq!(understand("make me a sandwich", &rules()), Understanding::Unknown);
        assert_eq!(understand("", &rules()), Understanding::Unknown);
        for task in [
            "add a route for refunds",
            "build a login page",
            "debug this traceback",
            "POST /orders answers 422",
        ] {
            assert!(matches!(understand(task, &rules()), Understanding::Elsewhere(_)), "{task}");
        }
    }

    #[test]
    fn no_text_breaks_it() {
        for task in [
            "\u{0}",
            "////",
            "GET",
            "against",
            "::",
            "ä".repeat(10_000).as_str(),
            "fix \u{202e}",
            "''",
            "don't",
        ] {
            let _ = understand(task, &rules());
        }
    }
}
