//! Paths as file systems may read them: many spellings of a name can be one file.

use unicode_normalization::UnicodeNormalization as _;

/// Code points that are not seen; some file systems ignore them when they compare names.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'
            ..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fff8}'
                | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Why no file of a project may have a path, if there is a reason.
pub(super) fn fault(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("the path is empty");
    }
    if path.len() > 1024 || path.split('/').count() > 64 {
        return Some("the path is too long");
    }
    if path.starts_with('/') || path.starts_with('~') {
        return Some("the path is not relative to the project");
    }
    if path.contains('\\') || path.contains(':') {
        return Some(
            "the path has a `\\` or a `:` in it, which some systems read as a way out of the project",
        );
    }
    if path.chars().any(|character| character.is_control() || is_invisible(character)) {
        return Some("the path has characters in it that are not seen");
    }
    path.split('/').find_map(|name| match name {
        "" => Some("the path has an empty name in it"),
        "." | ".." => Some("the path leads through `.` or `..`"),
        name if name.ends_with(['.', ' ']) || name.starts_with(' ') => {
            Some("a name in the path begins or ends with a space or a dot, which some systems leave out")
        }
        _ => None,
    })
}

/// A name as the most forgiving file system compares it: compatibility forms, case, code points that are not seen,
/// spaces and dots at its end, streams behind a colon.
pub(super) fn folded(name: &str) -> String {
    let visible: String = name.nfkc().filter(|character| !is_invisible(*character)).collect();
    // Twice: a letter may get another compatibility form when it becomes small.
    let folded: String = visible.to_lowercase().nfkc().collect();
    let folded = folded.replace('ß', "ss").replace('ı', "i").replace('\u{307}', "").replace('ſ', "s");
    let stream = folded.split(':').next().unwrap_or_default();
    stream.trim_matches(' ').trim_end_matches(['.', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{fault, folded};

    #[test]
    fn spellings_of_one_name_are_folded_to_one() {
        for spelling in [
            ".git",
            ".GIT",
            ".Git",
            ".git ",
            ".git.",
            ".git. .",
            ".g\u{200c}it",
            "\u{feff}.git",
            ".git::$INDEX_ALLOCATION",
            ".ｇｉｔ",
            "．git",
            ".gİt",
            ".gıt",
        ] {
            assert_eq!(folded(spelling), ".git", "{spelling:?}");
        }
        assert_eq!(folded("TEſTS"), "tests");
        assert_eq!(folded("Ångström"), folded("A\u{30a}ngstro\u{308}m"));
    }

    #[test]
    fn paths_that_lead_anywhere_else_are_refused() {
        for path in [
            "",
            "/etc/passwd",
            "..",
            "../outside",
            "app/../../outside",
            "app/./main.py",
            "./main.py",
            "app//main.py",
            "app/",
            "~/.ssh/id_rsa",
            "..\\outside",
            "C:/outside",
            "main.py:stream",
            "main\u{0}.py",
            "main\n.py",
            "main\u{202e}yp.py",
            "main.py ",
            "main.py.",
            "app./main.py",
        ] {
            assert!(fault(path).is_some(), "{path:?}");
        }
        for path in ["main.py", "app/main.py", "app/.../x", ".env", "naïve/日本.py", "a b/c d.py"] {
            assert_eq!(fault(path).is_some(), path.contains("..."), "{path:?}");
        }
    }
}
