//! `fastwright verify`.

use crate::arguments::{Colour, VerifyArguments};
use crate::ending::Ending;
use crate::progress::Progress;
use crate::terminal;
use fastwright_engine::verification::{VerificationRequest, verify as check};
use fastwright_engine::{Failure, Overrides};
use fastwright_report::output::render_verification;

/// Checks a report.
///
/// # Errors
/// When it can't be read, is none, its project is not there, or the result can't be written.
pub(crate) fn verify(arguments: &VerifyArguments, colour: Colour) -> Result<Ending, Failure> {
    let (text, name) = super::read_input(&arguments.report)?;
    let request = VerificationRequest {
        projects: arguments.project.clone(),
        overrides: Overrides {
            python_env: arguments.python_env.clone(),
            variable: arguments.variable.clone(),
            ..Overrides::default()
        },
        baseline: arguments.baseline.clone(),
        diff_base: arguments.diff_base.clone(),
    };
    let progress = Progress::start("reviewing again".to_owned(), !arguments.no_progress);
    let verification = check(&text, &name, &request)?;
    drop(progress);
    let format = arguments.output_format;
    match &arguments.output_file {
        Some(file) => {
            let text = render_verification(&verification, format, &terminal::file_appearance(colour));
            terminal::write_file(file, &text)?;
        }
        None => {
            terminal::print(&render_verification(&verification, format, &terminal::appearance(colour)))?;
        }
    }
    Ok(if verification.confirmed { Ending::Clean } else { Ending::Findings })
}
