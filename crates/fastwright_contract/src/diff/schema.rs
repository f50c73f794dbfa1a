//! Two JSON Schemas (draft 2020-12, as Pydantic writes them), compared in the direction in which data flows.

use super::change::{Changes, Found, Sides};
use super::kind::Subject;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Which way data flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the client: what was accepted must still be.
    Request,
    /// To the client: what comes must be what was expected.
    Response,
}

/// What is compared, for the names of kinds and for people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'p> {
    /// The subject of the whole.
    pub(crate) whole: Subject,
    /// The subject of what is inside.
    pub(crate) inside: Subject,
    pub(crate) direction: Direction,
    /// How people call it: `request body`, `response 200`, ``query parameter `limit` ``.
    pub(crate) text: &'p str,
}

/// Compares schemas of two documents.
pub(crate) struct SchemaComparison<'c, 'd> {
    pub(crate) changes: &'c mut Changes,
    pub(crate) sides: Sides<'c>,
    pub(crate) part: Part<'c>,
    pub(crate) old_document: &'d Json,
    pub(crate) new_document: &'d Json,
    /// References that are being compared: models that contain themselves.
    pub(crate) open: Vec<(String, String)>,
}

/// Schemas in each other that are compared.
const DEEPEST: usize = 40;

/// Bounds, with whether a larger number is stricter.
const BOUNDS: &[(&str, bool)] = &[
    ("minimum", true),
    ("exclusiveMinimum", true),
    ("maximum", false),
    ("exclusiveMaximum", false),
    ("minLength", true),
    ("maxLength", false),
    ("minItems", true),
    ("maxItems", false),
    ("minProperties", true),
    ("maxProperties", false),
];

