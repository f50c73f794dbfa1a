//! What a failed attempt means: for people, and for trying again.

use std::error::Error;
use std::time::{Duration, SystemTime};

use genai::webc::StreamTimeout;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::Timeouts;
use crate::choice::{Key, Model};
use crate::error::{ModelError, Phase};

/// Texts of servers are cut to this many characters.
const LONGEST_MESSAGE: usize = 400;

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: ModelError,
    pub(super) again: Again,
}

/// Whether another attempt makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It would fail in the same way.
    Never,
    /// It may succeed, not before this time if the server has a wish.
    After(Option<Duration>),
}

impl Failed {
    pub(super) fn finally(error: ModelError) -> Self {
        Self { error, again: Again::Never }
    }

    fn for_now(error: ModelError) -> Self {
        Self { error, again: Again::After(None) }
    }
}

/// The server that failed.
pub(super) struct Server<'model> {
    pub(super) model: &'model Model,
    pub(super) timeouts: &'model Timeouts,
}

impl Server<'_> {
    /// What an error of the library means. `has_begun` says whether a part of the answer had come.
    pub(super) fn failed(&self, error: &genai::Error, has_begun: bool) -> Failed {
        match error {
            genai::Error::HttpError { status, body, headers, .. } => {
                self.refused(status.as_u16(), &Said::in_body(body), headers)
            }
            genai::Error::WebStream { error, .. } => self.transport(error.as_ref(), has_begun),
            genai::Error::ChatResponse { body, .. } => self.reported(body),
            genai::Error::StreamParse { serde_error, .. } => self.broken_answer(&serde_error.to_string()),
            genai::Error::JsonValueExt(error) => self.broken_answer(&error.to_string()),
            genai::Error::SerdeJson(error) => self.broken_answer(&error.to_string()),
            // What else there is is about how the library is used, and has nothing to do with the server. Its text may
            // hold the whole request.
            _ => Failed::finally(ModelError::Machine {
                reason: format!("the request to {} could not be made", self.host()),
            }),
        }
    }

    /// An error that stands in the stream, after a good status.
    pub(super) fn reported(&self, body: &Value) -> Failed {
        let said = Said::in_value(body);
        self.refused(said.status(), &said, &HeaderMap::new())
    }

    pub(super) fn timed_out(&self, phase: Phase, limit: Duration) -> ModelError {
        ModelError::TimedOut { host: self.host(), phase, limit, attempts: 1 }
    }

    pub(super) fn broken_answer(&self, reason: &str) -> Failed {
        let reason = self.clean(reason);
        Failed::for_now(ModelError::BrokenAnswer { host: self.host(), reason, attempts: 1 })
    }

    pub(super) fn broken_stream(&self, reason: &str) -> Failed {
        let reason = self.clean(reason);
        Failed::for_now(ModelError::BrokenStream { host: self.host(), reason, attempts: 1 })
    }

    /// The connection, and what came over it.
    fn transport(&self, error: &(dyn Error + Send + Sync + 'static), has_begun: bool) -> Failed {
        if let Some(error) = error.downcast_ref::<genai::Error>() {
            return self.failed(error, has_begun);
        }
        if let Some(timeout) = error.downcast_ref::<StreamTimeout>() {
            let (phase, limit) = match timeout {
                StreamTimeout::Headers => (Phase::Begin, self.timeouts.begin),
                StreamTimeout::Read => (Phase::Idle, self.timeouts.idle),
            };
            return Failed::for_now(self.timed_out(phase, limit));
        }
        let Some(error) = error.downcast_ref::<reqwest::Error>() else {
            return self.broken_answer(&innermost(error));
        };
        if error.is_connect() && error.is_timeout() {
            return Failed::for_now(self.timed_out(Phase::Connect, self.timeouts.connect));
        }
        let reason = innermost(error);
        if has_begun || error.is_body() || error.is_decode() {
            return self.broken_stream(&reason);
        }
        let reason = self.clean(&reason);
        Failed::for_now(ModelError::Unreachable { host: self.host(), reason, attempts: 1 })
    }

    /// A status that is not a good one.
    fn refused(&self, status: u16, said: &Said, headers: &HeaderMap) -> Failed {
        let host = self.host();
        let message = self.clean(&said.message);
        if said.is_about_length() {
            return Failed::finally(ModelError::ContextTooLong { message });
        }
        if said.is_about_credit() || status == 402 {
            return Failed::finally(ModelError::NoCredit { host, message });
        }
        let error = match status {
            300..=399 => ModelError::Rejected {
                host,
                status,
                message: "it points to another address, and keys and code are not sent to where nobody has \
                          said; give the right address with --model-url"
                    .to_owned(),
            },
            401 => {
                let key = match self.model.key_source() {
                    Some(variable) => format!("the key in {variable}"),
                    None => "a request without a key".to_owned(),
                };
                ModelError::KeyRefused { host, key, message }
            }
            403 => ModelError::Forbidden { host, message },
            404 => ModelError::UnknownModel { host, name: self.model.name().to_owned(), message },
            413 => ModelError::ContextTooLong { message },
            429 => {
                let retry_after = retry_after(headers);
                ModelError::RateLimited { host, message, retry_after, attempts: 1 }
            }
            408 | 500.. => ModelError::ServerFailure { host, status, message, attempts: 1 },
            _ => ModelError::Rejected { host, status, message },
        };
        let is_worth_another = matches!(status, 408 | 409 | 425 | 429 | 500..) && status != 501;
        let again = match text(headers, "x-should-retry") {
            Some("true") => true,
            Some("false") => false,
            _ => is_worth_another,
        };
        Failed { error, again: if again { Again::After(retry_after(headers)) } else { Again::Never } }
    }

    fn host(&self) -> String {
        self.model.host()
    }

    /// A text of a server as it may be shown: in one line, not too long, and without the key.
    fn clean(&self, text: &str) -> String {
        let text = self.model.key().map_or_else(|| text.to_owned(), |key: &Key| key.redact(text));
        let words = text.split(|character: char| character.is_whitespace() || character.is_control());
        let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(LONGEST_MESSAGE) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None if line.is_empty() => "it gives no reason".to_owned(),
            None => line,
        }
    }
}

