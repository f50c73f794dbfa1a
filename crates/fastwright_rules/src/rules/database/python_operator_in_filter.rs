//! `python-operator-in-filter`: condition of a query that Python decides before the database sees it.

use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::syntax::expressions;
use fastwright_model::analysis::is_test_path;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Comparison, Construct, Expr, ExprKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::Kind;
use rustc_hash::{FxHashMap, FxHashSet};

crate::declare_rule! {
    /// Condition of a query that Python decides before the database sees it.
    PythonOperatorInFilter {
        name: "python-operator-in-filter",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "condition of a query that Python decides before the database sees it",
        why: "`is`, `not`, `and`, `or` and `in` can't be overloaded for columns: the condition becomes a constant, an error, or only half of what is written, and the query returns other rows than it says.",
        recommendation: "Use what SQLAlchemy offers: `.is_(None)`, `.in_(...)`, `~`, `and_()`, `or_()`, or several arguments.",
        trade_off: "None.",
        contract_effect: "the rows that the code names",
        cwe: [480, 697],
        owasp: [],
        profile: Default,
        page: "database/python-operator-in-filter.md",
        references: ["https://docs.sqlalchemy.org/en/20/core/operators.html"],
        check: check,
    }
}

/// Methods of statements and queries that take conditions.
const FILTERS: &[&str] = &["where", "filter", "having"];

/// A condition that Python decides.
struct Decided {
    place: Span,
    message: String,
    note: String,
    instead: String,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let interpreter = analysis.interpreter.borrow();
    let mut columns: FxHashMap<Name, FxHashSet<Name>> = FxHashMap::default();
    for table in &analysis.tables {
        if let Some(class) = interpreter.class(table.class) {
            columns.entry(class.name).or_default().extend(table.columns.iter().map(|column| column.name));
        }
    }
    if columns.is_empty() {
        return;
    }
    let filters: Vec<Name> = FILTERS.iter().map(Name::from).collect();
    let mut seen: FxHashSet<Location> = FxHashSet::default();
    let may_filter = context.mentioning(&filters);
    for function in interpreter.functions() {
        if !may_filter(function.id.file) {
            continue;
        }
        let definition = &function.definition;
        let file = analysis.files.get(function.id.file);
        if !definition.mentions.may_have(Construct::DecidedArgument)
            || !file.first_party
            || !filters.iter().any(|name| definition.mentions.may_call(*name))
            || is_test_path(&file.relative)
        {
            continue;
        }
        expressions(&definition.body, &mut |expression| {
            let ExprKind::Call(call) = &expression.kind else { return };
            let Some((_, method)) = call.callee.as_attribute() else { return };
            if !filters.contains(method) {
                return;
            }
            for argument in &call.arguments {
                let is_column =
                    |expression: &Expr| column(&interpreter, &columns, function.scope, expression);
                let Some(found) = decided(&argument.value, &is_column, &|span| file.slice(span)) else {
                    continue;
                };
                let place = Location { file: function.id.file, span: found.place };
                if !seen.insert(place) {
                    continue;
                }
                report.report(
                    Draft::new(
                        place,
                        definition.qualname.as_str(),
                        format!("{} in `{}`", found.message, definition.name),
                    )
                    .discriminator(found.instead.as_str())
                    .evidence(
                        format!("`{method}` gets what the Python expression results in"),
                        Location { file: function.id.file, span: call.callee.span },
                    )
                    .evidence(found.note, place)
                    .fix(fix(context, place, &found.instead))
                    .example(found.instead),
                );
            }
        });
    }
}

