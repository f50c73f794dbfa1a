//! Lists in pages, as the protocol has them.

use rmcp::ErrorData;
use rmcp::model::PaginatedRequestParams;

/// Entries of a page.
const PAGE: usize = 50;

/// The page that a request asks for, and the cursor of the one behind it.
///
/// # Errors
/// When the cursor is none that an answer had.
pub(super) fn page<T>(
    items: Vec<T>,
    request: Option<&PaginatedRequestParams>,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let start = match request.and_then(|request| request.cursor.as_deref()) {
        None => 0,
        Some(text) => text
            .strip_prefix('p')
            .and_then(|number| number.parse::<usize>().ok())
            .filter(|&start| start < items.len())
            .ok_or_else(|| ErrorData::invalid_params(format!("`{text}` is no cursor of this list"), None))?,
    };
    let end = items.len().min(start + PAGE);
    let next = (end < items.len()).then(|| format!("p{end}"));
    Ok((items.into_iter().skip(start).take(PAGE).collect(), next))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_entry_is_on_one_page() {
        let items: Vec<usize> = (0..120).collect();
        let (mut seen, mut request) = (Vec::new(), None);
        loop {
            let (page, next) = page(items.clone(), request.as_ref()).unwrap();
            seen.extend(page);
            let Some(next) = next else { break };
            request = Some(PaginatedRequestParams::default().with_cursor(Some(next)));
        }
        assert_eq!(seen, items);
        for wrong in ["", "p", "p120", "x5", "p-1"] {
            let request = PaginatedRequestParams::default().with_cursor(Some(wrong.to_owned()));
            assert!(page(items.clone(), Some(&request)).is_err(), "{wrong}");
        }
    }
}
