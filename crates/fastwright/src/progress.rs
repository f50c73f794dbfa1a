//! A line on standard error while something takes long, in a terminal only.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Shorter work shows nothing: a line that flashes only disturbs.
const PATIENCE: Duration = Duration::from_millis(300);
const STEP: Duration = Duration::from_millis(100);

/// Shows that work goes on until it is dropped.
pub(crate) struct Progress {
    running: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts, unless it is not wanted or standard error is no terminal.
    pub(crate) fn start(what: String, wanted: bool) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self { running: None };
        }
        let (stop, stopped) = channel();
        let start = Instant::now();
        let thread = std::thread::spawn(move || {
            let mut wait = PATIENCE;
            let mut shown = false;
            let mut output = std::io::stderr();
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(wait) {
                wait = STEP;
                shown = true;
                let seconds = start.elapsed().as_secs_f32();
                let _ = write!(output, "\r\u{1b}[K{what} ({seconds:.1} s)");
                let _ = output.flush();
            }
            if shown {
                let _ = write!(output, "\r\u{1b}[K");
                let _ = output.flush();
            }
        });
        Self { running: Some((stop, thread)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
