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
    /// From now on the elements of what a library defines are known where the program iterates over it: the
    /// members of an enumeration, for instance.
    pub fn follow_iterated(&mut self, may_follow: fn(&str) -> bool) {
        self.iterated = Some(may_follow);
    }

    /// The elements of what a name of a library is bound to.
    pub(super) fn elements_of_library(&mut self, name: Name) -> Option<Vec<Value>> {
        let may_follow = self.iterated?;
        if self.mode != super::Mode::Import || !may_follow(&name) {
            return None;
        }
        let found = self.follow_library(&name)?;
        if self.may_hold_more(&found) {
            return None;
        }
        self.elements(&found)
    }

    /// Whether a collection may have elements that are not listed.
    pub(super) fn may_hold_more(&self, value: &Value) -> bool {
        let (Kind::List(id) | Kind::Set(id) | Kind::Dict(id)) = *value.kind() else { return false };
        match self.object(id) {
            Object::List(list) | Object::Set(list) => list.incomplete,
            Object::Dict(dict) => dict.incomplete || !dict.unknown_keys.is_empty(),
            _ => false,
        }
    }

    /// What a name of an installed library is bound to, when the library's modules are run. Nothing where they
    /// can't be found, and for what stays a name in a library.
    pub fn follow_library(&mut self, dotted: &str) -> Option<Value> {
        let name = Name::from(dotted);
        if let Some(known) = self.followed.get(&name) {
            return known.clone();
        }
        // A name that leads to itself ends here.
        self.followed.insert(name, None);
        let found = self.run_library(dotted);
        self.followed.insert(name, found.clone());
        found
    }

    fn run_library(&mut self, dotted: &str) -> Option<Value> {
        let module = parent_name(dotted);
        if module.is_empty() {
            return None;
        }
        let package = module.split('.').next().unwrap_or(module);
        let package = Some(Name::from(package));
        let around = std::mem::replace(&mut self.following, package);
        self.source.follow(package);
        let saved_limit = std::mem::replace(&mut self.step_limit, self.steps + STEPS);
        let saved_mode = std::mem::replace(&mut self.mode, super::Mode::Import);
        let guards = std::mem::take(&mut self.import_guards);
        let notes = self.notes.len();
        // What runs now has no part in it.
        let frames = std::mem::take(&mut self.frames);
        let conditions = std::mem::take(&mut self.conditions);
        let site = self.here(Span::default());
        let imported = self.import_dotted(module, site).ok();
        let found = match imported.map(Value::into_kind) {
            // In a module that was left halfway, a list may lack what comes later.
            Some(Kind::Module(id)) if !self.given_up.contains(&id) => {
                let name = Name::from(dotted.rsplit('.').next().unwrap_or(dotted));
                let value = self.attribute(&Kind::Module(id).into(), name, Span::default());
                (!matches!(value.kind(), Kind::Unknown(_))).then_some(value)
            }
            _ => None,
        };
        self.notes.truncate(notes);
        self.frames = frames;
        self.conditions = conditions;
        self.import_guards = guards;
        self.mode = saved_mode;
        self.step_limit = saved_limit;
        self.following = around;
        self.source.follow(around);
        found.filter(|value| value.as_external().is_none_or(|name| name != dotted))
    }

    /// A value in which names of installed libraries are replaced by what they are bound to, and what rests on
    /// them is computed anew: `library.names.list()`. Nothing where no such name is in it.
    pub fn computed_with_libraries(&mut self, value: &Value, may_follow: fn(&str) -> bool) -> Option<Value> {
        self.computed(value, may_follow, 0)
    }

    fn computed(&mut self, value: &Value, may_follow: fn(&str) -> bool, depth: u32) -> Option<Value> {
        if depth > 16 {
            return None;
        }
        let computed =
            |interpreter: &mut Self, value: &Value| interpreter.computed(value, may_follow, depth + 1);
        match value.kind() {
            Kind::External(name) if may_follow(name) => {
                if let Some(found) = self.follow_library(name) {
                    return Some(found);
                }
                let (owner, member) = name.as_str().rsplit_once('.')?;
                let owner = computed(self, &Value::external(owner))?;
                let found = self.attribute(&owner, Name::from(member), Span::default());
                (!found.is_unknown()).then_some(found)
            }
            Kind::Tuple(items) => {
                let found: Vec<Option<Value>> = items.iter().map(|item| computed(self, item)).collect();
                found.iter().any(Option::is_some).then(|| {
                    let items = items.iter().zip(found);
                    Value::tuple(items.map(|(item, found)| found.unwrap_or_else(|| item.clone())).collect())
                })
            }
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { callee, arguments, .. } if !arguments.incomplete => {
                    let found = computed(self, callee);
                    let mut changed = found.is_some();
                    let callee = found.unwrap_or_else(|| callee.clone());
                    let mut arguments = Arguments::clone(arguments);
                    let keywords = arguments.keywords.iter_mut().map(|(_, value)| value);
                    for argument in arguments.positional.iter_mut().chain(keywords) {
                        if let Some(found) = computed(self, argument) {
                            *argument = found;
                            changed = true;
                        }
                    }
                    changed.then(|| self.call_from_outside(&callee, arguments))?.ok()
                }
                Symbolic::Member { base, name } => {
                    let base = computed(self, base)?;
                    Some(self.attribute(&base, *name, Span::default()))
                }
                Symbolic::Item { base, index } => {
                    let (found, place) = (computed(self, base), computed(self, index));
                    if found.is_none() && place.is_none() {
                        return None;
                    }
                    let base = found.unwrap_or_else(|| base.clone());
                    let index = place.unwrap_or_else(|| index.clone());
                    self.item(&base, &index, Span::default()).ok()
                }
                _ => None,
            },
            _ => None,
        }
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
            match *base.kind() {
                Kind::Class(inner) => {
                    let before = self.class_order(base);
                    self.follow_bases_of(inner, may_follow, depth + 1);
                    changed |= self.class_order(base).len() != before.len();
                }
                Kind::External(name) if may_follow(&name) => {
                    let Some(found) = self.follow_library(&name) else { continue };
                    let Kind::Class(inner) = *found.kind() else { continue };
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
