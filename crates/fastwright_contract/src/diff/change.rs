//! Changes as plain data: the JSON of `fastwright diff`, version 1.

use super::kind::{Kind, Level, Subject};
use crate::contract::document::{At, RouteContract, Tool, Undecided};
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What differs between two contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diff {
    /// Version of this shape: 1. Within a version there are only additions.
    pub version: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// What the old side is: a revision, a folder, a file.
    pub old: String,
    /// What the new side is.
    pub new: String,
    /// The changes, the worst first.
    pub changes: Vec<Change>,
    /// What could not be decided on either side: a change there is not seen.
    pub undecided: Vec<Undecided>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Its kind, as in `response-property-removed`.
    pub kind: String,
    /// What it means.
    pub level: Level,
    /// What changed, one sentence without a full stop.
    pub message: String,
    /// What a client, a caller or an operator sees.
    pub effect: String,
    /// The app that it belongs to.
    pub app: Option<String>,
    /// The routes that have it; none for what belongs to the whole app or the database.
    pub routes: Vec<ChangedRoute>,
    /// The part of the route, as in `response 200 items[].price`.
    pub part: Option<String>,
    /// How it was.
    pub old: Option<String>,
    /// How it is.
    pub new: Option<String>,
    /// Where it was.
    pub old_at: Option<At>,
    /// Where it is.
    pub new_at: Option<At>,
}

/// A route that has a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ChangedRoute {
    /// Method; `WS` for a WebSocket.
    pub method: String,
    /// Path.
    pub path: String,
    /// `module:qualname` of the endpoint.
    pub handler: String,
}

impl ChangedRoute {
    /// `GET /orders/{order_id}`.
    pub fn text(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A change before it is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) message: String,
    pub(crate) part: Option<String>,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
    pub(crate) old_at: Option<At>,
    pub(crate) new_at: Option<At>,
}

impl Found {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    pub(crate) fn part(mut self, part: impl Into<String>) -> Self {
        let part = part.into();
        self.part = (!part.is_empty()).then_some(part);
        self
    }

    pub(crate) fn old(mut self, old: impl Into<String>) -> Self {
        self.old = Some(old.into());
        self
    }

    pub(crate) fn new_is(mut self, new: impl Into<String>) -> Self {
        self.new = Some(new.into());
        self
    }

    pub(crate) fn at(mut self, old: Option<&At>, new: Option<&At>) -> Self {
        self.old_at = old.cloned();
        self.new_at = new.cloned();
        self
    }
}

/// Both sides of a route that is compared, where it exists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides<'c> {
    pub(crate) method: &'c str,
    pub(crate) old: Option<&'c RouteContract>,
    pub(crate) new: Option<&'c RouteContract>,
}

impl Sides<'_> {
    fn route(&self) -> Option<ChangedRoute> {
        let route = self.new.or(self.old)?;
        Some(ChangedRoute {
            method: self.method.to_owned(),
            path: route.path.clone(),
            handler: route.handler.clone(),
        })
    }
}

/// Changes that were found so far.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) app: Option<String>,
    found: Vec<Change>,
}

impl Changes {
    /// Keeps a change that belongs to no route.
    pub(crate) fn add(&mut self, subject: Subject, change: &str, found: Found) {
        self.keep(Kind::of(subject, change), None, found);
    }

    /// Keeps a change of a route. What many routes share is kept once.
    pub(crate) fn add_to(&mut self, sides: Sides<'_>, subject: Subject, change: &str, mut found: Found) {
        found.old_at = found.old_at.or_else(|| Some(sides.old?.at.clone()));
        found.new_at = found.new_at.or_else(|| Some(sides.new?.at.clone()));
        self.keep(Kind::of(subject, change), sides.route(), found);
    }

    fn keep(&mut self, kind: &'static Kind, route: Option<ChangedRoute>, found: Found) {
        let change = Change {
            kind: kind.name(),
            level: kind.level,
            message: found.message,
            effect: kind.effect.to_owned(),
            app: self.app.clone(),
            routes: route.into_iter().collect(),
            part: found.part,
            old: found.old,
            new: found.new,
            old_at: found.old_at,
            new_at: found.new_at,
        };
        self.found.push(change);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether some change since a mark is of a level.
    pub(crate) fn any_since(&self, mark: usize, test: impl Fn(&Change) -> bool) -> bool {
        self.found[mark..].iter().any(test)
    }

    /// The changes, the worst first; what several routes share in the same words is one change.
    pub(crate) fn into_sorted(self) -> Vec<Change> {
        let mut joined: Vec<Change> = Vec::new();
        let mut known: FxHashMap<Words, usize> = FxHashMap::default();
        for change in self.found {
            let words = (
                change.kind.clone(),
                change.app.clone(),
                change.message.clone(),
                change.part.clone(),
                change.old.clone(),
                change.new.clone(),
            );
            match known.get(&words) {
                Some(&position) => {
                    for route in change.routes {
                        if !joined[position].routes.contains(&route) {
                            joined[position].routes.push(route);
                        }
                    }
                }
                None => {
                    known.insert(words, joined.len());
                    joined.push(change);
                }
            }
        }
        joined.sort_by(|left, right| {
            (left.level, &left.app, &left.routes, &left.part, &left.kind, &left.message).cmp(&(
                right.level,
                &right.app,
                &right.routes,
                &right.part,
                &right.kind,
                &right.message,
            ))
        });
        joined
    }
}

/// What makes two changes one.
type Words = (String, Option<String>, String, Option<String>, Option<String>, Option<String>);
