//! What functions do that no route reaches: work in the background, commands, scripts. No route changes when
//! they do.

use crate::business::{DigestText, Forms};
use fastwright_model::analysis::Analysis;
use fastwright_python::ir::{ExprKind, StmtKind};
use fastwright_python::location::{FileId, Span};
use fastwright_python::program::FunctionId;
use fastwright_python::value::*;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Fingerprints of the functions of some files, by `path:qualname`.
pub(crate) fn unreached(
    forms: &mut Forms<'_, '_>,
    reached: &FxHashSet<FunctionId>,
    analysis: &Analysis,
    paths: &[String],
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if paths.is_empty() {
        return found;
    }
    let wanted: Vec<(FileId, ScopeId, String)> = forms
        .interpreter()
        .modules()
        .filter_map(|(_, module)| {
            let file = module.file?;
            // Files that were read after all others have no place in the list.
            let path = (file.0 as usize) < analysis.files.len();
            let relative = path.then(|| analysis.files.get(file).relative.clone())?;
            paths.contains(&relative).then_some((file, module.scope, relative))
        })
        .collect();
    for (file, scope, path) in wanted {
        let values: Vec<Value> = forms.interpreter().scope(scope).names.values().cloned().collect();
        let mut functions: Vec<(Rc<FunctionValue>, Option<ObjectId>)> = Vec::new();
        for value in values {
            if let Kind::Class(class) = *value.kind() {
                let methods: Vec<Value> = forms
                    .interpreter()
                    .class(class)
                    .map(|object| object.attributes.values().cloned().collect())
                    .unwrap_or_default();
                for method in methods {
                    let function = forms.interpreter().plain_function(&method);
                    functions.extend(function.map(|function| (function, Some(class))));
                }
            } else {
                let function = forms.interpreter().plain_function(&value);
                functions.extend(function.map(|function| (function, None)));
            }
        }
        for (function, receiver) in functions {
            if function.id.file != file || reached.contains(&function.id) {
                continue;
            }
            let form = forms.of_function(&function, receiver);
            found.insert(format!("{path}:{}", function.definition.qualname), form.digest.text());
        }
        found.insert(format!("{path}:<module>"), own_effects(analysis, file));
    }
    found
}

/// What a file does by itself, as it is written: calls whose result nobody takes, changes of other objects.
fn own_effects(analysis: &Analysis, file: FileId) -> String {
    let mut digest = DigestText::new("module");
    let text = analysis.files.get(file);
    let mut add = |span: Span| {
        let words = text.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
        digest.add(&words);
    };
    let Some(code) = analysis.codes.get(file.0 as usize) else { return digest.finish() };
    for statement in code.body.iter() {
        match &statement.kind {
            StmtKind::Expr(expression) if matches!(expression.kind, ExprKind::Call(_)) => add(statement.span),
            StmtKind::Assign { targets, .. }
                if targets.iter().any(|target| {
                    matches!(target.kind, ExprKind::Attribute(..) | ExprKind::Subscript(_))
                }) =>
            {
                add(statement.span);
            }
            _ => {}
        }
    }
    digest.finish()
}
