//! JSON Schemas of the documents that others rely on.

use crate::review_document::ReviewDocument;
use crate::routes_document::RoutesDocument;
use fastwright_contract::contract::document::Contract;
use fastwright_contract::diff::Diff;
use fastwright_gate::Verdict;

/// The JSON Schema of `fastwright review --output-format json`.
pub fn review() -> String {
    crate::output::json(&schemars::schema_for!(ReviewDocument))
}

/// The JSON Schema of `fastwright routes --output-format json`.
pub fn routes() -> String {
    crate::output::json(&schemars::schema_for!(RoutesDocument))
}

/// The JSON Schema of `fastwright contract`.
pub fn contract() -> String {
    crate::output::json(&schemars::schema_for!(Contract))
}

/// The JSON Schema of `fastwright diff --output-format json`.
pub fn diff() -> String {
    crate::output::json(&schemars::schema_for!(Diff))
}

/// The JSON Schema of `fastwright gate --output-format json`.
pub fn gate() -> String {
    crate::output::json(&schemars::schema_for!(Verdict))
}

/// The JSON Schema of `fastwright fix --output-format json`.
pub fn fix() -> String {
    crate::output::json(&schemars::schema_for!(crate::fix_document::FixDocument))
}

/// The JSON Schema of `fastwright verify --output-format json`.
pub fn verify() -> String {
    crate::output::json(&schemars::schema_for!(crate::verification::Verification))
}
