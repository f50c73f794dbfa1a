//! `fastwright mcp`.

use crate::arguments::McpArguments;
use crate::ending::Ending;
use crate::terminal;
use fastwright_engine::Failure;
use fastwright_serve::mcp::{Address, Token, serve_http, serve_stdio};
use fastwright_tools::Start;

/// The variable of the environment that may hold the token of the server.
const TOKEN: &str = "FASTWRIGHT_TOKEN";

/// Serves until the client is gone, or the process is ended. Nothing but the protocol is written to standard output.
///
/// # Errors
/// When the project can't be read, or the server can't start.
pub(crate) fn mcp(arguments: &McpArguments) -> Result<Ending, Failure> {
    let start = Start {
        path: arguments.path.clone(),
        overrides: arguments.settings.overrides(),
        allow_write: arguments.allow_write,
        allow_dirty: false,
    };
    match &arguments.http {
        None => serve_stdio(start)?,
        Some(address) => {
            let address = Address::parse(address)?;
            let (token, made_up) = match std::env::var(TOKEN) {
                Ok(text) => (Token::chosen(&text)?, None),
                Err(std::env::VarError::NotPresent) => {
                    let (token, text) = Token::random()?;
                    (token, Some(text))
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(Failure::new(format!("{TOKEN} is no text")));
                }
            };
            let ready = move |address: &str| {
                terminal::tell(&format!("fastwright: answering at {address} until it is interrupted"));
                match made_up {
                    Some(text) => terminal::tell(&format!("fastwright: Authorization: Bearer {text}")),
                    None => terminal::tell(&format!("fastwright: the token is the one in {TOKEN}")),
                }
            };
            serve_http(start, address, token, ready)?;
        }
    }
    Ok(Ending::Clean)
}
