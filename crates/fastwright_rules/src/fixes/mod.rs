//! Edits: how rules change code without touching a byte that they do not mean to change.
//!
//! A rule knows places from the compact form. Where an edit depends on spelling (is there a comma behind the last
//! argument, a comment, brackets around it), it asks a [`Source`], which knows the text of a file and its tokens.
//! Imports are not edited by rules: they say what they need ([`imports`]), so that several fixes in one file
//! share one import.

pub mod arguments;
pub mod find;
pub mod imports;
pub mod lines;
pub mod recipes;
pub mod source;
pub mod tokens;

pub use source::Source;
