//! Rules of the area `docs`.

pub mod undocumented_status;
