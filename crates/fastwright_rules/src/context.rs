//! What a rule may look at.

use crate::settings::CompiledSettings;
use fastwright_model::analysis::Analysis;

/// The analysed project and the user's settings.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Everything known about the project.
    pub analysis: &'a Analysis,
    /// What the user decided, ready to match.
    pub settings: &'a CompiledSettings,
}
