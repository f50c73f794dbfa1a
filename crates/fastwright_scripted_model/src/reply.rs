//! What the server is told to answer.

use std::time::Duration;

use serde_json::Value;

/// One reply of the script.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(crate) body: Body,
    pub(crate) fault: Fault,
    pub(crate) pause: Duration,
}

/// What a reply consists of.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// A turn of the model, in the wire format of the request.
    Turn(Turn),
    /// A refusal, as the servers of the wire format word it.
    Refusal { status: u16, headers: Vec<(String, String)>, kind: String, message: String },
    /// A stream that begins and then reports an error in the stream itself.
    ErrorInStream { turn: Turn, kind: String, message: String },
    /// These bytes, whatever they are.
    Raw(Vec<u8>),
    /// Nothing: the request is read, and there is no answer.
    Silence,
}

/// What goes wrong while a reply is sent. Events are counted from the start of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// All is well.
    #[default]
    None,
    /// The connection is closed in good order after this many events, in the middle of the answer.
    Truncated {
        /// How many events arrive.
        after: usize,
    },
    /// Nothing more comes after this many events; the connection stays open.
    Hanging {
        /// How many events arrive.
        after: usize,
    },
    /// The connection is reset after this many events.
    Reset {
        /// How many events arrive.
        after: usize,
    },
    /// The event with this number is cut in its middle, so that its JSON is broken; the others are whole.
    BrokenJson {
        /// The event.
        at: usize,
    },
}

/// A turn of the scripted model.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// What it thinks aloud before it answers, and the signature over that.
    pub reasoning: Option<(String, String)>,
    /// What it says.
    pub text: String,
    /// The tools that it calls.
    pub calls: Vec<ScriptedCall>,
    /// Why it stops, in the words of the wire format; `None` takes the usual reason.
    pub stop: Option<String>,
    /// The tokens that it says it has read.
    pub input_tokens: u32,
    /// How many of these came from a cache.
    pub cached_tokens: u32,
    /// The tokens that it says it has written.
    pub output_tokens: u32,
}

/// A call of a tool by the scripted model.
#[derive(Debug, Clone)]
pub struct ScriptedCall {
    /// Name of the tool.
    pub name: String,
    /// The arguments as text, so that they need not be JSON.
    pub arguments: String,
}

impl Reply {
    /// The model says this.
    pub fn text(text: impl Into<String>) -> Self {
        Self::turn(Turn { text: text.into(), ..Turn::usual() })
    }

    /// The model calls one tool.
    pub fn call(name: impl Into<String>, arguments: &Value) -> Self {
        Self::calls([(name.into(), arguments.to_string())])
    }

    /// The model calls tools. Arguments are text, so that they need not be JSON.
    pub fn calls(calls: impl IntoIterator<Item = (String, String)>) -> Self {
        let calls = calls.into_iter().map(|(name, arguments)| ScriptedCall { name, arguments }).collect();
        Self::turn(Turn { calls, ..Turn::usual() })
    }

    /// A whole turn of the model.
    pub fn turn(turn: Turn) -> Self {
        Self::of(Body::Turn(turn))
    }

    /// A refusal with a status, such as 401 or 529. `kind` is what the error is called in its body.
    pub fn refusal(status: u16, kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self::of(Body::Refusal { status, headers: Vec::new(), kind: kind.into(), message: message.into() })
    }

    /// A stream that begins with this text and then reports an error.
    pub fn error_in_stream(
        text: impl Into<String>,
        kind: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let turn = Turn { text: text.into(), ..Turn::usual() };
        Self::of(Body::ErrorInStream { turn, kind: kind.into(), message: message.into() })
    }

    /// These bytes, and the connection is closed.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(Body::Raw(bytes.into()))
    }

    /// The request is read, and nothing is ever answered.
    pub fn silence() -> Self {
        Self { fault: Fault::Hanging { after: 0 }, ..Self::of(Body::Silence) }
    }

    /// The request is read, and the connection is reset.
    pub fn reset() -> Self {
        Self { fault: Fault::Reset { after: 0 }, ..Self::of(Body::Silence) }
    }

    /// Adds a header; only refusals have any of their own.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Body::Refusal { headers, .. } = &mut self.body {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// What goes wrong while the reply is sent.
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    /// Waits so long before each event.
    pub fn slowly(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    fn of(body: Body) -> Self {
        Self { body, fault: Fault::None, pause: Duration::ZERO }
    }
}

impl Turn {
    /// An empty turn with an ordinary count of tokens.
    pub fn usual() -> Self {
        Self { input_tokens: 100, output_tokens: 20, ..Self::default() }
    }
}
