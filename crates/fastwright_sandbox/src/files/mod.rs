//! Files of a project for somebody who is not trusted: below one root only, and not all of them.

mod project_files;
mod protection;
mod root;
mod spelling;

pub use project_files::{Content, Entry, FileError, Listing, Named, ProjectFiles};
pub use protection::{Protection, is_hidden_from_commands, protection};
pub use root::{Kind, Mode, Root, Status};
