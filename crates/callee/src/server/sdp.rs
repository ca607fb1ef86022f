//! The far end's half of offer and answer (RFC 3264), for one audio stream of G.711.
//!
//! Written without a look at our telephony's own, so that each finds the other's mistakes.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use media::g711::Codec;

use crate::line::Stream;

/// Longest description read; a carrier's are below 2 kB.
const LONGEST: usize = 16 * 1024;

/// What the other side described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Where it wants its packets; port 0 refuses the stream.
    pub(crate) remote: SocketAddr,
    /// Payload type and codec, in its order of preference, the ones spoken here only.
    pub(crate) codecs: Vec<(u8, Codec)>,
    /// Payload type of telephone events.
    pub(crate) events: Option<u8>,
    /// Its direction, `sendrecv` unless said otherwise.
    pub(crate) direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "sendrecv" => Self::SendRecv,
            "sendonly" => Self::SendOnly,
            "recvonly" => Self::RecvOnly,
            "inactive" => Self::Inactive,
            _ => return None,
        })
    }

    /// What answers it (RFC 3264 section 6.1).
    fn mirrored(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "recvonly",
            Self::RecvOnly => "sendonly",
            Self::Inactive => "inactive",
        }
    }
}

impl Offer {
    /// Reads the first audio stream; `None` when there is none that could be spoken.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body.get(..body.len().min(LONGEST))?).ok()?;
        let mut session_address = None;
        let mut session_direction = None;
        let mut audio: Option<Audio<'_>> = None;
        let mut in_audio = false;
        for line in text.lines().map(str::trim_end) {
            let Some((kind, value)) = line.split_once('=') else { continue };
            match kind {
                "m" => {
                    in_audio = audio.is_none() && value.starts_with("audio ");
                    if in_audio {
                        audio = Some(Audio::parse(value)?);
                    }
                }
                "c" if in_audio => audio.as_mut()?.address = address(value),
                "c" if audio.is_none() => session_address = address(value),
                "a" if in_audio => audio.as_mut()?.attribute(value),
                "a" if audio.is_none() => session_direction = session_direction.or(Direction::parse(value)),
                _ => {}
            }
        }
        let audio = audio?;
        Some(Self {
            remote: SocketAddr::new(audio.address.or(session_address)?, audio.port),
            codecs: audio.codecs(),
            events: audio.named("telephone-event"),
            direction: audio.direction.or(session_direction).unwrap_or(Direction::SendRecv),
        })
    }

    /// The stream that comes of accepting it; `None` when no codec is shared.
    pub(crate) fn stream(&self) -> Option<Stream> {
        let (payload_type, codec) = *self.codecs.first()?;
        let hears_us = matches!(self.direction, Direction::SendRecv | Direction::RecvOnly);
        let remote = (self.remote.port() != 0 && !self.remote.ip().is_unspecified()).then_some(self.remote);
        Some(Stream { remote, codec, payload_type, events: self.events, send: hears_us && remote.is_some() })
    }

    /// Our answer.
    pub(crate) fn answer(&self, stream: &Stream, local: SocketAddr, version: u64) -> String {
        describe(local, version, stream.payload_type, stream.codec, stream.events, self.direction.mirrored())
    }
}

/// Our offer, where the INVITE brought none; the answer comes in the ACK.
pub(crate) fn offer(local: SocketAddr) -> String {
    describe(local, 1, 0, Codec::Pcmu, Some(101), "sendrecv")
}

fn describe(local: SocketAddr, version: u64, pt: u8, codec: Codec, events: Option<u8>, direction: &str) -> String {
    let family = if local.is_ipv4() { "IP4" } else { "IP6" };
    let (ip, port) = (local.ip(), local.port());
    let event_type = events.map(|events| format!(" {events}")).unwrap_or_default();
    let mut sdp = format!(
        "v=0\r\no=callee 1 {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP {pt}{event_type}\r\na=rtpmap:{pt} {}/8000\r\n",
        codec.name()
    );
    if let Some(events) = events {
        let _ = write!(sdp, "a=rtpmap:{events} telephone-event/8000\r\na=fmtp:{events} 0-15\r\n");
    }
    let _ = write!(sdp, "a=ptime:20\r\na={direction}\r\n");
    sdp
}

fn address(value: &str) -> Option<IpAddr> {
    value.split_whitespace().nth(2)?.split('/').next()?.parse().ok()
}

