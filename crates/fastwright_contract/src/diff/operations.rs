//! Operations of two OpenAPI documents.

use super::change::{Changes, Found, Sides};
use super::kind::Subject;
use super::parameters::{self, Documents};
use super::schema::{Direction, Part, SchemaComparison, shown};
use serde_json::{Map, Value as Json};
use std::sync::LazyLock;

static EMPTY: LazyLock<Map<String, Json>> = LazyLock::new(Map::new);

/// Compares two operations.
pub(crate) fn compare<'d>(
    changes: &mut Changes,
    sides: Sides<'_>,
    documents: Documents<'d>,
    (old, new): (&'d Json, &'d Json),
    renamed: &[(String, String)],
) {
    documentation(changes, sides, old, new);
    parameters::compare(changes, sides, documents, (old, new), renamed);
    body(changes, sides, documents, old, new);
    responses(changes, sides, documents, old, new);
}

fn documentation(changes: &mut Changes, sides: Sides<'_>, old: &Json, new: &Json) {
    for (name, change, words) in [
        ("operationId", "operation-id-changed", "operation id"),
        ("summary", "summary-changed", "summary"),
        ("description", "description-changed", "description"),
        ("tags", "tags-changed", "tags"),
    ] {
        let (before, after) = (old.get(name), new.get(name));
        if before != after {
            let mut found = Found::new(format!("the {words} changed")).part(words);
            (found.old, found.new) = (before.map(shown), after.map(shown));
            changes.add_to(sides, Subject::Route, change, found);
        }
    }
}

fn object<'d>(value: &'d Json, name: &str) -> &'d Map<String, Json> {
    value.get(name).and_then(Json::as_object).unwrap_or(&EMPTY)
}

fn body<'d>(changes: &mut Changes, sides: Sides<'_>, documents: Documents<'d>, old: &'d Json, new: &'d Json) {
    let required = |body: &Json| body.get("required").and_then(Json::as_bool) == Some(true);
    let part = "request body";
    match (old.get("requestBody"), new.get("requestBody")) {
        (None, None) => {}
        (None, Some(body)) => {
            let (change, message) = if required(body) {
                ("body-added-required", "a body must be sent")
            } else {
                ("body-added", "a body can be sent")
            };
            changes.add_to(sides, Subject::Request, change, Found::new(message).part(part));
        }
        (Some(_), None) => {
            let found = Found::new("the body is no longer read").part(part);
            changes.add_to(sides, Subject::Request, "body-removed", found);
        }
        (Some(before), Some(after)) => {
            match (required(before), required(after)) {
                (false, true) => {
                    let found = Found::new("the body must be sent").part(part);
                    changes.add_to(sides, Subject::Request, "body-became-required", found);
                }
                (true, false) => {
                    let found = Found::new("the body need not be sent").part(part);
                    changes.add_to(sides, Subject::Request, "body-became-optional", found);
                }
                _ => {}
            }
            let (before, after) = (object(before, "content"), object(after, "content"));
            for media_type in before.keys().filter(|kind| !after.contains_key(*kind)) {
                let found = Found::new(format!("the body can't be {media_type} any more")).part(part);
                changes.add_to(sides, Subject::Request, "media-type-removed", found.old(media_type.as_str()));
            }
            for media_type in after.keys().filter(|kind| !before.contains_key(*kind)) {
                let found = Found::new(format!("the body can be {media_type}")).part(part);
                changes.add_to(
                    sides,
                    Subject::Request,
                    "media-type-added",
                    found.new_is(media_type.as_str()),
                );
            }
            let part = Part {
                whole: Subject::Request,
                inside: Subject::RequestProperty,
                direction: Direction::Request,
                text: part,
            };
            contents(changes, sides, documents, part, before, after);
        }
    }
}

fn contents<'d>(
    changes: &mut Changes,
    sides: Sides<'_>,
    documents: Documents<'d>,
    part: Part<'_>,
    before: &'d Map<String, Json>,
    after: &'d Map<String, Json>,
) {
    static NOTHING: LazyLock<Json> = LazyLock::new(|| Json::Object(Map::new()));
    for (media_type, old) in before {
        let Some(new) = after.get(media_type) else { continue };
        let schema = |content: &'d Json| content.get("schema").unwrap_or(&NOTHING);
        SchemaComparison {
            changes,
            sides,
            part,
            old_document: documents.old,
            new_document: documents.new,
            open: Vec::new(),
        }
        .compare("", schema(old), schema(new));
    }
}

fn is_success(status: &str) -> bool {
    status.starts_with('2') || status.starts_with('3')
}

