//! Streamable HTTP on this machine's own addresses.
//!
//! Other programs of the machine, and web pages in a browser on it, can reach such an address: so every request needs
//! the token; a request that a page of another site sent (`Origin`) or that came by another name of this machine
//! (`Host`, as in DNS rebinding) is refused even with it.

use super::server::Server;
use fastwright_engine::Failure;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Where the protocol is spoken.
const PATH: &str = "/mcp";
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of a token at least.
const SHORTEST_TOKEN: usize = 16;

/// An address that only this machine reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(SocketAddr);

impl Address {
    /// The port that is used where none is named.
    pub const USUAL_PORT: u16 = 8737;

    /// The address that a text means: `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`, or a port. Port 0 is any that
    /// is free.
    ///
    /// # Errors
    /// When it is none, or other machines would reach it.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::new(format!(
                "`{text}` is no address to serve on: `127.0.0.1:{port}`, `[::1]:{port}` or a port",
                port = Self::USUAL_PORT
            ))
        };
        if let Ok(port) = text.parse::<u16>() {
            return Ok(Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
        }
        let numeric = match text.strip_prefix("localhost") {
            Some(rest) => format!("127.0.0.1{rest}"),
            None => text.to_owned(),
        };
        let address = match numeric.parse::<SocketAddr>() {
            Ok(address) => address,
            Err(_) => match numeric.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
                Ok(address) => SocketAddr::new(address, Self::USUAL_PORT),
                Err(_) => return Err(wrong()),
            },
        };
        if !address.ip().is_loopback() {
            return Err(Failure::new(format!(
                "`{text}` is refused: other machines could reach it. fastwright answers over HTTP on this machine \
                 only: 127.0.0.1 or ::1. To use it from elsewhere, forward a port (`ssh -L`)"
            )));
        }
        Ok(Self(address))
    }
}

/// What a client has to send to be heard. It can't be printed by accident.
pub struct Token(blake3::Hash);

impl Token {
    /// The token that the person who starts the server chose.
    ///
    /// # Errors
    /// When it could be guessed, or can't be sent in a header.
    pub fn chosen(text: &str) -> Result<Self, Failure> {
        if text.len() < SHORTEST_TOKEN || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure::new(format!(
                "FASTWRIGHT_TOKEN is no token: it needs at least {SHORTEST_TOKEN} visible ASCII characters. \
                 Without it, fastwright makes one up"
            )));
        }
        Ok(Self(blake3::hash(text.as_bytes())))
    }

    /// A new one that nobody can guess, with its text.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn random() -> Result<(Self, String), Failure> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)
            .map_err(|error| Failure::new(format!("no token can be made up: {error}")))?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((Self(blake3::hash(text.as_bytes())), text))
    }

    /// Whether a request has it. Digests are compared, which takes the same time whatever differs.
    fn fits(&self, header: Option<&HeaderValue>) -> bool {
        let text = header.and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '));
        text.is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer") && blake3::hash(token.trim().as_bytes()) == self.0
        })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

type Service = StreamableHttpService<Server, LocalSessionManager>;
type Body = http_body_util::combinators::BoxBody<hyper::body::Bytes, Infallible>;

/// Accepts connections until the process ends.
pub(super) async fn run(
    server: Server,
    address: Address,
    token: Token,
    ready: impl FnOnce(&str),
) -> Result<(), Failure> {
    let failed = |error| Failure::new(format!("{} can't be used: {error}", address.0));
    let listener = TcpListener::bind(address.0).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    let service = Service::new(move || Ok(server.clone()), Arc::default(), configuration(local));
    let token = Arc::new(token);
    ready(&format!("http://{local}{PATH}"));
    loop {
        let connection = match listener.accept().await {
            Ok((connection, _)) => connection,
            // Out of file descriptors, or a client that is gone already: the next one may do better.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (service, token) = (service.clone(), Arc::clone(&token));
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let (service, token) = (service.clone(), Arc::clone(&token));
                async move { Ok::<_, Infallible>(answer(&service, &token, request).await) }
            });
            let mut connections = http1::Builder::new();
            connections.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
            // How a connection ends is the client's affair.
            let _ = connections.serve_connection(TokioIo::new(connection), answer).await;
        });
    }
}

/// Names by which this machine is reached from itself, and nothing else.
fn configuration(local: SocketAddr) -> StreamableHttpServerConfig {
    let port = local.port();
    let names = ["127.0.0.1", "localhost", "[::1]"];
    StreamableHttpServerConfig::default()
        .with_allowed_hosts(names.map(|name| format!("{name}:{port}")))
        .with_allowed_origins(names.map(|name| format!("http://{name}:{port}")))
        .enforce_origin_validation()
}

async fn answer(service: &Service, token: &Token, request: Request<Incoming>) -> Response<Body> {
    if request.uri().path() != PATH {
        return refusal(StatusCode::NOT_FOUND, "The Model Context Protocol is spoken at /mcp.");
    }
    if !token.fits(request.headers().get(AUTHORIZATION)) {
        let mut response = refusal(StatusCode::UNAUTHORIZED, "The token that the server printed is missing.");
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return response;
    }
    service.handle(request).await
}

fn refusal(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Full::new(hyper::body::Bytes::from_static(text.as_bytes())).boxed());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_served() {
        for (text, address) in [
            ("8000", "127.0.0.1:8000"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("127.0.0.1", "127.0.0.1:8737"),
            ("127.8.9.10:80", "127.8.9.10:80"),
            ("localhost:99", "127.0.0.1:99"),
            ("localhost", "127.0.0.1:8737"),
            ("[::1]:99", "[::1]:99"),
            ("::1", "[::1]:8737"),
        ] {
            assert_eq!(Address::parse(text).unwrap().0.to_string(), address, "{text}");
        }
        for text in
            ["0.0.0.0:80", "0.0.0.0", "[::]:80", "192.168.1.4:80", "8.8.8.8:80", "[::ffff:8.8.8.8]:80"]
        {
            let message = Address::parse(text).unwrap_err().to_string();
            assert!(message.contains("other machines"), "{text}: {message}");
        }
        for text in ["", "here", "localhosts.example.org:80", "example.org:80", "127.0.0.1:", "99999", "."] {
            let message = Address::parse(text).unwrap_err().to_string();
            assert!(message.contains("is no address"), "{text}: {message}");
        }
    }

    #[test]
    fn tokens_fit_only_as_a_whole() {
        let token = Token::chosen("0123456789abcdef").unwrap();
        let fits = |header: &str| token.fits(Some(&HeaderValue::from_str(header).unwrap()));
        assert!(fits("Bearer 0123456789abcdef") && fits("bearer  0123456789abcdef"));
        for wrong in
            ["Bearer 0123456789abcde", "Bearer 0123456789abcdefg", "Basic 0123456789abcdef", "Bearer", ""]
        {
            assert!(!fits(wrong), "{wrong}");
        }
        assert!(!token.fits(None));
        assert!(Token::chosen("short").is_err() && Token::chosen("has spaces in it, many").is_err());
        let (first, second) = (Token::random().unwrap(), Token::random().unwrap());
        assert!(first.1 != second.1 && first.1.len() == 64 && first.0.0 == blake3::hash(first.1.as_bytes()));
    }
}
