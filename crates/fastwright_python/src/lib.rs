//! Python projects as data: finding files and roots, parsing, module graph, and the abstract
//! interpreter. Nothing of the analysed project is ever executed.

pub mod location;
pub mod program;
pub mod ir;
mod lower;
pub mod parse;
pub mod value;
pub mod interpreter;
pub mod summary;
