//! SIP and RTP: the outbound telephone.
//!
//! Law: signalling and media each have one place that touches the network ([`signalling::rsip`] and the media
//! threads); session descriptions are ours; malformed input is counted and dropped. Stands between the conversation,
//! which speaks through `app::ports::telephone`, and the trunks.

mod leg;
mod media_threads;
pub mod sdp;
pub mod signalling;
mod socket_line;
mod telephone;

pub use media_threads::{MediaConfig, MediaCounters, PortRange};
pub use socket_line::SocketAudio;
pub use telephone::{SipTelephone, TelephoneConfig, TelephoneError};
