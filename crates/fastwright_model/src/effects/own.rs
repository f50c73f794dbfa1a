//! What a function does itself, calls of other functions left out.

use super::Effects;
use crate::facts::{EdgeKind, call_facts};
use crate::library::sqlalchemy::{entity, session_kind};
use crate::registry::Registry;
use crate::shared_search::SharedSearch;
use crate::tables::Table;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind, Summary};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// What a function does itself.
#[derive(Debug, Default)]
pub(crate) struct OwnEffects {
    /// But for what its exceptions say.
    pub(super) effects: Effects,
    /// Its events that raise something.
    pub(super) raises: Vec<u32>,
}

/// The names of tables by the classes that are mapped to them.
#[derive(Debug, Default)]
pub(crate) struct TableNames(FxHashMap<ObjectId, String>);

impl TableNames {
    /// Those of these tables.
    pub(crate) fn new(tables: &[Table]) -> Self {
        Self(tables.iter().map(|table| (table.class, table.name.clone())).collect())
    }

    fn of_class(&self, class: &Value) -> Option<String> {
        match *class.kind() {
            Kind::Class(id) => self.0.get(&id).cloned(),
            _ => None,
        }
    }

    fn of_object(&self, interpreter: &mut Interpreter<'_>, object: &Value) -> Option<String> {
        let class = interpreter.class_of(object)?;
        self.of_class(&class)
    }
}

/// Finds what a function does that was just walked: what it does will be asked, and its events are at hand now. Only
/// where the names of tables are known.
pub(crate) fn keep(interpreter: &mut Interpreter<'_>, summary: &Summary) {
    if let Some(tables) = interpreter.extension::<Registry>().table_names.clone() {
        let own = found(interpreter, &tables, summary);
        interpreter.extension_mut::<Registry>().own_effects.insert(summary.key, own);
    }
}

/// What was found of a function, or is found now.
pub(super) fn take(interpreter: &mut Interpreter<'_>, summary: &Summary) -> OwnEffects {
    let registry = interpreter.extension_mut::<Registry>();
    if let Some(known) = registry.own_effects.remove(&summary.key) {
        return known;
    }
    let tables = registry.table_names.clone().unwrap_or_default();
    found(interpreter, &tables, summary)
}

fn found(interpreter: &mut Interpreter<'_>, tables: &TableNames, summary: &Summary) -> OwnEffects {
    let mut effects = Effects::default();
    let mut raises = Vec::new();
    let facts = call_facts(interpreter, summary);
    let mut targets = facts.targets.iter().peekable();
    let mut callees = facts.callees.iter().peekable();
    let mut search = SharedSearch::default();
    for (position, event) in summary.events.iter().enumerate() {
        match &event.kind {
            EventKind::Call(call) => {
                if let Some((_, (function, _, EdgeKind::Background))) =
                    targets.next_if(|(event, _)| *event as usize == position)
                {
                    let name = function.definition.name;
                    effects.outside.insert(format!("starts background work `{name}`"));
                }
                let callee = callees.next_if(|(_, event)| *event as usize == position);
                add_call(interpreter, tables, call, callee.map(|(name, _)| *name), &mut effects);
                if effects.reads_credentials.is_none()
                    && (reads_credentials(interpreter, &mut search, &call.callee)
                        || call
                            .arguments
                            .positional
                            .iter()
                            .any(|value| reads_credentials(interpreter, &mut search, value)))
                {
                    effects.reads_credentials = Some(event.location);
                }
            }
            EventKind::Raise { again: false, .. } => raises.push(position as u32),
            EventKind::Store { base, .. } | EventKind::StoreItem { base, .. } => {
                effects.writes.extend(tables.of_object(interpreter, base));
            }
            EventKind::Condition(value) | EventKind::Return(value)
                if effects.reads_credentials.is_none()
                    && reads_credentials(interpreter, &mut search, value) =>
            {
                effects.reads_credentials = Some(event.location);
            }
            _ => {}
        }
    }
    OwnEffects { effects, raises }
}

