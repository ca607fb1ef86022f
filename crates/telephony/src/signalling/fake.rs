//! Signalling for tests.
