//! Open files and `io.StringIO`: text or bytes that are read from a position on.

use super::standard_objects::StandardObject;
use super::{Evaluated, Interpreter};
use crate::location::Span;
use crate::value::*;
use std::sync::Arc;

/// Lines that are handed out one by one, at most.
const MOST_LINES: usize = 20_000;

/// Something that is read like a file.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    contents: Contents,
    /// Bytes read so far.
    position: usize,
    /// The setting behind the contents.
    configurable: Option<ConfigurableId>,
}

#[derive(Debug, Clone)]
enum Contents {
    Text(Text),
    Bytes(Arc<Vec<u8>>),
    /// Something was written that is not followed.
    Changed,
}

impl Interpreter<'_> {
    /// A stream over a text or bytes that are known.
    pub(crate) fn stream(&mut self, class: &str, contents: &Value, span: Span) -> Option<Value> {
        let configurable = contents.configurable();
        let contents = match contents.kind() {
            Kind::Str(text) => Contents::Text(Text::clone(text)),
            Kind::Bytes(bytes) => Contents::Bytes(Arc::clone(bytes)),
            _ => return None,
        };
        let stream = Stream { contents, position: 0, configurable };
        let value = self.standard_instance(class, StandardObject::Stream(stream), span);
        Some(value.with_configurable(configurable))
    }

    /// The rest of a stream, which is read by that.
    pub(crate) fn read_stream(&mut self, value: &Value) -> Option<Value> {
        let Kind::Instance(id) = *value.kind() else { return None };
        let Some(StandardObject::Stream(stream)) = self.standard_objects.get_mut(&id) else { return None };
        stream.rest()
    }

    pub(crate) fn stream_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
    ) -> Option<Evaluated> {
        let first = arguments.positional.first().cloned();
        let Some(StandardObject::Stream(stream)) = self.standard_objects.get_mut(&id) else { return None };
        let configurable = stream.configurable;
        let value = match name {
            "read" => match first.map(Value::into_kind) {
                None | Some(Kind::None | Kind::Int(i64::MIN..=-1)) => stream.rest()?,
                // Reading in parts is not followed: what is left over is not known either.
                Some(_) => {
                    stream.contents = Contents::Changed;
                    return None;
                }
            },
            "getvalue" | "getbuffer" => stream.whole()?,
            "readline" => {
                let line = stream.line()?;
                stream.value(line)
            }
            "readlines" | "__iter__" => {
                let mut lines = Vec::new();
                while let Some(line) = stream.line().filter(|line| !is_empty(line)) {
                    if lines.len() >= MOST_LINES {
                        return None;
                    }
                    lines.push(stream.value(line));
                }
                if matches!(stream.contents, Contents::Changed) {
                    return None;
                }
                self.list(lines).with_configurable(configurable)
            }
            "seek"
                if first.as_ref().and_then(Value::as_int) == Some(0) && arguments.positional.len() == 1 =>
            {
                stream.position = 0;
                Value::int(0)
            }
            "write" | "writelines" | "truncate" | "seek" => {
                stream.contents = Contents::Changed;
                return None;
            }
            "close" | "flush" => Value::NONE,
            _ => return None,
        };
        Some(Ok(value))
    }
}

impl Stream {
    fn value(&self, kind: Kind) -> Value {
        Value::from(kind).with_configurable(self.configurable)
    }

    fn whole(&self) -> Option<Value> {
        match &self.contents {
            Contents::Text(text) => Some(self.value(Kind::Str(Text::clone(text)))),
            Contents::Bytes(bytes) => Some(self.value(Kind::Bytes(Arc::clone(bytes)))),
            Contents::Changed => None,
        }
    }

    fn rest(&mut self) -> Option<Value> {
        if self.position == 0 {
            let whole = self.whole()?;
            self.position = self.length();
            return Some(whole);
        }
        let rest = self.part(self.length())?;
        Some(self.value(rest))
    }

    /// The next line with its end; empty at the end.
    fn line(&mut self) -> Option<Kind> {
        let bytes = match &self.contents {
            Contents::Text(text) => text.as_bytes(),
            Contents::Bytes(bytes) => bytes,
            Contents::Changed => return None,
        };
        let rest = bytes.get(self.position..)?;
        let end = memchr::memchr(b'\n', rest).map_or(bytes.len(), |at| self.position + at + 1);
        self.part(end)
    }

    fn part(&mut self, end: usize) -> Option<Kind> {
        let part = match &self.contents {
            Contents::Text(text) => Kind::Str(text.get(self.position..end)?.into()),
            Contents::Bytes(bytes) => Kind::Bytes(Arc::new(bytes.get(self.position..end)?.to_vec())),
            Contents::Changed => return None,
        };
        self.position = end;
        Some(part)
    }

    fn length(&self) -> usize {
        match &self.contents {
            Contents::Text(text) => text.len(),
            Contents::Bytes(bytes) => bytes.len(),
            Contents::Changed => 0,
        }
    }
}

fn is_empty(contents: &Kind) -> bool {
    match contents {
        Kind::Str(text) => text.is_empty(),
        Kind::Bytes(bytes) => bytes.is_empty(),
        _ => true,
    }
}
