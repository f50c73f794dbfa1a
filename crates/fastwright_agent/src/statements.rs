//! Statements of a model about the project, held against what the engine knows: a statement counts only as far as what
//! it cites is really so.

use crate::report::Statement;
use crate::visible::line;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A statement as a model makes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// One or two sentences about the project.
    pub text: String,
    /// What shows that it is so. A statement that cites nothing is reported as an opinion.
    #[serde(default)]
    pub cites: Vec<Cite>,
}

/// One thing that a statement rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cite {
    /// `id` of a finding.
    #[serde(default)]
    pub finding: Option<String>,
    /// A route, as in `GET /orders/{order_id}`.
    #[serde(default)]
    pub route: Option<String>,
    /// A file, with `line` and `text`.
    #[serde(default)]
    pub path: Option<String>,
    /// The line in it, from 1.
    #[serde(default)]
    pub line: Option<u32>,
    /// What stands in that line, copied from it.
    #[serde(default)]
    pub text: Option<String>,
}

/// What the engine knows, for looking up what is cited.
pub trait Knowledge {
    /// What a finding is, and whether it is still there: one sentence.
    fn finding(&self, id: &str) -> Option<String>;

    /// Where a route is handled, as `GET /orders (app/orders.py:12)`.
    fn route(&self, route: &str) -> Option<String>;

    /// A line of a file as a model may see it; the reason where there is none.
    ///
    /// # Errors
    /// Why there is no such line.
    fn line(&self, path: &str, number: u32) -> Result<String, String>;
}

/// No more statements are kept.
const MOST_STATEMENTS: usize = 40;
/// No more of what a statement cites is looked up.
const MOST_CITES: usize = 8;
/// Statements are cut here.
const LONGEST: usize = 600;
/// A shorter quotation is found anywhere, so it shows nothing, unless it is the whole line.
const SHORTEST_QUOTE: usize = 8;

/// Holds claims against what is known. Also says how many were left out.
pub fn check(claims: &[Claim], knowledge: &dyn Knowledge) -> (Vec<Statement>, usize) {
    let statements = claims.iter().take(MOST_STATEMENTS).map(|claim| {
        let mut confirmed = Vec::new();
        let mut refuted = Vec::new();
        for cite in claim.cites.iter().take(MOST_CITES) {
            match look_up(cite, knowledge) {
                Ok(found) => confirmed.push(found),
                Err(reason) => refuted.push(reason),
            }
        }
        Statement { text: line(&claim.text, LONGEST), opinion: confirmed.is_empty(), confirmed, refuted }
    });
    (statements.collect(), claims.len().saturating_sub(MOST_STATEMENTS))
}

fn look_up(cite: &Cite, knowledge: &dyn Knowledge) -> Result<String, String> {
    let mut found = Vec::new();
    if let Some(id) = &cite.finding {
        let shown = line(id, 80);
        found.push(knowledge.finding(id.trim()).ok_or(format!("there is no finding `{shown}`"))?);
    }
    if let Some(route) = &cite.route {
        let shown = line(route, 200);
        found.push(knowledge.route(route.trim()).ok_or(format!("there is no route `{shown}`"))?);
    }
    if let Some(path) = &cite.path {
        found.push(place(path.trim(), cite.line, cite.text.as_deref(), knowledge)?);
    }
    if found.is_empty() {
        return Err("it names neither a finding, a route nor a place".to_owned());
    }
    Ok(found.join("; "))
}

fn place(
    path: &str,
    number: Option<u32>,
    text: Option<&str>,
    knowledge: &dyn Knowledge,
) -> Result<String, String> {
    let shown = line(path, 200);
    let (Some(number), Some(text)) = (number, text) else {
        return Err(format!("{shown}: a place needs a line and the text in it"));
    };
    let real = knowledge.line(path, number).map_err(|reason| line(&reason, 300))?;
    let (real, quoted) = (words(&real), words(text));
    let is_long_enough =
        quoted.chars().filter(|character| !character.is_whitespace()).count() >= SHORTEST_QUOTE;
    if quoted.is_empty() || (real != quoted && !(is_long_enough && real.contains(&quoted))) {
        return Err(format!("{shown}:{number} does not say `{}`", line(text, 120)));
    }
    Ok(format!("{shown}:{number} `{}`", line(&real, 160)))
}

/// White space does not count.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known;

    impl Knowledge for Known {
        fn finding(&self, id: &str) -> Option<String> {
            (id == "abc123abc123").then(|| "abc123abc123 missing-authentication".to_owned())
        }

        fn route(&self, route: &str) -> Option<String> {
            (route == "GET /orders").then(|| "GET /orders (app.py:3)".to_owned())
        }

        fn line(&self, path: &str, number: u32) -> Result<String, String> {
            match (path, number) {
                ("app.py", 3) => Ok("    return await list_orders(session)".to_owned()),
                ("app.py", 4) => Ok("pass".to_owned()),
                _ => Err(format!("{path} has no line {number}")),
            }
        }
    }

    fn claim(cites: Vec<Cite>) -> Statement {
        let claim = Claim { text: "It is so.".to_owned(), cites };
        check(&[claim], &Known).0.remove(0)
    }

    fn at(path: &str, number: u32, text: &str) -> Cite {
        Cite {
            path: Some(path.to_owned()),
            line: Some(number),
            text: Some(text.to_owned()),
            ..Cite::default()
        }
    }

    #[test]
    fn what_is_really_so_confirms_a_statement() {
        for cite in [
            Cite { finding: Some("abc123abc123".to_owned()), ..Cite::default() },
            Cite { route: Some(" GET /orders ".to_owned()), ..Cite::default() },
            at("app.py", 3, "return await list_orders(session)"),
            at("app.py", 3, "await   list_orders"),
            at("app.py", 4, "pass"),
        ] {
            let statement = claim(vec![cite.clone()]);
            assert!(!statement.opinion && statement.refuted.is_empty(), "{cite:?}");
        }
    }

    #[test]
    fn what_is_not_so_is_refuted_and_nothing_is_an_opinion() {
        assert!(claim(Vec::new()).opinion);
        for cite in [
            Cite { finding: Some("ffffffffffff".to_owned()), ..Cite::default() },
            Cite { route: Some("GET /admin".to_owned()), ..Cite::default() },
            at("app.py", 3, "return []"),
            at("app.py", 3, ""),
            at("app.py", 3, "return"),
            at("app.py", 9, "return await list_orders(session)"),
            at("../secret", 1, "anything at all"),
            Cite { path: Some("app.py".to_owned()), ..Cite::default() },
            Cite::default(),
        ] {
            let statement = claim(vec![cite.clone()]);
            assert!(statement.opinion, "{cite:?}");
            assert_eq!(statement.refuted.len(), 1, "{cite:?}");
        }
    }

    #[test]
    fn one_false_cite_does_not_hide_behind_a_true_one() {
        let both = Cite { finding: Some("ffffffffffff".to_owned()), ..at("app.py", 4, "pass") };
        assert!(claim(vec![both]).opinion);
    }

    #[test]
    fn floods_are_cut() {
        let claims = vec![Claim { text: "x".repeat(10_000), cites: vec![Cite::default(); 100] }; 1000];
        let (statements, left_out) = check(&claims, &Known);
        assert_eq!((statements.len(), left_out), (MOST_STATEMENTS, 960));
        assert!(statements[0].text.chars().count() <= LONGEST + 1);
        assert_eq!(statements[0].refuted.len(), MOST_CITES);
    }
}
