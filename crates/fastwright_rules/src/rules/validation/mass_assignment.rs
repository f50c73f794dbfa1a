//! `mass-assignment`: client fields that reach columns they must not set.

use crate::body_copies::{BodyCopy, copies_of, stores_of};
use crate::context::Context;
use crate::finding::Severity;
use crate::model_settings::extra_fields;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, title};
use crate::syntax::{statements, within};
use crate::vocabulary::holds_any;
use fastwright_model::application::{GuardKind, Route};
use fastwright_model::dependant::type_text;
use fastwright_model::schemas::{Field, fields};
use fastwright_model::tables::{Column, Table};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ExprKind, Stmt, StmtKind};
use fastwright_python::name::Name;
use fastwright_python::value::Kind;

crate::declare_rule! {
    /// Client fields that reach columns they must not set.
    MassAssignment {
        name: "mass-assignment",
        area: Validation,
        severity: Critical,
        confidence: Likely,
        summary: "client fields that reach columns they must not set",
        why: "Whoever sends one more field gives himself a role, an owner or a balance.",
        recommendation: "Take a model for input that holds only what clients may set, and set the rest from the guard.",
        trade_off: "One more model; fields that clients set today are ignored or refused.",
        contract_effect: "the field leaves the request",
        cwe: [915],
        owasp: ["API3:2023"],
        profile: Default,
        page: "validation/mass-assignment.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/"],
        check: check,
    }
}

/// Columns that decide what an account may do: only somebody with that right may set them.
const POWERS: &[&str] = &[
    "is_admin",
    "is_superuser",
    "is_staff",
    "is_owner",
    "is_root",
    "is_moderator",
    "admin",
    "superuser",
    "role",
    "roles",
    "role_id",
    "user_role",
    "permissions",
    "scopes",
    "access_level",
    "privileges",
    "balance",
    "credit",
    "credits",
    "account_balance",
    "wallet_balance",
    "is_premium",
];

/// Columns that the service keeps about a row or an account.
const BOOKKEEPING: &[&str] = &[
    "owner_id",
    "owner",
    "created_by",
    "created_by_id",
    "updated_by",
    "tenant_id",
    "organization_id",
    "is_verified",
    "email_verified",
    "is_active",
    "is_approved",
    "is_banned",
    "hashed_password",
    "password_hash",
];

/// Parts of names of guards that ask for more than an account.
const ASKS_FOR_POWER: &[&str] = &[
    "admin",
    "superuser",
    "staff",
    "moderator",
    "permission",
    "role",
    "owner",
    "privilege",
    "root",
    "scope",
    "internal",
];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let code = context.call_graph();
    let copying = context.copying();
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        if route.request.is_none() || asks_for_power(route) || !code.may_start_in(dependant, copying) {
            continue;
        }
        let mut stores = None;
        for copy in &copies_of(code, interpreter, dependant, copying) {
            let Some(row) = &copy.row else { continue };
            let Kind::Class(row_id) = *row.kind() else { continue };
            let Some(table) = analysis.tables.iter().find(|table| table.class == row_id) else { continue };
            if copy.names_checked {
                continue;
            }
            let stores = stores.get_or_insert_with(|| stores_of(code, interpreter, dependant));
            let refused = dependant.function.as_ref().map_or_else(Vec::new, |function| {
                refused_fields(&function.definition.body, copy.parameter.name)
            });
            let taken: Vec<(Field, bool)> = fields(interpreter, &copy.model)
                .into_iter()
                .filter(|field| {
                    let name = field.name.as_str();
                    copy.dump.takes(name)
                        && !copy.overwritten.iter().any(|known| known == name)
                        && !refused.contains(&field.name)
                        && table.columns.iter().any(|column| column.name == field.name)
                        && !stores.iter().any(|(class, stored)| {
                            *stored == field.name && class.as_ref().is_none_or(|class| class.same(row))
                        })
                })
                .filter_map(|field| {
                    let power = POWERS.contains(&field.name.as_str());
                    (power || BOOKKEEPING.contains(&field.name.as_str())).then_some((field, power))
                })
                .collect();
            if taken.is_empty() {
                let undeclared = undeclared(interpreter, copy, table);
                let undeclared: Vec<&Column> = undeclared
                    .into_iter()
                    .filter(|column| {
                        !stores.iter().any(|(class, stored)| {
                            *stored == column.name && class.as_ref().is_none_or(|class| class.same(row))
                        })
                    })
                    .collect();
                if !undeclared.is_empty() {
                    let model = type_text(interpreter, &copy.model);
                    let row_name = type_text(interpreter, row);
                    report.report(undeclared_draft(route, copy, &undeclared, &model, &row_name));
                }
                continue;
            }
            let model = type_text(interpreter, &copy.model);
            let row_name = type_text(interpreter, row);
            let owners: Vec<String> = taken
                .iter()
                .map(|(field, _)| type_text(interpreter, &Kind::Class(field.owner).into()))
                .collect();
            report.report(draft(route, copy, &taken, &model, &row_name, &owners));
        }
    }
}

