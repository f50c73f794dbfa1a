//! Parameters of an operation.

use super::change::{Changes, Found, Sides};
use super::kind::Subject;
use super::schema::{Direction, Part, SchemaComparison, shown};
use crate::contract::document::{ParameterContract, RouteContract};
use serde_json::Value as Json;

/// The documents that parameters and schemas come from.
#[derive(Clone, Copy)]
pub(crate) struct Documents<'d> {
    pub(crate) old: &'d Json,
    pub(crate) new: &'d Json,
}

fn subject(place: &str) -> Subject {
    match place {
        "path" => Subject::PathParameter,
        "header" => Subject::HeaderParameter,
        "cookie" => Subject::CookieParameter,
        _ => Subject::QueryParameter,
    }
}

/// Compares the `parameters` of two operations. Names in the path were matched by their position.
pub(crate) fn compare<'d>(
    changes: &mut Changes,
    sides: Sides<'_>,
    documents: Documents<'d>,
    (old, new): (&'d Json, &'d Json),
    renamed: &[(String, String)],
) {
    let of = |operation: &'d Json| -> Vec<&'d Json> {
        operation.get("parameters").and_then(Json::as_array).into_iter().flatten().collect()
    };
    let key = |parameter: &'d Json| -> (&'d str, String) {
        let place = parameter.get("in").and_then(Json::as_str).unwrap_or("query");
        let name = parameter.get("name").and_then(Json::as_str).unwrap_or_default();
        // Names of headers have no case.
        (place, if place == "header" { name.to_ascii_lowercase() } else { name.to_owned() })
    };
    let (before, after) = (of(old), of(new));
    let new_name = |place: &str, name: &str| {
        let known = renamed.iter().find(|(old, _)| place == "path" && old == name);
        known.map_or_else(|| name.to_owned(), |(_, new)| new.clone())
    };
    for (old_name, new_name) in renamed {
        let message = format!("the path parameter `{old_name}` is called `{new_name}`");
        let found = Found::new(message).part(format!("path parameter `{new_name}`"));
        changes.add_to(
            sides,
            Subject::PathParameter,
            "renamed",
            found.old(old_name.as_str()).new_is(new_name.as_str()),
        );
    }
    for parameter in &before {
        let (place, name) = key(parameter);
        let wanted = new_name(place, &name);
        let text = format!("{place} parameter `{wanted}`");
        let Some(other) = after.iter().find(|other| key(other) == (place, wanted.clone())) else {
            if place != "path" {
                let found = Found::new(format!("the {text} is gone")).part(text);
                changes.add_to(sides, subject(place), "removed", found);
            }
            continue;
        };
        let required = |parameter: &Json| parameter.get("required").and_then(Json::as_bool) == Some(true);
        match (required(parameter), required(other)) {
            (false, true) => {
                let found = Found::new(format!("the {text} must be sent")).part(text.as_str());
                changes.add_to(sides, subject(place), "became-required", found);
            }
            (true, false) => {
                let found = Found::new(format!("the {text} need not be sent")).part(text.as_str());
                changes.add_to(sides, subject(place), "became-optional", found);
            }
            _ => {}
        }
        let flag = |parameter: &Json| parameter.get("deprecated").and_then(Json::as_bool) == Some(true);
        if place != "path" && flag(parameter) != flag(other) {
            let (change, words) = if flag(other) {
                ("deprecated", "is deprecated")
            } else {
                ("no-longer-deprecated", "is no longer deprecated")
            };
            let found = Found::new(format!("the {text} {words}")).part(text.as_str());
            changes.add_to(sides, subject(place), change, found);
        }
        if ["description", "example", "examples"].iter().any(|name| parameter.get(name) != other.get(name)) {
            let found = Found::new(format!("the documentation of the {text} changed")).part(text.as_str());
            changes.add_to(sides, subject(place), "documentation-changed", found);
        }
        let nothing = &Json::Null;
        let schema = |parameter: &'d Json| parameter.get("schema").unwrap_or(nothing);
        SchemaComparison {
            changes,
            sides,
            part: Part {
                whole: subject(place),
                inside: subject(place),
                direction: Direction::Request,
                text: &text,
            },
            old_document: documents.old,
            new_document: documents.new,
            open: Vec::new(),
        }
        .compare("", schema(parameter), schema(other));
    }
    for parameter in &after {
        let (place, name) = key(parameter);
        if place == "path" || before.iter().any(|other| key(other) == (place, name.clone())) {
            continue;
        }
        let text = format!("{place} parameter `{name}`");
        let required = parameter.get("required").and_then(Json::as_bool) == Some(true);
        let (change, words) =
            if required { ("added-required", "is new and must be sent") } else { ("added", "is new") };
        let mut found = Found::new(format!("the {text} {words}")).part(text);
        found.new = parameter.get("schema").and_then(|schema| schema.get("default")).map(shown);
        changes.add_to(sides, subject(place), change, found);
    }
}

