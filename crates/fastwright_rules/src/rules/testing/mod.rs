//! Rules of the area `testing`.

pub mod test_client_without_lifespan;
