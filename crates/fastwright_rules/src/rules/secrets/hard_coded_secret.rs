//! `hard-coded-secret`: credential written into the code.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::data_flow::parts;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::vocabulary::{is_credential_name, words};
use fastwright_model::analysis::is_test_path;
use fastwright_model::registry::Registry;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;

crate::declare_rule! {
    /// Credential written into the code.
    HardCodedSecret {
        name: "hard-coded-secret",
        area: Secrets,
        severity: Critical,
        confidence: Certain,
        summary: "credential written into the code",
        why: "Everybody with the code, an image of it or an old copy can sign tokens or log in, and the value can't be changed without a release.",
        recommendation: "Read it from the environment or a secret store, without a default; change the value that was in the code.",
        trade_off: "The application does not start without the value.",
        contract_effect: "none",
        cwe: [798, 321],
        owasp: ["API8:2023"],
        profile: Default,
        page: "secrets/hard-coded-secret.md",
        references: ["https://cwe.mitre.org/data/definitions/798.html", "https://docs.pydantic.dev/latest/concepts/pydantic_settings/"],
        check: check,
    }
}

/// Functions that take a key: name, position and keyword.
const TAKING_KEYS: &[(&str, usize, &str, &str)] = &[
    ("jwt.encode", 1, "key", "signs tokens"),
    ("jwt.decode", 1, "key", "checks tokens"),
    ("hmac.new", 0, "key", "signs messages"),
    ("hmac.digest", 0, "key", "signs messages"),
    ("itsdangerous.URLSafeTimedSerializer", 0, "secret_key", "signs values"),
    ("itsdangerous.URLSafeSerializer", 0, "secret_key", "signs values"),
    ("itsdangerous.TimestampSigner", 0, "secret_key", "signs values"),
    ("itsdangerous.Signer", 0, "secret_key", "signs values"),
    ("cryptography.fernet.Fernet", 0, "key", "encrypts values"),
    ("smtplib.SMTP.login", 1, "password", "signs in to the mail server"),
    ("smtplib.SMTP_SSL.login", 1, "password", "signs in to the mail server"),
    ("asyncpg.connect", 4, "password", "signs in to the database"),
    ("asyncpg.create_pool", 99, "password", "signs in to the database"),
    ("psycopg.connect", 99, "password", "signs in to the database"),
    ("psycopg2.connect", 99, "password", "signs in to the database"),
];

/// The shortest text that is taken for a secret.
const SHORTEST: usize = 4;

/// Where a literal stands that is used as a credential.
struct Literal {
    name: String,
    place: Location,
    text: Text,
}

/// A use of a literal as a credential.
struct Use {
    text: String,
    purpose: String,
    place: Location,
    symbol: String,
    setting: Option<String>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let code = context.call_graph();
    let analysis = context.analysis;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let interpreter = &mut *interpreter;
    let mut uses = Vec::new();
    for node in code.calls().libraries(may_take).iter() {
        uses_in(interpreter, code, node, &mut uses);
    }
    middleware_uses(interpreter, &mut uses);
    if uses.is_empty() {
        return;
    }
    let literals = literals(context);
    let mut reported: FxHashMap<Location, ()> = FxHashMap::default();
    for found in uses {
        let literal = literals.get(found.text.as_str()).and_then(|known| {
            let setting =
                found.setting.as_deref().map(|name| name.rsplit('.').next().unwrap_or(name).to_lowercase());
            known
                .iter()
                .find(|literal| {
                    setting.as_ref().is_some_and(|setting| literal.name.to_lowercase() == *setting)
                })
                .or_else(|| known.iter().find(|literal| literal.place.file == found.place.file))
                .or_else(|| known.iter().find(|literal| is_credential_name(&literal.name)))
                // That a text is the same says little: whoever uses the literal also mentions its name.
                .or_else(|| {
                    let code = analysis.codes.get(found.place.file.0 as usize)?;
                    known.iter().find(|literal| code.mentions.may_hold(Name::new(&literal.name)))
                })
        });
        let (name, place) = match literal {
            Some(literal) => (literal.name.clone(), literal.place),
            None => (found.symbol.clone(), found.place),
        };
        let file = analysis.files.get(place.file);
        if reported.insert(place, ()).is_some() || is_test_path(&file.relative) || !file.first_party {
            continue;
        }
        let message = match (literal, found.setting.is_some()) {
            (Some(_), true) => format!("`{name}` has a default in the code, and it {}", found.purpose),
            (Some(_), false) => format!("`{name}` is written in the code, and it {}", found.purpose),
            (None, _) => format!("a literal in `{name}` {}", found.purpose),
        };
        let mut draft = Draft::new(place, name.clone(), message).discriminator(name.clone());
        if found.setting.is_some() {
            draft = draft.fix(fix(context, place, &name));
        }
        if literal.is_some() {
            draft = draft.evidence("the value is a literal", place);
        }
        report.report(draft.evidence(format!("it {} here", found.purpose), found.place).example(
            match found.setting {
                Some(_) => format!("{name}: SecretStr"),
                None => format!("{name} = os.environ[\"{}\"]", name.to_uppercase()),
            },
        ));
    }
}

