//! Findings and models rendered.
