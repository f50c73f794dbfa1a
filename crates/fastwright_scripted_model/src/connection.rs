//! One connection: one request, one reply, and what goes wrong on the way.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::reply::{Body, Fault, Reply, Turn};
use crate::request::ReceivedRequest;
use crate::server::Shared;
use crate::wire::{Event, WireFormat};

/// Requests of tests are small; more than this is a mistake of the test.
const LARGEST_REQUEST: usize = 64 * 1024 * 1024;

/// How often a hanging answer looks whether the server has stopped.
const HEARTBEAT: Duration = Duration::from_millis(20);

/// Reads one request and answers it. Each connection serves one request, so that every request is written down whole.
pub(crate) fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some(request) = read(&mut stream)? else { return Ok(()) };
    let wire = request.wire_format();
    let wants_stream = request.wants_stream();
    let Reply { body, fault, pause } = shared.reply(request);
    let mut sending = Sending { stream, shared, fault, pause, sent: 0 };
    let Some(wire) = wire else {
        return sending.whole(404, &[], br#"{"error":{"message":"no such path"}}"#);
    };
    match body {
        Body::Raw(bytes) => sending.stream.write_all(&bytes),
        Body::Silence => sending.fail().map(|_| ()),
        Body::Refusal { status, headers, kind, message } => {
            sending.whole(status, &headers, wire.refusal(&kind, &message).to_string().as_bytes())
        }
        Body::Turn(turn) if wants_stream => sending.events(&wire.events(&turn)),
        Body::Turn(turn) => sending.document(wire, &turn),
        Body::ErrorInStream { turn, kind, message } => {
            let mut events = wire.events(&turn);
            // Somewhere after the beginning: the text has begun, the end has not come.
            events.truncate(events.len() / 2);
            events.push(wire.error_event(&kind, &message));
            sending.events(&events)
        }
    }
}

/// A reply on its way.
struct Sending<'shared> {
    stream: TcpStream,
    shared: &'shared Shared,
    fault: Fault,
    pause: Duration,
    sent: usize,
}

impl Sending<'_> {
    /// One whole body.
    fn whole(&mut self, status: u16, headers: &[(String, String)], body: &[u8]) -> io::Result<()> {
        if self.fails_now() && self.fail()? {
            return Ok(());
        }
        let mut head = format!(
            "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.stream.write_all(head.as_bytes())?;
        self.stream.write_all(body)
    }

    /// A turn as one document.
    fn document(&mut self, wire: WireFormat, turn: &Turn) -> io::Result<()> {
        let mut body = wire.document(turn).to_string().into_bytes();
        if matches!(self.fault, Fault::BrokenJson { .. }) {
            body.truncate(body.len() / 2);
        }
        self.whole(200, &[], &body)
    }

    /// A turn as a stream of events, in chunks.
    fn events(&mut self, events: &[Event]) -> io::Result<()> {
        let head = "HTTP/1.1 200 Scripted\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\
                    connection: close\r\n\r\n";
        self.stream.write_all(head.as_bytes())?;
        for event in events {
            if self.fails_now() && self.fail()? {
                return Ok(());
            }
            thread::sleep(self.pause);
            let text = match self.fault {
                Fault::BrokenJson { at } if at == self.sent => event.broken(),
                _ => event.to_string(),
            };
            self.stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())?;
            self.stream.flush()?;
            self.sent += 1;
        }
        self.stream.write_all(b"0\r\n\r\n")
    }

    fn fails_now(&self) -> bool {
        match self.fault {
            Fault::Truncated { after } | Fault::Hanging { after } | Fault::Reset { after } => {
                after == self.sent
            }
            Fault::None | Fault::BrokenJson { .. } => false,
        }
    }

    /// Lets the reply fail; says whether it is over.
    fn fail(&mut self) -> io::Result<bool> {
        match self.fault {
            Fault::None | Fault::BrokenJson { .. } => return Ok(false),
            Fault::Truncated { .. } => {}
            Fault::Hanging { .. } => {
                while !self.shared.has_stopped() {
                    thread::sleep(HEARTBEAT);
                }
            }
            Fault::Reset { .. } => {
                // Closing with nothing left to linger for sends a reset.
                SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
            }
        }
        Ok(true)
    }
}

/// Reads a request whole; `None` when the other side went away before it had said anything useful.
fn read(stream: &mut TcpStream) -> io::Result<Option<ReceivedRequest>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let mut head: Option<Head> = None;
    loop {
        if head.is_none() {
            head = parse_head(&bytes)?;
        }
        if let Some(head) = &head
            && bytes.len() >= head.length + head.body_length
        {
            break;
        }
        let count = stream.read(&mut buffer)?;
        if count == 0 || bytes.len() > LARGEST_REQUEST {
            return Ok(None);
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    Ok(head.map(|head| ReceivedRequest {
        path: head.path,
        headers: head.headers,
        body: serde_json::from_slice(&bytes[head.length..]).ok(),
        bytes,
    }))
}

/// What stands before the body.
struct Head {
    path: String,
    headers: Vec<(String, String)>,
    length: usize,
    body_length: usize,
}

/// The head, once it is there whole.
fn parse_head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let status = request.parse(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let httparse::Status::Complete(length) = status else { return Ok(None) };
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let body_length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or_default();
    Ok(Some(Head { path: request.path.unwrap_or_default().to_owned(), headers, length, body_length }))
}
