//! Text that others wrote, made fit to be shown: nothing in it moves the cursor, hides itself or turns direction.

/// The text with line ends and tabs, and every other character that is not seen written out.
pub fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            '\r' => {}
            _ if is_unseen(character) => shown.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
            _ => shown.push(character),
        }
    }
    shown
}

/// The text in one line of at most so many characters.
pub fn line(words: &str, most: usize) -> String {
    let one = text(words).split_whitespace().collect::<Vec<_>>().join(" ");
    if one.chars().count() <= most {
        return one;
    }
    let mut cut: String = one.chars().take(most).collect();
    cut.push('…');
    cut
}

/// The text, cut after so many bytes at a line end where there is one.
pub fn cut(text: &str, most: usize) -> (&str, usize) {
    if text.len() <= most {
        return (text, 0);
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[..end].rfind('\n').map_or(end, |position| position + 1);
    (&text[..end], text.len() - end)
}

fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_hidden() {
        let forged = "ok\u{1b}[2K\rno\u{202e}txt\u{200b}\u{e0041}\n";
        assert_eq!(text(forged), "ok\\u{1b}[2Kno\\u{202e}txt\\u{200b}\\u{e0041}\n");
        assert_eq!(line("a\n b\t c", 10), "a b c");
        assert_eq!(line("aaaaaa", 3), "aaa…");
        assert_eq!(cut("one\ntwo\n", 6), ("one\n", 4));
        assert_eq!(cut("ééé", 3), ("é", 4));
    }
}
