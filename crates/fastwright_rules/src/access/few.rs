//! Guards that let only a few of those who are signed in through: administrators, operators. What these may
//! touch is not decided object by object.

use crate::vocabulary::any_word;
use fastwright_model::application::{App, Guard, GuardKind};

/// Words for callers that are few.
pub(crate) fn names_few(word: &str) -> bool {
    matches!(
        word,
        "admin"
            | "admins"
            | "administrator"
            | "superuser"
            | "superusers"
            | "super"
            | "staff"
            | "root"
            | "owner"
            | "operator"
            | "moderator"
            | "manager"
    )
}

/// Words for callers that are everybody who is signed in.
fn names_everybody(word: &str) -> bool {
    matches!(
        word,
        "user"
            | "users"
            | "member"
            | "members"
            | "customer"
            | "viewer"
            | "reader"
            | "guest"
            | "client"
            | "basic"
    )
}

/// The guards of an app that are for few.
#[derive(Debug)]
pub struct Few<'a> {
    /// Guards that most guarded routes have.
    ordinary: Vec<&'a str>,
}

impl<'a> Few<'a> {
    /// Those of an app.
    pub fn of(app: &'a App) -> Self {
        let guarded: Vec<&Guard> = app
            .routes
            .iter()
            .map(|route| &route.guard)
            .filter(|guard| guard.kind == GuardKind::Required)
            .collect();
        let mut ordinary: Vec<&str> = Vec::new();
        for by in guarded.iter().flat_map(|guard| &guard.by) {
            if !ordinary.contains(&by.as_str())
                && guarded.iter().filter(|guard| guard.by.contains(by)).count() * 2 > guarded.len()
            {
                ordinary.push(by);
            }
        }
        Self { ordinary }
    }

    /// Whether a guard lets only few through.
    pub fn guards(&self, guard: &Guard) -> bool {
        let own = || guard.by.iter().filter(|by| !self.ordinary.contains(&by.as_str()));
        if guard.roles.iter().any(|role| any_word(role, &mut names_everybody)) {
            return false;
        }
        let by_role = !guard.roles.is_empty()
            && (own().next().is_some() || guard.roles.iter().all(|role| any_word(role, &mut names_few)));
        let short = |by: &str| by.rsplit(':').next().unwrap_or(by).to_owned();
        by_role || own().any(|by| any_word(&short(by), &mut names_few))
    }
}
