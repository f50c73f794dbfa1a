//! The journal: what a fix is about to do stands on the disk before the first file changes.
//!
//! A journal is a folder. It holds the old and the new bytes of each file and `journal.json`, which is written last
//! and names them: from then on the fix can be finished or undone by anybody, however it ended. `applied` says
//! that it ended well. Each step may be done twice without harm.

use crate::rounds::FileChange;
use fastwright_sandbox::files::{Mode, Root};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where journals are, below the root of the project.
const FOLDER: &str = ".fastwright_cache/fixes";
const PLAN: &str = "journal.json";
const APPLIED: &str = "applied";
/// Older journals are forgotten.
const MOST_JOURNALS: usize = 20;

/// Why files are not written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system said no.
    #[error("{0}")]
    System(#[from] io::Error),
    /// Somebody else changed a file.
    #[error("{0} changed meanwhile: nothing is written over it")]
    Changed(String),
    /// Another process is at it.
    #[error("another `fastwright fix` is writing to this project")]
    Busy,
    /// There is no fix to take back.
    #[error("there is no fix to undo")]
    Nothing,
    /// The journal can't be understood.
    #[error("the journal {0} is damaged; the files that it names are in it as *.before and *.after")]
    Damaged(String),
    /// A fix did not end.
    #[error(
        "a fix was interrupted ({written} of {files} files are written): `fastwright fix --undo` takes it back, \
         `fastwright fix --finish` completes it"
    )]
    Unfinished {
        /// Files that are written.
        written: usize,
        /// Files in all.
        files: usize,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Plan {
    version: u32,
    /// Seconds since 1970.
    started: u64,
    files: Vec<Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    path: String,
    /// Hash of the bytes; none where there is no file.
    before: Option<String>,
    after: Option<String>,
    /// Folders that have to be made for it, the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    folders: Vec<String>,
}

/// A file that is written, made or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileWrite<'f> {
    /// Canonical path.
    pub path: &'f Path,
    /// Path for people.
    pub relative: &'f str,
    /// Its bytes on disk; none where there is no file yet.
    pub before: Option<&'f [u8]>,
    /// Its bytes afterwards; none takes it away.
    pub after: Option<&'f [u8]>,
}

impl<'f> From<&'f FileChange> for FileWrite<'f> {
    fn from(file: &'f FileChange) -> Self {
        Self {
            path: &file.path,
            relative: &file.relative,
            before: Some(&file.before),
            after: Some(&file.after),
        }
    }
}

/// A fix that did not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    number: String,
    /// Files that are written.
    pub written: usize,
    /// Files in all.
    pub files: usize,
}

/// The journals of a project; one process at a time has them.
#[derive(Debug)]
pub struct Journal {
    root: Root,
    _lock: File,
}

impl Journal {
    /// Opens the journals of the project at a folder.
    ///
    /// # Errors
    /// When the folder can't be written to, or another process has them.
    pub fn open(root: &Path) -> Result<Self, JournalError> {
        let root = Root::open(root)?;
        root.make_folders(Path::new(FOLDER))?;
        let lock = root.lock(&Path::new(FOLDER).join("lock"))?.ok_or(JournalError::Busy)?;
        // Nobody shall commit what is in here.
        let ignore = Path::new(FOLDER).join(".gitignore");
        if root.read(&ignore).is_err() {
            root.replace(&ignore, b"*\n", Mode::PRIVATE, ".gitignore.new")?;
        }
        let journal = Self { root, _lock: lock };
        journal.forget_unstarted()?;
        Ok(journal)
    }

    /// Whether a project has a fix that did not end; looks without writing anything.
    pub fn has_interrupted(root: &Path) -> bool {
        let folder = root.join(FOLDER);
        let Ok(entries) = std::fs::read_dir(folder) else { return false };
        entries
            .flatten()
            .any(|entry| entry.path().join(PLAN).is_file() && !entry.path().join(APPLIED).is_file())
    }

