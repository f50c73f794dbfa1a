//! The gate: a change, whoever made it, is accepted only when what it claims is proven and nothing else is
//! different.
//!
//! It compares the program before and after ([`Snapshot`]), and the files that changed ([`ChangedFile`]):
//!
//! - everything still parses, and no more is undecided than before;
//! - what it says it solves is gone, and nothing new is found;
//! - the contract is equal, or different exactly as it was asked for; guards are part of it;
//! - code that no route reaches does the same;
//! - tests, skips, suppressions, and the configuration of tools are untouched;
//! - no file changed whose effect on the program is not known.
//!
//! Whether the tests still pass is for who can run them: their outcome is given to [`judge`].

mod allowance;
mod changed_files;
mod contract_changes;
mod findings;
mod judgement;
mod snapshot;
mod suppressions;
mod test_files;
mod tool_files;
mod verdict;

pub use allowance::Allowance;
pub use changed_files::ChangedFile;
pub use judgement::{Request, TestOutcome, judge};
pub use snapshot::{KnownFinding, Snapshot};
pub use verdict::{REASONS, Reason, ReasonKind, Verdict};
