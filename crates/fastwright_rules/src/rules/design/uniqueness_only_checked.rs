//! `uniqueness-only-checked`: value that must be unique, which only a query before the insert makes sure of.

use crate::call_graph::Wanted;
use crate::columns::ColumnDefinition;
use crate::context::Context;
use crate::flow::follow;
use crate::methods::method_of;
use crate::ownership::equalities;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, title};
use crate::syntax;
use fastwright_model::analysis::Analysis;
use fastwright_model::facts::{EventKinds, status_of_exception};
use fastwright_model::tables::Table;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Comparison, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::{CallEvent, EventKind, Summary};
use fastwright_python::value::*;

crate::declare_rule! {
    /// Value that must be unique, which only a query before the insert makes sure of.
    UniquenessOnlyChecked {
        name: "uniqueness-only-checked",
        area: Design,
        severity: Medium,
        confidence: Likely,
        summary: "value that must be unique, which only a query before the insert makes sure of",
        why: "Two requests at the same time, or one that a client sends again, both find nothing and both insert: the row is there twice.",
        recommendation: "Add a unique constraint, and answer 409 when the database refuses the row (`IntegrityError`).",
        trade_off: "A migration, which fails where there are duplicates already.",
        contract_effect: "the second of two equal requests gets the error",
        cwe: [362, 367],
        owasp: [],
        profile: Strict,
        page: "design/uniqueness-only-checked.md",
        references: ["https://docs.sqlalchemy.org/en/20/core/constraints.html#unique-constraint"],
        check: check,
    }
}

/// Methods that say whether there is a row.
const LOOKING: &[&str] = &["first", "one_or_none", "scalar_one_or_none", "scalar", "all", "count"];

/// A question for a row with a certain value in a column.
struct Looked {
    class: ObjectId,
    column: Name,
    value: Value,
    site: Location,
    chain: Vec<(String, Location)>,
}

