//! Fixes that several rules make in the same way.

use crate::context::Context;
use crate::finding::{Edit, Fix};
use crate::fixes::Source;
use crate::fixes::arguments::keyword;
use crate::fixes::find::reason_phrase;
use crate::syntax::{any_expression, any_within};
use fastwright_model::application::Route;
use fastwright_python::ir::{ArgumentKind, Expr, ExprKind, FunctionDef, StmtKind};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use rustc_hash::FxHashSet;

/// A fix with a keyword argument, such as `timeout=10`, added to the call at a place.
pub fn with_keyword(context: &Context<'_>, place: Location, argument: &str, fix: Fix) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let (expression, _) = source.call(place.span)?;
    Some(fix.edit(source.add_keyword(expression, argument)?))
}

/// A fix that gives a keyword argument of the call at a place another value, or adds it.
pub fn with_value(context: &Context<'_>, place: Location, name: &str, value: &str, fix: Fix) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let (expression, call) = source.call(place.span)?;
    let edit = match keyword(call, name) {
        Some(argument) => {
            (!source.has_comment(argument.value.span)).then(|| source.replace(argument.value.span, value))?
        }
        None => source.add_keyword(expression, &format!("{name}={value}"))?,
    };
    Some(fix.edit(edit))
}

/// A fix that gives a keyword argument of the call at a place another name.
pub fn with_renamed(context: &Context<'_>, place: Location, old: &str, new: &str, fix: Fix) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let (_, call) = source.call(place.span)?;
    if keyword(call, new).is_some() {
        return None;
    }
    let start = keyword(call, old)?.span.start;
    Some(fix.edit(source.replace(Span::new(start, start + old.len() as u32), new)))
}

/// A fix without a keyword argument of the call at a place.
pub fn without_keyword(context: &Context<'_>, place: Location, name: &str, fix: Fix) -> Option<Fix> {
    let source = Source::of(context, place.file)?;
    let (_, call) = source.call(place.span)?;
    let index = call
        .arguments
        .iter()
        .position(|argument| matches!(argument.kind, ArgumentKind::Keyword(own) if own == name))?;
    Some(fix.edit(source.without_argument(&call.arguments, index)?))
}

/// The edit that makes a function a coroutine function.
pub fn coroutine_edit(source: &Source<'_>, function: &FunctionDef) -> Option<Edit> {
    if function.is_async {
        return None;
    }
    let head = Span::new(function.span.start, function.name_span.start);
    let at = source.slice(head).rfind("def")? as u32;
    Some(source.insert(head.start + at, "async "))
}

/// Whether code of the project, tests included, calls a function by its name: making it a coroutine function, or a
/// plain one, would break that.
pub fn is_called_by_name(context: &Context<'_>, name: Name) -> bool {
    context.called_names().contains(&name)
}

/// The last names of everything that is called.
pub(crate) fn called_names(context: &Context<'_>) -> FxHashSet<Name> {
    let mut found = FxHashSet::default();
    let mut take = |expression: &Expr| {
        if let ExprKind::Call(call) = &expression.kind
            && let Some(name) = call.callee.last_name()
        {
            found.insert(name);
        }
        false
    };
    for code in &context.analysis.codes {
        let functions = code.functions.iter().map(|function| &*function.body);
        let classes = code.classes.iter().map(|class| &*class.body);
        for body in std::iter::once(&*code.body).chain(functions).chain(classes) {
            any_expression(body, &mut take);
        }
    }
    found
}

/// Adds statuses to `responses=` of the decorator or call that registers a route.
pub fn with_responses(context: &Context<'_>, route: &Route, statuses: &[u16], fix: Fix) -> Option<Fix> {
    let place = crate::route_list::registered_at(route);
    let source = Source::of(context, place.file)?;
    let (expression, call) = source.call(place.span)?;
    let entry = |status: &u16| format!("{status}: {{\"description\": \"{}\"}}", reason_phrase(*status));
    let entries: Vec<String> = statuses.iter().map(entry).collect();
    let entries = entries.join(", ");
    let edit = match keyword(call, "responses") {
        None => source.add_keyword(expression, &format!("responses={{{entries}}}"))?,
        Some(argument) => match &argument.value.kind {
            ExprKind::Dict(known) => {
                let close = Span::new(argument.value.span.end - 1, argument.value.span.end);
                let before = source.code_before(close.start)?;
                let text = if known.is_empty() || source.slice(before.span) == "," {
                    entries
                } else {
                    format!(", {entries}")
                };
                source.insert(before.span.end, if text == "," { String::new() } else { text })
            }
            _ => return None,
        },
    };
    Some(fix.edit(edit))
}

