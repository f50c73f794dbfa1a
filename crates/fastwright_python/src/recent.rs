//! A table of what was found lately: code asks for the same few things again and again.

/// What was found lately, each thing at the place that its hash says; a later one takes the place of an earlier one.
/// `PLACES` is a power of two. Entries say themselves what they were found for.
#[derive(Debug)]
pub(crate) struct Recent<E, const PLACES: usize>(Box<[Option<E>]>);

impl<E, const PLACES: usize> Default for Recent<E, PLACES> {
    fn default() -> Self {
        Self((0..PLACES).map(|_| None).collect())
    }
}

impl<E, const PLACES: usize> Recent<E, PLACES> {
    /// The place of what has this hash.
    pub(crate) fn place(&mut self, hash: usize) -> &mut Option<E> {
        &mut self.0[hash % PLACES]
    }

    /// The place of something with this address, and with more by which it differs from others there.
    pub(crate) fn place_of<T>(&mut self, part: &T, more: u64) -> &mut Option<E> {
        let address = std::ptr::from_ref(part).addr() as u64;
        let hash = (address ^ more).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        self.place(hash as usize)
    }
}
