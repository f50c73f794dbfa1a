//! What a file imports, read from its bytes without parsing: enough to tell which folder its imports start
//! from. Only used where manifests and `__init__.py` files leave a choice.

use memchr::memchr_iter;

/// One imported name at the start of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ImportedName<'a> {
    /// Number of leading dots.
    pub(crate) level: u32,
    /// The dotted name after the dots; empty for `from . import x`.
    pub(crate) dotted: &'a str,
}

/// The names after `import` and `from` at line starts. Text in strings may be among them, so a name counts
/// only where it exists.
pub(crate) fn imported_names(bytes: &[u8], mut each: impl FnMut(ImportedName<'_>)) {
    let mut start = 0;
    for end in memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len())) {
        let line = &bytes[start..end];
        start = end + 1;
        let (rest, is_from) = if let Some(rest) = line.strip_prefix(b"from ") {
            (rest, true)
        } else if let Some(rest) = line.strip_prefix(b"import ") {
            (rest, false)
        } else {
            continue;
        };
        let Ok(rest) = std::str::from_utf8(rest) else {
            continue;
        };
        if is_from {
            let rest = rest.trim_start();
            let name = rest.trim_start_matches('.');
            let level = u32::try_from(rest.len() - name.len()).unwrap_or(u32::MAX);
            let name = name.trim_start();
            let Some(end) = name.find(|c: char| c.is_whitespace()) else {
                continue;
            };
            let (dotted, after) = name.split_at(end);
            let (dotted, after) = if dotted == "import" { ("", name) } else { (dotted, after.trim_start()) };
            if after.starts_with("import") && (is_dotted(dotted) || (level > 0 && dotted.is_empty())) {
                each(ImportedName { level, dotted });
            }
        } else {
            for name in rest.split('#').next().unwrap_or(rest).split([',', ';']) {
                let dotted = name.split_whitespace().next().unwrap_or("");
                if is_dotted(dotted) {
                    each(ImportedName { level: 0, dotted });
                }
            }
        }
    }
}

fn is_dotted(name: &str) -> bool {
    !name.is_empty() && name.split('.').all(is_identifier)
}

/// Whether a name can stand in an import statement (keywords aside).
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
        && characters.all(|character| character == '_' || character.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_line_starts() {
        let source = b"import os, app.db as db\nfrom app.x import (\n    y)\nfrom . import a\nfrom ..core.b import c\n\
            \xff\nfrom the start\n  import no\nimport z # from q\r\nfrom w import v";
        let mut seen = Vec::new();
        imported_names(source, |name| seen.push((name.level, name.dotted.to_owned())));
        let seen: Vec<_> = seen.iter().map(|(level, dotted)| (*level, dotted.as_str())).collect();
        assert_eq!(
            seen,
            [(0, "os"), (0, "app.db"), (0, "app.x"), (1, ""), (2, "core.b"), (0, "z"), (0, "w")]
        );
    }
}
