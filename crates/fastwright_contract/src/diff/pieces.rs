//! What stands around all routes of an app: middleware, exception handlers, lifespan.

use super::change::{Changes, Found};
use super::guards::short;
use super::kind::Subject;
use super::routes::Side;
use crate::contract::document::Piece;

/// Compares what stands around the routes.
pub(crate) fn compare(changes: &mut Changes, (_, old): Side<'_>, (_, new): Side<'_>) {
    middleware(changes, &old.middleware, &new.middleware);
    exception_handlers(changes, &old.exception_handlers, &new.exception_handlers);
    let (change, words, before, after) = match (&old.lifespan, &new.lifespan) {
        (None, None) => return,
        (Some(before), Some(after)) if before.fingerprint == after.fingerprint => return,
        (None, Some(after)) => ("added", "runs at the start and the end", None, Some(after)),
        (Some(before), None) => ("removed", "no longer runs at the start and the end", Some(before), None),
        (Some(before), Some(after)) => ("changed", "does something else", Some(before), Some(after)),
    };
    let name = after.or(before).map_or("lifespan", |piece| short(&piece.name));
    let found = Found::new(format!("`{name}` {words}")).part("lifespan");
    changes.add(
        Subject::Lifespan,
        change,
        found.at(before.map(|piece| &piece.at), after.map(|piece| &piece.at)),
    );
}

fn is_cors(piece: &Piece) -> bool {
    piece.name.ends_with(":CORSMiddleware")
}

fn middleware(changes: &mut Changes, old: &[Piece], new: &[Piece]) {
    let has =
        |pieces: &[Piece], piece: &Piece| pieces.iter().any(|other| other.fingerprint == piece.fingerprint);
    let mut come: Vec<&Piece> = new.iter().filter(|piece| !has(old, piece)).collect();
    for piece in old.iter().filter(|piece| !has(new, piece)) {
        let name = short(&piece.name);
        let subject = if is_cors(piece) { Subject::Cors } else { Subject::Middleware };
        match come.iter().position(|other| short(&other.name) == name) {
            Some(position) => {
                let other = come.remove(position);
                let words = if piece.behaviour == other.behaviour {
                    "the options of the middleware changed:"
                } else {
                    "the middleware does something else:"
                };
                let found = Found::new(format!("{words} `{name}`")).part(format!("middleware `{name}`"));
                changes.add(subject, "changed", found.at(Some(&piece.at), Some(&other.at)));
            }
            None => {
                let found = Found::new(format!("the middleware `{name}` is gone"));
                let found = found.part(format!("middleware `{name}`")).at(Some(&piece.at), None);
                changes.add(subject, "removed", found);
            }
        }
    }
    for piece in come {
        let name = short(&piece.name);
        let subject = if is_cors(piece) { Subject::Cors } else { Subject::Middleware };
        let found = Found::new(format!("the middleware `{name}` is new"));
        let found = found.part(format!("middleware `{name}`")).at(None, Some(&piece.at));
        changes.add(subject, "added", found);
    }
    let order = |pieces: &[Piece], others: &[Piece]| -> Vec<String> {
        let known = |piece: &&Piece| others.iter().any(|other| short(&other.name) == short(&piece.name));
        pieces.iter().filter(known).map(|piece| short(&piece.name).to_owned()).collect()
    };
    let (before, after) = (order(old, new), order(new, old));
    if before != after && before.len() == after.len() {
        let found = Found::new("middleware stands in another order").part("middleware");
        let found = found.old(before.join(", ")).new_is(after.join(", "));
        let at = (old.first().map(|piece| &piece.at), new.first().map(|piece| &piece.at));
        changes.add(Subject::Middleware, "order-changed", found.at(at.0, at.1));
    }
}

fn exception_handlers(changes: &mut Changes, old: &[Piece], new: &[Piece]) {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let part = |piece: &Piece| format!("exception handler `{}`", last(&piece.name));
    for piece in old {
        let other = new.iter().find(|other| other.name == piece.name);
        let other = other.or_else(|| {
            new.iter().find(|other| {
                last(&other.name) == last(&piece.name) && !old.iter().any(|known| known.name == other.name)
            })
        });
        match other {
            Some(other) if other.fingerprint == piece.fingerprint => {}
            Some(other) => {
                let found = Found::new(format!("`{}` is answered differently", last(&piece.name)));
                let found = found.part(part(other)).at(Some(&piece.at), Some(&other.at));
                changes.add(Subject::ExceptionHandler, "changed", found);
            }
            None => {
                let found = Found::new(format!("nothing handles `{}` any more", last(&piece.name)));
                let found = found.part(part(piece)).at(Some(&piece.at), None);
                changes.add(Subject::ExceptionHandler, "removed", found);
            }
        }
    }
    for piece in new.iter().filter(|piece| !old.iter().any(|known| last(&known.name) == last(&piece.name))) {
        let found = Found::new(format!("`{}` is handled", last(&piece.name)));
        changes.add(Subject::ExceptionHandler, "added", found.part(part(piece)).at(None, Some(&piece.at)));
    }
}
