//! RTP packets (RFC 3550): reading and writing them in place, and the arithmetic of their wrapping counters.
//!
//! Law: no allocation, and no byte of a datagram is trusted before it is measured; whatever is malformed comes
//! back as an [`RtpError`] for the caller to count.
//!
//! On the call's way: the first thing that looks at a received datagram, and the last that touches a sent one.
//! [`rtcp`] holds the control packets, [`statistics`] what a receiver reports of the stream.

use thiserror::Error;

pub mod rtcp;
pub mod statistics;
#[cfg(test)]
mod tests;

/// Bytes of an RTP header without contributing sources or extension.
pub const HEADER_BYTES: usize = 12;

/// The fields of an RTP header that we read and write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpHeader {
    /// Start of a talk spurt, or first packet of an event.
    pub marker: bool,
    /// What the payload is, 0 to 127, as negotiated.
    pub payload_type: u8,
    /// Counts packets, wraps.
    pub sequence: u16,
    /// Sampling instant of the payload's first sample, in ticks of the codec's clock, wraps.
    pub timestamp: u32,
    /// Who sends.
    pub ssrc: u32,
}

/// The header extension of RFC 3550, section 5.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    /// The sixteen bits "defined by profile".
    pub profile: u16,
    /// The extension's words, without its own four-byte header.
    pub data: &'a [u8],
}

/// A received packet, borrowed from its datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpPacket<'a> {
    /// The fixed header.
    pub header: RtpHeader,
    /// Contributing sources, four bytes each, in network order.
    pub csrc: &'a [u8],
    /// The header extension, if the packet has one.
    pub extension: Option<Extension<'a>>,
    /// The payload, without padding.
    pub payload: &'a [u8],
}

/// Why a datagram is not an RTP packet, or why one could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RtpError {
    /// The datagram ends inside the header, the contributing sources or the extension.
    #[error("RTP packet is cut short")]
    Truncated,
    /// The version is not 2.
    #[error("RTP version is not 2")]
    Version,
    /// The padding count is zero or larger than what is left.
    #[error("RTP padding does not fit the packet")]
    Padding,
    /// The datagram is an RTCP packet on the same port (RFC 5761).
    #[error("packet is RTCP")]
    Rtcp,
    /// The output buffer is too small.
    #[error("buffer is too small for the RTP packet")]
    NoRoom,
}

/// Whether a datagram that arrived on a port shared by both is RTCP (RFC 5761, section 4).
#[must_use]
pub fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [first, 192..=223, ..] if first >> 6 == 2)
}

impl<'a> RtpPacket<'a> {
    /// Reads one datagram.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, RtpError> {
        let (fixed, rest) = datagram.split_first_chunk::<HEADER_BYTES>().ok_or(RtpError::Truncated)?;
        let [flags, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *fixed;
        if flags >> 6 != 2 {
            return Err(RtpError::Version);
        }
        if is_rtcp(datagram) {
            return Err(RtpError::Rtcp);
        }
        let header = RtpHeader {
            marker: kind & 0x80 != 0,
            payload_type: kind & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
        };
        let (csrc, rest) = rest.split_at_checked(4 * usize::from(flags & 0x0f)).ok_or(RtpError::Truncated)?;
        let (extension, rest) = if flags & 0x10 == 0 { (None, rest) } else { split_extension(rest)? };
        let payload = if flags & 0x20 == 0 { rest } else { strip_padding(rest)? };
        Ok(Self { header, csrc, extension, payload })
    }
}

impl RtpHeader {
    /// Writes header and payload to the front of `out`; returns the length of the packet.
    pub fn write(&self, payload: &[u8], out: &mut [u8]) -> Result<usize, RtpError> {
        let length = HEADER_BYTES + payload.len();
        let out = out.get_mut(..length).ok_or(RtpError::NoRoom)?;
        let (head, body) = out.split_at_mut(HEADER_BYTES);
        head[0] = 0x80;
        head[1] = (u8::from(self.marker) << 7) | (self.payload_type & 0x7f);
        head[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        head[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        head[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        body.copy_from_slice(payload);
        Ok(length)
    }
}

fn split_extension(bytes: &[u8]) -> Result<(Option<Extension<'_>>, &[u8]), RtpError> {
    let (&[p0, p1, w0, w1], rest) = bytes.split_first_chunk::<4>().ok_or(RtpError::Truncated)?;
    let length = 4 * usize::from(u16::from_be_bytes([w0, w1]));
    let (data, rest) = rest.split_at_checked(length).ok_or(RtpError::Truncated)?;
    Ok((Some(Extension { profile: u16::from_be_bytes([p0, p1]), data }), rest))
}

fn strip_padding(bytes: &[u8]) -> Result<&[u8], RtpError> {
    let count = usize::from(*bytes.last().ok_or(RtpError::Padding)?);
    let kept = bytes.len().checked_sub(count).ok_or(RtpError::Padding)?;
    if count == 0 { Err(RtpError::Padding) } else { Ok(&bytes[..kept]) }
}

/// How far `sequence` is ahead of `reference`, negative if behind, by the shorter way round.
#[must_use]
pub fn sequence_distance(reference: u16, sequence: u16) -> i16 {
    sequence.wrapping_sub(reference).cast_signed()
}

/// How far `timestamp` is ahead of `reference` in ticks, negative if behind, by the shorter way round.
#[must_use]
pub fn timestamp_distance(reference: u32, timestamp: u32) -> i32 {
    timestamp.wrapping_sub(reference).cast_signed()
}
