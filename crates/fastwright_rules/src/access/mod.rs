//! Who may touch which object: the ids that a client sends with a request, and whether something on the way
//! ties them to the caller.

mod chosen;
mod few;
mod marks;
mod ties;

pub(crate) use chosen::sounds_like_id;
pub use chosen::{ChosenObject, chosen_objects, knows_caller};
pub use few::Few;
pub(crate) use few::names_few;
pub use marks::{Mark, Marks};
pub use ties::{Use, is_key, ties, use_of};
