//! `pathlib`, as far as programs find their own modules with it.
//!
//! A path is the symbolic call `pathlib.Path("text")`; methods and attributes of it whose result is known
//! give text or further paths.

use super::Interpreter;
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use std::rc::Rc;

impl Interpreter<'_> {
    /// A path object with known text.
    pub(crate) fn path_value(&mut self, path: &str, span: Span) -> Value {
        Value::call(Value::external("pathlib.Path"), Arguments::of([Value::str(path)]), self.here(span))
    }

    /// The text of a path object.
    pub(crate) fn path_text(&self, value: &Value) -> Option<String> {
        match value.as_symbolic()? {
            Symbolic::Call { callee, arguments, .. } if callee.as_external()? == "pathlib.Path" => {
                arguments.positional.first()?.as_str().map(str::to_owned)
            }
            _ => None,
        }
    }

    /// What a path object is compared by: its parts.
    pub(super) fn path_key(&self, path: &Value) -> Option<Key> {
        let text = self.path_text(path)?;
        Some(Key::Tuple(Rc::new(text.split('/').map(|part| Key::Str(part.into())).collect())))
    }

    /// An attribute of a path object.
    pub(crate) fn path_attribute(&mut self, path: &Value, name: &str, span: Span) -> Option<Value> {
        let text = self.path_text(path)?;
        let configurable = path.configurable();
        let last = text.rsplit('/').next().unwrap_or(&text);
        let suffix_at = last.rfind('.').filter(|at| *at > 0);
        let part = match name {
            "parent" => {
                let parent = parent_folder(&text).to_owned();
                self.path_value(&parent, span)
            }
            "parents" => {
                let mut folders = Vec::new();
                let mut rest = text.as_str();
                while !matches!(rest, "" | "/" | ".") {
                    rest = parent_folder(rest);
                    folders.push(self.path_value(rest, span));
                }
                Value::tuple(folders)
            }
            "name" => Value::str(last),
            "stem" => Value::str(suffix_at.map_or(last, |at| &last[..at])),
            "suffix" => Value::str(suffix_at.map_or("", |at| &last[at..])),
            "parts" => {
                Value::tuple(text.split('/').filter(|part| !part.is_empty()).map(Value::str).collect())
            }
            _ => return None,
        };
        Some(part.with_configurable(configurable))
    }

    /// A method of a path object.
    pub(crate) fn path_method(
        &mut self,
        path: &Value,
        method: Name,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Value> {
        let text = self.path_text(path)?;
        let first = arguments.positional.first().cloned();
        Some(match method.as_str() {
            "resolve" | "absolute" | "expanduser" => path.clone(),
            "as_posix" | "__str__" | "__fspath__" => Value::str(&text),
            "joinpath" => {
                let mut joined = text;
                for argument in &arguments.positional {
                    let part = self.text_of(argument)?;
                    joined = join(&joined, &part);
                }
                self.path_value(&joined, span)
            }
            "with_name" => {
                let name = first?.as_str()?.to_owned();
                self.path_value(&join(parent_folder(&text), &name), span)
            }
            "with_suffix" => {
                let suffix = first?.as_str()?.to_owned();
                let file = text.rsplit('/').next().unwrap_or(&text);
                let stem_end = file
                    .rfind('.')
                    .filter(|at| *at > 0)
                    .map_or(text.len(), |at| text.len() - file.len() + at);
                self.path_value(&format!("{}{suffix}", &text[..stem_end]), span)
            }
            "relative_to" => {
                let base = self.text_of(&first?)?;
                let rest = text.strip_prefix(base.as_str())?.trim_start_matches('/').to_owned();
                self.path_value(&rest, span)
            }
            "iterdir" | "glob" | "rglob" => {
                let pattern = match method.as_str() {
                    "iterdir" => "*".to_owned(),
                    _ => first?.as_str()?.to_owned(),
                };
                let recursive = method == "rglob" || pattern.starts_with("**/");
                let pattern = pattern.strip_prefix("**/").unwrap_or(&pattern).to_owned();
                let files = self.source.files_in(&text, recursive);
                let mut found = Vec::new();
                for file in files {
                    let relative =
                        file.strip_prefix(&text).unwrap_or(&file).trim_start_matches('/').to_owned();
                    let candidate =
                        if recursive { relative.rsplit('/').next().unwrap_or(&relative) } else { &relative };
                    if matches_pattern(candidate, &pattern) {
                        found.push(self.path_value(&file, span));
                    }
                }
                if found.is_empty() {
                    return self.listed_paths(&text, &pattern, recursive, span);
                }
                self.list(found)
            }
            _ => return None,
        })
    }
}

/// Everything before the last `/`.
pub(crate) fn parent_folder(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/",
        Some((folder, _)) => folder,
        None => ".",
    }
}

pub(crate) fn join(folder: &str, part: &str) -> String {
    if part.starts_with('/') {
        return part.to_owned();
    }
    if folder.is_empty() || folder == "." {
        return part.to_owned();
    }
    format!("{}/{part}", folder.trim_end_matches('/'))
}

/// Whether a name matches a shell pattern with `*` and `?`.
pub(crate) fn matches_pattern(name: &str, pattern: &str) -> bool {
    fn matches(name: &[u8], pattern: &[u8]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some((b'*', rest)) => (0..=name.len()).any(|skipped| matches(&name[skipped..], rest)),
            Some((b'?', rest)) => !name.is_empty() && matches(&name[1..], rest),
            Some((first, rest)) => name.first() == Some(first) && matches(&name[1..], rest),
        }
    }
    pattern.len() <= 64 && pattern.matches('*').count() <= 4 && matches(name.as_bytes(), pattern.as_bytes())
}
