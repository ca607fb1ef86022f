//! SIP and RTP: the outbound telephone.

pub mod sdp;
pub mod signalling;
