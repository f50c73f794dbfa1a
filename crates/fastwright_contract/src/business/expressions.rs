//! Expressions as terms; what they do on the way becomes steps.

use super::inlining::Callable;
use super::normal::{Place, normalize};
use super::statements::push_branch;
use super::step::{Step, digest_of_steps};
use super::term::{Detail, Digest, DigestBuilder, Term, digest_of};
use super::walker::{DEEPEST, Exit, Walker};
use fastwright_python::ir::{
    BinaryOperator, Comparison, Comprehension, Expr, ExprKind, FormatPart, FunctionDef, UnaryOperator,
};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use std::rc::Rc;
use std::sync::Arc;

impl Walker<'_, '_, '_> {
    /// What an expression stands for.
    pub(crate) fn expression(&mut self, expression: &Expr, out: &mut Vec<Step>) -> Term {
        self.pay();
        match &expression.kind {
            ExprKind::None => Term::none(),
            ExprKind::Bool(value) => constant(if *value { "True" } else { "False" }, *value),
            ExprKind::Int(number) => constant(&number.to_string(), *number != 0),
            ExprKind::BigInt(text) => constant(text, true),
            ExprKind::Float(number) => constant(&format!("{number:?}"), *number != 0.0),
            ExprKind::Str(text) => string(text),
            ExprKind::Bytes(bytes) => {
                let mut digest = DigestBuilder::new("bytes");
                digest.bytes(bytes);
                Term::with(digest.finish(), "bytes", Detail::Constant(!bytes.is_empty()))
            }
            ExprKind::Ellipsis => constant("...", true),
            ExprKind::Complex | ExprKind::Invalid => {
                let text = self.words_at(self.at(expression.span));
                Term::new(Digest::of_text("text", &text), text)
            }
            ExprKind::Format(parts) => self.format("format", expression, parts, out),
            ExprKind::Template(parts) => self.format("template", expression, parts, out),
            ExprKind::Name(name) => self.name(*name),
            ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                self.attribute(base, *name, expression, out)
            }
            ExprKind::Subscript(parts) => {
                let base = self.expression(&parts.0, out);
                let index = self.expression(&parts.1, out);
                self.item(&base, &index)
            }
            ExprKind::Call(call) => self.call(expression, call, false, out),
            ExprKind::Await(inner) => match &inner.kind {
                ExprKind::Call(call) => self.call(inner, call, true, out),
                _ => {
                    let term = self.expression(inner, out);
                    let waited = Term::made("await", &[&term], term.text());
                    out.push(Step::effect(&waited, self.at(expression.span)));
                    waited
                }
            },
            ExprKind::Tuple(items) => self.sequence("tuple", items, ("(", ")"), out),
            ExprKind::List(items) => self.sequence("list", items, ("[", "]"), out),
            ExprKind::Set(items) => self.sequence("set", items, ("{", "}"), out),
            ExprKind::Dict(entries) => self.dict(entries, out),
            ExprKind::Starred(inner) => {
                let term = self.expression(inner, out);
                Term::made("starred", &[&term], format!("*{}", term.text()))
            }
            ExprKind::And(operands) => self.logical("and", operands, out),
            ExprKind::Or(operands) => self.logical("or", operands, out),
            ExprKind::Not(operand) => {
                let term = self.expression(operand, out);
                if let Some(truth) = term.constant_truth() {
                    return constant(if truth { "False" } else { "True" }, !truth);
                }
                term.negated(format!("not {}", term.text()))
            }
            ExprKind::Unary(operator, operand) => {
                let term = self.expression(operand, out);
                let sign = match operator {
                    UnaryOperator::Plus => "+",
                    UnaryOperator::Minus => "-",
                    UnaryOperator::Invert => "~",
                };
                if *operator == UnaryOperator::Minus
                    && matches!(operand.kind, ExprKind::Int(_) | ExprKind::Float(_))
                {
                    let is_true = term.constant_truth().unwrap_or(true);
                    return constant(&format!("-{}", term.text()), is_true);
                }
                Term::made(sign, &[&term], format!("{sign}{}", term.text()))
            }
            ExprKind::Binary(operator, operands) => {
                let left = self.expression(&operands.0, out);
                let right = self.expression(&operands.1, out);
                let text = format!("{} {} {}", left.text(), sign(*operator), right.text());
                Term::made(&format!("{operator:?}"), &[&left, &right], text)
            }
            ExprKind::Compare(comparisons) => {
                let mut left = self.expression(&comparisons.first, out);
                let mut all: Vec<Term> = Vec::new();
                for (comparison, operand) in &comparisons.rest {
                    let right = self.expression(operand, out);
                    all.push(compared(*comparison, &left, &right));
                    left = right;
                }
                if let [only] = all.as_slice() {
                    return only.clone();
                }
                let text = joined_texts(&all, " and ");
                Term::made("and", &all.iter().collect::<Vec<_>>(), text)
            }
            ExprKind::Conditional(parts) => {
                let (test, yes, no) = (&parts.0, &parts.1, &parts.2);
                let (condition, negated) = self.condition(test, out);
                let (yes, no) = if negated { (no, yes) } else { (yes, no) };
                if let Some(truth) = condition.constant_truth() {
                    return self.expression(if truth { yes } else { no }, out);
                }
                let before = self.state.clone();
                let (then, first) = self.apart(|walker, out| walker.expression(yes, out));
                let yes_state = std::mem::replace(&mut self.state, before);
                let (otherwise, second) = self.apart(|walker, out| walker.expression(no, out));
                let no_state = std::mem::take(&mut self.state);
                self.state = self.join(&condition, yes_state, no_state);
                push_branch(&condition, self.at(expression.span), then, otherwise, out);
                Term::choice(&condition, &first, &second)
            }
            ExprKind::Lambda(definition) => {
                let names = Rc::new(self.state.names.clone());
                let digest = self.local_digest(definition);
                let detail = Detail::Callable(Callable::Local(Arc::clone(definition), names));
                Term::with(digest, "lambda", detail)
            }
            ExprKind::Comprehension(comprehension) => self.comprehension(comprehension, expression, out),
            ExprKind::Yield(value) => {
                let term = match value {
                    Some(value) => self.expression(value, out),
                    None => Term::none(),
                };
                let step = Term::made("yield", &[&term], format!("yield {}", term.text()));
                out.push(Step::effect(&step, self.at(expression.span)));
                let number = self.count(step.digest());
                result_of(&step, number)
            }
            ExprKind::YieldFrom(value) => {
                let term = self.expression(value, out);
                let step = Term::made("yield from", &[&term], format!("yield from {}", term.text()));
                out.push(Step::effect(&step, self.at(expression.span)));
                let number = self.count(step.digest());
                result_of(&step, number)
            }
            ExprKind::Walrus(parts) => {
                let (name, value) = &**parts;
                let term = self.expression(value, out);
                self.state.names.insert(*name, term.clone());
                term
            }
            ExprKind::Slice(parts) => {
                let parts: Vec<Term> = parts
                    .iter()
                    .map(|part| match part {
                        Some(part) => self.expression(part, out),
                        None => Term::none(),
                    })
                    .collect();
                let text = parts
                    .iter()
                    .map(|part| if part.text() == "None" { "" } else { part.text() })
                    .collect::<Vec<_>>()
                    .join(":");
                Term::made("slice", &parts.iter().collect::<Vec<_>>(), text)
            }
        }
    }

    /// A condition as something positive, and whether its opposite is asked.
    pub(crate) fn condition(&mut self, test: &Expr, out: &mut Vec<Step>) -> (Term, bool) {
        let term = self.expression(test, out);
        match term.detail() {
            Detail::Not(inner) => (inner.clone(), true),
            _ => (term, false),
        }
    }

    fn name(&mut self, name: Name) -> Term {
        if let Some(known) = self.local(name).cloned() {
            // What is imported inside the function is what it is at the top of a file.
            return match known.value() {
                Some(value) if known.digest() == Digest::of_text("import", name.as_str()) => {
                    let value = value.clone();
                    self.value_term(&value, 0).named(name.as_str())
                }
                _ => known,
            };
        }
        match self.outside_value(name) {
            Some(value) if !value.is_unknown() => {
                let term = self.value_term(&value, 0);
                self.variable(&value, term, name).named(name.as_str())
            }
            _ => Term::new(Digest::of_text("name", name.as_str()), name.as_str()),
        }
    }

    fn attribute(&mut self, base: &Expr, name: Name, whole: &Expr, out: &mut Vec<Step>) -> Term {
        if let Some(value) = self.plain_value(whole)
            && matches!(
                *value.kind(),
                Kind::External(_)
                    | Kind::Function(_)
                    | Kind::Class(_)
                    | Kind::Module(_)
                    | Kind::Int(_)
                    | Kind::Str(_)
                    | Kind::Bool(_)
                    | Kind::Float(_)
                    | Kind::None
            )
            && (value.configurable().is_none() || self.is_module(base))
        {
            let term = self.value_term(&value, 0);
            return self.variable(&value, term, name).named(&self.dotted(whole));
        }
        let base = self.expression(base, out);
        self.member(&base, name)
    }

    /// What a variable outside of the code stands for. One that begins with nothing is there to be filled: which it
    /// is matters, and only its name tells.
    fn variable(&mut self, value: &Value, term: Term, name: Name) -> Term {
        let begins_with_nothing = match *value.kind() {
            Kind::None => true,
            Kind::List(id) | Kind::Set(id) | Kind::Dict(id) => match self.forms.interpreter().object(id) {
                Object::List(list) | Object::Set(list) => list.items.is_empty(),
                Object::Dict(dict) => dict.entries.is_empty(),
                _ => false,
            },
            _ => false,
        };
        if !begins_with_nothing {
            return term;
        }
        let mut digest = DigestBuilder::new("variable");
        digest.digest(term.digest()).text(name.as_str());
        Term::new(digest.finish(), term.text())
    }

    fn is_module(&mut self, base: &Expr) -> bool {
        self.plain_value(base).is_some_and(|value| matches!(value.kind(), Kind::Module(_)))
    }

    fn dotted(&self, expression: &Expr) -> String {
        expression.dotted_name().unwrap_or_default()
    }

    /// An attribute of a term, as it is after what was stored so far.
    pub(crate) fn member(&mut self, base: &Term, name: Name) -> Term {
        let mut digest = DigestBuilder::new("member");
        digest.digest(base.digest()).text(name.as_str());
        let stored = Digest::of_text("attribute", name.as_str());
        for what in [stored, base.digest()] {
            if let Some(version) = self.state.versions.get(&what) {
                digest.digest(*version);
            }
        }
        let text = format!("{}.{name}", base.text());
        let Some(value) = base.value().cloned() else { return Term::new(digest.finish(), text) };
        let span = fastwright_python::location::Span::default();
        let value = self.forms.interpreter().attribute(&value, name, span);
        match value.kind() {
            Kind::Function(_) | Kind::Method(_) | Kind::Class(_) | Kind::External(_) | Kind::Module(_) => {
                let term = self.value_term(&value, 0);
                return term.named(&text);
            }
            // The default of a setting, or what an object begins with.
            Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Str(_) | Kind::Bytes(_) => {
                let term = self.value_term(&value, 0);
                digest.digest(term.digest());
            }
            _ => {}
        }
        if let Kind::Instance(_) = *value.kind() {
            return Term::with(digest.finish(), text, Detail::Value(value));
        }
        Term::new(digest.finish(), text)
    }

    fn item(&mut self, base: &Term, index: &Term) -> Term {
        if let Detail::Parts(parts) = base.detail()
            && index.constant_truth().is_some()
            && !self.state.versions.contains_key(&base.digest())
            && let Ok(position) = index.text().parse::<usize>()
            && let Some(part) = parts.get(position)
        {
            return part.clone();
        }
        let mut digest = DigestBuilder::new("item");
        digest.digest(base.digest()).digest(index.digest());
        if let Some(version) = self.state.versions.get(&base.digest()) {
            digest.digest(*version);
        }
        Term::new(digest.finish(), format!("{}[{}]", base.text(), index.text()))
    }

    fn sequence(&mut self, tag: &str, items: &[Expr], around: (&str, &str), out: &mut Vec<Step>) -> Term {
        let parts: Vec<Term> = items.iter().map(|item| self.expression(item, out)).collect();
        let text = format!("{}{}{}", around.0, joined_texts(&parts, ", "), around.1);
        let refs: Vec<&Term> = parts.iter().collect();
        let digest = self.made_object(tag, digest_of(tag, &refs), tag == "tuple");
        let starred = items.iter().any(|item| matches!(item.kind, ExprKind::Starred(_)));
        if tag == "set" || starred {
            return Term::new(digest, text);
        }
        Term::with(digest, text, Detail::Parts(parts))
    }

    /// Objects that can be changed are each their own.
    pub(crate) fn made_object(&mut self, tag: &str, content: Digest, unchangeable: bool) -> Digest {
        if unchangeable {
            return content;
        }
        let number = self.count(content);
        if number == 1 {
            return content;
        }
        let mut digest = DigestBuilder::new(tag);
        digest.digest(content).number(u64::from(number));
        digest.finish()
    }

    fn dict(&mut self, entries: &[(Option<Expr>, Expr)], out: &mut Vec<Step>) -> Term {
        let mut digest = DigestBuilder::new("dict");
        let mut texts = Vec::new();
        for (key, value) in entries {
            let key = key.as_ref().map(|key| self.expression(key, out));
            let value = self.expression(value, out);
            match key {
                Some(key) => {
                    digest.digest(key.digest()).digest(value.digest());
                    texts.push(format!("{}: {}", key.text(), value.text()));
                }
                None => {
                    digest.text("**").digest(value.digest());
                    texts.push(format!("**{}", value.text()));
                }
            }
        }
        let digest = self.made_object("dict", digest.finish(), false);
        Term::new(digest, format!("{{{}}}", texts.join(", ")))
    }

    fn logical(&mut self, word: &str, operands: &[Expr], out: &mut Vec<Step>) -> Term {
        let mut terms: Vec<Term> = Vec::new();
        for operand in operands {
            let (steps, term) = self.apart(|walker, out| walker.expression(operand, out));
            if !steps.is_empty() {
                match terms.is_empty() {
                    true => out.extend(steps),
                    // Later operands are looked at only when the earlier ones leave it open.
                    false => {
                        let so_far = junction(word, &terms);
                        let (positive, negated) = match so_far.detail() {
                            Detail::Not(inner) => (inner.clone(), true),
                            _ => (so_far, false),
                        };
                        let goes_on_if_true = (word == "and") != negated;
                        let (then, otherwise) =
                            if goes_on_if_true { (steps, Vec::new()) } else { (Vec::new(), steps) };
                        push_branch(&positive, self.at(operand.span), then, otherwise, out);
                    }
                }
            }
            terms.push(term);
        }
        junction(word, &terms)
    }

    fn format(&mut self, tag: &str, whole: &Expr, parts: &[FormatPart], out: &mut Vec<Step>) -> Term {
        let mut digest = DigestBuilder::new(tag);
        let mut shown = String::new();
        for part in parts {
            match part {
                FormatPart::Text(text) => {
                    digest.text("text").text(text);
                    shown.push_str(text);
                }
                FormatPart::Field { value, conversion, formatted } => {
                    let term = self.expression(value, out);
                    digest.text("field").digest(term.digest());
                    digest.text(conversion.map(String::from).as_deref().unwrap_or(""));
                    if *formatted {
                        let rest = self.rest_of_field(whole, value);
                        digest.text(&rest);
                    }
                    shown.push_str(&format!("{{{}}}", term.text()));
                }
            }
        }
        Term::new(digest.finish(), format!("\"{shown}\""))
    }

    /// The format specification of a field, as it is written.
    fn rest_of_field(&mut self, whole: &Expr, value: &Expr) -> String {
        let Some(frame) = self.frames.last() else { return String::new() };
        let text = &self.forms.files.get(frame.file).text;
        let rest = text.get(value.span.end as usize..whole.span.end as usize).unwrap_or_default();
        let mut depth = 0;
        let end = rest.char_indices().find_map(|(offset, character)| match character {
            '{' => {
                depth += 1;
                None
            }
            '}' if depth == 0 => Some(offset),
            '}' => {
                depth -= 1;
                None
            }
            _ => None,
        });
        let rest = &rest[..end.unwrap_or(rest.len())];
        rest.find(':').map_or_else(String::new, |colon| rest[colon..].to_owned())
    }

    fn comprehension(&mut self, comprehension: &Comprehension, whole: &Expr, out: &mut Vec<Step>) -> Term {
        let saved = self.state.names.clone();
        let mut digest = DigestBuilder::new("comprehension");
        digest.text(&format!("{:?}", comprehension.kind));
        let mut shown = String::new();
        let mut steps = Vec::new();
        let location = self.at(whole.span);
        for (index, generator) in comprehension.generators.iter().enumerate() {
            // The first iterable is looked at before the turns begin.
            let iterable = if index == 0 {
                self.expression(&generator.iterable, out)
            } else {
                self.expression(&generator.iterable, &mut steps)
            };
            let mut element = DigestBuilder::new("element of comprehension");
            element.digest(iterable.digest()).number(index as u64);
            let element = Term::new(element.finish(), format!("element of {}", iterable.text()));
            self.assign(&generator.target, &element, location, &mut steps);
            digest.digest(iterable.digest());
            shown.push_str(&format!(" for each of {}", iterable.text()));
            for condition in &generator.conditions {
                let term = self.expression(condition, &mut steps);
                digest.text("if").digest(term.digest());
                shown.push_str(&format!(" if {}", term.text()));
            }
        }
        let element = self.expression(&comprehension.element, &mut steps);
        digest.text("element").digest(element.digest());
        let mut text = element.text().to_owned();
        if let Some(value) = &comprehension.value {
            let value = self.expression(value, &mut steps);
            digest.digest(value.digest());
            text = format!("{text}: {}", value.text());
        }
        self.state.names = saved;
        let text = format!("[{text}{shown}]");
        if !steps.is_empty() {
            digest.digest(digest_of_steps(&steps));
            out.push(Step::Loop {
                digest: digest.finish(),
                text: format!("for each{shown}").into(),
                location,
                body: steps,
                orelse: Vec::new(),
            });
        }
        let digest = self.made_object("comprehension", digest.finish(), false);
        Term::new(digest, text)
    }

    /// The identity of a function that the walked code defines and does not call: what it does with the names
    /// around it.
    pub(crate) fn local_digest(&mut self, definition: &Arc<FunctionDef>) -> Digest {
        // One that calls itself is known by how far out it stands.
        if let Some(position) = self.open_locals.iter().rposition(|open| Arc::ptr_eq(open, definition)) {
            let mut digest = DigestBuilder::new("local recursion");
            digest.number((self.open_locals.len() - position) as u64);
            return digest.finish();
        }
        if self.open_locals.len() > DEEPEST {
            return Digest::of_text("local function", definition.name.as_str());
        }
        let saved = self.state.clone();
        let (root, enclosed) = match self.frame() {
            Some(frame) => {
                (std::mem::replace(&mut frame.is_root, true), std::mem::replace(&mut frame.enclosed, 0))
            }
            None => return Digest::of_text("local function", ""),
        };
        for (index, parameter) in definition.parameters.iter().enumerate() {
            let mut digest = DigestBuilder::new("own parameter");
            digest.number(index as u64);
            self.state.names.insert(parameter.name, Term::new(digest.finish(), parameter.name.as_str()));
        }
        let mut steps = Vec::new();
        self.open_locals.push(Arc::clone(definition));
        let exit = self.block(&definition.body, None, &mut steps);
        self.open_locals.pop();
        if let Some(frame) = self.frame() {
            frame.is_root = root;
            frame.enclosed = enclosed;
        }
        self.state = saved;
        let mut digest = DigestBuilder::new("local function");
        digest.digest(digest_of_steps(&normalize(steps, Place::Function)));
        if let Exit::Gives(term) = exit {
            digest.digest(term.digest());
        }
        digest.finish()
    }

    /// Source text without differences of white space.
    pub(crate) fn words_at(&self, location: Location) -> String {
        let text = self.forms.files.get(location.file).slice(location.span);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// `a and b and c` is `a and (b and c)`; `a or b` is the opposite of `not a and not b`.
fn junction(word: &str, terms: &[Term]) -> Term {
    let text = joined_texts(terms, &format!(" {word} "));
    let is_or = word == "or";
    let operand = |term: &Term| {
        if is_or { term.negated(super::step::opposite(term.text())) } else { term.clone() }
    };
    let mut parts = terms.iter().rev();
    let Some(last) = parts.next() else { return Term::none() };
    if terms.len() == 1 {
        return last.clone();
    }
    let mut all = operand(last);
    for part in parts {
        all = Term::both(&operand(part), &all);
    }
    if is_or { all.named(&format!("not ({text})")).negated(text) } else { all.named(&text) }
}

/// The result of something that is done.
pub(crate) fn result_of(done: &Term, number: u32) -> Term {
    let mut digest = DigestBuilder::new("result");
    digest.digest(done.digest()).number(u64::from(number));
    Term::new(digest.finish(), done.text())
}

pub(crate) fn constant(text: &str, truth: bool) -> Term {
    Term::with(Digest::of_text("constant", text), text, Detail::Constant(truth))
}

pub(crate) fn string(text: &str) -> Term {
    Term::with(Digest::of_text("string", text), format!("{text:?}"), Detail::Constant(!text.is_empty()))
}

pub(crate) fn joined_texts(terms: &[Term], between: &str) -> String {
    terms.iter().map(Term::text).collect::<Vec<_>>().join(between)
}

fn compared(comparison: Comparison, left: &Term, right: &Term) -> Term {
    // Python asks the other operand when it has turned the sign around: `a > b` is `b < a`.
    let (first, second) = match comparison {
        Comparison::Greater | Comparison::GreaterEqual => (right, left),
        _ => (left, right),
    };
    let (tag, opposite, sign) = match comparison {
        Comparison::Equal => ("==", false, "=="),
        Comparison::NotEqual => ("==", true, "!="),
        Comparison::Less => ("<", false, "<"),
        Comparison::LessEqual => ("<=", false, "<="),
        Comparison::Greater => ("<", false, ">"),
        Comparison::GreaterEqual => ("<=", false, ">="),
        Comparison::Is => ("is", false, "is"),
        Comparison::IsNot => ("is", true, "is not"),
        Comparison::In => ("in", false, "in"),
        Comparison::NotIn => ("in", true, "not in"),
    };
    let text = format!("{} {sign} {}", left.text(), right.text());
    if opposite {
        let positive = Term::made(tag, &[first, second], format!("{} {tag} {}", left.text(), right.text()));
        positive.negated(text)
    } else {
        Term::made(tag, &[first, second], text)
    }
}

pub(crate) fn sign(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::MatrixMultiply => "@",
        BinaryOperator::Divide => "/",
        BinaryOperator::FloorDivide => "//",
        BinaryOperator::Modulo => "%",
        BinaryOperator::Power => "**",
        BinaryOperator::LeftShift => "<<",
        BinaryOperator::RightShift => ">>",
        BinaryOperator::BitOr => "|",
        BinaryOperator::BitXor => "^",
        BinaryOperator::BitAnd => "&",
    }
}
