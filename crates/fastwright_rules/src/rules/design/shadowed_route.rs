//! `shadowed-route`: route that an earlier one answers instead.

use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::path_shape::PathShape;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{handler_name, registered_at, registration_steps, source, title};
use crate::syntax;
use fastwright_model::analysis::Analysis;
use fastwright_model::application::{ParameterPlace, Route, RouteKind};
use fastwright_model::assemble::RouteDetail;
use fastwright_model::dependant::type_text;
use fastwright_python::ir::{FunctionDef, StmtKind};
use fastwright_python::location::Span;
use fastwright_python::tokens::TokenKind;
use rustc_hash::{FxHashMap, FxHashSet};

crate::declare_rule! {
    /// Route that an earlier one answers instead.
    ShadowedRoute {
        name: "shadowed-route",
        area: Design,
        severity: High,
        confidence: Certain,
        summary: "route that an earlier one answers instead",
        why: "The handler is never called: the earlier route takes its requests, or refuses them with 422.",
        recommendation: "Register the fixed path before the one with a parameter.",
        trade_off: "The other handler answers for that path from then on.",
        contract_effect: "the intended handler answers",
        cwe: [561],
        owasp: [],
        profile: Default,
        page: "design/shadowed-route.md",
        references: ["https://fastapi.tiangolo.com/tutorial/path-params/#order-matters"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    for (app, details) in context.apps() {
        let shapes: Vec<PathShape> = app.routes.iter().map(|route| PathShape::new(&route.path)).collect();
        // Only patterns and mounts can take another's place, and only where their fixed start is its start.
        let mut takers: Vec<(usize, PathShape)> = Vec::new();
        let mut by_start: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        let mut near: Vec<usize> = Vec::new();
        for (index, route) in app.routes.iter().enumerate() {
            if matches!(route.kind, RouteKind::Http | RouteKind::WebSocket) {
                near.clear();
                near.extend(starts(&route.path).filter_map(|start| by_start.get(start)).flatten());
                near.sort_unstable();
                let found = near.iter().map(|taker| &takers[*taker]).find(|(earlier, shape)| {
                    hides(
                        &app.routes[*earlier],
                        &details[*earlier],
                        shape,
                        route,
                        &details[index],
                        &shapes[index],
                    )
                });
                if let Some((earlier, shape)) = found {
                    let hidden = Hidden {
                        route,
                        shape: &shapes[index],
                        earlier: &app.routes[*earlier],
                        earlier_detail: &details[*earlier],
                        earlier_shape: shape,
                    };
                    report.report(hidden.draft(context.analysis).fix(hidden.fix(context)));
                }
            }
            let shape = match route.kind {
                RouteKind::Mount => PathShape::below(&route.path),
                RouteKind::Http | RouteKind::WebSocket if route.path.contains('{') => shapes[index].clone(),
                _ => continue,
            };
            by_start.entry(fixed_start(&route.path)).or_default().push(takers.len());
            takers.push((index, shape));
        }
    }
}

fn hides(
    earlier: &Route,
    earlier_detail: &RouteDetail,
    shape: &PathShape,
    route: &Route,
    detail: &RouteDetail,
    route_shape: &PathShape,
) -> bool {
    let takes = match earlier.kind {
        // What is registered inside the mount is behind it on purpose.
        RouteKind::Mount => {
            let mount = registered_at(earlier);
            !route.registration.iter().any(|(_, location)| *location == mount)
        }
        kind => {
            kind == route.kind
                && shape != route_shape
                && !earlier_detail.flat.endpoint.same(&detail.flat.endpoint)
                && route
                    .methods
                    .iter()
                    .filter(|method| *method != "HEAD")
                    .all(|method| earlier.methods.contains(method))
        }
    };
    takes && exists_with(earlier, route) && shape.covers(route_shape)
}

/// The segments of a path before the first with a parameter.
fn fixed_start(path: &str) -> &str {
    let path = path.strip_prefix('/').unwrap_or(path).trim_end_matches('/');
    match path.find('{') {
        Some(parameter) => path[..parameter].rfind('/').map_or("", |end| &path[..end]),
        None => path,
    }
}

/// A path by its first segments: none, one, and so on.
fn starts(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    std::iter::once(0).chain(ends).chain((!path.is_empty()).then_some(path.len())).map(|end| &path[..end])
}

/// Whether an earlier route exists whenever the later one does, as far as conditions say.
pub(super) fn exists_with(earlier: &Route, later: &Route) -> bool {
    match &earlier.conditional {
        None => true,
        Some(condition) => later.conditional.as_ref() == Some(condition),
    }
}

struct Hidden<'a> {
    route: &'a Route,
    shape: &'a PathShape,
    earlier: &'a Route,
    earlier_detail: &'a RouteDetail,
    earlier_shape: &'a PathShape,
}

impl Hidden<'_> {
    fn draft(&self, analysis: &Analysis) -> Draft {
        let (route, earlier) = (self.route, self.earlier);
        let name = title(route);
        let (by, steps) = match earlier.kind {
            RouteKind::Mount => {
                let steps = earlier.registration.iter().map(|(_, location)| {
                    (
                        format!(
                            "everything below `{}` belongs to the mounted application",
                            mount_path(earlier)
                        ),
                        *location,
                    )
                });
                (format!("the application mounted at `{}`", mount_path(earlier)), steps.collect::<Vec<_>>())
            }
            _ => (format!("`{}`", title(earlier)), registration_steps(earlier).collect()),
        };
        let mut draft = Draft::new(
            registered_at(route),
            handler_name(route),
            format!(
                "`{name}` can't be reached: {by} is registered before it and matches each of its requests"
            ),
        )
        .route(route)
        .discriminator(earlier.path.clone())
        .evidence_chain(steps)
        .evidence_chain(registration_steps(route));
        if let Some(why) = self.refusal(analysis) {
            draft = draft.why(why);
        }
        if let Some(example) = order(analysis, earlier, route) {
            draft = draft.example(example);
        }
        draft
    }

    /// The function with its decorators in front of the one that takes its requests, where both stand in one file.
    fn fix(&self, context: &Context<'_>) -> Option<Fix> {
        if self.earlier.location.file != self.route.location.file || self.earlier.kind == RouteKind::Mount {
            return None;
        }
        let source = Source::of(context, self.route.location.file)?;
        let own = source.function(self.route.location.span)?;
        let other = source.function(self.earlier.location.span)?;
        let statement = |function: &FunctionDef| {
            source.module.body.iter().position(
                |statement| matches!(&statement.kind, StmtKind::Function(known) if known.span == function.span),
            )
        };
        let (from, to) = (statement(own)?, statement(other)?);
        // Registered by their decorators, in this order; nothing between is needed to define it.
        let mut bound = FxHashSet::default();
        for between in source.module.body.get(to..from)? {
            syntax::bound_names(between, &mut bound);
            if let StmtKind::Function(function) = &between.kind {
                bound.insert(function.name);
            }
            if let StmtKind::Class(class) = &between.kind {
                bound.insert(class.name);
            }
        }
        let head = Span::new(own.span.start, own.body.first()?.span.start);
        let needs = source.tokens_in(head).iter().any(|token| {
            let text = source.slice(token.span);
            token.kind == TokenKind::Name && bound.iter().any(|name| name.as_str() == text)
        });
        if needs || own.decorators.is_empty() || !source.stands_alone(own.span) {
            return None;
        }
        let lines = source.lines_with_comments(own.span);
        let before = source.lines_with_comments(other.span);
        let text = source.slice(lines).trim_end().to_owned();
        // The empty lines in front of it go with it.
        let start = source.text[..lines.start as usize].trim_end().len() as u32;
        let start = source.line_end(start);
        Some(
            Fix::changes_contract(
                format!("register it before `{}`", title(self.earlier)),
                format!("`{}` answers its own requests", title(self.route)),
            )
            .edit(source.replace(Span::new(start, lines.end), ""))
            .edit(source.insert(before.start, format!("{text}\n\n\n"))),
        )
    }

    /// What callers get, where the type of the parameter refuses the fixed text.
    fn refusal(&self, analysis: &Analysis) -> Option<String> {
        let (index, text) = self.earlier_shape.first_taken(self.shape)?;
        let parameter = self.earlier.path.split('/').skip(1).nth(index)?.trim_matches(['{', '}']);
        let parameter = parameter.split(':').next()?;
        let dependant = self.earlier_detail.dependant.as_ref()?;
        let declared = dependant
            .walk()
            .into_iter()
            .flat_map(|node| &node.parameters)
            .find(|declared| declared.place == ParameterPlace::Path && declared.alias == parameter)?;
        let kind = type_text(&mut analysis.interpreter.borrow_mut(), declared.annotation.as_ref()?);
        let handler = handler_name(self.route);
        Some(match kind.as_str() {
            "int" | "float" | "UUID" | "UUID4" => format!(
                "Callers get 422, because `{text}` is no `{kind}` for `{parameter}` of `{}`; `{handler}` is never called.",
                handler_name(self.earlier)
            ),
            _ => format!(
                "`{}` answers with `{parameter}` set to `{text}`; `{handler}` is never called.",
                handler_name(self.earlier)
            ),
        })
    }
}

