//! What addresses a path pattern matches, and whether one pattern takes all addresses of another
//! (Starlette 1.0 `routing.py`: `compile_path`, `Mount`).

use std::iter::Peekable;
use std::str::Chars;

/// A piece of a segment between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Parameter(Converter),
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Converter {
    /// Everything but a slash.
    Str,
    /// Digits.
    Int,
    /// Digits with a point.
    Float,
    /// A UUID.
    Uuid,
    /// Everything.
    Path,
    /// A converter of the application, by which nothing is decided.
    Other,
}

/// A path pattern by its segments, without the names of parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathShape {
    segments: Vec<Vec<Piece>>,
}

impl PathShape {
    /// The shape of `/users/{user_id:int}`.
    pub fn new(path: &str) -> Self {
        Self { segments: path.split('/').skip(usize::from(path.starts_with('/'))).map(pieces).collect() }
    }

    /// The shape of everything below a mount.
    pub fn below(path: &str) -> Self {
        let mut shape = Self::new(path.trim_end_matches('/'));
        if path.trim_end_matches('/').is_empty() {
            shape.segments.clear();
        }
        shape.segments.push(vec![Piece::Parameter(Converter::Path)]);
        shape
    }

    /// Whether every address of `other` is an address of this shape too. `false` where it is not decided.
    pub fn covers(&self, other: &PathShape) -> bool {
        covers(&self.segments, &other.segments)
    }

    /// The text of the segment of `other` that meets the first parameter here, and the position of that
    /// parameter among the segments.
    pub fn first_taken<'o>(&self, other: &'o PathShape) -> Option<(usize, &'o str)> {
        self.segments.iter().zip(&other.segments).enumerate().find_map(|(index, (own, theirs))| {
            match (own.as_slice(), theirs.as_slice()) {
                ([Piece::Parameter(Converter::Str)], [Piece::Text(text)]) => Some((index, text.as_str())),
                _ => None,
            }
        })
    }
}

fn pieces(segment: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut text = String::new();
    let mut letters = segment.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '{'
            && let Some(converter) = parameter(&mut letters)
        {
            if !text.is_empty() {
                found.push(Piece::Text(std::mem::take(&mut text)));
            }
            found.push(Piece::Parameter(converter));
        } else {
            text.push(letter);
        }
    }
    if !text.is_empty() || found.is_empty() {
        found.push(Piece::Text(text));
    }
    found
}

/// The rest of `{name}` or `{name:converter}`, behind the brace.
fn parameter(letters: &mut Peekable<Chars<'_>>) -> Option<Converter> {
    let inside: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
    Some(match inside.split_once(':').map(|(_, converter)| converter) {
        None | Some("str") => Converter::Str,
        Some("int") => Converter::Int,
        Some("float") => Converter::Float,
        Some("uuid") => Converter::Uuid,
        Some("path") => Converter::Path,
        Some(_) => Converter::Other,
    })
}

fn covers(own: &[Vec<Piece>], theirs: &[Vec<Piece>]) -> bool {
    match (own.split_first(), theirs.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if **first == [Piece::Parameter(Converter::Path)] => {
            if rest.is_empty() {
                // One segment or more, the empty one included.
                return !theirs.is_empty();
            }
            // The parameter may take any number of segments.
            (1..=theirs.len()).any(|taken| covers(rest, &theirs[taken..]))
        }
        (Some((first, rest)), Some((their_first, their_rest))) => {
            segment_covers(first, their_first) && covers(rest, their_rest)
        }
        _ => false,
    }
}

fn segment_covers(own: &[Piece], theirs: &[Piece]) -> bool {
    match (own, theirs) {
        ([Piece::Text(own)], [Piece::Text(theirs)]) => own == theirs,
        ([Piece::Parameter(own)], [Piece::Text(theirs)]) => own.takes(theirs),
        ([Piece::Parameter(own)], [Piece::Parameter(theirs)]) => own.covers(*theirs),
        ([Piece::Parameter(Converter::Str)], theirs) => {
            !theirs.iter().any(|piece| matches!(piece, Piece::Parameter(Converter::Path | Converter::Other)))
        }
        _ => {
            own.len() == theirs.len()
                && own.iter().zip(theirs).all(|(own, theirs)| match (own, theirs) {
                    (Piece::Text(own), Piece::Text(theirs)) => own == theirs,
                    (Piece::Parameter(own), Piece::Parameter(theirs)) => own.covers(*theirs),
                    _ => false,
                })
        }
    }
}

impl Converter {
    fn takes(self, text: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Converter::Str => !text.is_empty(),
            Converter::Path => true,
            Converter::Int => digits(text),
            Converter::Float => match text.split_once('.') {
                Some((whole, part)) => digits(whole) && digits(part),
                None => digits(text),
            },
            Converter::Uuid | Converter::Other => false,
        }
    }

    fn covers(self, other: Converter) -> bool {
        self == other && self != Converter::Other
            || match self {
                Converter::Path => true,
                Converter::Str => !matches!(other, Converter::Path | Converter::Other),
                Converter::Float => other == Converter::Int,
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(one: &str, other: &str) -> bool {
        PathShape::new(one).covers(&PathShape::new(other))
    }

    #[test]
    fn a_parameter_takes_a_fixed_segment_and_nothing_longer() {
        assert!(covers("/users/{user_id}", "/users/me"));
        assert!(covers("/users/{user_id}", "/users/{name:int}"));
        assert!(!covers("/users/{user_id}", "/users/me/orders"));
        assert!(!covers("/users/{user_id}", "/users/"));
        assert!(!covers("/users/{user_id:int}", "/users/me"));
        assert!(!covers("/users/{user_id:int}", "/users/{name}"));
        assert!(!covers("/users/me", "/users/{user_id}"));
        assert!(covers("/{kind}/{name}.json", "/books/{title}.json"));
        assert!(!covers("/{name}.json", "/{name}"));
    }

    #[test]
    fn a_path_takes_everything_behind_its_slash() {
        assert!(covers("/files/{path:path}", "/files/recent"));
        assert!(covers("/files/{path:path}", "/files/a/{b}/c"));
        assert!(covers("/{path:path}/raw", "/a/b/raw"));
        assert!(!covers("/files/{path:path}", "/files"));
        assert!(!covers("/files/{name}", "/files/{path:path}"));
    }

    #[test]
    fn a_mount_takes_everything_below() {
        assert!(PathShape::below("/inner").covers(&PathShape::new("/inner/status")));
        assert!(!PathShape::below("/inner").covers(&PathShape::new("/inner")));
        assert!(PathShape::below("").covers(&PathShape::new("/")));
        assert!(PathShape::below("/").covers(&PathShape::new("/a/b")));
    }

    #[test]
    fn names_of_parameters_do_not_matter() {
        assert_eq!(PathShape::new("/books/{a}"), PathShape::new("/books/{b}"));
        assert_ne!(PathShape::new("/books/{a}"), PathShape::new("/books/{b:int}"));
        assert_ne!(PathShape::new("/books"), PathShape::new("/books/"));
    }
}
