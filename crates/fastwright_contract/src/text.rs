//! Text as Python cleans it.

/// `inspect.cleandoc`: the indentation that all lines after the first share is taken away, and blank lines
/// at both ends.
pub fn cleandoc(text: &str) -> String {
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
