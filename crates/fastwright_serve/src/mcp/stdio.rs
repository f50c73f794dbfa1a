//! Standard input and output: one line, one message.

use super::server::Server;
use fastwright_engine::Failure;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetMeta as _, JsonRpcMessage, ProtocolVersion, ServerJsonRpcMessage,
};
use rmcp::service::{ServerInitializeError, serve_server};
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::{StdioReader, StdioWriter, Transport, stdio_pipes};
use rmcp::{RoleServer, service::RunningService};

/// Serves the client at the other end until it closes its side.
pub(super) async fn run(server: Server) -> Result<(), Failure> {
    let (reader, writer) = stdio_pipes();
    let transport = Patient { inner: AsyncRwTransport::new(reader, writer), opened: false };
    let running: RunningService<RoleServer, Server> = match serve_server(server, transport).await {
        Ok(running) => running,
        // A client that leaves before it said anything is no failure.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(Failure::new(format!("the connection could not be opened: {error}"))),
    };
    running.waiting().await.map_err(|error| Failure::new(format!("the connection failed: {error}")))?;
    Ok(())
}

/// Lets messages pass by that have no meaning before the client opened the connection: notifications and answers.
/// Without it, such a message would end the server.
struct Patient {
    inner: AsyncRwTransport<RoleServer, StdioReader, StdioWriter>,
    opened: bool,
}

impl Transport<RoleServer> for Patient {
    type Error = std::io::Error;

    fn send(
        &mut self,
        item: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.inner.send(item)
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let message = self.inner.receive().await?;
            if self.opened {
                return Some(message);
            }
            if let JsonRpcMessage::Request(request) = &message {
                self.opened = opens(&request.request);
                return Some(message);
            }
        }
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.inner.close()
    }
}

/// Whether a request opens the connection: `initialize`, or one that says everything about the client itself.
fn opens(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::DiscoverRequest(_) | ClientRequest::PingRequest(_) => false,
        request => {
            let meta = request.get_meta();
            meta.missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty()
                && meta
                    .protocol_version()
                    .is_some_and(|version| ProtocolVersion::KNOWN_VERSIONS.contains(&version))
        }
    }
}
