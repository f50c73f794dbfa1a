//! Rules of the area `docs`.

pub mod duplicate_operation_id;
pub mod undocumented_status;
