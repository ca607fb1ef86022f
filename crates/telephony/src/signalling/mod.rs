//! The signalling port: what the rest of this crate needs from a SIP stack, and nothing of the stack itself.
//!
//! Law: every leg ends with exactly one [`SignallingEvent::Ended`], every wait behind it has a deadline, and the
//! bodies are passed on unread: session descriptions are the leg's business. Stands between the leg, which
//! decides, and `rsip`, which speaks SIP; `fake` takes its place in tests.

#[cfg(test)]
pub(crate) mod fake;
mod reason;
pub mod rsip;
mod session_timer;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use app::ports::telephone::SipTrace;
use tokio::sync::{mpsc, oneshot};

pub use reason::Cause;

/// Events a leg may have waiting before lesser ones are dropped and counted; a call has a handful.
pub(crate) const EVENT_CAPACITY: usize = 64;

/// The transport of a SIP trunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SipTransport {
    /// Datagrams.
    #[default]
    Udp,
    /// A stream.
    Tcp,
}

/// User name and password for digest challenges (RFC 3261 section 22).
#[derive(Clone)]
pub struct Credentials {
    /// The digest user name.
    pub username: String,
    /// The secret; never logged.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// One INVITE to send.
#[derive(Debug, Clone)]
pub struct Invite {
    /// User part of the Request-URI and of To: the number to call.
    pub to_user: String,
    /// Host, or host and port, of the trunk: the domain of Request-URI and To.
    pub domain: String,
    /// Where the INVITE goes; `None` lets the stack look `domain` up (SRV, then A).
    pub destination: Option<SocketAddr>,
    /// Transport to the trunk.
    pub transport: SipTransport,
    /// User part of From and Contact.
    pub from_user: String,
    /// Domain of From, when the trunk wants its own; ours otherwise.
    pub from_domain: Option<String>,
    /// Name shown with From.
    pub display_name: Option<String>,
    /// Local part of the Call-ID; the stack draws one when there is none.
    pub call_id: Option<String>,
    /// What to answer a challenge with.
    pub credentials: Option<Credentials>,
    /// Extra headers, name and value.
    pub headers: Vec<(String, String)>,
    /// The session description offered.
    pub offer: String,
    /// The address of ours to name in Contact and From.
    pub local_ip: IpAddr,
}

/// One OPTIONS to send.
#[derive(Debug, Clone)]
pub struct Options {
    /// Host, or host and port, of the trunk.
    pub domain: String,
    /// Where it goes; `None` lets the stack look `domain` up.
    pub destination: Option<SocketAddr>,
    /// Transport to the trunk.
    pub transport: SipTransport,
    /// The address of ours to name in From.
    pub local_ip: IpAddr,
    /// How long the answer is waited for.
    pub limit: Duration,
}

/// Why an INVITE could not even be started.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// A user, domain or header that cannot be written into SIP.
    #[error("the {0} cannot be written as SIP")]
    Invalid(&'static str),
    /// The stack refused.
    #[error("the SIP stack refused the INVITE: {0}")]
    Stack(String),
    /// Nobody answered.
    #[error("no answer in time; look at address, port, transport and firewall")]
    Silent,
    /// The telephone is shutting down.
    #[error("the telephone is shutting down")]
    Closing,
}

/// A leg as signalling sees it. Dropping `commands` hangs up.
#[derive(Debug)]
pub struct SignallingLeg {
    /// The SIP Call-ID.
    pub call_id: String,
    /// What goes over the wire for it.
    pub trace: SipTrace,
    /// What to do next; bounded, and a full queue means that signalling is stuck.
    pub commands: mpsc::Sender<SignallingCommand>,
    /// What happened, ending with one `Ended`.
    pub events: mpsc::Receiver<SignallingEvent>,
}

/// What a leg can be told.
#[derive(Debug)]
pub enum SignallingCommand {
    /// CANCEL before the answer, BYE after it. The text becomes the BYE's Reason header.
    HangUp {
        /// Value of the Reason header, for example `Q.850;cause=16`.
        reason: Option<String>,
    },
    /// Blind transfer: REFER with this Refer-To URI (RFC 3515).
    Refer {
        /// The URI in full, `sip:…`.
        target: String,
    },
    /// re-INVITE with a new offer; the outcome comes as `Reoffered`.
    Reoffer {
        /// The new session description.
        offer: String,
    },
}

/// The answer to an offer of the peer: a description, or the status code that refuses it.
pub type OfferReply = oneshot::Sender<Result<String, u16>>;

/// What happened to a leg.
#[derive(Debug)]
pub enum SignallingEvent {
    /// A 1xx. With a body when the peer sends early media.
    Provisional {
        /// 100 to 199.
        code: u16,
        /// The session description, when there was one.
        body: Vec<u8>,
    },
    /// The 2xx; its ACK has been sent.
    Answered {
        /// The session description of the answer; may be empty.
        body: Vec<u8>,
    },
    /// The peer offers a change (re-INVITE or UPDATE); an empty body asks for our offer.
    Offered {
        /// Its session description.
        body: Vec<u8>,
        /// Where the answer goes, within seconds.
        reply: OfferReply,
    },
    /// The ACK to a re-INVITE that asked for our offer brought the answer.
    LateAnswer {
        /// The session description.
        body: Vec<u8>,
    },
    /// How our own re-INVITE ended: the peer's description, or the code that refused it.
    Reoffered(Result<Vec<u8>, u16>),
    /// A digit sent by INFO (application/dtmf-relay or application/dtmf).
    Digit(char),
    /// How a REFER goes on (RFC 3515 section 2.4.5).
    Transfer {
        /// 202 when accepted, then the codes of the new call; a refusal's code when refused.
        code: u16,
        /// No more news will come.
        finished: bool,
    },
    /// The leg is over; always the last event, always exactly one.
    Ended(Ending),
}

/// Who or what ended a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndedBy {
    /// BYE from the peer.
    PeerBye,
    /// BYE from us.
    OurBye,
    /// We cancelled before the answer.
    Cancelled,
    /// A final response that is no success.
    Refused,
    /// No final response in time, or none at all.
    NoResponse,
    /// The message could not be sent.
    Transport(String),
    /// Our own signalling stopped under the leg.
    Stopped,
    /// The peer stopped refreshing the session (RFC 4028 section 10), or refused our refresh.
    SessionExpired,
}

