//! Data files that the program reads while it is imported: settings, defaults, tables that it ships.
//!
//! Only the program's own files are read, through [`super::ModuleSource::read_data`], and what is computed
//! from them is marked as resting on a setting: whoever deploys the program may change them.

use super::{DataFile, Evaluated, Interpreter, Mode};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

/// What reading one file has come to.
enum Reading {
    /// Its contents: text or bytes.
    Contents(Value),
    /// It certainly isn't there, and somebody is prepared for it.
    Raised(Evaluated),
}

impl Interpreter<'_> {
    /// A data file of the program as text or bytes. Nothing when it is not read.
    fn read_data_file(&mut self, path: &str, binary: bool, span: Span) -> Option<Reading> {
        if self.mode != Mode::Import {
            return None;
        }
        match self.source.read_data(path) {
            DataFile::Read { bytes, shown } => {
                let setting = self.configurable(shown);
                let contents: Value = if binary {
                    Kind::Bytes(bytes.into()).into()
                } else {
                    let text = String::from_utf8(bytes).ok()?;
                    // Python's text files have one kind of line end.
                    let text = if text.contains('\r') {
                        text.replace("\r\n", "\n").replace('\r', "\n")
                    } else {
                        text
                    };
                    Value::str(&text)
                };
                Some(Reading::Contents(contents.with_configurable(setting)))
            }
            DataFile::Missing if self.catching > 0 => {
                let message = format!("there is no file `{}`", path.rsplit('/').next().unwrap_or(path));
                Some(Reading::Raised(self.raised_by_library("builtins.FileNotFoundError", message, span)))
            }
            DataFile::Missing | DataFile::Elsewhere | DataFile::NotRead(_) => None,
        }
    }

    /// The contents of a data file as text, for those who only want to read it: nothing else happens when
    /// it isn't there.
    pub(crate) fn data_file_text(&mut self, path: &str, span: Span) -> Option<Value> {
        match self.read_data_file(path, false, span)? {
            Reading::Contents(contents) => Some(contents),
            Reading::Raised(_) => None,
        }
    }

    /// Whether there is a file of the program whose contents are not known here.
    pub(crate) fn is_unread_file(&mut self, path: &str) -> bool {
        matches!(self.source.read_data(path), DataFile::Read { .. } | DataFile::NotRead(_))
    }

    /// `open(path, mode)`, when the file is one that is read.
    pub(crate) fn open_data_file(&mut self, path: &str, mode: &str, span: Span) -> Option<Evaluated> {
        if mode.contains(['w', 'a', 'x', '+']) {
            return None;
        }
        let binary = mode.contains('b');
        match self.read_data_file(path, binary, span)? {
            Reading::Contents(contents) => {
                let class = if binary { "io.BufferedReader" } else { "io.TextIOWrapper" };
                let opened = self.stream(class, &contents, span)?;
                self.set_attribute(&opened, Name::from("name"), Value::str(path));
                Some(Ok(opened))
            }
            Reading::Raised(raised) => Some(raised),
        }
    }

    /// A function that reads a file: `open`, `pkgutil.get_data`, `importlib.resources.read_text`.
    pub(crate) fn call_file_function(
        &mut self,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        if self.mode != Mode::Import {
            return None;
        }
        match name {
            "builtins.open" | "io.open" => {
                let path = self.file_name(arguments.get(0, "file")?)?;
                let mode = match arguments.get(1, "mode") {
                    Some(mode) => mode.as_str()?.to_owned(),
                    None => "r".to_owned(),
                };
                self.open_data_file(&path, &mode, span)
            }
            "pkgutil.get_data" => {
                let path = self.resource_path(arguments.get(0, "package")?, arguments.get(1, "resource")?)?;
                self.contents(&path, true, span)
            }
            "importlib.resources.files" => {
                let package = match arguments.get(0, "anchor").or_else(|| arguments.keyword("package")) {
                    Some(package) => package.clone(),
                    None => Kind::Module(self.frame().module).into(),
                };
                let folder = self.package_folder(&package)?;
                Some(Ok(self.path_value(&folder, span)))
            }
            "importlib.resources.read_text" | "importlib.resources.read_binary" => {
                let path = self.resource_path(arguments.get(0, "package")?, arguments.get(1, "resource")?)?;
                self.contents(&path, name.ends_with("binary"), span)
            }
            "importlib.resources.open_text" | "importlib.resources.open_binary" => {
                let path = self.resource_path(arguments.get(0, "package")?, arguments.get(1, "resource")?)?;
                self.open_data_file(&path, if name.ends_with("binary") { "rb" } else { "r" }, span)
            }
            "importlib.resources.as_file" => {
                let path = arguments.positional.first()?;
                self.path_text(path)?;
                Some(Ok(path.clone()))
            }
            _ => None,
        }
    }

    /// A method of a path that reads its file.
    pub(crate) fn read_from_path(
        &mut self,
        path: &Value,
        method: Name,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        if self.mode != Mode::Import || !matches!(method.as_str(), "read_text" | "read_bytes" | "open") {
            return None;
        }
        let text = self.path_text(path)?;
        match method.as_str() {
            "open" => {
                let mode = match arguments.get(0, "mode") {
                    Some(mode) => mode.as_str()?.to_owned(),
                    None => "r".to_owned(),
                };
                self.open_data_file(&text, &mode, span)
            }
            name => self.contents(&text, name == "read_bytes", span),
        }
    }

    fn contents(&mut self, path: &str, binary: bool, span: Span) -> Option<Evaluated> {
        Some(match self.read_data_file(path, binary, span)? {
            Reading::Contents(contents) => Ok(contents),
            Reading::Raised(raised) => raised,
        })
    }

    /// The path that a text or a path object names.
    pub(crate) fn file_name(&self, value: &Value) -> Option<String> {
        match value.kind() {
            Kind::Str(text) => Some(text.to_string()),
            _ => self.path_text(value),
        }
    }

    fn resource_path(&mut self, package: &Value, resource: &Value) -> Option<String> {
        let folder = self.package_folder(package)?;
        let resource = self.file_name(resource)?;
        Some(super::paths::join(&folder, &resource))
    }

    /// The folder of a package, given as a module or by name.
    fn package_folder(&mut self, package: &Value) -> Option<String> {
        let module = match package.kind() {
            Kind::Module(module) => *module,
            Kind::Str(name) => {
                let site = self.here(Span::default());
                match *self.import_dotted(name.as_ref(), site).ok()?.kind() {
                    Kind::Module(module) => module,
                    _ => return None,
                }
            }
            _ => return None,
        };
        let state = &self.modules[module.0 as usize];
        let path = self.source.path_of(state.key);
        // A namespace package has a folder and no file.
        Some(if state.file.is_none() { path } else { super::paths::parent_folder(&path).to_owned() })
    }
}