/// Whether a call of a library function may take a credential.
fn may_take(name: &str) -> bool {
    TAKING_KEYS.iter().any(|(known, ..)| *known == name) || sends_requests(name)
}

/// Calls of one function that take a credential which is a literal.
fn uses_in(interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize, uses: &mut Vec<Use>) {
    let summary = &code.nodes[node].summary;
    for (position, place, name) in code.nodes[node].library_calls(may_take) {
        let EventKind::Call(call) = &summary.events[position].kind else { continue };
        let given: Vec<(Value, String)> = match TAKING_KEYS.iter().find(|(known, ..)| *known == name) {
            Some((_, position, keyword, purpose)) => call
                .arguments
                .get(*position, keyword)
                .map(|value| (value.clone(), (*purpose).to_owned()))
                .into_iter()
                .collect(),
            None => outgoing_credentials(interpreter, &name, call),
        };
        for (value, purpose) in given {
            if let Some((text, setting)) = literal_behind(interpreter, &value, 0)
                && is_secret_text(&text)
            {
                uses.push(Use {
                    text,
                    purpose,
                    place,
                    symbol: summary.function.definition.qualname.to_string(),
                    setting,
                });
            }
        }
    }
}

fn is_secret_text(text: &str) -> bool {
    // `f"Bearer {token}"` where there is no token.
    let is_nothing = text == "None";
    text.len() >= SHORTEST
        && !is_nothing
        && !text.contains("PUBLIC KEY")
        && !text.contains(' ')
        && !text.contains("://")
}

/// Whether something belongs to a library that sends HTTP requests.
fn sends_requests(name: &str) -> bool {
    ["httpx.", "requests.", "aiohttp.", "urllib3."].iter().any(|library| name.starts_with(library))
}

/// Headers and basic authentication of requests that the service sends.
fn outgoing_credentials(
    interpreter: &mut Interpreter<'_>,
    name: &str,
    call: &CallEvent,
) -> Vec<(Value, String)> {
    if !sends_requests(name) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if let Some(headers) = call.arguments.keyword("headers")
        && let Kind::Dict(id) = *headers.kind()
        && let Object::Dict(dict) = interpreter.object(id)
    {
        for (key, value) in dict.entries.values() {
            let Some(header) = key.as_str() else { continue };
            let words = words(header);
            let credential = words
                .iter()
                .any(|word| matches!(word.as_str(), "authorization" | "key" | "token" | "secret" | "apikey"))
                && !words.iter().any(|word| matches!(word.as_str(), "idempotency" | "content" | "type"));
            if credential {
                found.push((value.clone(), format!("is sent as the header `{header}`")));
            }
        }
    }
    if let Some(auth) = call.arguments.keyword("auth")
        && let Kind::Tuple(pair) = auth.kind()
        && let Some(password) = pair.get(1)
    {
        found.push((password.clone(), "is sent as a password".to_owned()));
    }
    found
}

fn middleware_uses(interpreter: &mut Interpreter<'_>, uses: &mut Vec<Use>) {
    let mut entries: Vec<(Value, Location)> = interpreter
        .extension::<Registry>()
        .routers
        .values()
        .flat_map(|state| &state.middleware)
        .filter(|entry| {
            entry
                .middleware
                .as_external()
                .is_some_and(|name| name == "starlette.middleware.sessions.SessionMiddleware")
        })
        .filter_map(|entry| Some((entry.arguments.keyword("secret_key")?.clone(), entry.site)))
        .collect();
    entries.sort_by_key(|(_, site)| *site);
    for (value, place) in entries {
        if let Some((text, setting)) = literal_behind(interpreter, &value, 0)
            && is_secret_text(&text)
        {
            uses.push(Use {
                text,
                purpose: "signs session cookies".to_owned(),
                place,
                symbol: "SessionMiddleware".to_owned(),
                setting,
            });
        }
    }
}

