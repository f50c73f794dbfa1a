//! The threads that files are read and parsed on.
//!
//! Deeply nested code takes deep recursion, in the parser as well as afterwards, so each of them needs a large
//! stack. And each thread keeps memory of its own that others get late or never: the fewer there are, the
//! less memory a run touches.

use std::sync::atomic::{AtomicBool, Ordering};

/// Stack of a thread that parses or evaluates code, in bytes. It is only reserved, not used.
pub const STACK: usize = 512 * 1024 * 1024;

static CURRENT_THREAD_TAKES_PART: AtomicBool = AtomicBool::new(false);

/// Makes the current thread one of those that work in parallel from now on, beside as many new ones as the
/// machine has further cores. For programs, once and early, on a thread whose stack has [`STACK`] bytes;
/// without it, work in parallel gets threads of its own each time. Gives back whether that could be done:
/// it can't when another pool is in place already.
pub fn take_part() -> bool {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).use_current_thread();
    let made = pool.build_global().is_ok();
    CURRENT_THREAD_TAKES_PART.store(made, Ordering::Relaxed);
    made
}

/// Runs something whose parallel parts need large stacks.
pub(crate) fn with_large_stacks<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let takes_part =
        CURRENT_THREAD_TAKES_PART.load(Ordering::Relaxed) && rayon::current_thread_index().is_some();
    if takes_part {
        return run();
    }
    match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool.install(run),
        Err(_) => run(),
    }
}
