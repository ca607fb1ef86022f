//! Reading a session description (RFC 8866). Law: unknown lines are skipped, a broken line that matters is an
//! error, and size is limited before anything is kept. First step of every offer and answer that arrives.

use std::net::IpAddr;

use super::Direction;

/// The longest body read; real voice descriptions are under 2 kB, WebRTC ones under 10.
pub const MAX_SDP_BYTES: usize = 16 * 1024;
const MAX_LINES: usize = 400;
const MAX_STREAMS: usize = 16;
const MAX_FORMATS: usize = 48;

/// Why a session description could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Longer than [`MAX_SDP_BYTES`], or more lines, streams or formats than a voice call has.
    #[error("the session description is too large")]
    TooLarge,
    /// The body is not UTF-8 text.
    #[error("the session description is not text")]
    NotText,
    /// It does not start with `v=0`.
    #[error("the session description does not start with v=0")]
    NoVersion,
    /// A line that matters could not be read; its number, from 1.
    #[error("line {0} of the session description cannot be read")]
    Line(usize),
}

/// One `a=rtpmap`: what a payload type means here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtpMap {
    /// RTP payload type, 0 to 127.
    pub payload_type: u8,
    /// Encoding name as written; compare without case (RFC 8866 section 6.6).
    pub encoding: String,
    /// Clock rate in Hz.
    pub clock_rate: u32,
}

/// One `m=` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaDescription {
    /// `audio`, `video`, ….
    pub kind: String,
    /// Port of the stream; 0 means refused (RFC 3264 section 6).
    pub port: u16,
    /// Transport profile, `RTP/AVP` for plain RTP.
    pub protocol: String,
    /// The format list as written: payload types for RTP.
    pub formats: Vec<String>,
    /// Address of this stream, when it differs from the session's.
    pub connection: Option<IpAddr>,
    /// Direction of this stream, when stated.
    pub direction: Option<Direction>,
    /// Payload type meanings.
    pub rtp_maps: Vec<RtpMap>,
    /// Packet time asked for, in ms.
    pub ptime_ms: Option<u16>,
    /// `a=rtcp` port (RFC 3605).
    pub rtcp_port: Option<u16>,
    /// `a=rtcp-mux` was there (RFC 5761).
    pub rtcp_mux: bool,
}

/// A session description, as far as a voice call needs it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionDescription {
    /// Session id of the `o=` line, as written.
    pub session_id: String,
    /// Version of the `o=` line; a repeated one means nothing changed (RFC 3264 section 8).
    pub version: u64,
    /// Address for all streams that name none.
    pub connection: Option<IpAddr>,
    /// Direction for all streams that state none.
    pub direction: Option<Direction>,
    /// The `m=` sections, in order.
    pub media: Vec<MediaDescription>,
}

impl SessionDescription {
    /// Reads a body.
    ///
    /// # Errors
    /// [`SdpError`] when it is too large, not text, or a line that matters is broken.
    pub fn parse(body: &[u8]) -> Result<Self, SdpError> {
        if body.len() > MAX_SDP_BYTES {
            return Err(SdpError::TooLarge);
        }
        let text = std::str::from_utf8(body).map_err(|_| SdpError::NotText)?;
        let mut session = Self::default();
        let mut seen_version = false;
        for (index, line) in text.lines().enumerate() {
            if index >= MAX_LINES {
                return Err(SdpError::TooLarge);
            }
            let line = line.trim_end();
            let Some((kind, value)) = line.split_once('=') else {
                if line.is_empty() {
                    continue;
                }
                return Err(SdpError::Line(index + 1));
            };
            if !seen_version {
                if kind != "v" || value.trim() != "0" {
                    return Err(SdpError::NoVersion);
                }
                seen_version = true;
                continue;
            }
            session.read_line(kind, value).ok_or(SdpError::Line(index + 1))?;
            if session.media.len() > MAX_STREAMS {
                return Err(SdpError::TooLarge);
            }
        }
        if seen_version { Ok(session) } else { Err(SdpError::NoVersion) }
    }

    /// The first audio stream and its place among the streams.
    pub fn audio(&self) -> Option<(usize, &MediaDescription)> {
        self.media.iter().enumerate().find(|(_, media)| media.kind.eq_ignore_ascii_case("audio"))
    }

    fn read_line(&mut self, kind: &str, value: &str) -> Option<()> {
        match kind {
            "o" => {
                let mut parts = value.split_ascii_whitespace().skip(1);
                parts.next()?.clone_into(&mut self.session_id);
                // Some peers write versions beyond 64 bits; only "same or not" matters.
                self.version = parts.next()?.parse().unwrap_or(u64::MAX);
            }
            "c" => {
                let address = connection_address(value);
                match self.media.last_mut() {
                    Some(media) => media.connection = address,
                    None => self.connection = address,
                }
            }
            "m" => self.media.push(read_media(value)?),
            "a" => self.read_attribute(value),
            _ => {}
        }
        Some(())
    }

    /// A broken attribute is skipped: peers put all kinds of things there, and none is vital.
    fn read_attribute(&mut self, value: &str) {
        let (name, rest) = value.split_once(':').unwrap_or((value, ""));
        if let Some(direction) = direction_named(name.trim()) {
            match self.media.last_mut() {
                Some(media) => media.direction = Some(direction),
                None => self.direction = Some(direction),
            }
            return;
        }
        let Some(media) = self.media.last_mut() else { return };
        match name {
            "rtpmap" if media.rtp_maps.len() < MAX_FORMATS => media.rtp_maps.extend(read_rtp_map(rest)),
            "ptime" => media.ptime_ms = rest.trim().parse().ok(),
            "rtcp" => media.rtcp_port = rest.split_ascii_whitespace().next().and_then(|port| port.parse().ok()),
            "rtcp-mux" => media.rtcp_mux = true,
            _ => {}
        }
    }
}

fn direction_named(name: &str) -> Option<Direction> {
    Some(match name {
        "sendrecv" => Direction::SendRecv,
        "sendonly" => Direction::SendOnly,
        "recvonly" => Direction::RecvOnly,
        "inactive" => Direction::Inactive,
        _ => return None,
    })
}

/// `IN IP4 192.0.2.1` or `IN IP6 2001:db8::1`; a host name or a multicast range is no address for us.
fn connection_address(value: &str) -> Option<IpAddr> {
    let mut parts = value.split_ascii_whitespace();
    let (_, _, address) = (parts.next()?, parts.next()?, parts.next()?);
    address.split('/').next()?.parse().ok()
}

fn read_media(value: &str) -> Option<MediaDescription> {
    let mut parts = value.split_ascii_whitespace();
    let kind = parts.next()?.to_owned();
    // `m=audio 49170/2`: the count of ports is of no use to a voice call.
    let port = parts.next()?.split('/').next()?.parse().ok()?;
    let protocol = parts.next()?.to_owned();
    let formats = parts.take(MAX_FORMATS).map(str::to_owned).collect();
    Some(MediaDescription {
        kind,
        port,
        protocol,
        formats,
        connection: None,
        direction: None,
        rtp_maps: Vec::new(),
        ptime_ms: None,
        rtcp_port: None,
        rtcp_mux: false,
    })
}

fn read_rtp_map(value: &str) -> Option<RtpMap> {
    let (payload_type, encoding) = value.trim().split_once(' ')?;
    let mut parts = encoding.trim().split('/');
    let payload_type = payload_type.parse().ok().filter(|payload_type| *payload_type < 128)?;
    Some(RtpMap { payload_type, encoding: parts.next()?.to_owned(), clock_rate: parts.next()?.parse().ok()? })
}
