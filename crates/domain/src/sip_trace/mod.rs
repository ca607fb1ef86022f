//! The SIP messages of a call, as they went over the wire.
//!
//! Law: no credentials, no keys of media, and no body but a session description: what was pressed or said does not stand
//! in a trace. Where an agent masks what is said, its traces name nobody but the two numbers of the call.
//! Source: RFC 3261, 7 (messages), 22 (credentials); RFC 4568 and RFC 8866, 5.12 (keys of media).

mod own;
#[cfg(test)]
mod tests;

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

    /// The same without anybody who is not `own`, the numbers or addresses of the call: who it was forwarded or
    /// transferred to, names, and fields that nobody here knows.
    #[must_use]
    pub fn of_own(mut self, own: &[&str]) -> Self {
        for message in &mut self.items {
            message.text = own::only(&message.text, own);
        }
        self
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
    let mut secret = false;
    for line in head.lines() {
        // A field may go on in the next line, which then begins with a space (RFC 3261, 7.3.1).
        if line.starts_with([' ', '\t']) {
            if !secret {
                text.extend([line, "\r\n"]);
            }
            continue;
        }
        let name = line.split_once(':').map_or("", |(name, _)| name.trim());
        secret = ["authorization", "proxy-authorization"].iter().any(|known| name.eq_ignore_ascii_case(known));
        if secret {
            text.extend([name, ": ", REMOVED, "\r\n"]);
        } else {
            text.extend([line, "\r\n"]);
        }
    }
    text.push_str("\r\n");
    let described = header(head.lines(), "Content-Type").or_else(|| header(head.lines(), "c"));
    if described.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/sdp")) {
        let keys = |line: &&str| ["a=crypto:", "k="].iter().any(|key| line.starts_with(key));
        text.extend(body.split_inclusive('\n').filter(|line| !keys(line)));
    } else if !body.is_empty() {
        text.push_str(REMOVED);
    }
    if text.len() > MOST_TEXT {
        text.truncate(text.floor_char_boundary(MOST_TEXT));
    }
    text
}
