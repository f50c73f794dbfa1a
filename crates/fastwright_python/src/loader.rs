//! Loading a program: its files are read and parsed in parallel, as far as the applications reach, and
//! handed to the interpreter by name.

use crate::interpreter::{DataFile, Found, FoundModule, ModuleKey, ModuleSource};
use crate::ir::Module;
use crate::location::{File, FileId, Files};
use crate::name::Name;
use crate::parallel::with_large_stacks;
use crate::parse::{self, ParseProblem};
use crate::project::{FileIndex, ModuleLocation, ModuleResolver, OutsideFile, Project};
use crate::source::{EntryKind, SourceTree, TreeEntry};
use rayon::prelude::*;
use regex::bytes::Regex;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Bytes of the largest data file that is read: settings are far smaller.
const LARGEST_DATA_FILE: u64 = 1024 * 1024;

/// Files in a folder from which on looking through them is shared among threads.
const WORTH_SHARING: usize = 32;

/// A file that could not be read or parsed, or only in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadProblem {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// `syntax-error`, `not-utf-8`, `unreadable`, `too-large`, `too-deep`.
    pub kind: &'static str,
    /// What happened and what follows from it.
    pub message: String,
    /// Line and column from 1, where known.
    pub position: Option<(u32, u32)>,
}

/// What loading found out about the project's files.
#[derive(Debug, Clone, Default)]
pub struct LoadReport {
    /// Files of the project.
    pub files: usize,
    /// Lines in them.
    pub lines: usize,
    /// Files that were parsed because an application can reach them.
    pub reached: usize,
    /// What was wrong.
    pub problems: Vec<LoadProblem>,
}

enum FileState {
    /// Not read yet.
    Unread,
    /// Read, not parsed.
    Text(String),
    /// Parsed.
    Parsed(FileId),
    /// It can't be read, or nothing asks for it any more.
    Absent,
}

/// The files of a program.
pub struct Program {
    project: Arc<Project>,
    tree: Arc<dyn SourceTree>,
    resolver: ModuleResolver,
    /// Whether a package of `site-packages` may be evaluated.
    may_evaluate: fn(&str) -> bool,
    files: Files,
    codes: Vec<Arc<Module>>,
    states: Vec<FileState>,
    origins: Vec<Origin>,
    keys: FxHashMap<PathBuf, ModuleKey>,
    /// The same for files of the project, without comparing paths.
    file_keys: FxHashMap<FileIndex, ModuleKey>,
    /// What dotted names lead to, as seen from the files that ask.
    answers: FxHashMap<(Option<FileId>, Name), Found>,
    modules: Vec<(ModuleLocation, FoundModule)>,
    /// Folders of installed packages, with whether their files import FastAPI.
    folders: FxHashMap<PathBuf, bool>,
    environment_is_complete: bool,
    frozen: bool,
    /// An installed package whose modules are evaluated for the time being.
    followed: Option<Name>,
    /// What is wrong with files that were parsed only when the program asked for them.
    late_problems: Vec<LoadProblem>,
    /// Texts that are looked for in each file while it is parsed.
    watched: &'static [&'static str],
}

#[derive(Clone)]
enum Origin {
    Project(FileIndex),
    Outside(OutsideFile),
}

struct Parsed {
    index: FileIndex,
    parsed: Result<parse::ParsedFile, ParseProblem>,
    watched: u32,
}

/// Which texts stand in another, a bit each; of those that have no bit each counts as standing there.
fn texts_in(text: &str, watched: &[&str]) -> u32 {
    let bits = (0..u32::BITS).zip(watched);
    bits.filter(|(_, watched)| memchr::memmem::find(text.as_bytes(), watched.as_bytes()).is_none())
        .fold(u32::MAX, |found, (bit, _)| found & !(1 << bit))
}

/// What becomes of files that nothing of interest reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// They are asked whether they are well-formed.
    Checked,
    /// Nothing.
    Left,
}

