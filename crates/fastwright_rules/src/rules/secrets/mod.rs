//! Rules of the area `secrets`.

pub mod credential_in_query;
pub mod hard_coded_secret;
pub mod secret_setting_as_text;
pub mod whole_configuration_in_response;
