//! Libraries whose code is run after all, because a question about one of their classes can't be answered
//! otherwise: what the fields of a model are that a library defines.

use super::Interpreter;
use super::expressions::parent_name;
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

/// Steps for importing what a question needs.
const STEPS: u64 = 400_000;

impl Interpreter<'_> {
    /// What a name of an installed library is bound to, when the library's modules are run. Nothing where they
    /// can't be found, and for what stays a name in a library.
    pub fn follow_library(&mut self, dotted: &str) -> Option<Value> {
        let module = parent_name(dotted);
        if module.is_empty() {
            return None;
        }
        let package = module.split('.').next().unwrap_or(module);
        self.source.follow(Some(Name::from(package)));
        let saved_limit = std::mem::replace(&mut self.step_limit, self.steps + STEPS);
        let saved_mode = std::mem::replace(&mut self.mode, super::Mode::Import);
        let guards = std::mem::take(&mut self.import_guards);
        let notes = self.notes.len();
        let site = self.here(Span::default());
        let imported = self.import_dotted(module, site).ok();
        let found = match imported {
            Some(Value { kind: Kind::Module(id), .. }) => {
                let name = Name::from(dotted.rsplit('.').next().unwrap_or(dotted));
                let value = self.attribute(&Kind::Module(id).into(), name, Span::default());
                (!matches!(value.kind, Kind::Unknown(_))).then_some(value)
            }
            _ => None,
        };
        self.notes.truncate(notes);
        self.import_guards = guards;
        self.mode = saved_mode;
        self.step_limit = saved_limit;
        self.source.follow(None);
        found.filter(|value| value.as_external().is_none_or(|name| name != dotted))
    }

    /// Puts classes of libraries in the place of their names among the bases of a class and of its bases.
    pub fn follow_bases(&mut self, class: ObjectId, may_follow: fn(&str) -> bool) {
        self.follow_bases_of(class, may_follow, 0);
    }

    fn follow_bases_of(&mut self, class: ObjectId, may_follow: fn(&str) -> bool, depth: u32) {
        if depth > 32 {
            return;
        }
        let Some(object) = self.class(class) else { return };
        let (mut bases, mut written) = (object.bases.clone(), object.written_bases.clone());
        let mut changed = false;
        for (base, written) in bases.iter_mut().zip(&mut written) {
            match base.kind {
                Kind::Class(inner) => {
                    let before = self.class_order(base);
                    self.follow_bases_of(inner, may_follow, depth + 1);
                    changed |= self.class_order(base).len() != before.len();
                }
                Kind::External(name) if may_follow(&name) => {
                    let Some(found) = self.follow_library(&name) else { continue };
                    let Kind::Class(inner) = found.kind else { continue };
                    self.follow_bases_of(inner, may_follow, depth + 1);
                    *written = match written.as_symbolic() {
                        Some(Symbolic::Item { index, .. }) => {
                            Value::symbolic(Symbolic::Item { base: found.clone(), index: index.clone() })
                        }
                        _ => found.clone(),
                    };
                    *base = found;
                    changed = true;
                }
                _ => {}
            }
        }
        if !changed {
            return;
        }
        let order = self.lookup_order(class, &bases);
        if let Object::Class(object) = self.object_mut(class) {
            object.bases = bases;
            object.written_bases = written;
            object.mro = order.into();
        }
    }
}
