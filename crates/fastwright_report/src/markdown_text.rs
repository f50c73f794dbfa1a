//! Markdown as text for the terminal.

use crate::appearance::Appearance;
use crate::wrap::{pad, visible, width, wrap};
use std::borrow::Cow;

/// Markdown as text. What would steer a terminal is made visible: parts of it may stem from a repository.
pub fn text(markdown: &str, appearance: &Appearance) -> String {
    let lines: Vec<Cow<'_, str>> = markdown.lines().map(visible).collect();
    untitled(&lines.join("\n"), "", appearance)
}

/// Markdown as text: the headings, lists, code blocks, tables and inline marks that pages use.
pub(crate) fn untitled(markdown: &str, name: &str, appearance: &Appearance) -> String {
    let mut text = String::new();
    let mut paragraph = String::new();
    let mut fence: Option<String> = None;
    let mut blank = true;
    let mut lines = markdown.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(mark) = &fence {
            if line.trim() == mark.as_str() {
                fence = None;
            } else {
                text.push_str(format!("    {}", appearance.code(line)).trim_end());
                text.push('\n');
            }
            continue;
        }
        let trimmed = line.trim_start();
        let ends_paragraph = trimmed.is_empty()
            || trimmed.starts_with('#')
            || trimmed.starts_with("```")
            || trimmed.starts_with('|')
            || list_mark(trimmed).is_some();
        if ends_paragraph {
            flush(&mut text, &mut paragraph, appearance, &mut blank);
        }
        if let Some(heading) = heading(trimmed) {
            // The page's own title repeats what stands above it.
            if heading.trim_matches('`') == name && text.trim().is_empty() {
                continue;
            }
            separate(&mut text, &mut blank);
            text.push_str(&format!("{}\n", appearance.bold(&heading.replace('`', ""))));
            blank = false;
        } else if trimmed.starts_with("```") {
            let mark: String = trimmed.chars().take_while(|&character| character == '`').collect();
            separate(&mut text, &mut blank);
            fence = Some(mark);
            blank = false;
        } else if trimmed.starts_with('|') {
            let mut rows = vec![trimmed];
            while let Some(row) = lines.next_if(|row| row.trim_start().starts_with('|')) {
                rows.push(row.trim_start());
            }
            table(&mut text, &rows, appearance);
            blank = false;
        } else if trimmed.is_empty() {
            separate(&mut text, &mut blank);
        } else if paragraph.is_empty() {
            paragraph.push_str(line.trim_end());
        } else {
            paragraph.push(' ');
            paragraph.push_str(trimmed.trim_end());
        }
    }
    flush(&mut text, &mut paragraph, appearance, &mut blank);
    format!("{}\n", text.trim_end())
}

fn separate(text: &mut String, blank: &mut bool) {
    if !*blank && !text.is_empty() {
        text.push('\n');
    }
    *blank = true;
}

fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    (1..=6).contains(&level).then(|| rest.strip_prefix(' ')).flatten().map(str::trim)
}

/// Bytes of the mark of a list item: `- `, `* `, `12. `.
fn list_mark(line: &str) -> Option<usize> {
    if line.starts_with("- ") || line.starts_with("* ") {
        return Some(2);
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && line[digits..].starts_with(". ")).then_some(digits + 2)
}

fn flush(text: &mut String, paragraph: &mut String, appearance: &Appearance, blank: &mut bool) {
    if paragraph.is_empty() {
        return;
    }
    let content = std::mem::take(paragraph);
    let content = without_marks(&content);
    let body = content.trim_start();
    let indent = (content.len() - body.len()).min(8);
    let mark = list_mark(body).unwrap_or(0);
    let columns = appearance.text_width().saturating_sub(indent + mark).max(20);
    let mut inside = false;
    for (index, line) in wrap(&body[mark..], columns).iter().enumerate() {
        text.push_str(&" ".repeat(indent));
        text.push_str(&if index == 0 { body[..mark].to_owned() } else { " ".repeat(mark) });
        text.push_str(&appearance.inline_code(line, &mut inside));
        text.push('\n');
    }
    *blank = false;
}

/// Bold marks dropped, links as their text with the address behind; code in backquotes stays as it is.
fn without_marks(text: &str) -> String {
    let mut result = String::new();
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            result.push('`');
        }
        if index % 2 == 1 {
            result.push_str(part);
            continue;
        }
        let mut rest = part;
        while let Some((before, link)) = rest.split_once('[') {
            let Some((label, (address, after))) =
                link.split_once("](").and_then(|(label, behind)| Some((label, behind.split_once(')')?)))
            else {
                break;
            };
            result.push_str(&before.replace("**", ""));
            result.push_str(&format!("{label} ({address})"));
            rest = after;
        }
        result.push_str(&rest.replace("**", ""));
    }
    result
}

fn table(text: &mut String, rows: &[&str], appearance: &Appearance) {
    let cells = |row: &str| -> Vec<String> {
        let inner = row.trim().trim_start_matches('|').trim_end_matches('|');
        inner.split('|').map(|cell| without_marks(cell.trim()).replace('`', "")).collect()
    };
    let rows: Vec<Vec<String>> = rows
        .iter()
        .filter(|row| row.chars().any(|character| !matches!(character, '|' | '-' | ':' | ' ')))
        .map(|row| cells(row))
        .collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|index| rows.iter().filter_map(|row| row.get(index)).map(|cell| width(cell)).max().unwrap_or(0))
        .collect();
    for (number, row) in rows.iter().enumerate() {
        let line: Vec<String> = row.iter().zip(&widths).map(|(cell, &columns)| pad(cell, columns)).collect();
        let line = line.join("  ");
        let line = line.trim_end();
        let line = if number == 0 { appearance.bold(line) } else { Cow::Borrowed(line) };
        text.push_str(&format!("{line}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_text() {
        let page = "# `missing-authentication`\n\n## Why it matters\nAnyone can **call** it, see\n\
                    [OWASP](https://owasp.org) for `a[b](c)`.\n- one\n- two\n\n```python\n@app.get(\"/\")\n\n\
                    def root(): ...\n```\n\n| a | b |\n|---|---|\n| `1` | 2 |\n";
        assert_eq!(
            untitled(page, "missing-authentication", &Appearance::plain()),
            "Why it matters\nAnyone can call it, see OWASP (https://owasp.org) for `a[b](c)`.\n- one\n- two\n\n    \
             @app.get(\"/\")\n\n    def root(): ...\n\na  b\n1  2\n"
        );
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert!(!text("# a\n\nb \u{1b}[2J c\n", &Appearance::plain()).contains('\u{1b}'));
    }
}
