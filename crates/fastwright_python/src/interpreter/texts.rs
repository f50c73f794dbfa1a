//! Text as `inspect.cleandoc` and `textwrap.dedent` clean it, and as `int` reads it.

/// `inspect.cleandoc`: the indentation that all lines after the first share is taken away, and blank lines
/// at both ends.
pub fn cleaned_documentation(text: &str) -> String {
    let expanded: Vec<String> = text.split('\n').map(expand_tabs).collect();
    let margin = expanded
        .iter()
        .skip(1)
        .filter(|line| !line.trim_start().is_empty())
        .map(|line| line.chars().count() - line.trim_start().chars().count())
        .min()
        .unwrap_or(0);
    let mut lines: Vec<String> = Vec::with_capacity(expanded.len());
    for (position, line) in expanded.iter().enumerate() {
        if position == 0 {
            lines.push(line.trim_start().to_owned());
        } else {
            lines.push(line.chars().skip(margin).collect());
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    lines[first..].join("\n")
}

fn expand_tabs(line: &str) -> String {
    let mut result = String::with_capacity(line.len());
    let mut column = 0;
    for character in line.chars() {
        match character {
            '\t' => {
                let width = 8 - column % 8;
                result.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            '\r' => {
                result.push('\r');
                column = 0;
            }
            other => {
                result.push(other);
                column += 1;
            }
        }
    }
    result
}

/// `textwrap.dedent`: lines lose the whitespace that all lines that hold more than whitespace start with;
/// lines of whitespace become empty.
pub fn dedented(text: &str) -> String {
    let is_space = |character: char| character == ' ' || character == '\t';
    let mut margin: Option<&str> = None;
    for line in text.split('\n') {
        let content = line.trim_start_matches(is_space);
        if content.is_empty() {
            continue;
        }
        let indent = &line[..line.len() - content.len()];
        margin = Some(match margin {
            None => indent,
            Some(known) => {
                let shared = known.bytes().zip(indent.bytes()).take_while(|(left, right)| left == right);
                &known[..shared.count()]
            }
        });
    }
    let margin = margin.unwrap_or_default();
    let lines: Vec<&str> = text
        .split('\n')
        .map(|line| {
            if line.trim_start_matches(is_space).is_empty() {
                ""
            } else {
                line.strip_prefix(margin).unwrap_or(line)
            }
        })
        .collect();
    lines.join("\n")
}

/// Whether a text is an integer as `int(text)` reads it: digits, single underscores between them, a sign.
pub(super) fn is_whole_number(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}
