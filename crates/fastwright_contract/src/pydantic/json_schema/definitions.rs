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
    choices: FxHashMap<Rc<str>, [Rc<str>; 6]>,
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
        let shorter = [name, name_with_mode, qualified, qualified_with_mode, numbered].map(Rc::from);
        let [name, name_with_mode, qualified, qualified_with_mode, numbered] = shorter;
        let choices =
            [name, name_with_mode, qualified, qualified_with_mode, numbered, Rc::clone(&unambiguous)];
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
        let schemas: Vec<&JsonObject> = definitions.values().collect();
        let candidates = Candidates::new(definitions.keys().map(|name| self.choices.get(name)))?;
        let count = candidates.names.len();
        // What the rounds so far make of the names in the schemas.
        let mut remapping =
            Remapping { ids: candidates.ids, names: candidates.names, renames: Renames::none(count) };
        let mut before: Option<FxHashMap<usize, usize>> = None;
        for _ in 0..MOST_ROUNDS {
            let same = |left: usize, right: usize| remapping.same_objects(schemas[left], schemas[right]);
            // Names that different schemas could have.
            let is_ambiguous: Vec<bool> = candidates
                .users
                .iter()
                .map(|users| users.others.iter().any(|other| !same(users.first, *other)))
                .collect();
            let mut renames = Renames::none(count);
            let mut after: FxHashMap<usize, usize> = FxHashMap::default();
            for (index, choices) in candidates.choices.iter().enumerate() {
                let chosen = choices.iter().position(|choice| !is_ambiguous[*choice])?;
                let unambiguous = choices[choices.len() - 1];
                renames.keys[unambiguous] = choices[chosen];
                let first_renamed = if earlier_names { chosen } else { choices.len() - 1 };
                for renamed in &choices[first_renamed..] {
                    renames.references[*renamed] = choices[chosen];
                }
                after.insert(choices[chosen], index);
            }
            remapping.renames.follow(&renames);
            let is_stable = before.is_some_and(|before| {
                let same = |left: usize, right: usize| remapping.same_objects(schemas[left], schemas[right]);
                before.len() == after.len()
                    && before.iter().all(|(name, index)| {
                        after.get(name).is_some_and(|other| index == other || same(*index, *other))
                    })
            });
            if is_stable || definitions.is_empty() {
                return Some(Remapping { renames, ..remapping });
            }
            before = Some(after);
        }
        None
    }
}

/// Which names definitions could have. Names and definitions have numbers here.
#[derive(Default)]
struct Candidates {
    ids: FxHashMap<Rc<str>, usize>,
    names: Vec<Rc<str>>,
    /// Who could have each name.
    users: Vec<Users>,
    /// The names that each definition could have, the best first.
    choices: Vec<[usize; 6]>,
}

/// The definitions that could have one name.
struct Users {
    first: usize,
    others: Vec<usize>,
}

impl Candidates {
    /// Candidates from the names that each definition could have; none where those of one are not known.
    fn new<'c>(definitions: impl Iterator<Item = Option<&'c [Rc<str>; 6]>>) -> Option<Self> {
        let mut candidates = Self::default();
        for (index, names) in definitions.enumerate() {
            let choices = names?.each_ref().map(|name| candidates.user(name, index));
            candidates.choices.push(choices);
        }
        Some(candidates)
    }

    /// Adds that a definition could have a name; gives the name's number.
    fn user(&mut self, name: &Rc<str>, definition: usize) -> usize {
        if let Some(id) = self.ids.get(name) {
            self.users[*id].others.push(definition);
            return *id;
        }
        let id = self.names.len();
        self.ids.insert(Rc::clone(name), id);
        self.names.push(Rc::clone(name));
        self.users.push(Users { first: definition, others: Vec::new() });
        id
    }
}

/// What names become, by their numbers.
#[derive(Debug)]
struct Renames {
    /// In references.
    references: Vec<usize>,
    /// As keys of definitions.
    keys: Vec<usize>,
}

impl Renames {
    /// Every name of so many stays as it is.
    fn none(count: usize) -> Self {
        Self { references: (0..count).collect(), keys: (0..count).collect() }
    }

    /// Renames once more.
    fn follow(&mut self, next: &Self) {
        self.references.iter_mut().for_each(|name| *name = next.references[*name]);
        self.keys.iter_mut().for_each(|name| *name = next.keys[*name]);
    }
}

/// New names of definitions and of the references to them.
#[derive(Debug)]
pub(super) struct Remapping {
    ids: FxHashMap<Rc<str>, usize>,
    names: Vec<Rc<str>>,
    renames: Renames,
}

impl Remapping {
    /// The new name of a definition.
    pub(super) fn name<'n>(&'n self, name: &'n str) -> &'n str {
        self.ids.get(name).map_or(name, |id| &self.names[self.renames.keys[*id]])
    }

