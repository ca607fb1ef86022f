//! The SIP messages of a call, as they went over the wire.
//!
//! Law: no credentials, and no body but a session description: what was pressed or said does not stand in a trace.
//! Source: RFC 3261, 7 (messages), 22 (credentials).

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Messages that are kept of a call.
pub const MOST_MESSAGES: usize = 200;
/// Longest text that is kept of a message, in bytes.
pub const MOST_TEXT: usize = 4_096;
const REMOVED: &str = "[removed]";

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipMessage {
    /// When it was handed to the wire, or came from it.
    pub at: Timestamp,
    /// Whether it was ours.
    pub sent: bool,
    /// Start line, header fields and session description.
    pub text: String,
}

/// Messages in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipMessages {
    /// The first of them.
    pub items: Vec<SipMessage>,
    /// How many came after [`MOST_MESSAGES`] and were not kept.
    pub left_out: u32,
}

/// What a start line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartLine<'a> {
    /// A request.
    Request {
        /// `INVITE`, `BYE`, …
        method: &'a str,
    },
    /// A response.
    Response {
        /// Status code.
        code: u16,
        /// Its words.
        reason: &'a str,
    },
}

impl SipMessages {
    /// Keeps a message, as it may be kept.
    pub fn note(&mut self, at: Timestamp, sent: bool, whole: &str) {
        if self.items.len() >= MOST_MESSAGES {
            self.left_out = self.left_out.saturating_add(1);
        } else {
            self.items.push(SipMessage { at, sent, text: without_secrets(whole) });
        }
    }
}

impl SipMessage {
    /// The start line, read; `None` for what is no SIP.
    pub fn start_line(&self) -> Option<StartLine<'_>> {
        let line = self.text.lines().next()?;
        match line.strip_prefix("SIP/2.0 ") {
            Some(status) => {
                let (code, reason) = status.split_once(' ').unwrap_or((status, ""));
                Some(StartLine::Response { code: code.parse().ok()?, reason })
            }
            None => Some(StartLine::Request { method: line.split(' ').next().filter(|method| !method.is_empty())? }),
        }
    }

    /// Value of its `CSeq` field.
    pub fn cseq(&self) -> Option<&str> {
        header(self.text.lines(), "CSeq")
    }
}

fn header<'a>(lines: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let mut fields = lines.skip(1).take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn without_secrets(whole: &str) -> String {
    let (head, body) = whole.split_once("\r\n\r\n").unwrap_or((whole, ""));
    let mut text = String::with_capacity(whole.len().min(MOST_TEXT));
    for line in head.lines() {
        let secret = line.split_once(':').filter(|(name, _)| {
            ["authorization", "proxy-authorization"].contains(&name.trim().to_ascii_lowercase().as_str())
        });
        match secret {
            Some((name, _)) => text.extend([name, ": ", REMOVED, "\r\n"]),
            None => text.extend([line, "\r\n"]),
        }
    }
    text.push_str("\r\n");
    let described = header(head.lines(), "Content-Type").or_else(|| header(head.lines(), "c"));
    if described.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/sdp")) {
        text.push_str(body);
    } else if !body.is_empty() {
        text.push_str(REMOVED);
    }
    if text.len() > MOST_TEXT {
        text.truncate(text.floor_char_boundary(MOST_TEXT));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "INVITE sip:+15550100001@192.0.2.1 SIP/2.0\r\nCSeq: 2 INVITE\r\nProxy-Authorization: Digest \
        username=\"ada\", response=\"0123\"\r\nauthorization : Digest x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n";

    fn kept(whole: &str) -> SipMessage {
        let mut messages = SipMessages::default();
        messages.note(Timestamp::UNIX_EPOCH, true, whole);
        messages.items.remove(0)
    }

    #[test]
    fn credentials_and_bodies_that_tell_are_left_out() {
        let invite = kept(INVITE);
        assert!(!invite.text.contains("Digest"), "{}", invite.text);
        assert!(invite.text.contains("Proxy-Authorization: [removed]\r\n") && invite.text.ends_with("\r\n\r\nv=0\r\n"));
        let info =
            kept("INFO sip:x SIP/2.0\r\nCSeq: 3 INFO\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=7\r\n");
        assert!(info.text.ends_with("\r\n\r\n[removed]"), "{}", info.text);
        let long = kept(&format!("SIP/2.0 200 OK\r\nX: {}\r\n\r\n", "é".repeat(MOST_TEXT)));
        assert!(long.text.len() <= MOST_TEXT);
    }

    #[test]
    fn start_lines_are_read() {
        assert_eq!(kept(INVITE).start_line(), Some(StartLine::Request { method: "INVITE" }));
        assert_eq!(kept(INVITE).cseq(), Some("2 INVITE"));
        let busy = kept("SIP/2.0 486 Busy Here\r\nCSeq: 1 INVITE\r\n\r\n");
        assert_eq!(busy.start_line(), Some(StartLine::Response { code: 486, reason: "Busy Here" }));
        for broken in ["", "SIP/2.0 abc x\r\n\r\n", " \r\n"] {
            assert_eq!(kept(broken).start_line(), None, "{broken:?}");
        }
    }

    #[test]
    fn a_call_that_never_stops_talking_keeps_its_beginning() {
        let mut messages = SipMessages::default();
        for _ in 0..MOST_MESSAGES + 3 {
            messages.note(Timestamp::UNIX_EPOCH, false, INVITE);
        }
        assert_eq!((messages.items.len(), messages.left_out), (MOST_MESSAGES, 3));
    }
}
