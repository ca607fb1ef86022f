//! Leads a conversation along a flow: what to say next, what to make of an answer, when to stop.
//!
//! Law: deterministic and without time; the same inputs give the same words. Hang-up is terminal and said once. Any
//! input in any state is legal. The model, the callee and the tools propose; this machine decides.
//!
//! On a call's way: behind turn taking (whole turns come in), before the speech queue (texts go out).

mod answer;
mod built_in;
mod io;
mod machine;
mod memory;
mod question;
mod request;
mod speech;
mod steps;

#[cfg(test)]
mod tests;

pub use built_in::{BUILT_IN_OUTCOMES, exemplars};
pub use io::{Expect, Input, Output, ToolRequest};
pub use machine::FlowMachine;
pub use request::tool_request;