impl<'d> SchemaComparison<'_, 'd> {
    /// Compares two schemas at a path inside of the part; the empty path is the whole.
    pub(crate) fn compare(&mut self, path: &str, old: &'d Json, new: &'d Json) {
        if old == new && self.old_document == self.new_document {
            return;
        }
        let (old_name, old) = resolved(self.old_document, old);
        let (new_name, new) = resolved(self.new_document, new);
        let pair = (old_name.to_owned(), new_name.to_owned());
        if !old_name.is_empty() || !new_name.is_empty() {
            if self.open.contains(&pair) {
                return;
            }
            if !old_name.is_empty() && !new_name.is_empty() && last(old_name) != last(new_name) {
                let (old_name, new_name) = (last(old_name), last(new_name));
                self.report(
                    path,
                    "schema-renamed",
                    |found| found.old(old_name).new_is(new_name),
                    ("the schema of ", " is named differently"),
                );
            }
        }
        if self.open.len() > DEEPEST {
            return;
        }
        self.open.push(pair);
        self.unfolded(path, old, new);
        self.open.pop();
    }

    fn unfolded(&mut self, path: &str, old: &'d Json, new: &'d Json) {
        self.documentation(path, old, new);
        self.default(path, old, new);
        let (old_null, old_forms) = forms(self.old_document, old);
        let (new_null, new_forms) = forms(self.new_document, new);
        if old_null != new_null {
            let request = self.part.direction == Direction::Request;
            let parameter = self.part.inside == self.part.whole;
            match (parameter, request, new_null) {
                // Text is all that a parameter can be: `null` can't be sent.
                (true, _, _) => {}
                (_, true, true) => self.plain(path, "null-accepted", "{} may be `null`"),
                (_, true, false) => self.plain(path, "null-refused", "{} may not be `null` any more"),
                (_, false, true) => self.plain(path, "null-possible", "{} can be `null`"),
                (_, false, false) => self.plain(path, "null-impossible", "{} is never `null` any more"),
            }
        }
        match (old_forms.as_slice(), new_forms.as_slice()) {
            ([old], [new]) => self.form(path, old, new),
            ([], []) => {}
            (olds, news) => self.variants(path, olds, news),
        }
        self.discriminator(path, old, new);
    }

    /// Several forms: those that are the same, or named the same, belong together.
    fn variants(&mut self, path: &str, olds: &[&'d Json], news: &[&'d Json]) {
        let mut left: Vec<&'d Json> = news.to_vec();
        let mut gone: Vec<&'d Json> = Vec::new();
        for old in olds {
            let name = variant_name(self.old_document, old);
            let found = left.iter().position(|new| variant_name(self.new_document, new) == name);
            match found {
                Some(position) => {
                    let new = left.remove(position);
                    self.compare(path, old, new);
                }
                None => gone.push(old),
            }
        }
        // A form that was given another name.
        while gone.len() == 1 && left.len() == 1 {
            let (old, new) = (gone.remove(0), left.remove(0));
            let related =
                type_of(resolved(self.old_document, old).1) == type_of(resolved(self.new_document, new).1);
            if related && olds.len() == news.len() {
                self.compare(path, old, new);
            } else {
                gone.push(old);
                left.push(new);
                break;
            }
        }
        let request = self.part.direction == Direction::Request;
        let parameter = self.part.inside == self.part.whole;
        for old in gone {
            let name = variant_name(self.old_document, old);
            let change = match (parameter, request) {
                (true, _) => "type-narrowed",
                _ => "variant-removed",
            };
            let message = format!(" can't be {name} any more");
            self.report(path, change, |found| found.old(name), ("", &message));
        }
        for new in left {
            let name = variant_name(self.new_document, new);
            let change = if parameter { "type-widened" } else { "variant-added" };
            let message = format!(" can be {name}");
            self.report(path, change, |found| found.new_is(name), ("", &message));
        }
    }

    fn form(&mut self, path: &str, old: &'d Json, new: &'d Json) {
        let (old_name, old_inner) = resolved(self.old_document, old);
        let (new_name, new_inner) = resolved(self.new_document, new);
        if !old_name.is_empty() || !new_name.is_empty() {
            // A form that is a reference is compared under its name.
            if !std::ptr::eq(old, old_inner) || !std::ptr::eq(new, new_inner) {
                self.compare(path, old, new);
                return;
            }
        }
        if old == new && !mentions_reference(old) {
            return;
        }
        self.types(path, old, new);
        self.values(path, old, new);
        self.bounds(path, old, new);
        self.patterns(path, old, new);
        self.properties(path, old, new);
        self.items(path, old, new);
    }

    fn types(&mut self, path: &str, old: &Json, new: &Json) {
        let (old_types, new_types) = (type_of(old), type_of(new));
        if old_types == new_types {
            return;
        }
        let text = |types: &BTreeSet<&str>| {
            if types.is_empty() { "anything".to_owned() } else { join(types) }
        };
        let (before, after) = (text(&old_types), text(&new_types));
        // Parameters are text: what asks for text takes everything.
        let is_text = self.part.whole == self.part.inside;
        let covers = |wide: &BTreeSet<&str>, narrow: &BTreeSet<&str>| {
            wide.is_empty()
                || is_text && wide.contains("string") && !narrow.contains("array")
                || !narrow.is_empty()
                    && narrow
                        .iter()
                        .all(|kind| wide.contains(kind) || *kind == "integer" && wide.contains("number"))
        };
        let change = if covers(&new_types, &old_types) {
            "type-widened"
        } else if covers(&old_types, &new_types) {
            "type-narrowed"
        } else {
            "type-changed"
        };
        self.report(
            path,
            change,
            |found| found.old(before.clone()).new_is(after.clone()),
            ("the type of ", &format!(" changed from {before} to {after}")),
        );
    }

    fn values(&mut self, path: &str, old: &Json, new: &Json) {
        let (Some(before), Some(after)) = (allowed_values(old), allowed_values(new)) else {
            let change = match (allowed_values(old), allowed_values(new)) {
                (Some(_), None) => "type-widened",
                (None, Some(_)) => "type-narrowed",
                _ => return,
            };
            if type_of(old) == type_of(new) {
                let message = match change {
                    "type-widened" => " is no longer one of a few values",
                    _ => " must be one of a few values",
                };
                let text = |schema| allowed_values(schema).map(|values| list(&values));
                let (before, after) = (text(old), text(new));
                self.report(
                    path,
                    change,
                    |mut found| {
                        found.old = before;
                        found.new = after;
                        found
                    },
                    ("", message),
                );
            }
            return;
        };
        for value in before.iter().filter(|value| !after.contains(value)) {
            let value = shown(value);
            let message = format!("{value} is no longer one of the values of ");
            self.report(path, "value-removed", |found| found.old(value), (&message, ""));
        }
        for value in after.iter().filter(|value| !before.contains(value)) {
            let value = shown(value);
            let message = format!("{value} is now one of the values of ");
            self.report(path, "value-added", |found| found.new_is(value), (&message, ""));
        }
    }

    fn bounds(&mut self, path: &str, old: &Json, new: &Json) {
        let flags = [("uniqueItems", true)];
        for (name, larger_is_stricter) in BOUNDS {
            let (before, after) = (old.get(name), new.get(name));
            if before == after {
                continue;
            }
            let number = |value: Option<&Json>| value.and_then(Json::as_f64);
            let tightened = match (number(before), number(after)) {
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (Some(before), Some(after)) => (after > before) == *larger_is_stricter,
                (None, None) => continue,
            };
            self.bound(path, name, before, after, tightened);
        }
        for (name, strict) in flags {
            let flag = |schema: &Json| schema.get(name).and_then(Json::as_bool).unwrap_or(false);
            if flag(old) != flag(new) {
                self.bound(path, name, old.get(name), new.get(name), flag(new) == strict);
            }
        }
        let (before, after) = (old.get("multipleOf"), new.get("multipleOf"));
        if before != after {
            self.bound(path, "multipleOf", before, after, after.is_some());
        }
    }

    fn bound(&mut self, path: &str, name: &str, before: Option<&Json>, after: Option<&Json>, tight: bool) {
        let change = if tight { "constraint-tightened" } else { "constraint-loosened" };
        let text = |value: Option<&Json>| value.map_or_else(|| "none".to_owned(), shown);
        let (before, after) = (text(before), text(after));
        self.report(
            path,
            change,
            |found| found.old(format!("{name} {before}")).new_is(format!("{name} {after}")),
            (&format!("{name} of "), &format!(" changed from {before} to {after}")),
        );
    }

    fn patterns(&mut self, path: &str, old: &Json, new: &Json) {
        let request = self.part.direction == Direction::Request;
        for (name, change) in [
            ("pattern", "pattern-changed"),
            ("format", "format-changed"),
            ("contentMediaType", "format-changed"),
        ] {
            let (before, after) = (old.get(name), new.get(name));
            if before == after {
                continue;
            }
            let text = |value: Option<&Json>| value.map_or_else(|| "none".to_owned(), shown);
            let (before_text, after_text) = (text(before), text(after));
            // Nobody is refused by what is no longer asked; everything is what it was, and more.
            let change = match (before.is_some(), after.is_some(), request) {
                (true, false, true) => "constraint-loosened",
                (false, true, false) => "constraint-tightened",
                _ => change,
            };
            self.report(
                path,
                change,
                |found| found.old(format!("{name} {before_text}")).new_is(format!("{name} {after_text}")),
                (&format!("{name} of "), &format!(" changed from {before_text} to {after_text}")),
            );
        }
    }

    fn properties(&mut self, path: &str, old: &'d Json, new: &'d Json) {
        let of = |schema: &'d Json| schema.get("properties").and_then(Json::as_object);
        let (before, after) = (of(old), of(new));
        let empty = Map::new();
        let request = self.part.direction == Direction::Request;
        let required = |schema: &Json, name: &str| {
            schema
                .get("required")
                .and_then(Json::as_array)
                .is_some_and(|names| names.iter().any(|known| known.as_str() == Some(name)))
        };
        let (old_names, new_names) = (before.unwrap_or(&empty), after.unwrap_or(&empty));
        for name in old_names.keys().filter(|name| !new_names.contains_key(*name)) {
            let inner = inside(path, name);
            self.plain(&inner, "removed", "{} is gone");
        }
        for name in new_names.keys().filter(|name| !old_names.contains_key(*name)) {
            let inner = inside(path, name);
            if request && required(new, name) {
                self.plain(&inner, "added-required", "{} is new and must be sent");
            } else {
                self.plain(&inner, "added", "{} is new");
            }
        }
        for (name, old_property) in before.into_iter().flatten() {
            let Some(new_property) = after.and_then(|after| after.get(name)) else { continue };
            let inner = inside(path, name);
            match (required(old, name), required(new, name)) {
                (false, true) => {
                    let message = if request { "{} must be sent" } else { "{} is always there" };
                    self.plain(&inner, "became-required", message);
                }
                (true, false) => {
                    let message = if request { "{} need not be sent" } else { "{} may be missing" };
                    self.plain(&inner, "became-optional", message);
                }
                _ => {}
            }
            self.compare(&inner, old_property, new_property);
        }
        self.more_properties(path, old, new);
    }

    fn more_properties(&mut self, path: &str, old: &'d Json, new: &'d Json) {
        let (before, after) = (old.get("additionalProperties"), new.get("additionalProperties"));
        let is_object = |schema: &Json| type_of(schema).contains("object");
        if !is_object(old) || !is_object(new) {
            return;
        }
        match (before, after) {
            (Some(Json::Object(_)), Some(Json::Object(_))) => {
                let (Some(before), Some(after)) = (before, after) else { return };
                self.compare(&format!("{path}{{}}"), before, after);
            }
            _ => {
                // A request may have more where nothing is said; a response shows more where it is said.
                let request = self.part.direction == Direction::Request;
                let open = |value: Option<&Json>| match value {
                    None => request,
                    Some(Json::Bool(open)) => *open,
                    Some(_) => true,
                };
                match (open(before), open(after), request) {
                    (true, false, true) => self.plain(
                        path,
                        "more-properties-refused",
                        "{} may not have properties that are not named any more",
                    ),
                    (false, true, true) => self.plain(
                        path,
                        "more-properties-accepted",
                        "{} may have properties that are not named",
                    ),
                    (true, false, false) => {
                        self.plain(path, "more-properties-hidden", "{} has only properties that are named")
                    }
                    (false, true, false) => {
                        self.plain(path, "more-properties-shown", "{} may have properties that are not named")
                    }
                    _ => {}
                }
            }
        }
    }

    fn items(&mut self, path: &str, old: &'d Json, new: &'d Json) {
        let inner = format!("{path}[]");
        match (old.get("items"), new.get("items")) {
            (Some(old), Some(new)) => self.compare(&inner, old, new),
            (None, Some(new)) if !is_anything(new) && type_of(old).contains("array") => {
                self.plain(&inner, "type-narrowed", "{} can't be anything any more");
            }
            (Some(old), None) if !is_anything(old) && type_of(new).contains("array") => {
                self.plain(&inner, "type-widened", "{} can be anything");
            }
            _ => {}
        }
        let of = |schema: &'d Json| schema.get("prefixItems").and_then(Json::as_array);
        if let (Some(before), Some(after)) = (of(old), of(new)) {
            for (position, (old, new)) in before.iter().zip(after).enumerate() {
                self.compare(&format!("{path}[{position}]"), old, new);
            }
        }
    }

    fn discriminator(&mut self, path: &str, old: &Json, new: &Json) {
        let of = |schema: &Json| Some(schema.get("discriminator")?.get("propertyName")?.as_str()?.to_owned());
        let (before, after) = (of(old), of(new));
        if before != after && self.part.inside != self.part.whole {
            self.report(
                path,
                "discriminator-changed",
                |mut found| {
                    found.old = before;
                    found.new = after;
                    found
                },
                ("the forms of ", " are told apart differently"),
            );
        }
    }

    fn default(&mut self, path: &str, old: &Json, new: &Json) {
        let (before, after) = (old.get("default"), new.get("default"));
        if before == after || self.part.whole == Subject::PathParameter {
            return;
        }
        let (text_before, text_after) = (before.map(shown), after.map(shown));
        let (change, message) = match (before, after) {
            (None, _) => ("default-added", ("", " has a default now")),
            (_, None) => ("default-removed", ("", " has no default any more")),
            _ => ("default-changed", ("the default of ", " changed")),
        };
        // Without a default, Pydantic puts `null` or asks for the value: that is another change.
        let silent = matches!((before, after), (None, Some(Json::Null)) | (Some(Json::Null), None));
        if silent {
            return;
        }
        self.report(
            path,
            change,
            |mut found| {
                found.old = text_before;
                found.new = text_after;
                found
            },
            message,
        );
    }

    fn documentation(&mut self, path: &str, old: &Json, new: &Json) {
        let changed: Vec<&str> = ["title", "description", "examples", "example"]
            .into_iter()
            .filter(|name| old.get(*name) != new.get(*name))
            .collect();
        if !changed.is_empty() {
            let words = format!("the {} of ", changed.join(" and "));
            self.report(path, "documentation-changed", |found| found, (&words, " changed"));
        }
        let flag = |schema: &Json| schema.get("deprecated").and_then(Json::as_bool).unwrap_or(false);
        match (flag(old), flag(new)) {
            (false, true) => self.plain(path, "deprecated", "{} is deprecated"),
            (true, false) => self.plain(path, "no-longer-deprecated", "{} is no longer deprecated"),
            _ => {}
        }
    }

    /// Reports a change without values; `{}` in the message stands for what changed.
    fn plain(&mut self, path: &str, change: &str, message: &str) {
        let words = message.split_once("{}").unwrap_or((message, ""));
        self.report(path, change, |found| found, words);
    }

    fn report(
        &mut self,
        path: &str,
        change: &str,
        fill: impl FnOnce(Found) -> Found,
        (before, after): (&str, &str),
    ) {
        let part = self.part;
        let subject = if path.is_empty() { part.whole } else { part.inside };
        // What is inside of a parameter is told of the parameter, and text is all that it can be.
        let change = match change {
            _ if part.whole != part.inside => change,
            "schema-renamed" | "more-properties-accepted" | "more-properties-refused" => return,
            "deprecated" | "no-longer-deprecated" if subject == Subject::PathParameter => return,
            "added" | "added-required" | "removed" | "became-required" | "became-optional" => "type-changed",
            _ => change,
        };
        let (what, inner) = if path.is_empty() {
            (format!("the {}", part.text), part.text.to_owned())
        } else {
            (format!("`{path}` of the {}", part.text), format!("{} {path}", part.text))
        };
        let found = fill(Found::new(format!("{before}{what}{after}")).part(inner));
        self.changes.add_to(self.sides, subject, change, found);
    }
}

