//! `match`.

use super::branches::Branch;
use super::statements::Executed;
use super::{ActiveCondition, Interpreter, Raised};
use crate::ir::*;
use crate::location::Span;
use crate::value::*;
use ustr::Ustr;

impl Interpreter<'_> {
    pub(crate) fn execute_match(&mut self, subject: &Expr, cases: &[MatchCase]) -> Executed {
        let value = self.evaluate(subject)?;
        let mut possible: Vec<(&MatchCase, Vec<(Ustr, Value)>)> = Vec::new();
        let mut exhausted = false;
        for case in cases {
            let mut bindings = Vec::new();
            let matched = self.pattern_matches(&case.pattern, &value, &mut bindings)?;
            if matched == Some(false) {
                continue;
            }
            possible.push((case, bindings));
            if matched == Some(true) && case.guard.is_none() {
                exhausted = true;
                break;
            }
        }
        if exhausted && possible.len() == 1 {
            let (case, bindings) = possible.remove(0);
            for (name, value) in bindings {
                self.bind(name, value);
            }
            return self.execute_block(&case.body);
        }
        let location = self.here(subject.span);
        let mut branches: Vec<Branch<'_>> = Vec::new();
        for (case, bindings) in possible {
            if let Some(guard) = &case.guard {
                for (name, value) in &bindings {
                    self.bind(*name, value.clone());
                }
                self.evaluate(guard)?;
            }
            branches.push(Branch {
                condition: Some(ActiveCondition { location, negated: false, setting: None, startup: false }),
                body: &case.body,
                prepare: Some(bindings),
            });
        }
        if !exhausted {
            branches.push(Branch {
                condition: Some(ActiveCondition { location, negated: true, setting: None, startup: false }),
                body: &[],
                prepare: None,
            });
        }
        self.branches(branches)
    }

    fn pattern_matches(
        &mut self,
        pattern: &Pattern,
        subject: &Value,
        bindings: &mut Vec<(Ustr, Value)>,
    ) -> Result<Option<bool>, Box<Raised>> {
        Ok(match pattern {
            Pattern::Value(expression) => {
                let value = self.evaluate(expression)?;
                let equal = self.compare_values(Comparison::Equal, subject, &value, expression.span);
                self.truth(&equal)
            }
            Pattern::As { pattern: None, name: None } => Some(true),
            Pattern::As { pattern, name } => {
                let matched = match pattern {
                    Some(pattern) => self.pattern_matches(pattern, subject, bindings)?,
                    None => Some(true),
                };
                if let Some(name) = name {
                    bindings.push((*name, subject.clone()));
                }
                matched
            }
            Pattern::Or(patterns) => {
                let mut answer = Some(false);
                for pattern in patterns {
                    match self.pattern_matches(pattern, subject, bindings)? {
                        Some(true) => return Ok(Some(true)),
                        Some(false) => {}
                        None => answer = None,
                    }
                }
                answer
            }
            Pattern::Sequence(patterns) => {
                let Some(items) = self.elements(subject) else {
                    for pattern in patterns {
                        let element = self.element_of(subject);
                        self.pattern_matches(pattern, &element, bindings)?;
                    }
                    return Ok(None);
                };
                if patterns.iter().any(|pattern| matches!(pattern, Pattern::Star(_))) {
                    return Ok(None);
                }
                if items.len() != patterns.len() {
                    return Ok(Some(false));
                }
                let mut answer = Some(true);
                for (pattern, item) in patterns.iter().zip(items) {
                    match self.pattern_matches(pattern, &item, bindings)? {
                        Some(false) => return Ok(Some(false)),
                        None => answer = None,
                        Some(true) => {}
                    }
                }
                answer
            }
            Pattern::Mapping { patterns, rest, .. } => {
                for pattern in patterns {
                    let element = self.element_of(subject);
                    self.pattern_matches(pattern, &element, bindings)?;
                }
                if let Some(rest) = rest {
                    bindings.push((*rest, subject.clone()));
                }
                None
            }
            Pattern::Class { class, positional, keywords } => {
                let class = self.evaluate(class)?;
                for pattern in positional {
                    let element = self.element_of(subject);
                    self.pattern_matches(pattern, &element, bindings)?;
                }
                for (name, pattern) in keywords {
                    let member = self.attribute(subject, *name, Span::default());
                    self.pattern_matches(pattern, &member, bindings)?;
                }
                let subject_class = self.class_of(subject);
                match subject_class.and_then(|made| self.is_subclass(&made, &class)) {
                    Some(true) if positional.is_empty() && keywords.is_empty() => Some(true),
                    Some(false) => Some(false),
                    _ => None,
                }
            }
            Pattern::Star(name) => {
                if let Some(name) = name {
                    bindings.push((*name, subject.clone()));
                }
                None
            }
        })
    }
}