impl Program {
    /// A program of which nothing is read yet.
    pub fn new(project: Arc<Project>, tree: Arc<dyn SourceTree>, may_evaluate: fn(&str) -> bool) -> Self {
        let resolver = ModuleResolver::new(Arc::clone(&project), Arc::clone(&tree));
        // An environment that FastAPI itself would not run in holds only some of the libraries.
        let environment_is_complete = project.environment.is_some()
            && ["fastapi", "starlette", "pydantic"]
                .iter()
                .all(|name| resolver.resolve_absolute(name).is_some());
        Self {
            project,
            tree,
            resolver,
            may_evaluate,
            files: Files::default(),
            codes: Vec::new(),
            states: Vec::new(),
            origins: Vec::new(),
            keys: FxHashMap::default(),
            file_keys: FxHashMap::default(),
            answers: FxHashMap::default(),
            modules: Vec::new(),
            folders: FxHashMap::default(),
            environment_is_complete,
            frozen: false,
            followed: None,
            late_problems: Vec::new(),
            watched: &[],
        }
    }

    /// Looks for some texts in every file that is parsed from now on: it is at hand then, and those who ask later
    /// ([`File::may_hold`]) need not read it again.
    pub fn watch(&mut self, texts: &'static [&'static str]) {
        self.watched = texts;
    }

    /// The project.
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// What is wrong with files of the project that were parsed only when the program asked for them, as far as it was
    /// not taken before.
    pub fn take_late_problems(&mut self) -> Vec<LoadProblem> {
        std::mem::take(&mut self.late_problems)
    }

    /// The files parsed so far.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The code of a parsed file.
    pub fn code(&self, file: FileId) -> &Arc<Module> {
        &self.codes[file.0 as usize]
    }

    /// Takes the files out, for those who read them once the program is evaluated. From then on no further
    /// file is loaded: what is asked for is answered as a library that is not followed.
    pub fn take_files(&mut self) -> Files {
        self.frozen = true;
        std::mem::take(&mut self.files)
    }

    /// Whether the virtual environment is the one that the project runs in.
    pub fn has_environment(&self) -> bool {
        self.environment_is_complete
    }

    /// Reads every file of the project; parses those that mention one of `needles` and what they import,
    /// transitively. Gives the files that mention.
    pub fn load(&mut self, needles: &[&str], rest: Rest) -> (Vec<FileId>, LoadReport) {
        with_large_stacks(|| self.load_here(needles, rest))
    }

    fn load_here(&mut self, needles: &[&str], rest: Rest) -> (Vec<FileId>, LoadReport) {
        let project = Arc::clone(&self.project);
        let tree = Arc::clone(&self.tree);
        // All of them in one pass.
        let needles: Vec<String> = needles.iter().map(|needle| regex::escape(needle)).collect();
        let needle = Regex::new(&needles.join("|")).ok();
        let watched = self.watched;
        let read: Vec<ReadFile> = project
            .files
            .par_iter()
            .with_max_len(8)
            .map(|file| read_file(&*tree, &file.path, needle.as_ref(), watched))
            .collect();
        let mut report = LoadReport { files: project.files.len(), ..LoadReport::default() };
        let mut mentioning: Vec<Parsed> = Vec::new();
        self.states = Vec::with_capacity(read.len());
        for ((index, file), read) in project.indexed_files().zip(read) {
            report.lines += read.lines;
            self.states.push(match read.content {
                Ok(Content::Text(text)) => FileState::Text(text),
                Ok(Content::Parsed(parsed, watched)) => {
                    mentioning.push(Parsed { index, parsed: Ok(parsed), watched });
                    FileState::Absent
                }
                Err(problem) => {
                    report.problems.push(unreadable(&file.relative, problem));
                    FileState::Absent
                }
            });
        }
        let first: Vec<FileIndex> = mentioning.iter().map(|parsed| parsed.index).collect();
        self.add(mentioning, &mut report);
        self.follow_imports(first.clone(), &mut report);
        if rest == Rest::Checked {
            self.check_rest(&mut report);
        }
        report.problems.sort_by(|left, right| left.path.cmp(&right.path));
        let mentioning = first
            .into_iter()
            .filter_map(|index| match self.states[index.index()] {
                FileState::Parsed(file) => Some(file),
                _ => None,
            })
            .collect();
        (mentioning, report)
    }

    /// Reads and parses the files of modules and what they import, transitively. The other files of the
    /// project are read when the program asks for them; their lines are not counted.
    pub fn load_modules(&mut self, modules: &[&str]) -> LoadReport {
        let mut report = LoadReport { files: self.project.files.len(), ..LoadReport::default() };
        self.states = self.project.files.iter().map(|_| FileState::Unread).collect();
        // Packages run before their modules.
        let names = modules.iter().flat_map(|module| {
            let ends = module.match_indices('.').map(|(end, _)| end).chain([module.len()]);
            ends.map(|end| &module[..end])
        });
        let mut wave: Vec<FileIndex> = names
            .filter_map(|name| match self.resolver.resolve_absolute(name) {
                Some(ModuleLocation::File(index)) => Some(index),
                _ => None,
            })
            .collect();
        wave.sort();
        wave.dedup();
        with_large_stacks(|| {
            self.parse_wave(&wave, &mut report);
            self.follow_imports(wave, &mut report);
        });
        report.problems.sort_by(|left, right| left.path.cmp(&right.path));
        report
    }

    /// Parses what these files import, and what that imports.
    fn follow_imports(&mut self, mut wave: Vec<FileIndex>, report: &mut LoadReport) {
        let project = Arc::clone(&self.project);
        let modules = project.directories.module_names();
        while !wave.is_empty() {
            wave = self.next_wave(&wave, &modules);
            self.parse_wave(&wave, report);
        }
        report.reached = self.files.len();
    }

    fn parse_wave(&mut self, wave: &[FileIndex], report: &mut LoadReport) {
        let texts: Vec<(FileIndex, Option<String>)> = wave
            .iter()
            .filter_map(|&index| {
                match std::mem::replace(&mut self.states[index.index()], FileState::Absent) {
                    FileState::Text(text) => Some((index, Some(text))),
                    FileState::Unread => Some((index, None)),
                    other => {
                        self.states[index.index()] = other;
                        None
                    }
                }
            })
            .collect();
        let (project, tree, watched) = (&self.project, &*self.tree, self.watched);
        let parsed: Vec<Parsed> = texts
            .into_par_iter()
            .with_max_len(8)
            .map(|(index, text)| {
                let text = match text {
                    Some(text) => Ok(text),
                    None => read(tree, &project.file(index).path).and_then(parse::decode),
                };
                let watched = text.as_ref().map_or(0, |text| texts_in(text, watched));
                Parsed { index, parsed: text.map(parse::parse), watched }
            })
            .collect();
        self.add(parsed, report);
    }

    /// Adds files that are parsed to those of the program, in this order.
    fn add(&mut self, parsed: Vec<Parsed>, report: &mut LoadReport) {
        for Parsed { index, parsed, watched } in parsed {
            let file = self.project.file(index);
            let parsed = match parsed {
                Ok(parsed) => parsed,
                Err(problem) => {
                    report.problems.push(unreadable(&file.relative, problem));
                    continue;
                }
            };
            let (path, relative, module) = (file.path.clone(), file.relative.clone(), file.module);
            let file = File::new(path, relative, module, true, parsed.text);
            let id = self.files.add(file.with_watched(watched));
            if let Some(problem) = parsed.problem {
                let position = problem.offset.map(|offset| {
                    let position = self.files.get(id).position(offset);
                    (position.line, position.column)
                });
                report.problems.push(LoadProblem {
                    path: self.files.get(id).relative.clone(),
                    kind: problem.kind,
                    message: problem.message,
                    position,
                });
            }
            self.codes.push(Arc::new(parsed.module));
            self.origins.push(Origin::Project(index));
            self.states[index.index()] = FileState::Parsed(id);
        }
    }

    /// The files that the files of a wave import and that are not parsed yet. `modules` are the names that modules of
    /// the project have: most of what is imported from a module is none itself.
    fn next_wave(&self, wave: &[FileIndex], modules: &FxHashSet<&str>) -> Vec<FileIndex> {
        let mut next: Vec<FileIndex> = Vec::new();
        let mut asked: FxHashSet<(usize, Name)> = FxHashSet::default();
        for &importer in wave {
            let FileState::Parsed(file) = self.states[importer.index()] else { continue };
            let root = self.project.file(importer).import_root;
            for import in &self.codes[file.0 as usize].imports {
                let Some(dotted) = self.resolver.relative(importer, import.level, &import.module) else {
                    continue;
                };
                let within = import
                    .names
                    .iter()
                    .filter(|name| modules.contains(name.as_str()))
                    .map(|name| if dotted.is_empty() { *name } else { Name::dotted(&dotted, name) });
                for name in std::iter::once(Name::new(&dotted)).chain(within) {
                    // Whoever asked for a module asked for the packages around it.
                    let mut rest = Some(name).filter(|name| !name.is_empty());
                    while let Some(part) = rest.filter(|part| asked.insert((root, *part))) {
                        if let Some(ModuleLocation::File(found)) = self.resolver.resolve(importer, &part)
                            && matches!(self.states[found.index()], FileState::Text(_) | FileState::Unread)
                        {
                            next.push(found);
                        }
                        rest = part.rsplit_once('.').map(|(package, _)| Name::new(package));
                    }
                }
            }
        }
        next.sort();
        next.dedup();
        next
    }

    /// Files that no application reaches: only their syntax is of interest.
    fn check_rest(&mut self, report: &mut LoadReport) {
        let rest: Vec<(usize, &String)> = self
            .states
            .iter()
            .enumerate()
            .filter_map(|(index, state)| match state {
                FileState::Text(text) => Some((index, text)),
                _ => None,
            })
            .collect();
        let problems: Vec<LoadProblem> = rest
            .into_par_iter()
            .with_max_len(8)
            .filter_map(|(index, text)| {
                let problem = parse::check_syntax(text)?;
                let file = &self.project.files[index];
                let position = problem.offset.map(|offset| line_and_column(text, offset));
                Some(LoadProblem {
                    path: file.relative.clone(),
                    kind: problem.kind,
                    message: problem.message,
                    position,
                })
            })
            .collect();
        report.problems.extend(problems);
        // Hardly any of them is asked for later, and those can be read again: their texts are much to keep.
        for state in &mut self.states {
            if let FileState::Text(_) = state {
                *state = FileState::Unread;
            }
        }
    }

    /// The file of the project at an index, parsed if it was not.
    fn project_file(&mut self, index: FileIndex) -> Option<FileId> {
        match &self.states[index.index()] {
            FileState::Parsed(file) => return Some(*file),
            FileState::Absent => return None,
            FileState::Text(_) | FileState::Unread => {}
        }
        let mut report = LoadReport::default();
        self.parse_wave(&[index], &mut report);
        self.late_problems.append(&mut report.problems);
        match self.states[index.index()] {
            FileState::Parsed(file) => Some(file),
            _ => None,
        }
    }

    /// Parses the files of the project that were not parsed and hold a text: for who looks for code that nothing known
    /// imports.
    pub fn parse_holding(&mut self, text: &str) -> Vec<FileId> {
        let finder = memchr::memmem::Finder::new(text);
        let (project, tree) = (&self.project, &*self.tree);
        let holding: Vec<FileIndex> = project
            .indexed_files()
            .zip(&self.states)
            .collect::<Vec<_>>()
            .into_par_iter()
            .with_max_len(8)
            .filter(|((_, file), state)| match state {
                FileState::Text(known) => finder.find(known.as_bytes()).is_some(),
                FileState::Unread => read(tree, &file.path).is_ok_and(|bytes| finder.find(&bytes).is_some()),
                FileState::Parsed(_) | FileState::Absent => false,
            })
            .map(|((index, _), _)| index)
            .collect();
        holding.into_iter().filter_map(|index| self.project_file(index)).collect()
    }

    fn outside_file(&mut self, outside: &OutsideFile) -> Option<FileId> {
        let text = parse::decode(self.tree.read(&outside.path).ok()?).ok()?;
        let watched = texts_in(&text, self.watched);
        let parsed = parse::parse(text);
        let relative = outside.path.to_string_lossy().into_owned();
        let path = outside.path.to_path_buf();
        let file = File::new(path, relative, outside.module, !outside.installed, parsed.text);
        let id = self.files.add(file.with_watched(watched));
        self.codes.push(Arc::new(parsed.module));
        self.origins.push(Origin::Outside(outside.clone()));
        Some(id)
    }

    fn key_path(&self, location: &ModuleLocation) -> PathBuf {
        match location {
            ModuleLocation::File(index) => self.project.file(*index).path.clone(),
            ModuleLocation::Namespace(folders) => folders.first().cloned().unwrap_or_default(),
            ModuleLocation::Outside(outside) => outside.path.to_path_buf(),
        }
    }

    fn found(&mut self, location: ModuleLocation, dotted: &str) -> Found {
        let of_project = match location {
            ModuleLocation::File(index) => Some(index),
            _ => None,
        };
        if let Some(key) = of_project.and_then(|index| self.file_keys.get(&index)) {
            return Found::Module(self.modules[key.0 as usize].1.clone());
        }
        let path = self.key_path(&location);
        if let Some(key) = self.keys.get(&path) {
            return Found::Module(self.modules[key.0 as usize].1.clone());
        }
        if self.frozen {
            return Found::Library;
        }
        let (file, name, is_package) = match &location {
            ModuleLocation::File(index) => {
                let source = self.project.file(*index);
                let (name, is_package) = (source.module, source.is_package);
                match self.project_file(*index) {
                    Some(file) => (Some(file), name, is_package),
                    None => return Found::Library,
                }
            }
            ModuleLocation::Namespace(_) => (None, Name::from(dotted), true),
            ModuleLocation::Outside(outside) => {
                if outside.installed && !self.evaluates(outside) {
                    return Found::Library;
                }
                let outside = outside.clone();
                match self.outside_file(&outside) {
                    Some(file) => (Some(file), outside.module, outside.is_package),
                    None => return Found::Library,
                }
            }
        };
        let key = ModuleKey(self.modules.len() as u32);
        let code = match file {
            Some(file) => Arc::clone(&self.codes[file.0 as usize]),
            None => Arc::new(Module::default()),
        };
        let module = FoundModule { key, name, file, is_package, code };
        self.keys.insert(path, key);
        self.file_keys.extend(of_project.map(|index| (index, key)));
        self.modules.push((location, module.clone()));
        Found::Module(module)
    }

    /// Whether an installed file is evaluated: its package must be allowed, and must be one that works
    /// with FastAPI, which its sources say by importing it: those of the package itself, or those of the
    /// folder that the file stands in.
    fn evaluates(&mut self, outside: &OutsideFile) -> bool {
        let package = outside.module.split('.').next().unwrap_or(&outside.module);
        if !(self.may_evaluate)(package) {
            return false;
        }
        if self.followed.is_some_and(|followed| followed == package) {
            return true;
        }
        let depth = outside.module.split('.').count() - usize::from(!outside.is_package);
        let Some(own) = outside.path.parent() else { return false };
        let top = outside.path.ancestors().nth(depth.max(1)).unwrap_or(own);
        self.uses_fastapi(top) || own != top && self.uses_fastapi(own)
    }

    /// Whether a Python file directly in a folder of an installed package imports FastAPI or Starlette.
    fn uses_fastapi(&mut self, folder: &Path) -> bool {
        if let Some(known) = self.folders.get(folder) {
            return *known;
        }
        let entries = self.tree.entries(folder).unwrap_or_default();
        let needles =
            [&b"from fastapi"[..], b"import fastapi", b"from starlette"].map(memchr::memmem::Finder::new);
        let tree = &*self.tree;
        let imports = |bytes: &mut Vec<u8>, entry: &TreeEntry| {
            entry.path.extension().is_some_and(|extension| extension == "py")
                && tree.read_into(&entry.path, bytes).is_ok()
                && needles.iter().any(|needle| needle.find(bytes).is_some())
        };
        let uses = if entries.len() < WORTH_SHARING {
            let mut bytes = Vec::new();
            entries.iter().any(|entry| imports(&mut bytes, entry))
        } else {
            entries.par_iter().map_init(Vec::new, imports).any(|found| found)
        };
        self.folders.insert(folder.to_owned(), uses);
        uses
    }

    /// Reads a data file of the project, or of a package that the project imports and that is evaluated.
    fn data_file(&mut self, path: &str) -> DataFile {
        if self.frozen {
            return DataFile::NotRead("the program is evaluated");
        }
        let written = Path::new(path);
        // Programs are started in the project's folder, as far as they rely on the working directory.
        let path = crate::source::normalized(&self.project.root.join(written));
        let Some(folder) = self.data_folders(&path).find(|folder| path.starts_with(folder)) else {
            return DataFile::Elsewhere;
        };
        // Results rest on what is in it, and on whether it is there.
        self.files.add_data_file(&path);
        match self.tree.kind(&path) {
            Some(EntryKind::File) => {}
            Some(_) => return DataFile::NotRead("it is not a regular file"),
            None if written.is_absolute() => return DataFile::Missing,
            None => return DataFile::Elsewhere,
        }
        // A link may lead out of the folder.
        let inside = match (self.tree.canonical(&path), self.tree.canonical(&folder)) {
            (Ok(file), Ok(folder)) => file.starts_with(folder),
            _ => false,
        };
        if !inside {
            return DataFile::NotRead("the file is a link that leads out of the project");
        }
        if self.tree.size(&path).is_ok_and(|size| size > LARGEST_DATA_FILE) {
            return DataFile::NotRead("the file is larger than a megabyte");
        }
        match self.tree.read(&path) {
            Ok(bytes) if bytes.len() as u64 <= LARGEST_DATA_FILE => {
                let shown = path.strip_prefix(&self.project.root).unwrap_or(&path);
                DataFile::Read { bytes, shown: shown.to_string_lossy().replace('\\', "/") }
            }
            Ok(_) => DataFile::NotRead("the file is larger than a megabyte"),
            Err(_) => DataFile::NotRead("the file can't be read"),
        }
    }

    /// The names in a folder that data files may be read from, and which of them are folders.
    fn folder(&mut self, path: &str) -> Option<Vec<(String, bool)>> {
        if self.frozen {
            return None;
        }
        let path = crate::source::normalized(&self.project.root.join(path));
        let around = self.data_folders(&path).find(|folder| path.starts_with(folder))?;
        let inside = match (self.tree.canonical(&path), self.tree.canonical(&around)) {
            (Ok(path), Ok(around)) => path.starts_with(around),
            _ => false,
        };
        if !inside {
            return None;
        }
        let entries = self.tree.entries(&path).ok()?;
        self.files.add_data_file(&path);
        let entries = entries.into_iter().filter_map(|entry| {
            let name = entry.path.file_name()?.to_string_lossy().into_owned();
            // What running the program leaves is none of its files.
            (name != "__pycache__").then(|| (name, self.tree.is_dir(&entry.path)))
        });
        Some(entries.collect())
    }

    /// Folders in which data files of the program may lie: the project, and the packages outside of it
    /// that are evaluated and hold `path`.
    fn data_folders(&self, path: &Path) -> impl Iterator<Item = PathBuf> {
        let packages: Vec<PathBuf> = self
            .origins
            .iter()
            .filter_map(|origin| match origin {
                Origin::Outside(outside) => {
                    let depth = outside.module.split('.').count() - usize::from(!outside.is_package);
                    // A module that is no package has no folder of its own.
                    (depth > 0).then(|| outside.path.ancestors().nth(depth)).flatten().map(Path::to_path_buf)
                }
                Origin::Project(_) => None,
            })
            .filter(|folder| path.starts_with(folder))
            .take(1)
            .collect();
        std::iter::once(self.project.root.clone()).chain(packages)
    }

    fn find(&mut self, importer: Option<FileId>, dotted: &str) -> Found {
        let question = (importer, Name::new(dotted));
        if let Some(known) = self.answers.get(&question) {
            return known.clone();
        }
        let answer = self.look_for(importer, dotted);
        // Once frozen, no further file is loaded: what would have been a module is told to be a library.
        if !self.frozen {
            self.answers.insert(question, answer.clone());
        }
        answer
    }

    fn look_for(&mut self, importer: Option<FileId>, dotted: &str) -> Found {
        let resolved = match importer.and_then(|file| self.origins.get(file.0 as usize)).cloned() {
            Some(Origin::Project(index)) => self.resolver.resolve(index, dotted),
            Some(Origin::Outside(outside)) => self.resolver.resolve_outside(&outside, dotted),
            None => self.resolver.resolve_absolute(dotted),
        };
        match resolved {
            Some(location) => self.found(location, dotted),
            None => self.absent(importer, dotted),
        }
    }

    /// A name that leads nowhere: missing where its package is a regular one of the program, or where the
    /// environment is complete; else a library that is not installed here.
    fn absent(&self, importer: Option<FileId>, dotted: &str) -> Found {
        if crate::project::standard_library::is_standard_library(dotted) {
            return Found::Library;
        }
        if let Some((parent, _)) = dotted.rsplit_once('.') {
            let resolved = match importer.and_then(|file| self.origins.get(file.0 as usize)) {
                Some(Origin::Project(index)) => self.resolver.resolve(*index, parent),
                Some(Origin::Outside(outside)) => self.resolver.resolve_outside(outside, parent),
                None => self.resolver.resolve_absolute(parent),
            };
            return match resolved {
                Some(ModuleLocation::File(_)) => Found::Missing,
                Some(ModuleLocation::Outside(outside))
                    if !outside.installed || self.environment_is_complete =>
                {
                    Found::Missing
                }
                _ => Found::Library,
            };
        }
        if self.environment_is_complete { Found::Missing } else { Found::Library }
    }
}

