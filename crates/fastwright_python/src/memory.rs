//! What is not given back piece by piece when a process is about to end.

use std::sync::atomic::{AtomicBool, Ordering};

static ENDS_SOON: AtomicBool = AtomicBool::new(false);

/// Says whether the process ends after the question that is asked now. By default it does not, as a server and a watcher
/// don't.
pub fn ends_soon(ends: bool) {
    ENDS_SOON.store(ends, Ordering::Relaxed);
}

/// Ends the use of something large. Taking it apart costs more than a rule, and a process that is about to end needs
/// none of that memory; one that goes on needs it for the next question.
pub fn leave<T>(value: T) {
    if ENDS_SOON.load(Ordering::Relaxed) {
        std::mem::forget(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    // One test: what it sets holds for the whole process.
    #[test]
    fn what_is_left_is_taken_apart_unless_the_process_ends() {
        let owner = Rc::new(());
        leave(Rc::clone(&owner));
        assert_eq!(Rc::strong_count(&owner), 1);
        ends_soon(true);
        leave(Rc::clone(&owner));
        ends_soon(false);
        assert_eq!(Rc::strong_count(&owner), 2);
    }
}
