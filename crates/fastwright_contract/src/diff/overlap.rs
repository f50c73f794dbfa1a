//! Which paths a route answers, as Starlette matches them.

/// One part of a path between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment<'p> {
    Text(&'p str),
    Parameter,
    /// `{path:path}`: this and everything behind it.
    Rest,
}

fn segments(path: &str) -> Vec<Segment<'_>> {
    path.split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(inner) if inner.ends_with(":path") => Segment::Rest,
            Some(_) => Segment::Parameter,
            None => Segment::Text(part),
        })
        .collect()
}

/// A path with something else in place of each parameter, which is given as its name and its converter.
fn with_parameters(path: &str, mut put: impl FnMut(&str, &str) -> String) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(start) = rest.find('{') {
        let Some(end) = rest[start..].find('}') else { break };
        let inner = &rest[start + 1..start + end];
        let (name, converter) = inner.split_once(':').unwrap_or((inner, ""));
        text.push_str(&rest[..start]);
        text.push_str(&put(name, converter));
        rest = &rest[start + end + 1..];
    }
    text.push_str(rest);
    text
}

/// A path with the names of its parameters left out: two with the same template are one for callers.
pub(crate) fn template(path: &str) -> String {
    // Converters that only check leave the path as it is.
    with_parameters(path, |_, converter| if converter == "path" { "{path}" } else { "{}" }.to_owned())
}

/// `/files/{path:path}` as the document writes it: `/files/{path}`.
pub(crate) fn without_converters(path: &str) -> String {
    with_parameters(path, |name, _| format!("{{{name}}}"))
}

/// Names of the parameters of a path, in order.
pub(crate) fn names(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    with_parameters(path, |name, _| {
        found.push(name.to_owned());
        String::new()
    });
    found
}

/// Whether some path is answered by both.
pub(crate) fn overlap(left: &str, right: &str) -> bool {
    let (left, right) = (segments(left), segments(right));
    for position in 0..left.len().max(right.len()) {
        match (left.get(position), right.get(position)) {
            (Some(Segment::Rest), Some(_)) | (Some(_), Some(Segment::Rest)) => return true,
            (Some(Segment::Text(left)), Some(Segment::Text(right))) if left != right => return false,
            (Some(Segment::Text("")), Some(Segment::Parameter))
            | (Some(Segment::Parameter), Some(Segment::Text(""))) => return false,
            (Some(_), Some(_)) => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_meet_where_a_caller_can_mean_both() {
        assert!(overlap("/users/me", "/users/{user_id}"));
        assert!(overlap("/files/{path:path}", "/files/a/b"));
        assert!(!overlap("/users/me", "/users/{user_id}/orders"));
        assert!(!overlap("/users/", "/users/{user_id}"));
        assert!(!overlap("/a/{x}", "/b/{x}"));
    }

    #[test]
    fn names_of_parameters_are_left_out_of_templates() {
        assert_eq!(template("/a/{b}/c/{d:int}/{e:path}"), "/a/{}/c/{}/{path}");
        assert_eq!(names("/a/{b}/c/{d:int}"), ["b", "d"]);
        assert_eq!(without_converters("/a/{b}/{e:path}/c"), "/a/{b}/{e}/c");
    }
}
