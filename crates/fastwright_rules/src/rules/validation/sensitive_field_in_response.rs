//! `sensitive-field-in-response`: response model with a credential in it.

use crate::context::Context;
use crate::finding::{Fix, Severity};
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, title};
use crate::stored_credential::{StoredCredential, stored_credential};
use fastwright_model::application::{GuardKind, Route};
use fastwright_model::assemble::{RouteDetail, declared_response};
use fastwright_model::dependant::{Dependant, type_text};
use fastwright_model::facts::{call_facts, reach};
use fastwright_model::schemas::{Field, classes_of_type, fields, is_schema};
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::ir::{ExprKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::rc::Rc;

crate::declare_rule! {
    /// Response model with a credential in it.
    SensitiveFieldInResponse {
        name: "sensitive-field-in-response",
        area: Validation,
        severity: High,
        confidence: Likely,
        summary: "response model with a credential in it",
        why: "Whoever may call the route reads password hashes, keys or tokens, and so does every log and cache on the way.",
        recommendation: "Use a model for responses that does not have the field.",
        trade_off: "Clients that read the field lose it.",
        contract_effect: "the field leaves the response",
        cwe: [200, 213],
        owasp: ["API3:2023"],
        profile: Default,
        page: "validation/sensitive-field-in-response.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/"],
        check: check,
    }
}

/// A credential in a response, with the fields that lead to it.
struct Exposed {
    kind: StoredCredential,
    name: Name,
    owner: String,
    /// Whether its owner says who somebody is: an account, a user.
    is_of_account: bool,
    location: Location,
    /// Fields of outer models, from the response on: `Team.members` and its place.
    path: Vec<(String, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    let mut shapes = Shapes::default();
    let mut shown = Vec::new();
    for (_, route, detail) in context.routes() {
        let Some(declared) = declared_response(interpreter, &detail.flat) else { continue };
        let mut search = Search {
            context,
            interpreter,
            exposed: Vec::new(),
            seen: Vec::new(),
            left_out: left_out(detail),
            shapes: &mut shapes,
        };
        search.schema(&declared, &mut Vec::new());
        let mut exposed = search.exposed;
        let response = type_text(interpreter, &declared);
        exposed.retain(|found| is_by_mistake(found, &response));
        if exposed.is_empty() {
            continue;
        }
        let issues = exposed.iter().any(|found| found.kind != StoredCredential::Password)
            && hands_out(interpreter, route, detail, &declared);
        exposed.retain(|found| found.kind == StoredCredential::Password || !issues);
        if exposed.iter().any(|found| found.path.is_empty()) && makes_it_up(interpreter, detail) {
            // A password that was just made is shown once: it can't be asked for.
            exposed.retain(|found| !found.path.is_empty() || found.name.contains("hash"));
        }
        if route.guard.kind == GuardKind::Required && !route.guard.roles.is_empty() {
            // What administrators configure they may also read.
            exposed.retain(|found| found.kind == StoredCredential::Password);
        }
        shown.push((route, exposed, response));
    }
    // Where a response model holds the credential itself, that is the place for all models around it.
    let direct: Vec<Location> = shown
        .iter()
        .flat_map(|(_, exposed, _)| exposed)
        .filter(|found| found.path.is_empty())
        .map(|found| found.location)
        .collect();
    for (route, exposed, response) in &shown {
        if let Some(draft) = draft(route, exposed, response, &direct) {
            report.report(draft.fix(fix(context, exposed)));
        }
    }
}

/// Whether the handler makes a random value itself.
fn makes_it_up(interpreter: &mut Interpreter<'_>, detail: &RouteDetail) -> bool {
    let Some(handler) = &detail.dependant else { return false };
    let Some(function) = handler.function.clone() else { return false };
    interpreter.summarize(&function, handler.receiver).is_some_and(|summary| {
        summary.events.iter().any(|event| match &event.kind {
            EventKind::Call(call) => {
                call.callee.as_external().is_some_and(|name| name.starts_with("secrets."))
            }
            _ => false,
        })
    })
}

/// Words in names of models that are for credentials or for what an administrator sets up.
const FOR_CREDENTIALS: &[&str] =
    &["cred", "auth", "token", "secret", "config", "setting", "csrf", "apikey", "withkey"];

fn names_account(class: &str) -> bool {
    let class = class.to_lowercase();
    ["user", "account", "member", "customer", "profile", "person", "author", "employee"]
        .iter()
        .any(|word| class.contains(word))
}

/// Whether nothing says that the response is there to hand out the credential.
fn is_by_mistake(found: &Exposed, response: &str) -> bool {
    // Nobody hands out hashes.
    if found.name.contains("hash") {
        return true;
    }
    let holders = std::iter::once(found.owner.as_str())
        .chain(std::iter::once(response))
        .chain(found.path.iter().map(|(field, _)| field.as_str()));
    let is_announced =
        holders.map(str::to_lowercase).any(|name| FOR_CREDENTIALS.iter().any(|word| name.contains(word)));
    !is_announced && (found.kind == StoredCredential::Password || found.is_of_account)
}

/// Names of fields that the decorator leaves out of the response.
fn left_out(detail: &RouteDetail) -> Option<Value> {
    detail
        .flat
        .options
        .keyword("response_model_exclude")
        .or_else(|| detail.flat.options.keyword("response_model_include"))
        .filter(|value| !value.is_none())
        .cloned()
}

struct Search<'s, 'i, 'c> {
    context: &'s Context<'c>,
    interpreter: &'s mut Interpreter<'i>,
    exposed: Vec<Exposed>,
    seen: Vec<ObjectId>,
    left_out: Option<Value>,
    shapes: &'s mut Shapes,
}

