//! `missing-authentication`: route that anyone may call although its siblings require a signed-in user.

use crate::context::Context;
use crate::finding::{Confidence, Fix, Severity};
use crate::fixes::Source;
use crate::public_by_nature::{is_public_by_nature, resource};
use crate::reporter::{Draft, Reporter, route_method};
use crate::route_list::registered_at;
use crate::wording::{handler_step, short_name};
use crate::wording::{registration_step, route_name};
use fastwright_model::application::{App, GuardKind, Route, RouteKind};
use fastwright_model::assemble::RouteDetail;
use fastwright_python::ir::{Stmt, StmtKind};
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Symbolic, Value};

crate::declare_rule! {
    /// Route that anyone may call although its siblings require a signed-in user.
    MissingAuthentication {
        name: "missing-authentication",
        area: Auth,
        severity: Critical,
        confidence: Likely,
        summary: "route that anyone may call although its siblings require a signed-in user",
        why: "Anyone on the network can call this route; the rest of the application treats the same kind of operation as private.",
        recommendation: "Attach the guard that the neighbouring routes use, best once on the router; keep routes that are public on purpose in `public-routes` with a reason.",
        trade_off: "Callers without credentials are locked out, including scripts that nobody remembers.",
        contract_effect: "401 for callers without credentials",
        cwe: [306, 862],
        owasp: ["API2:2023", "API5:2023"],
        profile: Default,
        page: "auth/missing-authentication.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/", "https://fastapi.tiangolo.com/tutorial/bigger-applications/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    for (app, details) in context.apps() {
        // Middleware that sounds like a guard and was not understood may protect everything.
        let unclear = app.middleware.iter().any(|middleware| {
            let name = middleware.name.to_lowercase();
            name.contains("auth")
                && !name.starts_with("starlette.")
                && !app.routes.iter().any(|route| route.guard.by.contains(&middleware.name))
        });
        if unclear {
            continue;
        }
        let comparable: Vec<&Route> = app
            .routes
            .iter()
            .filter(|route| route.kind == RouteKind::Http && !is_public_by_nature(route))
            .collect();
        for &route in comparable.iter().filter(|route| is_open(context, route)) {
            let neighbour = if writes(route) {
                guarded_write(&comparable, route)
            } else {
                guarded_read(app, &comparable, route)
            };
            let Some((neighbour, reason, confidence)) = neighbour else { continue };
            let number = app.routes.iter().position(|own| std::ptr::eq(own, route));
            if number
                .and_then(|number| details.get(number))
                .is_some_and(|detail| only_redirects(context, detail))
            {
                continue;
            }
            let fix = fix(context, route, neighbour);
            report.report(finding(route, neighbour, &reason, confidence).fix(fix));
        }
    }
}

/// Whether anyone may call a route that is not public by its nature, as far as its code tells, and nobody
/// said that this is meant.
fn is_open(context: &Context<'_>, route: &Route) -> bool {
    if route.function.is_none() {
        return false;
    }
    if context.settings.public_reason(route_method(route), &route.path).is_some() {
        return false;
    }
    let refuses = route.statuses.iter().any(|status| matches!(status, 401 | 403));
    match route.guard.kind {
        // Whoever refuses for reasons that are not understood looks at something, and a dependency that is
        // not followed may be the guard.
        GuardKind::Public => !refuses && route.guard.assumption.is_none(),
        // Refusing some who are known, and nobody who is unknown, is a hole; reading more when one is
        // signed in is a choice.
        GuardKind::Optional => {
            refuses && writes(route) && !route.writes.is_empty() && route.guard.assumption.is_none()
        }
        GuardKind::Required => false,
    }
}

