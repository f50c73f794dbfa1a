//! What a rule says about itself, and the trait that runs it.

use crate::context::Context;
use crate::finding::{Area, Confidence, Severity};
use crate::reporter::Reporter;

/// From which profile on a rule runs when nothing is selected by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// Nearly always worth a change; the command line starts here.
    #[default]
    Default,
    /// Good habits that many healthy services leave out.
    Strict,
    /// Leads for a person who looks for faults; false alarms are expected.
    Audit,
}

impl Profile {
    /// All, from the quietest to the most talkative.
    pub const ALL: [Profile; 3] = [Profile::Default, Profile::Strict, Profile::Audit];

    /// The word in configuration: `default`, `strict`, `audit`.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Default => "default",
            Profile::Strict => "strict",
            Profile::Audit => "audit",
        }
    }
}

/// Everything about a rule that does not depend on the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleMetadata {
    /// The bad pattern in lower-case words with hyphens; "allow {name}" reads right.
    pub name: &'static str,
    /// The area that it belongs to; also the folder of its page.
    pub area: Area,
    /// Severity where the rule has no reason to choose another.
    pub severity: Severity,
    /// Confidence where the rule has no reason to choose another.
    pub confidence: Confidence,
    /// One line without a full stop.
    pub summary: &'static str,
    /// Why it matters, where the rule has nothing to say about this application.
    pub why: &'static str,
    /// What to do, where the rule has nothing more precise to say.
    pub recommendation: &'static str,
    /// What the recommendation costs, and when to leave it.
    pub trade_off: &'static str,
    /// `none`, or what callers would see once the recommendation is followed.
    pub contract_effect: &'static str,
    /// CWE numbers, the closest first.
    pub cwe: &'static [u16],
    /// OWASP API Security entries such as `API1:2023`.
    pub owasp: &'static [&'static str],
    /// The first profile that runs it.
    pub profile: Profile,
    /// The page in Markdown: documentation and test.
    pub page: &'static str,
    /// Addresses of documents that back the rule.
    pub references: &'static [&'static str],
}

/// A rule: metadata and logic. Usually written with [`declare_rule!`](crate::declare_rule).
pub trait Rule: Sync {
    /// What the rule says about itself.
    fn metadata(&self) -> &'static RuleMetadata;

    /// Looks at the analysis and reports what is wrong. A panic in here loses only what this rule reports.
    fn check(&self, context: &Context<'_>, report: &mut Reporter<'_>);
}

/// Declares a rule as a unit struct with its `METADATA`; with `check: function` also implements
/// [`Rule`](crate::metadata::Rule) by calling `function(&Context, &mut Reporter)`. A rule without `check`
/// is described but can't be registered.
#[macro_export]
macro_rules! declare_rule {
    (
        $(#[$attribute:meta])*
        $rule:ident {
            name: $name:literal,
            area: $area:ident,
            severity: $severity:ident,
            confidence: $confidence:ident,
            summary: $summary:literal,
            why: $why:literal,
            recommendation: $recommendation:literal,
            trade_off: $trade_off:literal,
            contract_effect: $contract_effect:literal,
            cwe: [$($cwe:literal),* $(,)?],
            owasp: [$($owasp:literal),* $(,)?],
            profile: $profile:ident,
            page: $page:literal,
            references: [$($reference:literal),* $(,)?],
            $(check: $check:path,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy)]
        pub struct $rule;

        impl $rule {
            /// What the rule says about itself.
            pub const METADATA: $crate::metadata::RuleMetadata = $crate::metadata::RuleMetadata {
                name: $name,
                area: $crate::finding::Area::$area,
                severity: $crate::finding::Severity::$severity,
                confidence: $crate::finding::Confidence::$confidence,
                summary: $summary,
                why: $why,
                recommendation: $recommendation,
                trade_off: $trade_off,
                contract_effect: $contract_effect,
                cwe: &[$($cwe),*],
                owasp: &[$($owasp),*],
                profile: $crate::metadata::Profile::$profile,
                page: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/resources/", $page)),
                references: &[$($reference),*],
            };
        }

        $crate::declare_rule!(@logic $rule $($check)?);
    };
    (@logic $rule:ident) => {};
    (@logic $rule:ident $check:path) => {
        impl $crate::metadata::Rule for $rule {
            fn metadata(&self) -> &'static $crate::metadata::RuleMetadata {
                &Self::METADATA
            }

            fn check(
                &self,
                context: &$crate::context::Context<'_>,
                report: &mut $crate::reporter::Reporter<'_>,
            ) {
                $check(context, report);
            }
        }
    };
}
