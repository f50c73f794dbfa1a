//! Whose rows: which tables have an owner, where rows are loaded by what a client sends, and where the owner
//! is compared with the caller.

use crate::call_graph::CallGraph;
use crate::data_flow::{Search, Sink, holds, holds_where, input_text, root_parameter};
use crate::vocabulary::holds_any;
use fastwright_model::analysis::Analysis;
use fastwright_model::application::{Guard, GuardKind};
use fastwright_model::dependant::{Dependant, DependantKind};
use fastwright_model::library::sqlalchemy::session_kind;
use fastwright_model::tables::Table;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::Comparison;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

/// Names of columns that say whose a row is, where no foreign key says it.
pub const OWNER_COLUMNS: &[&str] =
    &["owner_id", "user_id", "customer_id", "account_id", "owner", "tenant_id"];
/// Columns that name a person without making the row theirs alone.
const ATTRIBUTION: &[&str] = &[
    "author", "created", "creator", "updated", "uploaded", "reviewer", "assignee", "sender", "posted",
    "editor",
];
/// Tables of people.
const PEOPLE: &[&str] =
    &["user", "users", "customer", "customers", "account", "accounts", "auth_user", "app_user"];
/// Columns by which one row is found.
const IDENTIFYING: &[&str] = &["id", "uuid", "public_id", "uid", "number", "reference"];
/// Names of parameters that hold the caller.
const CALLERS: &[&str] = &[
    "user",
    "current_user",
    "caller",
    "principal",
    "customer",
    "current_customer",
    "account",
    "identity",
    "me",
    "owner",
    "viewer",
    "actor",
    "member",
    "auth_user",
    "user_id",
    "current_user_id",
    "owner_id",
    "customer_id",
    "caller_id",
    "account_id",
];

/// A table whose rows belong to somebody.
#[derive(Debug)]
pub struct OwnedTable<'a> {
    /// The table.
    pub table: &'a Table,
    /// Its columns that say whose a row is.
    pub columns: Vec<Name>,
    /// Its relationships to the owner.
    pub relationships: Vec<Name>,
    /// Whether the columns only name who made the row.
    pub only_attribution: bool,
}

/// The tables of a project whose rows belong to somebody; people themselves are not among them.
pub fn owned_tables(analysis: &Analysis) -> Vec<OwnedTable<'_>> {
    let is_people = |name: &str| PEOPLE.contains(&name.to_lowercase().as_str());
    let mut found = Vec::new();
    for table in analysis.tables.iter().filter(|table| !is_people(&table.name)) {
        let mut columns = Vec::new();
        let mut targets = Vec::new();
        for column in table.columns.iter().filter(|column| !column.primary_key) {
            let referred = column.foreign_key.as_deref().map(|key| {
                let mut parts = key.rsplit('.');
                parts.next();
                parts.next().unwrap_or_default().to_owned()
            });
            let owns = match &referred {
                Some(referred) => is_people(referred),
                None => OWNER_COLUMNS.contains(&column.name.as_str()),
            };
            if owns {
                columns.push(column.name);
                targets.extend(referred);
            }
        }
        if columns.is_empty() {
            continue;
        }
        let people: Vec<&str> = analysis
            .tables
            .iter()
            .filter(|other| targets.contains(&other.name))
            .map(|other| other.name.as_str())
            .collect();
        let relationships = table
            .relationships
            .iter()
            .filter(|relationship| {
                relationship.target.as_deref().is_some_and(|target| {
                    let target = target.to_lowercase();
                    is_people(&target) || people.iter().any(|name| name.trim_end_matches('s') == target)
                })
            })
            .map(|relationship| relationship.name)
            .collect();
        let only_attribution =
            columns.iter().all(|name| ATTRIBUTION.iter().any(|word| name.starts_with(word)));
        found.push(OwnedTable { table, columns, relationships, only_attribution });
    }
    found
}

/// Whether a column says whose a row is.
pub fn is_owner_column(table: &Table, name: Name) -> bool {
    OWNER_COLUMNS.contains(&name.as_str())
        && table.columns.iter().any(|column| column.name == name && !column.primary_key)
}

/// Methods that load rows, as [`loads_by_id`] looks for them.
pub const LOADING: &[&str] = &["get", "get_one", "where", "filter", "filter_by"];

