//! Our own description of a call: the offer, and answers to later offers of the peer.
//! Law: one session id for the call's life; the version rises by one with each change (RFC 3264 section 8).

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::{Codec, Direction, Negotiated, NegotiationError, SessionDescription};

/// The dynamic payload type our offers give to RFC 4733 events; the one most peers use themselves.
pub(super) const TELEPHONE_EVENT_PAYLOAD: u8 = 101;

/// What we say about ourselves in one call.
#[derive(Debug, Clone)]
pub struct LocalSession {
    address: SocketAddr,
    session_id: u64,
    version: u64,
    direction: Direction,
    codecs: Vec<Codec>,
}

impl LocalSession {
    /// A session that receives RTP at `address` and offers `codecs`, most wanted first.
    /// `session_id` must be unique for this host, for example from the clock (RFC 8866 section 5.2).
    pub fn new(address: SocketAddr, session_id: u64, codecs: &[Codec]) -> Self {
        let codecs = if codecs.is_empty() { Codec::ALL.to_vec() } else { codecs.to_vec() };
        Self { address, session_id, version: 0, direction: Direction::SendRecv, codecs }
    }

    /// The codecs of our offer, most wanted first.
    pub fn codecs(&self) -> &[Codec] {
        &self.codecs
    }

    /// The first offer, or the description to send again in a refresh that changes nothing.
    pub fn offer(&self) -> String {
        let mut text = self.session_lines();
        let _ = write!(text, "m=audio {} RTP/AVP", self.address.port());
        for codec in &self.codecs {
            let _ = write!(text, " {}", codec.payload_type());
        }
        let _ = write!(text, " {TELEPHONE_EVENT_PAYLOAD}\r\n");
        for codec in &self.codecs {
            push_rtp_map(&mut text, codec.payload_type(), codec.name());
        }
        push_events(&mut text, TELEPHONE_EVENT_PAYLOAD);
        self.push_tail(&mut text, self.direction);
        text
    }

    /// A new offer with another direction: `SendOnly` holds the peer, `SendRecv` takes it back.
    pub fn offer_with(&mut self, direction: Direction) -> String {
        self.direction = direction;
        self.version += 1;
        self.offer()
    }

    /// Answers an offer of the peer. Streams that are not its first audio stream are refused with port 0, in
    /// the order of the offer (RFC 3264 section 6).
    ///
    /// # Errors
    /// [`NegotiationError`] when there is no audio stream we can take; answer 488 then.
    pub fn answer(&mut self, offer: &SessionDescription) -> Result<(Negotiated, String), NegotiationError> {
        let agreed = Negotiated::from_remote(offer, &self.codecs)?;
        let (audio_index, _) = offer.audio().ok_or(NegotiationError::NoAudio)?;
        self.version += 1;
        self.direction = agreed.direction;
        let mut text = self.session_lines();
        for (index, media) in offer.media.iter().enumerate() {
            if index == audio_index {
                self.push_agreed(&mut text, &agreed);
            } else {
                let format = media.formats.first().map_or("0", String::as_str);
                let _ = write!(text, "m={} 0 {} {format}\r\n", media.kind, media.protocol);
            }
        }
        Ok((agreed, text))
    }

    fn push_agreed(&self, text: &mut String, agreed: &Negotiated) {
        let _ = write!(text, "m=audio {} RTP/AVP {}", self.address.port(), agreed.payload_type);
        if let Some(events) = agreed.telephone_event {
            let _ = write!(text, " {events}");
        }
        text.push_str("\r\n");
        push_rtp_map(text, agreed.payload_type, agreed.codec.name());
        if let Some(events) = agreed.telephone_event {
            push_events(text, events);
        }
        self.push_tail(text, agreed.direction);
    }

    fn session_lines(&self) -> String {
        let ip = self.address.ip();
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        let (id, version) = (self.session_id, self.session_id.wrapping_add(self.version));
        format!("v=0\r\no=- {id} {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n")
    }

    fn push_tail(&self, text: &mut String, direction: Direction) {
        let _ = write!(text, "a=ptime:20\r\na={}\r\n", direction.as_str());
    }
}

fn push_rtp_map(text: &mut String, payload_type: u8, encoding: &str) {
    let _ = write!(text, "a=rtpmap:{payload_type} {encoding}/8000\r\n");
}

fn push_events(text: &mut String, payload_type: u8) {
    push_rtp_map(text, payload_type, "telephone-event");
    let _ = write!(text, "a=fmtp:{payload_type} 0-16\r\n");
}
