//! Telephony: dial, and hold one leg with its signalling and its media.
//!
//! Law: the conversation never touches packets. It gives voice as whole chunks and gets speech, digits and playout
//! marks; a media thread paces the packets. Commands never wait: they go through bounded queues.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::AttemptId;
use domain::callee::Callee;
use domain::outcome::LineLoss;
use domain::phone_number::PhoneNumber;
use domain::sip_trace::SipMessages;
use domain::time::Timestamp;
use domain::trunk::Trunk;
use tokio::sync::{mpsc, watch};

/// A way out to the telephone network.
#[async_trait]
pub trait Telephone: Send + Sync {
    /// Sends the INVITE and returns as soon as it left; everything else comes as events of the leg.
    async fn dial(&self, dial: Dial) -> Result<Leg, DialError>;
}

/// Asks a trunk whether it is there, without ringing anybody.
#[async_trait]
pub trait TrunkProbe: Send + Sync {
    /// Sends an OPTIONS request (RFC 3261, 11) and waits for the answer, some seconds at most. Whatever is answered, even
    /// a refusal, shows that the trunk is there.
    async fn probe(&self, trunk: &Trunk) -> Result<TrunkAnswer, DialError>;
}

/// What a trunk answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkAnswer {
    /// Status code.
    pub code: u16,
    /// Its words.
    pub phrase: String,
    /// From the request to the answer.
    pub after: Duration,
}

/// What to dial.
#[derive(Clone, Debug)]
pub struct Dial {
    /// Attempt it is for; becomes part of the SIP Call-ID.
    pub attempt: AttemptId,
    /// Trunk it goes out on; a SIP address is called at its own host, over the trunk's transport and without its password.
    pub trunk: Arc<Trunk>,
    /// Who is called.
    pub to: Callee,
    /// Who calls.
    pub from: PhoneNumber,
    /// The signalling's own bound on ringing; the call lifecycle cancels earlier.
    pub ring_timeout: Duration,
    /// Media inactivity after which `MediaEvent::Inactive` comes.
    pub media_timeout: Duration,
}

/// The INVITE could not even be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The trunk's address does not resolve or its transport cannot be had.
    #[error("trunk cannot be reached: {0}")]
    Unreachable(String),
    /// No port or no room for another leg.
    #[error("no resources for another leg: {0}")]
    Exhausted(String),
}

/// The SIP messages of a leg, as far as they have gone over the wire; clones share what is noted.
#[derive(Clone, Debug, Default)]
pub struct SipTrace(Arc<watch::Sender<Wire>>);

#[derive(Debug, Default)]
struct Wire {
    messages: SipMessages,
    finished: bool,
}

impl SipTrace {
    /// Keeps a message.
    pub fn note(&self, at: Timestamp, sent: bool, whole: &str) {
        self.0.send_modify(|wire| wire.messages.note(at, sent, whole));
    }

    /// No more will follow.
    pub fn finish(&self) {
        self.0.send_modify(|wire| wire.finished = true);
    }

    /// Waits until no more will follow: our BYE ends a leg, and is answered later.
    pub async fn finished(&self) {
        // It cannot fail: the sender is held here.
        let _ = self.0.subscribe().wait_for(|wire| wire.finished).await;
    }

    /// What was noted so far.
    pub fn messages(&self) -> SipMessages {
        self.0.borrow().messages.clone()
    }
}

/// One leg. Dropping `commands` hangs up.
#[derive(Debug)]
pub struct Leg {
    /// SIP Call-ID.
    pub sip_call_id: String,
    /// What goes over the wire for it.
    pub trace: SipTrace,
    /// Way in; bounded at 64, and the leg drains it at once.
    pub commands: mpsc::Sender<LegCommand>,
    /// Signalling; bounded, never dropped.
    pub events: mpsc::Receiver<LegEvent>,
    /// Media; bounded. When the conversation lags, audio chunks are dropped and counted, marks are not.
    pub media: mpsc::Receiver<MediaEvent>,
}

/// What can be asked of a leg.
pub enum LegCommand {
    /// Appends voice to the playout queue. Refused by generation: older than the last `Flush` is dropped.
    Play(PlayChunk),
    /// Barge-in: everything of an older generation is dropped, with a short fade.
    Flush {
        /// The generation that may play from now on.
        generation: u32,
    },
    /// Sends digits as RFC 4733 events after what is being said.
    SendDigits(String),
    /// Records both channels on the media clock from now on.
    Record(Box<dyn StereoSink>),
    /// Lets somebody hear both channels on the media clock from now on, beside the recording.
    Listen(Box<dyn StereoSink>),
    /// Gives up an INVITE that is not answered yet.
    Cancel,
    /// BYE; idempotent.
    HangUp,
    /// Blind transfer by REFER to a number or SIP address.
    Transfer {
        /// Number in E.164 or `sip:` address.
        to: String,
    },
}