/// The place of the `Depends(...)` that attaches a dependency: in a parameter, its annotation or default, or in an
/// alias that the annotation names.
pub fn depends_call(context: &Context<'_>, attached: Location, dependency: &str) -> Option<Location> {
    let depends_on = |expression: &Expr| match &expression.kind {
        ExprKind::Call(call) => {
            let callee = call.callee.dotted_name().unwrap_or_default();
            let first = call.arguments.first().map(|argument| &argument.value);
            let names = first.and_then(Expr::dotted_name).unwrap_or_default();
            matches!(callee.rsplit('.').next(), Some("Depends" | "Security"))
                && names.rsplit('.').next() == Some(dependency)
        }
        _ => false,
    };
    let look = |file: FileId, within: Option<Span>| -> Vec<Location> {
        let Some(source) = Source::of(context, file) else { return Vec::new() };
        let mut found = Vec::new();
        let inside = |span: Span| within.is_none_or(|around| crate::syntax::encloses(around, span));
        let mut take = |expression: &Expr| {
            if depends_on(expression) && inside(expression.span) {
                found.push(source.at(expression.span));
            }
            false
        };
        for function in &source.module.functions {
            let parameters = function
                .parameters
                .iter()
                .flat_map(|parameter| parameter.annotation.as_deref().into_iter().chain(&parameter.default));
            for part in parameters.chain(&*function.decorators) {
                any_within(part, &mut take);
            }
        }
        for statement in &*source.module.body {
            if let StmtKind::Assign { value, .. } | StmtKind::Expr(value) = &statement.kind {
                any_within(value, &mut take);
            }
        }
        found
    };
    if let [only] = look(attached.file, Some(attached.span)).as_slice() {
        return Some(*only);
    }
    // The alias, which may stand in another file; one place in the whole project, or none is chosen.
    let all: Vec<Location> = context.analysis.files.iter().flat_map(|(file, _)| look(file, None)).collect();
    match all.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// `selectinload(Class.relation)` for the `select(Class)` at a place.
pub fn with_eager_loading(
    context: &Context<'_>,
    query: Location,
    class: &str,
    relation: &str,
) -> Option<Fix> {
    let source = Source::of(context, query.file)?;
    let mut selects = Vec::new();
    let statement = source.statement(query.span)?;
    crate::syntax::any_own_expression(statement, &mut |expression| {
        any_within(expression, &mut |part| {
            if let ExprKind::Call(call) = &part.kind
                && matches!(&call.callee.kind, ExprKind::Name(name) if *name == "select")
                && matches!(&*call.arguments, [only] if matches!(only.value.kind, ExprKind::Name(name) if name == class))
                && !selects.contains(&part.span)
            {
                selects.push(part.span);
            }
            false
        })
    });
    let [select] = selects.as_slice() else { return None };
    let (loader, imports) = source.import("sqlalchemy.orm", Some("selectinload"))?;
    Some(
        Fix::needs_review(format!("load `{relation}` with the rows"))
            .edit(source.insert(select.end, format!(".options({loader}({class}.{relation}))")))
            .imports(query.file, imports),
    )
}

/// The edit of a text that is written as one literal without a prefix: the text between its quotes.
pub fn text_edit(source: &Source<'_>, literal: &Expr, new: &str) -> Option<Edit> {
    let ExprKind::Str(_) = &literal.kind else { return None };
    let written = source.slice(literal.span);
    let quote = written.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    if written.len() < 2 || written[1..written.len() - 1].contains([quote, '\\', '\n']) || new.contains(quote)
    {
        return None;
    }
    Some(source.replace(Span::new(literal.span.start + 1, literal.span.end - 1), new))
}
