//! Parts of dotted names that are no [`Name`](crate::name::Name): `sqlalchemy.orm.Session`. They are short, and asked for
//! all the time: looking through their bytes costs a fraction of what the searches of the standard library set up.

fn dot(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'.')
}

fn last_dot(bytes: &[u8]) -> Option<usize> {
    bytes.iter().rposition(|byte| *byte == b'.')
}

/// The part before the first dot, or all of it: `requests` of `requests.get`.
pub fn first_part(dotted: &str) -> &str {
    dot(dotted.as_bytes()).map_or(dotted, |at| &dotted[..at])
}

/// The part after the last dot, or all of it: `get` of `requests.get`.
pub fn last_part(dotted: &str) -> &str {
    last_dot(dotted.as_bytes()).map_or(dotted, |at| &dotted[at + 1..])
}

/// The part before the first dot and what comes after it: `sqlalchemy` and `orm.Session`. Nothing where there is no dot.
pub fn first_and_rest(dotted: &str) -> Option<(&str, &str)> {
    dot(dotted.as_bytes()).map(|at| (&dotted[..at], &dotted[at + 1..]))
}

/// What comes before the last dot and the part after it: `sqlalchemy.orm` and `Session`. Nothing where there is no dot.
pub fn owner_and_last(dotted: &str) -> Option<(&str, &str)> {
    last_dot(dotted.as_bytes()).map(|at| (&dotted[..at], &dotted[at + 1..]))
}

/// All parts, from the first to the last.
pub fn parts(dotted: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(dotted);
    std::iter::from_fn(move || {
        let dotted = rest?;
        let (part, after) = first_and_rest(dotted).map_or((dotted, None), |(part, rest)| (part, Some(rest)));
        rest = after;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_that_the_standard_library_finds() {
        for dotted in
            ["", ".", "a", "a.b", "a.b.c", ".a", "a.", "a..b", "größe.maß", "sqlalchemy.orm.Session"]
        {
            assert_eq!(Some(first_part(dotted)), dotted.split('.').next());
            assert_eq!(Some(last_part(dotted)), dotted.rsplit('.').next());
            assert_eq!(first_and_rest(dotted), dotted.split_once('.'));
            assert_eq!(owner_and_last(dotted), dotted.rsplit_once('.'));
            assert!(parts(dotted).eq(dotted.split('.')));
        }
    }
}
