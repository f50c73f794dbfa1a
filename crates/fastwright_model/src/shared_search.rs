//! Looking for one thing in many values, which share their parts.

use crate::facts::any_inside;
use fastwright_python::value::Value;
use rustc_hash::FxHashMap;

/// A search for one thing through many values. Values share their parts: those in which it was not found are looked
/// through once. So it may only live as long as the values do.
#[derive(Debug, Default)]
pub struct SharedSearch {
    /// Shared parts in which it was not found, with the levels that were looked through.
    without: FxHashMap<*const (), u32>,
}

impl SharedSearch {
    /// Whether a value contains, anywhere inside, something that satisfies a predicate. `may_hold` tells of a value
    /// whether that may be inside.
    pub fn finds(
        &mut self,
        value: &Value,
        may_hold: &dyn Fn(&Value) -> bool,
        predicate: &mut dyn FnMut(&Value) -> bool,
    ) -> bool {
        self.finds_within(value, may_hold, predicate, 16)
    }

    fn finds_within(
        &mut self,
        value: &Value,
        may_hold: &dyn Fn(&Value) -> bool,
        predicate: &mut dyn FnMut(&Value) -> bool,
        levels: u32,
    ) -> bool {
        if !may_hold(value) {
            return false;
        }
        let shared = value.shared_part();
        let looked = shared.and_then(|part| self.without.get(&part));
        if looked.is_some_and(|looked| *looked >= levels) {
            return false;
        }
        let found = predicate(value)
            || levels > 0
                && any_inside(value, &mut |part| self.finds_within(part, may_hold, predicate, levels - 1));
        if let (Some(part), false) = (shared, found) {
            self.without.insert(part, levels);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastwright_python::location::{FileId, Span};
    use fastwright_python::name::Name;
    use fastwright_python::program::FunctionId;
    use fastwright_python::value::{ParameterValue, Symbolic};

    /// `request.headers`, with as many items taken of it.
    fn nested(items: usize) -> Value {
        let function = FunctionId { file: FileId(0), index: 0 };
        let request =
            ParameterValue { function, name: Name::from("request"), annotation: None, span: Span::default() };
        let headers = Symbolic::Member {
            base: Value::symbolic(Symbolic::Parameter(request)),
            name: Name::from("headers"),
        };
        (0..items).fold(Value::symbolic(headers), |value, _| Value::symbolic(Symbolic::Element(value)))
    }

    #[test]
    fn a_search_remembers_what_it_has_seen_and_no_more() {
        let mut search = SharedSearch::default();
        let mut is_headers = |value: &Value| matches!(value.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "headers");
        let value = nested(14);
        let far = (0..4).fold(value.clone(), |value, _| Value::symbolic(Symbolic::Element(value)));
        // Too deep from there; what was seen on the way must not hide it from one who starts nearer.
        assert!(!search.finds(&far, &|_| true, &mut is_headers));
        assert!(search.finds(&value, &|_| true, &mut is_headers));
        let mut asked = 0;
        let mut never = |_: &Value| {
            asked += 1;
            false
        };
        let mut search = SharedSearch::default();
        assert!(!search.finds(&value, &|_| true, &mut never) && !search.finds(&value, &|_| true, &mut never));
        assert_eq!(asked, 16);
        assert!(!search.finds(&value, &|_| false, &mut |_| true));
    }
}
