//! Measuring and breaking text into lines of a width.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes in a terminal.
pub(crate) fn width(text: &str) -> usize {
    // Nearly everything is plain ASCII, a column for each byte.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) { text.len() } else { text.width() }
}

/// Columns that a character takes.
pub(crate) fn char_width(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// The text without characters that steer a terminal: whatever stands in a user's source must not reach
/// the terminal as a command. Line breaks stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    // Nearly everything is plain ASCII, and stays as it is.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|character| match character {
            '\n' => '\n',
            '\t' => ' ',
            character if steers(character) => '\u{fffd}',
            character => character,
        })
        .collect()
}

/// Control characters, and those that reorder text so that it reads differently from what it is.
pub(crate) fn steers(character: char) -> bool {
    character.is_control() || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Lines of at most `columns`, broken at spaces; a longer word stands alone. Line breaks of the text stay;
/// lines that begin with spaces (code) are not broken.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.trim_end().split('\n') {
        let paragraph = paragraph.trim_end();
        if paragraph.starts_with("  ") || width(paragraph) <= columns {
            lines.push(paragraph.to_owned());
            continue;
        }
        // The text of a list item stands under itself, not under its mark.
        let hang = if paragraph.starts_with("- ") || paragraph.starts_with("* ") { "  " } else { "" };
        let mut line = String::new();
        let (mut used, mut words) = (0, 0);
        for word in paragraph.split_whitespace() {
            let word_width = width(word);
            if words > 0 && used + 1 + word_width > columns {
                lines.push(std::mem::replace(&mut line, hang.to_owned()));
                (used, words) = (hang.len(), 0);
            }
            if words > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += word_width;
            words += 1;
        }
        lines.push(line);
    }
    lines
}

/// The text cut to `columns`, with `…` where something is missing.
pub(crate) fn truncate(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        let wide = char_width(character);
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        kept.push(character);
    }
    kept.push('…');
    kept
}

/// The text filled with spaces to `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `1 file`, `2 files`, `1,234 files`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A number with a comma between thousands.
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_spaces_and_counts_wide_characters_twice() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("日本 日本 日本", 9), ["日本 日本", "日本"]);
        assert_eq!(wrap("a\n\nb", 10), ["a", "", "b"]);
        assert_eq!(truncate("日本語", 5), "日本…");
        assert_eq!(grouped(1234567), "1,234,567");
        assert_eq!(grouped(123), "123");
        assert_eq!(visible("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
    }
}