/// A file of the project that was read.
struct ReadFile {
    lines: usize,
    content: Result<Content, ParseProblem>,
}

/// What there is of a file that was read.
enum Content {
    Text(String),
    /// Of one that mentions what is looked for, with the watched texts that stand in it: it is parsed while it is at hand.
    Parsed(parse::ParsedFile, u32),
}

fn read_file(tree: &dyn SourceTree, path: &Path, needle: Option<&Regex>, watched: &[&str]) -> ReadFile {
    let bytes = match read(tree, path) {
        Ok(bytes) => bytes,
        Err(problem) => return ReadFile { lines: 0, content: Err(problem) },
    };
    let lines = memchr::memchr_iter(b'\n', &bytes).count()
        + usize::from(bytes.last().is_some_and(|&last| last != b'\n'));
    let mentions = needle.is_some_and(|needle| needle.is_match(&bytes));
    let content = parse::decode(bytes).map(|text| match mentions {
        true => {
            let watched = texts_in(&text, watched);
            Content::Parsed(parse::parse(text), watched)
        }
        false => Content::Text(text),
    });
    ReadFile { lines, content }
}

fn read(tree: &dyn SourceTree, path: &Path) -> Result<Vec<u8>, ParseProblem> {
    tree.read(path).map_err(|error| ParseProblem {
        kind: "unreadable",
        message: format!("the file can't be read ({error}): it is left out of the review"),
        offset: None,
    })
}

