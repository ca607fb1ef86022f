//! Retention on a real database with real files.
