//! Rules of the area `testing`.

pub mod override_left_behind;
pub mod override_without_effect;
pub mod removed_client_argument;
pub mod test_client_without_lifespan;