fn responses<'d>(
    changes: &mut Changes,
    sides: Sides<'_>,
    documents: Documents<'d>,
    old: &'d Json,
    new: &'d Json,
) {
    let (before, after) = (object(old, "responses"), object(new, "responses"));
    let gone: Vec<&String> = before.keys().filter(|status| !after.contains_key(*status)).collect();
    let come: Vec<&String> = after.keys().filter(|status| !before.contains_key(*status)).collect();
    let successes = |statuses: &[&String]| -> Vec<String> {
        statuses.iter().filter(|status| is_success(status)).map(|status| (*status).clone()).collect()
    };
    let (lost, found) = (successes(&gone), successes(&come));
    let mut renamed = None;
    if let ([old_status], [new_status]) = (lost.as_slice(), found.as_slice()) {
        let message = format!("it answers with {new_status} instead of {old_status}");
        let change =
            Found::new(message).part("response").old(old_status.as_str()).new_is(new_status.as_str());
        changes.add_to(sides, Subject::Response, "success-status-changed", change);
        renamed = Some((old_status.clone(), new_status.clone()));
    }
    let is_renamed = |status: &str| renamed.as_ref().is_some_and(|(old, new)| old == status || new == status);
    for status in gone.into_iter().filter(|status| !is_renamed(status)) {
        let part = format!("response {status}");
        let (change, words) = if is_success(status) {
            ("success-removed", "it no longer answers with")
        } else {
            ("error-removed", "the document no longer shows")
        };
        let found = Found::new(format!("{words} {status}")).part(part).old(status.as_str());
        changes.add_to(sides, Subject::Response, change, found);
    }
    for status in come.into_iter().filter(|status| !is_renamed(status)) {
        let part = format!("response {status}");
        let (change, words) = if is_success(status) {
            ("success-added", "it can answer with")
        } else {
            ("error-added", "the document shows")
        };
        let found = Found::new(format!("{words} {status}")).part(part).new_is(status.as_str());
        changes.add_to(sides, Subject::Response, change, found);
    }
    for (status, old) in before {
        let other = match &renamed {
            Some((from, to)) if from == status => after.get(to),
            _ => after.get(status),
        };
        let Some(new) = other else { continue };
        let text = format!("response {status}");
        response(changes, sides, documents, &text, old, new);
    }
}

fn response<'d>(
    changes: &mut Changes,
    sides: Sides<'_>,
    documents: Documents<'d>,
    text: &str,
    old: &'d Json,
    new: &'d Json,
) {
    if old.get("description") != new.get("description") {
        let found = Found::new(format!("the description of the {text} changed")).part(text);
        changes.add_to(sides, Subject::Response, "documentation-changed", found);
    }
    headers(changes, sides, text, old, new);
    let (before, after) = (object(old, "content"), object(new, "content"));
    if before.is_empty() != after.is_empty() {
        let (change, words) = if after.is_empty() {
            ("body-removed", "has no body any more")
        } else {
            ("body-added", "has a body")
        };
        changes.add_to(
            sides,
            Subject::Response,
            change,
            Found::new(format!("the {text} {words}")).part(text),
        );
        return;
    }
    let gone: Vec<&String> = before.keys().filter(|kind| !after.contains_key(*kind)).collect();
    let come: Vec<&String> = after.keys().filter(|kind| !before.contains_key(*kind)).collect();
    if let ([from], [to]) = (gone.as_slice(), come.as_slice()) {
        let found = Found::new(format!("the {text} is {to} instead of {from}")).part(text);
        changes.add_to(
            sides,
            Subject::Response,
            "media-type-changed",
            found.old(from.as_str()).new_is(to.as_str()),
        );
    } else {
        for kind in gone {
            let found = Found::new(format!("the {text} is never {kind} any more")).part(text);
            changes.add_to(sides, Subject::Response, "media-type-removed", found.old(kind.as_str()));
        }
        for kind in come {
            let found = Found::new(format!("the {text} can be {kind}")).part(text);
            changes.add_to(sides, Subject::Response, "media-type-added", found.new_is(kind.as_str()));
        }
    }
    let part = Part {
        whole: Subject::Response,
        inside: Subject::ResponseProperty,
        direction: Direction::Response,
        text,
    };
    contents(changes, sides, documents, part, before, after);
}

fn headers(changes: &mut Changes, sides: Sides<'_>, text: &str, old: &Json, new: &Json) {
    let (before, after) = (object(old, "headers"), object(new, "headers"));
    for (name, header) in before {
        let part = format!("{text} header `{name}`");
        match after.get(name) {
            None => {
                let found = Found::new(format!("the header `{name}` of the {text} is gone")).part(part);
                changes.add_to(sides, Subject::ResponseHeader, "removed", found);
            }
            Some(other) if other != header => {
                let found = Found::new(format!("the header `{name}` of the {text} changed")).part(part);
                changes.add_to(
                    sides,
                    Subject::ResponseHeader,
                    "changed",
                    found.old(shown(header)).new_is(shown(other)),
                );
            }
            Some(_) => {}
        }
    }
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        let found = Found::new(format!("the {text} has a header `{name}`"));
        let found = found.part(format!("{text} header `{name}`"));
        changes.add_to(sides, Subject::ResponseHeader, "added", found);
    }
}
