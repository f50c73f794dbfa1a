//! What the imported names of one file mean, read from its import statements alone: for files that are never evaluated,
//! such as tests, and for imports inside functions.

use crate::syntax;
use fastwright_python::ir::{Expr, ExprKind, Module, Stmt, StmtKind};
use fastwright_python::name::Name;
use rustc_hash::FxHashMap;

/// The imported names of a file.
#[derive(Debug, Default)]
pub struct ImportedNames {
    /// Imported name: module and name in it; a module has an empty name.
    imports: FxHashMap<Name, (String, Name)>,
}

impl ImportedNames {
    /// Of a file whose module has this dotted name, imports inside functions included.
    pub fn of(module: &str, code: &Module) -> Self {
        let mut imports = FxHashMap::default();
        let mut collect = |statement: &Stmt| match &statement.kind {
            StmtKind::ImportFrom { level, module: from, names } => {
                let mut base: Vec<&str> = Vec::new();
                if *level > 0 {
                    base = module.split('.').collect();
                    base.truncate(base.len().saturating_sub(*level as usize));
                }
                base.extend(from.split('.').filter(|part| !part.is_empty()));
                let base = base.join(".");
                for alias in names {
                    imports.insert(alias.rename.unwrap_or(alias.name), (base.clone(), alias.name));
                }
            }
            StmtKind::Import(names) => {
                for alias in names {
                    if let Some(rename) = alias.rename {
                        imports.insert(rename, (alias.name.to_string(), Name::from("")));
                    }
                }
            }
            _ => {}
        };
        syntax::statements(&code.body, &mut collect);
        for function in &code.functions {
            syntax::statements(&function.body, &mut collect);
        }
        Self { imports }
    }

    /// The dotted name that an expression means outside of this file.
    pub fn meaning(&self, expression: &Expr) -> Option<String> {
        match &expression.kind {
            ExprKind::Name(name) => {
                let (module, name) = self.imports.get(name)?;
                Some(if name.is_empty() { module.clone() } else { format!("{module}.{name}") })
            }
            ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                let base = match self.meaning(base) {
                    Some(base) => base,
                    None => base.dotted_name()?,
                };
                Some(format!("{base}.{name}"))
            }
            _ => None,
        }
    }
}