/// Whether all that a handler does is to send callers elsewhere: the route there decides who may call it.
fn only_redirects(context: &Context<'_>, detail: &RouteDetail) -> bool {
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let Some(function) = detail.dependant.as_ref().and_then(|dependant| dependant.function.clone()) else {
        return false;
    };
    let Some(summary) = interpreter.summarize(&function, None) else { return false };
    let redirects = |callee: &Value| {
        callee.as_external().is_some_and(|name| name.ends_with("responses.RedirectResponse"))
    };
    let is_redirect = |value: &Value| matches!(value.as_symbolic(), Some(Symbolic::Call { callee, .. }) if redirects(callee));
    // Who stores something and then redirects, as after a form, does more.
    let does_nothing_else = summary.events.iter().all(|event| match &event.kind {
        EventKind::Call(call) => redirects(&call.callee),
        EventKind::Return(value) => value.alternatives().iter().all(is_redirect),
        EventKind::Condition(_) => true,
        _ => false,
    });
    does_nothing_else && summary.returns.alternatives().iter().any(is_redirect)
}

fn writes(route: &Route) -> bool {
    route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"))
}

type Neighbour<'a> = (&'a Route, String, Confidence);

/// A write that is guarded, when that is the habit of the application.
fn guarded_write<'a>(comparable: &[&'a Route], open: &Route) -> Option<Neighbour<'a>> {
    let others = || comparable.iter().copied().filter(|route| writes(route));
    let guarded = others().filter(|route| route.guard.kind == GuardKind::Required).count();
    let unguarded = others().filter(|route| route.guard.kind != GuardKind::Required).count();
    if guarded == 0 || guarded < unguarded {
        return None;
    }
    let about = resource(&open.path);
    let near =
        others().filter(|route| route.guard.kind == GuardKind::Required && resource(&route.path) == about);
    let same_table = |route: &Route| route.writes.iter().any(|table| open.writes.contains(table));
    let nearest = near.max_by_key(|route| {
        (same_table(route), route.methods == open.methods, std::cmp::Reverse(route.path.len()))
    });
    if let Some(route) = nearest {
        let public_siblings = others()
            .filter(|other| other.guard.kind != GuardKind::Required && resource(&other.path) == about)
            .count();
        let guarded_siblings = others()
            .filter(|other| other.guard.kind == GuardKind::Required && resource(&other.path) == about)
            .count();
        // Half of the writes of a resource without a guard look like a choice.
        if public_siblings <= guarded_siblings {
            return Some((
                route,
                format!("{guarded} other writes are guarded, `{}` among them", route_name(route)),
                Confidence::Likely,
            ));
        }
    }
    let table = others().find(|route| route.guard.kind == GuardKind::Required && same_table(route));
    if let Some(route) = table {
        return Some((
            route,
            format!("`{}` writes the same table and is guarded", route_name(route)),
            Confidence::Likely,
        ));
    }
    // A large application with a habit, and an exception from it that nothing explains.
    if unguarded * 10 <= guarded {
        let route = others().find(|route| route.guard.kind == GuardKind::Required)?;
        return Some((route, format!("{guarded} other writes are guarded"), Confidence::Possible));
    }
    None
}

/// A read of the same data that is guarded, when all other reads of that data are.
fn guarded_read<'a>(app: &App, comparable: &[&'a Route], open: &Route) -> Option<Neighbour<'a>> {
    for table in &open.reads {
        let reading = || {
            comparable
                .iter()
                .copied()
                .filter(|route| !writes(route) && route.reads.contains(table) && !std::ptr::eq(*route, open))
        };
        let guarded = reading().filter(|route| route.guard.kind == GuardKind::Required).count();
        if guarded < 2 || reading().any(|route| route.guard.kind != GuardKind::Required) {
            continue;
        }
        // Guards that look people up read their table on every route.
        if app
            .routes
            .iter()
            .filter(|route| route.guard.kind == GuardKind::Required)
            .all(|route| route.reads.contains(table))
        {
            continue;
        }
        let about = resource(&open.path);
        let near = reading().find(|route| resource(&route.path) == about)?;
        return Some((
            near,
            format!("all {guarded} other routes that read `{table}` are guarded"),
            Confidence::Likely,
        ));
    }
    None
}

