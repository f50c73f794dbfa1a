//! Rules of the area `design`.

pub mod body_with_no_content;
pub mod duplicate_route;
pub mod misplaced_slash;
pub mod mixed_trailing_slashes;
pub mod shadowed_route;
pub mod uniqueness_only_checked;
pub mod unpaginated_collection;
pub mod writing_get;
