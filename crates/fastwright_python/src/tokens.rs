//! The words and signs of a file, for edits: where a comma, a bracket or a comment stands can't be told from the
//! compact form.

use crate::location::Span;
use crate::parse::parser_options;
use ruff_python_ast::token::TokenKind as Kind;

/// What a token is, as far as edits care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A name that is no keyword.
    Name,
    /// A keyword, such as `async`.
    Keyword,
    /// A text, bytes or number; a part of an f-string that is text.
    Literal,
    /// `#` and what follows.
    Comment,
    /// The end of a logical line.
    Newline,
    /// A line break inside brackets, or after a line without code.
    LineBreak,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// `,`.
    Comma,
    /// `:`.
    Colon,
    /// `;`.
    Semicolon,
    /// `.`.
    Dot,
    /// `=`.
    Equal,
    /// `@`.
    At,
    /// Any other sign.
    Operator,
}

/// A token with its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// The tokens of a file in order. Tokens without bytes, such as the end of a block, are left out. Of a file with
/// syntax errors, what the parser could recover.
pub fn tokens(text: &str) -> Vec<Token> {
    tokens_of(text, Span::new(0, text.len() as u32))
}

/// The tokens of a part of a file, which begins and ends between statements of the module. Nothing of what is no
/// part of the text.
pub fn tokens_of(text: &str, part: Span) -> Vec<Token> {
    let text = text.get(part.start as usize..part.end as usize).unwrap_or_default();
    let parsed = ruff_python_parser::parse_unchecked(text, parser_options());
    parsed
        .tokens()
        .iter()
        .filter_map(|token| {
            let kind = kind(token.kind())?;
            let range = ruff_text_size::Ranged::range(token);
            let span = Span::new(part.start + range.start().to_u32(), part.start + range.end().to_u32());
            (span.start < span.end).then_some(Token { kind, span })
        })
        .collect()
}

fn kind(kind: Kind) -> Option<TokenKind> {
    Some(match kind {
        Kind::Name => TokenKind::Name,
        Kind::Int
        | Kind::Float
        | Kind::Complex
        | Kind::String
        | Kind::FStringStart
        | Kind::FStringMiddle
        | Kind::FStringEnd
        | Kind::TStringStart
        | Kind::TStringMiddle
        | Kind::TStringEnd => TokenKind::Literal,
        Kind::Comment => TokenKind::Comment,
        Kind::Newline => TokenKind::Newline,
        Kind::NonLogicalNewline => TokenKind::LineBreak,
        Kind::Lpar | Kind::Lsqb | Kind::Lbrace => TokenKind::Open,
        Kind::Rpar | Kind::Rsqb | Kind::Rbrace => TokenKind::Close,
        Kind::Comma => TokenKind::Comma,
        Kind::Colon => TokenKind::Colon,
        Kind::Semi => TokenKind::Semicolon,
        Kind::Dot => TokenKind::Dot,
        Kind::Equal => TokenKind::Equal,
        Kind::At => TokenKind::At,
        Kind::Indent | Kind::Dedent | Kind::EndOfFile => return None,
        // `match`, `type` and the like are names wherever they are not at the start of their statement.
        kind if kind.is_soft_keyword() => TokenKind::Name,
        kind if kind.is_keyword() => TokenKind::Keyword,
        _ => TokenKind::Operator,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_keep_comments_and_commas() {
        let text = "f(a,  # why\r\n  'b',)\r\n";
        let found: Vec<(TokenKind, &str)> = tokens(text)
            .iter()
            .map(|token| (token.kind, &text[token.span.start as usize..token.span.end as usize]))
            .collect();
        assert_eq!(
            found,
            [
                (TokenKind::Name, "f"),
                (TokenKind::Open, "("),
                (TokenKind::Name, "a"),
                (TokenKind::Comma, ","),
                (TokenKind::Comment, "# why"),
                (TokenKind::LineBreak, "\r\n"),
                (TokenKind::Literal, "'b'"),
                (TokenKind::Comma, ","),
                (TokenKind::Close, ")"),
                (TokenKind::Newline, "\r\n"),
            ]
        );
    }
}
