//! Python projects as data: finding files and roots, parsing, module graph, and the abstract
//! interpreter. Nothing of the analysed project is ever executed.

pub mod dotted;
pub mod interpreter;
pub mod ir;
pub mod loader;
pub mod location;
mod lower;
pub mod memory;
pub mod name;
pub mod parallel;
pub mod parse;
pub mod program;
pub mod project;
mod recent;
mod recent_texts;
pub mod source;
pub mod summary;
pub mod tokens;
pub mod traversal;
pub mod value;