type Shapes = FxHashMap<ObjectId, Option<Rc<Shape>>>;

/// The part of a schema that matters here.
struct Shape {
    name: String,
    /// Whether it is, by its name or fields, about an account.
    is_of_account: bool,
    /// Fields in the response that are credentials, or lead to further schemas.
    fields: Vec<(Field, Option<StoredCredential>)>,
}

impl Search<'_, '_, '_> {
    fn schema(&mut self, annotation: &Value, path: &mut Vec<(String, Location)>) {
        if path.len() > 6 {
            return;
        }
        for class in classes_of_type(self.interpreter, annotation) {
            let Kind::Class(id) = *class.kind() else { continue };
            if self.seen.contains(&id) {
                continue;
            }
            let Some(shape) = self.shape(id) else { continue };
            self.seen.push(id);
            let Shape { name: class_name, is_of_account, fields } = &*shape;
            for (field, credential) in fields {
                if path.is_empty() && self.is_left_out(field) {
                    continue;
                }
                match *credential {
                    Some(kind) => {
                        let owner = type_text(self.interpreter, &Kind::Class(field.owner).into());
                        self.exposed.push(Exposed {
                            kind,
                            name: field.name,
                            owner,
                            is_of_account: *is_of_account,
                            location: field.location,
                            path: path.clone(),
                        });
                    }
                    None => {
                        path.push((format!("{class_name}.{}", field.name), field.location));
                        self.schema(&field.annotation, path);
                        path.pop();
                    }
                }
            }
        }
    }

    /// What a schema shows, found once for all routes; nothing for what is no schema.
    fn shape(&mut self, id: ObjectId) -> Option<Rc<Shape>> {
        if let Some(known) = self.shapes.get(&id) {
            return known.clone();
        }
        let class: Value = Kind::Class(id).into();
        let shape = is_schema(self.interpreter, &class).then(|| {
            let name = type_text(self.interpreter, &class);
            let all = self.context.fields(self.interpreter, &class);
            let is_of_account = names_account(&name)
                || all
                    .iter()
                    .any(|field| matches!(field.name.as_str(), "email" | "username" | "user_name" | "login"));
            let rewritten = rewritten_fields(self.interpreter, &class);
            let fields = all
                .iter()
                .filter(|field| {
                    !field.excluded && !rewritten.iter().any(|name| **name == *field.name || &**name == "*")
                })
                .map(|field| {
                    let kind = stored_credential(&field.name).filter(|_| is_text(&field.annotation));
                    (field, kind)
                })
                // A field that is neither shown as a credential nor a schema itself has nothing to tell.
                .filter(|(field, kind)| {
                    kind.is_some() || !classes_of_type(self.interpreter, &field.annotation).is_empty()
                })
                .map(|(field, kind)| (field.clone(), kind))
                .collect();
            Rc::new(Shape { name, is_of_account, fields })
        });
        self.shapes.insert(id, shape.clone());
        shape
    }

    fn is_left_out(&mut self, field: &Field) -> bool {
        let Some(names) = &self.left_out else { return false };
        match self.interpreter.elements(&names.clone()) {
            Some(names) => names.iter().any(|name| name.as_str() == Some(field.name.as_str())),
            None => true,
        }
    }
}

