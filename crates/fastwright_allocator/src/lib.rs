//! The allocator, how large the pages are that it gets its memory in, and when it gives memory back.
//!
//! The one crate with `unsafe` code: an allocator has no safe form. It calls mimalloc, and does nothing itself.

use std::alloc::{GlobalAlloc, Layout};

/// Evaluation allocates many small values; mimalloc makes that markedly cheaper. Its second version, not the third:
/// that one spreads over a quarter more memory, and getting memory is what a short run pays most for.
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// mimalloc, by its shortest way. The crate `mimalloc` always takes the way for unusual alignments, which asks the same
/// questions twice; nearly every block here has the alignment of a pointer.
struct Allocator;

/// Whether every block of mimalloc is aligned well enough: like that of C, it aligns all to the width of a pointer at
/// least.
fn is_usual(layout: Layout) -> bool {
    layout.align() <= align_of::<usize>()
}

// SAFETY: mimalloc is an allocator; a layout decides only which of its functions is called, each with the size that is
// asked for and with an alignment that is at least the one asked for. Blocks of both ways are freed and resized alike.
#[allow(unsafe_code, reason = "an allocator has no safe form")]
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_usual(layout) {
            unsafe { libmimalloc_sys::mi_malloc(layout.size()).cast() }
        } else {
            unsafe { libmimalloc_sys::mi_malloc_aligned(layout.size(), layout.align()).cast() }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_usual(layout) {
            unsafe { libmimalloc_sys::mi_zalloc(layout.size()).cast() }
        } else {
            unsafe { libmimalloc_sys::mi_zalloc_aligned(layout.size(), layout.align()).cast() }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        unsafe { libmimalloc_sys::mi_free(block.cast()) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if is_usual(layout) {
            unsafe { libmimalloc_sys::mi_realloc(block.cast(), size).cast() }
        } else {
            unsafe { libmimalloc_sys::mi_realloc_aligned(block.cast(), size, layout.align()).cast() }
        }
    }
}

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
    fn purge_delay() -> std::ffi::c_long {
        // SAFETY: it reads a number from a static variable of the allocator.
        unsafe { libmimalloc_sys::mi_option_get(PURGE_DELAY) }
    }

    #[test]
    #[allow(unsafe_code, reason = "an allocator has no safe form")]
    fn blocks_are_aligned_and_keep_their_content() {
        for align in [1, 2, 4, 8, 16, 64, 4096] {
            for size in [1, 7, 8, 24, 100, 5_000, 300_000] {
                let layout = Layout::from_size_align(size, align).expect("a layout");
                let larger = Layout::from_size_align(2 * size, align).expect("a layout");
                // SAFETY: the block is written within its size, resized with its own layout, and freed with its last one.
                unsafe {
                    let block = ALLOCATOR.alloc(layout);
                    assert_eq!(block.addr() % align, 0);
                    block.write_bytes(7, size);
                    let block = ALLOCATOR.realloc(block, layout, larger.size());
                    assert_eq!(block.addr() % align, 0);
                    assert!(std::slice::from_raw_parts(block, size).iter().all(|byte| *byte == 7));
                    ALLOCATOR.dealloc(block, larger);
                    let block = ALLOCATOR.alloc_zeroed(layout);
                    assert_eq!(block.addr() % align, 0);
                    assert!(std::slice::from_raw_parts(block, size).iter().all(|byte| *byte == 0));
                    ALLOCATOR.dealloc(block, layout);
                }
            }
        }
    }

    /// The number is that of the option whose name in the environment is documented.
    #[test]
    fn the_delay_is_what_the_environment_says_until_it_is_set() {
        if std::env::var("MIMALLOC_PURGE_DELAY").as_deref() != Ok("4321") {
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
