//! A set-up as one document that people keep in git.
