//! Apps of two contracts.

use super::change::{Changes, Found};
use super::kind::Subject;
use super::overlap::template;
use super::schema::shown;
use super::{pieces, routes};
use crate::contract::document::{AppContract, Contract};
use rustc_hash::FxHashSet;
use serde_json::Value as Json;

/// Compares all apps.
pub(crate) fn compare(changes: &mut Changes, old: &Contract, new: &Contract) {
    let (pairs, gone, come) = pairs(&old.apps, &new.apps);
    for app in gone {
        changes.app = Some(app.app.clone());
        let found = Found::new(format!("the app `{}` is gone", app.app)).at(Some(&app.at), None);
        changes.add(Subject::App, "removed", found);
    }
    for app in come {
        changes.app = Some(app.app.clone());
        let found = Found::new(format!("the app `{}` is new", app.app)).at(None, Some(&app.at));
        changes.add(Subject::App, "added", found);
    }
    for (before, after) in pairs {
        changes.app = Some(after.app.clone());
        documents(changes, before, after);
        routes::compare(changes, (old, before), (new, after));
        pieces::compare(changes, (old, before), (new, after));
    }
}

type Pairs<'c> = (Vec<(&'c AppContract, &'c AppContract)>, Vec<&'c AppContract>, Vec<&'c AppContract>);

/// Apps that belong together: of the same name, the only ones, or with the most routes in common.
fn pairs<'c>(old: &'c [AppContract], new: &'c [AppContract]) -> Pairs<'c> {
    let mut left: Vec<&AppContract> = new.iter().collect();
    let mut gone: Vec<&AppContract> = Vec::new();
    let mut pairs = Vec::new();
    for app in old {
        match left.iter().position(|other| other.app == app.app) {
            Some(position) => pairs.push((app, left.remove(position))),
            None => gone.push(app),
        }
    }
    let keys = |app: &AppContract| -> FxHashSet<String> {
        app.routes.iter().map(|route| format!("{:?}{}", route.methods, template(&route.path))).collect()
    };
    let mut lost = Vec::new();
    for app in gone {
        let own = keys(app);
        let best = left
            .iter()
            .enumerate()
            .map(|(position, other)| (keys(other).intersection(&own).count(), position))
            .max_by_key(|(shared, position)| (*shared, usize::MAX - position));
        let only = old.len() == 1 && new.len() == 1;
        match best {
            Some((shared, position)) if only || shared > 0 && shared * 2 >= own.len() => {
                pairs.push((app, left.remove(position)));
            }
            _ => lost.push(app),
        }
    }
    (pairs, lost, left)
}

/// What the documents say about the whole API.
fn documents(changes: &mut Changes, old: &AppContract, new: &AppContract) {
    for before in &old.documents {
        let Some(after) = new.documents.iter().find(|document| document.mount == before.mount) else {
            continue;
        };
        let name = if before.mount.is_empty() {
            "the document".to_owned()
        } else {
            format!("the document under {}", before.mount)
        };
        let at = (Some(&old.at), Some(&new.at));
        let (before, after) = (&before.document, &after.document);
        for (pointer, change, words) in [
            ("/info/title", "title-changed", "title"),
            ("/info/version", "version-changed", "version"),
            ("/info/description", "description-changed", "description"),
            ("/info/summary", "description-changed", "summary"),
            ("/openapi", "openapi-version-changed", "version of OpenAPI"),
        ] {
            let (old_value, new_value) = (before.pointer(pointer), after.pointer(pointer));
            if old_value != new_value {
                let mut found = Found::new(format!("the {words} of {name} changed")).part(words);
                (found.old, found.new) = (old_value.map(shown), new_value.map(shown));
                changes.add(Subject::Document, change, found.at(at.0, at.1));
            }
        }
        let servers = |document: &Json| -> Vec<String> {
            let servers = document.get("servers").and_then(Json::as_array).into_iter().flatten();
            servers.filter_map(|server| Some(server.get("url")?.as_str()?.to_owned())).collect()
        };
        let (old_servers, new_servers) = (servers(before), servers(after));
        for server in old_servers.iter().filter(|server| !new_servers.contains(server)) {
            let found = Found::new(format!("{name} no longer names the server {server}"));
            changes.add(Subject::Document, "server-removed", found.at(at.0, at.1));
        }
        for server in new_servers.iter().filter(|server| !old_servers.contains(server)) {
            let found = Found::new(format!("{name} names the server {server}"));
            changes.add(Subject::Document, "server-added", found.at(at.0, at.1));
        }
        schemes(changes, &name, (before, after), old, new);
        webhooks(changes, (before, after), old, new);
    }
}

fn schemes(
    changes: &mut Changes,
    name: &str,
    (before, after): (&Json, &Json),
    old: &AppContract,
    new: &AppContract,
) {
    let of = |document: &Json| {
        document.pointer("/components/securitySchemes").and_then(Json::as_object).cloned().unwrap_or_default()
    };
    let (before, after) = (of(before), of(after));
    for (scheme, value) in &before {
        let (change, words) = match after.get(scheme) {
            None => ("security-scheme-removed", "no longer names"),
            Some(other) if without_description(other) != without_description(value) => {
                ("security-scheme-changed", "describes differently")
            }
            Some(_) => continue,
        };
        let found = Found::new(format!("{name} {words} the security scheme `{scheme}`"));
        let mut found = found.part(format!("security scheme `{scheme}`"));
        (found.old, found.new) = (Some(shown(value)), after.get(scheme).map(shown));
        changes.add(Subject::Document, change, found.at(Some(&old.at), Some(&new.at)));
    }
    for scheme in after.keys().filter(|scheme| !before.contains_key(*scheme)) {
        let found = Found::new(format!("{name} names the security scheme `{scheme}`"));
        let found = found.part(format!("security scheme `{scheme}`"));
        changes.add(Subject::Document, "security-scheme-added", found.at(Some(&old.at), Some(&new.at)));
    }
}

fn without_description(scheme: &Json) -> Json {
    let mut scheme = scheme.clone();
    if let Json::Object(object) = &mut scheme {
        object.remove("description");
    }
    scheme
}

fn webhooks(changes: &mut Changes, (before, after): (&Json, &Json), old: &AppContract, new: &AppContract) {
    let of =
        |document: &Json| document.get("webhooks").and_then(Json::as_object).cloned().unwrap_or_default();
    let (before, after) = (of(before), of(after));
    let at = (Some(&old.at), Some(&new.at));
    for (name, hook) in &before {
        let (change, words) = match after.get(name) {
            None => ("removed", "is gone"),
            Some(other) if other != hook => ("changed", "changed"),
            Some(_) => continue,
        };
        let found = Found::new(format!("the webhook `{name}` {words}")).part(format!("webhook `{name}`"));
        changes.add(Subject::Webhook, change, found.at(at.0, at.1));
    }
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        let found = Found::new(format!("the webhook `{name}` is new")).part(format!("webhook `{name}`"));
        changes.add(Subject::Webhook, "added", found.at(at.0, at.1));
    }
}
