//! What an editor may ask, request by request.

use super::sessions::Sessions;
use agent_client_protocol::schema::ProtocolVersion;
use agent_client_protocol::v1::schema::{
    AgentCapabilities, CancelNotification, ContentBlock, EmbeddedResourceResource, Implementation,
    InitializeRequest, InitializeResponse, NewSessionRequest, PromptRequest,
};
use agent_client_protocol::{Agent, Stdio};
use fastwright_engine::Failure;
use std::sync::Arc;

/// Serves the editor at the other end until it closes its side.
pub(super) async fn run(sessions: Sessions) -> Result<(), Failure> {
    let sessions = Arc::new(sessions);
    let (opening, following, cancelling) =
        (Arc::clone(&sessions), Arc::clone(&sessions), Arc::clone(&sessions));
    let connection = Agent
        .v1()
        .name("fastwright")
        .on_receive_request(
            async move |_: InitializeRequest, responder, _| {
                let implementation = Implementation::new("fastwright", env!("CARGO_PKG_VERSION"))
                    .title("fastwright".to_owned());
                responder.respond(
                    InitializeResponse::new(ProtocolVersion::V1)
                        .agent_capabilities(AgentCapabilities::new())
                        .agent_info(implementation),
                )
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_request(
            async move |request: NewSessionRequest, responder, _| {
                opening.open(request, responder);
                Ok(())
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_request(
            async move |request: PromptRequest, responder, connection| {
                following.follow(request, responder, connection)
            },
            agent_client_protocol::on_receive_request!(),
        )
        .on_receive_notification(
            async move |notification: CancelNotification, _| {
                cancelling.cancel(&notification.session_id);
                Ok(())
            },
            agent_client_protocol::on_receive_notification!(),
        )
        .connect_to(Stdio::new());
    let result = connection.await;
    sessions.end();
    result.map_err(|error| Failure::new(format!("the connection failed: {error}")))
}

/// The task in a message: its texts, and the names of files that it points to.
pub(super) fn text_of(prompt: &[ContentBlock]) -> String {
    let parts = prompt.iter().filter_map(|block| match block {
        ContentBlock::Text(text) => Some(text.text.as_str()),
        ContentBlock::ResourceLink(link) => Some(link.name.as_str()),
        ContentBlock::Resource(resource) => match &resource.resource {
            EmbeddedResourceResource::TextResourceContents(contents) => Some(contents.uri.as_str()),
            _ => None,
        },
        _ => None,
    });
    parts.collect::<Vec<_>>().join(" ").trim().to_owned()
}
