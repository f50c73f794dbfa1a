//! Requirements as PEP 508 and requirements files write them: `name[extra]>=1.2; marker`.

use std::path::{Path, PathBuf};

/// One required distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// As written.
    pub name: String,
    /// The version clauses as written (`>=1.2,<2`), without extras and markers; empty for any version.
    pub specifier: String,
}

/// The version that a specifier's clauses begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) version: String,
    /// Whether no other version is allowed.
    pub(crate) exact: bool,
}

impl Requirement {
    /// Reads `name[extra] (>=1.2) ; marker` or `name @ url`; `None` when it starts with no name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split(';').next().unwrap_or(text).trim();
        let end = text
            .find(|character: char| {
                !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.'))
            })
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return None;
        }
        let rest = rest.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(extras) => extras.split_once(']')?.1.trim_start(),
            None => rest,
        };
        let starts_clause = rest.is_empty() || rest.starts_with(['=', '>', '<', '!', '~', '^', '(', '@']);
        if !starts_clause {
            return None;
        }
        let specifier = if rest.starts_with('@') { "" } else { rest.trim_matches(['(', ')']).trim() };
        // Options of one requirement in a requirements file: `--hash=...`.
        let specifier = specifier.split(" --").next().unwrap_or(specifier).trim();
        Some(Self { name: name.to_owned(), specifier: specifier.to_owned() })
    }

    /// The lowest version that the clauses allow, where they say one.
    pub(crate) fn bound(&self) -> Option<Bound> {
        let mut bound: Option<Bound> = None;
        for clause in self.specifier.split([',', '|']) {
            let clause = clause.trim();
            let operator_end =
                clause.find(|c: char| !matches!(c, '=' | '>' | '<' | '!' | '~' | '^')).unwrap_or(0);
            let (operator, version) = clause.split_at(operator_end);
            let version = version.trim();
            let plain = version.trim_end_matches(".*");
            if !plain.starts_with(|first: char| first.is_ascii_digit() || first == 'v') {
                continue;
            }
            match operator {
                "==" | "===" | "=" | "" => {
                    let exact = plain == version;
                    return Some(Bound { version: plain.to_owned(), exact });
                }
                ">=" | ">" | "~=" | "^" | "~" => {
                    bound = Some(Bound { version: plain.to_owned(), exact: false })
                }
                _ => {}
            }
        }
        bound
    }
}

/// What one requirements file says.
#[derive(Debug, Default)]
pub(crate) struct RequirementsFile {
    pub(crate) requirements: Vec<Requirement>,
    /// Files that it includes with `-r` or `-c`, absolute.
    pub(crate) includes: Vec<PathBuf>,
    /// Folders that it installs in place with `-e`, absolute.
    pub(crate) editable: Vec<PathBuf>,
}

/// Reads the text of a requirements file that lies in `folder`. Lines that are not understood (URLs, local
/// wheels, options) are passed over, as pip has many kinds.
pub(crate) fn parse_requirements(text: &str, folder: &Path) -> RequirementsFile {
    let mut file = RequirementsFile::default();
    let mut joined = String::new();
    for line in text.lines() {
        let line = strip_comment(line.trim_start_matches('\u{feff}')).trim();
        if let Some(start) = line.strip_suffix('\\') {
            joined.push_str(start);
            continue;
        }
        joined.push_str(line);
        let line = std::mem::take(&mut joined);
        if let Some(path) = option_value(&line, &["-r", "--requirement", "-c", "--constraint"]) {
            if !path.contains("://") {
                file.includes.push(crate::source::normalized(&folder.join(path)));
            }
        } else if let Some(path) = option_value(&line, &["-e", "--editable"]) {
            let path = path.split('[').next().unwrap_or(path);
            if !path.contains("://") && !path.contains('+') {
                file.editable.push(crate::source::normalized(&folder.join(path)));
            }
        } else if let Some(requirement) = Requirement::parse(&line) {
            file.requirements.push(requirement);
        }
    }
    file
}

fn strip_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.find(" #").map_or(line, |end| &line[..end])
}

fn option_value<'a>(line: &'a str, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let rest = line.strip_prefix(name)?;
        rest.starts_with([' ', '\t', '=']).then(|| rest.trim_start_matches(['=', ' ', '\t']).trim())
    })
}

/// Whether a file name is that of a requirements file.
pub(crate) fn is_requirements_file(name: &str, folder: &str) -> bool {
    let Some(stem) = name.strip_suffix(".txt") else {
        return name == "requirements.in";
    };
    let stem = stem.to_ascii_lowercase();
    stem.starts_with("requirements")
        || stem.ends_with("requirements")
        || stem == "constraints"
        || folder == "requirements"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn requirements_and_bounds() {
        let cases = [
            ("fastapi==0.115.0", "fastapi", Some(("0.115.0", true))),
            ("fastapi[standard]>=0.110,<1 ; python_version > '3.8'", "fastapi", Some(("0.110", false))),
            ("SQLAlchemy (~=2.0)", "SQLAlchemy", Some(("2.0", false))),
            ("pydantic == 2.* ", "pydantic", Some(("2", false))),
            ("uvicorn", "uvicorn", None),
            ("lib @ git+https://example.org/x.git", "lib", None),
            ("a<2", "a", None),
            ("b==1.0 --hash=sha256:ab", "b", Some(("1.0", true))),
        ];
        for (text, name, expected) in cases {
            let requirement = Requirement::parse(text).unwrap();
            assert_eq!(requirement.name, name, "{text}");
            let bound = requirement.bound();
            assert_eq!(bound.as_ref().map(|bound| (bound.version.as_str(), bound.exact)), expected, "{text}");
        }
        for text in ["", "-e .", "./wheel.whl", "https://example.org/a.whl", "some words here", "[x"] {
            assert_eq!(Requirement::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_requirements_file() {
        let text = "# pinned\nfastapi==0.1 # why\n-r base.txt\n--constraint=c.txt\n-e ../lib[x]\nanyio \\\n  ==4.0\n";
        let file = parse_requirements(text, Path::new("/p/requirements"));
        let names: Vec<_> =
            file.requirements.iter().map(|r| (r.name.as_str(), r.specifier.as_str())).collect();
        assert_eq!(names, [("fastapi", "==0.1"), ("anyio", "==4.0")]);
        assert_eq!(
            file.includes,
            [Path::new("/p/requirements/base.txt"), Path::new("/p/requirements/c.txt")]
        );
        assert_eq!(file.editable, [Path::new("/p/lib")]);
    }
}
