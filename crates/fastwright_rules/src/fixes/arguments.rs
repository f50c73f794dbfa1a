//! Arguments of calls and parameters of functions.

use crate::finding::Edit;
use crate::fixes::Source;
use fastwright_python::ir::{Argument, ArgumentKind, Call, Expr, ExprKind};
use fastwright_python::location::Span;
use fastwright_python::tokens::TokenKind;

/// The keyword argument of this name.
pub fn keyword<'c>(call: &'c Call, name: &str) -> Option<&'c Argument> {
    call.arguments.iter().find(|argument| matches!(argument.kind, ArgumentKind::Keyword(own) if own == name))
}

/// Whether a call may hand on keywords that are not written there.
pub fn spreads_keywords(call: &Call) -> bool {
    call.arguments.iter().any(|argument| argument.kind == ArgumentKind::DoubleStar)
}

impl Source<'_> {
    /// Adds an argument, such as `timeout=5`, behind the others of a call (or class, or parameter list) whose
    /// closing bracket ends `span`.
    pub fn add_last(&self, span: Span, argument: &str) -> Option<Edit> {
        let close = span.end.checked_sub(1)?;
        if !matches!(self.slice(Span::new(close, span.end)), ")" | "]") {
            return None;
        }
        let before = self.code_before(close)?;
        if before.kind == TokenKind::Open {
            return Some(self.insert(before.span.end, argument));
        }
        if before.kind != TokenKind::Comma {
            // A comment behind the last argument stays with it.
            return Some(self.insert(before.span.end, format!(", {argument}")));
        }
        let between = &self.text[before.span.end as usize..close as usize];
        if between.contains('\n') {
            // One line each, as the others have.
            let indentation = self.indentation(before.span.start).to_owned();
            let end = self.line_end(before.span.end);
            return Some(self.insert(end, format!("{indentation}{argument},\n")));
        }
        Some(self.insert(before.span.end, format!(" {argument},")))
    }

    /// Adds a keyword argument to a call, given its whole expression; none where it can't be known to be missing.
    pub fn add_keyword(&self, expression: &Expr, argument: &str) -> Option<Edit> {
        let ExprKind::Call(call) = &expression.kind else { return None };
        let name = argument.split('=').next()?;
        if keyword(call, name).is_some() || spreads_keywords(call) {
            return None;
        }
        // `f(x for x in y)` takes no second argument without brackets around the first.
        if let [only] = &*call.arguments
            && matches!(only.value.kind, ExprKind::Comprehension(_))
        {
            return None;
        }
        self.add_last(expression.span, argument)
    }

    /// Removes an argument with its comma; none where a comment would go with it.
    pub fn without_argument(&self, arguments: &[Argument], index: usize) -> Option<Edit> {
        let spans: Vec<Span> = arguments.iter().map(|argument| argument.span).collect();
        self.without_item(&spans, index)
    }

    /// Removes one of several items that commas part.
    pub fn without_item(&self, items: &[Span], index: usize) -> Option<Edit> {
        let own = self.with_parentheses(*items.get(index)?);
        let behind = self.code_after(own.end)?;
        let start_of_line = self.line_start(own.start);
        let alone_before = self.text[start_of_line as usize..own.start as usize].trim().is_empty();
        let span = if behind.kind == TokenKind::Comma {
            let end = behind.span.end;
            let rest = &self.text[end as usize..self.line_end(end) as usize];
            if alone_before && rest.trim().is_empty() {
                // A line of its own.
                Span::new(start_of_line, self.line_end(end))
            } else {
                let white = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                let last = index + 1 == items.len();
                let start = match (last, self.code_before(own.start)) {
                    (true, Some(before)) if before.kind == TokenKind::Comma => before.span.end,
                    _ => own.start,
                };
                let end = if start == own.start { end + white as u32 } else { end };
                Span::new(start, end)
            }
        } else {
            let before = self.code_before(own.start)?;
            let start = if before.kind == TokenKind::Comma { before.span.start } else { own.start };
            Span::new(start, own.end)
        };
        (!self.has_comment(span)).then(|| self.replace(span, ""))
    }
}