/// Fields of a body on which it depends whether a handler raises: `if body.is_admin and not user.is_admin: raise ...`.
fn refused_fields(body: &[Stmt], parameter: Name) -> Vec<Name> {
    let mut found = Vec::new();
    statements(body, &mut |statement| {
        if let StmtKind::If { test, body, .. } = &statement.kind
            && body.iter().any(|inner| matches!(inner.kind, StmtKind::Raise { .. }))
        {
            within(test, &mut |expression| {
                if let Some((base, field)) = expression.as_attribute()
                    && matches!(base.kind, ExprKind::Name(name) if name == parameter)
                {
                    found.push(*field);
                }
            });
        }
    });
    found
}

/// Columns that a body with fields of any name can set although it does not declare them.
fn undeclared<'t>(interpreter: &mut Interpreter<'_>, copy: &BodyCopy, table: &'t Table) -> Vec<&'t Column> {
    if copy.dump.included.is_some() || extra_fields(interpreter, &copy.model).as_deref() != Some("allow") {
        return Vec::new();
    }
    let declared = fields(interpreter, &copy.model);
    let columns = table.columns.iter().filter(|column| {
        let name = column.name.as_str();
        (POWERS.contains(&name) || BOOKKEEPING.contains(&name))
            && copy.dump.takes(name)
            && !copy.overwritten.iter().any(|known| known == name)
            && !declared.iter().any(|field| field.name == column.name)
    });
    columns.collect()
}

fn undeclared_draft(route: &Route, copy: &BodyCopy, columns: &[&Column], model: &str, row: &str) -> Draft {
    let name = title(route);
    let shown: Vec<String> = columns.iter().map(|column| format!("`{}`", column.name)).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let draft = Draft::new(
        copy.location,
        copy.symbol.clone(),
        format!(
            "`{name}` lets clients set {} of `{row}`: `{model}` takes fields of any name",
            shown.join(", ")
        ),
    )
    .route(route)
    .discriminator(names.join(","))
    .evidence(format!("`{name}` is registered here"), registered_at(route))
    .evidence_chain(route.guard.evidence.iter().cloned())
    .evidence(
        format!("the body is a `{model}`, whose configuration says `extra=\"allow\"`"),
        copy.parameter.location,
    )
    .evidence_chain(copy.chain.clone())
    .evidence(format!("all fields are copied into `{row}` here"), copy.location)
    .evidence_chain(
        columns.iter().map(|column| (format!("`{}` is a column of `{row}`", column.name), column.location)),
    )
    .recommendation("Drop `extra=\"allow\"` from the model of the body.");
    if names.iter().any(|name| POWERS.contains(name)) { draft } else { draft.severity(Severity::High) }
}

/// Whether a guard of the route asks for a role, or is named as if it did.
fn asks_for_power(route: &Route) -> bool {
    !route.guard.roles.is_empty()
        || route
            .guard
            .by
            .iter()
            .any(|name| holds_any(name.rsplit(':').next().unwrap_or(name), ASKS_FOR_POWER))
}

fn draft(
    route: &Route,
    copy: &BodyCopy,
    taken: &[(Field, bool)],
    model: &str,
    row: &str,
    owners: &[String],
) -> Draft {
    let name = title(route);
    let mut names: Vec<&str> = taken.iter().map(|(field, _)| field.name.as_str()).collect();
    names.dedup();
    let shown: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let who = match route.guard.kind {
        GuardKind::Required => "any signed-in caller",
        GuardKind::Optional | GuardKind::Public => "anybody",
    };
    let mut draft = Draft::new(
        copy.location,
        copy.symbol.clone(),
        format!(
            "`{name}` lets {who} set {} of `{row}`: all fields of `{model}` are copied",
            shown.join(", ")
        ),
    )
    .route(route)
    .discriminator(names.join(","))
    .evidence(format!("`{name}` is registered here"), registered_at(route))
    .evidence_chain(route.guard.evidence.iter().cloned())
    .evidence(format!("the body is a `{model}`"), copy.parameter.location);
    for ((field, _), owner) in taken.iter().zip(owners) {
        let inherited = if owner == model { String::new() } else { format!(", which `{model}` inherits") };
        draft =
            draft.evidence(format!("`{}` is a field of `{owner}`{inherited}", field.name), field.location);
    }
    draft = draft
        .evidence_chain(copy.chain.clone())
        .evidence(format!("all fields are copied into `{row}` here"), copy.location)
        .why(format!("A request with `\"{}\": ...` is accepted from {who} and stored.", names[0]));
    let kept: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    draft = draft.example(format!("body.model_dump(exclude={{{}}})", kept.join(", ")));
    if taken.iter().any(|(_, power)| *power) { draft } else { draft.severity(Severity::High) }
}