fn add_call(
    interpreter: &mut Interpreter<'_>,
    tables: &TableNames,
    call: &CallEvent,
    callee: Option<Name>,
    effects: &mut Effects,
) {
    if call.target.is_some() {
        return;
    }
    if let Some(name) = call.callee.as_external() {
        match name.as_str() {
            "sqlalchemy.select" => {
                for argument in &call.arguments.positional {
                    let class = base_class(argument);
                    effects.reads.extend(class.and_then(|class| tables.of_class(&class)));
                }
                return;
            }
            "sqlalchemy.insert" | "sqlalchemy.update" | "sqlalchemy.delete" => {
                let class = call.arguments.positional.first().and_then(base_class);
                effects.writes.extend(class.and_then(|class| tables.of_class(&class)));
                return;
            }
            _ => {}
        }
    }
    if let Some(Symbolic::Member { base, name }) = call.callee.as_symbolic()
        && may_touch_table(name)
    {
        if session_kind(interpreter, base).is_some() {
            let first = call.arguments.positional.first();
            match name.as_str() {
                "get" | "get_one" | "query" => {
                    effects
                        .reads
                        .extend(first.and_then(base_class).and_then(|class| tables.of_class(&class)));
                }
                "add" | "delete" | "merge" => {
                    let table = first.and_then(|object| tables.of_object(interpreter, &object.clone()));
                    effects.writes.extend(table);
                }
                "add_all" => {
                    let items =
                        first.and_then(|list| interpreter.elements(&list.clone())).unwrap_or_default();
                    for item in items {
                        effects.writes.extend(tables.of_object(interpreter, &item));
                    }
                }
                "refresh" => {
                    let table = first.and_then(|object| tables.of_object(interpreter, &object.clone()));
                    effects.reads.extend(table);
                }
                _ => {}
            }
            return;
        }
        if matches!(name.as_str(), "join" | "outerjoin" | "select_from") {
            let class = call.arguments.positional.first().and_then(base_class);
            effects.reads.extend(class.and_then(|class| tables.of_class(&class)));
        }
        // session.query(Order).update(...) and .delete()
        if matches!(name.as_str(), "update" | "delete")
            && let Some(class) = entity(interpreter, base, 0)
        {
            effects.writes.extend(tables.of_class(&class));
        }
    }
    let Some(name) = callee else { return };
    if let Some(outside) = outside(name, call) {
        effects.outside.insert(outside);
    }
}

/// Whether a method of this name may read or write the table of what it is given, or of what it is called on.
fn may_touch_table(method: &str) -> bool {
    matches!(
        method,
        "get"
            | "get_one"
            | "query"
            | "add"
            | "add_all"
            | "delete"
            | "merge"
            | "refresh"
            | "update"
            | "join"
            | "outerjoin"
            | "select_from"
    )
}

/// The class behind `Order`, `Order.id` or `func.count(Order.id)`.
fn base_class(value: &Value) -> Option<Value> {
    match value.kind() {
        Kind::Class(_) => Some(value.clone()),
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, .. } => base_class(base),
            Symbolic::Call { arguments, .. } => arguments.positional.first().and_then(base_class),
            _ => None,
        },
        _ => None,
    }
}

/// Names of a request's parts that carry credentials.
const CREDENTIAL_PARTS: &[&str] = &["headers", "cookies", "session", "auth", "user"];

/// `search` is through the values of one function.
fn reads_credentials(interpreter: &mut Interpreter<'_>, search: &mut SharedSearch, value: &Value) -> bool {
    static PARTS: LazyLock<NameSet> = LazyLock::new(|| NameSet::new(CREDENTIAL_PARTS.iter().copied()));
    let parts = *PARTS;
    // Nearly no value does: this is asked about everything that is passed on.
    if !value.may_name(parts) {
        return false;
    }
    let may_read = |value: &Value| value.may_name(parts);
    search.finds(value, &may_read, &mut |inner| match inner.as_symbolic() {
        Some(Symbolic::Member { base, name }) if CREDENTIAL_PARTS.contains(&name.as_str()) => interpreter
            .library_classes_of(base)
            .iter()
            .any(|class| class == "starlette.requests.HTTPConnection"),
        _ => false,
    })
}

/// A call to the outside, in words.
fn outside(name: Name, call: &CallEvent) -> Option<String> {
    let last = name.last_part();
    let package = name.first_part();
    let verb =
        matches!(last, "get" | "post" | "put" | "patch" | "delete" | "head" | "request" | "send" | "stream");
    Some(match package {
        "httpx" | "requests" | "aiohttp" | "urllib3" if verb => {
            let url = call
                .arguments
                .get(usize::from(last == "request"), "url")
                .and_then(Value::as_str)
                .and_then(|url| url.split("://").nth(1))
                .and_then(|rest| rest.split('/').next())
                .filter(|host| !host.is_empty());
            match url {
                Some(host) => format!("calls {host}"),
                None => format!("calls out with {package}"),
            }
        }
        "urllib" if last == "urlopen" => "calls out with urllib".to_owned(),
        "smtplib" | "aiosmtplib" | "fastapi_mail" if matches!(last, "send" | "sendmail" | "send_message") => {
            "sends mail".to_owned()
        }
        "boto3" | "aioboto3" | "botocore" => "calls AWS".to_owned(),
        "stripe" => "calls Stripe".to_owned(),
        "openai" | "anthropic" => format!("calls {package}"),
        "subprocess" => "runs a process".to_owned(),
        _ if matches!(last, "delay" | "apply_async") => "queues a task".to_owned(),
        _ => return None,
    })
}
