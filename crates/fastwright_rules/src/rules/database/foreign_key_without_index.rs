//! `foreign-key-without-index`: key that queries look for, in a column that has no index.

use crate::call_graph::CallGraph;
use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::fixes::recipes::with_keyword;
use crate::reporter::{Draft, Reporter};
use crate::wording::route_name;
use fastwright_model::tables::{Column, Table};
use fastwright_python::ir::{Comparison, ExprKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::{Kind, Symbolic, Value};
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Key that queries look for, in a column that has no index.
    ForeignKeyWithoutIndex {
        name: "foreign-key-without-index",
        area: Database,
        severity: Low,
        confidence: Likely,
        summary: "key that queries look for, in a column that has no index",
        why: "The database reads the whole table to find the rows of one owner, and again for each row that is deleted on the other side. It is quick in development and slow in a year.",
        recommendation: "Give the column an index and write a migration for it.",
        trade_off: "Writing gets a little slower, and the index takes room. Tables that stay small need none.",
        contract_effect: "none",
        cwe: [405],
        owasp: [],
        profile: Strict,
        page: "database/foreign-key-without-index.md",
        references: ["https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    // MySQL makes an index of its own for each foreign key.
    if context.engines().iter().any(|engine| matches!(engine.dialect.as_deref(), Some("mysql" | "mariadb"))) {
        return;
    }
    let elsewhere = indexed_elsewhere(context);
    let code = context.call_graph();
    let filtering: Vec<usize> = code.calls().methods(&["where", "filter"]).iter().collect();
    for table in &analysis.tables {
        let class_name = analysis.interpreter.borrow().class(table.class).map(|class| class.name);
        let Some(class_name) = class_name.filter(|_| !table.has_unknown_indexes) else { continue };
        for column in &table.columns {
            let leads = table.indexes.iter().any(|index| index.columns.first() == Some(&column.name));
            if column.foreign_key.is_none()
                || column.indexed
                || leads
                || elsewhere.contains(&(class_name, column.name))
            {
                continue;
            }
            let Some((node, place)) = looked_for(code, &filtering, table, column) else { continue };
            let reached = code.routes_of(node);
            let Some(route) = reached.first().map(|reached| reached.route_in(analysis)) else { continue };
            let definition = &code.nodes[node].definition;
            report.report(
                Draft::new(
                    column.location,
                    format!("{class_name}.{}", column.name),
                    format!(
                        "`{}.{}` has no index, and `{}` looks for rows by it",
                        table.name,
                        column.name,
                        route_name(route)
                    ),
                )
                .evidence(
                    format!(
                        "`{}` refers to `{}`, without `index=True`",
                        column.name,
                        column.foreign_key.as_deref().unwrap_or_default()
                    ),
                    column.location,
                )
                .evidence(format!("`{}` uses it in a query", definition.name), place)
                .example("index=True")
                .fix(with_keyword(
                    context,
                    statement_at(context, column.location),
                    "index=True",
                    Fix::changes_contract(
                        "index the column",
                        format!("`{}` gets an index: the database needs a migration", table.name),
                    ),
                )),
            );
        }
    }
}

/// Where a request looks for the rows with a value in the column. Joins are left out: they may start on
/// the other side.
fn looked_for(
    code: &CallGraph,
    filtering: &[usize],
    table: &Table,
    column: &Column,
) -> Option<(usize, Location)> {
    let is_column = |value: &Value| {
        matches!(value.as_symbolic(), Some(Symbolic::Member { base, name })
            if *name == column.name && matches!(*base.kind(), Kind::Class(class) if class == table.class))
    };
    filtering.iter().find_map(|number| {
        let node = &code.nodes[*number];
        if !node.definition.mentions.may_hold(column.name) {
            return None;
        }
        node.method_calls(&["where", "filter"]).find_map(|(_, event, call)| {
            // Among several conditions another column may be the one that narrows.
            let [condition] = &call.arguments.positional[..] else { return None };
            asks_for(condition, &is_column).then_some((*number, event.location))
        })
    })
}

/// Whether a condition compares a column with a value: `Order.customer_id == id`, `.in_(ids)`.
fn asks_for(condition: &Value, is_column: &dyn Fn(&Value) -> bool) -> bool {
    let of_a_class = |value: &Value| matches!(value.as_symbolic(), Some(Symbolic::Member { base, .. }) if matches!(base.kind(), Kind::Class(_)));
    match condition.as_symbolic() {
        Some(Symbolic::Compare { comparison: Comparison::Equal, left, right }) => {
            is_column(left) && !of_a_class(right) || is_column(right) && !of_a_class(left)
        }
        Some(Symbolic::Call { callee, .. }) => {
            matches!(callee.as_symbolic(), Some(Symbolic::Member { base, name }) if *name == "in_" && is_column(base))
        }
        _ => false,
    }
}

/// Columns in indexes that stand outside of their class: `Index("...", Order.customer_id)`.
fn indexed_elsewhere(context: &Context<'_>) -> FxHashSet<(Name, Name)> {
    let mut found = FxHashSet::default();
    for code in &context.analysis.codes {
        for statement in &code.body {
            let value = match &statement.kind {
                StmtKind::Expr(value) | StmtKind::Assign { value, .. } => value,
                _ => continue,
            };
            let ExprKind::Call(call) = &value.kind else { continue };
            if call.callee.dotted_name().is_none_or(|name| name.rsplit('.').next() != Some("Index")) {
                continue;
            }
            for argument in &call.arguments {
                if let Some((base, column)) = argument.value.as_attribute()
                    && let ExprKind::Name(class) = base.kind
                {
                    found.insert((class, *column));
                }
            }
        }
    }
    found
}

/// The statement that defines a column.
fn statement_at(context: &Context<'_>, place: Location) -> Location {
    let source = Source::of(context, place.file);
    let statement = source.as_ref().and_then(|source| source.statement(place.span));
    Location { span: statement.map_or(place.span, |statement| statement.span), ..place }
}
