//! The allocator, and how large the pages are that it gets its memory in.

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
pub(crate) fn use_small_pages() {
    // Where that is not possible, large ones it is.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
