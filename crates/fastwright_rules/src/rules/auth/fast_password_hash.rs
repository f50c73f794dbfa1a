//! `fast-password-hash`: password that is hashed with a function made to be fast.

use crate::context::Context;
use crate::data_flow::{input_text, inputs};
use crate::reporter::Reporter;
use crate::syntax::any_expression;
use crate::vocabulary::{holds_any, words};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ExprKind, FunctionDef};
use fastwright_python::summary::{CallEvent, EventKind};

crate::declare_rule! {
    /// Password that is hashed with a function made to be fast.
    FastPasswordHash {
        name: "fast-password-hash",
        area: Auth,
        severity: High,
        confidence: Certain,
        summary: "password that is hashed with a function made to be fast",
        why: "A graphics card tries billions of such hashes a second: whoever gets a copy of the table has most of the passwords the same day, with or without a salt.",
        recommendation: "Hash with argon2id (`pwdlib`, `argon2-cffi`) or bcrypt, and hash the old ones again when their owners sign in.",
        trade_off: "Signing in takes a tenth of a second of CPU, which belongs into a thread in asynchronous code.",
        contract_effect: "none",
        cwe: [916, 327],
        owasp: ["API2:2023"],
        profile: Default,
        page: "auth/fast-password-hash.md",
        references: ["https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html", "https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/"],
        check: check,
    }
}

/// The fast function that a name of `hashlib` stands for.
fn fast(name: &str) -> Option<&str> {
    let last = name.strip_prefix("hashlib.").or_else(|| name.strip_prefix("_hashlib.openssl_"))?;
    matches!(
        last,
        "md5"
            | "sha1"
            | "sha224"
            | "sha256"
            | "sha384"
            | "sha512"
            | "sha3_224"
            | "sha3_256"
            | "sha3_384"
            | "sha3_512"
            | "blake2b"
            | "blake2s"
            | "new"
    )
    .then_some(last)
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let hashing = code.calls().libraries(|name| fast(name).is_some());
    if hashing.is_empty() {
        return;
    }
    let slow = code.calls().libraries(is_slow);
    for node in hashing.iter() {
        let function = &code.nodes[node].definition;
        // The function, or one that calls it, hashes with something slow as well.
        let stretches = slow.contains(node) || code.callers(node).any(|edge| slow.contains(edge.from()));
        if stretches || prepares(function) {
            continue;
        }
        for (position, place, name) in code.nodes[node].library_calls(|name| fast(name).is_some()) {
            let EventKind::Call(call) = &code.nodes[node].summary.events[position].kind else { continue };
            let Some((what, algorithm)) = hashed(interpreter, &name, call) else { continue };
            for reached in &code.routes_of(node) {
                let outline = reached.outline(analysis, place, &function.qualname).discriminator(&what);
                report.report_on_route(&outline, |draft| {
                    draft
                        .message(format!(
                            "`{}` hashes `{what}` with {algorithm}, which is made to be fast",
                            function.name
                        ))
                        .evidence_chain(code.evidence(analysis, reached))
                        .evidence(format!("`{what}` is hashed here, once"), place)
                        .example(
                            "PasswordHash.recommended().hash(password)  # from pwdlib import PasswordHash",
                        )
                });
            }
        }
    }
}

/// The password that a call hashes, and with what.
fn hashed(interpreter: &Interpreter<'_>, name: &str, call: &CallEvent) -> Option<(String, String)> {
    let algorithm = fast(name)?;
    let (algorithm, data) = match algorithm {
        "new" => (call.arguments.get(0, "name")?.as_str()?.to_owned(), call.arguments.get(1, "data")?),
        other => {
            (other.to_owned(), call.arguments.get(0, "string").or_else(|| call.arguments.keyword("data"))?)
        }
    };
    let what = inputs(interpreter, data).iter().map(input_text).find(|text| is_password(text))?;
    Some((what, algorithm))
}

fn is_password(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    matches!(
        words(last).last().map(String::as_str),
        Some("password" | "passwd" | "pwd" | "passphrase" | "pw" | "plaintext")
    ) && !holds_any(last, &["hashed", "hash_"])
}

/// Whether a function asks a service about leaked passwords, which wants the beginning of a fast hash.
fn prepares(function: &FunctionDef) -> bool {
    holds_any(&function.name, &["pwned", "breach", "leak", "hibp", "compromised", "cache", "key_for"])
        || any_expression(&function.body, &mut |expression| match &expression.kind {
            ExprKind::Str(text) => text.contains("pwnedpasswords"),
            _ => false,
        })
}

/// Whether a function of a library hashes slowly.
fn is_slow(name: &str) -> bool {
    holds_any(name, &["bcrypt", "argon2", "pwdlib", "passlib", "scrypt", "nacl", "pbkdf2"])
}
