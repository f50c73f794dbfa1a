//! Rules of the area `testing`.

pub mod removed_client_argument;
pub mod test_client_without_lifespan;
