//! `fastwright rule`.

use crate::arguments::{Colour, RuleArguments, RuleFormat};
use crate::ending::Ending;
use crate::terminal;
use fastwright_engine::Failure;
use fastwright_engine::rules;
use fastwright_report::{rule_document, rule_page};

/// Explains one rule or all of them, or lists them.
///
/// # Errors
/// When there is no such rule.
pub(crate) fn rule(arguments: &RuleArguments, colour: Colour) -> Result<Ending, Failure> {
    let appearance = terminal::appearance(colour);
    let text = match &arguments.name {
        Some(name) => rule_page::explain(&rules::rule_description(name)?, &appearance),
        None if arguments.output_format == RuleFormat::Json => rule_document::render(&rules::rule_entries()),
        None if arguments.all => {
            let rules = rules::rule_descriptions();
            let pages: Vec<String> = rules.iter().map(|rule| rule_page::explain(rule, &appearance)).collect();
            pages.join("\n\n")
        }
        None => rule_page::list(&rules::rule_descriptions(), &appearance),
    };
    terminal::print(&text)?;
    Ok(Ending::Clean)
}
