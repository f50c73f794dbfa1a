//! Edits in memory: what a model writes stays here until the gate, the tests and the person have agreed, and then it
//! reaches the disk all at once.

use crate::secrets::Secrets;
use fastwright_edit::writing::FileWrite;
use fastwright_sandbox::files::{FileError, Named, ProjectFiles};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// How much may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EditLimits {
    /// Files.
    pub files: usize,
    /// Bytes of one file.
    pub file_bytes: usize,
    /// Bytes of all changed files.
    pub bytes: usize,
    /// Calls that change something.
    pub edits: usize,
}

impl Default for EditLimits {
    fn default() -> Self {
        Self { files: 40, file_bytes: 400_000, bytes: 1_500_000, edits: 200 }
    }
}

/// Why an edit is not made, in words for the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl Refusal {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl From<FileError> for Refusal {
    fn from(error: FileError) -> Self {
        Self(error.to_string())
    }
}

/// A file with changes.
#[derive(Debug, Clone)]
struct Changed {
    before: Option<String>,
    after: Option<String>,
}

/// The files of a project with edits that are in memory only.
#[derive(Debug)]
pub struct Workspace {
    files: ProjectFiles,
    /// Protected paths that the person named.
    named: Named,
    /// The files that may be edited: those of the plan.
    editable: BTreeSet<String>,
    changed: BTreeMap<String, Changed>,
    limits: EditLimits,
    edits: usize,
}

