//! Our text in Markdown: between two comments, so that it is found again and everything around it is the user's.

use super::Edited;

const BEGIN: &str = "<!-- fastwright:begin -->";
const END: &str = "<!-- fastwright:end -->";

/// A file that is ours: its head, then our text.
pub(super) fn install_document(before: Option<&str>, head: &str, text: &str) -> Result<Edited, String> {
    let Some(before) = before.filter(|text| !text.trim().is_empty()) else {
        return Ok(written(format!("{head}\n{}", section(text, "\n"))));
    };
    match Marked::find(before)? {
        Some(marked) => Ok(written(marked.with(text))),
        None => Err(format!(
            "is there and is not from fastwright: give it another name, or put the lines `{BEGIN}` and `{END}` where \
             the text of fastwright shall be"
        )),
    }
}

/// What is left of a file that was ours.
pub(super) fn remove_document(before: Option<&str>) -> Result<Edited, String> {
    let Some(before) = before else { return Ok(Edited::default()) };
    let Some(marked) = Marked::find(before)? else {
        let note = Some("is not from fastwright and stays".to_owned());
        return Ok(Edited { text: Some(before.to_owned()), note });
    };
    let rest = marked.without();
    let is_ours = without_head(&rest).trim().is_empty();
    Ok(Edited { text: (!is_ours).then_some(rest), note: None })
}

/// A section of a file of the user: where it is, else at the end.
pub(super) fn install_section(before: Option<&str>, text: &str) -> Result<Edited, String> {
    let before = before.unwrap_or_default();
    if let Some(marked) = Marked::find(before)? {
        return Ok(written(marked.with(text)));
    }
    let line_break = line_break(before);
    let mut after = before.to_owned();
    if !after.is_empty() {
        if !after.ends_with('\n') {
            after.push_str(line_break);
        }
        after.push_str(line_break);
    }
    after.push_str(&section(text, line_break));
    Ok(written(after))
}

/// A file of the user without our section.
pub(super) fn remove_section(before: Option<&str>) -> Result<Edited, String> {
    let Some(before) = before else { return Ok(Edited::default()) };
    let Some(marked) = Marked::find(before)? else { return Ok(written(before.to_owned())) };
    let rest = marked.without();
    Ok(Edited { text: (!rest.trim().is_empty()).then_some(rest), note: None })
}

fn written(text: String) -> Edited {
    Edited { text: Some(text), note: None }
}

fn line_break(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn section(text: &str, line_break: &str) -> String {
    format!("{BEGIN}\n{}\n{END}\n", text.trim_end()).replace('\n', line_break)
}

/// A text with our section in it.
struct Marked<'text> {
    before: &'text str,
    after: &'text str,
    line_break: &'static str,
}

impl<'text> Marked<'text> {
    /// # Errors
    /// When one of the comments is missing, or there are several.
    fn find(text: &'text str) -> Result<Option<Self>, String> {
        let mut offset = 0;
        let (mut begins, mut ends) = (Vec::new(), Vec::new());
        for line in text.split_inclusive('\n') {
            match line.trim() {
                BEGIN => begins.push(offset),
                END => ends.push(offset + line.len()),
                _ => {}
            }
            offset += line.len();
        }
        match (begins.as_slice(), ends.as_slice()) {
            ([], []) => Ok(None),
            ([begin], [end]) if begin < end => {
                Ok(Some(Self { before: &text[..*begin], after: &text[*end..], line_break: line_break(text) }))
            }
            _ => Err(format!("does not have one line `{BEGIN}` and one line `{END}` below it")),
        }
    }

    fn with(&self, text: &str) -> String {
        format!("{}{}{}", self.before, section(text, self.line_break), self.after)
    }

    /// The blank line before the section came with it.
    fn without(&self) -> String {
        let before = match self.before.strip_suffix(self.line_break) {
            Some(shorter) if shorter.is_empty() || shorter.ends_with('\n') => shorter,
            _ => self.before,
        };
        format!("{before}{}", self.after)
    }
}

fn without_head(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("---") else { return text };
    match rest.split_once("\n---") {
        Some((_, rest)) => rest,
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_section_comes_once_and_goes_without_a_trace() {
        for before in ["# Notes\n\nBe kind.\n", "# Notes\r\n\r\nBe kind.\r\n", "a\n\n\n"] {
            let first = install_section(Some(before), "old\n").unwrap().text.unwrap();
            let second = install_section(Some(&first), "new\ntext\n").unwrap().text.unwrap();
            assert!(second.contains("text") && !second.contains("old"), "{second:?}");
            assert_eq!(second.contains("\r\n"), before.contains("\r\n"));
            assert_eq!(install_section(Some(&second), "new\ntext\n").unwrap().text.as_ref(), Some(&second));
            assert_eq!(remove_section(Some(&second)).unwrap().text.as_deref(), Some(before));
        }
        let alone = install_section(None, "text\n").unwrap().text.unwrap();
        assert_eq!(remove_section(Some(&alone)).unwrap().text, None);
        let around = format!("above\n\n{alone}\nbelow\n");
        assert_eq!(remove_section(Some(&around)).unwrap().text.as_deref(), Some("above\n\nbelow\n"));
    }

    #[test]
    fn a_document_is_ours_or_it_stays() {
        let ours = install_document(None, "---\nname: a\n---\n", "text\n").unwrap().text.unwrap();
        assert_eq!(remove_document(Some(&ours)).unwrap().text, None);
        let renamed = ours.replace("name: a", "name: b");
        assert_eq!(
            install_document(Some(&renamed), "---\nname: a\n---\n", "text\n").unwrap().text.unwrap(),
            renamed
        );
        let longer = format!("{ours}\nOurs are UTC.\n");
        let rest = remove_document(Some(&longer)).unwrap().text.unwrap();
        assert_eq!(rest, "---\nname: a\n---\n\nOurs are UTC.\n");
        assert!(install_document(Some("mine\n"), "", "text").unwrap_err().contains("is not from fastwright"));
        let kept = remove_document(Some("mine\n")).unwrap();
        assert_eq!((kept.text.as_deref(), kept.note.is_some()), (Some("mine\n"), true));
    }

    #[test]
    fn broken_marks_are_an_error() {
        for text in [format!("{BEGIN}\n"), format!("{END}\n{BEGIN}\n"), format!("{BEGIN}\n{BEGIN}\n{END}\n")]
        {
            assert!(install_section(Some(&text), "text").is_err(), "{text}");
            assert!(remove_section(Some(&text)).is_err(), "{text}");
        }
    }
}