    /// The new name of the definition that a reference of JSON Schema is to, if the text is one.
    fn target<'t>(&'t self, text: &'t str) -> Option<&'t str> {
        let name = text.strip_prefix(REFERENCE_PREFIX)?;
        Some(self.ids.get(name).map_or(name, |id| &self.names[self.renames.references[*id]]))
    }

    /// Replaces every text that is a reference.
    pub(super) fn apply(&self, schema: &mut Json) {
        match schema {
            Json::String(text) => {
                if let Some(target) = self.target(text) {
                    *text = json_reference(target);
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

    /// Whether two objects are the same once names are replaced in them.
    fn same_objects(&self, left: &JsonObject, right: &JsonObject) -> bool {
        left.len() == right.len()
            && left.iter().zip(right).all(|((key, value), (beside, other))| {
                // Mostly the keys are in the same order.
                let other = if key == beside { Some(other) } else { right.get(key) };
                other.is_some_and(|other| match key == "$defs" {
                    true => same(&self.with_definitions(value), &self.with_definitions(other)),
                    false => self.same(value, other),
                })
            })
    }

    fn same(&self, left: &Json, right: &Json) -> bool {
        match (left, right) {
            (Json::Object(left), Json::Object(right)) => self.same_objects(left, right),
            (Json::Array(left), Json::Array(right)) => {
                left.len() == right.len()
                    && left.iter().zip(right).all(|(left, right)| self.same(left, right))
            }
            (Json::String(left), Json::String(right)) => {
                left == right || self.target(left).is_some_and(|target| self.target(right) == Some(target))
            }
            _ => same(left, right),
        }
    }

    /// An object that holds definitions, with names replaced.
    fn with_definitions(&self, definitions: &Json) -> Json {
        let mut object = JsonObject::new();
        object.insert("$defs".to_owned(), definitions.clone());
        self.apply_to_object(&mut object);
        Json::Object(object)
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
    use serde_json::json;

    #[test]
    fn names_have_no_modules_and_numbers() {
        let mut names = Names::default();
        let reference: Rc<str> = "app.models.Page:94[app.orders.Order:95,builtins.int:1]".into();
        let name = names.get_or_make(&reference, Mode::Serialization);
        assert_eq!(&*name, "app__models__Page_app__orders__Order_builtins__int_-Output__1");
        assert_eq!(
            names.choices[&name].each_ref().map(|name| &**name),
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
        assert_eq!(&*names.choices[&name][0], "Inner");
        assert_eq!(&*names.choices[&name][2], "main__make___locals___Inner");
    }

    #[test]
    fn what_differs_gets_longer_names() {
        let mut names = Names::default();
        let mut definitions = IndexMap::new();
        let mut define = |reference: &str, mode: Mode, schema: serde_json::Value| {
            let name = names.get_or_make(&Rc::from(reference), mode);
            if let Json::Object(schema) = schema {
                definitions.insert(Rc::clone(&name), schema);
            }
            name
        };
        let (input, output) = (Mode::Validation, Mode::Serialization);
        // The same on both sides, but for the names of what they refer to, which is the same as well.
        let inner = define("a.Inner:1", input, json!({ "type": "string" }));
        let other = define("a.Inner:1", output, json!({ "type": "string" }));
        let outer = define("a.Outer:2", input, json!({ "items": { "$ref": json_reference(&inner) } }));
        let out = define("a.Outer:2", output, json!({ "items": { "$ref": json_reference(&other) } }));
        // Different on each side, and of the same name as another class.
        let item = define("a.Item:3", input, json!({ "type": "integer" }));
        let item_out = define("a.Item:3", output, json!({ "type": "number" }));
        let page = define("a.Page:4", input, json!({ "$defs": { "b": { "const": 1 } } }));
        let second = define("b.Page:5", input, json!({ "$defs": { "b": { "const": 2 } } }));
        let Some(remapping) = names.remapping(&definitions, true) else { panic!("there is a choice left") };
        let chosen =
            [&inner, &other, &outer, &out, &item, &item_out, &page, &second].map(|name| remapping.name(name));
        let expected =
            ["Inner", "Inner", "Outer", "Outer", "Item-Input", "Item-Output", "a__Page", "b__Page"];
        assert_eq!(chosen, expected);
        let mut schema =
            json!({ "anyOf": [json_reference(&item_out)], "$defs": { (&*page): json_reference(&out) } });
        remapping.apply(&mut schema);
        let expected = json!({
            "anyOf": ["#/components/schemas/Item-Output"],
            "$defs": { "a__Page": "#/components/schemas/Outer" },
        });
        assert_eq!(schema, expected);
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
