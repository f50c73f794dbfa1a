//! The room in which nothing of a project can harm: commands run confined and bounded, files are reached below one
//! root only, and text that leaves the machine or is kept loses its secrets.
//!
//! - [`run`]: commands of the project (its tests, a formatter) under real limits and without a network.
//! - [`files`]: reading, listing and writing below the root, and which paths need more than that.
//! - [`redaction`]: secrets in text become placeholders.
//!
//! Everything here is synchronous and knows nothing of FastAPI.

pub mod files;
pub mod redaction;
pub mod run;
