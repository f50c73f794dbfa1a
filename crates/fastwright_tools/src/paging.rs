//! Lists in pages that fit into a model's context.

use crate::error::ToolError;
use serde::Serialize;

/// Items of a page where nobody says how many.
const USUAL: usize = 30;
/// Items of a page at most.
const MOST: usize = 200;
/// Bytes of a page at most, as JSON; one item is given whatever its size.
const MOST_BYTES: usize = 24_000;

/// Which part of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    start: usize,
    most: usize,
}

/// A part of a list.
pub(crate) struct Part<T> {
    pub(crate) items: Vec<T>,
    /// Items in all pages.
    pub(crate) total: usize,
    /// What to ask for to get the next page.
    pub(crate) next: Option<String>,
}

impl Page {
    /// The page that `cursor` and `limit` mean.
    ///
    /// # Errors
    /// When the cursor is none that a tool gave.
    pub(crate) fn of(cursor: Option<&str>, limit: Option<u32>) -> Result<Self, ToolError> {
        let start = match cursor {
            None | Some("") => 0,
            Some(text) => text.strip_prefix('p').and_then(|number| number.parse().ok()).ok_or_else(|| {
                ToolError::arguments(format!(
                    "`{text}` is no cursor: pass `next_cursor` of the answer before, as it is"
                ))
            })?,
        };
        let most = limit.map_or(USUAL, |limit| limit as usize).clamp(1, MOST);
        Ok(Self { start, most })
    }

    /// The items of this page.
    pub(crate) fn take<T: Serialize>(self, items: Vec<T>) -> Part<T> {
        let total = items.len();
        let mut bytes = 0;
        let mut taken = Vec::new();
        for item in items.into_iter().skip(self.start) {
            bytes += serde_json::to_string(&item).map_or(0, |text| text.len());
            if taken.len() == self.most || (bytes > MOST_BYTES && !taken.is_empty()) {
                break;
            }
            taken.push(item);
        }
        let end = self.start + taken.len();
        let next = (end < total).then(|| format!("p{end}"));
        Part { items: taken, total, next }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn pages_hold_every_item_once() {
        let items: Vec<String> = (0..500).map(|number| format!("{number} {}", "x".repeat(300))).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let part = Page::of(cursor.as_deref(), Some(1000)).unwrap().take(items.clone());
            assert_eq!(part.total, 500);
            let bytes: usize = part.items.iter().map(String::len).sum();
            assert!(bytes <= MOST_BYTES);
            seen.extend(part.items);
            match part.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, items);
        assert!(Page::of(Some("17"), None).is_err());
        let huge = Page::of(None, None).unwrap().take(vec!["x".repeat(MOST_BYTES * 2)]);
        assert_eq!((huge.items.len(), huge.next), (1, None));
    }
}
