//! SIP messages on the wire.

use domain::sip_trace::{SipMessages as Kept, StartLine};
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What went over the wire for a call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SipMessages {
    /// In order.
    pub items: Vec<SipMessage>,
    /// How many came later and were not kept.
    pub left_out: u32,
}

/// A SIP message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SipMessage {
    /// When it was handed to the wire, or came from it.
    pub at: Timestamp,
    /// Which way it went.
    pub direction: SipDirection,
    /// Method of a request.
    #[schema(example = "INVITE")]
    pub method: Option<String>,
    /// Status of a response.
    pub status: Option<u16>,
    /// Words of a response.
    #[schema(example = "Busy Here")]
    pub reason: Option<String>,
    /// Its `CSeq` field: what a response answers.
    #[schema(example = "1 INVITE")]
    pub cseq: Option<String>,
    /// The message, without credentials and without bodies that are no session description.
    pub text: String,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SipDirection {
    /// From us.
    Sent,
    /// To us.
    Received,
}

impl From<Kept> for SipMessages {
    fn from(kept: Kept) -> Self {
        let items = kept.items.into_iter().map(|message| {
            let (method, status, reason) = match message.start_line() {
                Some(StartLine::Request { method }) => (Some(method.to_owned()), None, None),
                Some(StartLine::Response { code, reason }) => (None, Some(code), Some(reason.to_owned())),
                None => (None, None, None),
            };
            SipMessage {
                at: message.at,
                direction: if message.sent { SipDirection::Sent } else { SipDirection::Received },
                method,
                status,
                reason,
                cseq: message.cseq().map(str::to_owned),
                text: message.text,
            }
        });
        Self { items: items.collect(), left_out: kept.left_out }
    }
}
