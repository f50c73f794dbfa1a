//! The tokens of a file, found where an edit asks for them: a fix touches few statements of a file, and finding
//! tokens costs as much as parsing.

use fastwright_python::ir::Module;
use fastwright_python::location::Span;
use fastwright_python::tokens::{Token, tokens_of};
use std::cell::OnceCell;

/// The tokens of a file. It is divided where statements of the module start a line; each part has its tokens once
/// somebody asks for one of them.
#[derive(Debug)]
pub struct FileTokens {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    span: Span,
    tokens: OnceCell<Box<[Token]>>,
}

impl FileTokens {
    /// Those of a file with this text and this compact form.
    pub fn new(text: &str, module: &Module) -> Self {
        let end = text.len() as u32;
        let statements = module.body.iter().map(|statement| statement.span.start);
        let mut starts: Vec<u32> = statements.filter(|start| starts_logical_line(text, *start)).collect();
        // What the parser recovered of a file with syntax errors need not be in order.
        starts.push(0);
        starts.sort_unstable();
        starts.dedup();
        let ends: Vec<u32> = starts.iter().copied().skip(1).chain([end]).collect();
        let part = |(start, end)| Part { span: Span::new(start, end), tokens: OnceCell::new() };
        Self { parts: starts.into_iter().zip(ends).map(part).collect() }
    }

    /// The tokens of the parts whose text satisfies a condition.
    pub fn of_parts<'s>(
        &'s self,
        text: &'s str,
        wanted: impl Fn(&str) -> bool + 's,
    ) -> impl Iterator<Item = &'s [Token]> + 's {
        let wanted = move |part: &&Part| {
            let (start, end) = (part.span.start as usize, part.span.end as usize);
            text.get(start..end).is_some_and(&wanted)
        };
        self.parts.iter().filter(wanted).map(|part| part.tokens(text))
    }

    /// The tokens that lie in a span.
    pub fn within<'s>(&'s self, text: &'s str, span: Span) -> impl Iterator<Item = Token> + 's {
        let first = self.parts.partition_point(|part| part.span.end <= span.start);
        let parts = self.parts[first..].iter().take_while(move |part| part.span.start < span.end);
        parts.flat_map(move |part| {
            let tokens = part.tokens(text);
            let start = tokens.partition_point(|token| token.span.start < span.start);
            let end = tokens.partition_point(|token| token.span.end <= span.end);
            tokens.get(start..end).unwrap_or(&[]).iter().copied()
        })
    }

    /// The tokens that end at an offset or before it, the last one first.
    pub fn before<'s>(&'s self, text: &'s str, offset: u32) -> impl Iterator<Item = Token> + 's {
        let end = self.parts.partition_point(|part| part.span.start < offset);
        self.parts[..end].iter().rev().flat_map(move |part| {
            let tokens = part.tokens(text);
            let end = tokens.partition_point(|token| token.span.end <= offset);
            tokens[..end].iter().rev().copied()
        })
    }

    /// The tokens that start at an offset or after it.
    pub fn from<'s>(&'s self, text: &'s str, offset: u32) -> impl Iterator<Item = Token> + 's {
        let first = self.parts.partition_point(|part| part.span.end <= offset);
        self.parts[first..].iter().flat_map(move |part| {
            let tokens = part.tokens(text);
            let start = tokens.partition_point(|token| token.span.start < offset);
            tokens[start..].iter().copied()
        })
    }
}

impl Part {
    fn tokens(&self, text: &str) -> &[Token] {
        self.tokens.get_or_init(|| tokens_of(text, self.span).into())
    }
}

/// Whether a statement is the first thing on its line, and that line does not go on from the one before.
fn starts_logical_line(text: &str, start: u32) -> bool {
    let Some(before) = text.get(..start as usize) else { return false };
    let Some(line) = before.strip_suffix('\n').or_else(|| before.strip_suffix('\r')) else { return false };
    !line.strip_suffix('\r').unwrap_or(line).ends_with('\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastwright_python::parse::parse;
    use fastwright_python::tokens::tokens;

    const TEXT: &str = "\"\"\"Orders.\"\"\"\r\n# about nothing\r\nimport os; import re\n\n\n@cached\n\
        def read(a, *, b=(1,\n2)):  # why\n    return f\"{a!r:>{b}} x\" \\\n        + 'y'\n\n    # at the end\n\n\
        x = 1; \\\ny = 2\nif x:\n  pass\nelse:\n  type Z = int\n\nmatch = [\n]\nclass A: pass\nprint(match)";

    fn file() -> FileTokens {
        FileTokens::new(TEXT, &parse(TEXT.to_owned()).module)
    }

    #[test]
    fn parts_have_the_tokens_of_the_whole() {
        let (found, whole) = (file(), tokens(TEXT));
        assert!(found.parts.len() > 5, "{:?}", found.parts);
        assert_eq!(found.from(TEXT, 0).collect::<Vec<_>>(), whole);
        let mut backwards: Vec<Token> = found.before(TEXT, TEXT.len() as u32).collect();
        backwards.reverse();
        assert_eq!(backwards, whole);
        for start in 0..TEXT.len() as u32 {
            let later: Vec<Token> = whole.iter().copied().filter(|token| token.span.start >= start).collect();
            assert_eq!(file().from(TEXT, start).collect::<Vec<_>>(), later);
            let earlier = whole.iter().rev().find(|token| token.span.end <= start).copied();
            assert_eq!(file().before(TEXT, start).next(), earlier);
            for end in start..TEXT.len() as u32 {
                let inside = |token: &&Token| start <= token.span.start && token.span.end <= end;
                let inside: Vec<Token> = whole.iter().filter(inside).copied().collect();
                assert_eq!(found.within(TEXT, Span::new(start, end)).collect::<Vec<_>>(), inside);
            }
        }
    }

    #[test]
    fn only_parts_that_are_asked_for_are_looked_through() {
        let tokens = file();
        let known =
            |tokens: &FileTokens| tokens.parts.iter().filter(|part| part.tokens.get().is_some()).count();
        let start = TEXT.find("read(a").unwrap_or_default() as u32;
        assert_eq!(tokens.within(TEXT, Span::new(start, start + 6)).count(), 3);
        assert_eq!(known(&tokens), 1);
        assert_eq!(tokens.of_parts(TEXT, |part| part.contains("else")).count(), 1);
        assert_eq!(known(&tokens), 2);
    }
}
