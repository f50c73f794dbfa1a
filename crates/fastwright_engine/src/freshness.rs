//! Whether what was found out about a project still holds: no file that it rests on has changed since.

use crate::inputs::{self, Listing, listing};
use crate::settings::Settings;
use crate::stamps::{CLOCK_TICK, Stamp, beside, folder_stamp, nanoseconds, now, stamp, stamps};
use fastwright_python::location::Files;
use std::path::{Path, PathBuf};

/// The files that an answer rests on, as they were.
#[derive(Debug, Clone)]
pub struct Freshness {
    taken: u64,
    found: Vec<(PathBuf, Option<Stamp>)>,
    others: Vec<(PathBuf, Option<Stamp>)>,
    walk: Walk,
}

/// What decides which files a walk finds, as it was: while it is the same, there is no need to walk.
#[derive(Debug, Clone)]
struct Walk {
    /// When it began.
    began: u64,
    folders: Vec<(PathBuf, Option<Stamp>)>,
    rules: Vec<(PathBuf, Option<Stamp>)>,
}

impl Walk {
    fn new(began: u64, listing: Listing) -> (Self, Vec<PathBuf>) {
        let folders = with_stamps(listing.folders, folder_stamp);
        (Self { began, folders, rules: with_stamps(listing.rules, stamp) }, listing.inputs)
    }

    /// Whether a walk would find the same files.
    fn holds(&self) -> bool {
        // What changed a moment before the walk may have changed again during it, with the same time.
        let trusted = self.began.saturating_sub(nanoseconds(CLOCK_TICK));
        let old_enough = |stamp: &Option<Stamp>| stamp.is_none_or(|stamp| stamp.modified < trusted);
        let same = |entries: &[(PathBuf, Option<Stamp>)], stamp_of: fn(&Path) -> Option<Stamp>| {
            entries.iter().all(|(path, known)| old_enough(known) && stamp_of(path) == *known)
        };
        // A folder that is gone, or can't be listed, says nothing.
        self.folders.iter().all(|(_, stamp)| stamp.is_some())
            && same(&self.folders, folder_stamp)
            && same(&self.rules, stamp)
    }
}

fn with_stamps(paths: Vec<PathBuf>, stamp_of: fn(&Path) -> Option<Stamp>) -> Vec<(PathBuf, Option<Stamp>)> {
    paths
        .into_iter()
        .map(|path| {
            let stamp = stamp_of(&path);
            (path, stamp)
        })
        .collect()
}

impl Freshness {
    /// The state of a project's files before it is analysed.
    pub fn before(settings: &Settings) -> Self {
        let taken = now();
        let (walk, found) = Walk::new(taken, listing(settings));
        let others = beside(&found, inputs::surroundings(settings));
        Self { taken, found: stamps(found), others: stamps(others), walk }
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
    pub fn holds(&mut self, settings: &Settings) -> bool {
        let trusted = self.taken.saturating_sub(nanoseconds(CLOCK_TICK));
        let same = |entries: &[(PathBuf, Option<Stamp>)]| {
            entries.iter().all(|(path, known)| {
                // What was written a moment before it was recorded may have been written again since, with the
                // same time.
                known.is_none_or(|stamp| stamp.modified < trusted) && stamp(path) == *known
            })
        };
        if !same(&self.found) || !same(&self.others) {
            return false;
        }
        if self.walk.holds() {
            return true;
        }
        // Something changed in a folder, such as a file that is no input: that is seen by walking, and the next time
        // there is no need to.
        let (walk, found) = Walk::new(now(), listing(settings));
        let is_same = found.iter().eq(self.found.iter().map(|(path, _)| path));
        if is_same {
            self.walk = walk;
        }
        is_same
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
        assert!(freshness.holds(&settings) && freshness.walk.holds());
        std::fs::write(project.path().join("new.py"), "").unwrap();
        assert!(!freshness.holds(&settings));
        std::fs::remove_file(project.path().join("new.py")).unwrap();
        assert!(freshness.holds(&settings));
        std::fs::write(&file, "a = 10\n").unwrap();
        assert!(!freshness.holds(&settings));
    }

    #[test]
    fn what_is_no_input_changes_nothing() {
        let project = tempfile::tempdir().unwrap();
        let path = |name: &str| project.path().join(name);
        std::fs::create_dir_all(path("package")).unwrap();
        std::fs::write(path("package/main.py"), "a = 1\n").unwrap();
        std::fs::write(path(".gitignore"), "build\n").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("later.txt", path("linked.py")).unwrap();
        let overrides = Overrides { isolated: true, ..Overrides::default() };
        let settings = Settings::for_project(project.path(), &overrides).unwrap();
        std::thread::sleep(2 * CLOCK_TICK);
        let mut freshness = Freshness::before(&settings);
        assert!(freshness.holds(&settings) && freshness.walk.holds());
        // Seen by a walk, once.
        std::fs::write(path("package/notes.txt"), "text").unwrap();
        assert!(!freshness.walk.holds());
        assert!(freshness.holds(&settings));
        std::thread::sleep(2 * CLOCK_TICK);
        assert!(freshness.holds(&settings));
        assert!(freshness.holds(&settings) && freshness.walk.holds());
        // What a folder holds that is new, deep down.
        std::fs::create_dir_all(path("package/deep/deeper")).unwrap();
        assert!(freshness.holds(&settings));
        std::fs::write(path("package/deep/deeper/module.py"), "").unwrap();
        assert!(!freshness.holds(&settings));
        std::fs::remove_file(path("package/deep/deeper/module.py")).unwrap();
        assert!(freshness.holds(&settings));
        // What git ignores, by a file that is changed in its place.
        std::thread::sleep(2 * CLOCK_TICK);
        assert!(freshness.holds(&settings));
        std::fs::write(path(".gitignore"), "package\n").unwrap();
        assert!(!freshness.holds(&settings));
        std::fs::write(path(".gitignore"), "build\n").unwrap();
        assert!(freshness.holds(&settings));
        // A link whose target comes to be.
        #[cfg(unix)]
        {
            std::fs::write(path("later.txt"), "x = 1\n").unwrap();
            assert!(!freshness.holds(&settings));
        }
    }
}