/// The column that an expression is: `Order.total` of a mapped class.
fn column(
    interpreter: &Interpreter<'_>,
    columns: &FxHashMap<Name, FxHashSet<Name>>,
    scope: fastwright_python::value::ScopeId,
    expression: &Expr,
) -> bool {
    let Some((base, name)) = expression.as_attribute() else { return false };
    let ExprKind::Name(owner) = base.kind else { return false };
    let Some(value) = interpreter.lookup(scope, owner) else { return false };
    let Kind::Class(id) = *value.kind() else { return false };
    interpreter
        .class(id)
        .and_then(|class| columns.get(&class.name))
        .is_some_and(|columns| columns.contains(name))
}

fn decided<'t>(
    condition: &Expr,
    is_column: &dyn Fn(&Expr) -> bool,
    text: &dyn Fn(Span) -> &'t str,
) -> Option<Decided> {
    match &condition.kind {
        ExprKind::Compare(chain) if chain.rest.len() == 1 && is_column(&chain.first) => {
            let (comparison, operand) = &chain.rest[0];
            let (left, right) = (text(chain.first.span), text(operand.span));
            let (message, note, instead) = match comparison {
                Comparison::Is => (
                    format!("`{left} is {right}` is always false"),
                    "Python compares the column object itself: the database gets `false`",
                    format!("{left}.is_({right})"),
                ),
                Comparison::IsNot => (
                    format!("`{left} is not {right}` is always true"),
                    "Python compares the column object itself: the database gets `true`",
                    format!("{left}.is_not({right})"),
                ),
                Comparison::In => (
                    format!("`{left} in {right}` is decided by Python"),
                    "`in` compares with one element after the other and asks each result whether it is true",
                    format!("{left}.in_({right})"),
                ),
                Comparison::NotIn => (
                    format!("`{left} not in {right}` is decided by Python"),
                    "`not in` compares with one element after the other and asks each result whether it is true",
                    format!("{left}.not_in({right})"),
                ),
                _ => return None,
            };
            Some(Decided { place: condition.span, message, note: note.to_owned(), instead })
        }
        ExprKind::Not(inner) if is_condition(inner, is_column) => Some(Decided {
            place: condition.span,
            message: format!("`{}` is decided by Python", text(condition.span)),
            note: "`not` asks the expression whether it is true, which has no answer before the query runs"
                .to_owned(),
            instead: format!("~{}", text(inner.span)),
        }),
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            // A leading test of an input is how optional conditions are written.
            if !is_condition(parts.first()?, is_column) {
                return None;
            }
            let word = if matches!(condition.kind, ExprKind::And(_)) { "and" } else { "or" };
            let all: Vec<&str> = parts.iter().map(|part| text(part.span)).collect();
            Some(Decided {
                place: condition.span,
                message: format!("`{word}` joins conditions that only the database can decide"),
                note: format!(
                    "`{word}` asks the first condition whether it is true, which has no answer before the query runs"
                ),
                instead: format!("{word}_({})", all.join(", ")),
            })
        }
        _ => None,
    }
}

/// Whether an expression is a column, or a comparison of one.
fn is_condition(expression: &Expr, is_column: &dyn Fn(&Expr) -> bool) -> bool {
    match &expression.kind {
        ExprKind::Compare(chain) => {
            is_column(&chain.first)
                && chain
                    .rest
                    .iter()
                    .all(|(comparison, _)| !matches!(comparison, Comparison::Is | Comparison::IsNot))
        }
        _ => is_column(expression),
    }
}

/// What SQLAlchemy has for the operator.
fn fix(context: &Context<'_>, place: Location, instead: &str) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    if source.has_comment(place.span) {
        return None;
    }
    let fix = Fix::changes_contract(
        "let the database decide",
        "the rows that meet the condition, where it was decided by Python",
    );
    let function = ["and_", "or_"].into_iter().find(|name| instead.starts_with(&format!("{name}(")));
    let Some(function) = function else {
        return Some(fix.edit(source.replace(place.span, instead)));
    };
    let (name, imports) = source.import("sqlalchemy", Some(function))?;
    let text = instead.replacen(function, &name, 1);
    Some(fix.edit(source.replace(place.span, text)).imports(place.file, imports))
}
