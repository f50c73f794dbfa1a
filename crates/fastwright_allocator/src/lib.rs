//! The allocator, how large the pages are that it gets its memory in, and when it gives memory back.
//!
//! The one crate with `unsafe` code: one call, of a function of the allocator that has no safe form.

/// Evaluation allocates many small values; this allocator makes that markedly cheaper. Its second version, not
/// the third: that one spreads over a quarter more memory, and getting memory is what a short run pays most for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Gets memory in small pages from now on. By default, the allocator asks Linux for large ones, of 2 MiB.
///
/// Those are worth it for a run that fills dozens of them. One that needs less leaves a third of them empty; and
/// one that a build starts once, after programs of other kinds, finds none at hand: virtual machines that give
/// unused memory back to their host (sandboxes, build machines) then fetch and clear each of them anew, which
/// was seen to take longer than all the rest of a run. Small pages come from what was used shortly before.
pub fn use_small_pages() {
    // Where that is not possible, large ones it is.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// `mi_option_purge_delay` of mimalloc 2: milliseconds after which memory that is free is given back to the system.
/// `libmimalloc-sys` has no name for it.
const PURGE_DELAY: std::ffi::c_int = 15;

/// Keeps memory that is free for the next use of it, from now on. By default, the allocator gives it back to the system
/// after 10 milliseconds, and gets it again, cleared, a moment later. For a process that ends soon; one that goes on
/// would hold for good what its largest question needed.
pub fn keep_free_memory() {
    // SAFETY: it stores a number in a static variable of the allocator, which other threads may read at any time. Those
    // that have read the old one give some memory back.
    #[allow(unsafe_code, reason = "the allocator's options have no safe form")]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(unsafe_code, reason = "the allocator's options have no safe form")]
    fn purge_delay() -> i64 {
        // SAFETY: it reads a number from a static variable of the allocator.
        i64::from(unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) })
    }

    /// The number is that of the option whose name in the environment is documented.
    #[test]
    fn the_delay_is_what_the_environment_says_until_it_is_set() {
        if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
            let again = std::env::current_exe().expect("the test runs from a file");
            let status = std::process::Command::new(again)
                .args(["--exact", "tests::the_delay_is_what_the_environment_says_until_it_is_set"])
                .env("MIMALLOC_PURGE_DELAY", "4321")
                .status();
            assert!(status.expect("the test starts itself").success());
            return;
        }
        assert_eq!(purge_delay(), 4321);
        keep_free_memory();
        assert_eq!(purge_delay(), -1);
    }
}
