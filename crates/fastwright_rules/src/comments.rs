//! Where comments stand in a Python file: a scanner that knows strings, f-strings and brackets, and
//! nothing else. It never fails; broken code only makes it see fewer comments.

use fastwright_python::location::Span;

/// The comments and logical lines of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comments {
    /// Each comment from its `#` to the end of its line, in order.
    pub spans: Vec<Span>,
    /// Offset of the first code that is no comment and no string: what stands before may be a docstring.
    pub first_code: Option<u32>,
    /// Offsets where logical lines start (the first character that is not white space), comments excluded.
    pub logical_lines: Vec<u32>,
}

/// What the scanner is in the middle of.
#[derive(Debug, Clone, Copy)]
enum State {
    /// An f-string's or t-string's text, or an ordinary string.
    Text { quote: u8, triple: bool, raw: bool, fields: bool },
    /// The expression of a replacement field, with the number of brackets open in it.
    Field { depth: u32 },
    /// The format specification of a replacement field.
    Format,
}

/// Finds the comments of a Python source.
pub fn scan(text: &str) -> Comments {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        states: Vec::new(),
        depth: 0,
        at_line_start: true,
        found: Comments::default(),
    };
    scanner.run();
    scanner.found
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    states: Vec<State>,
    depth: u32,
    at_line_start: bool,
    found: Comments,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while self.at < self.bytes.len() {
            match self.states.last().copied() {
                None => self.code(None),
                Some(State::Field { depth }) => self.code(Some(depth)),
                Some(State::Text { quote, triple, raw, fields }) => self.text(quote, triple, raw, fields),
                Some(State::Format) => self.format(),
            }
        }
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Code outside strings, or (with a bracket depth) the expression inside a replacement field.
    fn code(&mut self, field: Option<u32>) {
        let byte = self.byte(0);
        match byte {
            b'#' => {
                let rest = &self.bytes[self.at..];
                let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                self.found.spans.push(Span::new(self.at as u32, (self.at + length) as u32));
                self.at += length;
                return;
            }
            b'\n' if field.is_none() && self.depth == 0 => self.at_line_start = true,
            b'\\' if matches!(self.byte(1), b'\n' | b'\r') => {
                self.at += if self.byte(1) == b'\r' && self.byte(2) == b'\n' { 3 } else { 2 };
                return;
            }
            b' ' | b'\t' | b'\r' | b'\n' | 0x0c => {}
            0xef if self.at == 0 && self.bytes.starts_with(b"\xef\xbb\xbf") => {
                self.at += 3;
                return;
            }
            _ => {
                self.start_of_line();
                if self.string_start() {
                    return;
                }
                self.found.first_code.get_or_insert(self.at as u32);
                match field {
                    None => self.bracket(byte),
                    Some(depth) => {
                        if self.field_code(byte, depth) {
                            return;
                        }
                    }
                }
                if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 {
                    while matches!(self.byte(0), b'_' | 0x80..) || self.byte(0).is_ascii_alphanumeric() {
                        self.at += 1;
                    }
                    return;
                }
            }
        }
        self.at += 1;
    }

    fn start_of_line(&mut self) {
        if std::mem::take(&mut self.at_line_start) && self.states.is_empty() {
            self.found.logical_lines.push(self.at as u32);
        }
    }

    fn bracket(&mut self, byte: u8) {
        match byte {
            b'(' | b'[' | b'{' => self.depth += 1,
            b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    /// Handles brackets, `:` and `}` of a replacement field; true when the state changed.
    fn field_code(&mut self, byte: u8, depth: u32) -> bool {
        let replacement = match byte {
            b'(' | b'[' | b'{' => Some(State::Field { depth: depth + 1 }),
            b'}' if depth == 0 => None,
            b')' | b']' | b'}' => Some(State::Field { depth: depth.saturating_sub(1) }),
            b':' if depth == 0 => Some(State::Format),
            _ => return false,
        };
        self.states.pop();
        self.states.extend(replacement);
        self.at += 1;
        true
    }

    /// Enters a string when one starts here, prefix letters included.
    fn string_start(&mut self) -> bool {
        let prefix =
            self.bytes[self.at..].iter().take(3).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let letters = &self.bytes[self.at..self.at + prefix];
        let quote = self.byte(prefix);
        let known = letters.iter().all(|letter| b"rRbBuUfFtT".contains(letter));
        if !matches!(quote, b'"' | b'\'') || !known || prefix > 2 {
            return false;
        }
        let has = |wanted: u8| letters.iter().any(|letter| letter.to_ascii_lowercase() == wanted);
        let triple = self.byte(prefix + 1) == quote && self.byte(prefix + 2) == quote;
        let state = State::Text { quote, triple, raw: has(b'r'), fields: has(b'f') || has(b't') };
        self.states.push(state);
        self.at += prefix + if triple { 3 } else { 1 };
        true
    }

    fn text(&mut self, quote: u8, triple: bool, raw: bool, fields: bool) {
        let byte = self.byte(0);
        if byte == b'\\' {
            // Even a raw string does not end at a quote behind a backslash; a field starts behind one.
            self.at += match self.byte(1) {
                b'{' if fields => 1,
                b'N' if fields && !raw && self.byte(2) == b'{' => 3,
                _ => 2,
            };
            return;
        }
        if byte == quote && (!triple || (self.byte(1) == quote && self.byte(2) == quote)) {
            self.states.pop();
            self.at += if triple { 3 } else { 1 };
            return;
        }
        if matches!(byte, b'\n' | b'\r') && !triple {
            // The string was never closed: carry on with the next line as code.
            self.states.pop();
            return;
        }
        if fields && byte == b'{' {
            if self.byte(1) == b'{' {
                self.at += 2;
                return;
            }
            self.states.push(State::Field { depth: 0 });
        }
        self.at += 1;
    }

    fn format(&mut self) {
        match self.byte(0) {
            b'{' => self.states.push(State::Field { depth: 0 }),
            b'}' => {
                self.states.pop();
            }
            quote @ (b'"' | b'\'') => {
                // The end of the string around it means that the field was never closed.
                let ends = self.states.iter().rev().nth(1).is_some_and(
                    |state| matches!(state, State::Text { quote: open, triple: false, .. } if *open == quote),
                );
                if ends {
                    self.states.pop();
                    return;
                }
            }
            b'\n' => {
                let in_triple = self
                    .states
                    .iter()
                    .rev()
                    .nth(1)
                    .is_some_and(|state| matches!(state, State::Text { triple: true, .. }));
                if !in_triple {
                    self.states.pop();
                    return;
                }
            }
            _ => {}
        }
        self.at += 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn comments(text: &str) -> Vec<&str> {
        scan(text).spans.iter().map(|span| &text[span.start as usize..span.end as usize]).collect()
    }

    #[test]
    fn a_hash_in_a_string_is_no_comment() {
        assert_eq!(comments("x = '#a' # b\n"), ["# b"]);
        assert_eq!(comments("x = \"\"\"\n# a\n\"\"\" # b\n"), ["# b"]);
        assert_eq!(comments("x = r'\\' # a'\n"), Vec::<&str>::new());
        assert_eq!(comments("x = 'it\\'s # a' # b"), ["# b"]);
        assert_eq!(comments("x = rb'''# a''' # b\r\n# c"), ["# b", "# c"]);
        assert_eq!(comments("bar'# a' # b"), ["# b"]);
    }

    #[test]
    fn f_strings_hold_code_and_formats() {
        assert_eq!(comments("x = f'{y:#06x}' # b"), ["# b"]);
        assert_eq!(comments("x = f'{y!r:>#{width}}' # b"), ["# b"]);
        assert_eq!(comments("x = f\"{a[\"#k\"]} # no\" # b"), ["# b"]);
        assert_eq!(comments("x = f'{{# no' # b"), ["# b"]);
        assert_eq!(comments("x = f'''{\n  y # in\n}# no''' # b"), ["# in", "# b"]);
        assert_eq!(comments("x = f'{d[1:2]} {(lambda: 1)()} # no' # b"), ["# b"]);
        assert_eq!(comments("x = f'\\N{NUMBER SIGN} # no' # b"), ["# b"]);
        assert_eq!(comments("x = rf'\\{y} # no' # b"), ["# b"]);
        assert_eq!(comments("x = t'{y} # no' # b"), ["# b"]);
    }

    #[test]
    fn broken_code_loses_one_line_at_most() {
        assert_eq!(comments("x = 'open # no\ny = 1 # b\n"), ["# b"]);
        assert_eq!(comments("x = f'{y:# no'\ny = 1 # b\n"), ["# b"]);
        assert_eq!(comments("x = '\\"), Vec::<&str>::new());
    }

    #[test]
    fn code_starts_behind_the_docstring() {
        let text = "# first\n\"\"\"Doc.\"\"\"\nimport os\n";
        assert_eq!(scan(text).first_code, Some(text.find("import").unwrap() as u32));
        assert_eq!(scan("# only\n").first_code, None);
    }

    #[test]
    fn logical_lines_span_brackets_and_strings() {
        let text = "@router.get(\n    '/x',\n)\ndef read(\n    x,\n):\n    y = 1 + \\\n        2\n";
        let starts: Vec<&str> =
            scan(text).logical_lines.iter().map(|&at| &text[at as usize..at as usize + 3]).collect();
        assert_eq!(starts, ["@ro", "def", "y ="]);
    }
}