/// The literal that a value is, with the setting whose default it is.
fn literal_behind(
    interpreter: &mut Interpreter<'_>,
    value: &Value,
    depth: u32,
) -> Option<(String, Option<String>)> {
    if depth > 6 {
        return None;
    }
    let setting = value.configurable().map(|setting| interpreter.setting_name(setting).to_owned());
    let found = match value.kind() {
        Kind::Str(text) => Some((without_scheme(text).to_owned(), None)),
        Kind::Bytes(bytes) => Some((String::from_utf8(bytes.to_vec()).ok()?, None)),
        // Alternatives without a literal mean that something else may be used.
        Kind::Union(values) => {
            let found: Option<Vec<_>> =
                values.iter().map(|value| literal_behind(interpreter, value, depth + 1)).collect();
            found?.into_iter().next()
        }
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Call { callee, arguments, .. } => {
                if callee.as_external().is_some_and(|name| name.starts_with("pydantic.types.Secret")) {
                    literal_behind(interpreter, arguments.positional.first()?, depth + 1)
                } else if callee.as_external().is_some_and(|name| name == "pydantic.fields.Field") {
                    literal_behind(interpreter, arguments.get(0, "default")?, depth + 1)
                } else if let Some(Symbolic::Member { base, name }) = callee.as_symbolic()
                    && matches!(name.as_str(), "get_secret_value" | "encode" | "strip")
                {
                    literal_behind(interpreter, base, depth + 1)
                } else {
                    None
                }
            }
            Symbolic::Member { base, name } => {
                let class = interpreter.class_of(base)?;
                if !interpreter.derives_from(&class, "pydantic_settings.main.BaseSettings") {
                    return None;
                }
                let (default, _) = interpreter.find_in_class(&class, *name)?;
                let (text, _) = literal_behind(interpreter, &default, depth + 1)?;
                Some((text, Some(name.to_string())))
            }
            Symbolic::Format(_) => {
                let mut parts = parts(interpreter, value);
                parts.retain(|part| {
                    part.as_str().is_none_or(|text| !matches!(text.trim(), "Bearer" | "Token" | "Basic" | ""))
                });
                match parts.as_slice() {
                    [only] => literal_behind(interpreter, only, depth + 1),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    };
    found.map(|(text, inner)| (text, inner.or(setting)))
}

fn without_scheme(text: &str) -> &str {
    ["Bearer ", "Token ", "Basic ", "bearer ", "token "]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .unwrap_or(text)
}

/// Texts that modules and classes of the project assign to a name, or use as the default of a setting.
fn literals(context: &Context<'_>) -> FxHashMap<Text, Vec<Literal>> {
    let mut found: FxHashMap<Text, Vec<Literal>> = FxHashMap::default();
    for (file, source) in context.analysis.files.iter() {
        if !source.first_party {
            continue;
        }
        let Some(module) = context.analysis.codes.get(file.0 as usize) else { continue };
        let mut collected = Vec::new();
        collect(&module.body, &mut collected);
        for (name, text, span) in collected {
            let place = Location { file, span };
            found.entry(Text::clone(&text)).or_default().push(Literal {
                name: name.to_string(),
                place,
                text,
            });
        }
    }
    for known in found.values_mut() {
        known.sort_by_key(|literal| literal.place);
        debug_assert!(known.iter().all(|literal| !literal.text.is_empty()));
    }
    found
}

fn collect(body: &[Stmt], found: &mut Vec<(Name, Text, fastwright_python::location::Span)>) {
    for statement in body {
        match &statement.kind {
            StmtKind::Assign { targets, value } => {
                if let Some(text) = default_text(value) {
                    for target in targets {
                        if let ExprKind::Name(name) = &target.kind {
                            found.push((*name, Text::clone(&text), statement.span));
                        }
                    }
                }
            }
            StmtKind::AnnAssign { target, value: Some(value), .. } => {
                if let (ExprKind::Name(name), Some(text)) = (&target.kind, default_text(value)) {
                    found.push((*name, text, statement.span));
                }
            }
            StmtKind::Class(class) => collect(&class.body, found),
            StmtKind::If { body, orelse, .. } => {
                collect(body, found);
                collect(orelse, found);
            }
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                collect(body, found);
                for handler in handlers {
                    collect(&handler.body, found);
                }
                collect(orelse, found);
                collect(finalbody, found);
            }
            _ => {}
        }
    }
}

/// The text that an assigned expression is, or defaults to: `"x"`, `SecretStr("x")`, `os.getenv("K", "x")`,
/// `Field(default="x")`, `... or "x"`.
fn default_text(value: &Expr) -> Option<Text> {
    match &value.kind {
        ExprKind::Str(text) if text.len() >= SHORTEST => Some(Text::clone(text)),
        ExprKind::Bytes(bytes) if bytes.len() >= SHORTEST => std::str::from_utf8(bytes).ok().map(Text::from),
        ExprKind::Or(operands) => default_text(operands.last()?),
        ExprKind::Call(call) => {
            let name = call.callee.dotted_name();
            let is_environment =
                name.as_deref().is_some_and(|name| name.ends_with("getenv") || name.ends_with("environ.get"));
            let arguments: Vec<&Expr> = call
                .arguments
                .iter()
                .skip(usize::from(is_environment))
                .map(|argument| &argument.value)
                .collect();
            arguments.into_iter().find_map(default_text)
        }
        _ => None,
    }
}

/// A setting without its default.
fn fix(context: &Context<'_>, place: Location, name: &str) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let statement = source.statement(place.span)?;
    let StmtKind::AnnAssign { annotation, value: Some(value), .. } = &statement.kind else { return None };
    if !matches!(value.kind, ExprKind::Str(_)) {
        return None;
    }
    let start = source.with_parentheses(annotation.span).end;
    let variable = name.to_uppercase();
    Some(
        Fix::changes_contract(
            "take the value from the environment only",
            format!("the service does not start without `{variable}`"),
        )
        .edit(source.replace(Span::new(start, statement.span.end), "")),
    )
}
