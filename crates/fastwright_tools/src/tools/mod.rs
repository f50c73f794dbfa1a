//! The tools, one file each: what it is asked, what it answers, and how it finds out.

pub(crate) mod apply_fix;
pub(crate) mod check_project;
pub(crate) mod diff_contract;
pub(crate) mod explain_rule;
pub(crate) mod fixes;
pub(crate) mod gate_patch;
pub(crate) mod get_finding;
pub(crate) mod get_route;
pub(crate) mod list_routes;
pub(crate) mod plan_fix;
pub(crate) mod review_changes;
pub mod route_choice;
