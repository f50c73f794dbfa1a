//! Rules of the area `lifecycle`.

pub mod body_read_in_middleware;
pub mod context_variable_lost_in_middleware;
pub mod debug_enabled;
pub mod deprecated_event_handlers;
pub mod iterated_routes_tree;
pub mod mixed_lifespan_and_events;
pub mod mounted_lifespan_not_run;
pub mod removed_fastapi_api;
pub mod work_in_every_worker;
