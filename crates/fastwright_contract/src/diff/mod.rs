//! What differs between two contracts, and what that means to those who call, run or secure the application.
//!
//! The OpenAPI documents are compared part by part, in the direction in which data flows: what a request may
//! be must not shrink, what a response may be must not grow. Beside them stands what no document says: guards,
//! statuses that code raises, effects, middleware, tables, and the business forms of handlers.

mod apps;
mod behaviour;
mod change;
mod database;
mod guards;
mod kind;
mod models;
mod operations;
mod overlap;
mod parameters;
mod pieces;
mod routes;
mod schema;

pub use change::{Change, ChangedRoute, Diff};
pub use kind::{KINDS, Kind, Level, Subject};

use crate::contract::document::{Contract, Tool, Undecided};
use change::Changes;

/// What differs between two contracts. The names say what each side is.
pub fn diff((old_name, old): (&str, &Contract), (new_name, new): (&str, &Contract)) -> Diff {
    let mut changes = Changes::default();
    apps::compare(&mut changes, old, new);
    changes.app = None;
    database::compare(&mut changes, &old.tables, &new.tables);
    Diff {
        version: 1,
        tool: Tool { name: "fastwright".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        old: old_name.to_owned(),
        new: new_name.to_owned(),
        changes: changes.into_sorted(),
        undecided: undecided(old, new),
    }
}

/// What is not known on either side, each once.
fn undecided(old: &Contract, new: &Contract) -> Vec<Undecided> {
    let mut found: Vec<Undecided> = Vec::new();
    for contract in [new, old] {
        let of_apps = contract.apps.iter().flat_map(|app| {
            app.undecided.iter().chain(app.documents.iter().flat_map(|document| &document.doubts))
        });
        for entry in contract.undecided.iter().chain(&contract.problems).chain(of_apps) {
            if !found.iter().any(|known| known.reason == entry.reason) {
                found.push(entry.clone());
            }
        }
    }
    found
}
