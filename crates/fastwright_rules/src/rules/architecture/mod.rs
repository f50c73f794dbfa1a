//! Rules of the area `architecture`.

pub mod annotation_unknown_at_runtime;
pub mod call_past_depends;
pub mod dependency_as_default;
pub mod import_cycle;
pub mod mutable_global_state;
pub mod query_past_service_layer;
pub mod router_never_included;
pub mod suppression_without_reason;
pub mod unused_dependency;
pub mod unused_suppression;