    /// The fix that did not end, if there is one.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub fn interrupted(&self) -> Result<Option<Interrupted>, JournalError> {
        for number in self.numbers()? {
            if self.root.read(&self.in_journal(&number, APPLIED)).is_ok() {
                continue;
            }
            let plan = self.plan(&number)?;
            let written = plan.files.iter().filter(|entry| self.hash(entry) == entry.after).count();
            return Ok(Some(Interrupted { number, written, files: plan.files.len() }));
        }
        Ok(None)
    }

    /// Writes files: the journal, then each file, then that all are written.
    ///
    /// # Errors
    /// When a fix was interrupted before, a file changed meanwhile or lies outside of the project, or can't be
    /// written. What was written until then is taken back.
    pub fn write(&self, files: &[FileChange]) -> Result<(), JournalError> {
        let files: Vec<FileWrite<'_>> = files.iter().map(FileWrite::from).collect();
        self.write_files(&files)
    }

    /// Writes, makes and takes away files: the journal, then each file, then that all is done.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_files(&self, files: &[FileWrite<'_>]) -> Result<(), JournalError> {
        if let Some(found) = self.interrupted()? {
            return Err(JournalError::Unfinished { written: found.written, files: found.files });
        }
        let last = self.all_numbers()?.last().and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
        let number = format!("{:06}", last + 1);
        self.root.make_folders(&Path::new(FOLDER).join(&number))?;
        let mut plan = Plan { version: 1, started: now(), files: Vec::new() };
        for (index, file) in files.iter().enumerate() {
            let relative = file.path.strip_prefix(self.root.path()).map_err(|_| {
                io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!(
                        "{} lies outside of the project {}",
                        file.path.display(),
                        self.root.path().display()
                    ),
                )
            })?;
            if self.bytes(relative)?.map(|(bytes, _)| bytes).as_deref() != file.before {
                return Err(JournalError::Changed(file.relative.to_owned()));
            }
            for (bytes, ending) in [(file.before, "before"), (file.after, "after")] {
                if let Some(bytes) = bytes {
                    self.put(&number, &format!("{index}.{ending}"), bytes)?;
                }
            }
            plan.files.push(Entry {
                path: relative.to_string_lossy().into_owned(),
                before: file.before.map(digest),
                after: file.after.map(digest),
                folders: self.missing_folders(relative)?,
            });
        }
        let text = serde_json::to_vec_pretty(&plan).map_err(io::Error::from)?;
        self.put(&number, PLAN, &text)?;
        if let Err(error) = self.bring(&number, &plan, Side::After) {
            // All or none.
            self.bring(&number, &plan, Side::Before)?;
            self.forget(&number)?;
            return Err(error);
        }
        self.put(&number, APPLIED, b"")?;
        self.forget_old()
    }

    /// Takes back the last fix, or the one that was interrupted; how many files it had.
    ///
    /// # Errors
    /// When there is none, or a file changed since: then nothing is written.
    pub fn undo(&self) -> Result<usize, JournalError> {
        let number = match self.interrupted()? {
            Some(found) => found.number,
            None => self.numbers()?.pop().ok_or(JournalError::Nothing)?,
        };
        let plan = self.plan(&number)?;
        self.check(&plan)?;
        // From here on the fix counts as interrupted, until all files are back.
        self.root.remove(&self.in_journal(&number, APPLIED))?;
        self.bring(&number, &plan, Side::Before)?;
        self.forget(&number)?;
        Ok(plan.files.len())
    }

    /// Completes the fix that was interrupted; how many files it had.
    ///
    /// # Errors
    /// When there is none, or a file changed since: then nothing is written.
    pub fn finish(&self) -> Result<usize, JournalError> {
        let found = self.interrupted()?.ok_or(JournalError::Nothing)?;
        let plan = self.plan(&found.number)?;
        self.check(&plan)?;
        self.bring(&found.number, &plan, Side::After)?;
        self.put(&found.number, APPLIED, b"")?;
        Ok(plan.files.len())
    }

    /// Every file is as it was before the fix, or as it is after it.
    fn check(&self, plan: &Plan) -> Result<(), JournalError> {
        for entry in &plan.files {
            let hash = self.hash(entry);
            if hash != entry.before && hash != entry.after {
                return Err(JournalError::Changed(entry.path.clone()));
            }
        }
        Ok(())
    }

    fn bring(&self, number: &str, plan: &Plan, side: Side) -> Result<(), JournalError> {
        for (index, entry) in plan.files.iter().enumerate() {
            let path = Path::new(&entry.path);
            let temporary = format!(".fastwright-{number}-{index}");
            self.root.remove(&path.with_file_name(&temporary))?;
            let (wanted, ending) = match side {
                Side::Before => (&entry.before, "before"),
                Side::After => (&entry.after, "after"),
            };
            let current = self.bytes(path)?;
            if current.as_ref().map(|(bytes, _)| digest(bytes)) == *wanted {
                continue;
            }
            let Some(wanted) = wanted else {
                self.root.remove(path)?;
                for folder in entry.folders.iter().rev() {
                    // One that somebody else uses meanwhile stays.
                    let _ = self.root.remove_folder(Path::new(folder));
                }
                continue;
            };
            if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                self.root.make_folders(parent)?;
            }
            let mode = current.map_or(Mode::ORDINARY, |(_, mode)| mode);
            let (bytes, _) = self.root.read(&self.in_journal(number, &format!("{index}.{ending}")))?;
            if digest(&bytes) != *wanted {
                return Err(JournalError::Damaged(self.in_journal(number, "").display().to_string()));
            }
            self.root.replace(path, &bytes, mode, &temporary)?;
        }
        Ok(())
    }

    /// What a file holds; nothing where there is none.
    fn bytes(&self, relative: &Path) -> io::Result<Option<(Vec<u8>, Mode)>> {
        match self.root.read(relative) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Folders that a path needs and that are not there.
    fn missing_folders(&self, relative: &Path) -> io::Result<Vec<String>> {
        let mut missing = Vec::new();
        for folder in relative.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
            if self.root.status(folder)?.is_some() {
                break;
            }
            missing.push(folder.to_string_lossy().into_owned());
        }
        missing.reverse();
        Ok(missing)
    }

    fn hash(&self, entry: &Entry) -> Option<String> {
        self.root.read(Path::new(&entry.path)).ok().map(|(bytes, _)| digest(&bytes))
    }

    fn plan(&self, number: &str) -> Result<Plan, JournalError> {
        let path = self.in_journal(number, PLAN);
        let (bytes, _) = self.root.read(&path)?;
        serde_json::from_slice(&bytes).map_err(|_| JournalError::Damaged(path.display().to_string()))
    }

    fn put(&self, number: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.root.replace(&self.in_journal(number, name), bytes, Mode::PRIVATE, &format!("{name}.new"))
    }

    fn in_journal(&self, number: &str, name: &str) -> PathBuf {
        Path::new(FOLDER).join(number).join(name)
    }

    fn all_numbers(&self) -> io::Result<Vec<String>> {
        let mut names = self.root.entries(Path::new(FOLDER))?;
        names.retain(|name| name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_digit()));
        Ok(names)
    }

    /// The journals with a plan, the oldest first.
    fn numbers(&self) -> io::Result<Vec<String>> {
        let mut names = self.all_numbers()?;
        names.retain(|name| self.root.read(&self.in_journal(name, PLAN)).is_ok());
        Ok(names)
    }

    /// A journal without a plan has changed nothing.
    fn forget_unstarted(&self) -> Result<(), JournalError> {
        let started = self.numbers()?;
        for number in self.all_numbers()?.iter().filter(|number| !started.contains(number)) {
            self.forget(number)?;
        }
        Ok(())
    }

    fn forget_old(&self) -> Result<(), JournalError> {
        let numbers = self.numbers()?;
        for number in &numbers[..numbers.len().saturating_sub(MOST_JOURNALS)] {
            self.forget(number)?;
        }
        Ok(())
    }

    /// Removes a journal: its plan first, so that the rest means nothing any more.
    fn forget(&self, number: &str) -> Result<(), JournalError> {
        self.root.remove(&self.in_journal(number, PLAN))?;
        let folder = Path::new(FOLDER).join(number);
        for name in self.root.entries(&folder)? {
            self.root.remove(&folder.join(name))?;
        }
        Ok(self.root.remove_folder(&folder)?)
    }
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Before,
    After,
}

fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    fn change(root: &Path, relative: &str, after: &str) -> FileChange {
        let path = root.canonicalize().unwrap().join(relative);
        let before = fs::read(&path).unwrap();
        FileChange { path, relative: relative.to_owned(), before, after: after.as_bytes().to_vec() }
    }

    fn project() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("app")).unwrap();
        fs::write(folder.path().join("app/a.py"), "a = 1\n").unwrap();
        fs::write(folder.path().join("b.py"), "b = 1\n").unwrap();
        folder
    }

    #[test]
    fn what_is_written_can_be_taken_back_step_by_step() {
        let folder = project();
        let root = folder.path();
        fs::set_permissions(root.join("b.py"), fs::Permissions::from_mode(0o751)).unwrap();
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        Journal::open(root)
            .unwrap()
            .write(&[change(root, "app/a.py", "a = 2\n"), change(root, "b.py", "b = 2\n")])
            .unwrap();
        Journal::open(root).unwrap().write(&[change(root, "b.py", "b = 3\n")]).unwrap();
        assert_eq!((read("app/a.py"), read("b.py")), ("a = 2\n".into(), "b = 3\n".into()));
        assert_eq!(fs::metadata(root.join("b.py")).unwrap().permissions().mode() & 0o777, 0o751);
        let journal = Journal::open(root).unwrap();
        assert!(matches!(Journal::open(root), Err(JournalError::Busy)));
        assert_eq!(journal.undo().unwrap(), 1);
        assert_eq!(read("b.py"), "b = 2\n");
        assert_eq!(journal.undo().unwrap(), 2);
        assert_eq!((read("app/a.py"), read("b.py")), ("a = 1\n".into(), "b = 1\n".into()));
        assert!(matches!(journal.undo(), Err(JournalError::Nothing)));
    }

    #[test]
    fn files_that_changed_since_stay_as_they_are() {
        let folder = project();
        let root = folder.path();
        let journal = Journal::open(root).unwrap();
        let old = change(root, "b.py", "b = 2\n");
        fs::write(root.join("b.py"), "mine\n").unwrap();
        assert!(matches!(journal.write(&[old]), Err(JournalError::Changed(_))));
        journal.write(&[change(root, "app/a.py", "a = 2\n"), change(root, "b.py", "b = 2\n")]).unwrap();
        fs::write(root.join("b.py"), "mine again\n").unwrap();
        assert!(matches!(journal.undo(), Err(JournalError::Changed(_))));
        assert_eq!(fs::read_to_string(root.join("app/a.py")).unwrap(), "a = 2\n");
    }

    #[test]
    fn links_lead_nowhere_and_other_names_keep_their_bytes() {
        let outside = project();
        let folder = project();
        let root = folder.path();
        symlink(outside.path().join("app"), root.join("linked")).unwrap();
        symlink(outside.path().join("b.py"), root.join("c.py")).unwrap();
        let journal = Journal::open(root).unwrap();
        for path in ["linked/a.py", "c.py"] {
            assert!(journal.write(&[change(root, path, "evil\n")]).is_err(), "{path}");
        }
        let mut out = change(outside.path(), "b.py", "evil\n");
        assert!(journal.write(&[out.clone()]).is_err());
        out.path = root.canonicalize().unwrap().join("..").join("b.py");
        assert!(journal.write(&[out]).is_err());
        assert_eq!(fs::read_to_string(outside.path().join("b.py")).unwrap(), "b = 1\n");

        fs::hard_link(root.join("b.py"), outside.path().join("other.py")).unwrap();
        journal.write(&[change(root, "b.py", "b = 2\n")]).unwrap();
        assert_eq!(fs::read_to_string(outside.path().join("other.py")).unwrap(), "b = 1\n");
        assert_eq!(fs::metadata(root.join("b.py")).unwrap().nlink(), 1);
    }

    #[test]
    fn an_interrupted_fix_is_noticed_and_can_go_both_ways() {
        for undo in [true, false] {
            let folder = project();
            let root = folder.path();
            let journal = Journal::open(root).unwrap();
            journal.write(&[change(root, "app/a.py", "a = 2\n"), change(root, "b.py", "b = 2\n")]).unwrap();
            // As if the process had died between the two files.
            fs::remove_file(root.join(FOLDER).join("000001").join(APPLIED)).unwrap();
            fs::write(root.join("b.py"), "b = 1\n").unwrap();
            fs::write(root.join(".fastwright-000001-1"), "b =").unwrap();
            assert!(Journal::has_interrupted(root));
            let later = journal.write(&[change(root, "b.py", "b = 9\n")]);
            assert!(matches!(later, Err(JournalError::Unfinished { written: 1, files: 2 })));
            let (value, files) = if undo { (1, journal.undo()) } else { (2, journal.finish()) };
            assert_eq!(files.unwrap(), 2);
            assert_eq!(fs::read_to_string(root.join("app/a.py")).unwrap(), format!("a = {value}\n"));
            assert_eq!(fs::read_to_string(root.join("b.py")).unwrap(), format!("b = {value}\n"));
            assert!(!root.join(".fastwright-000001-1").exists());
            assert!(!Journal::has_interrupted(root));
        }
    }
}
