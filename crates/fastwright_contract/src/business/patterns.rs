//! `match` as a chain of decisions.

use super::statements::Next;
use super::step::Step;
use super::term::{DigestBuilder, Term, digest_of};
use super::walker::{Exit, Walker};
use fastwright_python::ir::{MatchCase, Pattern};
use fastwright_python::name::Name;

impl Walker<'_, '_, '_> {
    pub(crate) fn cases(
        &mut self,
        subject: &Term,
        cases: &[MatchCase],
        behind: &Next<'_>,
        out: &mut Vec<Step>,
    ) -> Exit {
        let Some((case, others)) = cases.split_first() else { return Exit::Falls };
        let location = case.body.first().map(|statement| self.at(statement.span));
        let location = location.unwrap_or_else(|| self.at(fastwright_python::location::Span::default()));
        let mut bound = Vec::new();
        let mut digest = DigestBuilder::new("pattern");
        let irrefutable = self.pattern(&case.pattern, subject, true, &mut digest, &mut bound, out);
        let mut condition = Term::new(digest.finish(), format!("{} matches", subject.text()));
        for (name, term) in bound {
            self.state.names.insert(name, term);
        }
        if let Some(guard) = &case.guard {
            let guard = self.expression(guard, out);
            let text = format!("{} and {}", condition.text(), guard.text());
            condition = Term::new(digest_of("guarded pattern", &[&condition, &guard]), text);
        } else if irrefutable {
            return self.block(&case.body, Some(behind), out);
        }
        self.decide(
            &condition,
            location,
            |walker, out| walker.block(&case.body, Some(behind), out),
            |walker, out| walker.cases(subject, others, behind, out),
            behind,
            out,
        )
    }

    /// Adds a pattern to a digest, and what it binds; whether it matches everything.
    fn pattern(
        &mut self,
        pattern: &Pattern,
        subject: &Term,
        is_whole: bool,
        digest: &mut DigestBuilder,
        bound: &mut Vec<(Name, Term)>,
        out: &mut Vec<Step>,
    ) -> bool {
        let part = |digest: &DigestBuilder| {
            Term::new(digest_of("captured", &[subject, &Term::new(digest.finish(), "")]), subject.text())
        };
        match pattern {
            Pattern::Value(value) => {
                let term = self.expression(value, out);
                digest.text("value").digest(subject.digest()).digest(term.digest());
                false
            }
            Pattern::Sequence(patterns) | Pattern::Or(patterns) => {
                digest.text(if matches!(pattern, Pattern::Or(_)) { "or" } else { "sequence" });
                digest.number(patterns.len() as u64);
                for pattern in patterns {
                    self.pattern(pattern, subject, false, digest, bound, out);
                }
                false
            }
            Pattern::Mapping { keys, patterns, rest } => {
                digest.text("mapping").number(keys.len() as u64);
                for (key, pattern) in keys.iter().zip(patterns) {
                    let key = self.expression(key, out);
                    digest.digest(key.digest());
                    self.pattern(pattern, subject, false, digest, bound, out);
                }
                if let Some(name) = rest {
                    digest.text("rest");
                    bound.push((*name, part(digest)));
                }
                false
            }
            Pattern::Class { class, positional, keywords } => {
                let class = self.expression(class, out);
                digest.text("class").digest(subject.digest()).digest(class.digest());
                for pattern in positional {
                    self.pattern(pattern, subject, false, digest, bound, out);
                }
                for (name, pattern) in keywords {
                    digest.text(name.as_str());
                    self.pattern(pattern, subject, false, digest, bound, out);
                }
                false
            }
            Pattern::Star(name) => {
                digest.text("star");
                if let Some(name) = name {
                    bound.push((*name, part(digest)));
                }
                false
            }
            Pattern::As { pattern, name } => {
                let all = match pattern {
                    Some(pattern) => self.pattern(pattern, subject, false, digest, bound, out),
                    None => {
                        digest.text("anything");
                        true
                    }
                };
                if let Some(name) = name {
                    let whole = pattern.is_none() && is_whole;
                    bound.push((*name, if whole { subject.clone() } else { part(digest) }));
                }
                all
            }
        }
    }
}
