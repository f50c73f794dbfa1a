//! Identities of the functions and classes of the analysed program, by definition site.

use crate::location::FileId;

/// A function (or lambda) of the program: the file and its index in [`crate::ir::Module::functions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId {
    /// The file that defines it.
    pub file: FileId,
    /// Its place in the file.
    pub index: u32,
}

/// A class of the program: the file and its index in [`crate::ir::Module::classes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId {
    /// The file that defines it.
    pub file: FileId,
    /// Its place in the file.
    pub index: u32,
}
