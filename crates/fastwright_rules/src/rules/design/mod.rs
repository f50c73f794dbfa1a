//! Rules of the area `design`.

pub mod duplicate_route;
pub mod shadowed_route;
