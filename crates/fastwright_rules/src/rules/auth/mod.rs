//! Rules of the area `auth`.

pub mod abandoned_auth_library;
pub mod account_enumeration;
pub mod cross_site_session_cookie;
pub mod fast_password_hash;
pub mod guard_that_never_refuses;
pub mod identity_from_client;
pub mod login_without_rate_limit;
pub mod long_lived_token;
pub mod missing_authentication;
pub mod missing_ownership_check;
pub mod non_constant_time_comparison;
pub mod owner_scope_dropped;
pub mod password_change_without_current;
pub mod read_permission_for_write;
pub mod refresh_token_reuse;
pub mod refusal_without_401;
pub mod token_url_without_route;
pub mod token_without_expiry;
pub mod unchecked_oauth_state;
pub mod unchecked_object_access;
pub mod unfiltered_list;
pub mod unpinned_jwt_algorithms;
pub mod unprotected_session_cookie;
pub mod unverified_scopes;
pub mod unverified_webhook;
pub mod websocket_without_authentication;
