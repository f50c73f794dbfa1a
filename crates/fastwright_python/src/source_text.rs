//! The texts of files. Those of a project stand in few blocks, one behind the other: each by itself would take as much
//! room as the allocator has for texts of about its size, and begin a page of memory for each of these sizes.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Bytes of a block.
const BLOCK: usize = 256 * 1024;

/// From this size on, a text gets a block of its own where the one that is being filled has no room for it.
const LARGE: usize = 32 * 1024;

/// The text of a file.
#[derive(Clone)]
pub struct SourceText {
    block: Arc<String>,
    place: Range<usize>,
}

impl Deref for SourceText {
    type Target = str;

    fn deref(&self) -> &str {
        self.block.get(self.place.clone()).unwrap_or_default()
    }
}

impl From<String> for SourceText {
    fn from(text: String) -> Self {
        Self { place: 0..text.len(), block: Arc::new(text) }
    }
}

impl From<&str> for SourceText {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Default for SourceText {
    fn default() -> Self {
        Self::from(String::new())
    }
}

impl PartialEq for SourceText {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for SourceText {}

impl fmt::Debug for SourceText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}

/// Where a text stands in [`TextBlocks`].
#[derive(Debug)]
pub(crate) struct TextPlace {
    block: usize,
    place: Range<usize>,
}

/// Blocks that are being filled with texts.
#[derive(Debug, Default)]
pub(crate) struct TextBlocks {
    blocks: Vec<String>,
    /// The block that small texts are added to.
    filling: Option<usize>,
}

impl TextBlocks {
    /// Adds a text.
    pub(crate) fn add(&mut self, text: &str) -> TextPlace {
        let has_room = |block: &String| block.capacity() - block.len() >= text.len();
        let filling = self.filling.filter(|filling| has_room(&self.blocks[*filling]));
        let block = filling.unwrap_or_else(|| {
            let next = self.blocks.len();
            let is_large = text.len() >= LARGE;
            self.blocks.push(String::with_capacity(if is_large { text.len() } else { BLOCK }));
            if !is_large {
                self.filling = Some(next);
            }
            next
        });
        let start = self.blocks[block].len();
        self.blocks[block].push_str(text);
        TextPlace { block, place: start..start + text.len() }
    }

    /// The blocks, once nothing more is added.
    pub(crate) fn finish(self) -> Vec<Arc<String>> {
        self.blocks.into_iter().map(Arc::new).collect()
    }
}

impl TextPlace {
    /// The text at this place of finished blocks.
    pub(crate) fn in_blocks(self, blocks: &[Arc<String>]) -> SourceText {
        SourceText { block: Arc::clone(&blocks[self.block]), place: self.place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_where_they_were_added() {
        let lengths = [0, 1, 10, LARGE - 1, LARGE, BLOCK - LARGE, 3 * BLOCK, LARGE - 1, 7, 0, LARGE - 1];
        let mut texts: Vec<String> = (0..20)
            .flat_map(|round| lengths.map(|length| "abc1".chars().cycle().skip(round).take(length).collect()))
            .collect();
        texts.extend(["größe", "größe", ""].map(str::to_owned));
        let mut blocks = TextBlocks::default();
        let places: Vec<TextPlace> = texts.iter().map(|text| blocks.add(text)).collect();
        let blocks = blocks.finish();
        let found: Vec<SourceText> = places.into_iter().map(|place| place.in_blocks(&blocks)).collect();
        assert!(found.iter().zip(&texts).all(|(found, text)| **found == **text));
        // Small ones share blocks, and none is copied as others are added.
        let shared = blocks.iter().filter(|block| block.capacity() == BLOCK);
        let filled: usize = shared.clone().map(|block| block.len()).sum();
        assert!(shared.count() <= filled / (BLOCK - LARGE) + 1);
        assert!(blocks.iter().all(|block| block.capacity() <= block.len().max(BLOCK)));
    }
}
