//! The closed vocabularies of the documents: the analysis' own enumerations, as words that can be
//! written to JSON, read back and described by a schema.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! vocabulary {
    ($(#[$documentation:meta])* $name:ident from $origin:path { $($variant:ident),+ $(,)? }) => {
        $(#[$documentation])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "lowercase")]
        #[allow(missing_docs, reason = "the names say it; the origin documents each")]
        pub enum $name {
            $($variant),+
        }

        impl $name {
            /// All words, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word in JSON and on the command line.
            pub fn name(self) -> &'static str {
                use $origin as Origin;
                match self {
                    $($name::$variant => Origin::$variant.name()),+
                }
            }

            /// The entry with this word.
            pub fn from_name(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|entry| entry.name() == word)
            }
        }

        impl From<$origin> for $name {
            fn from(value: $origin) -> Self {
                use $origin as Origin;
                match value {
                    $(Origin::$variant => $name::$variant),+
                }
            }
        }
    };
}

vocabulary! {
    /// How bad a finding is, from the least to the worst.
    Severity from fastwright_rules::finding::Severity { Info, Low, Medium, High, Critical }
}

vocabulary! {
    /// How sure the proof of a finding is.
    Confidence from fastwright_rules::finding::Confidence { Possible, Likely, Certain }
}

vocabulary! {
    /// The areas of a review.
    Area from fastwright_rules::finding::Area {
        Design, Validation, Auth, Database, Performance, Errors, Security, Secrets, Lifecycle,
        Architecture, Docs, Observability, Testing,
    }
}

vocabulary! {
    /// Whether an edit keeps the contract.
    FixSafety from fastwright_rules::finding::FixSafety { Safe, Unsafe }
}

vocabulary! {
    /// The kinds of entries in a routing table.
    RouteKind from fastwright_model::application::RouteKind { Http, WebSocket, Mount, Frontend }
}

vocabulary! {
    /// What is decided about the callers of a route.
    GuardKind from fastwright_model::application::GuardKind { Public, Optional, Required }
}

vocabulary! {
    /// Where the value of a parameter comes from.
    ParameterPlace from fastwright_model::application::ParameterPlace {
        Path, Query, Header, Cookie, Form, File, Body,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn words_in_json_are_the_words_of_the_analysis() {
        for kind in RouteKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        for area in Area::ALL {
            assert_eq!(serde_json::to_value(area).unwrap(), area.name());
            assert_eq!(Area::from_name(area.name()), Some(*area));
        }
        assert!(Severity::Critical > Severity::Info);
    }
}