/// Whether a field is plain text or bytes, or a list of it: `SecretStr` shows stars.
fn is_text(annotation: &Value) -> bool {
    let plain = plain_type(annotation);
    if let Some(Symbolic::Item { base, index }) = plain.as_symbolic() {
        let is_list =
            base.as_external().is_some_and(|name| matches!(name.as_str(), "builtins.list" | "typing.List"));
        return is_list && is_text(index);
    }
    plain.as_external().is_some_and(|name| {
        matches!(
            name.as_str(),
            "builtins.str" | "builtins.bytes" | "pydantic.constr" | "pydantic.types.StrictStr" | "typing.Any"
        )
    })
}

/// Fields that a validator or serializer of the model rewrites (`*` for all): what is shown is then its
/// business.
fn rewritten_fields(interpreter: &Interpreter<'_>, class: &Value) -> Vec<Text> {
    const REWRITING: &[&str] = &["field_validator", "field_serializer", "validator", "serializer"];
    let mut found = Vec::new();
    for owner in interpreter.class_order(class).iter() {
        let Kind::Class(id) = *owner.kind() else { continue };
        let Some(definition) = interpreter.class(id).and_then(|class| class.definition.as_ref()) else {
            continue;
        };
        let decorators = definition.body.iter().flat_map(|statement| match &statement.kind {
            StmtKind::Function(function) => &*function.decorators,
            _ => &[],
        });
        for decorator in decorators {
            let ExprKind::Call(call) = &decorator.kind else { continue };
            let name = match &call.callee.kind {
                ExprKind::Name(name) => name.as_str(),
                ExprKind::Attribute(attribute) => attribute.name.as_str(),
                _ => continue,
            };
            if REWRITING.contains(&name) {
                found.extend(call.arguments.iter().filter_map(|argument| match &argument.value.kind {
                    ExprKind::Str(text) => Some(Text::clone(text)),
                    _ => None,
                }));
            }
        }
    }
    found
}

/// Whether a route hands out tokens or keys on purpose: what it answers says how to use them, or the code
/// makes them.
fn hands_out(
    interpreter: &mut Interpreter<'_>,
    route: &Route,
    detail: &RouteDetail,
    declared: &Value,
) -> bool {
    for class in classes_of_type(interpreter, declared) {
        let names: Vec<Name> = fields(interpreter, &class).into_iter().map(|field| field.name).collect();
        let is_token = names.iter().all(|name| {
            stored_credential(name).is_some()
                || ["token_type", "expires_in", "expires_at", "scope", "expires", "expiration"]
                    .contains(&name.as_str())
        });
        if names.iter().any(|name| *name == "token_type") || is_token {
            return true;
        }
    }
    if route.methods.iter().all(|method| method == "GET" || method == "HEAD") {
        return false;
    }
    detail.dependant.as_ref().is_some_and(|dependant| makes_credentials(interpreter, dependant))
}

