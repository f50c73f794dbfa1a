//! What lies in a folder of the program or of a library that is evaluated, for code that lists its data
//! files.
//!
//! Python gives the entries of a folder in the order of the file system, which nobody decides. Here they come
//! sorted, and each carries a mark by which those who write it down see that its place says nothing. What
//! sorts them takes the mark away.

use super::Interpreter;
use super::paths::matches_pattern;
use crate::location::Span;
use crate::value::*;

/// More entries than these are not listed.
const MOST_ENTRIES: usize = 5_000;
/// Folders nest at most this deep.
const DEEPEST: usize = 12;

impl Interpreter<'_> {
    /// Paths of the entries of a folder that match a pattern for one name, those of folders below it
    /// included where wanted. Nothing where the folder is none that may be read.
    pub(super) fn matching_entries(
        &mut self,
        folder: &str,
        pattern: &str,
        recursive: bool,
    ) -> Option<Vec<String>> {
        if pattern.contains(['/', '[']) {
            return None;
        }
        let mut found = Vec::new();
        let mut waiting = vec![(folder.to_owned(), 0)];
        let mut seen = 0;
        while let Some((folder, depth)) = waiting.pop() {
            let entries = self.source.folder(&folder)?;
            seen += entries.len();
            if seen > MOST_ENTRIES || depth > DEEPEST {
                return None;
            }
            for (name, is_folder) in entries {
                let path = super::paths::join(&folder, &name);
                if is_folder && recursive {
                    waiting.push((path.clone(), depth + 1));
                }
                if matches_pattern(&name, pattern) {
                    found.push(path);
                }
            }
        }
        found.sort();
        Some(found)
    }

    /// The matching entries as path objects in a list.
    pub(super) fn listed_paths(
        &mut self,
        folder: &str,
        pattern: &str,
        recursive: bool,
        span: Span,
    ) -> Option<Value> {
        let paths = self.matching_entries(folder, pattern, recursive)?;
        let paths = paths.iter().map(|path| self.path_value(path, span)).collect();
        Some(self.in_order_of_files(paths, folder))
    }

    /// The names of the entries of a folder in a list.
    pub(super) fn listed_names(&mut self, folder: &str) -> Option<Value> {
        let paths = self.matching_entries(folder, "*", false)?;
        let names = paths.iter().map(|path| Value::str(path.rsplit('/').next().unwrap_or(path))).collect();
        Some(self.in_order_of_files(names, folder))
    }

    fn in_order_of_files(&mut self, mut items: Vec<Value>, folder: &str) -> Value {
        if items.len() > 1 {
            let folder = folder.rsplit('/').next().unwrap_or(folder);
            let order = self.configurable(format!("the order of the files in `{folder}`"));
            self.undecided_orders.extend(order);
            for item in &mut items {
                item.rest_on(order);
            }
        }
        self.list(items)
    }

    /// In which order a value has its place, when that is not decided: "the order of the files in `data`".
    pub fn undecided_order(&self, value: &Value) -> Option<&str> {
        let order = value.configurable().filter(|order| self.undecided_orders.contains(order))?;
        Some(self.setting_name(order))
    }

    /// A value without the mark that its place says nothing: who asks has taken care of it.
    pub fn in_decided_order(&self, mut value: Value) -> Value {
        if self.undecided_order(&value).is_some() {
            value.rest_on(None);
        }
        value
    }
}
