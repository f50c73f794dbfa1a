//! Rules of the area `architecture`.

pub mod suppression_without_reason;
pub mod unused_suppression;
