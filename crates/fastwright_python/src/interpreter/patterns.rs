//! `match`.

use super::branches::Branch;
use super::statements::Executed;
use super::{ActiveCondition, Interpreter, Raised};
use crate::ir::*;
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

impl Interpreter<'_> {
    pub(crate) fn execute_match(&mut self, subject: &Expr, cases: &[MatchCase]) -> Executed {
        let value = self.evaluate(subject)?;
        let mut possible: Vec<(&MatchCase, Vec<(Name, Value)>)> = Vec::new();
        let mut exhausted = false;
        for case in cases {
            let mut bindings = Vec::new();
            let mut matched = self.pattern_matches(&case.pattern, &value, &mut bindings)?;
            if matched == Some(false) {
                continue;
            }
            let mut guarded = case.guard.is_some();
            if let (Some(true), Some(guard)) = (matched, &case.guard) {
                for (name, value) in &bindings {
                    self.bind(*name, value.clone());
                }
                let answer = self.evaluate(guard)?;
                match self.decide(&answer) {
                    Some(false) => continue,
                    Some(true) => guarded = false,
                    None => matched = None,
                }
            }
            possible.push((case, bindings));
            if matched == Some(true) && !guarded {
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
        bindings: &mut Vec<(Name, Value)>,
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
                // Strings are no sequences for `match`.
                if matches!(subject.kind(), Kind::Str(_) | Kind::Bytes(_) | Kind::Dict(_) | Kind::Set(_)) {
                    return Ok(Some(false));
                }
                let star = patterns.iter().position(|pattern| matches!(pattern, Pattern::Star(_)));
                let fixed = patterns.len() - usize::from(star.is_some());
                if items.len() < fixed || star.is_none() && items.len() != fixed {
                    return Ok(Some(false));
                }
                let behind = star.map_or(0, |star| patterns.len() - star - 1);
                let mut answer = Some(true);
                for (position, pattern) in patterns.iter().enumerate() {
                    let item = match star {
                        Some(star) if position == star => {
                            let rest = items[star..items.len() - behind].to_vec();
                            self.list(rest)
                        }
                        Some(star) if position > star => {
                            items[items.len() - (patterns.len() - position)].clone()
                        }
                        _ => items[position].clone(),
                    };
                    match self.pattern_matches(pattern, &item, bindings)? {
                        Some(false) => return Ok(Some(false)),
                        None => answer = None,
                        Some(true) => {}
                    }
                }
                answer
            }
            Pattern::Mapping { keys, patterns, rest } => {
                let known = match *subject.kind() {
                    Kind::Dict(id) => match self.object(id) {
                        Object::Dict(dict) if !dict.incomplete && dict.unknown_keys.is_empty() => {
                            Some(dict.clone())
                        }
                        _ => None,
                    },
                    _ => None,
                };
                let Some(mut dict) = known else {
                    for pattern in patterns {
                        let element = self.element_of(subject);
                        self.pattern_matches(pattern, &element, bindings)?;
                    }
                    if let Some(rest) = rest {
                        bindings.push((*rest, subject.clone()));
                    }
                    return Ok(None);
                };
                let mut answer = Some(true);
                for (key, pattern) in keys.iter().zip(patterns) {
                    let Some(key) = self.evaluate(key)?.key() else { return Ok(None) };
                    let Some((_, value)) = dict.entries.shift_remove(&key) else { return Ok(Some(false)) };
                    match self.pattern_matches(pattern, &value, bindings)? {
                        Some(false) => return Ok(Some(false)),
                        None => answer = None,
                        Some(true) => {}
                    }
                }
                if let Some(rest) = rest {
                    let left = Kind::Dict(self.allocate(Object::Dict(dict))).into();
                    bindings.push((*rest, left));
                }
                answer
            }
            Pattern::Class { class, positional, keywords } => {
                let class = self.evaluate(class)?;
                let subject_class = self.class_of(subject);
                let mut answer = subject_class.and_then(|made| self.is_subclass(&made, &class));
                if answer == Some(false) {
                    return Ok(answer);
                }
                let names = match self.find_in_class(&class, Name::from("__match_args__")) {
                    Some((names, _)) => self.elements(&names).unwrap_or_default(),
                    None => Vec::new(),
                };
                for (position, pattern) in positional.iter().enumerate() {
                    let name = names.get(position).and_then(Value::as_str).map(Name::from);
                    // `str(text)` and the like match the object itself.
                    let part = match name {
                        Some(name) => self.attribute(subject, name, Span::default()),
                        None if position == 0 && matches!(class.kind(), Kind::External(_)) => subject.clone(),
                        None => self.element_of(subject),
                    };
                    match self.pattern_matches(pattern, &part, bindings)? {
                        Some(false) if name.is_some() => return Ok(Some(false)),
                        Some(true) => {}
                        _ => answer = None,
                    }
                }
                for (name, pattern) in keywords {
                    let member = self.attribute(subject, *name, Span::default());
                    match self.pattern_matches(pattern, &member, bindings)? {
                        Some(false) => return Ok(Some(false)),
                        None => answer = None,
                        Some(true) => {}
                    }
                }
                answer
            }
            Pattern::Star(name) => {
                if let Some(name) = name {
                    bindings.push((*name, subject.clone()));
                }
                Some(true)
            }
        })
    }
}
