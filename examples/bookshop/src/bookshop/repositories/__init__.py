"""Queries, one module a table. Nothing here commits, except where it says so."""