fn finding(open: &Route, neighbour: &Route, reason: &str, confidence: Confidence) -> Draft {
    let title = route_name(open);
    let optional = open.guard.kind == GuardKind::Optional;
    let message = if optional {
        format!(
            "`{title}` lets visitors who are not signed in write `{}`: it only refuses callers that it knows, and {reason}",
            open.writes.join("`, `")
        )
    } else {
        format!("`{title}` has no guard: {reason}")
    };
    let severity = match (&open.conditional, writes(open), open.writes.is_empty()) {
        (Some(_), _, _) => Severity::Info,
        (None, true, false) => Severity::Critical,
        (None, _, _) => Severity::High,
    };
    let guard =
        neighbour.guard.by.iter().rev().find(|by| !by.starts_with("fastapi.")).or(neighbour.guard.by.first());
    let mut draft = Draft::new(open.location, short_name(&open.handler), message)
        .severity(severity)
        .confidence(confidence)
        .route(open)
        .evidence_chain(registration_step(open))
        .evidence_chain(
            open.registration
                .iter()
                .skip(1)
                .map(|(note, place)| (format!("its router is {note} without a guard"), *place)),
        )
        .evidence_chain([handler_step(open)])
        .evidence_chain(open.guard.evidence.iter().cloned())
        .evidence_chain([(
            format!("`{}` does the like behind a guard", route_name(neighbour)),
            neighbour.location,
        )])
        .evidence_chain(neighbour.guard.evidence.iter().take(1).cloned());
    if let Some(guard) = guard {
        draft = draft
            .recommendation(format!(
                "Attach `{}`, which guards `{}`, here or on the router.",
                short_name(guard),
                route_name(neighbour)
            ))
            .example(format!("dependencies=[Depends({})]", short_name(guard)));
    }
    draft
}

/// The guard of the neighbour as a dependency of the route, where it is one function of the project.
fn fix(context: &Context<'_>, open: &Route, neighbour: &Route) -> Option<Fix> {
    let [guard] = neighbour.guard.by.as_slice() else { return None };
    let (module, name) = guard.split_once(':')?;
    if open.guard.kind != GuardKind::Public || name.contains(['.', '<', '(']) {
        return None;
    }
    let place = registered_at(open);
    let source = Source::of(context, place.file)?;
    let file = context.analysis.files.get(place.file);
    let defined = |statement: &Stmt| matches!(&statement.kind, StmtKind::Function(own) if own.name == name);
    let (guard, imports) = if file.module == module {
        let own = source.module.body.iter().find(|statement| defined(statement))?;
        (own.span.end < place.span.start).then(|| (name.to_owned(), Vec::new()))?
    } else {
        let theirs = context.analysis.files.iter().find(|(_, theirs)| theirs.module == module)?;
        let code = context.analysis.codes.get(theirs.0.0 as usize)?;
        if !theirs.1.first_party || !code.body.iter().any(defined) {
            return None;
        }
        let last = file.module.rsplit('.').next().unwrap_or_default();
        // The guard must not import what it would be imported by.
        if code.imports.iter().any(|import| import.module.rsplit('.').next() == Some(last)) {
            return None;
        }
        source.import(module, Some(name))?
    };
    let (depends, more) = source.import("fastapi", Some("Depends"))?;
    let (expression, _) = source.call(place.span)?;
    let edit = source.add_keyword(expression, &format!("dependencies=[{depends}({guard})]"))?;
    let changes = format!("visitors are refused by `{name}`");
    Some(
        Fix::changes_contract(
            format!("let `{name}` guard the route, as it guards `{}`", route_name(neighbour)),
            changes,
        )
        .edit(edit)
        .imports(place.file, imports)
        .imports(place.file, more),
    )
}
