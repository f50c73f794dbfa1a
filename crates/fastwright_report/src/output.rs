//! The outputs by name, and rendering to one of them.

use crate::appearance::Appearance;
use crate::review_document::ReviewReport;
use crate::routes_document::RoutesDocument;
use crate::routes_selection::Grouping;
use crate::rule_page::RuleDescription;
use crate::verification::Verification;
use fastwright_contract::diff::Diff;
use fastwright_gate::Verdict;

macro_rules! formats {
    ($(#[$documentation:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$what])* $variant),+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word on the command line and in configuration.
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $word),+
                }
            }

            /// The format with this name.
            pub fn from_name(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|format| format.name() == word)
            }
        }
    };
}

formats! {
    /// Outputs of `fastwright review`.
    ReviewFormat {
        /// Text with the whole anatomy of each finding.
        Full = "full",
        /// One line a finding.
        Concise = "concise",
        /// The document of [`crate::review_document`].
        Json = "json",
        /// One JSON object a line, each with its `type`.
        JsonLines = "json-lines",
        /// SARIF 2.1.0 for code scanning.
        Sarif = "sarif",
        /// Workflow commands that GitHub shows as annotations.
        Github = "github",
        /// GitLab's code quality report.
        Gitlab = "gitlab",
        /// JUnit's XML, which every continuous integration reads.
        Junit = "junit",
        /// Markdown for a comment on a pull request.
        Markdown = "markdown",
    }
}

formats! {
    /// Outputs of `fastwright routes`.
    RoutesFormat {
        /// A table that fits the terminal.
        Full = "full",
        /// The document of [`crate::routes_document`].
        Json = "json",
        /// Markdown tables.
        Markdown = "markdown",
    }
}

formats! {
    /// Outputs of `fastwright diff`.
    DiffFormat {
        /// Text with both places of each change.
        Full = "full",
        /// The document of [`fastwright_contract::diff`].
        Json = "json",
        /// Markdown for a comment on a pull request.
        Markdown = "markdown",
        /// Workflow commands that GitHub shows as annotations.
        Github = "github",
    }
}

formats! {
    /// Outputs of `fastwright gate`.
    GateFormat {
        /// Text with each reason.
        Full = "full",
        /// The document of [`fastwright_gate::Verdict`].
        Json = "json",
    }
}

formats! {
    /// Outputs of `fastwright verify`.
    VerificationFormat {
        /// Text with what is not as the report says.
        Full = "full",
        /// The document of [`crate::verification`].
        Json = "json",
    }
}

impl ReviewFormat {
    /// Whether a person reads it in a terminal: such text gets colours, links, and the terminal's width.
    pub fn is_text(self) -> bool {
        matches!(self, ReviewFormat::Full | ReviewFormat::Concise)
    }

    /// Whether it shows the hashes by which a report can be checked.
    pub fn shows_hashes(self) -> bool {
        matches!(self, ReviewFormat::Json | ReviewFormat::JsonLines)
    }
}

/// The review in a format. `rules` describes the rules for those outputs that carry descriptions.
pub fn render_review(
    report: &ReviewReport,
    format: ReviewFormat,
    rules: &[RuleDescription<'_>],
    appearance: &Appearance,
) -> String {
    match format {
        ReviewFormat::Full => crate::full::render(report, appearance),
        ReviewFormat::Concise => crate::concise::render(report, appearance),
        ReviewFormat::Json => json(&report.document),
        ReviewFormat::JsonLines => crate::review_document::json_lines(&report.document),
        ReviewFormat::Sarif => json(&crate::sarif::log(&report.document, rules)),
        ReviewFormat::Github => crate::annotations::render(&report.document),
        ReviewFormat::Gitlab => json(&crate::code_quality::report(&report.document)),
        ReviewFormat::Junit => crate::junit::render(&report.document),
        ReviewFormat::Markdown => crate::markdown::render(&report.document),
    }
}

/// The routes in a format.
pub fn render_routes(
    document: &RoutesDocument,
    format: RoutesFormat,
    grouping: Grouping,
    appearance: &Appearance,
) -> String {
    match format {
        RoutesFormat::Full => crate::routes_output::text(document, grouping, appearance),
        RoutesFormat::Json => json(document),
        RoutesFormat::Markdown => crate::routes_output::markdown(document, grouping),
    }
}

/// What differs between two contracts, in a format.
pub fn render_diff(diff: &Diff, format: DiffFormat, appearance: &Appearance) -> String {
    match format {
        DiffFormat::Full => crate::diff_output::text(diff, appearance),
        DiffFormat::Json => json(diff),
        DiffFormat::Markdown => crate::diff_output::markdown(diff),
        DiffFormat::Github => crate::diff_output::github(diff),
    }
}

/// A verdict of the gate, in a format.
pub fn render_verdict(verdict: &Verdict, format: GateFormat, appearance: &Appearance) -> String {
    match format {
        GateFormat::Full => crate::gate_output::text(verdict, appearance),
        GateFormat::Json => json(verdict),
    }
}

/// What became of a report when it was checked, in a format.
pub fn render_verification(
    verification: &Verification,
    format: VerificationFormat,
    appearance: &Appearance,
) -> String {
    match format {
        VerificationFormat::Full => crate::verification::output::text(verification, appearance),
        VerificationFormat::Json => json(verification),
    }
}

/// Indented JSON with a line break at its end. The documents have string keys only and no floating point
/// numbers, so writing them can't fail.
pub fn json(document: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