/// A file that there is no text of.
fn unreadable(relative: &str, problem: ParseProblem) -> LoadProblem {
    LoadProblem { path: relative.to_owned(), kind: problem.kind, message: problem.message, position: None }
}

fn line_and_column(text: &str, offset: u32) -> (u32, u32) {
    let mut at = (offset as usize).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
    (line, column)
}

/// A [`Program`] as the interpreter's source of modules; shared with whoever reads the files afterwards.
#[derive(Clone)]
pub struct SharedProgram(pub Rc<RefCell<Program>>);

impl SharedProgram {
    /// The module that a parsed file is.
    pub fn module_of(&self, file: FileId) -> Option<FoundModule> {
        let mut program = self.0.borrow_mut();
        let location = match program.origins.get(file.0 as usize)?.clone() {
            Origin::Project(index) => ModuleLocation::File(index),
            Origin::Outside(outside) => ModuleLocation::Outside(outside),
        };
        match program.found(location, "") {
            Found::Module(module) => Some(module),
            _ => None,
        }
    }

    /// The module with a dotted name, as seen from the program's roots.
    pub fn module_named(&self, dotted: &str) -> Option<FoundModule> {
        match self.0.borrow_mut().find(None, dotted) {
            Found::Module(module) => Some(module),
            _ => None,
        }
    }
}

