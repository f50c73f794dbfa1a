//! The hidden command that fastwright starts itself as: the other side of the sandbox.

use fastwright_sandbox::run::become_sandboxed;

/// Reads an order from standard input and becomes what it says.
pub(crate) fn sandboxed_run() -> ! {
    become_sandboxed()
}
