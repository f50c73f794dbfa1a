//! What a FastAPI application is.
