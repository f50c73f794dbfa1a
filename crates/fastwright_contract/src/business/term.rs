//! Terms: what an expression stands for, as a digest with a text that people can read.

use super::inlining::Callable;
use fastwright_python::value::Value;
use smallvec::SmallVec;
use std::rc::Rc;

/// The identity of something: 128 bits of BLAKE3, the same on every machine and in every version that builds
/// forms the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(u128);

impl Digest {
    /// 16 hexadecimal digits, for documents.
    pub fn text(self) -> String {
        format!("{:016x}", self.short())
    }

    /// Half of it.
    pub fn short(self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// The digest of a plain text.
    pub fn of_text(tag: &str, text: &str) -> Self {
        let mut builder = DigestBuilder::new(tag);
        builder.text(text);
        builder.finish()
    }
}

/// Builds a digest part by part; parts can't be confused with each other. The parts are collected, and hashed at once:
/// most are a few dozen bytes, and a hasher that takes them one by one is two kilobytes to set up.
pub(crate) struct DigestBuilder(SmallVec<[u8; 128]>);

impl DigestBuilder {
    pub(crate) fn new(tag: &str) -> Self {
        let mut builder = Self(SmallVec::new());
        builder.text(tag);
        builder
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn digest(&mut self, digest: Digest) -> &mut Self {
        self.0.extend_from_slice(&digest.0.to_le_bytes());
        self
    }

    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    pub(crate) fn finish(&self) -> Digest {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&blake3::hash(&self.0).as_bytes()[..16]);
        Digest(u128::from_be_bytes(bytes))
    }
}

/// What an expression stands for.
#[derive(Debug, Clone)]
pub(crate) struct Term(Rc<TermData>);

#[derive(Debug)]
struct TermData {
    digest: Digest,
    text: Box<str>,
    detail: Detail,
}

/// What else is known of a term.
#[derive(Debug, Clone)]
pub(crate) enum Detail {
    None,
    /// A constant with its truth.
    Constant(bool),
    /// A tuple or list, element by element.
    Parts(Vec<Term>),
    /// The opposite of something.
    Not(Term),
    /// One of two, by a condition.
    Choice(Term, Term, Term),
    /// Something that code of the program runs when it is called.
    Callable(Callable),
    /// A value of the evaluated program.
    Value(Value),
    /// A coroutine that nobody has waited for yet.
    Later,
}

/// Characters of a text that people see; what is longer is cut.
const LONGEST_TEXT: usize = 100;

impl Term {
    pub(crate) fn new(digest: Digest, text: impl Into<String>) -> Self {
        Self::with(digest, text, Detail::None)
    }

    pub(crate) fn with(digest: Digest, text: impl Into<String>, detail: Detail) -> Self {
        Self(Rc::new(TermData { digest, text: shortened(text.into()).into_boxed_str(), detail }))
    }

    /// A term of a kind over other terms.
    pub(crate) fn made(tag: &str, parts: &[&Term], text: impl Into<String>) -> Self {
        Self::new(digest_of(tag, parts), text)
    }

    pub(crate) fn digest(&self) -> Digest {
        self.0.digest
    }

    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }

    pub(crate) fn detail(&self) -> &Detail {
        &self.0.detail
    }

    /// The same term under another text.
    pub(crate) fn named(&self, text: &str) -> Self {
        Self::with(self.digest(), text, self.detail().clone())
    }

    pub(crate) fn value(&self) -> Option<&Value> {
        match self.detail() {
            Detail::Value(value) => Some(value),
            _ => None,
        }
    }

    pub(crate) fn constant_truth(&self) -> Option<bool> {
        match self.detail() {
            Detail::Constant(truth) => Some(*truth),
            _ => None,
        }
    }

    /// `None`.
    pub(crate) fn none() -> Self {
        Self::with(Digest::of_text("constant", "None"), "None", Detail::Constant(false))
    }

    /// The opposite.
    pub(crate) fn negated(&self, text: impl Into<String>) -> Self {
        if let Detail::Not(inner) = self.detail() {
            return inner.clone();
        }
        Self::with(digest_of("not", &[self]), text, Detail::Not(self.clone()))
    }

    /// Whether both hold. What `or` says is the opposite of this over the opposites.
    pub(crate) fn both(first: &Term, second: &Term) -> Self {
        let text = format!("{} and {}", first.text(), second.text());
        Self::new(digest_of_both(first.digest(), second.digest()), text)
    }

    /// One of two terms, by a condition. Where one of them is a choice that has the other as well, it is one choice.
    pub(crate) fn choice(condition: &Term, yes: &Term, no: &Term) -> Self {
        if yes.digest() == no.digest() {
            return yes.clone();
        }
        let holds = |term: &Term, holds: bool| {
            if holds { term.clone() } else { term.negated(super::step::opposite(term.text())) }
        };
        for (way, other, outer) in [(yes, no, true), (no, yes, false)] {
            let Detail::Choice(inner, inner_yes, inner_no) = way.detail() else { continue };
            let (result, inner_holds) = if inner_no.digest() == other.digest() {
                (inner_yes, true)
            } else if inner_yes.digest() == other.digest() {
                (inner_no, false)
            } else {
                continue;
            };
            let both = Self::both(&holds(condition, outer), &holds(inner, inner_holds));
            return Self::choice(&both, result, other);
        }
        let text = format!("{} if {} else {}", yes.text(), condition.text(), no.text());
        let digest = digest_of("choice", &[condition, yes, no]);
        Self::with(digest, text, Detail::Choice(condition.clone(), yes.clone(), no.clone()))
    }

    /// What the term is where a condition is decided.
    pub(crate) fn under(&self, condition: Digest, holds: bool) -> Self {
        match self.detail() {
            Detail::Choice(of, yes, no) if of.digest() == condition => {
                if holds {
                    yes.under(condition, holds)
                } else {
                    no.under(condition, holds)
                }
            }
            _ => self.clone(),
        }
    }
}

/// The digest of two conditions that both hold.
pub(crate) fn digest_of_both(first: Digest, second: Digest) -> Digest {
    let mut builder = DigestBuilder::new("both");
    builder.digest(first).digest(second);
    builder.finish()
}

/// The digest of a condition or its opposite.
pub(crate) fn literal(condition: Digest, holds: bool) -> Digest {
    if holds {
        return condition;
    }
    let mut builder = DigestBuilder::new("not");
    builder.number(1).digest(condition);
    builder.finish()
}

/// The digest of a kind of term over other terms.
pub(crate) fn digest_of(tag: &str, parts: &[&Term]) -> Digest {
    let mut builder = DigestBuilder::new(tag);
    builder.number(parts.len() as u64);
    for part in parts {
        builder.digest(part.digest());
    }
    builder.finish()
}

fn shortened(text: String) -> String {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    match text.char_indices().nth(LONGEST_TEXT - 1) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A digest over texts and other digests, for what is put together from forms.
pub struct DigestText(DigestBuilder);

impl std::fmt::Debug for DigestText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("DigestText").field(&self.0.finish().text()).finish()
    }
}

impl DigestText {
    /// Nothing yet, of some kind.
    pub fn new(kind: &str) -> Self {
        Self(DigestBuilder::new(kind))
    }

    /// Adds a text.
    pub fn add(&mut self, text: &str) {
        self.0.text(text);
    }

    /// 16 hexadecimal digits.
    pub fn finish(&self) -> String {
        self.0.finish().text()
    }
}
