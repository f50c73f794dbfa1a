//! Credentials that a dependency hands to code that is not followed: whether callers are refused is decided there.

use crate::library::describe;
use fastwright_python::dotted::first_part;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::name::Name;
use fastwright_python::project::standard_library::is_standard_library;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;
use std::rc::Rc;

/// Packages that look things up, check and compute, and know nothing of HTTP errors of FastAPI: who gets their answer
/// refuses or does not.
const NEVER_REFUSE: &[&str] = &[
    "aiohttp",
    "argon2",
    "asyncpg",
    "authlib",
    "bcrypt",
    "beanie",
    "boto3",
    "bson",
    "builtins",
    "cryptography",
    "django",
    "firebase_admin",
    "google",
    "httpx",
    "itsdangerous",
    "jose",
    "joserfc",
    "jwt",
    "loguru",
    "motor",
    "passlib",
    "pwdlib",
    "pydantic",
    "pymongo",
    "redis",
    "requests",
    "sqlalchemy",
    "sqlmodel",
    "structlog",
    "tortoise",
];

/// Parts of names of libraries, classes and functions that decide about callers.
const ABOUT_CALLERS: &[&str] = &[
    "access",
    "auth",
    "credential",
    "guard",
    "identity",
    "login",
    "permission",
    "principal",
    "secur",
    "session",
    "token",
    "user",
    "verif",
];

/// What a function calls with one of some parameters, or an attribute of one, where nothing is known of the code that
/// is called: in words.
pub(super) fn handed_to(
    interpreter: &mut Interpreter<'_>,
    function: &Rc<FunctionValue>,
    receiver: Option<ObjectId>,
    credentials: &[Name],
) -> Option<String> {
    let summary = interpreter.summarize(function, receiver)?;
    let is_credential = |value: &Value| {
        let parameter = match value.as_symbolic() {
            Some(Symbolic::Member { base, .. }) => base.as_symbolic(),
            other => other,
        };
        matches!(parameter, Some(Symbolic::Parameter(parameter)) if credentials.contains(&parameter.name))
    };
    summary.events.iter().find_map(|event| {
        let EventKind::Call(call) = &event.kind else { return None };
        let mut given =
            call.arguments.positional.iter().chain(call.arguments.keywords.iter().map(|(_, value)| value));
        (given.any(is_credential) && is_unknown_code(interpreter, &call.callee))
            .then(|| describe(interpreter, &call.callee))
    })
}

/// Whether nothing is known of the code that a call runs.
fn is_unknown_code(interpreter: &mut Interpreter<'_>, callee: &Value) -> bool {
    // Most of what libraries do with a header has nothing to do with who calls.
    let may_decide = |name: &str| {
        let package = first_part(name);
        let name = name.to_ascii_lowercase();
        !is_standard_library(package)
            && !NEVER_REFUSE.contains(&package)
            && ABOUT_CALLERS.iter().any(|part| name.contains(part))
    };
    match callee.kind() {
        Kind::Unknown(_) => true,
        Kind::External(name) => may_decide(name),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Parameter(_) => true,
            Symbolic::Member { base, .. } => match interpreter.class_of(base).map(Value::into_kind) {
                Some(Kind::External(class)) => may_decide(&class),
                Some(_) => false,
                None => !is_known_library(interpreter, base),
            },
            _ => false,
        },
        _ => false,
    }
}

/// Whether something comes from a package of which is known that it refuses nobody: `redis.from_url(...)`.
fn is_known_library(interpreter: &Interpreter<'_>, value: &Value) -> bool {
    let name = describe(interpreter, value);
    let package = first_part(&name);
    is_standard_library(package) || NEVER_REFUSE.contains(&package)
}
