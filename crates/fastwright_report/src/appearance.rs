//! How text looks where it is printed: colours, width, links.

use crate::names::{GuardKind, Severity};
use fastwright_contract::diff::Level;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What the place that text is printed to can show.
#[derive(Debug, Clone, Default)]
pub struct Appearance {
    /// Whether to colour.
    pub colour: bool,
    /// Columns of the terminal; `None` when the text does not go to one, and nothing is cut then.
    pub width: Option<usize>,
    /// The folder that paths are relative to, when the terminal understands links to files.
    pub links: Option<PathBuf>,
}

/// Columns of running text where there is no terminal, and the most that is comfortable to read in one.
const TEXT_WIDTH: usize = 100;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BLUE: &str = "34";
const CYAN: &str = "36";
const BOLD_RED: &str = "1;31";

impl Appearance {
    /// Text without colours, width or links: for files and pipes.
    pub fn plain() -> Self {
        Self::default()
    }

    /// Columns for running text.
    pub(crate) fn text_width(&self) -> usize {
        self.width.map_or(TEXT_WIDTH, |width| width.clamp(40, TEXT_WIDTH))
    }

    fn paint<'t>(&self, codes: &str, text: &'t str) -> Cow<'t, str> {
        if self.colour && !text.is_empty() {
            Cow::Owned(format!("\u{1b}[{codes}m{text}\u{1b}[0m"))
        } else {
            Cow::Borrowed(text)
        }
    }

    pub(crate) fn bold<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.paint(BOLD, text)
    }

    pub(crate) fn dim<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.paint(DIM, text)
    }

    pub(crate) fn gutter<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.paint(BLUE, text)
    }

    pub(crate) fn code<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.paint(CYAN, text)
    }

    pub(crate) fn warning<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.paint(YELLOW, text)
    }

    pub(crate) fn severity<'t>(&self, severity: Severity, text: &'t str) -> Cow<'t, str> {
        let codes = match severity {
            Severity::Critical => BOLD_RED,
            Severity::High => RED,
            Severity::Medium => YELLOW,
            Severity::Low => BLUE,
            Severity::Info => DIM,
        };
        self.paint(codes, text)
    }

    pub(crate) fn level<'t>(&self, level: Level, text: &'t str) -> Cow<'t, str> {
        let codes = match level {
            Level::Breaking => RED,
            Level::Security => BOLD_RED,
            Level::Business => YELLOW,
            Level::Compatible => DIM,
        };
        self.paint(codes, text)
    }

    pub(crate) fn guard<'t>(&self, guard: GuardKind, text: &'t str) -> Cow<'t, str> {
        let codes = match guard {
            GuardKind::Public => YELLOW,
            GuardKind::Optional => BLUE,
            GuardKind::Required => GREEN,
        };
        self.paint(codes, text)
    }

    /// A section's title, underlined where there are no colours to set it off.
    pub(crate) fn title(&self, text: &str) -> String {
        if self.colour {
            format!("{}\n\n", self.paint("1;4", text))
        } else {
            format!("{text}\n{}\n\n", "=".repeat(crate::wrap::width(text)))
        }
    }

    /// `text`, a link to a file relative to the working directory where the terminal shows links.
    pub(crate) fn link(&self, path: &str, text: &str) -> String {
        let Some(folder) = &self.links else {
            return text.to_owned();
        };
        let mut address = String::from("file://");
        for byte in folder.join(path).to_string_lossy().bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                    address.push(char::from(byte));
                }
                // Windows separators; everything else that an address can't hold.
                b'\\' => address.push('/'),
                _ => {
                    let _ = write!(address, "%{byte:02X}");
                }
            }
        }
        format!("\u{1b}]8;;{address}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
    }

    /// Text whose code stands in backquotes: coloured without them, or as it is.
    /// `inside` carries over from one line of a paragraph to the next whether code is open.
    pub(crate) fn inline_code<'t>(&self, text: &'t str, inside: &mut bool) -> Cow<'t, str> {
        if !self.colour {
            return Cow::Borrowed(text);
        }
        let mut painted = String::new();
        for (index, part) in text.split('`').enumerate() {
            if index > 0 {
                *inside = !*inside;
            }
            if *inside {
                painted.push_str(&self.code(part));
            } else {
                painted.push_str(part);
            }
        }
        Cow::Owned(painted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_escape_what_an_address_cannot_hold() {
        let appearance = Appearance { links: Some(PathBuf::from("/srv/my shop")), ..Appearance::plain() };
        assert_eq!(
            appearance.link("app/é.py", "x"),
            "\u{1b}]8;;file:///srv/my%20shop/app/%C3%A9.py\u{1b}\\x\u{1b}]8;;\u{1b}\\"
        );
        assert_eq!(Appearance::plain().link("a", "x"), "x");
    }

    #[test]
    fn code_is_coloured_without_its_backquotes() {
        let appearance = Appearance { colour: true, ..Appearance::plain() };
        let mut inside = false;
        assert_eq!(appearance.inline_code("see `a` now", &mut inside), "see \u{1b}[36ma\u{1b}[0m now");
        assert_eq!(Appearance::plain().inline_code("see `a`", &mut inside), "see `a`");
    }
}
