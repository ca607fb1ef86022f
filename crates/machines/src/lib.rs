//! The verbs of Outdial as sans-IO machines: what a call does next is decided here, by plain values.
//!
//! Law: no clock, no randomness, no await, no lock. Time and inputs are arguments, effects come out as data; after
//! every mutation the shell drains `poll` to `None` and then reads `deadline`. An input that the state does not allow
//! is counted and ignored, never a panic: packets and providers are free to be late.
//!
//! On a call's way: admission, policy, caps and idempotency (create), pacing and policy again (dial), call lifecycle
//! (signalling and facts), answer detection, turn taking, speech queue and flow (conversation), retention (afterwards).

use domain::time::Mono;

pub mod admission;
pub mod answer_detection;
pub mod call_lifecycle;
pub mod caps;
pub mod delivery;
pub mod flow;
pub mod idempotency;
pub mod lease_grace;
mod media_clock;
pub mod pacing;
pub mod policy;
pub mod redaction;
pub mod retention;
pub mod speech_queue;
pub mod turn_taking;
pub mod understanding;

/// A live machine. Its shell does: one mutation (`handle` or `on_deadline`), `poll` until `None`, `deadline`.
pub trait Machine {
    /// What can happen to it.
    type Input;
    /// What it wants done or known.
    type Output;
    /// What a deadline is for.
    type Why;

    /// Takes one input at the time it came.
    fn handle(&mut self, now: Mono, input: Self::Input);
    /// Next output, in order; `None` when drained.
    fn poll(&mut self) -> Option<Self::Output>;
    /// When `on_deadline` wants to be called next, and what for. Valid until the next mutation.
    fn deadline(&self) -> Option<(Mono, Self::Why)>;
    /// Tells it that `now` was reached; before the deadline this changes nothing.
    fn on_deadline(&mut self, now: Mono);
}
