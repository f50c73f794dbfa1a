//! How a command ended, as an exit code.

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing at or above the threshold.
    Clean,
    /// Findings at or above the threshold.
    Findings,
    /// Nothing to analyse.
    Nothing,
}

impl Ending {
    pub(crate) fn code(self) -> u8 {
        match self {
            Ending::Clean => 0,
            Ending::Findings => 1,
            Ending::Nothing => 3,
        }
    }
}

/// The exit code of a command that could not run, or was used wrongly.
pub(crate) const COULD_NOT_RUN: u8 = 2;
