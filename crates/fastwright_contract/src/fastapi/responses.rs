//! Response classes, as far as the document shows them (Starlette 1.0 `responses.py`, FastAPI 0.165
//! `responses.py`, `sse.py`), and status codes.

use super::builder::Builder;
use crate::json::Json;
use fastwright_python::ir::ParameterKind;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::value::{Kind, Value};

/// Starlette's base of all responses.
pub const RESPONSE: &str = "starlette.responses.Response";
/// FastAPI's marker for server-sent events.
pub const EVENT_SOURCE: &str = "fastapi.sse.EventSourceResponse";

/// Python took over the phrases of RFC 9110 in this version.
const RENAMED_PHRASES: Version = Version::new(3, 13, 0);

/// What the document needs of a response class.
#[derive(Debug, Clone)]
pub struct ResponseClass {
    /// `media_type` of the class.
    pub media_type: Option<String>,
    /// The default of the constructor's `status_code`.
    pub status_code: Option<String>,
    /// Whether it is `JSONResponse` or derives from it.
    pub is_json: bool,
    /// Whether it is FastAPI's `EventSourceResponse` or derives from it.
    pub is_event_source: bool,
}

impl Builder<'_, '_, '_> {
    /// What is known of a response class.
    pub fn response_class(&mut self, class: &Value, location: Location) -> ResponseClass {
        let order = self.context.interpreter.class_order(class);
        let mut found =
            ResponseClass { media_type: None, status_code: None, is_json: false, is_event_source: false };
        let (mut media_known, mut status_known, mut base_known) = (false, false, false);
        for owner in order.iter() {
            match owner.kind() {
                Kind::Class(id) => {
                    let own = self.context.interpreter.class(*id).map(|class| {
                        let get = |name: &str| class.attributes.get(&Name::from(name)).cloned();
                        (get("media_type"), get("__init__"))
                    });
                    let Some((media, init)) = own else { continue };
                    if let Some(media) = media.filter(|_| !media_known) {
                        media_known = true;
                        if !media.is_none() {
                            found.media_type =
                                self.text(&media, "the media type of a response class", Some(location));
                        }
                    }
                    if let Some(Kind::Function(init)) = init.map(Value::into_kind)
                        && !status_known
                    {
                        status_known = true;
                        let position = init.definition.parameters.iter().position(|parameter| {
                            parameter.name == "status_code"
                                && !matches!(
                                    parameter.kind,
                                    ParameterKind::VarPositional | ParameterKind::VarKeyword
                                )
                        });
                        let default =
                            position.and_then(|position| init.defaults.get(position).cloned().flatten());
                        if let Some(default) = default {
                            found.status_code = default.as_int().map(|number| number.to_string());
                        }
                        if found.status_code.is_none() {
                            self.context.doubt(
                                "the response class has no default status code that is known",
                                Some(location),
                            );
                        }
                    }
                }
                Kind::External(name) => {
                    let Some((media_type, status)) = library_response(name) else { continue };
                    base_known = true;
                    if !media_known {
                        media_known = true;
                        found.media_type = media_type.map(str::to_owned);
                    }
                    if !status_known {
                        status_known = true;
                        found.status_code = Some(status.to_string());
                    }
                    found.is_json |= name == "starlette.responses.JSONResponse";
                    found.is_event_source |= name == EVENT_SOURCE;
                }
                _ => {}
            }
        }
        if !base_known {
            let what = self.describe(class);
            self.context.doubt(format!("the response class `{what}` is not known"), Some(location));
        }
        found
    }
}

