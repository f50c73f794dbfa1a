//! The arguments of `fastwright init`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use fastwright_engine::hosts::Host;
use std::path::PathBuf;

/// `fastwright init`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Exit codes: 0 done, 1 with --diff where there is something to do, 2 could not run.")]
pub(crate) struct InitArguments {
    /// The folder of the project.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) project: PathBuf,

    /// The coding agent whose files are written: instructions, and the MCP server that it asks.
    #[arg(long, value_name = "HOST", value_parser = host_parser())]
    pub(crate) agent: Option<Host>,

    /// Take out what was put in, and nothing else.
    #[arg(long, requires = "agent")]
    pub(crate) remove: bool,

    /// Print the change as a diff and write nothing; the exit code is 1 if there is one.
    #[arg(long, requires = "agent")]
    pub(crate) diff: bool,
}

fn host_parser() -> impl clap::builder::TypedValueParser<Value = Host> {
    PossibleValuesParser::new(Host::ALL.iter().map(|host| host.name()))
        .map(|word| Host::from_name(&word).unwrap_or(Host::Claude))
}
