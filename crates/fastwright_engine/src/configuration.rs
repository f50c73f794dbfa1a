//! The configuration of a project: `[tool.fastwright]` in `pyproject.toml`, or `fastwright.toml`.

mod file;
mod values;

pub use file::read;

use crate::failure::{Failure, suggestion};
use fastwright_report::names::Severity;
use fastwright_report::output::ReviewFormat;
use fastwright_rules::metadata::Profile;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Every key; what is not given is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    pub select: Option<Vec<String>>,
    pub ignore: Vec<String>,
    pub extend_select: Vec<String>,
    pub per_file_ignores: Vec<(String, Vec<String>)>,
    pub per_route_ignores: Vec<(String, Vec<String>)>,
    pub public_routes: Vec<(String, String)>,
    pub exclude: Vec<String>,
    pub fail_on: Option<Severity>,
    pub profile: Option<Profile>,
    pub baseline: Option<PathBuf>,
    pub apps: Vec<String>,
    pub python_env: Option<PathBuf>,
    pub output_format: Option<ReviewFormat>,
    pub fastapi_version: Option<String>,
    pub variables: Vec<(String, String)>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Where values stand, so that an error found later can say it: key, value, place.
    places: Vec<(String, String, String)>,
}

/// All keys of the configuration.
pub const KEYS: [&str; 16] = [
    "select",
    "ignore",
    "extend-select",
    "per-file-ignores",
    "per-route-ignores",
    "public-routes",
    "exclude",
    "fail-on",
    "profile",
    "baseline",
    "app",
    "apps",
    "python-env",
    "output-format",
    "fastapi-version",
    "variables",
];

/// Where a configuration text comes from, to name places in it and to resolve paths in it.
struct Origin<'text> {
    /// `pyproject.toml`, or `--config` for the command line.
    name: String,
    /// The text, unless it is a line of the command.
    text: Option<&'text str>,
    /// Paths are relative to this folder.
    folder: PathBuf,
}

impl Origin<'_> {
    /// `pyproject.toml:12:1`.
    fn place(&self, span: &Range<usize>) -> String {
        let Some(text) = self.text else {
            return self.name.clone();
        };
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }

    fn failure(&self, span: &Range<usize>, message: &str) -> Failure {
        Failure::new(format!("{}: {message}", self.place(span)))
    }
}

impl Configuration {
    /// Where a value was written: `pyproject.toml:12:1`, or `--select`.
    pub fn place(&self, key: &str, value: &str) -> Option<&str> {
        let mut places = self.places.iter().rev();
        let exact = places.find(|(known, text, _)| known == key && text == value);
        exact.map(|(_, _, place)| place.as_str())
    }

    /// Applies a `--config KEY=VALUE`; relative paths in it are relative to `folder`.
    ///
    /// # Errors
    /// When there is no `=`, the key is not known, or the value is not one of the key.
    pub fn set(&mut self, assignment: &str, folder: &Path) -> Result<(), Failure> {
        let Some((key, value)) = assignment.split_once('=') else {
            return Err(Failure::new(format!(
                "--config {assignment}: expected KEY=VALUE, such as `fail-on=high`"
            )));
        };
        let (key, value) = (key.trim(), value.trim());
        let origin =
            Origin { name: format!("--config {assignment}"), text: None, folder: folder.to_path_buf() };
        let written = format!("value = {value}");
        // A plain text needs no quotes on the command line.
        let quoted = format!("value = {}", toml::Value::String(value.to_owned()));
        let table = DeTable::parse(&written).or_else(|_| DeTable::parse(&quoted));
        let table = table.map_err(|error| origin.failure(&(0..0), error.message()))?;
        for (_, value) in table.get_ref().iter() {
            self.apply(key, &(0..0), value, &origin)?;
        }
        Ok(())
    }

    fn apply_table(&mut self, table: &DeTable<'_>, origin: &Origin<'_>) -> Result<(), Failure> {
        for (key, value) in table.iter() {
            self.apply(key.get_ref(), &key.span(), value, origin)?;
        }
        Ok(())
    }

    fn apply(
        &mut self,
        key: &str,
        key_span: &Range<usize>,
        value: &Spanned<DeValue<'_>>,
        origin: &Origin<'_>,
    ) -> Result<(), Failure> {
        let mut reader = values::Reader { key, origin, places: &mut self.places };
        match key {
            "select" => self.select = Some(reader.texts(value)?),
            "ignore" => self.ignore = reader.texts(value)?,
            "extend-select" => self.extend_select = reader.texts(value)?,
            "per-file-ignores" => self.per_file_ignores = reader.table_of_texts(value)?,
            "per-route-ignores" => self.per_route_ignores = reader.table_of_texts(value)?,
            "public-routes" => self.public_routes = reader.reasons(value)?,
            "exclude" => self.exclude = reader.texts(value)?,
            "fail-on" => {
                let words = Severity::ALL.iter().map(|entry| (entry.name(), *entry));
                self.fail_on = Some(reader.word(value, words)?);
            }
            "profile" => {
                let words = Profile::ALL.iter().map(|entry| (entry.name(), *entry));
                self.profile = Some(reader.word(value, words)?);
            }
            "baseline" => self.baseline = Some(origin.folder.join(reader.text(value)?)),
            "app" => self.apps = vec![reader.text(value)?],
            "apps" => self.apps = reader.texts(value)?,
            "python-env" => self.python_env = Some(origin.folder.join(reader.text(value)?)),
            "output-format" => {
                let words = ReviewFormat::ALL.iter().map(|entry| (entry.name(), *entry));
                self.output_format = Some(reader.word(value, words)?);
            }
            "fastapi-version" => self.fastapi_version = Some(reader.text(value)?),
            "variables" => self.variables = reader.variables(value)?,
            unknown => {
                let hint = suggestion(unknown, KEYS);
                return Err(origin.failure(key_span, &format!("there is no key `{unknown}`{hint}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn assignments_take_toml_or_plain_text() {
        let mut configuration = Configuration::default();
        configuration.set("fail-on=high", Path::new("/srv")).unwrap();
        configuration.set("select=[\"auth\", 'docs']", Path::new("/srv")).unwrap();
        configuration.set("baseline = known.json", Path::new("/srv")).unwrap();
        configuration.set("variables={DEBUG = \"1\"}", Path::new("/srv")).unwrap();
        configuration.set("public-routes={\"GET /a\" = \"status page\"}", Path::new("/srv")).unwrap();
        assert_eq!(configuration.variables, [("DEBUG".to_owned(), "1".to_owned())]);
        assert_eq!(configuration.fail_on, Some(Severity::High));
        assert_eq!(configuration.select, Some(vec!["auth".to_owned(), "docs".to_owned()]));
        assert_eq!(configuration.baseline, Some(PathBuf::from("/srv/known.json")));
        assert_eq!(configuration.public_routes, [("GET /a".to_owned(), "status page".to_owned())]);
        let error = configuration.set("fail-on=hihg", Path::new("/srv")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--config fail-on=hihg: `fail-on` is one of `info`, `low`, `medium`, `high`, `critical`, \
             not `hihg`; did you mean `high`?"
        );
    }
}