/// Where one function loads a row of an owned table by an id that it gets: the id, and the table by position.
pub fn loads_by_id(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    owned: &[OwnedTable<'_>],
) -> Vec<Sink<usize>> {
    let mut found = Vec::new();
    for (position, _, call) in code.nodes[node].method_calls(LOADING) {
        let Some(Symbolic::Member { base, name }) = call.callee.as_symbolic() else { continue };
        match name.as_str() {
            "get" | "get_one" => {
                let Some(table) =
                    call.arguments.positional.first().and_then(|class| position_of(owned, class))
                else {
                    continue;
                };
                if session_kind(interpreter, base).is_none() {
                    continue;
                }
                let Some(id) = call.arguments.get(1, "ident") else { continue };
                let note = format!("a row of `{}` is loaded by it", owned[table].table.name);
                found.push(Sink { value: id.clone(), what: table, event: position, note });
            }
            "where" | "filter" => {
                for condition in &call.arguments.positional {
                    for (class, column, other) in equalities(condition) {
                        let Some(table) = position_of(owned, &class) else { continue };
                        let is_key = owned[table]
                            .table
                            .columns
                            .iter()
                            .any(|known| known.name == column && known.primary_key);
                        if is_key || IDENTIFYING.contains(&column.as_str()) {
                            let note = format!("a row of `{}` is selected by it", owned[table].table.name);
                            found.push(Sink { value: other, what: table, event: position, note });
                        }
                    }
                }
            }
            "filter_by" => {
                let Some(class) = fastwright_model::library::sqlalchemy::entity(interpreter, base, 0) else {
                    continue;
                };
                let Some(table) = position_of(owned, &class) else { continue };
                for (keyword, value) in &call.arguments.keywords {
                    if IDENTIFYING.contains(&keyword.as_str()) {
                        let note = format!("a row of `{}` is selected by it", owned[table].table.name);
                        found.push(Sink { value: value.clone(), what: table, event: position, note });
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn position_of(owned: &[OwnedTable<'_>], class: &Value) -> Option<usize> {
    let Kind::Class(id) = *class.kind() else { return None };
    owned.iter().position(|owned| owned.table.class == id)
}

/// `Order.id == x` inside of a condition: class, column, the other side.
pub fn equalities(condition: &Value) -> Vec<(Value, Name, Value)> {
    let mut found = Vec::new();
    match condition.as_symbolic() {
        Some(Symbolic::Compare { comparison: Comparison::Equal, left, right }) => {
            for (column, other) in [(left, right), (right, left)] {
                if let Some(Symbolic::Member { base, name }) = column.as_symbolic()
                    && matches!(base.kind(), Kind::Class(_))
                {
                    found.push((base.clone(), *name, other.clone()));
                }
            }
        }
        Some(Symbolic::Binary { left, right, .. }) => {
            found.extend(equalities(left));
            found.extend(equalities(right));
        }
        Some(Symbolic::Call { arguments, .. }) => {
            found.extend(arguments.positional.iter().flat_map(equalities));
        }
        _ => {}
    }
    found
}

/// A search of [`compares_owner`], for many functions and one table.
pub fn owner_search(owned: &OwnedTable<'_>) -> Search {
    Search::new(owned.columns.iter().chain(&owned.relationships).copied().collect(), true, 12)
}

/// Where a function compares the owner of a table's row with something, if it does.
pub fn compares_owner(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    owned: &OwnedTable<'_>,
    search: &mut Search,
) -> Option<Location> {
    let class: Value = Kind::Class(owned.table.class).into();
    for (position, event) in code.nodes[node].summary.events.iter().enumerate() {
        let mut bases = Vec::new();
        let mut look = |value: &Value, bases: &mut Vec<Value>| {
            search.visit(interpreter, value, &mut |part| {
                let before = bases.len();
                if let Some(Symbolic::Compare { comparison, left, right }) = part.as_symbolic()
                    && !matches!(comparison, Comparison::Is | Comparison::IsNot)
                {
                    for side in [left, right] {
                        if let Some(Symbolic::Member { base, name }) = side.as_symbolic() {
                            if owned.columns.contains(name) || owned.relationships.contains(name) {
                                bases.push(base.clone());
                            }
                            // order.owner.id
                            if let Some(Symbolic::Member { base, name }) = base.as_symbolic()
                                && owned.relationships.contains(name)
                            {
                                bases.push(base.clone());
                            }
                        }
                    }
                }
                bases.len() > before
            });
        };
        match &event.kind {
            EventKind::Condition(value) | EventKind::Return(value) => look(value, &mut bases),
            EventKind::Call(call) => {
                let method = match call.callee.as_symbolic() {
                    Some(Symbolic::Member { name, .. }) => Some(*name),
                    _ => None,
                };
                if method.is_some_and(|name| name == "filter_by")
                    && call
                        .arguments
                        .keywords
                        .iter()
                        .any(|(name, _)| owned.columns.contains(name) || owned.relationships.contains(name))
                {
                    return Some(event.location);
                }
                let arguments = || {
                    let keywords = call.arguments.keywords.iter().map(|(_, value)| value);
                    call.arguments.positional.iter().chain(keywords)
                };
                for argument in arguments() {
                    look(argument, &mut bases);
                }
                if call.target.is_some() {
                    bases.extend(owners_compared_by_callee(
                        interpreter,
                        code,
                        node,
                        position,
                        owned,
                        arguments(),
                    ));
                }
            }
            _ => {}
        }
        for base in bases {
            let matches = base.same(&class)
                || match interpreter.class_of(&base) {
                    Some(found) => found.same(&class),
                    // What it belongs to is not known: it may be this table.
                    None => !matches!(base.kind(), Kind::Class(_)),
                };
            if matches {
                return Some(event.location);
            }
        }
    }
    None
}

/// The rows whose owner a call hands to a function that compares what it gets: `rules.assert_owner(job.owner_id)`.
fn owners_compared_by_callee<'v>(
    interpreter: &mut Interpreter<'_>,
    code: &CallGraph,
    node: usize,
    event: usize,
    owned: &OwnedTable<'_>,
    mut arguments: impl Iterator<Item = &'v Value>,
) -> Vec<Value> {
    let owner = |value: &Value| match value.as_symbolic() {
        Some(Symbolic::Member { base, name }) if owned.columns.contains(name) => Some(base.clone()),
        _ => None,
    };
    if !arguments.any(|argument| owner(argument).is_some()) {
        return Vec::new();
    }
    let Some(edge) = code.edge_at(node, event) else { return Vec::new() };
    let given = code.bindings(interpreter, edge);
    let mut bases = Vec::new();
    for (parameter, value) in given {
        let Some(base) = owner(&value) else { continue };
        let is_it = |side: &Value| matches!(side.as_symbolic(), Some(Symbolic::Parameter(known)) if known.name == parameter);
        let compares = code.nodes[edge.to()].summary.events.iter().any(|event| {
            let EventKind::Condition(condition) = &event.kind else { return false };
            holds(interpreter, condition, &mut |part| match part.as_symbolic() {
                Some(Symbolic::Compare {
                    comparison: Comparison::Equal | Comparison::NotEqual,
                    left,
                    right,
                }) => is_it(left) || is_it(right),
                _ => false,
            })
        });
        if compares {
            bases.push(base);
        }
    }
    bases
}

/// The caller of a route as its code knows it.
#[derive(Debug, Default)]
pub struct Caller {
    /// Classes that guards give back.
    classes: Vec<Value>,
    is_something: bool,
}

impl Caller {
    /// What the guards of a route give back.
    pub fn of(interpreter: &mut Interpreter<'_>, dependant: &Dependant, guard: &Guard) -> Self {
        let mut classes = Vec::new();
        let mut is_something = false;
        for node in dependant.walk() {
            if node.kind != DependantKind::Dependency || !guard.by.contains(&node.qualified) {
                continue;
            }
            let Some(function) = node.function.clone() else { continue };
            if let Some(summary) = interpreter.summarize(&function, node.receiver) {
                is_something |= !summary.returns.is_none() && summary.returns.as_bool().is_none();
                classes.extend(interpreter.class_of(&summary.returns.clone()));
            }
        }
        Self { classes, is_something }
    }

    /// Whether guards give back an object of the program, so that it is known who calls.
    pub fn is_person(&self) -> bool {
        self.classes.iter().any(|class| matches!(class.kind(), Kind::Class(_)))
    }

    /// Whether guards give back anything.
    pub fn is_something(&self) -> bool {
        self.is_something
    }

    /// Whether a value is the caller, or an attribute of it.
    pub fn is(&self, interpreter: &mut Interpreter<'_>, value: &Value) -> bool {
        let Some(root) = root_parameter(value) else { return false };
        if CALLERS.contains(&root.name.as_str()) {
            return true;
        }
        let Some(annotation) = root.annotation.clone() else { return false };
        interpreter.class_of_type(&annotation).is_some_and(|class| {
            matches!(class.kind(), Kind::Class(_)) && self.classes.iter().any(|known| known.same(&class))
        })
    }

    /// Whether a function decides something by who calls: a condition on the caller beyond being there, a
    /// query with the caller in it, or a check by a library that gets the caller.
    pub fn decides_in(&self, interpreter: &mut Interpreter<'_>, code: &CallGraph, node: usize) -> bool {
        self.decides_about(interpreter, code, node, &|_| false)
    }

    /// [`Caller::decides_in`], where parameters with certain names are known to come from the client.
    pub fn decides_about(
        &self,
        interpreter: &mut Interpreter<'_>,
        code: &CallGraph,
        node: usize,
        is_given: &dyn Fn(&str) -> bool,
    ) -> bool {
        if sounds_like_permission(&code.nodes[node].definition.name) {
            return true;
        }
        for (position, event) in code.nodes[node].summary.events.iter().enumerate() {
            match &event.kind {
                EventKind::Condition(condition) if self.is_asked(interpreter, condition, is_given) => {
                    return true;
                }
                EventKind::Call(call) if call.target.is_none() => {
                    let method = match call.callee.as_symbolic() {
                        Some(Symbolic::Member { name, .. }) => Some(*name),
                        _ => None,
                    };
                    let is_query = method.is_some_and(|name| {
                        matches!(
                            name.as_str(),
                            "where"
                                | "filter"
                                | "filter_by"
                                | "get"
                                | "get_one"
                                | "having"
                                | "join"
                                | "find_one"
                        )
                    });
                    let is_check = || {
                        let name = code.nodes[node].callee(position).unwrap_or_default();
                        sounds_like_permission(name.rsplit('.').next().unwrap_or_default())
                            || method.is_some_and(|name| sounds_like_permission(&name))
                    };
                    if !is_query && !is_check() {
                        continue;
                    }
                    let mut roots = Vec::new();
                    let keywords = call.arguments.keywords.iter().map(|(_, value)| value);
                    for argument in call.arguments.positional.iter().chain(keywords) {
                        holds(interpreter, argument, &mut |part| {
                            if root_parameter(part).is_some() {
                                roots.push(part.clone());
                            }
                            false
                        });
                    }
                    if roots.iter().any(|root| !is_given(&input_text(root)) && self.is(interpreter, root)) {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }

    fn is_asked(
        &self,
        interpreter: &mut Interpreter<'_>,
        condition: &Value,
        is_given: &dyn Fn(&str) -> bool,
    ) -> bool {
        match condition.as_symbolic() {
            Some(Symbolic::Compare { comparison: Comparison::Is | Comparison::IsNot, .. }) => return false,
            Some(Symbolic::Parameter(_)) => return false,
            Some(Symbolic::Not(inner)) => return self.is_asked(interpreter, &inner.clone(), is_given),
            _ => {}
        }
        let mut roots = Vec::new();
        holds(interpreter, condition, &mut |part| {
            if root_parameter(part).is_some() {
                roots.push(part.clone());
            }
            false
        });
        roots.iter().any(|root| !is_given(&input_text(root)) && self.is(interpreter, root))
    }
}

pub(crate) fn sounds_like_permission(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "permission",
        "authoriz",
        "authoris",
        "access",
        "allowed",
        "enforce",
        "can_",
        "owner",
        "forbid",
        "privilege",
        "policy",
    ];
    holds_any(name, WORDS)
}

/// Attributes by which guards tell kinds of callers apart.
const RANKS: &[&str] = &[
    "role",
    "roles",
    "is_admin",
    "is_superuser",
    "is_staff",
    "admin",
    "permissions",
    "scopes",
    "superuser",
    "groups",
];

/// Whether the guards of a route let only some of those who are signed in through.
pub fn is_for_some(interpreter: &mut Interpreter<'_>, dependant: &Dependant, guard: &Guard) -> bool {
    if guard.kind != GuardKind::Required || !guard.roles.is_empty() || !guard.scopes.is_empty() {
        return guard.kind == GuardKind::Required;
    }
    let ranks = NameSet::new(RANKS.iter().copied());
    for node in dependant.walk() {
        if node.kind != DependantKind::Dependency {
            continue;
        }
        let Some(function) = node.function.clone() else { continue };
        let Some(summary) = interpreter.summarize(&function, node.receiver) else { continue };
        let raises = summary.events.iter().any(|event| matches!(event.kind, EventKind::Raise { .. }));
        let by_rank = raises && summary.events.iter().any(|event| match &event.kind {
            EventKind::Condition(condition) => holds_where(interpreter, condition, ranks, &mut |part| {
                matches!(part.as_symbolic(), Some(Symbolic::Member { name, .. }) if RANKS.contains(&name.as_str()))
            }),
            _ => false,
        });
        if by_rank {
            return true;
        }
        if holds_any(&node.qualified, &["admin", "superuser", "staff", "require_role", "permission"]) {
            return true;
        }
    }
    false
}
