//! Session descriptions: what each side can send, and where (RFC 8866), and how the two agree (RFC 3264).
//!
//! Law: text from the network never panics and never grows without limit; what cannot be agreed on is an error
//! with a name, not a guess. Stands between signalling, which carries the bodies, and the media threads, which
//! act on the outcome.

mod local;
mod negotiate;
mod parse;
#[cfg(test)]
mod tests;

pub use local::LocalSession;
pub use media::g711::Codec;
pub use negotiate::{Negotiated, NegotiationError};
pub use parse::{MAX_SDP_BYTES, MediaDescription, RtpMap, SdpError, SessionDescription};

/// The direction of a stream as its describer sees it (RFC 3264 section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Sends and receives; what is meant when nothing is said.
    #[default]
    SendRecv,
    /// Only sends: the describer put the other side on hold.
    SendOnly,
    /// Only receives.
    RecvOnly,
    /// Neither sends nor receives.
    Inactive,
}

impl Direction {
    /// The attribute's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The same stream seen from the other end.
    pub const fn reversed(self) -> Self {
        match self {
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            other => other,
        }
    }

    /// Whether the describer sends.
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the describer receives.
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}