/// The path of a mount as people write it.
fn mount_path(route: &Route) -> &str {
    if route.path.is_empty() { "/" } else { &route.path }
}

/// The two lines that decide the order, the other way around.
fn order(analysis: &Analysis, earlier: &Route, later: &Route) -> Option<String> {
    let outside =
        |route: &Route| route.registration.iter().rev().map(|(_, place)| *place).collect::<Vec<_>>();
    let (first, second) = (outside(earlier), outside(later));
    let (before, after) = first.iter().zip(&second).find(|(one, other)| one != other)?;
    if before.file != after.file {
        return None;
    }
    let text = |place| {
        let text = source(analysis, place).trim();
        let is_decorator =
            !text.contains("include_router") && !text.contains(".mount(") && !text.contains("add_");
        if is_decorator { format!("@{text}\n...") } else { text.to_owned() }
    };
    Some(format!("{}\n{}", text(*after), text(*before)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taker_is_found_by_its_fixed_start() {
        for (path, start) in [
            ("/users/{user_id}", "users"),
            ("/{path:path}", ""),
            ("/api/v1/files{suffix}/x", "api/v1"),
            ("/static", "static"),
            ("/static/", "static"),
            ("/", ""),
            ("", ""),
        ] {
            assert_eq!(fixed_start(path), start, "{path}");
        }
        assert_eq!(starts("/api/users/me").collect::<Vec<_>>(), ["", "api", "api/users", "api/users/me"]);
        assert_eq!(starts("/").collect::<Vec<_>>(), [""]);
        assert_eq!(starts("//a").collect::<Vec<_>>(), ["", "/a"]);
    }
}
