//! Rules of the area `security`.

pub mod client_regular_expression;
pub mod code_injection;
pub mod command_injection;
pub mod cross_site_scripting;
pub mod guard_outside_of_cors;
pub mod lenient_content_type;
pub mod open_redirect;
pub mod page_without_frame_protection;
pub mod path_traversal;
pub mod permissive_cors;
pub mod server_side_request_forgery;
pub mod sql_injection;
pub mod stored_media_type;
pub mod template_injection;
pub mod unchecked_archive_members;
pub mod unchecked_redirects;
pub mod unguarded_service_for_every_site;
pub mod unsafe_deserialization;
