//! Where a project replaces dependencies: `app.dependency_overrides[get_session] = ...`.

use crate::context::Context;
use crate::imported_names::ImportedNames;
use crate::syntax::{any_own_expression, statements};
use fastwright_python::ir::{ArgumentKind, Call, Expr, ExprKind, Stmt, StmtKind};
use fastwright_python::location::{FileId, Location};
use fastwright_python::name::Name;

/// One replaced dependency.
#[derive(Debug)]
pub struct Override<'a> {
    /// The application whose dependencies are replaced, as written.
    pub app: &'a Expr,
    /// The dependency, as written.
    pub key: &'a Expr,
    /// What replaces it, where it is written.
    pub value: Option<&'a Expr>,
    /// The statement.
    pub place: Location,
    /// The function around it; empty at module level.
    pub symbol: &'a str,
    /// Names that the function around it binds or takes: they hide those of the module.
    pub own_names: Vec<Name>,
    /// Whether pytest's `monkeypatch` puts the old state back.
    pub is_restored: bool,
}

/// The replacements in one file.
#[derive(Debug)]
pub struct OverridesOfFile<'a> {
    /// The file.
    pub file: FileId,
    /// What its imported names mean.
    pub names: ImportedNames,
    /// In order.
    pub overrides: Vec<Override<'a>>,
    /// Whether the file also takes replacements back.
    pub restores: bool,
}

/// The files of a project that replace dependencies, or take that back.
pub fn overrides<'a>(context: &Context<'a>) -> Vec<OverridesOfFile<'a>> {
    let analysis = context.analysis;
    let mut found = Vec::new();
    let replaced = Name::from("dependency_overrides");
    for (file, own) in analysis.files.iter() {
        let Some(code) = analysis.codes.get(file.0 as usize) else { continue };
        if !own.first_party || !code.mentions.may_hold(replaced) {
            continue;
        }
        let names = ImportedNames::of(&own.module, code);
        let mut result = OverridesOfFile { file, names, overrides: Vec::new(), restores: false };
        look(&code.body, "", &[], &mut result);
        for function in &code.functions {
            let own_names: Vec<Name> = function.parameters.iter().map(|parameter| parameter.name).collect();
            look(&function.body, &function.qualname, &own_names, &mut result);
        }
        found.push(result);
    }
    found
}

fn look<'a>(body: &'a [Stmt], symbol: &'a str, parameters: &[Name], result: &mut OverridesOfFile<'a>) {
    let mut bound = rustc_hash::FxHashSet::default();
    if !symbol.is_empty() {
        bound.extend(parameters);
        statements(body, &mut |statement| crate::syntax::bound_names(statement, &mut bound));
    }
    let file = result.file;
    statements(body, &mut |statement| {
        let place = Location { file, span: statement.span };
        let mut add = |app: &'a Expr, key: &'a Expr, value: Option<&'a Expr>, is_restored: bool| {
            let own_names = bound.iter().copied().collect();
            result.overrides.push(Override { app, key, value, place, symbol, own_names, is_restored });
        };
        match &statement.kind {
            StmtKind::Assign { targets, value } => {
                for target in targets {
                    if let ExprKind::Subscript(parts) = &target.kind
                        && let Some(app) = overridden_app(&parts.0)
                    {
                        add(app, &parts.1, Some(value), false);
                    }
                    if let Some(app) = overridden_app(target) {
                        match &value.kind {
                            ExprKind::Dict(entries) if !entries.is_empty() => {
                                entries.iter().for_each(|(key, value)| {
                                    if let Some(key) = key {
                                        add(app, key, Some(value), false);
                                    }
                                });
                            }
                            _ => result.restores = true,
                        }
                    }
                }
            }
            StmtKind::Delete(targets) => {
                result.restores |= targets.iter().any(|target| match &target.kind {
                    ExprKind::Subscript(parts) => overridden_app(&parts.0).is_some(),
                    _ => false,
                });
            }
            StmtKind::Expr(Expr { kind: ExprKind::Call(call), .. }) => match called(call) {
                Called::Update(app, entries) => entries.iter().for_each(|(key, value)| {
                    if let Some(key) = key {
                        add(app, key, Some(value), false);
                    }
                }),
                Called::SetItem(app, key, value) => add(app, key, value, true),
                Called::Other => {}
            },
            _ => {}
        }
        // `.clear()`, `.pop(...)`, `patch.dict(app.dependency_overrides, ...)`.
        result.restores |= any_own_expression(statement, &mut |expression| {
            let ExprKind::Call(call) = &expression.kind else { return false };
            match &call.callee.kind {
                ExprKind::Attribute(attribute) => {
                    let (base, method) = attribute.parts();
                    matches!(method.as_str(), "clear" | "pop") && overridden_app(base).is_some()
                        || *method == "dict"
                            && call
                                .arguments
                                .first()
                                .is_some_and(|first| overridden_app(&first.value).is_some())
                }
                _ => false,
            }
        });
    });
}

/// The application of `app.dependency_overrides`.
fn overridden_app(expression: &Expr) -> Option<&Expr> {
    match &expression.kind {
        ExprKind::Attribute(attribute) if attribute.name == "dependency_overrides" => Some(&attribute.base),
        _ => None,
    }
}

enum Called<'a> {
    Update(&'a Expr, &'a [(Option<Expr>, Expr)]),
    SetItem(&'a Expr, &'a Expr, Option<&'a Expr>),
    Other,
}

fn called(call: &Call) -> Called<'_> {
    let Some((base, method)) = call.callee.as_attribute() else { return Called::Other };
    let positional = |at: usize| {
        call.arguments.get(at).filter(|argument| matches!(argument.kind, ArgumentKind::Positional))
    };
    match (method.as_str(), positional(0)) {
        ("update", Some(first)) => match (overridden_app(base), &first.value.kind) {
            (Some(app), ExprKind::Dict(entries)) => Called::Update(app, entries),
            _ => Called::Other,
        },
        ("setitem", Some(first)) => match (overridden_app(&first.value), positional(1)) {
            (Some(app), Some(key)) => {
                Called::SetItem(app, &key.value, positional(2).map(|value| &value.value))
            }
            _ => Called::Other,
        },
        _ => Called::Other,
    }
}