impl Workspace {
    /// Opens a project; nothing may be edited yet.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn open(root: &Path, limits: EditLimits) -> io::Result<Self> {
        Ok(Self {
            files: ProjectFiles::open(root)?,
            named: Named::nothing(),
            editable: BTreeSet::new(),
            changed: BTreeMap::new(),
            limits,
            edits: 0,
        })
    }

    /// Where the root is, without links.
    pub fn root(&self) -> &Path {
        self.files.path()
    }

    /// The files as they are on disk.
    pub fn files(&self) -> &ProjectFiles {
        &self.files
    }

    /// From now on exactly these files may be edited.
    pub fn allow(&mut self, files: &[String], named: Named) {
        self.editable = files.iter().cloned().collect();
        self.named = named;
    }

    /// Whether nothing is changed.
    pub fn is_unchanged(&self) -> bool {
        self.changed.is_empty()
    }

    /// The text of a file with the edits made so far.
    ///
    /// # Errors
    /// When the path is none of the project, the file holds secrets, is no text, too large or not there.
    pub fn read(&self, path: &str) -> Result<String, Refusal> {
        match self.changed.get(path) {
            Some(Changed { after: Some(text), .. }) => Ok(text.clone()),
            Some(Changed { after: None, .. }) => Err(Refusal::new(format!("{path}: you deleted it"))),
            None => Ok(self.files.read(path)?.text),
        }
    }

    /// Replaces one part of a file. Hands back what the file is like afterwards, in a line.
    ///
    /// # Errors
    /// When the file may not be edited, or does not hold the old text exactly once.
    pub fn edit(&mut self, path: &str, old: &str, new: &str, secrets: &Secrets) -> Result<String, Refusal> {
        self.check(path, new, secrets)?;
        let text = self.read(path)?;
        // The model writes plain line ends whatever the file has.
        let is_windows = text.contains("\r\n") && !old.contains('\r');
        let plain = if is_windows { text.replace("\r\n", "\n") } else { text };
        if old.is_empty() {
            return Err(Refusal::new("old_text is empty: say which text is replaced"));
        }
        // What was hidden from the model can't be found by it either: no guessing.
        let seen = secrets.hide(&plain);
        match (seen.matches(old).count(), plain.matches(old).count()) {
            (1, 1) => {}
            (0, _) | (_, 0) => {
                return Err(Refusal::new(format!(
                    "{path} does not have this old_text: read the file again and copy it exactly"
                )));
            }
            _ => {
                return Err(Refusal::new(format!(
                    "{path} has this old_text more than once: give more of what is around it"
                )));
            }
        }
        let edited = plain.replacen(old, new, 1);
        let edited = if is_windows { edited.replace("\r\n", "\n").replace('\n', "\r\n") } else { edited };
        self.put(path, Some(edited))
    }

    /// Makes a new file.
    ///
    /// # Errors
    /// When it may not be made, or is there already.
    pub fn create(&mut self, path: &str, text: &str, secrets: &Secrets) -> Result<String, Refusal> {
        self.check(path, text, secrets)?;
        if self.exists(path)? {
            return Err(Refusal::new(format!("{path} is there already: use edit_file")));
        }
        self.put(path, Some(text.to_owned()))
    }

    /// Takes a file away.
    ///
    /// # Errors
    /// When it may not be edited, or is not there.
    pub fn delete(&mut self, path: &str, secrets: &Secrets) -> Result<String, Refusal> {
        self.check(path, "", secrets)?;
        self.read(path)?;
        self.put(path, None)
    }

    /// Puts a whole text in the place of a file, as a fix of the engine does.
    ///
    /// # Errors
    /// When it may not be edited.
    pub fn replace(&mut self, path: &str, text: String) -> Result<String, Refusal> {
        self.may_edit(path)?;
        self.put(path, Some(text))
    }

    /// Whether a file may be edited: the plan names it, and nothing protects it.
    ///
    /// # Errors
    /// The reason.
    pub fn may_edit(&self, path: &str) -> Result<(), Refusal> {
        self.files.check_write(path, &self.named)?;
        if !self.editable.contains(path) {
            return Err(Refusal::new(format!(
                "{path} is not among the plan's files_to_edit, and the plan is fixed. Leave it as it is"
            )));
        }
        Ok(())
    }

    fn check(&mut self, path: &str, new: &str, secrets: &Secrets) -> Result<(), Refusal> {
        self.may_edit(path)?;
        if secrets.has_placeholder(new) {
            return Err(Refusal::new(
                "the new text has a secret in it, or a placeholder for one. Secrets are neither read nor written \
                 here: keep the edit away from that line, or read the value from the settings",
            ));
        }
        self.edits += 1;
        if self.edits > self.limits.edits {
            return Err(Refusal::new(format!("no more than {} edits are made", self.limits.edits)));
        }
        if new.len() > self.limits.file_bytes {
            return Err(too_large(path, self.limits.file_bytes));
        }
        Ok(())
    }

    /// Whether there is such a file; one that can't be read as text is no place for a new one.
    fn exists(&self, path: &str) -> Result<bool, Refusal> {
        match self.changed.get(path) {
            Some(changed) => Ok(changed.after.is_some()),
            None => match self.files.read(path) {
                Ok(_) => Ok(true),
                Err(error) if is_missing(&error) => Ok(false),
                Err(error) => Err(error.into()),
            },
        }
    }

    fn put(&mut self, path: &str, after: Option<String>) -> Result<String, Refusal> {
        let size = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        if size(&after) > self.limits.file_bytes {
            return Err(too_large(path, self.limits.file_bytes));
        }
        let others = self.changed.iter().filter(|(known, _)| *known != path);
        let others: usize = others.map(|(_, changed)| size(&changed.after)).sum();
        if others + size(&after) > self.limits.bytes {
            let most = self.limits.bytes;
            return Err(Refusal::new(format!("all edited files together may have {most} bytes")));
        }
        let before = match self.changed.get(path) {
            Some(changed) => changed.before.clone(),
            None => match self.files.read(path) {
                Ok(content) => Some(content.text),
                Err(error) if is_missing(&error) => None,
                Err(error) => return Err(error.into()),
            },
        };
        if !self.changed.contains_key(path) && self.changed.len() >= self.limits.files {
            return Err(Refusal::new(format!("no more than {} files are changed", self.limits.files)));
        }
        let said = match &after {
            // The hash tells a session that is resumed whether all is as it was.
            Some(text) => {
                let hash = blake3::hash(text.as_bytes()).to_hex();
                format!("{path}: {} lines now, hash {}", text.lines().count(), &hash[..12])
            }
            None => format!("{path}: deleted"),
        };
        if before == after {
            self.changed.remove(path);
        } else {
            self.changed.insert(path.to_owned(), Changed { before, after });
        }
        Ok(said)
    }

    /// The paths of the files that are changed, relative to the root.
    pub fn changed_paths(&self) -> Vec<String> {
        self.changed.keys().cloned().collect()
    }

    /// The new texts by absolute path; none for files that are taken away.
    pub fn texts(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let text = |changed: &Changed| changed.after.as_ref().map(|text| text.clone().into_bytes());
        self.changed.iter().map(|(path, changed)| (self.root().join(path), text(changed))).collect()
    }

    /// Path, old and new text of each changed file.
    pub fn both(&self) -> impl Iterator<Item = (&str, Option<&str>, Option<&str>)> {
        self.changed
            .iter()
            .map(|(path, changed)| (path.as_str(), changed.before.as_deref(), changed.after.as_deref()))
    }

    /// The change as a unified diff.
    pub fn diff(&self) -> String {
        self.both().map(|(path, before, after)| unified(path, before, after)).collect()
    }

    /// The paths and bytes for the journal.
    pub fn writes(&self) -> Writes {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        Writes(
            self.both()
                .map(|(path, before, after)| Write {
                    path: self.root().join(path),
                    relative: path.to_owned(),
                    before: bytes(before),
                    after: bytes(after),
                })
                .collect(),
        )
    }
}