fn inside(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What a reference leads to, with the name of the last one; unions of one are that one.
fn resolved<'d>(document: &'d Json, schema: &'d Json) -> (&'d str, &'d Json) {
    let mut current = schema;
    let mut name = "";
    for _ in 0..20 {
        if let Some(reference) = current.get("$ref").and_then(Json::as_str) {
            let Some(target) = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer))
            else {
                return (reference, current);
            };
            name = reference;
            current = target;
            continue;
        }
        match current.get("allOf").and_then(Json::as_array).map(Vec::as_slice) {
            Some([only]) if current.get("properties").is_none() => current = only,
            _ => break,
        }
    }
    (name, current)
}

fn last(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// Whether `null` is possible, and the other forms.
fn forms<'d>(document: &'d Json, schema: &'d Json) -> (bool, Vec<&'d Json>) {
    let union = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array);
    let Some(union) = union else {
        if schema.get("type").and_then(Json::as_str) == Some("null") {
            return (true, Vec::new());
        }
        return (false, vec![schema]);
    };
    let mut null = false;
    let mut found = Vec::new();
    for form in union {
        let (_, inner) = resolved(document, form);
        if inner.get("anyOf").is_some() || inner.get("oneOf").is_some() {
            let (inner_null, inner_forms) = forms(document, inner);
            null |= inner_null;
            found.extend(inner_forms);
        } else if inner.get("type").and_then(Json::as_str) == Some("null") {
            null = true;
        } else {
            found.push(form);
        }
    }
    (null, found)
}