/// Media type and default status code of a library's response class.
fn library_response(name: &str) -> Option<(Option<&'static str>, u16)> {
    Some(match name {
        RESPONSE | "starlette.responses.StreamingResponse" | "starlette.responses.FileResponse" => {
            (None, 200)
        }
        "starlette.responses.HTMLResponse" => (Some("text/html"), 200),
        "starlette.responses.PlainTextResponse" => (Some("text/plain"), 200),
        "starlette.responses.JSONResponse"
        | "fastapi.responses.ORJSONResponse"
        | "fastapi.responses.UJSONResponse" => (Some("application/json"), 200),
        "starlette.responses.RedirectResponse" => (None, 307),
        EVENT_SOURCE => (Some("text/event-stream"), 200),
        "sse_starlette.sse.EventSourceResponse" | "sse_starlette.EventSourceResponse" => (None, 200),
        _ => return None,
    })
}

/// Whether a response with this status may have a body.
pub fn allows_body(status: Option<&str>) -> bool {
    match status {
        None | Some("default" | "1XX" | "2XX" | "3XX" | "4XX" | "5XX") => true,
        Some(status) => match status.parse::<i64>() {
            Ok(number) => !(number < 200 || matches!(number, 204 | 205 | 304)),
            Err(_) => true,
        },
    }
}

/// `http.client.responses` of a version of Python, and FastAPI's words for ranges.
pub fn status_phrase(status: &str, python: Version) -> Option<&'static str> {
    if python >= RENAMED_PHRASES {
        match status {
            "413" => return Some("Content Too Large"),
            "414" => return Some("URI Too Long"),
            "416" => return Some("Range Not Satisfiable"),
            "422" => return Some("Unprocessable Content"),
            _ => {}
        }
    }
    Some(match status {
        "1XX" => "Information",
        "2XX" => "Success",
        "3XX" => "Redirection",
        "4XX" => "Client Error",
        "5XX" => "Server Error",
        "DEFAULT" => "Default Response",
        "100" => "Continue",
        "101" => "Switching Protocols",
        "102" => "Processing",
        "103" => "Early Hints",
        "200" => "OK",
        "201" => "Created",
        "202" => "Accepted",
        "203" => "Non-Authoritative Information",
        "204" => "No Content",
        "205" => "Reset Content",
        "206" => "Partial Content",
        "207" => "Multi-Status",
        "208" => "Already Reported",
        "226" => "IM Used",
        "300" => "Multiple Choices",
        "301" => "Moved Permanently",
        "302" => "Found",
        "303" => "See Other",
        "304" => "Not Modified",
        "305" => "Use Proxy",
        "307" => "Temporary Redirect",
        "308" => "Permanent Redirect",
        "400" => "Bad Request",
        "401" => "Unauthorized",
        "402" => "Payment Required",
        "403" => "Forbidden",
        "404" => "Not Found",
        "405" => "Method Not Allowed",
        "406" => "Not Acceptable",
        "407" => "Proxy Authentication Required",
        "408" => "Request Timeout",
        "409" => "Conflict",
        "410" => "Gone",
        "411" => "Length Required",
        "412" => "Precondition Failed",
        "413" => "Request Entity Too Large",
        "414" => "Request-URI Too Long",
        "415" => "Unsupported Media Type",
        "416" => "Requested Range Not Satisfiable",
        "417" => "Expectation Failed",
        "418" => "I'm a Teapot",
        "421" => "Misdirected Request",
        "422" => "Unprocessable Entity",
        "423" => "Locked",
        "424" => "Failed Dependency",
        "425" => "Too Early",
        "426" => "Upgrade Required",
        "428" => "Precondition Required",
        "429" => "Too Many Requests",
        "431" => "Request Header Fields Too Large",
        "451" => "Unavailable For Legal Reasons",
        "500" => "Internal Server Error",
        "501" => "Not Implemented",
        "502" => "Bad Gateway",
        "503" => "Service Unavailable",
        "504" => "Gateway Timeout",
        "505" => "HTTP Version Not Supported",
        "506" => "Variant Also Negotiates",
        "507" => "Insufficient Storage",
        "508" => "Loop Detected",
        "510" => "Not Extended",
        "511" => "Network Authentication Required",
        _ => return None,
    })
}

/// The key of a status in `responses=`: numbers and texts as written, `HTTPStatus` members as their number.
pub fn status_key(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
