//! Branches of which one is taken: each is evaluated from the same names, then what they leave is joined.
//!
//! Nothing is copied to begin a branch. Every binding that is made while a branch runs is written to a log
//! with the value before it; at the end of the branch the log is played back.

use super::statements::{Executed, Flow};
use super::{ActiveCondition, Interpreter, Mode};
use crate::ir::Stmt;
use crate::name::Name;
use crate::value::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// A binding before it changed.
#[derive(Debug)]
pub(crate) struct Undo {
    scope: ScopeId,
    name: Name,
    before: Option<Value>,
}

/// Names that a branch has bound (or unbound: `None`), each once, with their values at its end. Most branches bind few:
/// those are looked through faster than a table is made of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    bound: SmallVec<[(Name, Option<Value>); FEW]>,
    /// Where names stand among `bound`, once these are many.
    places: Option<Box<FxHashMap<Name, usize>>>,
}

/// Names that a branch keeps without an allocation.
const FEW: usize = 3;

/// Names from which on they are found through a table.
const MANY: usize = 24;

impl Changes {
    fn len(&self) -> usize {
        self.bound.len()
    }

    fn with_capacity(names: usize) -> Self {
        Self { bound: SmallVec::with_capacity(names), places: None }
    }

    fn names(&self) -> impl Iterator<Item = Name> {
        self.bound.iter().map(|(name, _)| *name)
    }

    fn get(&self, name: Name) -> Option<&Option<Value>> {
        Some(&self.bound[self.place(name)?].1)
    }

    fn place(&self, name: Name) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(&name).copied(),
            None => self.bound.iter().position(|(bound, _)| *bound == name),
        }
    }

    /// Adds a name that is not among them.
    fn push(&mut self, name: Name, value: Option<Value>) {
        let place = self.bound.len();
        self.bound.push((name, value));
        match &mut self.places {
            Some(places) => {
                places.insert(name, place);
            }
            None if place >= MANY => {
                let all = self.bound.iter().enumerate();
                self.places = Some(Box::new(all.map(|(place, (name, _))| (*name, place)).collect()));
            }
            None => {}
        }
    }

    /// Changes made after these.
    pub(crate) fn then(mut self, later: Self) -> Self {
        for (name, value) in later.bound {
            match self.place(name) {
                Some(place) => self.bound[place].1 = value,
                None => self.push(name, value),
            }
        }
        self
    }
}

/// The place in the log where a branch begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(usize);

/// One branch.
pub(crate) struct Branch<'b> {
    pub(crate) condition: Option<ActiveCondition>,
    pub(crate) body: &'b [Stmt],
    pub(crate) prepare: Option<Vec<(Name, Value)>>,
}