/// A row that is made with a value in a column.
struct Made {
    class: ObjectId,
    given: Vec<(Name, Value)>,
    everything: Option<Value>,
    site: Location,
    chain: Vec<(String, Location)>,
    symbol: String,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.tables.is_empty() {
        return;
    }
    let code = context.call_graph();
    let tables = analysis.tables.iter().map(|table| table.class);
    let making = code.calls().classes(tables).or(&code.calls().named(|name| name == "model_validate"));
    let making = code.reaching(making, |_| true);
    let looking = code.reaching(code.calls().methods(LOOKING), |_| true);
    let both = making.clone().or(&looking);
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        // Who finds the row must be refused: otherwise it is updated, or given back.
        let refuses = route.statuses.iter().any(|status| matches!(status, 400 | 409 | 422));
        if !refuses
            || !route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT"))
            || !code.may_start_in(dependant, &making)
            || !code.may_start_in(dependant, &looking)
        {
            continue;
        }
        let (mut looked, mut made, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        let wanted = Wanted::kinds(EventKinds::CALL.or(EventKinds::CONDITION));
        follow(
            code,
            interpreter,
            dependant,
            &both,
            wanted,
            &mut |interpreter, visit| match &visit.event.kind {
                EventKind::Condition(condition) => {
                    let site = there(condition);
                    refused.extend(
                        site.filter(|_| refuses_if(interpreter, visit.summary, visit.event.location.span)),
                    );
                }
                EventKind::Call(call) => {
                    if let Kind::Class(class) = *call.callee.kind()
                        && analysis.tables.iter().any(|table| table.class == class)
                    {
                        let named = call.arguments.keywords.iter().filter(|(name, _)| *name != "**");
                        made.push(Made {
                            class,
                            given: named.map(|(name, value)| (*name, visit.resolve(value))).collect(),
                            everything: call.arguments.keyword("**").map(|value| visit.resolve(value)),
                            site: visit.event.location,
                            chain: visit.evidence(),
                            symbol: visit.symbol(),
                        });
                    } else if let Some((class, body)) =
                        validated_row(analysis, &visit.resolve(&call.callee), call)
                    {
                        made.push(Made {
                            class,
                            given: Vec::new(),
                            everything: Some(visit.resolve(body)),
                            site: visit.event.location,
                            chain: visit.evidence(),
                            symbol: visit.symbol(),
                        });
                    } else if call.target.is_none()
                        && method_of(&call.callee)
                            .is_some_and(|(_, method)| LOOKING.contains(&method.as_str()))
                        && let Some((class, column, value)) = only_equality(&visit.resolve(&call.result))
                    {
                        looked.push(Looked {
                            class,
                            column,
                            value,
                            site: visit.event.location,
                            chain: visit.evidence(),
                        });
                    }
                }
                _ => {}
            },
        );
        for made in &made {
            let Some(table) = analysis.tables.iter().find(|table| table.class == made.class) else {
                continue;
            };
            let asked = looked.iter().find(|looked| {
                looked.class == made.class && gets(made, looked) && refused.contains(&looked.site)
            });
            let Some(asked) = asked else { continue };
            if is_unique(interpreter, table, asked.column) {
                continue;
            }
            let name = title(route);
            let row = interpreter.class(made.class).map_or_else(String::new, |class| class.name.to_string());
            let column = table.columns.iter().find(|column| column.name == asked.column);
            let mut draft = Draft::new(
                made.site,
                made.symbol.clone(),
                format!("`{name}` can insert the same `{}` of `{row}` twice: only a query before makes sure of it", asked.column),
            )
            .route(route)
            .discriminator(format!("{row}.{}", asked.column))
            .evidence(format!("`{name}` is registered here"), registered_at(route))
            .evidence_chain(asked.chain.iter().cloned())
            .evidence(format!("a `{row}` with the same `{}` is looked for", asked.column), asked.site)
            .evidence_chain(made.chain.iter().cloned())
            .evidence(format!("where there is none, a `{row}` with it is made"), made.site);
            if let Some(column) = column {
                draft = draft
                    .evidence(format!("no constraint makes `{}` unique", column.name), column.location)
                    .example(format!("{}: Mapped[...] = mapped_column(unique=True)", column.name));
            }
            report.report(draft);
        }
    }
}

/// The table and the body of `Row.model_validate(body)`.
fn validated_row<'c>(
    analysis: &Analysis,
    callee: &Value,
    call: &'c CallEvent,
) -> Option<(ObjectId, &'c Value)> {
    let (base, method) = method_of(callee)?;
    let Kind::Class(class) = *base.kind() else { return None };
    let is_row = method == "model_validate" && analysis.tables.iter().any(|table| table.class == class);
    Some((class, call.arguments.positional.first().filter(|_| is_row)?))
}

/// What a lookup compares, when it compares one column with one value and nothing else.
fn only_equality(value: &Value) -> Option<(ObjectId, Name, Value)> {
    let mut found: Vec<(ObjectId, Name, Value)> = Vec::new();
    let mut waiting: Vec<(Value, u32)> = vec![(value.clone(), 0)];
    while let Some((value, depth)) = waiting.pop() {
        let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { continue };
        if depth > 24 {
            return None;
        }
        let Some((base, method)) = method_of(callee) else { continue };
        match method.as_str() {
            "where" | "filter" => {
                for condition in &arguments.positional {
                    let equal = equalities(condition);
                    if equal.is_empty() {
                        return None;
                    }
                    for (class, column, other) in equal {
                        let Kind::Class(class) = *class.kind() else { return None };
                        found.push((class, column, other));
                    }
                }
            }
            // With an order it is the newest that is looked for, not whether there is one.
            "filter_by" | "join" | "outerjoin" | "order_by" => return None,
            _ => waiting.extend(arguments.positional.iter().map(|value| (value.clone(), depth + 1))),
        }
        waiting.push((base, depth + 1));
    }
    match found.as_slice() {
        [_] => found.pop(),
        _ => None,
    }
}

