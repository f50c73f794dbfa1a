//! Results by content: when no file that a result depends on has changed, nothing is read or parsed.
//!
//! For each way to run (command, settings, program) there is an index of files with size, modification
//! time, inode and hash. A file whose metadata are as recorded is not read again. From the hashes of all
//! files follows the name of the result, so that going back to an earlier state finds its result, too.

use crate::files::replace;
use crate::inputs;
use crate::settings::Settings;
use crate::stamps::{CLOCK_TICK, Stamp, beside, nanoseconds, now, stamp, stamps};
use fastwright_python::location::Files;
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const HEADER: &str = "fastwright cache 1";
/// The oldest are removed beyond these.
const MOST_FILES: usize = 64;
const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// The cache of one way to run.
pub struct Cache {
    folder: PathBuf,
    key: String,
}

/// A file as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    path: PathBuf,
    /// `None` for a file that is not there.
    stamp: Option<Stamp>,
    hash: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Index {
    /// When it was written, in nanoseconds since 1970.
    written: u64,
    /// Files that the walk found.
    found: Vec<Record>,
    /// Others that the analysis read, and those that would matter if they were there.
    others: Vec<Record>,
}

/// The state of all files before an analysis.
pub struct Snapshot {
    found: Vec<(PathBuf, Option<Stamp>)>,
    others: Vec<(PathBuf, Option<Stamp>)>,
}

impl Cache {
    /// The cache for a command with its settings; `None` when there is nowhere to keep one.
    pub fn open(command: &str, settings: &Settings, folder: Option<&Path>) -> Option<Self> {
        let folder = match folder {
            Some(folder) => folder.to_path_buf(),
            None => inputs::project_root(&settings.path).join(".fastwright_cache"),
        };
        let program = std::env::current_exe().ok().and_then(|path| stamp(&path))?;
        let mut hasher = blake3::Hasher::new();
        // The settings' debug output names every field with its value, in a fixed order.
        let material = format!(
            "{HEADER}\n{}\n{program:?}\n{command}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
            env!("CARGO_PKG_VERSION"),
            settings.path,
            settings.analysis,
            settings.review,
            std::env::var_os("VIRTUAL_ENV"),
            // Results name the project's root as seen from here.
            std::env::current_dir().ok(),
        );
        hasher.update(material.as_bytes());
        Some(Self { folder, key: hasher.finalize().to_hex()[..24].to_owned() })
    }

    fn index_file(&self) -> PathBuf {
        self.folder.join(format!("index-{}.json", self.key))
    }

