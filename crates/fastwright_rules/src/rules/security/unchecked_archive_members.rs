//! `unchecked-archive-members`: archive of a client whose members say where they are written.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::values::receiver;
use crate::injection::{Danger, Injection, report_injections};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Archive of a client whose members say where they are written.
    UncheckedArchiveMembers {
        name: "unchecked-archive-members",
        area: Security,
        severity: High,
        confidence: Likely,
        summary: "archive of a client whose members say where they are written",
        why: "A member named `../../app/main.py`, an absolute one or a link leads out of the folder: the client overwrites files that the process may write.",
        recommendation: "Extract tar archives with `filter=\"data\"`. Where members are written by hand, resolve each target and refuse what is not inside of the folder (`is_relative_to`).",
        trade_off: "Archives with absolute names, devices or links to the outside are refused.",
        contract_effect: "an error for archives whose members lead out of the folder",
        cwe: [22, 73],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/unchecked-archive-members.md",
        references: ["https://docs.python.org/3/library/tarfile.html#extraction-filters", "https://peps.python.org/pep-0706/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let injection = Injection {
        calls: &writes,
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| archive(name, call),
        accepts: &|input: &RequestInput, _: &Route| input.is_free_text(),
        message: &|input: &RequestInput, route: &str, acts: &str| {
            format!("members of the archive `{}` of `{route}` decide where `{acts}` writes", input.text)
        },
        severity: Severity::High,
        confidence: Confidence::Likely,
        to_the_text: false,
        is_path: false,
        fix: &|_, _, _| None,
    };
    report_injections(context, report, &injection);
}

/// Whether a function extracts an archive, or opens a file for writing.
fn writes(name: &str) -> bool {
    is_extraction(name)
        || matches!(name, "builtins.open" | "aiofiles.open" | "os.makedirs" | "shutil.copyfileobj")
        || matches!(name, "pathlib.Path.open" | "pathlib.Path.write_bytes" | "pathlib.Path.write_text")
}

fn is_extraction(name: &str) -> bool {
    name.starts_with("tarfile.") && matches!(name.rsplit('.').next(), Some("extractall" | "extract"))
}

/// The archive whose members decide: the one that is extracted, or the one whose member's name is in a path.
fn archive(name: &str, call: &CallEvent) -> Option<Danger> {
    if is_extraction(name) {
        let filter = call.arguments.keyword("filter");
        let is_filtered =
            filter.is_some_and(|value| value.as_str() != Some("fully_trusted") && !value.is_none());
        if is_filtered || call.arguments.keyword("members").is_some() {
            return None;
        }
        return Some(Danger {
            acts: "tarfile.extractall".to_owned(),
            value: opened(receiver(call)?)?.clone(),
        });
    }
    let path = match name {
        "pathlib.Path.open" | "pathlib.Path.write_bytes" | "pathlib.Path.write_text" => receiver(call)?,
        _ => call.arguments.positional.first()?,
    };
    let acts = name.rsplit('.').next().unwrap_or(name).to_owned();
    Some(Danger { acts, value: archive_of_member(path, 0)?.clone() })
}

/// What an archive was opened from: `tarfile.open(fileobj=upload.file)`.
fn opened(archive: &Value) -> Option<&Value> {
    let Symbolic::Call { callee, arguments, .. } = archive.as_symbolic()? else { return None };
    let name = callee.as_external()?;
    if !matches!(
        name.as_str(),
        "tarfile.open" | "tarfile.TarFile" | "tarfile.TarFile.open" | "zipfile.ZipFile"
    ) {
        return None;
    }
    arguments
        .keyword("fileobj")
        .or_else(|| arguments.positional.first())
        .or_else(|| arguments.keyword("name"))
}

/// The archive of which the name of a member stands in a path.
fn archive_of_member(path: &Value, depth: u32) -> Option<&Value> {
    if depth > 6 {
        return None;
    }
    let next = |value| archive_of_member(value, depth + 1);
    match path.as_symbolic()? {
        Symbolic::Format(parts) => parts.iter().find_map(next),
        Symbolic::Binary { left, right, .. } => next(left).or_else(|| next(right)),
        Symbolic::Call { callee, arguments, .. } => {
            // Only what keeps the name whole; `Path(name).name` does not.
            let keeps = match callee.kind() {
                Kind::External(name) => {
                    matches!(
                        name.as_str(),
                        "os.path.join"
                            | "posixpath.join"
                            | "pathlib.Path"
                            | "builtins.str"
                            | "os.path.normpath"
                    )
                }
                _ => {
                    matches!(callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if *name == "joinpath")
                }
            };
            keeps.then(|| arguments.positional.iter().find_map(next))?
        }
        Symbolic::Member { base, name } if matches!(name.as_str(), "filename" | "name") => {
            match base.as_symbolic()? {
                Symbolic::Element(members) => members_of(members),
                _ => None,
            }
        }
        Symbolic::Element(members) => members_of(members),
        _ => None,
    }
}

fn members_of(members: &Value) -> Option<&Value> {
    match members.as_symbolic()? {
        Symbolic::Call { callee, .. } => match callee.as_symbolic()? {
            Symbolic::Member { base, name }
                if matches!(name.as_str(), "namelist" | "infolist" | "getnames" | "getmembers") =>
            {
                opened(base)
            }
            _ => None,
        },
        _ => opened(members),
    }
}
