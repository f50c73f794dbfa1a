//! In which order functions get their forms. The form of a function holds what the functions do that it calls
//! and that are not put in place of the call; where functions call each other in a circle, none is first.
//!
//! The circles are the strongly connected components of the graph of what forms refer to, found by Tarjan's
//! algorithm while forms are made. Inside of one, each function is walked twice more: once as if it knew nothing
//! of the others, then with what all of them do without each other. So forms do not depend on which function was
//! asked for first, and still change when any function of the circle does.

use super::term::{Digest, DigestBuilder, Term};
use super::{Form, FormKey, Forms, walker};
use fastwright_python::summary::SummaryKey;
use fastwright_python::value::{FunctionValue, ObjectId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Forms that one program may have. Objects that make objects of the same kind could ask for ever more.
const MOST_FORMS: usize = 100_000;

/// Functions that are walked in the middle of each other, each for a form that needs it. Those below wait.
const DEEPEST: u32 = 24;

/// Searches that a search may begin for what its first look did not see.
const MOST_SEARCHES: u32 = 4;

/// A function whose form is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(super) key: FormKey,
    pub(super) function: Rc<FunctionValue>,
    /// What its parameters are, where that is known.
    pub(super) inputs: Option<Rc<[Term]>>,
}

/// What stands in a form for a function that it refers to.
pub(crate) struct Reference {
    pub(crate) digest: Digest,
    pub(crate) form: Option<Rc<Form>>,
}

/// What was found by a search so far.
#[derive(Default)]
struct Search {
    /// Functions in the order in which they were met, with the first of them that can be reached from each.
    met: Vec<(Wanted, usize)>,
    numbers: FxHashMap<FormKey, usize>,
    /// Those whose circle is not complete.
    open: Vec<usize>,
    /// From the function that was asked for to the one that is looked at, with what is left to look at of each.
    path: Vec<(usize, Vec<Wanted>)>,
}

impl Forms<'_, '_> {
    /// What a form that is being made holds of a function that it refers to. What is not known yet is noted.
    pub(crate) fn reference(
        &mut self,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
    ) -> Reference {
        let key = FormKey { summary: SummaryKey { function: function.serial, receiver }, inputs: None };
        if let Some(digest) = self.circle.get(&key) {
            return Reference { digest: *digest, form: None };
        }
        if let Some(form) = self.known.get(&key) {
            return Reference { digest: form.digest, form: Some(Rc::clone(form)) };
        }
        let mut digest = DigestBuilder::new("not known");
        if self.known.len() < MOST_FORMS {
            let wanted = Wanted { key, function: Rc::clone(function), inputs: None };
            if let Some(form) = self.made_at_once(&wanted) {
                return Reference { digest: form.digest, form: Some(form) };
            }
            // Different for each function, so that nothing is taken for equal that is not.
            digest.number(self.missing.len() as u64);
            self.missing.push(wanted);
        } else {
            digest.text(function.definition.name.as_str());
        }
        Reference { digest: digest.finish(), form: None }
    }

    /// The form of a function that is referred to, made where it is needed: most functions are in no circle, and so
    /// are walked once. Nothing where it needs a form that is not made yet.
    fn made_at_once(&mut self, wanted: &Wanted) -> Option<Rc<Form>> {
        // What stands for the functions of a circle counts in the circle only.
        if self.depth >= DEEPEST || !self.circle.is_empty() || !self.unfinished.insert(wanted.key) {
            return None;
        }
        self.depth += 1;
        let (form, missing) = self.walked(wanted);
        self.depth -= 1;
        missing.is_empty().then(|| self.keep(wanted.key, form))
    }

    fn keep(&mut self, key: FormKey, form: Form) -> Rc<Form> {
        let form = Rc::new(form);
        self.unfinished.remove(&key);
        self.known.insert(key, Rc::clone(&form));
        form
    }

