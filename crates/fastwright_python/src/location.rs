//! Where a fact stands in the user's sources: file, byte range, and its line and column for people.

use std::path::{Path, PathBuf};

/// A source file of the analysed program, as an index into [`Files`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just behind the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` up to `end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Whether `offset` lies inside, the end included (so that a comment right behind counts).
    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset <= self.end
    }
}

/// A place in the program: file and byte range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

/// A position for people and for JSON: line and column count from 1, the column in Unicode code
/// points; `offset` is the byte offset in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
    /// Byte offset.
    pub offset: u32,
}

/// One file of the program: its path, its text, and where its lines start.
#[derive(Debug)]
pub struct File {
    /// Absolute path (or the path inside a memory tree).
    pub path: PathBuf,
    /// Path relative to the project, with `/`.
    pub relative: String,
    /// Dotted module name under its import root.
    pub module: crate::name::Name,
    /// Whether it belongs to the project under review, not to an installed library.
    pub first_party: bool,
    /// The text, decoded as UTF-8.
    pub text: Box<str>,
    /// Which of the watched texts stand in it, a bit each; all of them where nobody looked.
    watched: u32,
    line_starts: std::sync::OnceLock<Box<[u32]>>,
}

impl File {
    /// A file with its text.
    pub fn new(
        path: PathBuf,
        relative: String,
        module: crate::name::Name,
        first_party: bool,
        text: Box<str>,
    ) -> Self {
        let line_starts = std::sync::OnceLock::new();
        Self { path, relative, module, first_party, text, watched: u32::MAX, line_starts }
    }

    /// The same with what was found out about the watched texts.
    #[must_use]
    pub(crate) fn with_watched(self, watched: u32) -> Self {
        Self { watched, ..self }
    }

    /// Whether one of the texts that its program watches for may stand in it, by its position among them (see
    /// [`Program::watch`](crate::loader::Program::watch)); when not, it certainly doesn't.
    pub fn may_hold(&self, position: u32) -> bool {
        self.watched.checked_shr(position).is_none_or(|bits| bits & 1 != 0)
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let mut starts = vec![0];
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1));
            starts.into_boxed_slice()
        })
    }

    /// The line (from 1) that holds `offset`.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.line_starts().partition_point(|&start| start <= offset).max(1) as u32
    }

    /// Line, column and offset of a byte; offsets beyond the end are cut to it.
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_of(offset as u32);
        let start = self.line_starts()[line as usize - 1] as usize;
        let column = self.text[start..offset].chars().count() as u32 + 1;
        Position { line, column, offset: offset as u32 }
    }

    /// The text of a line (from 1), without its line break; empty for a line that does not exist.
    pub fn line_text(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let Some(&start) = (line as usize).checked_sub(1).and_then(|index| starts.get(index)) else {
            return "";
        };
        let end = starts.get(line as usize).map_or(self.text.len(), |&next| next as usize);
        self.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// How many lines the file has.
    pub fn line_count(&self) -> usize {
        let starts = self.line_starts();
        if starts.last().is_some_and(|&last| last as usize == self.text.len()) {
            starts.len() - 1
        } else {
            starts.len()
        }
    }

    /// The text of a span; empty when the span does not fit the file.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// All files that the analysis has read, by [`FileId`].
#[derive(Debug, Default)]
pub struct Files {
    files: Vec<File>,
    data: Vec<PathBuf>,
}

impl Files {
    /// Adds a file and returns its id.
    pub fn add(&mut self, file: File) -> FileId {
        self.files.push(file);
        FileId(self.files.len() as u32 - 1)
    }

    /// The file with this id. Ids come from [`Files::add`] of the same collection.
    pub fn get(&self, id: FileId) -> &File {
        &self.files[id.0 as usize]
    }

    /// All files with their ids, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &File)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
    }

    /// Remembers that the analysis rests on a data file, or on it not being there.
    pub fn add_data_file(&mut self, path: &Path) {
        if !self.data.iter().any(|known| known == path) {
            self.data.push(path.to_path_buf());
        }
    }

    /// Paths of the data files that the analysis has read or looked for, each once.
    pub fn data_files(&self) -> impl Iterator<Item = &Path> {
        self.data.iter().map(PathBuf::as_path)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file with this path, if it was read.
    pub fn by_path(&self, path: &Path) -> Option<FileId> {
        self.iter().find(|(_, file)| file.path == path).map(|(id, _)| id)
    }

    /// `path:line` of a place, for messages.
    pub fn display(&self, location: Location) -> String {
        let file = self.get(location.file);
        format!("{}:{}", file.relative, file.line_of(location.span.start))
    }
}
