//! Conversations of the flow machine.

mod behaviour;
mod examples;
mod property;
mod talk;