impl Interpreter<'_> {
    /// Evaluates branches of which one is taken, each from the same names, and joins what they leave.
    pub(crate) fn branches(&mut self, branches: Vec<Branch<'_>>) -> Executed {
        let mark = self.begin_branches();
        let mut left: Vec<Changes> = Vec::with_capacity(branches.len());
        let mut weakest: Option<Flow> = None;
        let mut may_exit = false;
        let mut raised = None;
        // The condition under which control comes out of the branches, while only one lets it.
        let mut way_out = None;
        let conditions_before = self.conditions.len();
        for branch in branches {
            self.conditions.extend(branch.condition.clone());
            self.enter_branch();
            for (name, value) in branch.prepare.into_iter().flatten() {
                self.bind(name, value);
            }
            let result = self.execute_block(branch.body);
            self.leave_branch();
            self.conditions.truncate(conditions_before);
            let changes = self.take_changes(mark);
            match result {
                Ok(flow) => {
                    weakest = Some(weakest.map_or(flow, |known| known.min(flow)));
                    may_exit |= flow != Flow::Normal;
                    if flow == Flow::Normal {
                        left.push(changes);
                        way_out = branch.condition;
                    }
                }
                Err(error) => raised = Some(error),
            }
        }
        if !left.is_empty() {
            self.undecided_exits += u32::from(may_exit);
            // `if not enabled: return`: what follows runs under the other condition, to the end of the
            // function, of the round of a loop or of the branch around it.
            if may_exit && left.len() == 1 && self.mode == Mode::Import {
                self.conditions.extend(way_out);
            }
            self.apply_joined(left);
        }
        self.end_branches();
        match (weakest, raised) {
            (Some(flow), _) => Ok(flow),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(Flow::Normal),
        }
    }

    /// Begins branches; ended by [`Interpreter::end_branches`].
    pub(crate) fn begin_branches(&mut self) -> Mark {
        self.open_branches += 1;
        self.uncertainties += 1;
        self.mark()
    }

    pub(crate) fn end_branches(&mut self) {
        self.open_branches -= 1;
        if self.open_branches == 0 {
            self.undo.clear();
        }
    }

    /// Binds a name of a scope, or unbinds it, so that it can be taken back.
    pub(crate) fn rebind(&mut self, scope: ScopeId, name: Name, value: Option<Value>) {
        let names = &mut self.scopes[scope.0 as usize].names;
        let before = match value {
            Some(value) => names.insert(name, value),
            None => names.remove(&name),
        };
        if self.open_branches > 0 {
            self.undo.push(Undo { scope, name, before });
        }
    }

    /// Forgets what was bound since a mark in a scope that ends: nothing is left to be taken back there.
    pub(crate) fn forget_changes(&mut self, mark: Mark, scope: ScopeId) {
        if self.undo[mark.0..].iter().all(|undo| undo.scope == scope) {
            self.undo.truncate(mark.0);
        } else {
            let elsewhere: Vec<Undo> = self.undo.drain(mark.0..).filter(|undo| undo.scope != scope).collect();
            self.undo.extend(elsewhere);
        }
    }

    /// The end of the log.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.undo.len())
    }

    /// Ends one branch: gives what it has bound in the scope that runs, and takes it back.
    pub(crate) fn take_changes(&mut self, mark: Mark) -> Changes {
        if self.undo.len() == mark.0 {
            return Changes::default();
        }
        let scope = self.frame().scope;
        let mut changes = Changes::default();
        let mut elsewhere = Vec::new();
        for undo in self.undo.drain(mark.0..).rev() {
            if undo.scope != scope {
                elsewhere.push(undo);
                continue;
            }
            let names = &mut self.scopes[scope.0 as usize].names;
            let now = match undo.before {
                Some(before) => names.insert(undo.name, before),
                None => names.remove(&undo.name),
            };
            // Played back from the end: the first one is what was bound last.
            if changes.place(undo.name).is_none() {
                changes.push(undo.name, now);
            }
        }
        self.undo.extend(elsewhere.into_iter().rev());
        changes
    }

    /// Makes the changes of a branch again.
    pub(crate) fn apply_changes(&mut self, changes: Changes) {
        let scope = self.frame().scope;
        for (name, value) in changes.bound {
            self.rebind(scope, name, value);
        }
    }

    /// Makes the changes that hold after branches, one of which was taken.
    pub(crate) fn apply_joined(&mut self, branches: Vec<Changes>) {
        if branches.iter().all(|changes| changes.bound.is_empty()) {
            return;
        }
        let joined = match <[Changes; 1]>::try_from(branches) {
            Ok([only]) => only,
            Err(branches) => self.join_changes(&branches),
        };
        self.apply_changes(joined);
    }

    /// What holds after branches, one of which was taken: a name bound in several has their alternatives;
    /// a name bound in one only keeps its value, since code that uses it relies on that branch.
    pub(crate) fn join_changes(&self, branches: &[Changes]) -> Changes {
        let scope = &self.scopes[self.frame().scope.0 as usize];
        let mut joined = Changes::with_capacity(branches.iter().map(Changes::len).max().unwrap_or(0));
        for name in branches.iter().flat_map(Changes::names) {
            if joined.place(name).is_some() {
                continue;
            }
            let mut result: Option<Value> = None;
            for branch in branches {
                let left = match branch.get(name) {
                    Some(changed) => changed.as_ref(),
                    None => scope.names.get(&name),
                };
                let Some(left) = left else { continue };
                result = Some(match result {
                    None => left.clone(),
                    Some(known) if known.same(left) => known.with_configurable(left.configurable()),
                    Some(known) => Value::union([known, left.clone()]),
                });
            }
            joined.push(name, result);
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_found_however_many_there_are() {
        let name = |number: i64| Name::from(format!("name_{number}"));
        let number = |value: Option<&Option<Value>>| value.and_then(Option::as_ref).and_then(Value::as_int);
        for count in [1, FEW as i64 + 1, MANY as i64, 4 * MANY as i64] {
            let mut changes = Changes::default();
            (0..count).for_each(|number| changes.push(name(number), Some(Value::int(number))));
            assert!((0..count).all(|one| number(changes.get(name(one))) == Some(one)));
            assert!(changes.get(name(count)).is_none());
            // Later ones replace earlier ones and add to them, each name stays once and in its place.
            let mut later = Changes::default();
            later.push(name(count / 2), None);
            later.push(name(count), Some(Value::int(-1)));
            let all = changes.then(later);
            assert_eq!(all.len() as i64, count + 1);
            assert!(matches!(all.get(name(count / 2)), Some(None)));
            assert_eq!(number(all.get(name(count))), Some(-1));
            assert_eq!(all.names().next(), Some(name(0)));
        }
    }
}
