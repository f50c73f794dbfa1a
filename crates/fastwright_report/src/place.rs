//! Places in the user's sources as every JSON document writes them.

use fastwright_python::location::{File, Files, Location};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A position: line and column count from 1, the column in Unicode code points, the offset in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode code points, from 1.
    pub column: u32,
    /// Byte offset in the file.
    pub offset: u32,
}

/// The first 16 hexadecimal digits of BLAKE3 of a text.
pub fn hash_of(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

/// A range of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Path relative to the project, with `/`. In a review of several projects it starts with the root of its project.
    pub path: String,
    /// First position.
    pub start: Position,
    /// Position just behind the last character.
    pub end: Position,
    /// The function, class or variable that holds the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Where the place is part of a proof: the first 16 hexadecimal digits of BLAKE3 of its bytes. Bytes and offsets are
    /// those of the text as UTF-8, without a byte order mark: of a file in another encoding, those after decoding it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

impl Place {
    /// The place of a location of the analysis.
    pub fn new(location: Location, files: &Files) -> Self {
        let file = files.get(location.file);
        let position = |offset| {
            let position = file.position(offset);
            Position { line: position.line, column: position.column, offset: position.offset }
        };
        Self {
            path: file.relative.clone(),
            start: position(location.span.start),
            end: position(location.span.end.max(location.span.start)),
            symbol: None,
            hash: None,
        }
    }

    /// Makes it a part of a proof: with the hash of its bytes in its file.
    pub fn prove(&mut self, file: &File) {
        self.hash = Some(hash_of(file.text.get(self.bytes()).unwrap_or_default()));
    }

    /// The range of bytes.
    pub fn bytes(&self) -> Range<usize> {
        self.start.offset as usize..self.end.offset as usize
    }

    /// The same place with the name of what holds it; an empty name is none.
    pub fn within(mut self, symbol: &str) -> Self {
        self.symbol = (!symbol.is_empty()).then(|| symbol.to_owned());
        self
    }

    /// `path:line`, for tables.
    pub fn path_and_line(&self) -> String {
        format!("{}:{}", self.path, self.start.line)
    }
}

/// A file, or a position in it, of something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemPlace {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Where in the file, if that is known.
    pub start: Option<LineAndColumn>,
}

/// A position without a byte offset: files that can't be parsed do not always have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineAndColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode code points, from 1.
    pub column: u32,
}

impl ProblemPlace {
    /// `path`, `path:line:column`.
    pub fn display(&self) -> String {
        match self.start {
            Some(start) => format!("{}:{}:{}", self.path, start.line, start.column),
            None => self.path.clone(),
        }
    }
}
