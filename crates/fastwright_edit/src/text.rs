//! The bytes of a file and its text: what is not edited stays as it is, byte for byte.

use fastwright_python::parse::decode;
use fastwright_rules::finding::Edit;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that can be edited: its text, and how the text becomes bytes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileText {
    /// The text as the analysis sees it.
    pub text: String,
    has_mark: bool,
    is_utf_8: bool,
}

impl FileText {
    /// The text of a file; none when Python can't read it either.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let has_mark = bytes.starts_with(BYTE_ORDER_MARK);
        let is_utf_8 = std::str::from_utf8(bytes).is_ok();
        let text = decode(bytes.to_vec()).ok()?;
        Some(Self { text, has_mark, is_utf_8 })
    }

    /// The bytes of another text in the way this file is written; none when the encoding has no room for it.
    pub fn encode(&self, text: &str) -> Option<Vec<u8>> {
        if !self.is_utf_8 {
            // Single bytes, as they were read.
            return text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
        }
        let mut bytes = if self.has_mark { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
        bytes.extend_from_slice(text.as_bytes());
        Some(bytes)
    }

    /// The text with edits that do not overlap. New text gets the line ends of the file.
    pub fn with(&self, edits: &[&Edit]) -> Option<String> {
        let mut edits = edits.to_vec();
        edits.sort_by_key(|edit| edit.location.span);
        edits.dedup();
        let crlf = self.uses_crlf();
        let mut result = String::with_capacity(self.text.len() + 256);
        let mut end = 0;
        for edit in edits {
            let span = edit.location.span;
            let (start, stop) = (span.start as usize, span.end as usize);
            if start < end || stop < start {
                return None;
            }
            result.push_str(self.text.get(end..start)?);
            let plain = edit.text.replace("\r\n", "\n");
            result.push_str(&if crlf { plain.replace('\n', "\r\n") } else { plain });
            end = stop;
        }
        result.push_str(self.text.get(end..)?);
        Some(result)
    }

    fn uses_crlf(&self) -> bool {
        let all = self.text.matches('\n').count();
        all > 0 && self.text.matches("\r\n").count() * 2 > all
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use fastwright_python::location::{FileId, Location, Span};

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { location: Location { file: FileId(0), span: Span::new(start, end) }, text: text.to_owned() }
    }

    #[test]
    fn mark_and_line_ends_stay() {
        let bytes = b"\xef\xbb\xbfa = 1\r\nb = 2";
        let file = FileText::new(bytes).unwrap();
        let text = file.with(&[&edit(7, 7, "c = 3\n"), &edit(4, 5, "\"\u{e9}\"")]).unwrap();
        let new = file.encode(&text).unwrap();
        assert_eq!(new, "\u{feff}a = \"\u{e9}\"\r\nc = 3\r\nb = 2".as_bytes());
        assert_eq!(file.encode(&file.text).unwrap(), bytes);
    }

    #[test]
    fn single_byte_encodings_stay_and_refuse_what_they_lack() {
        let bytes = b"# -*- coding: latin-1 -*-\na = '\xe9'\n";
        let file = FileText::new(bytes).unwrap();
        assert_eq!(file.encode(&file.text).unwrap(), bytes);
        let text = file.with(&[&edit(0, 0, "# \u{20ac}\n")]).unwrap();
        assert_eq!(file.encode(&text), None);
    }

    #[test]
    fn what_overlaps_is_refused() {
        let file = FileText::new(b"abcdef").unwrap();
        assert_eq!(file.with(&[&edit(0, 3, "x"), &edit(2, 4, "y")]), None);
        assert_eq!(file.with(&[&edit(0, 3, "x"), &edit(0, 3, "x")]).unwrap(), "xdef");
    }
}