#[derive(Debug)]
struct Write {
    path: PathBuf,
    relative: String,
    before: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
}

/// Files as the journal wants them.
#[derive(Debug)]
pub struct Writes(Vec<Write>);

impl Writes {
    /// What is written.
    pub fn files(&self) -> Vec<FileWrite<'_>> {
        self.0
            .iter()
            .map(|write| FileWrite {
                path: &write.path,
                relative: &write.relative,
                before: write.before.as_deref(),
                after: write.after.as_deref(),
            })
            .collect()
    }
}

fn is_missing(error: &FileError) -> bool {
    matches!(error, FileError::System { error, .. } if error.kind() == io::ErrorKind::NotFound)
}

fn too_large(path: &str, limit: usize) -> Refusal {
    Refusal::new(format!("{path}: no file of more than {limit} bytes is written"))
}

fn unified(path: &str, before: Option<&str>, after: Option<&str>) -> String {
    let name = |side: &str, text: Option<&str>| match text {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default())
        .unified_diff()
        .header(&name("a", before), &name("b", after))
        .to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn workspace(files: &[(&str, &str)], editable: &[&str]) -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let limits = EditLimits { files: 3, file_bytes: 1000, bytes: 1500, edits: 20 };
        let mut workspace = Workspace::open(folder.path(), limits).unwrap();
        let editable: Vec<String> = editable.iter().map(|path| (*path).to_owned()).collect();
        workspace.allow(&editable, Named::nothing());
        (folder, workspace)
    }

    #[test]
    fn edits_stay_in_memory_and_are_exact() {
        let (folder, mut workspace) = workspace(&[("a.py", "x = 1\ny = 1\n")], &["a.py", "b.py"]);
        let secrets = Secrets::of_texts_only();
        assert!(workspace.edit("a.py", "= 1", "= 2", &secrets).unwrap_err().0.contains("more than once"));
        assert!(workspace.edit("a.py", "z", "= 2", &secrets).unwrap_err().0.contains("does not have"));
        workspace.edit("a.py", "x = 1", "x = 2", &secrets).unwrap();
        workspace.create("b.py", "new\n", &secrets).unwrap();
        assert!(workspace.create("b.py", "new\n", &secrets).is_err());
        assert_eq!(workspace.read("a.py").unwrap(), "x = 2\ny = 1\n");
        assert_eq!(std::fs::read_to_string(folder.path().join("a.py")).unwrap(), "x = 1\ny = 1\n");
        assert!(workspace.diff().contains("-x = 1\n+x = 2"));
        assert!(workspace.diff().contains("--- /dev/null\n+++ b/b.py"));
        workspace.edit("a.py", "x = 2", "x = 1", &secrets).unwrap();
        workspace.delete("b.py", &secrets).unwrap();
        assert!(workspace.is_unchanged());
    }

    #[test]
    fn only_the_files_of_the_plan_and_no_more_than_the_limits() {
        let files = [("a.py", "x = 1\n"), ("c.py", ""), ("tests/test_a.py", "")];
        let (_folder, mut workspace) = workspace(&files, &["a.py", "tests/test_a.py", "../x.py"]);
        for path in ["c.py", "tests/test_a.py", "../x.py", "/etc/passwd", ".env", "A.PY", "a.py/"] {
            assert!(workspace.replace(path, "x".to_owned()).is_err(), "{path}");
        }
        assert!(workspace.edit("a.py", "x", &"y".repeat(2000), &Secrets::of_texts_only()).is_err());
        assert!(workspace.is_unchanged());
    }

    #[test]
    fn line_ends_stay_as_they_are() {
        let (_folder, mut workspace) = workspace(&[("a.py", "x = 1\r\ny = 2\r\n")], &["a.py"]);
        workspace.edit("a.py", "x = 1\ny", "x = 3\nz", &Secrets::of_texts_only()).unwrap();
        assert_eq!(workspace.read("a.py").unwrap(), "x = 3\r\nz = 2\r\n");
    }
}