/// How a leg ended, with the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// By whom.
    pub by: EndedBy,
    /// The INVITE's final code, if there was one.
    pub code: Option<u16>,
    /// Its reason phrase as sent.
    pub phrase: Option<String>,
    /// Reason headers of the message that ended it (RFC 3326).
    pub causes: Vec<Cause>,
}

impl Ending {
    pub(crate) fn by(by: EndedBy) -> Self {
        Self { by, code: None, phrase: None, causes: Vec::new() }
    }
}

/// Sends INVITEs. Implemented by [`rsip::RsipSignalling`].
#[async_trait::async_trait]
pub trait Signalling: Send + Sync + 'static {
    /// Sends an INVITE and gives the leg at once; everything else comes as events.
    ///
    /// # Errors
    /// [`InviteError`] when no INVITE could be made; then nothing was sent.
    fn invite(&self, invite: Invite) -> Result<SignallingLeg, InviteError>;

    /// Asks with OPTIONS whether somebody is there: status code and words of the answer.
    ///
    /// # Errors
    /// [`InviteError`] when no request could be made, or nobody answered in time.
    async fn options(&self, options: Options) -> Result<(u16, String), InviteError>;

    /// Where SIP is heard, by transport.
    fn local_address(&self, transport: SipTransport) -> SocketAddr;

    /// Stops: hangs up what is alive, waits for the far ends' answers up to `limit`, then closes the sockets.
    async fn shut_down(&self, limit: Duration);
}