/// How a form of a union is called.
fn variant_name(document: &Json, schema: &Json) -> String {
    let (name, inner) = resolved(document, schema);
    if !name.is_empty() {
        return format!("`{}`", last(name));
    }
    if let Some(title) = inner.get("title").and_then(Json::as_str)
        && inner.get("properties").is_some()
    {
        return format!("`{title}`");
    }
    let types = type_of(inner);
    let mut text = if types.is_empty() { "anything".to_owned() } else { join(&types) };
    if let Some(format) = inner.get("format").and_then(Json::as_str) {
        text = format!("{text} ({format})");
    }
    if let Some(items) = inner.get("items") {
        text = format!("{text} of {}", variant_name(document, items));
    }
    text
}

fn type_of(schema: &Json) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Json::String(kind)) => BTreeSet::from([kind.as_str()]),
        Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
        _ if schema.get("properties").is_some() => BTreeSet::from(["object"]),
        _ => match allowed_values(schema) {
            Some(values) => values.iter().map(|value| type_name(value)).collect(),
            None => BTreeSet::new(),
        },
    }
}

fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn allowed_values(schema: &Json) -> Option<Vec<&Json>> {
    if let Some(value) = schema.get("const") {
        return Some(vec![value]);
    }
    schema.get("enum").and_then(Json::as_array).map(|values| values.iter().collect())
}

fn is_anything(schema: &Json) -> bool {
    matches!(schema, Json::Bool(true))
        || schema.as_object().is_some_and(|object| {
            object.keys().all(|key| matches!(key.as_str(), "title" | "description" | "examples"))
        })
}

fn mentions_reference(schema: &Json) -> bool {
    match schema {
        Json::Object(object) => object.contains_key("$ref") || object.values().any(mentions_reference),
        Json::Array(items) => items.iter().any(mentions_reference),
        _ => false,
    }
}

fn join(types: &BTreeSet<&str>) -> String {
    types.iter().copied().collect::<Vec<_>>().join(" or ")
}

fn list(values: &[&Json]) -> String {
    values.iter().map(|value| shown(value)).collect::<Vec<_>>().join(", ")
}

/// A JSON value on one line, cut where it is long.
pub(crate) fn shown(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
