//! Interned names: identifiers and dotted names of modules, of which a program has few different ones and
//! very many copies. A [`Name`] is one pointer; equality and hashing cost the same for every length.
//!
//! Names live as long as the process. Their hash comes from the text, so that maps keyed by names have the
//! same order in every run.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Tables, so that threads that parse seldom wait for each other. A power of two.
const TABLES: usize = 32;

/// Places for names that each thread finds again without asking a table, each for two. A power of two.
const RECENT: usize = 1024;

/// Members of names that each thread finds again. A power of two.
const RECENT_MEMBERS: usize = 512;

/// Room for this many different names is made at once in each table: a program of a thousand files has more.
const ROOM: usize = 600;

/// An interned text.
#[derive(Clone, Copy)]
pub struct Name(&'static Entry);

struct Entry {
    hash: u64,
    text: &'static str,
    /// Where the part before the first dot ends.
    first: u32,
    /// Where the part after the last dot begins.
    last: u32,
}

/// Sixteen bytes of a text, and how many it has. Most names are no longer than that: whether one is found again is known
/// without looking at its text, which stands elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outline {
    first: u64,
    last: u64,
    /// Of a text of 4 GiB and more, the most that can be said.
    length: u32,
}

impl Outline {
    /// Bytes of texts that are kept whole.
    const BYTES: usize = 16;

    pub(crate) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let length = bytes.len();
        // Lengths differ from name to name, so that what to do is not decided by them: of every text of four bytes and
        // more, the same four places are read, which overlap in a short one.
        let four = |at: usize| {
            let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
            four.map_or(0, |four| u64::from(u32::from_le_bytes(*four)))
        };
        let (first, last) = match length {
            0 => (0, 0),
            1..4 => {
                let [first, middle, last] = [0, length / 2, length - 1].map(|at| u64::from(bytes[at]));
                (first | middle << 8 | last << 16, 0)
            }
            _ => {
                let end = length - 4;
                let step = end.min(4);
                (four(0) | four(step) << 32, four(end - step) | four(end) << 32)
            }
        };
        Self { first, last, length: u32::try_from(length).unwrap_or(u32::MAX) }
    }

    /// Where what has this outline is found again, among so many places.
    pub(crate) fn place(self, places: usize) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(23)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize % places
    }

    /// Whether this is the whole text.
    pub(crate) fn is_all(self) -> bool {
        self.length as usize <= Self::BYTES
    }
}

static TABLE: LazyLock<[Mutex<HashTable<Name>>; TABLES]> =
    LazyLock::new(|| std::array::from_fn(|_| Mutex::new(HashTable::with_capacity(ROOM))));

/// A name that was asked for, with its outline, and [`Name::mixed`].
#[derive(Clone, Copy)]
struct Asked {
    first: u64,
    last: u64,
    length: u32,
    mixed: u32,
    name: Name,
}

impl Asked {
    fn is_it(&self, outline: Outline, text: &str) -> bool {
        let known = Outline { first: self.first, last: self.last, length: self.length };
        known == outline && (outline.is_all() || self.name.0.text == text)
    }
}

/// The last two names that belong to a place, the last one first. They are one line of the cache: looking for the second
/// one as well costs nothing, and the whole is half as large as it would have to be with one name in each place.
#[repr(align(64))]
struct LastTwo([Cell<Option<Asked>>; 2]);

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<LastTwo>() == 64);

thread_local! {
    /// Names that this thread asked for, by their outline: code repeats the same few all the time.
    static RECENTLY: [LastTwo; RECENT] =
        const { [const { LastTwo([const { Cell::new(None) }; 2]) }; RECENT] };
}

impl Name {
    /// The name with this text.
    pub fn new(text: &str) -> Self {
        Self::new_and_mixed(text).0
    }

    /// The same with [`Name::mixed`], without looking at the name itself where it was asked for lately: that stands
    /// elsewhere in memory.
    pub(crate) fn new_and_mixed(text: &str) -> (Self, u32) {
        RECENTLY.with(|recently| {
            let outline = Outline::of(text);
            let LastTwo([last, before]) = &recently[outline.place(RECENT)];
            let is_it = |asked: &Asked| asked.is_it(outline, text);
            if let Some(asked) = last.get().filter(is_it) {
                return (asked.name, asked.mixed);
            }
            let asked = before.get().filter(is_it).unwrap_or_else(|| {
                let name = Self::in_table(text);
                let Outline { first, last, length } = outline;
                Asked { first, last, length, mixed: name.mixed(), name }
            });
            before.set(last.replace(Some(asked)));
            (asked.name, asked.mixed)
        })
    }

    fn in_table(text: &str) -> Self {
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        let hash = hasher.finish();
        let table = &TABLE[(hash >> 32) as usize % TABLES];
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = table.find(hash, |name| name.0.text == text) {
            return *known;
        }
        let text: &'static str = Box::leak(Box::from(text));
        let (first, last) = match memchr::memchr(b'.', text.as_bytes()) {
            Some(dot) => (dot, memchr::memrchr(b'.', text.as_bytes()).map_or(0, |dot| dot + 1)),
            None => (text.len(), 0),
        };
        // A name of more than 4 GiB has no use for its parts.
        let (first, last) = (u32::try_from(first).unwrap_or(0), u32::try_from(last).unwrap_or(0));
        let name = Self(Box::leak(Box::new(Entry { hash, text, first, last })));
        table.insert_unique(hash, name, |name| name.0.hash);
        name
    }

