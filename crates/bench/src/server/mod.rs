//! The measured server: in a child process of its own, so that processor time and memory are its alone.
//!
//! Law: it is the product's own parts on its own settings; only the speech providers are swapped, and only where a
//! figure is to hold without them.

mod child;
mod floor;
mod node;
mod stubs;
mod wire;

pub(crate) use child::{AGENT, Child, Counters, KEY, KLEN, Kind, VOICING, VONAGE, VOXPRIA, secret, set_up};
pub(crate) use node::{Serve, serve};
pub(crate) use wire::Wire;
