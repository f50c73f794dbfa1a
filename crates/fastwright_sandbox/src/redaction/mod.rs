//! Secrets in text become placeholders.
