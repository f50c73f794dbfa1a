//! The source lines that the text output quotes, taken once while the files are at hand.

use crate::wrap::steers;
use fastwright_python::location::{Files, Location};
use fastwright_rules::finding::Finding;
use serde::{Deserialize, Serialize};

/// One quoted line with the part that matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Excerpt {
    /// Text for the terminal: tabs are four spaces, steering characters replaced, a very long line is cut
    /// to the surroundings of the part.
    pub(crate) text: String,
    /// Where the part begins in `text`, in code points.
    pub(crate) start: usize,
    /// How many code points it has, at least one.
    pub(crate) length: usize,
    /// Whether the place goes on in later lines.
    pub(crate) continues: bool,
}

/// The quoted lines of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FindingExcerpts {
    /// Of the primary place.
    pub(crate) primary: Excerpt,
    /// Of each step of the evidence.
    pub(crate) evidence: Vec<Excerpt>,
}

/// Lines longer than this are cut; generated code has lines of megabytes.
const LONGEST_LINE: usize = 200;
const BEFORE_THE_PART: usize = 40;

impl Excerpt {
    pub(crate) fn new(location: Location, files: &Files) -> Self {
        let file = files.get(location.file);
        let (start, end) = (file.position(location.span.start), file.position(location.span.end));
        let line = file.line_text(start.line);
        let first = start.column as usize - 1;
        let continues = end.line > start.line;
        let last = if continues { usize::MAX } else { end.column as usize - 1 };
        let skipped = first.saturating_sub(BEFORE_THE_PART);
        let cut_left = first > LONGEST_LINE - BEFORE_THE_PART;
        let skipped = if cut_left { skipped } else { 0 };

        let mut text = String::new();
        if cut_left {
            text.push('…');
        }
        let mut written = text.chars().count();
        let (mut from, mut to) = (written, written);
        for (index, character) in line.chars().enumerate().skip(skipped) {
            if index == first {
                from = written;
                to = written;
            }
            if written >= LONGEST_LINE {
                text.push('…');
                break;
            }
            match character {
                '\t' => {
                    text.push_str("    ");
                    written += 4;
                }
                character => {
                    text.push(if steers(character) { '\u{fffd}' } else { character });
                    written += 1;
                }
            }
            if index >= first && index < last && !character.is_whitespace() {
                to = written;
            }
        }
        if first >= line.chars().count() {
            from = written;
        }
        Self { text, start: from, length: to.saturating_sub(from).max(1), continues }
    }
}

impl FindingExcerpts {
    pub(crate) fn new(finding: &Finding, files: &Files) -> Self {
        Self {
            primary: Excerpt::new(finding.location, files),
            evidence: finding.evidence.iter().map(|step| Excerpt::new(step.location, files)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastwright_python::location::{File, Span};

    fn excerpt(text: &str, part: &str) -> Excerpt {
        let mut files = Files::default();
        let start = text.find(part).map_or(0, |at| at as u32);
        let file = files.add(File::new(
            "a.py".into(),
            "a.py".into(),
            fastwright_python::name::Name::new("a"),
            true,
            text.into(),
        ));
        let span = Span::new(start, start + part.len() as u32);
        Excerpt::new(Location { file, span }, &files)
    }

    #[test]
    fn the_part_is_found_behind_tabs_and_wide_characters() {
        let found = excerpt("x = 1\n\tname = 'é' + secret # x\n", "secret");
        assert_eq!(found.text, "    name = 'é' + secret # x");
        assert_eq!((found.start, found.length, found.continues), (17, 6, false));
    }

    #[test]
    fn a_place_of_several_lines_marks_its_first() {
        let found = excerpt("def f():\n    pass\n", "def f():\n    pass");
        assert_eq!((found.start, found.length, found.continues), (0, 8, true));
    }

    #[test]
    fn long_lines_are_cut_around_the_part() {
        let text = format!("{} secret {}", "a".repeat(5000), "b".repeat(5000));
        let found = excerpt(&text, "secret");
        assert!(found.text.chars().count() <= LONGEST_LINE + 2);
        let part: String = found.text.chars().skip(found.start).take(found.length).collect();
        assert_eq!(part, "secret");
    }
}
