//! Standard output, standard error, and files: what they can show, and writing to them.

use crate::arguments::Colour;
use fastwright_engine::Failure;
pub(crate) use fastwright_engine::files::write_file;
use fastwright_report::appearance::Appearance;
use std::ffi::OsStr;
use std::io::{IsTerminal as _, Write as _};

/// How text on standard output may look.
pub(crate) fn appearance(colour: Colour) -> Appearance {
    let is_terminal = std::io::stdout().is_terminal();
    let colour = is_coloured(colour, is_terminal, |name| std::env::var_os(name));
    let width = is_terminal.then(columns).flatten();
    let links = (is_terminal && colour && shows_links(|name| std::env::var(name).ok()))
        .then(|| std::env::current_dir().ok())
        .flatten();
    Appearance { colour, width, links }
}

/// How text in a file may look: plain, unless colours are demanded.
pub(crate) fn file_appearance(colour: Colour) -> Appearance {
    Appearance { colour: colour == Colour::Always, ..Appearance::plain() }
}

fn is_coloured(
    colour: Colour,
    is_terminal: bool,
    variable: impl Fn(&str) -> Option<std::ffi::OsString>,
) -> bool {
    // An empty value counts as not set; `0` forces nothing.
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let forces = |name: &str| is_set(name) && variable(name).as_deref() != Some(OsStr::new("0"));
    match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if is_set("NO_COLOR") => false,
        Colour::Auto if forces("FORCE_COLOR") || forces("CLICOLOR_FORCE") => true,
        Colour::Auto => is_terminal && variable("TERM").as_deref() != Some(OsStr::new("dumb")),
    }
}

/// Terminals that are known to understand links; others may print the address as garbage.
fn shows_links(variable: impl Fn(&str) -> Option<String>) -> bool {
    if let Some(forced) = variable("FORCE_HYPERLINK") {
        return forced != "0" && !forced.is_empty();
    }
    // Continuous integration and multiplexers hold a terminal, and swallow or show the address.
    if variable("CI").is_some() || variable("TERM").is_some_and(|term| term.starts_with("screen")) {
        return false;
    }
    let known = ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio"];
    let program = variable("TERM_PROGRAM").is_some_and(|program| known.contains(&program.as_str()));
    let vte = variable("VTE_VERSION").and_then(|version| version.parse::<u32>().ok());
    program
        || vte.is_some_and(|version| version >= 5000)
        || variable("WT_SESSION").is_some()
        || variable("KITTY_WINDOW_ID").is_some()
        || variable("KONSOLE_VERSION").is_some()
}

fn columns() -> Option<usize> {
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    set.filter(|&columns: &usize| columns > 0)
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
}

/// Writes to standard output. A reader that went away (`| head`) is no error.
///
/// # Errors
/// When the text can't be written, such as on a full disk.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    // The text has only the colours that were decided on: nothing is left to strip, and on Windows the
    // console learns to show them.
    let mut output = anstream::AutoStream::new(std::io::stdout(), anstream::ColorChoice::Always);
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("the output can't be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// A line for the person, on standard error; when even that is closed, there is nobody to tell.
pub(crate) fn tell(text: &str) {
    let mut output = anstream::stderr().lock();
    let _ = writeln!(output, "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coloured(colour: Colour, is_terminal: bool, set: &[(&str, &str)]) -> bool {
        is_coloured(colour, is_terminal, |name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn colours_follow_option_variables_and_terminal_in_this_order() {
        assert!(coloured(Colour::Auto, true, &[]));
        assert!(!coloured(Colour::Auto, false, &[]));
        assert!(!coloured(Colour::Auto, true, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")]));
        assert!(coloured(Colour::Auto, true, &[("NO_COLOR", "")]));
        assert!(coloured(Colour::Auto, false, &[("FORCE_COLOR", "1")]));
        assert!(coloured(Colour::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!coloured(Colour::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!coloured(Colour::Auto, true, &[("TERM", "dumb")]));
        assert!(coloured(Colour::Always, false, &[("NO_COLOR", "1")]));
        assert!(!coloured(Colour::Never, true, &[("FORCE_COLOR", "1")]));
    }
}
