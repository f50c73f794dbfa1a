//! Whether what was found out about a project still holds: no file that it rests on has changed since.

use crate::inputs;
use crate::settings::Settings;
use crate::stamps::{CLOCK_TICK, Stamp, beside, nanoseconds, now, stamps};
use fastwright_python::location::Files;
use std::path::PathBuf;

/// The files that an answer rests on, as they were.
#[derive(Debug, Clone)]
pub struct Freshness {
    taken: u64,
    found: Vec<(PathBuf, Option<Stamp>)>,
    others: Vec<(PathBuf, Option<Stamp>)>,
}

impl Freshness {
    /// The state of a project's files before it is analysed.
    pub fn before(settings: &Settings) -> Self {
        let found = inputs::project_inputs(settings);
        let others = beside(&found, inputs::surroundings(settings));
        Self { taken: now(), found: stamps(found), others: stamps(others) }
    }

    /// Adds the files that the analysis read beside: those of libraries, data files.
    pub fn add(&mut self, files: &Files) {
        let found: Vec<PathBuf> = self.found.iter().map(|(path, _)| path.clone()).collect();
        let mut others: Vec<PathBuf> = self.others.iter().map(|(path, _)| path.clone()).collect();
        others.extend(files.iter().map(|(_, file)| file.path.clone()));
        others.extend(files.data_files().map(PathBuf::from));
        self.others = stamps(beside(&found, others));
    }

    /// Whether every file is as it was, none is new and none is gone.
    pub fn holds(&self, settings: &Settings) -> bool {
        let trusted = self.taken.saturating_sub(nanoseconds(CLOCK_TICK));
        let all = self.found.iter().chain(&self.others);
        // What was written a moment before it was recorded may have been written again since, with the same time.
        if all.filter_map(|(_, stamp)| stamp.as_ref()).any(|stamp| stamp.modified >= trusted) {
            return false;
        }
        let others = self.others.iter().map(|(path, _)| path.clone()).collect();
        stamps(inputs::project_inputs(settings)) == self.found && stamps(others) == self.others
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::settings::Overrides;

    #[test]
    fn an_answer_holds_until_a_file_changes() {
        let project = tempfile::tempdir().unwrap();
        let file = project.path().join("main.py");
        std::fs::write(&file, "a = 1\n").unwrap();
        std::fs::create_dir(project.path().join(".git")).unwrap();
        let overrides = Overrides { isolated: true, ..Overrides::default() };
        let settings = Settings::for_project(project.path(), &overrides).unwrap();
        // A file that is as young as the answer is looked at again.
        assert!(!Freshness::before(&settings).holds(&settings));
        std::thread::sleep(2 * CLOCK_TICK);
        let mut freshness = Freshness::before(&settings);
        freshness.add(&Files::default());
        assert!(freshness.holds(&settings));
        std::fs::write(project.path().join("new.py"), "").unwrap();
        assert!(!freshness.holds(&settings));
        std::fs::remove_file(project.path().join("new.py")).unwrap();
        assert!(freshness.holds(&settings));
        std::fs::write(&file, "a = 10\n").unwrap();
        assert!(!freshness.holds(&settings));
    }
}
