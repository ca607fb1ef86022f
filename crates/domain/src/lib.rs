//! The nouns of Outdial: what a call, an agent, a trunk is. No behaviour that waits.
//!
//! Law: values here are valid once they exist (parse, don't validate), and nothing here reads a clock, draws a
//! random number or touches the network. Call events and agent definitions are documents with a durable format
//! of their own, so they derive serde (`docs/decisions/0002-facts-are-documents.md`); every other wire shape
//! belongs to the boundary that speaks it.
//!
//! On a call's way this crate is the vocabulary of every step.

pub mod agent;
pub mod agent_definition;
pub mod agent_names;
pub mod api_key;
pub mod audit;
pub mod call;
pub mod call_event;
pub mod call_policy;
pub mod callee;
pub mod caps;
pub mod click_to_call;
pub mod contact;
pub mod context_variable;
pub mod dialect;
pub mod ids;
pub mod member;
pub mod money;
pub mod node;
pub mod organization;
pub mod organization_event;
pub mod outcome;
pub mod phone_number;
pub mod policy_decision;
pub mod profile;
pub mod refusal;
pub mod reply_latency;
pub mod retention;
pub mod sip_trace;
pub mod suppression;
pub mod time;
pub mod transcript;
pub mod trunk;
pub mod wallet;
pub mod webhook;

pub use ids::*;