fn makes_credentials(interpreter: &mut Interpreter<'_>, dependant: &Dependant) -> bool {
    let Some(function) = &dependant.function else { return true };
    let reached = reach(interpreter, function, dependant.receiver);
    reached.into_iter().any(|function| {
        call_facts(interpreter, &function.summary).callees.iter().any(|(name, _)| {
            name.starts_with("secrets.")
                || name.starts_with("uuid.uuid")
                || name.ends_with("random_base32")
                || matches!(name.as_str(), "jwt.encode" | "os.urandom")
        })
    })
}

fn draft(route: &Route, exposed: &[Exposed], response: &str, direct: &[Location]) -> Option<Draft> {
    let name = title(route);
    let worst = exposed.iter().map(|found| found.kind).max()?;
    let first = exposed.iter().find(|found| found.kind == worst)?;
    let mut names: Vec<String> = Vec::new();
    for found in std::iter::once(first).chain(exposed) {
        let shown = format!("`{}`", found.name);
        if !names.contains(&shown) {
            names.push(shown);
        }
    }
    let more = if names.len() > 3 { format!(" and {} more", names.len() - 3) } else { String::new() };
    let through = first.path.last().map(|(field, _)| format!(" through `{field}`")).unwrap_or_default();
    let (symbol, place) = match first.path.first() {
        Some((field, location)) if !direct.contains(&first.location) => {
            (field.split('.').next().unwrap_or_default().to_owned(), *location)
        }
        _ => (first.owner.clone(), first.location),
    };
    let mut draft = Draft::new(
        place,
        symbol,
        format!(
            "`{name}` answers with {}{more} of `{}`{through}",
            names[..names.len().min(3)].join(", "),
            first.owner
        ),
    )
    .route(route)
    .discriminator(first.name.to_string())
    .evidence(format!("`{name}` is registered here; its response is `{response}`"), registered_at(route))
    .evidence_chain(
        first.path.iter().map(|(field, location)| (format!("`{field}` is in the response"), *location)),
    )
    .evidence(format!("`{}` of `{}` is in the response", first.name, first.owner), first.location);
    if let Some(who) = match route.guard.kind {
        GuardKind::Required => None,
        GuardKind::Optional | GuardKind::Public => Some("Everybody reads it, without signing in."),
    } {
        draft = draft.why(format!(
            "{who} {}",
            match worst {
                StoredCredential::Password =>
                    "A hash is all that an attacker needs to try passwords at home.",
                StoredCredential::Secret | StoredCredential::Token =>
                    "Whoever has it acts in the name of its owner.",
            }
        ));
        if worst == StoredCredential::Password {
            draft = draft.severity(Severity::Critical);
        }
    }
    Some(draft)
}

/// `Field(exclude=True)` for what nobody shall see.
fn fix(context: &Context<'_>, exposed: &[Exposed]) -> Option<Fix> {
    let mut fix = Fix::changes_contract(
        "leave the field out of what is answered",
        "the response no longer has the field",
    );
    let mut done: Vec<Location> = Vec::new();
    for found in exposed {
        if done.contains(&found.location) {
            continue;
        }
        done.push(found.location);
        let source = Source::of(context, found.location.file)?;
        let statement = source.statement(found.location.span)?;
        let StmtKind::AnnAssign { annotation, value, .. } = &statement.kind else { return None };
        match value.as_deref() {
            None => {
                let (field, imports) = source.import("pydantic", Some("Field"))?;
                let end = source.with_parentheses(annotation.span).end;
                fix = fix
                    .edit(source.insert(end, format!(" = {field}(exclude=True)")))
                    .imports(source.file, imports);
            }
            Some(value) => fix = fix.edit(source.add_keyword(value, "exclude=True")?),
        }
    }
    Some(fix)
}
