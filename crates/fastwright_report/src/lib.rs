//! Findings and models rendered, one file an output.
//!
//! Everything starts from two documents of plain data that can be written down and read back:
//! [`review_document::ReviewReport`] and [`routes_document::RoutesDocument`]. They are the shapes of the
//! JSON that others rely on; the other outputs are written from them, never from the analysis itself,
//! so that a cached document prints exactly what a fresh one does.

mod annotations;
pub mod appearance;
mod code_quality;
mod concise;
mod diff_output;
mod excerpt;
pub mod fix_document;
mod full;
mod gate_output;
mod junit;
mod markdown;
pub mod markdown_text;
pub mod names;
pub mod output;
pub mod place;
mod preserve;
pub mod recorded_settings;
pub mod review_document;
mod routes_columns;
pub mod routes_document;
mod routes_output;
pub mod routes_selection;
pub mod rule_document;
pub mod rule_page;
mod sarif;
pub mod schema;
pub mod statistics;
mod summary;
mod table;
pub mod verification;
mod wrap;