/// Whether a row gets the value that was looked for.
fn gets(made: &Made, looked: &Looked) -> bool {
    if let Some((_, given)) = made.given.iter().find(|(name, _)| *name == looked.column) {
        return given.same(&looked.value);
    }
    // `Row(**body.model_dump())` gets `body.email` as `email`.
    let Some(everything) = &made.everything else { return false };
    let Some(Symbolic::Member { base, name }) = looked.value.as_symbolic() else { return false };
    *name == looked.column
        && match everything.as_symbolic() {
            _ if everything.same(base) => true,
            Some(Symbolic::Call { callee, .. }) => method_of(callee).is_some_and(|(body, method)| {
                matches!(method.as_str(), "model_dump" | "dict") && body.same(base)
            }),
            _ => false,
        }
}

/// The lookup whose success a condition is: `if known`, `if known is not None`, `if count > 0`.
fn there(condition: &Value) -> Option<Location> {
    let call = match condition.as_symbolic()? {
        Symbolic::Compare { comparison: Comparison::IsNot, left, right } if right.is_none() => left,
        Symbolic::Compare { comparison: Comparison::Greater, left, right } if right.as_int() == Some(0) => {
            left
        }
        _ => condition,
    };
    let some = call.alternatives().iter().find(|value| !value.is_none())?;
    match some.as_symbolic()? {
        Symbolic::Call { site, .. } => Some(*site),
        _ => None,
    }
}

/// Whether the branch behind a condition refuses the request, as one that conflicts.
fn refuses_if(interpreter: &mut Interpreter<'_>, summary: &Summary, test: Span) -> bool {
    let mut branch = None;
    syntax::any_statement(&summary.function.definition.body, &mut |statement| {
        if let StmtKind::If { test: own, body, .. } = &statement.kind
            && own.span == test
            && let (Some(first), Some(last)) = (body.first(), body.last())
        {
            branch = Some(Span::new(first.span.start, last.span.end));
        }
        branch.is_some()
    });
    let Some(branch) = branch else { return false };
    summary.events.iter().any(|event| match &event.kind {
        EventKind::Raise { exception, again: false }
            if event.location.file == summary.function.id.file
                && syntax::encloses(branch, event.location.span) =>
        {
            matches!(status_of_exception(interpreter, exception), Some(400 | 409 | 422))
        }
        _ => false,
    })
}

/// Whether the database makes sure that a column has each value once, or may.
fn is_unique(interpreter: &mut Interpreter<'_>, table: &Table, column: Name) -> bool {
    let class: Value = Kind::Class(table.class).into();
    let Some(known) = table.columns.iter().find(|known| known.name == column) else { return true };
    let Some(definition) = ColumnDefinition::of(interpreter, &class, column) else { return true };
    let arguments = &definition.arguments;
    let says_so = arguments.incomplete
        || arguments.keyword("unique").is_some_and(|value| value.as_bool() != Some(false))
        || arguments.keyword("sa_column").is_some()
        || arguments.keyword("sa_column_kwargs").is_some();
    if known.primary_key || says_so {
        return true;
    }
    match interpreter.find_in_class(&class, Name::from("__table_args__")).map(|(value, _)| value.into_kind())
    {
        None | Some(Kind::None | Kind::Dict(_)) => false,
        Some(Kind::Tuple(parts)) => parts.iter().any(|part| match part.as_symbolic() {
            Some(Symbolic::Call { callee, arguments, .. }) => match callee.as_external() {
                Some(name) if name.last_part() == "UniqueConstraint" => true,
                Some(name) if name.last_part() == "Index" => {
                    arguments.keyword("unique").is_some_and(|value| value.as_bool() != Some(false))
                }
                Some(_) => false,
                None => true,
            },
            _ => !matches!(part.kind(), Kind::Dict(_)),
        }),
        Some(_) => true,
    }
}
