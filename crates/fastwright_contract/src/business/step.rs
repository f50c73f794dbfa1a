//! Steps: what code does, as a tree.

use super::term::{Digest, DigestBuilder, Term};
use fastwright_python::location::Location;

/// How a way through code ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It gives a result.
    Return,
    /// It raises.
    Raise,
    /// It leaves a loop.
    Break,
    /// It goes on with the next element.
    Continue,
    /// It gives a result out of a loop or block of a function whose caller goes on.
    Leave,
    /// The same, seen from the caller: what comes behind the call is reached.
    Left,
}

impl Ending {
    fn word(self) -> &'static str {
        match self {
            Ending::Return => "return",
            Ending::Raise => "raise",
            Ending::Break => "break",
            Ending::Continue => "continue",
            Ending::Leave | Ending::Left => "leave",
        }
    }
}

/// One thing that code does.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields are the parts of a statement")]
pub enum Step {
    /// An effect: a call, a store, a yield.
    Effect { digest: Digest, text: Box<str>, location: Location },
    /// A decision.
    Branch { condition: Digest, text: Box<str>, location: Location, then: Vec<Step>, otherwise: Vec<Step> },
    /// A loop; its digest covers what it iterates and what it carries on from turn to turn.
    Loop { digest: Digest, text: Box<str>, location: Location, body: Vec<Step>, orelse: Vec<Step> },
    /// The body of a `with`.
    Inside { digest: Digest, text: Box<str>, location: Location, body: Vec<Step> },
    /// `try`.
    Try {
        location: Location,
        body: Vec<Step>,
        handlers: Vec<(Digest, Box<str>, Location, Vec<Step>)>,
        orelse: Vec<Step>,
        finalbody: Vec<Step>,
    },
    /// The end of a way.
    End { ending: Ending, digest: Digest, text: Box<str>, location: Location, choice: EndTerm },
}

/// The result or exception that a way ends with.
#[derive(Debug, Clone)]
pub struct EndTerm(pub(crate) Option<Term>);

impl Step {
    pub(crate) fn effect(term: &Term, location: Location) -> Self {
        Step::Effect { digest: term.digest(), text: term.text().into(), location }
    }

    pub(crate) fn end(ending: Ending, term: Option<&Term>, location: Location) -> Self {
        let text = match term {
            Some(term) => format!("{} {}", ending.word(), term.text()).trim_end().to_owned(),
            None => ending.word().to_owned(),
        };
        let mut digest = DigestBuilder::new(ending.word());
        if let Some(term) = term {
            digest.digest(term.digest());
        }
        Step::End {
            ending,
            digest: digest.finish(),
            text: text.into(),
            location,
            choice: EndTerm(term.cloned()),
        }
    }

    /// Whether nothing comes after it.
    pub(crate) fn ends(&self) -> bool {
        match self {
            Step::End { ending, .. } => *ending != Ending::Left,
            Step::Branch { then, otherwise, .. } => ends(then) && ends(otherwise),
            Step::Inside { body, .. } => ends(body),
            Step::Try { body, handlers, orelse, finalbody, .. } => {
                ends(finalbody)
                    || (ends(body) || ends(orelse)) && handlers.iter().all(|(_, _, _, handler)| ends(handler))
            }
            Step::Effect { .. } | Step::Loop { .. } => false,
        }
    }
}

/// Marks the ways that leave a function as seen from its caller.
pub(crate) fn seen_by_caller(steps: &mut [Step]) {
    for step in steps {
        match step {
            Step::End { ending, .. } if *ending == Ending::Leave => *ending = Ending::Left,
            Step::End { .. } | Step::Effect { .. } => {}
            Step::Branch { then, otherwise, .. } => {
                seen_by_caller(then);
                seen_by_caller(otherwise);
            }
            Step::Loop { body, orelse, .. } => {
                seen_by_caller(body);
                seen_by_caller(orelse);
            }
            Step::Inside { body, .. } => seen_by_caller(body),
            Step::Try { body, handlers, orelse, finalbody, .. } => {
                seen_by_caller(body);
                handlers.iter_mut().for_each(|(_, _, _, steps)| seen_by_caller(steps));
                seen_by_caller(orelse);
                seen_by_caller(finalbody);
            }
        }
    }
}

/// Whether a way ends before the end of its steps.
pub(crate) fn ends(steps: &[Step]) -> bool {
    steps.last().is_some_and(Step::ends)
}

/// The digest of steps.
pub(crate) fn digest_of_steps(steps: &[Step]) -> Digest {
    let mut builder = DigestBuilder::new("steps");
    add(&mut builder, steps);
    builder.finish()
}

fn add(builder: &mut DigestBuilder, steps: &[Step]) {
    builder.number(steps.len() as u64);
    for step in steps {
        match step {
            Step::Effect { digest, .. } => {
                builder.text("effect").digest(*digest);
            }
            Step::Branch { condition, then, otherwise, .. } => {
                builder.text("branch").digest(*condition);
                add(builder, then);
                add(builder, otherwise);
            }
            Step::Loop { digest, body, orelse, .. } => {
                builder.text("loop").digest(*digest);
                add(builder, body);
                add(builder, orelse);
            }
            Step::Inside { digest, body, .. } => {
                builder.text("inside").digest(*digest);
                add(builder, body);
            }
            Step::Try { body, handlers, orelse, finalbody, .. } => {
                builder.text("try");
                add(builder, body);
                builder.number(handlers.len() as u64);
                for (digest, _, _, handler) in handlers {
                    builder.digest(*digest);
                    add(builder, handler);
                }
                add(builder, orelse);
                add(builder, finalbody);
            }
            Step::End { digest, .. } => {
                builder.text("end").digest(*digest);
            }
        }
    }
}

