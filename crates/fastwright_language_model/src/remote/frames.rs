//! A look at the frames of a stream, besides what the library makes of them.
//!
//! In some protocols the library skips a frame that it can't read, so that a part of the answer would be missing, or
//! takes a stream that broke off for a whole one; and it lets an answer grow without an end.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef};
use serde_json::Value;

/// No answer is longer; a server that sends more is not well.
const LARGEST: usize = 64 * 1024 * 1024;

/// What is known of the frames of one stream.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: AtomicUsize,
    is_complete: AtomicBool,
    fault: OnceLock<String>,
    failure: OnceLock<Value>,
}

impl Frames {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Whether the server has said that this is all.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete.load(Ordering::Relaxed)
    }

    /// What is wrong with the frames, if anything is.
    pub(super) fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    /// The error that the server gives as the end of its response.
    pub(super) fn failure(&self) -> Option<&Value> {
        self.failure.get()
    }
}

impl ChatFrameSink for Frames {
    fn on_frame(&self, _: &FrameCtx, frame: RawFrameRef<'_>) {
        let data = frame.data;
        let before = self.bytes.fetch_add(data.len(), Ordering::Relaxed);
        if before.saturating_add(data.len()) > LARGEST {
            let _ = self.fault.set(format!("it is larger than {} MiB", LARGEST / 1024 / 1024));
        }
        match data {
            // A comment.
            "" => {}
            // Chat completions end with a word that is no JSON.
            "[DONE]" => self.is_complete.store(true, Ordering::Relaxed),
            _ => match serde_json::from_str::<Value>(data) {
                Ok(value) => self.look_at(&value),
                Err(error) => {
                    let _ = self.fault.set(format!("a part of it is no JSON ({error})"));
                }
            },
        }
    }
}

impl Frames {
    fn look_at(&self, frame: &Value) {
        match frame.get("type").and_then(Value::as_str) {
            Some("message_stop" | "response.completed" | "response.incomplete") => {
                self.is_complete.store(true, Ordering::Relaxed);
            }
            Some("response.failed") => {
                let error = frame.pointer("/response/error").cloned().unwrap_or_default();
                let _ = self.failure.set(error);
            }
            _ => {}
        }
    }
}
