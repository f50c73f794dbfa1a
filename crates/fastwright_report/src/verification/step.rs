//! One step of a proof against the bytes that stand in its file now.

use crate::place::{Place, hash_of};
use fastwright_python::location::File;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a place of a report is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// The file has exactly these bytes there.
    Holds,
    /// There is no such file.
    NoFile,
    /// The path leads out of the project: it was not read.
    OutsideProject,
    /// The file can't be read, or is no Python text.
    Unreadable,
    /// The file has no such range.
    OutOfRange,
    /// Line and column are not where the offset is.
    OtherLine,
    /// The report has no hash for it.
    NoHash,
    /// Other bytes stand there.
    OtherBytes,
}

impl StepState {
    /// The end of a sentence that begins with the place.
    pub fn words(self) -> &'static str {
        match self {
            StepState::Holds => "holds",
            StepState::NoFile => "there is no such file",
            StepState::OutsideProject => "leads out of the project and was not read",
            StepState::Unreadable => "can't be read as Python",
            StepState::OutOfRange => "the file has no such range",
            StepState::OtherLine => "the line is not that of the offset",
            StepState::NoHash => "has no hash",
            StepState::OtherBytes => "other bytes stand there",
        }
    }
}

/// Holds a place of a report against its file as it is now.
pub fn check_step(place: &Place, file: &File) -> StepState {
    let Some(text) = file.text.get(place.bytes()) else { return StepState::OutOfRange };
    let Some(hash) = &place.hash else { return StepState::NoHash };
    if *hash != hash_of(text) {
        return StepState::OtherBytes;
    }
    let is_there = [place.start, place.end].into_iter().all(|claimed| {
        let position = file.position(claimed.offset);
        (position.line, position.column) == (claimed.line, claimed.column)
    });
    if is_there { StepState::Holds } else { StepState::OtherLine }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use fastwright_python::location::{Files, Location, Span};

    #[test]
    fn a_place_holds_only_where_its_bytes_are() {
        let mut files = Files::default();
        let text = "name = \"bücher\"\nbooks = 1\n";
        let id = files.add(File::new("a.py".into(), "a.py".into(), Default::default(), true, text.into()));
        let start = text.find("books").unwrap() as u32;
        let location = Location { file: id, span: Span::new(start, start + 5) };
        let file = files.get(id);
        let mut place = Place::new(location, &files);
        place.prove(file);
        assert_eq!(check_step(&place, file), StepState::Holds);
        let changed = |change: fn(&mut Place)| {
            let mut place = place.clone();
            change(&mut place);
            check_step(&place, file)
        };
        assert_eq!(changed(|place| place.hash = None), StepState::NoHash);
        assert_eq!(changed(|place| place.hash = Some("0".repeat(16))), StepState::OtherBytes);
        assert_eq!(changed(|place| place.start.line = 1), StepState::OtherLine);
        assert_eq!(changed(|place| place.end.column += 1), StepState::OtherLine);
        assert_eq!(changed(|place| place.end.offset = 4000), StepState::OutOfRange);
        // Backwards, and in the middle of a character.
        assert_eq!(changed(|place| place.end.offset = 0), StepState::OutOfRange);
        assert_eq!(changed(|place| place.start.offset = 10), StepState::OutOfRange);
    }
}
