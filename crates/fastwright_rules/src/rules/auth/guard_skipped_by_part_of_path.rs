//! `guard-skipped-by-part-of-path`: middleware that lets every request in whose address holds a certain text.

use crate::call_graph::MiddlewareFunction;
use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{any_own_expression, any_statement, any_within};
use crate::wording::{registration_step, route_name};
use fastwright_model::application::{GuardKind, ParameterPlace, Route};
use fastwright_python::ir::{Comparison, Expr, ExprKind, FunctionDef, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;

crate::declare_rule! {
    /// Middleware that lets every request in whose address holds a certain text.
    GuardSkippedByPartOfPath {
        name: "guard-skipped-by-part-of-path",
        area: Auth,
        severity: High,
        confidence: Likely,
        summary: "middleware that lets every request in whose address holds a certain text",
        why: "The client writes the address: a path parameter or the query that holds the text opens routes that are meant to be guarded.",
        recommendation: "Compare whole paths with a set of those that are open, or guard with a dependency and leave it out where a route is open.",
        trade_off: "Each open path has to be named.",
        contract_effect: "401 for addresses that only hold the text",
        cwe: [287, 863],
        owasp: ["API2:2023", "API5:2023"],
        profile: Default,
        page: "auth/guard-skipped-by-part-of-path.md",
        references: ["https://cwe.mitre.org/data/definitions/288.html"],
        check: check,
    }
}

/// A test that a client can make hold.
struct Test<'s> {
    span: Span,
    /// The text that is looked for, where it is written in the test.
    text: Option<&'s str>,
    /// Whether the query counts as well: `str(request.url)`.
    of_whole_address: bool,
    /// Whether the text has to stand at the end.
    at_end: bool,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let graph = context.call_graph();
    for MiddlewareFunction { node, site } in &graph.middleware {
        let function = &graph.nodes[*node].summary.function;
        let definition = &function.definition;
        let Some(rest) = definition.parameters.last().map(|parameter| parameter.name) else { continue };
        if definition.name == "__call__" {
            continue;
        }
        let guards = |route: &Route| {
            route.guard.kind == GuardKind::Required
                && route.guard.evidence.iter().any(|(_, place)| place == site)
        };
        let guarded: Vec<&Route> =
            context.apps().flat_map(|(app, _)| &app.routes).filter(|route| guards(route)).collect();
        for test in skipping_tests(definition, rest) {
            let Some(open) = guarded.iter().find(|route| can_hold(route, &test)) else { continue };
            let at = |span| Location { file: function.id.file, span };
            let looked_for = test.text.map_or_else(|| "a text".to_owned(), |text| format!("`{text}`"));
            let by = if test.of_whole_address { "with it in the query" } else { "with it in the path" };
            report.report(
                Draft::new(
                    at(test.span),
                    definition.qualname.as_str(),
                    format!(
                        "`{}` lets everybody in {by}: {looked_for} anywhere in the address is enough",
                        definition.qualname
                    ),
                )
                .route(open)
                .discriminator(test.text.unwrap_or_default())
                .evidence("this middleware is the guard", *site)
                .evidence("what it finds here lets the request in unguarded", at(test.span))
                .evidence_chain(registration_step(open))
                .evidence(format!("`{}` can be asked for {by}", route_name(open)), open.location)
                .example("if request.url.path in OPEN_PATHS:"),
            );
            break;
        }
    }
}

/// The tests of a middleware that decide by a part of the address, where it then runs the rest of the application.
fn skipping_tests<'s>(definition: &'s FunctionDef, rest: Name) -> Vec<Test<'s>> {
    let mut found = Vec::new();
    let passes_on = |body: &[Stmt]| {
        any_statement(body, &mut |statement| {
            matches!(statement.kind, StmtKind::Return(Some(_)))
                && any_own_expression(statement, &mut |expression| match &expression.kind {
                    ExprKind::Call(call) => {
                        matches!(&call.callee.kind, ExprKind::Name(name) if *name == rest)
                    }
                    _ => false,
                })
        })
    };
    let _ = any_statement(&definition.body, &mut |statement| {
        if let StmtKind::If { test, body, .. } = &statement.kind
            && passes_on(body)
        {
            let _ = any_within(test, &mut |part| {
                found.extend(part_of_address(part));
                false
            });
        }
        false
    });
    found
}

/// A test that asks whether an address holds a text, or ends in one.
fn part_of_address(expression: &Expr) -> Option<Test<'_>> {
    match &expression.kind {
        ExprKind::Compare(comparisons) => {
            let [(Comparison::In, right)] = &*comparisons.rest else { return None };
            let of_whole_address = address(right)?;
            let text = match &comparisons.first.kind {
                ExprKind::Str(text) => Some(&**text),
                ExprKind::Name(_) => None,
                _ => return None,
            };
            Some(Test { span: expression.span, text, of_whole_address, at_end: false })
        }
        ExprKind::Call(call) => {
            let (base, method) = call.callee.as_attribute()?;
            let [argument] = &*call.arguments else { return None };
            let ExprKind::Str(text) = &argument.value.kind else { return None };
            if *method != "endswith" {
                return None;
            }
            Some(Test {
                span: expression.span,
                text: Some(text),
                of_whole_address: address(base)?,
                at_end: true,
            })
        }
        _ => None,
    }
}

/// Whether an expression is the path of the request; with the query, where it is the whole address.
fn address(expression: &Expr) -> Option<bool> {
    match &expression.kind {
        ExprKind::Name(name) => (*name == "path").then_some(false),
        ExprKind::Attribute(attribute) => {
            let (base, name) = attribute.parts();
            let of_address = base.dotted_name().is_some_and(|name| name.ends_with(".url"));
            (*name == "path" && of_address).then_some(false)
        }
        ExprKind::Call(call) => {
            let [argument] = &*call.arguments else {
                // `request.url.path.lower()`
                let (base, method) = call.callee.as_attribute()?;
                return matches!(method.as_str(), "lower" | "rstrip" | "strip").then(|| address(base))?;
            };
            let is_text = matches!(&call.callee.kind, ExprKind::Name(name) if *name == "str");
            let whole = argument.value.dotted_name().is_some_and(|name| name.ends_with(".url"));
            (is_text && whole).then_some(true)
        }
        _ => None,
    }
}

/// Whether a client can ask for a route with an address that passes a test, though the route's own path does not.
fn can_hold(route: &Route, test: &Test<'_>) -> bool {
    if test.of_whole_address {
        return true;
    }
    let free = |part: &str| {
        let name = part.trim_start_matches('{').trim_end_matches('}');
        let (name, takes_slashes) = match name.split_once(':') {
            Some((name, converter)) => (name, converter == "path"),
            None => (name, false),
        };
        let is_text = route.parameters.iter().any(|parameter| {
            parameter.place == ParameterPlace::Path
                && parameter.alias == name
                && parameter.annotation == "str"
        });
        let needs_slash = test.text.is_some_and(|text| text.trim_start_matches('/').contains('/'));
        is_text && (takes_slashes || !needs_slash)
    };
    let parts: Vec<&str> =
        route.path.split('/').filter(|part| part.starts_with('{') && part.ends_with('}')).collect();
    if test.at_end {
        return route.path.ends_with('}') && parts.last().is_some_and(|part| free(part));
    }
    parts.into_iter().any(free)
}
