//! Pydantic v2: types and models as core schemas (`_internal/_generate_schema.py`), core schemas as JSON
//! Schema (`json_schema.py`); and Pydantic 1 as it is shipped with it (`version1`).

pub mod config;
pub mod core_schema;
pub mod field_info;
pub mod generate;
pub mod json_schema;
pub(crate) mod validation;
pub mod version1;

pub use core_schema::{Core, CoreKind, Mode};
pub use field_info::FieldInfo;
