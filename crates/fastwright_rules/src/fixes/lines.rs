//! Whole lines and statements.

use crate::finding::Edit;
use crate::fixes::Source;
use fastwright_python::ir::Stmt;
use fastwright_python::location::Span;
use fastwright_python::tokens::TokenKind;

impl Source<'_> {
    /// Where the line that holds an offset starts.
    pub fn line_start(&self, offset: u32) -> u32 {
        self.text[..offset as usize].rfind('\n').map_or(0, |at| at as u32 + 1)
    }

    /// Where the line that holds an offset ends, its line break included.
    pub fn line_end(&self, offset: u32) -> u32 {
        let rest = &self.text[offset as usize..];
        rest.find('\n').map_or(self.text.len() as u32, |at| offset + at as u32 + 1)
    }

    /// The white space at the start of the line that holds an offset.
    pub fn indentation(&self, offset: u32) -> &str {
        let line = &self.text[self.line_start(offset) as usize..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// What one more level of indentation is in this file.
    pub fn indentation_step(&self) -> &str {
        let mut lines = self.text.lines().filter(|line| line.starts_with([' ', '\t']));
        let first = lines.find(|line| !line.trim().is_empty()).unwrap_or("    ");
        let step = &first[..first.len() - first.trim_start_matches([' ', '\t']).len()];
        if step.starts_with('\t') {
            "\t"
        } else if matches!(step.len(), 2 | 3 | 4 | 8) {
            step
        } else {
            "    "
        }
    }

    /// A definition with its lines, and with the comments that stand right above it.
    pub fn lines_with_comments(&self, span: Span) -> Span {
        let mut start = self.line_start(span.start);
        while start > 0 {
            let above = self.line_start(start - 1);
            if !self.text[above as usize..start as usize].trim_start().starts_with('#') {
                break;
            }
            start = above;
        }
        Span::new(start, self.line_end(span.end))
    }

    /// Whether a statement has its lines for itself: nothing but white space before, a comment at most behind.
    pub fn stands_alone(&self, span: Span) -> bool {
        let before = &self.text[self.line_start(span.start) as usize..span.start as usize];
        let behind = Span::new(span.end, self.line_end(span.end));
        before.trim().is_empty()
            && self.tokens_in(behind).iter().all(|token| {
                matches!(token.kind, TokenKind::Comment | TokenKind::Newline | TokenKind::LineBreak)
            })
    }

    /// A new statement in front of another, on lines of its own; `text` has no indentation and no line break
    /// at its end.
    pub fn statement_before(&self, statement: &Stmt, text: &str) -> Option<Edit> {
        self.stands_first(statement.span).then(|| {
            let start = self.line_start(statement.span.start);
            self.insert(start, self.indented(statement.span.start, text))
        })
    }

    /// A new statement behind another that ends its line.
    pub fn statement_after(&self, statement: &Stmt, text: &str) -> Option<Edit> {
        if !self.stands_alone(statement.span) {
            return None;
        }
        let end = self.line_end(statement.span.end);
        let new = self.indented(statement.span.start, text);
        if self.text[..end as usize].ends_with('\n') {
            return Some(self.insert(end, new));
        }
        Some(self.insert(end, format!("\n{}", new.trim_end_matches('\n'))))
    }

    /// The removal of a statement with its lines, and with what belongs to it on them.
    pub fn without_statement(&self, span: Span) -> Option<Edit> {
        if !self.stands_alone(span) || self.has_comment(Span::new(span.start, self.line_end(span.end))) {
            return None;
        }
        Some(self.replace(Span::new(self.line_start(span.start), self.line_end(span.end)), ""))
    }

    fn stands_first(&self, span: Span) -> bool {
        self.text[self.line_start(span.start) as usize..span.start as usize].trim().is_empty()
    }

    /// Lines as deep as the line that holds an offset.
    pub fn indented(&self, offset: u32, text: &str) -> String {
        let indentation = self.indentation(offset);
        let lines = text
            .lines()
            .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{indentation}{line}\n") });
        lines.collect()
    }
}
