//! The connection to a server.

use std::error::Error;
use std::time::Duration;

use genai::Client;
use reqwest::ClientBuilder;
use reqwest::redirect::Policy;
use rustls::crypto::{CryptoProvider, ring};

use super::failure::innermost;
use crate::choice::Model;

/// A client for one server.
pub(super) fn new(model: &Model, connect: Duration) -> Result<Client, Box<dyn Error>> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("fastwright/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect)
        .tcp_nodelay(true)
        .gzip(true)
        // A redirect would carry the conversation to an address that nobody has chosen, and the key with it where
        // that is in a header of its own.
        .redirect(Policy::none())
        // Between two requests nobody looks after open connections: the next one would begin on one that is dead.
        .pool_max_idle_per_host(0);
    if model.has_local_server() {
        builder = builder.no_proxy();
    }
    if model.address().scheme() == "http" {
        // The certificates of the machine are not needed, and a machine with none of them can do without.
        builder = builder.tls_certs_only([]);
    }
    with(builder)
}

/// A client that only speaks to this machine.
pub(super) fn local() -> Result<Client, Box<dyn Error>> {
    with(reqwest::Client::builder().no_proxy().redirect(Policy::none()).tls_certs_only([]))
}

fn with(builder: ClientBuilder) -> Result<Client, Box<dyn Error>> {
    // Somebody may have chosen a provider of cryptography before; any will do.
    if CryptoProvider::get_default().is_none() {
        let _ = ring::default_provider().install_default();
    }
    let client = builder.build().map_err(|error| innermost(&error))?;
    Ok(Client::builder().with_reqwest(client).build()?)
}