/// Compares the inputs of routes that no document shows: WebSockets, hidden routes, plain Starlette routes.
pub(crate) fn compare_plain(
    changes: &mut Changes,
    sides: Sides<'_>,
    (old, new): (&RouteContract, &RouteContract),
    renamed: &[(String, String)],
) {
    let name = |parameter: &ParameterContract| {
        let known = renamed.iter().find(|(old, _)| parameter.place == "path" && *old == parameter.name);
        known.map_or_else(|| parameter.name.clone(), |(_, new)| new.clone())
    };
    for parameter in &old.parameters {
        let wanted = name(parameter);
        let (what, text) = described(parameter, &wanted);
        let other =
            new.parameters.iter().find(|other| other.place == parameter.place && other.name == wanted);
        let Some(other) = other else {
            if parameter.place != "path" {
                let found = Found::new(format!("the {text} is gone")).part(text);
                changes.add_to(sides, what, "removed", found.at(Some(&parameter.at), Some(&new.at)));
            }
            continue;
        };
        let mut tell = |change: &str, words: &str, before: Option<String>, after: Option<String>| {
            let mut found = Found::new(format!("the {text} {words}")).part(text.as_str());
            (found.old, found.new) = (before, after);
            changes.add_to(sides, what, change, found.at(Some(&parameter.at), Some(&other.at)));
        };
        match (parameter.required, other.required) {
            (false, true) if parameter.place != "path" => tell("became-required", "must be sent", None, None),
            (true, false) if parameter.place != "path" => {
                tell("became-optional", "need not be sent", None, None);
            }
            _ => {}
        }
        if parameter.annotation != other.annotation {
            tell(
                "type-changed",
                "has another type",
                Some(parameter.annotation.clone()),
                Some(other.annotation.clone()),
            );
        }
        if parameter.default != other.default && parameter.place != "path" {
            tell("default-changed", "has another default", parameter.default.clone(), other.default.clone());
        }
        if parameter.constraints != other.constraints {
            let shown = |parameter: &ParameterContract| {
                let parts = parameter.constraints.iter().map(|(name, value)| format!("{name}={value}"));
                Some(parts.collect::<Vec<_>>().join(", "))
            };
            tell("constraint-tightened", "has other bounds", shown(parameter), shown(other));
        }
    }
    for parameter in &new.parameters {
        let known = old
            .parameters
            .iter()
            .any(|other| other.place == parameter.place && name(other) == parameter.name);
        if known || parameter.place == "path" {
            continue;
        }
        let (what, text) = described(parameter, &parameter.name);
        let (change, words) = if parameter.required {
            ("added-required", "is new and must be sent")
        } else {
            ("added", "is new")
        };
        let found = Found::new(format!("the {text} {words}")).part(text);
        changes.add_to(sides, what, change, found.at(Some(&old.at), Some(&parameter.at)));
    }
}

/// What an input is, for kinds and for people.
fn described(parameter: &ParameterContract, name: &str) -> (Subject, String) {
    match parameter.place.as_str() {
        "path" | "query" | "header" | "cookie" => {
            (subject(&parameter.place), format!("{} parameter `{name}`", parameter.place))
        }
        place => (Subject::RequestProperty, format!("{place} field `{name}`")),
    }
}
