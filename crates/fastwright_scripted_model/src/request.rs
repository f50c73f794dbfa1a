//! What a client has sent.

use serde_json::Value;

use crate::wire::WireFormat;

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub struct ReceivedRequest {
    /// Every byte of it: request line, headers and body.
    pub bytes: Vec<u8>,
    /// Path of the request line, with the query.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, if it is JSON.
    pub body: Option<Value>,
}

impl ReceivedRequest {
    /// The wire format that the path asks for, if it is one of a language model.
    pub fn wire_format(&self) -> Option<WireFormat> {
        WireFormat::of_path(&self.path)
    }

    /// Value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Whether a stream of events is asked for.
    pub fn wants_stream(&self) -> bool {
        self.body.as_ref().and_then(|body| body.get("stream")).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Whether this text occurs anywhere in the bytes.
    pub fn contains(&self, text: &str) -> bool {
        !text.is_empty() && self.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// The bytes as text, for printing.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}
