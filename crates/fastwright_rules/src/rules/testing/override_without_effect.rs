//! `override-without-effect`: replaced dependency that no route depends on.

use crate::context::Context;
use crate::dependency_overrides::{Override, OverridesOfFile, overrides};
use crate::finding::Confidence;
use crate::reporter::{Draft, Reporter};
use crate::run_once::runs_once;
use crate::syntax::any_statement;
use fastwright_model::dependant::Dependant;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{Expr, ExprKind, FunctionDef, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::SummaryKey;
use fastwright_python::value::{FunctionValue, Kind, ModuleId, Value};
use rustc_hash::{FxHashMap, FxHashSet};

crate::declare_rule! {
    /// Replaced dependency that no route depends on.
    OverrideWithoutEffect {
        name: "override-without-effect",
        area: Testing,
        severity: Medium,
        confidence: Likely,
        summary: "replaced dependency that no route depends on",
        why: "FastAPI looks overrides up by the very object that stands in `Depends()`. The test runs against the real dependency: the real database, settings or service.",
        recommendation: "Override the callable that the routes depend on; what is called as a plain function has to be patched, or become a dependency.",
        trade_off: "None.",
        contract_effect: "none",
        cwe: [561],
        owasp: [],
        profile: Default,
        page: "testing/override-without-effect.md",
        references: ["https://fastapi.tiangolo.com/advanced/testing-dependencies/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let files = overrides(context);
    if files.iter().all(|file| file.overrides.is_empty()) {
        return;
    }
    let graph = context.call_graph();
    let known = Known::of(context);
    for file in &files {
        for replaced in &file.overrides {
            let text = |expression: &Expr| context.analysis.files.get(file.file).slice(expression.span);
            let place = Location { file: file.file, span: replaced.key.span };
            let symbol = if replaced.symbol.is_empty() { "dependency_overrides" } else { replaced.symbol };
            let draft = Draft::new(place, symbol, "").discriminator(text(replaced.key));
            if let ExprKind::Call(call) = &replaced.key.kind {
                let Some(maker) = known.value(context, file, replaced, &call.callee) else { continue };
                let (what, at) = match maker.kind() {
                    Kind::Function(function) if makes_new_function(&function.definition) => (
                        format!("`{}` makes another function with each call", function.definition.name),
                        place_of(function),
                    ),
                    Kind::External(name) if *name == "fastapi.Depends" || *name == "fastapi.Security" => {
                        ("an override is looked up by the callable inside of `Depends()`".to_owned(), place)
                    }
                    _ => continue,
                };
                report.report(
                    draft
                        .confidence(Confidence::Certain)
                        .message(format!(
                            "the override of `{}` has no effect: no route depends on this very object",
                            text(replaced.key)
                        ))
                        .evidence("the key is made here", place)
                        .evidence(what, at),
                );
                continue;
            }
            let replaced_by = known.value(context, file, replaced, replaced.key);
            let Some(Kind::Function(function)) = replaced_by.as_ref().map(Value::kind) else {
                continue;
            };
            let own = context.analysis.files.get(function.id.file);
            if !own.first_party
                || known.dependencies.contains(&function.id)
                || known.is_named_as_dependency(context, &function.definition.name)
            {
                continue;
            }
            let name = function.definition.name;
            let key = SummaryKey { function: function.serial, receiver: None };
            let call = graph.of_function(key).and_then(|node| graph.callers(node).next().copied());
            let mut draft = draft
                .message(format!("the override of `{name}` has no effect: no route depends on `{name}`"))
                .evidence(format!("`{name}` is replaced here"), place)
                .evidence(format!("no `Depends()` of the project names `{name}`"), place_of(function));
            if let Some(call) = call {
                draft = draft.confidence(Confidence::Certain).evidence(
                    "it is called as a plain function, which no override changes".to_owned(),
                    call.site,
                );
            }
            report.report(draft);
        }
    }
}

fn place_of(function: &FunctionValue) -> Location {
    Location { file: function.id.file, span: function.definition.name_span }
}

/// Whether a function gives back a function that it defines, another one each time.
fn makes_new_function(definition: &FunctionDef) -> bool {
    let mut inner = FxHashSet::default();
    any_statement(&definition.body, &mut |statement| {
        if let StmtKind::Function(function) = &statement.kind {
            inner.insert(function.name);
        }
        false
    });
    !runs_once(definition)
        && any_statement(&definition.body, &mut |statement| match &statement.kind {
            StmtKind::Return(Some(value)) => match &value.kind {
                ExprKind::Name(name) => inner.contains(name),
                ExprKind::Lambda(_) => true,
                _ => false,
            },
            _ => false,
        })
}

/// What is known of the dependencies of the project.
struct Known {
    /// Functions that routes depend on.
    dependencies: FxHashSet<fastwright_python::program::FunctionId>,
    modules: FxHashMap<Name, ModuleId>,
}

impl Known {
    fn of(context: &Context<'_>) -> Self {
        let details = context.analysis.details.iter().flatten();
        let dependants = details.filter_map(|detail| detail.dependant.as_ref()).flat_map(Dependant::walk);
        let dependencies = dependants.filter_map(|part| Some(part.function.as_ref()?.id)).collect();
        let interpreter = context.analysis.interpreter.borrow();
        let modules = interpreter.modules().map(|(id, module)| (module.name, id)).collect();
        Self { dependencies, modules }
    }

    /// What an expression of a file means, if it is something that a module of the program holds.
    fn value(
        &self,
        context: &Context<'_>,
        file: &OverridesOfFile<'_>,
        replaced: &Override<'_>,
        expression: &Expr,
    ) -> Option<Value> {
        if let ExprKind::Name(name) = &expression.kind
            && replaced.own_names.contains(name)
        {
            return None;
        }
        let meaning = file.names.meaning(expression)?;
        if matches!(meaning.as_str(), "fastapi.Depends" | "fastapi.Security") {
            return Some(Value::external(&meaning));
        }
        let (module, name) = meaning.rsplit_once('.')?;
        let interpreter: &Interpreter<'_> = &context.analysis.interpreter.borrow();
        let module = interpreter.module(*self.modules.get(&Name::new(module))?);
        interpreter.scope(module.scope).names.get(&Name::new(name)).cloned()
    }

    /// Whether some file writes `Depends(...)` around this name: routes that are not known may depend on it.
    fn is_named_as_dependency(&self, context: &Context<'_>, name: &str) -> bool {
        context.analysis.files.iter().any(|(_, file)| {
            file.first_party
                && ["Depends(", "Security("].iter().any(|marker| {
                    memchr::memmem::find_iter(file.text.as_bytes(), marker).any(|at| {
                        let rest = &file.text[at + marker.len()..];
                        let first = rest.split([')', ',', '(']).next().unwrap_or_default().trim();
                        let last = first.rsplit(['.', '=']).next().unwrap_or_default().trim();
                        last == name
                    })
                })
        })
    }
}
