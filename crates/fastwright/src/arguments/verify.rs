//! The arguments of `fastwright verify`.

use super::{variable, verification_format_parser};
use clap::Args;
use fastwright_report::output::VerificationFormat;
use std::path::PathBuf;

/// `fastwright verify`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Exit codes: 0 everything is confirmed, 1 something is not, 2 could not run.")]
pub(crate) struct VerifyArguments {
    /// What `fastwright review --output-format json` wrote; `-` for standard input.
    #[arg(value_name = "REPORT")]
    pub(crate) report: PathBuf,

    /// The root of the project that the report is about; of a report about several, one for each, in its order
    /// [default: the roots that the report names, below the working directory].
    #[arg(long, value_name = "PATH", help_heading = "Project")]
    pub(crate) project: Vec<PathBuf>,

    /// Virtual environment of the project [default: .venv, venv, VIRTUAL_ENV].
    #[arg(long, value_name = "FOLDER", help_heading = "Project")]
    pub(crate) python_env: Option<PathBuf>,

    /// A variable that was set for the review; reports have no values. May be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable, help_heading = "Project")]
    pub(crate) variable: Vec<(String, String)>,

    /// The baseline that the report was made with [default: the configuration's].
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    pub(crate) baseline: Option<PathBuf>,

    /// The git revision whose findings the report leaves out.
    #[arg(long, value_name = "REVISION", help_heading = "Rules")]
    pub(crate) diff_base: Option<String>,

    /// Write the result to a file instead of standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output_file: Option<PathBuf>,

    /// How to print the result.
    #[arg(long, value_name = "FORMAT", value_parser = verification_format_parser(), default_value = "full", help_heading = "Output")]
    pub(crate) output_format: VerificationFormat,

    /// Show no progress.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,
}
