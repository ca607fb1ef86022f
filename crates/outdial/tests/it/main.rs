//! The binary as a person starts it: what it says when it cannot start, and the commands against a running server.

mod commands;
mod process;
mod starts;