/// The error with how often it was tried.
pub(super) fn with_attempts(mut error: ModelError, made: u32) -> ModelError {
    match &mut error {
        ModelError::Unreachable { attempts, .. }
        | ModelError::RateLimited { attempts, .. }
        | ModelError::ServerFailure { attempts, .. }
        | ModelError::TimedOut { attempts, .. }
        | ModelError::BrokenAnswer { attempts, .. }
        | ModelError::BrokenStream { attempts, .. } => *attempts = made,
        _ => {}
    }
    error
}

/// What a server says about an error.
struct Said {
    message: String,
    /// Type and code of the error, in whatever words the provider has.
    words: Vec<String>,
}

impl Said {
    fn in_body(body: &str) -> Self {
        match serde_json::from_str(body) {
            Ok(value) => Self::in_value(&value),
            Err(_) => Self { message: body.to_owned(), words: Vec::new() },
        }
    }

    fn in_value(body: &Value) -> Self {
        // Servers that imitate others differ in how deep they put it.
        let error = body.get("error").filter(|error| error.is_object()).unwrap_or(body);
        let texts = [error.get("message"), body.get("message"), body.get("detail"), body.get("error")];
        let message = texts.into_iter().flatten().find_map(Value::as_str);
        let message = message.map_or_else(|| body.to_string(), str::to_owned);
        let words = [error.get("type"), error.get("code")].into_iter().flatten();
        let words = words.filter_map(|word| match word {
            Value::String(word) => Some(word.to_ascii_lowercase()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        Self { message, words: words.collect() }
    }

    /// The status that an error in a stream stands for.
    fn status(&self) -> u16 {
        let known = |word: &String| {
            Some(match word.as_str() {
                "invalid_request_error" | "invalid_prompt" => 400,
                "authentication_error" | "invalid_api_key" => 401,
                "permission_error" => 403,
                "not_found_error" | "model_not_found" => 404,
                "request_too_large" => 413,
                "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" => 429,
                "timeout_error" => 504,
                "overloaded_error" => 529,
                word => return word.parse().ok().filter(|status| (400..600).contains(status)),
            })
        };
        // The code says more than the type, and stands after it.
        self.words.iter().rev().find_map(known).unwrap_or(500)
    }

    /// Whether the conversation is too long for the model. There is no status for it: each server has its words.
    fn is_about_length(&self) -> bool {
        const CODES: [&str; 2] = ["context_length_exceeded", "exceed_context_size_error"];
        const PHRASES: [&str; 6] = [
            "prompt is too long",
            "maximum context length",
            "exceed context limit",
            "exceeds the available context size",
            "context window",
            "input is too long",
        ];
        let message = self.message.to_ascii_lowercase();
        self.words.iter().any(|word| CODES.contains(&word.as_str()))
            || PHRASES.iter().any(|phrase| message.contains(phrase))
    }

    /// Whether the account has no money left, for which there is no agreed status either.
    fn is_about_credit(&self) -> bool {
        const CODES: [&str; 3] = ["insufficient_quota", "billing_error", "billing_hard_limit_reached"];
        self.words.iter().any(|word| CODES.contains(&word.as_str()))
            || self.message.to_ascii_lowercase().contains("credit balance is too low")
    }
}

/// How long the server wants to be left alone.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name| text(headers, name).and_then(|text| text.trim().parse::<f64>().ok());
    if let Some(milliseconds) = number("retry-after-ms") {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    if let Some(seconds) = number("retry-after") {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(text(headers, "retry-after")?).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

fn text<'headers>(headers: &'headers HeaderMap, name: &str) -> Option<&'headers str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The cause of all causes: the outer ones only say that something failed, and where it was sent.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().expect("a name"), value.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn the_wish_to_wait_is_read_in_all_its_forms() {
        assert_eq!(retry_after(&headers(&[("retry-after", "7")])), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers(&[("retry-after", "0.5")])), Some(Duration::from_millis(500)));
        let both = headers(&[("retry-after", "7"), ("retry-after-ms", "250")]);
        assert_eq!(retry_after(&both), Some(Duration::from_millis(250)));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        let wish = retry_after(&headers(&[("retry-after", &soon)])).expect("a date");
        assert!(wish > Duration::from_secs(50) && wish <= Duration::from_secs(60), "{wish:?}");
        let past = headers(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]);
        assert_eq!(retry_after(&past), Some(Duration::ZERO));
        for nonsense in ["soon", "-1", "NaN", "inf", "1e300"] {
            assert_eq!(retry_after(&headers(&[("retry-after", nonsense)])), None, "{nonsense}");
        }
    }

    #[test]
    fn messages_are_found_wherever_servers_put_them() {
        for (body, message) in [
            (r#"{"error": {"message": "no", "type": "x"}}"#, "no"),
            (r#"{"type": "error", "error": {"type": "x", "message": "no"}}"#, "no"),
            (r#"{"message": "no"}"#, "no"),
            (r#"{"detail": "no"}"#, "no"),
            (r#"{"error": "no"}"#, "no"),
            ("<h1>Bad gateway</h1>", "<h1>Bad gateway</h1>"),
            ("[1]", "[1]"),
        ] {
            assert_eq!(Said::in_body(body).message, message, "{body}");
        }
    }

    #[test]
    fn errors_in_streams_stand_for_a_status() {
        for (body, status) in [
            (r#"{"error": {"type": "overloaded_error"}}"#, 529),
            (r#"{"type": "server_error", "code": "rate_limit_exceeded"}"#, 429),
            (r#"{"error": {"code": 502, "message": "Provider returned error"}}"#, 502),
            (r#"{"error": {"code": 7}}"#, 500),
            ("{}", 500),
        ] {
            assert_eq!(Said::in_body(body).status(), status, "{body}");
        }
    }
}
