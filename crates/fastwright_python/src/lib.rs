//! Python projects as data: finding files and roots, parsing, module graph, and the abstract
//! interpreter. Nothing of the analysed project is ever executed.

pub mod location;
pub mod program;
