//! From the bytes of a file to its compact form, with everything that can be wrong on the way said in words.

use crate::ir::Module;
use crate::lower;
use ruff_python_parser::{Mode, ParseOptions};

/// Files above this size are generated data, not code that anybody reviews: they are named, not parsed.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// Why a file could not be analysed, or only in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseProblem {
    /// `syntax-error`, `not-utf-8`, `too-large`, `too-deep`.
    pub kind: &'static str,
    /// What happened and what follows from it.
    pub message: String,
    /// Byte offset in the decoded text, where known.
    pub offset: Option<u32>,
}

/// A decoded and parsed file.
#[derive(Debug)]
pub struct ParsedFile {
    /// The text.
    pub text: Box<str>,
    /// The compact form; of a file with syntax errors, what the parser could recover.
    pub module: Module,
    /// What was wrong.
    pub problem: Option<ParseProblem>,
}

/// Decodes the bytes of a Python file as CPython does: a byte order mark is dropped, a coding cookie
/// (PEP 263) that names Latin-1 is honoured, everything else must be UTF-8.
///
/// # Errors
/// When the bytes are none of these.
pub fn decode(bytes: Vec<u8>) -> Result<String, ParseProblem> {
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    if let Some(at) = memchr::memchr(0, &bytes) {
        return Err(ParseProblem {
            kind: "syntax-error",
            message: "the file contains null bytes: Python refuses it, and so it is not reviewed".to_owned(),
            offset: Some(at as u32),
        });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let valid_up_to = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            match coding_cookie(&bytes).as_deref() {
                Some(
                    "latin-1" | "iso-8859-1" | "iso8859-1" | "latin1" | "l1" | "cp1252" | "windows-1252"
                    | "iso-8859-15" | "ascii" | "us-ascii",
                ) => Ok(bytes.iter().map(|&byte| byte as char).collect()),
                Some(other) => Err(ParseProblem {
                    kind: "not-utf-8",
                    message: format!(
                        "the file is encoded as {other}, which is not supported: save it as UTF-8"
                    ),
                    offset: None,
                }),
                None => Err(ParseProblem {
                    kind: "not-utf-8",
                    message: format!(
                        "the file is not UTF-8 (byte {valid_up_to}) and names no other encoding: Python refuses it, save it as UTF-8"
                    ),
                    offset: None,
                }),
            }
        }
    }
}

/// The encoding named in the first two lines, as in PEP 263.
fn coding_cookie(bytes: &[u8]) -> Option<String> {
    for line in bytes.splitn(3, |&byte| byte == b'\n').take(2) {
        let line = String::from_utf8_lossy(line);
        let Some(comment) = line.trim_start().strip_prefix('#') else { continue };
        if let Some(at) = comment.find("coding") {
            let rest = comment[at + 6..].strip_prefix([':', '=']);
            if let Some(rest) = rest {
                let name: String = rest
                    .trim_start()
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
                    .collect();
                return Some(name.to_ascii_lowercase().replace('_', "-"));
            }
        }
    }
    None
}

fn syntax_problem(text: &str, errors: &[ruff_python_parser::ParseError]) -> Option<ParseProblem> {
    let error = errors.first()?;
    let offset = error.location.start().to_u32().min(text.len() as u32);
    Some(ParseProblem {
        kind: "syntax-error",
        message: format!(
            "{}: the file can't be imported, it is reviewed as far as it could be read",
            error.error
        ),
        offset: Some(offset),
    })
}

pub(crate) fn parser_options() -> ParseOptions {
    ParseOptions::from(Mode::Module).with_target_version(ruff_python_ast::PythonVersion::latest())
}

/// Only asks whether the file is well-formed; for files that no application reaches.
pub fn check_syntax(text: &str) -> Option<ParseProblem> {
    if text.len() > LARGEST {
        return Some(too_large(text.len()));
    }
    let parsed = ruff_python_parser::parse_unchecked(text, parser_options());
    syntax_problem(text, parsed.errors())
}

fn too_large(length: usize) -> ParseProblem {
    ParseProblem {
        kind: "too-large",
        message: format!(
            "the file has {} MB, more than the {} MB that are parsed: it looks generated and is left out",
            length / (1024 * 1024),
            LARGEST / (1024 * 1024)
        ),
        offset: None,
    }
}

/// Parses and lowers a file.
pub fn parse(text: String) -> ParsedFile {
    if text.len() > LARGEST {
        let problem = Some(too_large(text.len()));
        return ParsedFile { text: Box::default(), module: Module::default(), problem };
    }
    let parsed = ruff_python_parser::parse_unchecked(&text, parser_options());
    let mut problem = syntax_problem(&text, parsed.errors());
    // Dropping recurses as deep as the tree: the thread has the analysis' large stack.
    let lowered = match parsed.into_syntax() {
        ruff_python_ast::Mod::Module(module) => lower::lower_module(module.body),
        ruff_python_ast::Mod::Expression(_) => Ok(Module::default()),
    };
    let module = match lowered {
        Ok(module) => module,
        Err(lower::TooDeep { offset }) => {
            problem.get_or_insert(ParseProblem {
                kind: "too-deep",
                message: "the code nests too deeply to be analysed (Python itself refuses to compile it)"
                    .to_owned(),
                offset: Some(offset),
            });
            Module::default()
        }
    };
    ParsedFile { text: text.into_boxed_str(), module, problem }
}
