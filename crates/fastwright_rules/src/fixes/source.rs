//! The text of a file with its tokens and its compact form.

use crate::context::Context;
use crate::finding::{Edit, ImportChange};
use crate::fixes::imports;
use crate::fixes::tokens::FileTokens;
use fastwright_python::ir::Module;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::tokens::{Token, TokenKind};
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
    tokens: Rc<FileTokens>,
}

impl<'a> Source<'a> {
    /// A file of the analysis; none for what is not the project's own.
    pub fn of(context: &Context<'a>, file: FileId) -> Option<Self> {
        let entry = context.analysis.files.get(file);
        if !entry.first_party {
            return None;
        }
        let module = context.analysis.codes.get(file.0 as usize)?;
        let tokens = context.tokens(file, module);
        Some(Self { file, text: &entry.text, module, tokens })
    }

    /// A text that is not, or not yet, part of an analysis.
    pub fn of_text(file: FileId, text: &'a str, module: &'a Module) -> Self {
        Self { file, text, module, tokens: Rc::new(FileTokens::new(text, module)) }
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

    /// The tokens of those parts of the file, statements of the module as a whole, that mention a text.
    pub fn tokens_around<'s>(&'s self, mentioned: &'s str) -> impl Iterator<Item = &'s [Token]> {
        self.tokens.of_parts(self.text, move |part| part.contains(mentioned))
    }

    /// The tokens that lie in a span.
    pub fn tokens_in(&self, span: Span) -> Vec<Token> {
        self.tokens.within(self.text, span).collect()
    }

    /// Whether a comment stands in a span.
    pub fn has_comment(&self, span: Span) -> bool {
        self.tokens.within(self.text, span).any(|token| token.kind == TokenKind::Comment)
    }

    /// The last token before an offset that is neither comment nor line break.
    pub fn code_before(&self, offset: u32) -> Option<Token> {
        self.tokens.before(self.text, offset).find(is_code)
    }

    /// The first token from an offset on that is neither comment nor line break.
    pub fn code_after(&self, offset: u32) -> Option<Token> {
        self.tokens.from(self.text, offset).find(is_code)
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
