//! Who or what answers at the far end: a document that people write, and the machine that plays it.
//!
//! Law: the machine is sans-IO. Time is an argument, what it hears comes in as text and edges of speech, what it
//! does goes out as data; `server` carries it out over SIP and RTP.

mod builtin;
mod document;
mod machine;
mod words;

pub use builtin::{BUILT_IN, BuiltIn, built_in, for_number};
pub use document::{
    Act, Backchannel, CompiledPersona, HangUp, Interruption, LineQuality, Persona, PersonaError, PickUp, Rule, Step,
};
pub use machine::{Do, Input, Machine, Sound};
pub use words::{Pattern, normalise};

#[cfg(test)]
mod tests;
