//! A small program, evaluated, and a context to ask about it.

#![allow(dead_code, reason = "each test uses a part")]

use fastwright_contract::{Context, Versions};
use fastwright_model::analysis::{AnalysisOptions, NEWEST_FASTAPI, analyse_tree, with_large_stack};
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::source::MemoryTree;
use fastwright_python::value::Value;
use std::path::Path;
use std::sync::Arc;

/// The globals of `main.py`, and what else is known of the program.
pub struct Program<'p, 'c, 'a> {
    pub context: &'p mut Context<'c, 'a>,
}

impl Program<'_, '_, '_> {
    /// A global of `main.py`.
    pub fn global(&mut self, name: &str) -> Value {
        let modules = self.context.interpreter.modules();
        let scope = modules
            .filter(|(_, module)| module.name.as_str() == "main")
            .map(|(_, module)| module.scope)
            .next();
        let scope = self.context.interpreter.scope(scope.expect("main.py is evaluated"));
        let mut parts = name.split('.');
        let first = parts.next().unwrap();
        let mut value =
            scope.names.get(&Name::from(first)).unwrap_or_else(|| panic!("{name} is not bound")).clone();
        for part in parts {
            let span = fastwright_python::location::Span::default();
            value = self.context.interpreter.attribute(&value, Name::from(part), span);
        }
        value
    }
}

/// Evaluates `main.py` and asks about it.
pub fn with_program<T: Send>(source: &str, ask: impl FnOnce(&mut Program<'_, '_, '_>) -> T + Send) -> T {
    let fixture = format!("#- main.py\nimport fastapi\n{source}");
    with_large_stack(|| {
        let tree = Arc::new(MemoryTree::from_fixture(&fixture));
        let analysis = analyse_tree(tree, Path::new("."), &AnalysisOptions::default()).unwrap();
        let mut interpreter = analysis.interpreter.borrow_mut();
        let versions = Versions {
            fastapi: NEWEST_FASTAPI,
            pydantic: fastwright_contract::versions::NEWEST_PYDANTIC,
            python: Version::new(3, 11, 0),
        };
        let mut context = Context::new(&mut interpreter, versions);
        ask(&mut Program { context: &mut context })
    })
}

/// The reasons of all doubts so far.
pub fn doubts(program: &Program<'_, '_, '_>) -> Vec<String> {
    program.context.doubts.clone().into_vec().into_iter().map(|doubt| doubt.reason).collect()
}