    fn result_file(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("result-{digest}.json"))
    }

    /// The result for the files as they are, or the state of the files for [`Cache::store`].
    pub fn lookup<T: DeserializeOwned>(&self, settings: &Settings) -> Result<T, Snapshot> {
        let found = inputs::project_inputs(settings);
        let index = load::<Index>(&self.index_file());
        let mut others = inputs::surroundings(settings);
        others.extend(index.iter().flat_map(|index| &index.others).map(|record| record.path.clone()));
        let others = beside(&found, others);
        let snapshot = Snapshot { found: stamps(found), others: stamps(others) };
        let Some(index) = index else {
            return Err(snapshot);
        };
        let known: HashMap<&Path, &Record> =
            index.found.iter().chain(&index.others).map(|record| (record.path.as_path(), record)).collect();
        let trusted = index.written.saturating_sub(nanoseconds(CLOCK_TICK));
        let hash = |(path, stamp): &(PathBuf, Option<Stamp>)| {
            let record = known.get(path.as_path()).filter(|record| {
                record.stamp == *stamp && stamp.is_none_or(|stamp| stamp.modified < trusted)
            });
            let hash = match record {
                Some(record) => record.hash.clone(),
                None => content_hash(path),
            };
            Record { path: path.clone(), stamp: *stamp, hash }
        };
        let found: Vec<Record> = snapshot.found.par_iter().map(hash).collect();
        let others: Vec<Record> = snapshot.others.par_iter().map(hash).collect();
        let digest = self.digest(&found, &others);
        let Some(result) = load(&self.result_file(&digest)) else {
            return Err(snapshot);
        };
        // Files that were touched but are the same are recorded with their new times.
        if found != index.found || others != index.others {
            let _ = self.save(&self.index_file(), &Index { written: now(), found, others });
        }
        Ok(result)
    }

    /// Keeps a result, unless a file changed while it was made. That it can't be written is no error: the
    /// project may be read-only.
    pub fn store(&self, snapshot: Snapshot, files: &Files, result: &impl Serialize) {
        let texts: HashMap<&Path, &str> =
            files.iter().map(|(_, file)| (file.path.as_path(), &*file.text)).collect();
        let read_too = texts.keys().copied().chain(files.data_files()).map(Path::to_path_buf);
        let others = snapshot.others.iter().map(|(path, _)| path.clone()).chain(read_too).collect();
        let found: Vec<PathBuf> = snapshot.found.iter().map(|(path, _)| path.clone()).collect();
        let others = beside(&found, others);
        let earlier: HashMap<&Path, Option<Stamp>> = snapshot
            .found
            .iter()
            .chain(&snapshot.others)
            .map(|(path, stamp)| (path.as_path(), *stamp))
            .collect();
        let record = |path: &PathBuf| {
            let stamp = stamp(path);
            if earlier.get(path.as_path()).is_some_and(|before| *before != stamp) {
                return None;
            }
            // What was analysed is at hand: a text as long as its file is the file.
            let text = texts.get(path.as_path());
            let text = text.filter(|text| stamp.is_some_and(|stamp| stamp.size == text.len() as u64));
            let hash = match text {
                Some(text) => blake3::hash(text.as_bytes()).to_hex().to_string(),
                None => content_hash(path),
            };
            Some(Record { path: path.clone(), stamp, hash })
        };
        let found: Option<Vec<Record>> = found.par_iter().map(record).collect();
        let others: Option<Vec<Record>> = others.par_iter().map(record).collect();
        let (Some(found), Some(others)) = (found, others) else {
            return;
        };
        let digest = self.digest(&found, &others);
        if self.prepare().is_ok() && self.save(&self.result_file(&digest), result).is_ok() {
            let _ = self.save(&self.index_file(), &Index { written: now(), found, others });
            self.remove_oldest();
        }
    }

    fn digest(&self, found: &[Record], others: &[Record]) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.key.as_bytes());
        for record in found.iter().chain(others) {
            hasher.update(record.path.as_os_str().as_encoded_bytes());
            hasher.update(b"\0");
            hasher.update(record.hash.as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    fn prepare(&self) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let ignore = self.folder.join(".gitignore");
        if !ignore.exists() {
            replace(&ignore, b"*\n")?;
        }
        Ok(())
    }

    /// Writes a value behind a line with its hash.
    fn save(&self, file: &Path, value: &impl Serialize) -> std::io::Result<()> {
        let body = serde_json::to_vec(value)?;
        let mut bytes = format!("{HEADER} {}\n", blake3::hash(&body).to_hex()).into_bytes();
        bytes.extend_from_slice(&body);
        replace(file, &bytes)
    }

    fn remove_oldest(&self) {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.ends_with(".json") && (name.starts_with("index-") || name.starts_with("result-"))
            })
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        files.sort_unstable_by(|left, right| right.cmp(left));
        let mut bytes = 0;
        for (position, (_, size, path)) in files.into_iter().enumerate() {
            bytes += size;
            // The newest two are the index and the result that were just written.
            if position >= 2 && (position >= MOST_FILES || bytes > MOST_BYTES) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// A value that was saved; anything else in the file counts as nothing.
fn load<T: DeserializeOwned>(file: &Path) -> Option<T> {
    let bytes = std::fs::read(file).ok()?;
    let line_end = bytes.iter().position(|&byte| byte == b'\n')?;
    let (line, body) = (&bytes[..line_end], &bytes[line_end + 1..]);
    let hash = std::str::from_utf8(line).ok()?.strip_prefix(HEADER)?.trim();
    if blake3::hash(body).to_hex().as_str() != hash {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// The hash of a file's bytes, of a folder's names, or a word for what is not there.
fn content_hash(path: &Path) -> String {
    if let Ok(entries) = std::fs::read_dir(path) {
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for name in names {
            hasher.update(name.as_encoded_bytes());
            hasher.update(b"\0");
        }
        return hasher.finalize().to_hex().to_string();
    }
    match std::fs::read(path) {
        Ok(bytes) => blake3::hash(&bytes).to_hex().to_string(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::settings::Overrides;

    fn settings(folder: &Path) -> Settings {
        let overrides = Overrides { isolated: true, ..Overrides::default() };
        Settings::for_project(folder, &overrides).unwrap()
    }

    #[test]
    fn results_are_found_again_until_a_file_changes() {
        let project = tempfile::tempdir().unwrap();
        let library = tempfile::tempdir().unwrap();
        let file = project.path().join("main.py");
        let package = library.path().join("package.py");
        std::fs::write(&file, "a = 1\n").unwrap();
        std::fs::write(&package, "b = 1\n").unwrap();
        std::fs::create_dir(project.path().join(".git")).unwrap();
        let settings = settings(project.path());
        let cache = Cache::open("test", &settings, None).unwrap();
        let lookup = || cache.lookup::<String>(&settings);
        let mut files = Files::default();
        files.add(fastwright_python::location::File::new(
            package.clone(),
            "package.py".into(),
            Default::default(),
            false,
            "b = 1\n".into(),
        ));

        let snapshot = lookup().err().unwrap();
        cache.store(snapshot, &files, &"first");
        assert_eq!(lookup().ok().as_deref(), Some("first"));

        std::fs::write(&file, "a = 2\n").unwrap();
        let snapshot = lookup().err().unwrap();
        cache.store(snapshot, &files, &"second");
        assert_eq!(lookup().ok().as_deref(), Some("second"));
        // Back to the earlier state: its result is still there.
        std::fs::write(&file, "a = 1\n").unwrap();
        assert_eq!(lookup().ok().as_deref(), Some("first"));
        // A library that was read counts, and so does a file that is new.
        std::fs::write(&package, "b = 2\n").unwrap();
        assert!(lookup().is_err());
        std::fs::write(&package, "b = 1\n").unwrap();
        assert!(lookup().is_ok());
        std::fs::write(project.path().join("new.py"), "").unwrap();
        assert!(lookup().is_err());
    }

    #[test]
    fn results_rest_on_data_files() {
        let project = tempfile::tempdir().unwrap();
        let data = project.path().join("settings.yml");
        std::fs::write(project.path().join("main.py"), "a = 1\n").unwrap();
        std::fs::write(&data, "a: 1\n").unwrap();
        let settings = settings(project.path());
        let cache = Cache::open("test", &settings, None).unwrap();
        let lookup = || cache.lookup::<String>(&settings);
        let mut files = Files::default();
        files.add_data_file(&data);
        files.add_data_file(&project.path().join("local.yml"));

        let snapshot = lookup().err().unwrap();
        cache.store(snapshot, &files, &"first");
        assert_eq!(lookup().ok().as_deref(), Some("first"));
        std::fs::write(&data, "a: 2\n").unwrap();
        assert!(lookup().is_err());
        std::fs::write(&data, "a: 1\n").unwrap();
        assert!(lookup().is_ok());
        // A file that was looked for and is there now counts as well.
        std::fs::write(project.path().join("local.yml"), "").unwrap();
        assert!(lookup().is_err());
    }

    #[test]
    fn a_file_that_changes_during_the_analysis_is_not_kept() {
        let project = tempfile::tempdir().unwrap();
        let file = project.path().join("main.py");
        std::fs::write(&file, "a = 1\n").unwrap();
        let settings = settings(project.path());
        let cache = Cache::open("test", &settings, None).unwrap();
        let snapshot = cache.lookup::<String>(&settings).err().unwrap();
        std::fs::write(&file, "a = 1000\n").unwrap();
        cache.store(snapshot, &Files::default(), &"result");
        assert!(cache.lookup::<String>(&settings).is_err());
    }
}
