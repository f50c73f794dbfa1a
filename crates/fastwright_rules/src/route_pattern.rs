//! Patterns that name routes in configuration: `GET /health`, `/internal/**`.

use std::fmt;

/// A pattern over method and full path.
///
/// `*` stands for any text inside one segment, `**` for any number of segments, `{anything}` for any path
/// parameter. Without a method, every method matches; several are separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutePattern {
    methods: Vec<String>,
    segments: Vec<String>,
}

/// Why a text is no route pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutePatternError(String);

impl fmt::Display for RoutePatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for RoutePatternError {}

impl RoutePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When there is no path that starts with `/`, or the method is not made of letters.
    pub fn parse(text: &str) -> Result<Self, RoutePatternError> {
        let mut words = text.split_whitespace();
        let (methods, path) = match (words.next(), words.next(), words.next()) {
            (Some(path), None, None) => ("", path),
            (Some(methods), Some(path), None) => (methods, path),
            _ => return Err(RoutePatternError(shape(text))),
        };
        if !path.starts_with('/') {
            return Err(RoutePatternError(shape(text)));
        }
        let methods: Vec<String> = match methods {
            "" | "*" => Vec::new(),
            list => list.split(',').map(str::to_ascii_uppercase).collect(),
        };
        if methods
            .iter()
            .any(|method| method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphabetic()))
        {
            return Err(RoutePatternError(shape(text)));
        }
        Ok(Self { methods, segments: path[1..].split('/').map(str::to_owned).collect() })
    }

    /// Whether a route with this method (or `WEBSOCKET`) and full path is meant.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let method_fits =
            self.methods.is_empty() || self.methods.iter().any(|known| known.eq_ignore_ascii_case(method));
        let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        method_fits && segments_match(&self.segments, &segments)
    }
}

fn shape(text: &str) -> String {
    format!(
        "`{text}` is no route pattern: write `GET /path` or `/path`, with `*` or `**` for what may differ"
    )
}

fn segments_match(pattern: &[String], path: &[&str]) -> bool {
    // Dynamic programming over suffixes: user patterns with many `**` must not take exponential time.
    let mut fits = vec![false; path.len() + 1];
    fits[path.len()] = true;
    for wanted in pattern.iter().rev() {
        let mut next = vec![false; path.len() + 1];
        if wanted == "**" {
            let mut reachable = false;
            for at in (0..=path.len()).rev() {
                reachable |= fits[at];
                next[at] = reachable;
            }
        } else {
            for at in 0..path.len() {
                next[at] = fits[at + 1] && segment_matches(wanted, path[at]);
            }
        }
        fits = next;
    }
    fits[0]
}

fn segment_matches(wanted: &str, actual: &str) -> bool {
    if is_parameter(wanted) {
        return is_parameter(actual);
    }
    let mut pieces = wanted.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = actual.strip_prefix(first) else { return false };
    if !wanted.contains('*') {
        return rest.is_empty();
    }
    let pieces: Vec<&str> = pieces.collect();
    let (last, middle) = pieces.split_last().map_or(("", [].as_slice()), |(last, middle)| (*last, middle));
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fits(pattern: &str, method: &str, path: &str) -> bool {
        RoutePattern::parse(pattern).unwrap().matches(method, path)
    }

    #[test]
    fn a_pattern_names_method_and_path() {
        assert!(fits("GET /health", "GET", "/health"));
        assert!(fits("get,head /health", "HEAD", "/health"));
        assert!(!fits("GET /health", "POST", "/health"));
        assert!(!fits("GET /health", "GET", "/health/live"));
        assert!(fits("/health", "DELETE", "/health"));
        assert!(fits("* /health", "DELETE", "/health"));
        assert!(fits("/", "GET", "/"));
    }

    #[test]
    fn stars_stay_in_their_segments_unless_doubled() {
        assert!(fits("/internal/*", "GET", "/internal/stats"));
        assert!(!fits("/internal/*", "GET", "/internal/stats/today"));
        assert!(fits("/internal/**", "GET", "/internal/stats/today"));
        assert!(fits("/**/health", "GET", "/health"));
        assert!(fits("/v*/orders.*", "GET", "/v12/orders.csv"));
        assert!(!fits("/a*a", "GET", "/a"));
    }

    #[test]
    fn a_parameter_stands_for_any_parameter() {
        assert!(fits("/orders/{id}", "GET", "/orders/{order_id:int}"));
        assert!(!fits("/orders/{id}", "GET", "/orders/latest"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "health", "GET", "GET health", "G3T /x", "GET /x y"] {
            assert!(RoutePattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn many_stars_end_quickly() {
        let pattern = "/**".repeat(200) + "/end";
        assert!(!fits(&pattern, "GET", &"/a".repeat(400)));
    }
}
