//! The text of a file with its tokens and its compact form.

use crate::context::Context;
use crate::finding::{Edit, ImportChange};
use crate::fixes::imports;
use fastwright_python::ir::Module;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::tokens::{Token, TokenKind, tokens};
use std::rc::Rc;

/// A file as edits see it.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// Its id.
    pub file: FileId,
    /// Its text, with the line ends that it has on disk.
    pub text: &'a str,
    /// Its compact form.
    pub module: &'a Module,
    tokens: Rc<[Token]>,
}

impl<'a> Source<'a> {
    /// A file of the analysis; none for what is not the project's own.
    pub fn of(context: &Context<'a>, file: FileId) -> Option<Self> {
        let entry = context.analysis.files.get(file);
        if !entry.first_party {
            return None;
        }
        let module = context.analysis.codes.get(file.0 as usize)?;
        let tokens = context.tokens(file);
        Some(Self { file, text: &entry.text, module, tokens })
    }

    /// A text that is not, or not yet, part of an analysis.
    pub fn of_text(file: FileId, text: &'a str, module: &'a Module) -> Self {
        Self { file, text, module, tokens: tokens(text).into() }
    }

    /// The place of a span in this file.
    pub fn at(&self, span: Span) -> Location {
        Location { file: self.file, span }
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Puts text in the place of a span.
    pub fn replace(&self, span: Span, text: impl Into<String>) -> Edit {
        Edit { location: self.at(span), text: text.into() }
    }

    /// Puts text at an offset.
    pub fn insert(&self, offset: u32, text: impl Into<String>) -> Edit {
        self.replace(Span::new(offset, offset), text)
    }

    /// All tokens.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The tokens that lie in a span.
    pub fn tokens_in(&self, span: Span) -> &[Token] {
        let start = self.tokens.partition_point(|token| token.span.start < span.start);
        let end = self.tokens.partition_point(|token| token.span.end <= span.end);
        self.tokens.get(start..end).unwrap_or(&[])
    }

    /// Whether a comment stands in a span.
    pub fn has_comment(&self, span: Span) -> bool {
        self.tokens_in(span).iter().any(|token| token.kind == TokenKind::Comment)
    }

    /// The last token before an offset that is neither comment nor line break.
    pub fn code_before(&self, offset: u32) -> Option<Token> {
        let end = self.tokens.partition_point(|token| token.span.end <= offset);
        self.tokens[..end].iter().rev().copied().find(is_code)
    }

    /// The first token from an offset on that is neither comment nor line break.
    pub fn code_after(&self, offset: u32) -> Option<Token> {
        let start = self.tokens.partition_point(|token| token.span.start < offset);
        self.tokens[start..].iter().copied().find(is_code)
    }

    /// The span with the parentheses that stand around it alone.
    pub fn with_parentheses(&self, span: Span) -> Span {
        let mut span = span;
        while let (Some(before), Some(after)) = (self.code_before(span.start), self.code_after(span.end)) {
            if self.slice(before.span) != "(" || self.slice(after.span) != ")" {
                break;
            }
            // The parenthesis of a call belongs to the call.
            let called = self.code_before(before.span.start).is_some_and(|token| {
                matches!(token.kind, TokenKind::Name | TokenKind::Close | TokenKind::Literal)
            });
            if called {
                break;
            }
            span = Span::new(before.span.start, after.span.end);
        }
        span
    }

    /// The spelling under which this file knows `name` of `module`, and the import that it needs for that; none
    /// when the name means something else here.
    pub fn import(&self, module: &str, name: Option<&str>) -> Option<(String, Vec<ImportChange>)> {
        imports::spelling(self, module, name)
    }
}

fn is_code(token: &Token) -> bool {
    !matches!(token.kind, TokenKind::Comment | TokenKind::LineBreak | TokenKind::Newline)
}