    /// The name of something inside another: `requests` and `get` give `requests.get`.
    pub fn dotted(owner: &str, name: &str) -> Self {
        thread_local! {
            static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
        }
        TEXT.with_borrow_mut(|text| {
            text.clear();
            text.push_str(owner);
            text.push('.');
            text.push_str(name);
            Self::new(text)
        })
    }

    /// The same for two names: what was asked lately is not put together again.
    pub fn member(self, name: Self) -> Self {
        thread_local! {
            static RECENTLY: [Cell<Option<(Name, Name, Name)>>; RECENT_MEMBERS] =
                const { [const { Cell::new(None) }; RECENT_MEMBERS] };
        }
        RECENTLY.with(|recently| {
            let hash = (self.0.hash.rotate_left(7) ^ name.0.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            let place = &recently[hash as usize % RECENT_MEMBERS];
            match place.get() {
                Some((owner, known, member)) if owner == self && known == name => member,
                _ => {
                    let member = Self::dotted(&self, &name);
                    place.set(Some((self, name, member)));
                    member
                }
            }
        })
    }

    /// The text.
    pub fn as_str(&self) -> &'static str {
        self.0.text
    }

    /// The part before the first dot, or all of it: `requests` of `requests.get`.
    pub fn first_part(&self) -> &'static str {
        &self.0.text[..self.0.first as usize]
    }

    /// The part after the last dot, or all of it: `get` of `requests.get`.
    pub fn last_part(&self) -> &'static str {
        &self.0.text[self.0.last as usize..]
    }

    /// The part before the last dot and the part after it: `requests` and `get` of `requests.get`. Nothing where there is
    /// no dot.
    pub fn owner_and_last(&self) -> Option<(&'static str, &'static str)> {
        let last = self.0.last as usize;
        Some((&self.0.text[..last.checked_sub(1)?], &self.0.text[last..]))
    }

    /// A number that no other name has, another one in every run: for tables whose order nobody sees.
    pub fn identity(&self) -> usize {
        std::ptr::from_ref(self.0).addr()
    }

    /// Twenty-eight bits that depend on the whole text, the same in every run.
    pub(crate) fn mixed(self) -> u32 {
        (self.0.hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 36) as u32
    }

    /// The hash of the text, the same in every run.
    pub fn precomputed_hash(&self) -> u64 {
        self.0.hash
    }
}

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.text
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.0.text
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::new("")
    }
}

impl<T: AsRef<str> + ?Sized> From<&T> for Name {
    fn from(text: &T) -> Self {
        Self::new(text.as_ref())
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.text.to_owned()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Name {}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0.text == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0.text == *other
    }
}

impl PartialEq<String> for Name {
    fn eq(&self, other: &String) -> bool {
        self.0.text == other
    }
}

impl PartialEq<Name> for str {
    fn eq(&self, other: &Name) -> bool {
        self == other.0.text
    }
}

impl PartialEq<Name> for &str {
    fn eq(&self, other: &Name) -> bool {
        *self == other.0.text
    }
}

impl PartialEq<Name> for String {
    fn eq(&self, other: &Name) -> bool {
        self == other.0.text
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.text.cmp(other.0.text)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.text, formatter)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.text, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_the_same_name() {
        let long = "x".repeat(10_000);
        for text in ["", "orders", "größe", long.as_str()] {
            assert_eq!(Name::new(text), Name::from(text.to_owned()));
            assert_eq!(Name::new(text), *text);
            assert_eq!(Name::dotted(text, "id"), *format!("{text}.id"));
            for _ in 0..2 {
                assert_eq!(Name::new(text).member(Name::new("id")), Name::dotted(text, "id"));
                assert_eq!(Name::new("id").member(Name::new(text)), Name::dotted("id", text));
            }
        }
        assert_ne!(Name::new("orders"), Name::new("order"));
        for (text, first, last) in [
            ("requests.get", "requests", "get"),
            ("get", "get", "get"),
            ("a.b.c", "a", "c"),
            ("a.", "a", ""),
            ("", "", ""),
        ] {
            assert_eq!(Name::new(text).first_part(), first);
            assert_eq!(Name::new(text).last_part(), last);
        }
        assert!(Name::new("b") > Name::new("a"));
    }

    #[test]
    fn outlines_tell_short_texts_apart() {
        // Every length, and in each place every byte counts.
        let mut texts: Vec<String> = (0..=Outline::BYTES).map(|length| "a".repeat(length)).collect();
        for length in 1..=Outline::BYTES {
            for at in 0..length {
                texts.push(format!("{}b{}", "a".repeat(at), "a".repeat(length - at - 1)));
            }
        }
        for (number, text) in texts.iter().enumerate() {
            assert!(Outline::of(text).is_all(), "{text}");
            assert!(texts[..number].iter().all(|other| Outline::of(other) != Outline::of(text)), "{text}");
        }
        for length in [17, 18, 300] {
            assert!(!Outline::of(&"a".repeat(length)).is_all());
        }
        let (one, other) = (format!("first_{}_x", "y".repeat(40)), format!("first_{}_x", "z".repeat(40)));
        assert_eq!(Name::new(&one), *one);
        assert_eq!(Name::new(&other), *other);
    }

    #[test]
    fn threads_get_the_same_names() {
        let texts: Vec<String> = (0..5_000).map(|number| format!("name_{number}")).collect();
        let names = || texts.iter().map(|text| Name::new(text)).collect::<Vec<_>>();
        let (one, other) = rayon::join(names, names);
        assert_eq!(one, other);
        assert!(one.iter().zip(&texts).all(|(name, text)| name == text));
    }
}