    /// Makes the form of a function, and first those that it refers to.
    pub(super) fn make(&mut self, wanted: Wanted) {
        let mut search = Search::default();
        self.enter(&mut search, wanted);
        while let Some((number, left)) = search.path.last_mut() {
            let number = *number;
            let Some(next) = left.pop() else {
                search.path.pop();
                self.leave(&mut search, number);
                continue;
            };
            if self.known.contains_key(&next.key) {
                continue;
            }
            match search.numbers.get(&next.key) {
                Some(before) => search.met[number].1 = search.met[number].1.min(*before),
                None => self.enter(&mut search, next),
            }
        }
    }

    fn enter(&mut self, search: &mut Search, wanted: Wanted) {
        self.unfinished.insert(wanted.key);
        let (form, missing) = self.walked(&wanted);
        if missing.is_empty() {
            self.keep(wanted.key, form);
            return;
        }
        let number = search.met.len();
        search.numbers.insert(wanted.key, number);
        search.met.push((wanted, number));
        search.open.push(number);
        search.path.push((number, missing));
    }

    fn leave(&mut self, search: &mut Search, number: usize) {
        let reached = search.met[number].1;
        if let Some((before, _)) = search.path.last() {
            search.met[*before].1 = search.met[*before].1.min(reached);
        }
        if reached < number {
            return;
        }
        let first = search.open.iter().position(|open| *open == number).unwrap_or(0);
        let circle: Vec<Wanted> =
            search.open.drain(first..).map(|member| search.met[member].0.clone()).collect();
        match &circle[..] {
            [alone] => {
                let form = self.complete(alone);
                self.keep(alone.key, form);
            }
            _ => self.close(&circle),
        }
    }

    /// The forms of functions that call each other.
    fn close(&mut self, circle: &[Wanted]) {
        let around = std::mem::take(&mut self.circle);
        let unknown = Digest::of_text("circle", "");
        self.circle = circle.iter().map(|member| (member.key, unknown)).collect();
        let alone: Vec<Digest> = circle.iter().map(|member| self.complete(member).digest).collect();
        self.circle =
            circle.iter().zip(within(&alone)).map(|(member, digest)| (member.key, digest)).collect();
        let mut forms: Vec<Form> = circle.iter().map(|member| self.complete(member)).collect();
        self.circle = around;
        let digests: Vec<Digest> = forms.iter().map(|form| form.digest).collect();
        forms.iter_mut().zip(within(&digests)).for_each(|(form, digest)| form.digest = digest);
        let mut seen = FxHashSet::default();
        let classes = forms.iter().flat_map(|form| form.classes.iter().copied());
        let classes: Vec<ObjectId> = classes.filter(|class| seen.insert(*class)).collect();
        for (member, mut form) in circle.iter().zip(forms) {
            form.classes.clone_from(&classes);
            self.keep(member.key, form);
        }
    }

    /// The form of a function all of whose references are known, or are of its circle. With them known, code may
    /// be found equal or different that was not before, so that it refers to something else.
    fn complete(&mut self, wanted: &Wanted) -> Form {
        loop {
            let (form, missing) = self.walked(wanted);
            if missing.is_empty() || self.searches >= MOST_SEARCHES {
                return form;
            }
            let circle = std::mem::take(&mut self.circle);
            self.searches += 1;
            missing.into_iter().for_each(|missing| self.make(missing));
            self.searches -= 1;
            self.circle = circle;
        }
    }

    fn walked(&mut self, wanted: &Wanted) -> (Form, Vec<Wanted>) {
        let before = std::mem::take(&mut self.missing);
        let receiver = wanted.key.summary.receiver;
        let form = walker::walk(self, &wanted.function, receiver, wanted.inputs.as_deref());
        (form, std::mem::replace(&mut self.missing, before))
    }
}

/// What each function of a circle does, with what all of the others do.
fn within(circle: &[Digest]) -> Vec<Digest> {
    let mut sorted = circle.to_vec();
    sorted.sort_unstable();
    let of_one = |own: &Digest| {
        let mut digest = DigestBuilder::new("of a circle");
        digest.digest(*own);
        sorted.iter().for_each(|other| {
            digest.digest(*other);
        });
        digest.finish()
    };
    circle.iter().map(of_one).collect()
}