/// A step as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How many decisions, loops and blocks stand around it.
    pub depth: u32,
    /// What kind of line: `effect`, `if`, `else`, `loop`, `inside`, `try`, `except`, `finally`, or how a way
    /// ends.
    pub kind: &'static str,
    /// What happens.
    pub text: String,
    /// Its identity, without what stands inside it.
    pub digest: Digest,
    /// Where.
    pub location: Location,
}

/// Steps as lines, in order.
pub fn lines(steps: &[Step]) -> Vec<Line> {
    let mut found = Vec::new();
    write(steps, 0, &mut found);
    found
}

fn write(steps: &[Step], depth: u32, found: &mut Vec<Line>) {
    for step in steps {
        match step {
            Step::Effect { digest, text, location } => {
                push(found, (depth, "effect"), text.to_string(), *digest, *location);
            }
            Step::End { ending, digest, text, location, .. } => {
                push(found, (depth, ending.word()), text.to_string(), *digest, *location);
            }
            Step::Branch { condition, text, location, then, otherwise } => {
                // The way that refuses or ends comes first, as people write it.
                let turned = then.is_empty()
                    || !otherwise.is_empty() && (raises(otherwise) && !raises(then))
                    || ends(otherwise) && !ends(then);
                let (decision, first, second) = if turned {
                    (opposite(text), otherwise, then)
                } else {
                    (text.to_string(), then, otherwise)
                };
                push(found, (depth, "if"), format!("if {decision}"), seen_as(*condition, turned), *location);
                write(first, depth + 1, found);
                if second.is_empty() {
                    continue;
                }
                if ends(first) {
                    write(second, depth, found);
                } else {
                    push(
                        found,
                        (depth, "else"),
                        "else".to_owned(),
                        Digest::of_text("line", "else"),
                        *location,
                    );
                    write(second, depth + 1, found);
                }
            }
            Step::Loop { digest, text, location, body, orelse } => {
                push(found, (depth, "loop"), text.to_string(), *digest, *location);
                write(body, depth + 1, found);
                write(orelse, depth, found);
            }
            Step::Inside { digest, text, location, body } => {
                push(found, (depth, "inside"), text.to_string(), *digest, *location);
                write(body, depth + 1, found);
            }
            Step::Try { location, body, handlers, orelse, finalbody } => {
                push(found, (depth, "try"), "try".to_owned(), Digest::of_text("line", "try"), *location);
                write(body, depth + 1, found);
                for (digest, text, location, handler) in handlers {
                    push(found, (depth, "except"), text.to_string(), *digest, *location);
                    write(handler, depth + 1, found);
                }
                if !orelse.is_empty() {
                    push(
                        found,
                        (depth, "else"),
                        "else".to_owned(),
                        Digest::of_text("line", "else"),
                        *location,
                    );
                    write(orelse, depth + 1, found);
                }
                if !finalbody.is_empty() {
                    push(
                        found,
                        (depth, "finally"),
                        "finally".to_owned(),
                        Digest::of_text("line", "finally"),
                        *location,
                    );
                    write(finalbody, depth + 1, found);
                }
            }
        }
    }
}

/// Whether a way ends with an exception.
fn raises(steps: &[Step]) -> bool {
    matches!(steps.last(), Some(Step::End { ending: Ending::Raise, .. }))
}

/// The text of the opposite of a decision: one comparison is turned round, anything else is denied.
pub(crate) fn opposite(text: &str) -> String {
    const PAIRS: &[(&str, &str)] =
        &[(" == ", " != "), (" is not ", " is "), (" not in ", " in "), (" < ", " >= "), (" > ", " <= ")];
    let outside = outside_of_brackets(text);
    let has_words =
        [" and ", " or ", " if ", " else "].iter().any(|word| outside.contains(word)) || text.ends_with('…');
    if !has_words {
        if let Some(rest) = text.strip_prefix("not ") {
            return rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).map_or_else(
                || rest.to_owned(),
                |inner| if is_closed(inner) { inner.to_owned() } else { rest.to_owned() },
            );
        }
        let operators = PAIRS.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]);
        for (from, to) in operators {
            // ` is ` stands in ` is not `, and ` in ` in ` not in `: the longer ones come first.
            if outside.matches(from).count() == 1 {
                let at = outside.find(from).unwrap_or(0);
                return format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
            }
        }
        return format!("not {text}");
    }
    format!("not ({text})")
}

/// A text with blanks in place of what stands in brackets and quotes, byte for byte.
fn outside_of_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    let mut quoted = false;
    let mut escaped = false;
    let kept = text.bytes().map(|byte| {
        if quoted {
            if byte == b'"' && !escaped {
                quoted = false;
            }
            escaped = byte == b'\\' && !escaped;
            return b'_';
        }
        match byte {
            b'"' => quoted = true,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                return b'_';
            }
            _ => {}
        }
        if depth > 0 || quoted || !byte.is_ascii() { b'_' } else { byte }
    });
    kept.map(char::from).collect()
}

/// Whether every parenthesis that closes was opened inside.
fn is_closed(text: &str) -> bool {
    let mut depth = 0;
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// The identity of a decision as it is read: what holds where the first way is taken.
fn seen_as(condition: Digest, turned: bool) -> Digest {
    if !turned {
        return condition;
    }
    let mut builder = DigestBuilder::new("turned");
    builder.digest(condition);
    builder.finish()
}

fn push(
    found: &mut Vec<Line>,
    (depth, kind): (u32, &'static str),
    text: String,
    digest: Digest,
    location: Location,
) {
    found.push(Line { depth, kind, text, digest, location });
}
