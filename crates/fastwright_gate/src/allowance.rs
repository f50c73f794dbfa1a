//! What a change is allowed to do: the words of `--allow`.

use crate::verdict::REASONS;
use fastwright_contract::diff::{Change, KINDS, Level};

/// One thing that is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    word: String,
    what: What,
    /// Only of this route, `METHOD /path`.
    route: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Kind,
    Level(Level),
    Reason,
}

impl Allowance {
    /// Reads `KIND`, `LEVEL`, or either with `@METHOD /path` for one route.
    ///
    /// # Errors
    /// When the word is no kind of change, no level and no kind of reason; the message lists what is near.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (word, route) = match text.split_once('@') {
            Some((word, route)) => (word.trim(), Some(route.trim().to_owned())),
            None => (text.trim(), None),
        };
        let what = if let Some(level) = Level::ALL.into_iter().find(|level| level.name() == word) {
            What::Level(level)
        } else if KINDS.iter().any(|kind| kind.name() == word) {
            What::Kind
        } else if REASONS.iter().any(|reason| reason.name == word && reason.can_be_allowed) {
            What::Reason
        } else if REASONS.iter().any(|reason| reason.name == word) {
            return Err(format!("`{word}` can't be allowed"));
        } else {
            return Err(format!("`{word}` is no kind of change; `fastwright gate --list-kinds` lists all"));
        };
        if let Some(route) = &route
            && !route.split_once(' ').is_some_and(|(_, path)| path.starts_with('/'))
        {
            return Err(format!("`{route}` is no route: expected `METHOD /path`, as in `GET /orders`"));
        }
        Ok(Self { word: word.to_owned(), what, route })
    }

    /// Whether it allows a change of the contract for every route that has it.
    pub(crate) fn covers_change(&self, change: &Change) -> bool {
        let fits = match &self.what {
            What::Kind => change.kind == self.word,
            What::Level(level) => change.level == *level,
            What::Reason => self.word == crate::verdict::CONTRACT_CHANGED.name,
        };
        fits && match &self.route {
            None => true,
            Some(route) => {
                !change.routes.is_empty() && change.routes.iter().all(|known| known.text() == *route)
            }
        }
    }

    /// Whether it allows a reason that is no change of the contract.
    pub(crate) fn covers_reason(&self, kind: &str) -> bool {
        self.what == What::Reason && self.word == kind && self.route.is_none()
    }
}

/// Whether all routes of a change are allowed, be it by several words.
pub(crate) fn covers(allowed: &[Allowance], change: &Change) -> bool {
    if allowed.iter().any(|allowance| allowance.covers_change(change)) {
        return true;
    }
    !change.routes.is_empty()
        && change.routes.iter().all(|route| {
            let alone = Change { routes: vec![route.clone()], ..change.clone() };
            allowed.iter().any(|allowance| allowance.covers_change(&alone))
        })
}
