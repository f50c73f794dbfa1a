//! Which calls only compute: their order among effects says nothing.

/// Whether a function or class of a library only computes, by its qualified name.
pub(crate) fn is_pure_function(name: &str) -> bool {
    if let Some(builtin) = name.strip_prefix("builtins.") {
        return match builtin {
            "print" | "open" | "input" | "exec" | "eval" | "setattr" | "delattr" | "next" | "iter"
            | "super" | "breakpoint" | "compile" | "__import__" | "anext" | "aiter" => false,
            // Methods of the types: those that change something are known by their names.
            _ => match builtin.split_once('.') {
                Some((_, method)) => !changes_receiver(method),
                None => true,
            },
        };
    }
    match name.split('.').next().unwrap_or(name) {
        "sqlalchemy" | "sqlmodel" => is_pure_sql(name),
        "datetime" => !matches!(name.rsplit('.').next(), Some("now" | "utcnow" | "today")),
        "decimal" | "fractions" | "math" | "typing" | "typing_extensions" | "operator" | "enum"
        | "dataclasses" | "functools" | "itertools" | "collections" | "string" | "textwrap" | "html"
        | "base64" | "hashlib" | "hmac" | "json" | "pathlib" | "re" | "ipaddress" | "unicodedata" => {
            !matches!(
                name,
                "json.dump"
                    | "json.load"
                    | "pathlib.Path.unlink"
                    | "pathlib.Path.write_text"
                    | "pathlib.Path.mkdir"
                    | "pathlib.Path.write_bytes"
                    | "pathlib.Path.read_text"
                    | "pathlib.Path.read_bytes"
                    | "pathlib.Path.open"
                    | "pathlib.Path.rename"
                    | "pathlib.Path.replace"
                    | "pathlib.Path.rmdir"
                    | "pathlib.Path.exists"
                    | "pathlib.Path.is_file"
                    | "pathlib.Path.is_dir"
                    | "pathlib.Path.stat"
                    | "pathlib.Path.iterdir"
                    | "pathlib.Path.glob"
                    | "pathlib.Path.rglob"
                    | "pathlib.Path.touch"
                    | "functools.reduce"
                    | "functools.partial"
            )
        }
        "uuid" => name == "uuid.UUID",
        "fastapi" | "starlette" => {
            name.ends_with("Exception") || name.ends_with("jsonable_encoder") || name.ends_with("Response")
        }
        "urllib" => name.starts_with("urllib.parse."),
        _ => false,
    }
}

/// SQLAlchemy's expression language: everything but engines, connections and sessions.
fn is_pure_sql(name: &str) -> bool {
    ![
        "Session",
        "session",
        "Engine",
        "engine",
        "Connection",
        "connection",
        "event",
        "create_",
        "pool",
        "Result",
    ]
    .iter()
    .any(|part| name.contains(part))
}

/// Whether a method of an object that is not known more closely only computes, by its name: those of text,
/// numbers, dates and queries that no other kind of object has with another meaning.
pub(crate) fn is_pure_method(name: &str) -> bool {
    matches!(
        name,
        "strip"
            | "lstrip"
            | "rstrip"
            | "lower"
            | "upper"
            | "casefold"
            | "title"
            | "capitalize"
            | "split"
            | "rsplit"
            | "splitlines"
            | "partition"
            | "rpartition"
            | "startswith"
            | "endswith"
            | "removeprefix"
            | "removesuffix"
            | "isdigit"
            | "isalpha"
            | "isalnum"
            | "isnumeric"
            | "encode"
            | "decode"
            | "zfill"
            | "isoformat"
            | "strftime"
            | "total_seconds"
            | "timestamp"
            | "model_dump"
            | "model_dump_json"
            | "model_copy"
            | "items"
            | "keys"
            | "values"
            | "where"
            | "filter"
            | "filter_by"
            | "order_by"
            | "group_by"
            | "having"
            | "outerjoin"
            | "select_from"
            | "with_for_update"
            | "in_"
            | "notin_"
            | "not_in"
            | "is_"
            | "is_not"
            | "ilike"
            | "like"
            | "desc"
            | "asc"
            | "label"
            | "between"
            | "contains"
            | "distinct"
            | "returning"
            | "on_conflict_do_update"
            | "on_conflict_do_nothing"
    )
}

/// Methods of containers that change the object they are called on.
pub(crate) fn changes_receiver(name: &str) -> bool {
    matches!(
        name,
        "append"
            | "add"
            | "update"
            | "pop"
            | "remove"
            | "extend"
            | "insert"
            | "clear"
            | "setdefault"
            | "sort"
            | "reverse"
            | "discard"
            | "popitem"
            | "appendleft"
            | "popleft"
            | "put"
            | "push"
    )
}

/// Whether a call writes to a log: what a service does is not changed by it.
pub(crate) fn is_logging(name: &str) -> bool {
    name.starts_with("logging.")
        || name.starts_with("structlog.")
        || name.starts_with("loguru.")
        || name.starts_with("_loguru.")
}

/// Functions that run the function that they are given and give its result back: in a thread, or shielded.
pub(crate) fn runs_its_argument(name: &str) -> Option<usize> {
    Some(match name {
        "asyncio.to_thread"
        | "asyncio.threads.to_thread"
        | "starlette.concurrency.run_in_threadpool"
        | "fastapi.concurrency.run_in_threadpool"
        | "anyio.to_thread.run_sync" => 0,
        name if name.ends_with(".run_in_executor") => 1,
        _ => return None,
    })
}

/// The name of a library's function or class without the difference between waiting and blocking.
pub(crate) fn timeless(name: &str) -> String {
    match name {
        "asyncio.sleep" | "anyio.sleep" | "asyncio.tasks.sleep" => return "time.sleep".to_owned(),
        _ => {}
    }
    let parts = name.split('.').filter(|part| *part != "asyncio" || name.starts_with("asyncio."));
    let parts: Vec<&str> = parts
        .map(|part| match part.strip_prefix("Async") {
            Some(rest) if rest.starts_with(char::is_uppercase) => rest,
            _ => part.strip_prefix("async_").unwrap_or(part),
        })
        .collect();
    let joined = parts.join(".");
    // Where classes of a library are defined says nothing.
    match (joined.split('.').next(), joined.rsplit('.').next()) {
        (Some(first), Some(last)) if parts.len() > 2 => format!("{first}.{last}"),
        _ => joined,
    }
}

/// Methods that libraries call differently when they wait.
pub(crate) fn timeless_method(name: &str) -> &str {
    match name {
        "aclose" => "close",
        "__aenter__" => "__enter__",
        "__aexit__" => "__exit__",
        "aget" | "aread" | "aiter_bytes" | "aiter_lines" => &name[1..],
        _ => name,
    }
}

/// Parameters of library classes that are given by position as often as by name.
pub(crate) fn parameter_names(name: &str) -> &'static [&'static str] {
    match name.rsplit('.').next() {
        Some("HTTPException") => &["status_code", "detail", "headers"],
        Some("WebSocketException") => &["code", "reason"],
        _ => &[],
    }
}