struct Audio<'a> {
    port: u16,
    types: Vec<u8>,
    names: Vec<(u8, &'a str)>,
    address: Option<IpAddr>,
    direction: Option<Direction>,
}

impl<'a> Audio<'a> {
    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_whitespace().skip(1);
        let port = words.next()?.split('/').next()?.parse().ok()?;
        if words.next()? != "RTP/AVP" {
            return None;
        }
        let types = words.filter_map(|word| word.parse().ok()).filter(|pt: &u8| *pt < 128).collect();
        Some(Self { port, types, names: Vec::new(), address: None, direction: None })
    }

    fn attribute(&mut self, value: &'a str) {
        if let Some(map) = value.strip_prefix("rtpmap:") {
            if let Some((pt, name)) = map.split_once(' ')
                && let Ok(pt) = pt.parse()
            {
                self.names.push((pt, name.trim()));
            }
        } else {
            self.direction = Direction::parse(value).or(self.direction);
        }
    }

    fn codecs(&self) -> Vec<(u8, Codec)> {
        let codec = |pt: u8| {
            let name = self.names.iter().find(|(named, _)| *named == pt).map(|(_, name)| *name);
            // Payload types 0 and 8 are PCMU and PCMA without being said (RFC 3551).
            match name.map(str::to_ascii_uppercase).as_deref() {
                Some("PCMU/8000" | "PCMU/8000/1") => Some(Codec::Pcmu),
                Some("PCMA/8000" | "PCMA/8000/1") => Some(Codec::Pcma),
                None if pt == 0 => Some(Codec::Pcmu),
                None if pt == 8 => Some(Codec::Pcma),
                _ => None,
            }
        };
        self.types.iter().filter_map(|pt| codec(*pt).map(|codec| (*pt, codec))).collect()
    }

    fn named(&self, wanted: &str) -> Option<u8> {
        let is = |name: &str| {
            name.split_once('/')
                .is_some_and(|(name, rate)| name.eq_ignore_ascii_case(wanted) && rate.starts_with("8000"))
        };
        self.names.iter().find(|(pt, name)| is(name) && self.types.contains(pt)).map(|(pt, _)| *pt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
        m=audio 4000 RTP/AVP 9 8 0 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\n\
        a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n";

    #[test]
    fn takes_the_first_codec_it_speaks() {
        let offer = Offer::parse(OFFER.as_bytes()).unwrap();
        assert_eq!(offer.codecs, [(8, Codec::Pcma), (0, Codec::Pcmu)]);
        assert_eq!(offer.events, Some(101));
        let stream = offer.stream().unwrap();
        assert_eq!(stream.remote, Some("192.0.2.1:4000".parse().unwrap()));
        let answer = offer.answer(&stream, "127.0.0.1:5000".parse().unwrap(), 1);
        assert!(answer.contains("m=audio 5000 RTP/AVP 8 101\r\n"), "{answer}");
        assert!(answer.contains("a=sendrecv\r\n"));
    }

    #[test]
    fn mirrors_hold_and_stops_sending() {
        for (offered, answered, sends) in
            [("sendonly", "recvonly", false), ("inactive", "inactive", false), ("recvonly", "sendonly", true)]
        {
            let offer = Offer::parse(format!("{OFFER}a={offered}\r\n").as_bytes()).unwrap();
            let stream = offer.stream().unwrap();
            assert_eq!(stream.send, sends, "{offered}");
            assert!(offer.answer(&stream, "127.0.0.1:5000".parse().unwrap(), 2).contains(&format!("a={answered}\r\n")));
        }
    }

    #[test]
    fn an_address_of_zeros_is_an_old_hold() {
        let offer = Offer::parse(OFFER.replace("192.0.2.1", "0.0.0.0").as_bytes()).unwrap();
        assert!(!offer.stream().unwrap().send);
    }

    #[test]
    fn reads_nothing_into_garbage() {
        for body in ["", "v=0", "m=audio", "m=audio x RTP/AVP 0", "m=video 1 RTP/AVP 0\r\nc=IN IP4 1.2.3.4"] {
            assert_eq!(Offer::parse(body.as_bytes()), None, "{body}");
        }
        assert_eq!(Offer::parse(&[0xff; 40]), None);
        let none = Offer::parse(b"c=IN IP4 1.2.3.4\r\nm=audio 4 RTP/AVP 9\r\na=rtpmap:9 G722/8000").unwrap();
        assert_eq!(none.stream(), None);
    }
}
