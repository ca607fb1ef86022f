//! callee
