//! JSON Schemas of the documents that others rely on.

use crate::review_document::ReviewDocument;
use crate::routes_document::RoutesDocument;

/// The JSON Schema of `fastwright review --output-format json`.
pub fn review() -> String {
    crate::output::json(&schemars::schema_for!(ReviewDocument))
}

/// The JSON Schema of `fastwright routes --output-format json`.
pub fn routes() -> String {
    crate::output::json(&schemars::schema_for!(RoutesDocument))
}
