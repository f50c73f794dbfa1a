//! `path-traversal`: path built from text of a client.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::values::receiver;
use crate::injection::{Danger, Injection, may_hold_slash, report_injections};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::dotted::{first_and_rest, owner_and_last};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Path built from text of a client.
    PathTraversal {
        name: "path-traversal",
        area: Security,
        severity: High,
        confidence: Likely,
        summary: "path built from text of a client",
        why: "`../` in the text leads out of the folder, and an absolute path replaces it: the client reads, overwrites or deletes files that the process may touch.",
        recommendation: "Resolve the path and refuse what is not inside of the folder (`is_relative_to`), or take only the last name (`Path(name).name`), or choose the name yourself.",
        trade_off: "Names with folders in them are refused; a name that you choose needs a place to remember the client's.",
        contract_effect: "404 for paths outside of the folder",
        cwe: [22, 73],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/path-traversal.md",
        references: ["https://owasp.org/www-community/attacks/Path_Traversal", "https://docs.python.org/3/library/pathlib.html#pathlib.PurePath.is_relative_to"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let injection = Injection {
        calls: &opens,
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| path(name, call),
        accepts: &accepts,
        message: &|input: &RequestInput, route: &str, acts: &str| {
            format!("`{}` of `{route}` becomes part of a path that `{acts}` uses", input.text)
        },
        severity: Severity::High,
        confidence: Confidence::Likely,
        to_the_text: true,
        is_path: true,
        fix: &|_, _, _| None,
    };
    report_injections(context, report, &injection);
}

fn accepts(input: &RequestInput, route: &Route) -> bool {
    input.is_free_text() && may_hold_slash(input, route)
}

/// Whether a function of a library touches the file that it is given.
fn opens(name: &str) -> bool {
    path_position(name).is_some() || is_method_of_path(name)
}

fn is_method_of_path(name: &str) -> bool {
    let Some((owner, method)) = owner_and_last(name) else { return false };
    matches!(owner, "pathlib.Path" | "pathlib.PosixPath" | "anyio.Path")
        && matches!(
            method,
            "open"
                | "read_text"
                | "read_bytes"
                | "write_text"
                | "write_bytes"
                | "unlink"
                | "rmdir"
                | "rename"
                | "replace"
                | "iterdir"
                | "glob"
                | "rglob"
                | "mkdir"
                | "touch"
                | "symlink_to"
        )
}

/// Where such a function takes the path: position and keyword.
fn path_position(name: &str) -> Option<(usize, &'static str)> {
    Some(match name {
        "builtins.open" | "io.open" | "codecs.open" | "aiofiles.open" | "anyio.open_file" | "gzip.open" => {
            (0, "file")
        }
        "fastapi.responses.FileResponse" | "starlette.responses.FileResponse" => (0, "path"),
        "os.remove" | "os.unlink" | "os.rmdir" | "os.removedirs" | "os.listdir" | "os.scandir"
        | "os.makedirs" | "os.mkdir" | "os.walk" | "os.open" | "shutil.rmtree" | "aiofiles.os.remove"
        | "aiofiles.os.unlink" => (0, "path"),
        "send2trash.send2trash" | "shutil.make_archive" | "os.chdir" => (0, "paths"),
        _ if reads_files(name) => (0, "file"),
        "os.rename" | "os.replace" | "shutil.copy" | "shutil.copy2" | "shutil.copyfile" | "shutil.move"
        | "shutil.copytree" => (0, "src"),
        _ => return None,
    })
}

/// Libraries whose functions open the file that their first argument names, besides taking open files.
fn reads_files(name: &str) -> bool {
    match first_and_rest(name) {
        Some(("pandas", function)) => function.starts_with("read_") && !function.starts_with("read_sql"),
        Some(("numpy", function)) => {
            matches!(function, "load" | "loadtxt" | "genfromtxt" | "fromfile" | "save" | "savez" | "savetxt")
        }
        Some(("PIL", function)) => matches!(function, "Image.open"),
        Some(("torch" | "joblib", function)) => matches!(function, "load" | "dump"),
        Some(("sqlite3" | "aiosqlite", function)) => function == "connect",
        Some(("zipfile" | "tarfile", function)) => {
            matches!(function, "ZipFile" | "open" | "TarFile" | "is_zipfile" | "is_tarfile")
        }
        Some(("shutil", function)) => function == "unpack_archive",
        Some(("cv2", function)) => matches!(function, "imread" | "VideoCapture"),
        Some(("soundfile", function)) => matches!(function, "read" | "SoundFile"),
        Some(("librosa", function)) => function == "load",
        Some(("h5py", function)) => function == "File",
        Some(("pyarrow", function)) => function.ends_with("read_table"),
        Some(("docx", function)) => function == "Document",
        Some(("fitz" | "pymupdf", function)) => function == "open",
        Some(("configparser", function)) => function == "ConfigParser.read",
        Some(("dotenv", function)) => matches!(function, "load_dotenv" | "set_key" | "dotenv_values"),
        _ => false,
    }
}

/// Whether a value is what a file holds, or an open file, and no path.
fn is_content(value: &Value) -> bool {
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, .. }) => match callee.kind() {
            Kind::External(name) => {
                let (package, last) = (name.split('.').next().unwrap_or_default(), name.last_part());
                package == "io"
                    || matches!(last, "open" | "urlopen" | "NamedTemporaryFile" | "SpooledTemporaryFile")
            }
            _ => {
                matches!(callee.as_symbolic(), Some(Symbolic::Member { name, .. }) if matches!(name.as_str(), "read" | "read_bytes" | "open" | "getvalue"))
            }
        },
        Some(Symbolic::Member { name, .. }) => matches!(name.as_str(), "file" | "content" | "raw"),
        Some(Symbolic::Parameter(parameter)) => parameter.annotation.as_ref().is_some_and(|annotation| {
            annotation.as_external().is_some_and(|name| {
                name.ends_with(".UploadFile")
                    || name.ends_with("BinaryIO")
                    || name == "builtins.bytes"
                    || name.starts_with("io.")
            })
        }),
        _ => matches!(value.kind(), Kind::Bytes(_)),
    }
}

fn path(name: &str, call: &CallEvent) -> Option<Danger> {
    let acts = name.strip_prefix("builtins.").unwrap_or(name);
    let acts = acts.rsplit('.').next().map_or(acts, |last| {
        if acts.starts_with("os.") || acts.starts_with("shutil.") { acts } else { last }
    });
    let value = match path_position(name) {
        Some((position, keyword)) => {
            let first = call.arguments.get(position, keyword)?;
            if matches!(name, "os.rename" | "os.replace")
                || name.starts_with("shutil.copy")
                || name == "shutil.move"
            {
                let target = call.arguments.get(1, "dst");
                Value::union([Some(first), target].into_iter().flatten().cloned().collect::<Vec<_>>())
            } else {
                first.clone()
            }
        }
        None => receiver(call)?.clone(),
    };
    (!is_content(&value)).then(|| Danger { acts: acts.to_owned(), value })
}
