//! Names of definitions, and the choice of the shortest that is not ambiguous
//! (`GenerateJsonSchema.get_defs_ref`, `_DefinitionsRemapping`).

use super::equality::same;
use crate::json::{Json, JsonObject};
use crate::pydantic::Mode;
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// What stands before the name of a definition in a reference (FastAPI's `REF_TEMPLATE`).
const REFERENCE_PREFIX: &str = "#/components/schemas/";

/// Rounds of simplification, at most; Pydantic gives up after as many.
const MOST_ROUNDS: usize = 100;

/// The reference to a definition.
pub(super) fn json_reference(name: &str) -> String {
    format!("{REFERENCE_PREFIX}{name}")
}

/// The names that definitions were given so far, each with the shorter ones that it may get in the end.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The unambiguous name of each core schema's reference in a mode.
    known: FxHashMap<(Rc<str>, Mode), Rc<str>>,
    /// Every unambiguous name with its alternatives, the best first, itself last.
    choices: IndexMap<Rc<str>, Vec<String>>,
    /// How many core schemas have the same qualified name.
    collisions: FxHashMap<String, usize>,
    /// The number of each core schema among those of its qualified name.
    occurrences: FxHashMap<String, usize>,
}

impl Names {
    /// The unambiguous name of a core schema's reference, if it has one already.
    pub(super) fn get(&self, reference: &Rc<str>, mode: Mode) -> Option<Rc<str>> {
        self.known.get(&(Rc::clone(reference), mode)).cloned()
    }

    /// The unambiguous name of a core schema's reference (`get_cache_defs_ref_schema`).
    pub(super) fn get_or_make(&mut self, reference: &Rc<str>, mode: Mode) -> Rc<str> {
        if let Some(name) = self.get(reference, mode) {
            return name;
        }
        let name = self.make(reference, mode);
        self.known.insert((Rc::clone(reference), mode), Rc::clone(&name));
        name
    }

    /// Whether a reference of JSON Schema is to a definition; gives its name.
    pub(super) fn named_by<'r>(&self, json_reference: &'r str) -> Option<&'r str> {
        let name = json_reference.strip_prefix(REFERENCE_PREFIX)?;
        self.choices.contains_key(name).then_some(name)
    }

    fn make(&mut self, reference: &str, mode: Mode) -> Rc<str> {
        let title = match mode {
            Mode::Validation => "Input",
            Mode::Serialization => "Output",
        };
        let parts = components(reference);
        let without_numbers: String = parts.iter().map(|part| without_number(part)).collect();
        let short: String = parts.iter().map(|part| last_names(without_number(part))).collect();
        let name = normalized(&short);
        let name_with_mode = format!("{name}-{title}");
        let qualified = normalized(&without_numbers);
        let qualified_with_mode = format!("{qualified}-{title}");
        let identity = normalized(reference);
        let number = match self.occurrences.get(&identity) {
            Some(number) => *number,
            None => {
                let count = self.collisions.entry(qualified.clone()).or_default();
                *count += 1;
                self.occurrences.insert(identity, *count);
                *count
            }
        };
        let numbered = format!("{qualified}__{number}");
        let unambiguous: Rc<str> = format!("{qualified_with_mode}__{number}").into();
        let choices =
            vec![name, name_with_mode, qualified, qualified_with_mode, numbered, unambiguous.to_string()];
        self.choices.insert(Rc::clone(&unambiguous), choices);
        unambiguous
    }

    /// Which names the definitions get in the end; none where no choice is left.
    ///
    /// `earlier_names`: whether references under names of earlier rounds are renamed.
    pub(super) fn remapping(
        &self,
        definitions: &IndexMap<Rc<str>, JsonObject>,
        earlier_names: bool,
    ) -> Option<Remapping> {
        let mut copies: Vec<JsonObject> = definitions.values().cloned().collect();
        let mut before: Option<IndexMap<String, usize>> = None;
        for _ in 0..MOST_ROUNDS {
            let remapping = self.simplified(definitions, &copies, earlier_names)?;
            for copy in &mut copies {
                remapping.apply_to_object(copy);
            }
            let mut after: IndexMap<String, usize> = IndexMap::new();
            for (index, name) in definitions.keys().enumerate() {
                after.insert(remapping.name(name).to_owned(), index);
            }
            if let Some(before) = &before
                && before.len() == after.len()
                && before.iter().all(|(name, index)| {
                    after
                        .get(name)
                        .is_some_and(|other| index == other || same_objects(&copies[*index], &copies[*other]))
                })
            {
                return Some(remapping);
            }
            if definitions.is_empty() {
                return Some(remapping);
            }
            before = Some(after);
        }
        None
    }

    fn simplified(
        &self,
        definitions: &IndexMap<Rc<str>, JsonObject>,
        copies: &[JsonObject],
        earlier_names: bool,
    ) -> Option<Remapping> {
        // How many different schemas could have a name: only one or more is of interest.
        let mut candidates: FxHashMap<&str, Candidates<'_>> = FxHashMap::default();
        for (name, copy) in definitions.keys().zip(copies) {
            for alternative in self.choices.get(name)? {
                candidates
                    .entry(alternative)
                    .and_modify(|known| known.are_different |= !same_objects(known.first, copy))
                    .or_insert(Candidates { first: copy, are_different: false });
            }
        }
        let mut remapping = Remapping::default();
        for name in definitions.keys() {
            let alternatives = self.choices.get(name)?;
            let chosen = alternatives.iter().position(|choice| {
                candidates.get(choice.as_str()).is_some_and(|candidates| !candidates.are_different)
            })?;
            remapping.names.insert(name.to_string(), alternatives[chosen].clone());
            let renamed = match earlier_names {
                true => &alternatives[chosen..],
                false => std::slice::from_ref(alternatives.last()?),
            };
            for alternative in renamed {
                let target = json_reference(&alternatives[chosen]);
                remapping.references.insert(json_reference(alternative), target);
            }
        }
        Some(remapping)
    }
}

