//! What two descriptions agree on. Law: the remote's order decides in its answer (RFC 3264 section 6.1), an
//! address of zeros means hold (section 8.4), and a missing address is an error. Used for answers to our offer and
//! for offers of the peer alike.

use std::net::{IpAddr, SocketAddr};

use super::{Codec, Direction, MediaDescription, SessionDescription};

/// Why no voice stream came out of an offer and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NegotiationError {
    /// No `m=audio` line.
    #[error("the peer describes no audio stream")]
    NoAudio,
    /// The audio stream has port 0.
    #[error("the peer refused the audio stream")]
    Refused,
    /// The profile is not plain RTP.
    #[error("the peer wants another transport than RTP/AVP")]
    Profile,
    /// No codec of ours.
    #[error("the peer takes none of our codecs")]
    NoCommonCodec,
    /// No numeric connection address.
    #[error("the peer names no address for its audio")]
    NoAddress,
}

/// A voice stream both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiated {
    /// Where our RTP goes at first; latching may correct it.
    pub remote: SocketAddr,
    /// Where our RTCP goes.
    pub remote_rtcp: SocketAddr,
    /// The codec of both ways.
    pub codec: Codec,
    /// Its RTP payload type.
    pub payload_type: u8,
    /// Payload type of RFC 4733 events at 8 kHz, if the peer takes them.
    pub telephone_event: Option<u8>,
    /// Our direction: `RecvOnly` or `Inactive` when the peer holds us.
    pub direction: Direction,
    /// Packet time the peer asks for, in ms; 20 when it says nothing.
    pub ptime_ms: u16,
}

impl Negotiated {
    /// Reads what the remote description leaves us to do, given our codecs.
    ///
    /// # Errors
    /// [`NegotiationError`] says what is missing.
    pub fn from_remote(remote: &SessionDescription, codecs: &[Codec]) -> Result<Self, NegotiationError> {
        let (_, audio) = remote.audio().ok_or(NegotiationError::NoAudio)?;
        if audio.port == 0 {
            return Err(NegotiationError::Refused);
        }
        if !matches!(audio.protocol.to_ascii_uppercase().as_str(), "RTP/AVP" | "RTP/AVPF") {
            return Err(NegotiationError::Profile);
        }
        let (codec, payload_type) = first_common_codec(audio, codecs).ok_or(NegotiationError::NoCommonCodec)?;
        let address = audio.connection.or(remote.connection).ok_or(NegotiationError::NoAddress)?;
        let rtcp_port = match (audio.rtcp_mux, audio.rtcp_port) {
            // We never offer rtcp-mux, so a mux in an answer is wrong and in an offer is declined by silence.
            (_, Some(port)) if port != 0 => port,
            _ => audio.port.saturating_add(1),
        };
        Ok(Self {
            remote: SocketAddr::new(address, audio.port),
            remote_rtcp: SocketAddr::new(address, rtcp_port),
            codec,
            payload_type,
            telephone_event: telephone_event(audio),
            direction: our_direction(remote, audio, address),
            ptime_ms: audio.ptime_ms.unwrap_or(20),
        })
    }

    /// Whether the peer does not want to hear us for now.
    pub fn on_hold(&self) -> bool {
        !self.direction.sends()
    }
}

fn our_direction(remote: &SessionDescription, audio: &MediaDescription, address: IpAddr) -> Direction {
    let theirs = audio.direction.or(remote.direction).unwrap_or_default();
    if address.is_unspecified() {
        // RFC 3264 section 8.4: `c=0.0.0.0` is how RFC 2543 held a call: the peer does not receive.
        return if theirs.sends() { Direction::RecvOnly } else { Direction::Inactive };
    }
    theirs.reversed()
}

fn first_common_codec(audio: &MediaDescription, codecs: &[Codec]) -> Option<(Codec, u8)> {
    audio.formats.iter().find_map(|format| {
        let payload_type: u8 = format.parse().ok()?;
        let mapped = audio.rtp_maps.iter().find(|map| map.payload_type == payload_type);
        codecs
            .iter()
            .find(|codec| match mapped {
                Some(map) => map.encoding.eq_ignore_ascii_case(codec.name()) && map.clock_rate == codec.clock_rate(),
                None => codec.payload_type() == payload_type,
            })
            .map(|codec| (*codec, payload_type))
    })
}

fn telephone_event(audio: &MediaDescription) -> Option<u8> {
    audio
        .rtp_maps
        .iter()
        .find(|map| map.encoding.eq_ignore_ascii_case("telephone-event") && map.clock_rate == 8000)
        .filter(|map| audio.formats.iter().any(|format| format.parse() == Ok(map.payload_type)))
        .map(|map| map.payload_type)
}
