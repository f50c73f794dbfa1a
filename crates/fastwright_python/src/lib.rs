//! Python projects as data: finding files and roots, parsing, module graph, and the abstract interpreter.

pub mod project;
pub mod source;