/// The schemas that could have one name.
struct Candidates<'s> {
    first: &'s JsonObject,
    are_different: bool,
}

fn same_objects(left: &JsonObject, right: &JsonObject) -> bool {
    left.len() == right.len()
        && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
}

/// New names of definitions and of the references to them.
#[derive(Debug, Default)]
pub(super) struct Remapping {
    names: FxHashMap<String, String>,
    references: FxHashMap<String, String>,
}

impl Remapping {
    /// The new name of a definition.
    pub(super) fn name<'n>(&'n self, name: &'n str) -> &'n str {
        self.names.get(name).map_or(name, String::as_str)
    }

    /// Replaces every text that is a reference.
    pub(super) fn apply(&self, schema: &mut Json) {
        match schema {
            Json::String(text) => {
                if let Some(target) = self.references.get(text) {
                    target.clone_into(text);
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Json::Object(object) => self.apply_to_object(object),
            _ => {}
        }
    }

    /// Replaces every text inside an object that is a reference, and names below `$defs`.
    pub(super) fn apply_to_object(&self, object: &mut JsonObject) {
        for (key, value) in object.iter_mut() {
            match value {
                Json::Object(nested) if key == "$defs" => {
                    let taken = std::mem::take(nested);
                    for (name, mut value) in taken {
                        self.apply(&mut value);
                        nested.insert(self.name(&name).to_owned(), value);
                    }
                }
                _ => self.apply(value),
            }
        }
    }
}

/// A reference of a core schema in its parts: the generic type and its arguments, and what is between.
fn components(reference: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (index, separator) in reference.match_indices([']', '[', ',']) {
        parts.push(&reference[start..index]);
        parts.push(separator);
        start = index + separator.len();
    }
    parts.push(&reference[start..]);
    parts
}

fn without_number(part: &str) -> &str {
    part.rsplit_once(':').map_or(part, |(name, _)| name)
}

/// The name behind the last dot, for each dotted name in the text.
fn last_names(part: &str) -> String {
    // What has no dots between two names stays: a leading dot, several dots in a row.
    let mut result = String::with_capacity(part.len());
    let mut rest = part;
    while !rest.is_empty() {
        let run = rest.len() - rest.trim_start_matches('.').len();
        result.push_str(&rest[..run]);
        rest = &rest[run..];
        // As many `name.` as are followed by another name.
        loop {
            let name = rest.find('.').unwrap_or(rest.len());
            let following = &rest[name..];
            let continues = following.len() > 1 && !following[1..].starts_with('.');
            if name > 0 && continues {
                rest = &following[1..];
            } else {
                result.push_str(&rest[..name]);
                rest = following;
                break;
            }
        }
    }
    result
}

/// A name that may stand in a reference (`normalize_name`).
fn normalized(name: &str) -> String {
    let mut result = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '.' => result.push_str("__"),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => result.push(character),
            _ => result.push('_'),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_modules_and_numbers() {
        let mut names = Names::default();
        let reference: Rc<str> = "app.models.Page:94[app.orders.Order:95,builtins.int:1]".into();
        let name = names.get_or_make(&reference, Mode::Serialization);
        assert_eq!(&*name, "app__models__Page_app__orders__Order_builtins__int_-Output__1");
        assert_eq!(
            names.choices[&name],
            [
                "Page_Order_int_",
                "Page_Order_int_-Output",
                "app__models__Page_app__orders__Order_builtins__int_",
                "app__models__Page_app__orders__Order_builtins__int_-Output",
                "app__models__Page_app__orders__Order_builtins__int___1",
                "app__models__Page_app__orders__Order_builtins__int_-Output__1",
            ]
        );
        let nested: Rc<str> = "main.make.<locals>.Inner:5".into();
        let name = names.get_or_make(&nested, Mode::Validation);
        assert_eq!(names.choices[&name][0], "Inner");
        assert_eq!(names.choices[&name][2], "main__make___locals___Inner");
    }

    #[test]
    fn dots_that_separate_nothing_stay() {
        assert_eq!(last_names("a.b.C"), "C");
        assert_eq!(last_names(".b.C"), ".C");
        assert_eq!(last_names("a..b"), "a..b");
        assert_eq!(last_names("a.b."), "b.");
        assert_eq!(last_names("C"), "C");
    }
}
