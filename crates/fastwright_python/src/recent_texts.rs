//! Short texts of code: it writes the same ones again and again, and each is one text then.

use crate::name::Outline;
use crate::recent::Recent;
use crate::value::Text;
use std::cell::RefCell;

/// How many each thread finds again.
const RECENT: usize = 1024;

thread_local! {
    /// Texts by their outlines.
    static RECENTLY: RefCell<Recent<(Outline, Text), RECENT>> = RefCell::default();
}

/// A text that is shared with the last one like it, where that was made lately and is short.
pub(crate) fn shared_text(text: &str) -> Text {
    let outline = Outline::of(text);
    if !outline.is_all() {
        return Text::from(text);
    }
    RECENTLY.with_borrow_mut(|recently| match recently.place(outline.place(RECENT)) {
        Some((known, made)) if *known == outline => made.clone(),
        place => place.insert((outline, Text::from(text))).1.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_shared() {
        for text in ["", "id", "0123456789abcdef", "größe"] {
            let (one, other) = (shared_text(text), shared_text(text));
            assert_eq!(one, text);
            assert!(Text::ptr_eq(&one, &other), "{text}");
        }
        let long = "x".repeat(200);
        assert_eq!(shared_text(&long), long);
        // More than are found again.
        let texts: Vec<String> = (0..3 * RECENT).map(|number| number.to_string()).collect();
        let made: Vec<Text> = texts.iter().map(|text| shared_text(text)).collect();
        assert!(made.iter().zip(&texts).all(|(made, text)| made == text));
    }
}
