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
    methods: FxHashMap<Name, Vec<u32>>,
    libraries: FxHashMap<Name, Vec<u32>>,
    functions: FxHashMap<Name, Vec<u32>>,
    classes: FxHashMap<ObjectId, Vec<u32>>,
    comparing: Vec<u32>,
    calling_parameters: Vec<u32>,
}

/// Some of the functions.
#[derive(Debug, Clone)]
pub struct FunctionSet(Vec<bool>);

impl FunctionSet {
    /// A set that says of each function whether it is in it.
    pub fn new(held: impl Iterator<Item = bool>) -> Self {
        Self(held.collect())
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
        for (number, node) in nodes.iter().enumerate() {
            let number = number as u32;
            for callee in node.facts.callees.iter().flatten() {
                add(index.libraries.entry(*callee).or_default(), number);
            }
            for called in &node.facts.called {
                match *called {
                    Called::Function(name) => add(index.functions.entry(name).or_default(), number),
                    Called::Class(class) => add(index.classes.entry(class).or_default(), number),
                }
            }
            for (name, _) in &node.facts.methods {
                add(index.methods.entry(*name).or_default(), number);
            }
            if node.facts.kinds.contains(&EventKinds::PARAMETER_CALL) {
                index.calling_parameters.push(number);
            }
            if node.facts.compares {
                index.comparing.push(number);
            }
        }
        index
    }

    /// Functions that call a method of one of these names, of an object that is not of the program.
    pub fn methods(&self, names: &[&str]) -> FunctionSet {
        self.set(names.iter().filter_map(|name| self.methods.get(&Name::from(name))))
    }

    /// Functions that call something in a library whose qualified name is wanted. Each name is asked about
    /// once.
    pub fn libraries(&self, wanted: impl Fn(&str) -> bool) -> FunctionSet {
        self.set(self.libraries.iter().filter(|(name, _)| wanted(name.as_str())).map(|(_, nodes)| nodes))
    }

    /// Functions that call a function, a method or something in a library with a wanted last name.
    pub fn named(&self, wanted: impl Fn(&str) -> bool) -> FunctionSet {
        let all = self.methods.iter().chain(&self.functions).chain(&self.libraries);
        self.set(all.filter(|(name, _)| wanted(name.last_part())).map(|(_, nodes)| nodes))
    }

    /// Functions that make an object of one of these classes.
    pub fn classes(&self, classes: impl Iterator<Item = ObjectId>) -> FunctionSet {
        self.set(classes.filter_map(|class| self.classes.get(&class)))
    }

    /// Functions that call one of their parameters, whatever it is.
    pub fn calling_parameters(&self) -> FunctionSet {
        self.set(std::iter::once(&self.calling_parameters))
    }

    /// Functions that test, or return, whether two things are equal.
    pub fn comparing(&self) -> FunctionSet {
        self.set(std::iter::once(&self.comparing))
    }

    fn set<'i>(&self, lists: impl Iterator<Item = &'i Vec<u32>>) -> FunctionSet {
        let mut held = vec![false; self.nodes];
        for node in lists.flatten() {
            held[*node as usize] = true;
        }
        FunctionSet(held)
    }
}

fn add(nodes: &mut Vec<u32>, node: u32) {
    if nodes.last() != Some(&node) {
        nodes.push(node);
    }
}
