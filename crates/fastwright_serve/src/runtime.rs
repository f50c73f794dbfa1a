//! The async runtime that protocols run on, on a thread of its own.

use fastwright_engine::Failure;
use std::future::Future;
use std::thread::JoinHandle;

/// Runs a protocol on a thread of its own.
///
/// # Errors
/// When there is no room for a thread.
pub(crate) fn on_protocol_thread<F: Future<Output = Result<(), Failure>>>(
    protocol: impl FnOnce() -> F + Send + 'static,
) -> Result<JoinHandle<Result<(), Failure>>, Failure> {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(format!("the server can't start: {error}")))?;
        let result = runtime.block_on(protocol());
        // A read of standard input that is under way can't be stopped; nobody waits for it.
        runtime.shutdown_background();
        result
    };
    std::thread::Builder::new()
        .name("fastwright-protocol".to_owned())
        .spawn(work)
        .map_err(|error| Failure::new(format!("no thread can be started: {error}")))
}
