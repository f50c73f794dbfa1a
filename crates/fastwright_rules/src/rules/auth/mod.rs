//! Rules of the area `auth`.

pub mod abandoned_auth_library;
pub mod guard_that_never_refuses;
pub mod identity_from_client;
pub mod login_without_rate_limit;
pub mod missing_authentication;
pub mod missing_ownership_check;
pub mod non_constant_time_comparison;
pub mod owner_scope_dropped;
pub mod unchecked_object_access;
pub mod unfiltered_list;
pub mod unpinned_jwt_algorithms;
