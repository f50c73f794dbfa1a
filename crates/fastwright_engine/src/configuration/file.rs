//! Finding and reading the configuration file of a path.

use super::{Configuration, Origin};
use crate::failure::Failure;
use std::path::Path;
use toml::de::{DeTable, DeValue};

const OWN_FILE: &str = "fastwright.toml";
const PYPROJECT: &str = "pyproject.toml";

/// The configuration nearest above an absolute path; `fastwright.toml` wins over `pyproject.toml` in the
/// same folder, and a `pyproject.toml` without our table is passed by. Without a file: everything default.
///
/// # Errors
/// When the file can't be read, is no TOML, or holds a key or value that there is not.
pub fn read(path: &Path) -> Result<Configuration, Failure> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    for folder in folder.ancestors() {
        let own = folder.join(OWN_FILE);
        if own.is_file() {
            let text = std::fs::read_to_string(&own).map_err(|error| unreadable(&own, &error))?;
            return parse(&own, &text, false);
        }
        let pyproject = folder.join(PYPROJECT);
        // A pyproject.toml that can't be read is a problem of the project; the analysis reports it.
        if let Ok(text) = std::fs::read_to_string(&pyproject)
            && text.contains("fastwright")
        {
            match parse(&pyproject, &text, true) {
                Ok(configuration) if configuration.file.is_none() => {}
                result => return result,
            }
        }
    }
    Ok(Configuration::default())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} can't be read: {error}", shown(path)))
}

/// The path as seen from the working directory, when it lies below it.
fn shown(path: &Path) -> String {
    let folder = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

/// Reads one file. The result has no `file` when a `pyproject.toml` has no table for us.
fn parse(path: &Path, text: &str, is_pyproject: bool) -> Result<Configuration, Failure> {
    let folder = path.parent().unwrap_or(path).to_path_buf();
    let origin = Origin { name: shown(path), text: Some(text), folder };
    let mut configuration = Configuration::default();
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        // A broken manifest without a table for us is a problem of the project, which the analysis reports.
        Err(_) if is_pyproject && !text.contains("tool.fastwright") => return Ok(configuration),
        Err(error) => return Err(origin.failure(&error.span().unwrap_or(0..0), error.message())),
    };
    let root = document.get_ref();
    let table = if is_pyproject {
        let tool = entry(root, "tool").and_then(|(_, value)| value.get_ref().as_table());
        let Some((span, value)) = tool.and_then(|tool| entry(tool, "fastwright")) else {
            return Ok(configuration);
        };
        let Some(table) = value.get_ref().as_table() else {
            return Err(origin.failure(&span, "`tool.fastwright` is a table"));
        };
        table
    } else {
        // People copy `[tool.fastwright]` from a pyproject.toml into our own file.
        if let Some((span, _)) = entry(root, "tool") {
            let hint = "in fastwright.toml the keys stand at the top, without `[tool.fastwright]`";
            return Err(origin.failure(&span, hint));
        }
        root
    };
    configuration.apply_table(table, &origin)?;
    configuration.file = Some(path.to_path_buf());
    Ok(configuration)
}

type Entry<'table, 'text> = (std::ops::Range<usize>, &'table toml::Spanned<DeValue<'text>>);

fn entry<'table, 'text>(table: &'table DeTable<'text>, name: &str) -> Option<Entry<'table, 'text>> {
    table.iter().find(|(key, _)| key.get_ref() == name).map(|(key, value)| (key.span(), value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use fastwright_report::names::Severity;

    #[test]
    fn the_nearest_file_wins_and_our_own_before_pyproject() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("service/app")).unwrap();
        std::fs::write(root.join("pyproject.toml"), "[tool.fastwright]\nfail-on = \"low\"\n").unwrap();
        std::fs::write(root.join("service/pyproject.toml"), "[project]\nname = \"x\"\n").unwrap();
        assert_eq!(read(&root.join("service/app")).unwrap().fail_on, Some(Severity::Low));
        std::fs::write(root.join("service/pyproject.toml"), "[tool.fastwright]\nfail-on = \"info\"\n")
            .unwrap();
        std::fs::write(root.join("service/fastwright.toml"), "fail-on = \"high\"\n").unwrap();
        assert_eq!(read(&root.join("service/app")).unwrap().fail_on, Some(Severity::High));
    }

    #[test]
    fn errors_name_the_place_and_the_nearest_key() {
        let text = "[tool.fastwright]\nselect = [\"auth\"]\nfailon = \"high\"\n";
        let error = parse(Path::new("pyproject.toml"), text, true).unwrap_err();
        assert_eq!(
            error.to_string(),
            "pyproject.toml:3:1: there is no key `failon`; did you mean `fail-on`?"
        );
        let text = "public-routes = { \"GET /status\" = \" \" }\n";
        let error = parse(Path::new("fastwright.toml"), text, false).unwrap_err();
        assert_eq!(
            error.to_string(),
            "fastwright.toml:1:35: `GET /status` needs a reason why everybody may call it"
        );
        let error = parse(Path::new("fastwright.toml"), "exclude = [1]\n", false).unwrap_err();
        assert_eq!(error.to_string(), "fastwright.toml:1:12: `exclude` is a list of texts, not an integer");
        let error = parse(Path::new("fastwright.toml"), "exclude = [\n", false).unwrap_err();
        assert!(error.to_string().starts_with("fastwright.toml:"), "{error}");
    }
}
