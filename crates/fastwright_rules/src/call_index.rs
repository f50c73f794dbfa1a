//! Which functions call something of a certain name, or compare something: most rules look for few kinds of
//! calls, and need not look at the functions that have none.

use crate::call_graph::Node;
use fastwright_model::facts::{Called, EventKinds};
use fastwright_python::name::Name;
use fastwright_python::value::ObjectId;
use rustc_hash::FxHashMap;

/// Functions by what they call and compare. They are numbered as the nodes that the index was made of.
#[derive(Debug, Default)]
pub struct CallIndex {
    nodes: usize,
    methods: ByName,
    libraries: ByName,
    functions: ByName,
    classes: FxHashMap<ObjectId, Vec<u32>>,
    comparing: Vec<u32>,
    calling_parameters: Vec<u32>,
}

/// Functions by the names of something that they call. The texts of the names stand one after the other: rules ask
/// about every one of them.
#[derive(Debug, Default)]
struct ByName {
    text: String,
    /// Where each name ends in `text`, where its last part begins, and where its functions end in `functions`.
    ends: Vec<(u32, u32, u32)>,
    functions: Vec<u32>,
    /// The place of each name, by its identity: the hash of a name stands with its text.
    places: FxHashMap<usize, u32>,
}

/// What a [`ByName`] is made of, while calls are found.
#[derive(Default)]
struct Calls {
    places: FxHashMap<usize, u32>,
    /// Each name with the last function that calls something of that name, and how many do.
    names: Vec<(Name, u32, u32)>,
    /// The place of a name and a function that calls something of that name, each once.
    calls: Vec<(u32, u32)>,
}

impl Calls {
    /// Adds a call, after those of all functions before.
    fn add(&mut self, name: Name, function: u32) {
        let next = self.names.len() as u32;
        let place = *self.places.entry(name.identity()).or_insert(next);
        match self.names.get_mut(place as usize) {
            Some((_, last, _)) if *last == function => return,
            Some((_, last, count)) => (*last, *count) = (function, *count + 1),
            None => self.names.push((name, function, 1)),
        }
        self.calls.push((place, function));
    }

    fn finish(self) -> ByName {
        let mut text = String::new();
        let mut ends = Vec::with_capacity(self.names.len());
        let mut start = 0;
        for (name, _, count) in &self.names {
            text.push_str(name);
            let last = text.len() - name.last_part().len();
            // Moves on to the end as the functions are filled in.
            ends.push((text.len() as u32, last as u32, start));
            start += count;
        }
        let mut functions = vec![0; self.calls.len()];
        for (place, function) in self.calls {
            let at = &mut ends[place as usize].2;
            functions[*at as usize] = function;
            *at += 1;
        }
        ByName { text, ends, functions, places: self.places }
    }
}

impl ByName {
    fn functions_at(&self, place: usize) -> &[u32] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before].2);
        &self.functions[start as usize..self.ends[place].2 as usize]
    }

    fn of(&self, name: Name) -> &[u32] {
        self.places.get(&name.identity()).map_or(&[], |place| self.functions_at(*place as usize))
    }

    /// The functions of names whose text is wanted, or whose part after the last dot is.
    fn wanted(&self, last_part: bool, wanted: impl Fn(&str) -> bool, mut found: impl FnMut(&[u32])) {
        let mut start = 0;
        for (place, (end, last, _)) in self.ends.iter().enumerate() {
            let from = if last_part { *last } else { start };
            if wanted(&self.text[from as usize..*end as usize]) {
                found(self.functions_at(place));
            }
            start = *end;
        }
    }
}

/// Some of the functions.
#[derive(Debug, Clone)]
pub struct FunctionSet(Vec<bool>);

impl FunctionSet {
    /// A set that says of each function whether it is in it.
    pub fn new(held: impl Iterator<Item = bool>) -> Self {
        Self(held.collect())
    }

    /// A set of none of so many functions.
    fn none_of(functions: usize) -> Self {
        Self(vec![false; functions])
    }

    fn extend(&mut self, functions: &[u32]) {
        functions.iter().for_each(|node| self.0[*node as usize] = true);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    /// Adds a function; returns whether it was not among them.
    pub fn insert(&mut self, node: usize) -> bool {
        !std::mem::replace(&mut self.0[node], true)
    }

    /// Adds the functions of another set.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(&other.0).for_each(|(held, more)| *held |= more);
        self
    }

    /// Whether a function is among them.
    pub fn contains(&self, node: usize) -> bool {
        self.0.get(node).is_some_and(|held| *held)
    }

    /// The functions in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().filter(|(_, held)| **held).map(|(node, _)| node)
    }
}

impl CallIndex {
    /// The index of these functions.
    pub fn of(nodes: &[Node]) -> Self {
        let mut index = Self { nodes: nodes.len(), ..Self::default() };
        let [mut methods, mut libraries, mut functions] = [(); 3].map(|()| Calls::default());
        for (number, node) in nodes.iter().enumerate() {
            let number = number as u32;
            for (callee, _) in &node.facts.callees {
                libraries.add(*callee, number);
            }
            for called in &node.facts.called {
                match *called {
                    Called::Function(name) => functions.add(name, number),
                    Called::Class(class) => add(index.classes.entry(class).or_default(), number),
                }
            }
            for (name, _) in &node.facts.methods {
                methods.add(*name, number);
            }
            if node.has_any(EventKinds::PARAMETER_CALL) {
                index.calling_parameters.push(number);
            }
            if node.has_any(EventKinds::COMPARES) {
                index.comparing.push(number);
            }
        }
        index.methods = methods.finish();
        index.libraries = libraries.finish();
        index.functions = functions.finish();
        index
    }

    /// Functions that call a method of one of these names, of an object that is not of the program.
    pub fn methods(&self, names: &[&str]) -> FunctionSet {
        self.set(names.iter().map(|name| self.methods.of(Name::from(name))))
    }

    /// Functions that call something in a library whose qualified name is wanted. Each name is asked about
    /// once.
    pub fn libraries(&self, wanted: impl Fn(&str) -> bool) -> FunctionSet {
        let mut held = FunctionSet::none_of(self.nodes);
        self.libraries.wanted(false, wanted, |functions| held.extend(functions));
        held
    }

    /// Functions that call a function, a method or something in a library with a wanted last name.
    pub fn named(&self, wanted: impl Fn(&str) -> bool) -> FunctionSet {
        let mut held = FunctionSet::none_of(self.nodes);
        for names in [&self.methods, &self.functions, &self.libraries] {
            names.wanted(true, &wanted, |functions| held.extend(functions));
        }
        held
    }

    /// Functions that make an object of one of these classes.
    pub fn classes(&self, classes: impl Iterator<Item = ObjectId>) -> FunctionSet {
        self.set(classes.filter_map(|class| self.classes.get(&class)).map(Vec::as_slice))
    }

    /// Functions that call one of their parameters, whatever it is.
    pub fn calling_parameters(&self) -> FunctionSet {
        self.set(std::iter::once(&*self.calling_parameters))
    }

    /// Functions that test, or return, whether two things are equal.
    pub fn comparing(&self) -> FunctionSet {
        self.set(std::iter::once(&*self.comparing))
    }

    fn set<'i>(&self, lists: impl Iterator<Item = &'i [u32]>) -> FunctionSet {
        let mut held = FunctionSet::none_of(self.nodes);
        lists.for_each(|functions| held.extend(functions));
        held
    }
}

fn add(nodes: &mut Vec<u32>, node: u32) {
    if nodes.last() != Some(&node) {
        nodes.push(node);
    }
}