impl std::fmt::Debug for LegCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Play(_) => "Play",
            Self::Flush { .. } => "Flush",
            Self::SendDigits(_) => "SendDigits",
            Self::Record(_) => "Record",
            Self::Listen(_) => "Listen",
            Self::Cancel => "Cancel",
            Self::HangUp => "HangUp",
            Self::Transfer { .. } => "Transfer",
        })
    }
}

/// Voice to play.
#[derive(Clone, Debug)]
pub struct PlayChunk {
    /// Utterance it belongs to; marks come back with it.
    pub utterance: u64,
    /// Generation, see `LegCommand::Flush`.
    pub generation: u32,
    /// Mono samples, 8000 a second.
    pub samples: Arc<[i16]>,
    /// Whether the utterance ends with it.
    pub last: bool,
}

/// Receives both channels of a leg, frame by frame, on the media thread. Must never block.
pub trait StereoSink: Send {
    /// 160 samples each of the agent and of the callee, the same 20 ms; `position_ms` on the media clock counts up by 20.
    fn frame(&mut self, position_ms: u64, agent: &[i16; 160], callee: &[i16; 160]);
}

/// Signalling of a leg, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum LegEvent {
    /// 18x came.
    Provisional {
        /// 180 to 183.
        code: u16,
        /// It brought SDP: audio before the answer.
        early_media: bool,
    },
    /// 2xx came and was acknowledged; media flows.
    Answered {
        /// Codec, such as `PCMU`.
        codec: String,
    },
    /// A final refusal came (or a CANCEL took effect: 487), or none at all: 408 by our own timer with `local`.
    Refused {
        /// SIP code.
        code: u16,
        /// Reason phrase.
        reason: String,
        /// Q.850 cause of a Reason header (RFC 3326).
        q850: Option<u16>,
        /// Made up by us because nothing came.
        local: bool,
    },
    /// The far end sent BYE.
    RemoteBye {
        /// Q.850 cause of a Reason header.
        q850: Option<u16>,
    },
    /// The far end put us on hold (true) or took us back.
    RemoteHold(bool),
    /// Progress of a transfer: last SIP code of NOTIFY, and whether it is final.
    Transfer {
        /// SIP code.
        code: u16,
        /// No more will come.
        done: bool,
    },
    /// The line is gone and nobody hung up.
    Lost(LineLoss),
    /// The dialog is over and its resources are free; last event of a leg.
    Closed(LegStats),
}

/// Counters of a leg.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LegStats {
    /// RTP packets sent.
    pub packets_sent: u64,
    /// RTP packets received.
    pub packets_received: u64,
    /// RTP packets that never came.
    pub packets_lost: u64,
    /// Interarrival jitter (RFC 3550) in milliseconds.
    pub jitter_ms: f32,
    /// Malformed or foreign packets that were dropped.
    pub packets_dropped: u64,
    /// Media events that the conversation was too slow to take.
    pub events_dropped: u64,
}

/// Media of a leg. `at_ms` counts on the call's media clock, which starts with the first media slot of the leg.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaEvent {
    /// The first packet from the far end arrived.
    FirstPacket {
        /// When.
        at_ms: u64,
    },
    /// The callee began to speak; audio chunks follow, the first with about 300 ms of lead-in.
    SpeechStarted {
        /// Where speech began.
        at_ms: u64,
    },
    /// The callee fell silent.
    SpeechEnded {
        /// Where speech ended.
        at_ms: u64,
        /// When it was noticed, on the same clock.
        noticed_ms: u64,
    },
    /// The callee's sound while somebody speaks (and shortly around it).
    Audio {
        /// Position of the first sample.
        at_ms: u64,
        /// Mono samples, 8000 a second.
        samples: Arc<[i16]>,
    },
    /// The callee pressed a key.
    Digit {
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
        /// When.
        at_ms: u64,
    },
    /// A voicemail beep ended.
    Beep {
        /// Where it ended.
        at_ms: u64,
        /// Its frequency.
        hertz: f32,
        /// Its length.
        duration_ms: u64,
    },
    /// The first frame of an utterance left.
    PlayStarted {
        /// Utterance.
        utterance: u64,
        /// When.
        at_ms: u64,
        /// Moment the packet was handed to the kernel.
        sent: std::time::Instant,
    },
    /// The last frame of an utterance left.
    PlayFinished {
        /// Utterance.
        utterance: u64,
        /// When.
        at_ms: u64,
    },
    /// An utterance was cut by `Flush`.
    PlayCut {
        /// Utterance.
        utterance: u64,
        /// When.
        at_ms: u64,
        /// Samples of it that left; zero if it had not begun.
        samples_played: u64,
    },
    /// Nothing came from the far end for the media timeout.
    Inactive {
        /// When.
        at_ms: u64,
    },
}
