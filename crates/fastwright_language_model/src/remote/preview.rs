//! The body of a request, without sending it anywhere.
//!
//! The library makes bodies up on their way out and shows them to nobody, so it sends this one to a socket of our own.

use std::error::Error;
use std::net::Ipv4Addr;

use genai::chat::{ChatOptions, ChatRequest};
use genai::resolver::AuthData;
use genai::{Headers, ServiceTarget};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::client;

/// The body that this request has. Address and key of the target are not used.
pub(super) async fn body(
    target: ServiceTarget,
    chat: ChatRequest,
    options: ChatOptions,
) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let target =
        ServiceTarget { auth: AuthData::RequestOverride { url, headers: Headers::default() }, ..target };
    let client = client::local()?;
    let sending = async {
        use futures_util::StreamExt as _;
        let mut stream = client.exec_chat_stream(target, chat, Some(&options)).await?.stream;
        // There is no answer; what counts is that the request goes out.
        while let Some(Ok(_)) = stream.next().await {}
        Ok::<(), Box<dyn Error>>(())
    };
    let receiving = async {
        let (mut socket, _) = listener.accept().await?;
        let mut bytes = Vec::new();
        loop {
            if let Some(body) = whole_body(&bytes)? {
                return Ok::<String, Box<dyn Error>>(body);
            }
            if socket.read_buf(&mut bytes).await? == 0 {
                return Err("it ended too early".into());
            }
        }
    };
    tokio::pin!(sending, receiving);
    tokio::select! {
        body = &mut receiving => body,
        sent = &mut sending => {
            sent?;
            receiving.await
        }
    }
}

/// The body, once it is there whole.
fn whole_body(bytes: &[u8]) -> Result<Option<String>, Box<dyn Error>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(bytes)? else { return Ok(None) };
    let length = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize = std::str::from_utf8(length.ok_or("it has no length")?.value)?.parse()?;
    let body = bytes.get(head..head.saturating_add(length));
    Ok(body.map(|body| String::from_utf8_lossy(body).into_owned()))
}
