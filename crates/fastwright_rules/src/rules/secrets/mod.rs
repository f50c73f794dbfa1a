//! Rules of the area `secrets`.

pub mod credential_in_query;
pub mod hard_coded_secret;
pub mod whole_configuration_in_response;
