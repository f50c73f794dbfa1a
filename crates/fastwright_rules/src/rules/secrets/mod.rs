//! Rules of the area `secrets`.

pub mod hard_coded_secret;