impl ModuleSource for SharedProgram {
    fn find(&mut self, importer: Option<FileId>, dotted: &str) -> Found {
        self.0.borrow_mut().find(importer, dotted)
    }

    fn submodules(&mut self, key: ModuleKey) -> Vec<(Name, bool)> {
        let program = self.0.borrow();
        let Some((location, _)) = program.modules.get(key.0 as usize) else { return Vec::new() };
        program
            .resolver
            .submodules(location)
            .into_iter()
            .map(|module| (module.name, module.is_package))
            .collect()
    }

    fn path_of(&self, key: ModuleKey) -> String {
        let program = self.0.borrow();
        program.modules.get(key.0 as usize).map_or_else(String::new, |(location, _)| {
            program.key_path(location).to_string_lossy().into_owned()
        })
    }

    fn files_in(&mut self, folder: &str, recursive: bool) -> Vec<String> {
        let program = self.0.borrow();
        let folder = Path::new(folder);
        program
            .project
            .files
            .iter()
            .filter(|file| match recursive {
                true => file.path.starts_with(folder),
                false => file.path.parent() == Some(folder),
            })
            .map(|file| file.path.to_string_lossy().into_owned())
            .collect()
    }

    fn folder(&mut self, path: &str) -> Option<Vec<(String, bool)>> {
        self.0.borrow_mut().folder(path)
    }

    fn follow(&mut self, package: Option<Name>) {
        self.0.borrow_mut().followed = package;
    }

    fn read_data(&mut self, path: &str) -> DataFile {
        self.0.borrow_mut().data_file(path)
    }
}
