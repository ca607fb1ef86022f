//! What the buffer releases, and what it counted.

use crate::g711::Codec;

/// One release, in playing order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received<'a> {
    /// Position of its first sample on the receive clock.
    pub at_sample: u64,
    /// RTP timestamp of its first sample; extrapolated where no packet came.
    pub frame_ts: u32,
    /// What it is.
    pub kind: Kind<'a>,
}

/// What a release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// The payload of one packet.
    Audio {
        /// How to decode it.
        codec: Codec,
        /// Encoded bytes.
        payload: &'a [u8],
    },
    /// Packets that never came: conceal so many samples.
    Lost {
        /// Samples to conceal, 1 to [`crate::FRAME_SAMPLES`]; longer losses come in pieces.
        samples: usize,
    },
    /// Nothing was said: so many samples of silence.
    Silence {
        /// Samples of silence, 1 to [`crate::FRAME_SAMPLES`]; longer ones come in pieces.
        samples: usize,
    },
    /// A telephone event; takes no time on the receive clock. `frame_ts` is the event's own timestamp.
    Event {
        /// The packet's marker bit.
        marker: bool,
        /// Payload as in RFC 4733.
        payload: &'a [u8],
    },
    /// The source changed or restarted; what follows is a new stream. Takes no time.
    Restarted,
}

/// Counters of one call, for metrics and the quality record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReorderStats {
    /// Packets offered.
    pub received: u64,
    /// Packets released.
    pub released: u64,
    /// Packets given up.
    pub lost: u64,
    /// Packets that came after they had been given up, or before the stream began.
    pub late: u64,
    /// Packets that were there already.
    pub duplicate: u64,
    /// Packets with a sequence number beyond belief.
    pub far_off: u64,
    /// Packets of the source before this one.
    pub straggler: u64,
    /// Packets with a payload type that was not negotiated, or with too large a payload.
    pub unusable: u64,
    /// Packets dropped because the caller did not drain.
    pub overflow: u64,
    /// Steps of the timestamp that neither the packets nor the time explain.
    pub timestamp_jumps: u64,
    /// Changes of source and restarts.
    pub restarts: u64,
}
