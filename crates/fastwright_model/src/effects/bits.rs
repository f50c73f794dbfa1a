//! Effects as bits: those of thousands of functions are joined, and the same few stand in most of them.

use super::Effects;
use fastwright_python::location::Location;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Everything that any function does, by number.
#[derive(Default)]
pub(super) struct Things {
    numbers: FxHashMap<Thing, usize>,
    all: Vec<Thing>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Thing {
    Reads(String),
    Writes(String),
    Status(u16),
    Outside(String),
}

impl Things {
    fn number(&mut self, thing: Thing) -> usize {
        *self.numbers.entry(thing).or_insert_with_key(|thing| {
            self.all.push(thing.clone());
            self.all.len() - 1
        })
    }

    /// Effects as bits.
    pub(super) fn done(&mut self, effects: Effects) -> Done {
        let mut done = Done { reads_credentials: effects.reads_credentials, bits: SmallVec::new() };
        let reads = effects.reads.into_iter().map(Thing::Reads);
        let writes = effects.writes.into_iter().map(Thing::Writes);
        let statuses = effects.statuses.into_iter().map(Thing::Status);
        let outside = effects.outside.into_iter().map(Thing::Outside);
        for thing in reads.chain(writes).chain(statuses).chain(outside) {
            done.insert(self.number(thing));
        }
        done
    }

    /// Bits as effects.
    pub(super) fn effects(&self, done: &Done, reads_credentials: Option<Location>) -> Effects {
        let mut effects = Effects { reads_credentials, ..Effects::default() };
        for number in done.numbers() {
            match &self.all[number] {
                Thing::Reads(table) => effects.reads.insert(table.clone()),
                Thing::Writes(table) => effects.writes.insert(table.clone()),
                Thing::Status(status) => effects.statuses.insert(*status),
                Thing::Outside(text) => effects.outside.insert(text.clone()),
            };
        }
        effects
    }
}

/// What is done, as numbers of [`Things`], and one place where credentials are read.
#[derive(Clone, Default)]
pub(super) struct Done {
    bits: SmallVec<[u64; 2]>,
    pub(super) reads_credentials: Option<Location>,
}

impl Done {
    fn insert(&mut self, number: usize) {
        let word = number / 64;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (number % 64);
    }

    pub(super) fn join(&mut self, other: &Self) {
        if self.bits.len() < other.bits.len() {
            self.bits.resize(other.bits.len(), 0);
        }
        self.bits.iter_mut().zip(&other.bits).for_each(|(word, more)| *word |= more);
        self.reads_credentials = self.reads_credentials.or(other.reads_credentials);
    }

    fn numbers(&self) -> impl Iterator<Item = usize> {
        let words = self.bits.iter().enumerate();
        words.flat_map(|(at, word)| {
            (0..64).filter(move |bit| word >> bit & 1 != 0).map(move |bit| at * 64 + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_the_same_as_bits() {
        let mut things = Things::default();
        // More than one word of bits.
        let all = |from: u16| Effects {
            reads: (from..from + 50).map(|number| format!("read_{number}")).collect(),
            writes: (from..from + 50).map(|number| format!("written_{number}")).collect(),
            statuses: (from..from + 50).collect(),
            outside: (from..from + 50).map(|number| format!("calls {number}")).collect(),
            reads_credentials: None,
        };
        let (first, second) = (things.done(all(0)), things.done(all(40)));
        let mut joined = first.clone();
        joined.join(&second);
        let shown = |done: &Done| things.effects(done, None);
        assert_eq!(shown(&first).reads, all(0).reads);
        assert_eq!(shown(&second).statuses, all(40).statuses);
        let joined = shown(&joined);
        assert_eq!((joined.reads.len(), joined.writes.len(), joined.outside.len()), (90, 90, 90));
        assert_eq!(joined.statuses, (0..90).collect());
        assert!(shown(&Done::default()).writes.is_empty());
    }
}
