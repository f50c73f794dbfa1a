//! A file before and after a change.

use fastwright_python::parse::{ParsedFile, parse};

/// A file that a change touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Path relative to the repository, with `/`.
    pub path: String,
    /// What it was; none for a new file.
    pub old: Option<Vec<u8>>,
    /// What it is; none for a file that is gone.
    pub new: Option<Vec<u8>>,
    /// Whether it is a symbolic link afterwards: then the text is where it leads.
    pub is_link: bool,
}

impl ChangedFile {
    /// The name without its folders.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn is_python(&self) -> bool {
        self.path.ends_with(".py") || self.path.ends_with(".pyi")
    }

    pub(crate) fn is_test(&self) -> bool {
        self.is_python() && fastwright_model::analysis::is_test_path(&self.path)
    }

    pub(crate) fn old_text(&self) -> String {
        text(self.old.as_deref())
    }

    pub(crate) fn new_text(&self) -> String {
        text(self.new.as_deref())
    }

    pub(crate) fn parsed(text: &str) -> ParsedFile {
        parse(text.to_owned())
    }
}

fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

/// The line of a byte offset, from 1.
pub(crate) fn line_of(text: &str, offset: u32) -> u32 {
    let end = (offset as usize).min(text.len());
    1 + text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() as u32
}
