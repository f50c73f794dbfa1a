//! What is not given back piece by piece when a process is about to end.

use std::sync::atomic::{AtomicBool, Ordering};

static ENDS_SOON: AtomicBool = AtomicBool::new(false);

/// Says whether the process ends after the question that is asked now. A server and a watcher say that it does not,
/// which is the default.
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

/// Something large that is left (see [`leave`]) when its owner is dropped.
#[derive(Debug)]
pub struct Left<T>(Option<T>);

impl<T> Left<T> {
    /// Keeps it.
    pub fn new(value: T) -> Self {
        Self(Some(value))
    }
}

impl<T> std::ops::Deref for Left<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.0 {
            Some(value) => value,
            None => unreachable!("it is taken only when it is dropped"),
        }
    }
}

impl<T> Drop for Left<T> {
    fn drop(&mut self) {
        leave(self.0.take());
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
        drop(Left::new(Rc::clone(&owner)));
        leave(Rc::clone(&owner));
        assert_eq!(Rc::strong_count(&owner), 1);
        ends_soon(true);
        let left = Left::new(Rc::clone(&owner));
        assert!(Rc::ptr_eq(&left, &owner));
        drop(left);
        ends_soon(false);
        assert_eq!(Rc::strong_count(&owner), 2);
    }
}
