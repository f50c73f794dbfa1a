//! What the person agreed to for good: remembered by meaning, for one project, in the person's own state folder.
//!
//! Nothing in a repository can grant anything: the file lies outside of it. A change of the contract, a protected file
//! and a command that nothing confines are asked about in every session.

use crate::person::{Answer, Event, Meaning, Person, Question};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Approvals of one project.
#[derive(Debug)]
pub struct Approvals {
    file: Option<PathBuf>,
    known: BTreeSet<Meaning>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    project: String,
    approved: Vec<Meaning>,
}

impl Approvals {
    /// Nothing is remembered, now and later.
    pub fn forgetful() -> Self {
        Self { file: None, known: BTreeSet::new() }
    }

    /// What was agreed to for a project, in a state folder. What can't be read counts as never said.
    pub fn of(state: &Path, project: &Path) -> Self {
        let name = blake3::hash(project.as_os_str().as_encoded_bytes()).to_hex();
        let file = state.join("approvals").join(format!("{}.json", &name.as_str()[..16]));
        let read = || -> Option<Stored> { serde_json::from_slice(&std::fs::read(&file).ok()?).ok() };
        let stored = read().filter(|stored| stored.version == 1 && stored.project == shown(project));
        let approved = stored.map(|stored| stored.approved).unwrap_or_default();
        Self { file: Some(file), known: approved.into_iter().filter(can_be_remembered).collect() }
    }

    /// Whether the person agreed to this meaning for good.
    pub fn has(&self, meaning: &Meaning) -> bool {
        self.known.contains(meaning)
    }

    /// Remembers a meaning, if it is one that may be remembered.
    ///
    /// # Errors
    /// When it can't be written down.
    pub fn remember(&mut self, project: &Path, meaning: &Meaning) -> io::Result<()> {
        if !can_be_remembered(meaning) || !self.known.insert(meaning.clone()) {
            return Ok(());
        }
        let Some(file) = &self.file else { return Ok(()) };
        let stored =
            Stored { version: 1, project: shown(project), approved: self.known.iter().cloned().collect() };
        crate::state::write_private(file, &serde_json::to_vec_pretty(&stored).map_err(io::Error::from)?)
    }
}

/// Whether agreeing once can count for later sessions.
pub fn can_be_remembered(meaning: &Meaning) -> bool {
    match meaning {
        Meaning::FollowPlan | Meaning::WriteFiles | Meaning::SendToModel { .. } => true,
        Meaning::RunCommand { unconfined, .. } => !unconfined,
        Meaning::ChangeContract { .. } | Meaning::WriteProtected { .. } => false,
    }
}

fn shown(project: &Path) -> String {
    project.display().to_string()
}

/// A person who is not asked again what they agreed to for good.
pub struct Remembering<'p> {
    person: &'p mut dyn Person,
    approvals: &'p mut Approvals,
    project: &'p Path,
}

impl<'p> Remembering<'p> {
    /// Asks a person, and keeps what they say for good.
    pub fn new(person: &'p mut dyn Person, approvals: &'p mut Approvals, project: &'p Path) -> Self {
        Self { person, approvals, project }
    }
}

impl Person for Remembering<'_> {
    fn agrees(&mut self, question: &Question) -> bool {
        if self.approvals.has(&question.meaning) {
            return true;
        }
        match self.person.answer(question) {
            Answer::No => false,
            Answer::Once => true,
            Answer::Always => {
                if let Err(error) = self.approvals.remember(self.project, &question.meaning) {
                    self.person.told(&Event::Note {
                        text: format!("your answer counts now, but could not be kept for later: {error}"),
                    });
                }
                true
            }
        }
    }

    fn told(&mut self, event: &Event) {
        self.person.told(event);
    }

    fn wants_to_stop(&self) -> bool {
        self.person.wants_to_stop()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    struct Always(usize);

    impl Person for Always {
        fn agrees(&mut self, _: &Question) -> bool {
            true
        }

        fn answer(&mut self, _: &Question) -> Answer {
            self.0 += 1;
            Answer::Always
        }

        fn told(&mut self, _: &Event) {}
    }

    fn question(meaning: Meaning) -> Question {
        Question { meaning, text: String::new(), details: String::new() }
    }

    #[test]
    fn approvals_hold_by_meaning_and_project_but_never_for_the_contract() {
        let state = tempfile::tempdir().unwrap();
        let (shop, other) = (Path::new("/srv/shop"), Path::new("/srv/other"));
        let contract = || Meaning::ChangeContract { kinds: vec!["route-added@GET /x".to_owned()] };
        let command = |unconfined| Meaning::RunCommand { command: "pytest".to_owned(), unconfined };
        let mut person = Always(0);
        for _ in 0..2 {
            let mut approvals = Approvals::of(state.path(), shop);
            let mut person = Remembering::new(&mut person, &mut approvals, shop);
            assert!(person.agrees(&question(Meaning::WriteFiles)));
            assert!(person.agrees(&question(command(false))));
            assert!(person.agrees(&question(command(true))));
            assert!(person.agrees(&question(contract())));
        }
        // The second time only the unconfined command and the contract were asked about.
        assert_eq!(person.0, 4 + 2);
        assert!(Approvals::of(state.path(), shop).has(&Meaning::WriteFiles));
        assert!(!Approvals::of(state.path(), shop).has(&contract()));
        assert!(!Approvals::of(state.path(), other).has(&Meaning::WriteFiles));
    }

    #[test]
    fn what_was_written_into_the_file_by_hand_does_not_widen_what_can_be_remembered() {
        let state = tempfile::tempdir().unwrap();
        let shop = Path::new("/srv/shop");
        let mut approvals = Approvals::of(state.path(), shop);
        approvals.remember(shop, &Meaning::FollowPlan).unwrap();
        let file = approvals.file.clone().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let forged = text.replace(
            r#""action": "follow-plan""#,
            r#""action": "write-protected", "protection": "tests", "path": "tests/a.py""#,
        );
        assert_ne!(text, forged);
        std::fs::write(&file, forged).unwrap();
        assert!(Approvals::of(state.path(), shop).known.is_empty());
    }
}
