//! What need not survive: live events as they happen, and control of calls that a session holds.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use domain::call_event::CallEvent;
use domain::time::CallMs;
use domain::transcript::Speaker;
use domain::{CallId, OrganizationId};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, oneshot};

/// Carries live events to whoever looks, and wakes the dialer. Losing a message costs nothing: readers catch up
/// from the event log.
#[async_trait]
pub trait LiveBus: Send + Sync {
    /// Tells everybody.
    fn publish(&self, event: LiveEvent);
    /// Everything from now on, of all nodes. A slow reader is told how much it missed (`RecvError::Lagged`).
    fn subscribe(&self) -> broadcast::Receiver<LiveEvent>;
    /// The same, but only what this process published: for its own counts.
    fn subscribe_here(&self) -> broadcast::Receiver<LiveEvent>;
    /// There is work in the queue: wakes the dialer of this process.
    fn wake_dialer(&self);
    /// There is work in the queue that this process does not take: wakes the dialers of all other nodes.
    fn wake_others(&self);
    /// Waits for a wake-up; one is kept, so that none is lost.
    async fn dialer_woken(&self) -> WokenBy;
    /// Something is asked of a node: all nodes, this one too, shall look. Who does not hear it looks with its next beat.
    fn tell_nodes(&self);
    /// Waits until something may be asked of this node; one telling is kept, so that none is lost.
    async fn node_told(&self);
    /// How it stands with the way to other nodes; `None` where there are none.
    fn link(&self) -> Option<LinkState> {
        None
    }
}

/// Whose wake-up it was. One from elsewhere is not passed on, so that nodes which are all full do not wake each other
/// for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WokenBy {
    /// This process's.
    Here,
    /// Another node's.
    Elsewhere,
}

/// The way to other nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkState {
    /// Messages go through at present.
    pub connected: bool,
    /// Messages of ours that were not sent: too many at once, too old, too large.
    pub dropped: u64,
    /// Messages of others that we know we did not get, or could not read.
    pub missed: u64,
}

/// A live event.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveEvent {
    /// Events of other nodes may have passed unseen; the log has them.
    Missed,
    /// A committed event.
    Fact(CallEvent),
    /// Words while they are being spoken; not stored.
    Words {
        /// Tenant.
        organization: OrganizationId,
        /// Call.
        call: CallId,
        /// Who speaks.
        speaker: Speaker,
        /// Text so far.
        text: String,
        /// On the call's clock.
        at_ms: CallMs,
    },
}

/// Control of live calls, wherever their session runs.
#[async_trait]
pub trait CallControl: Send + Sync {
    /// Asks the session of `call` to hang up. False when no session holds it.
    async fn hang_up(&self, call: CallId) -> bool;
    /// Takes a hand in the talk of `call`.
    async fn steer(&self, call: CallId, steer: Steer) -> Steered;
    /// What is heard in `call` from now on. Whoever drops it has listened.
    async fn listen(&self, call: CallId) -> Result<CallAudio, NotHeard>;
}

/// What somebody who follows a call can do to its talk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steer {
    /// The agent says exactly this next.
    Say {
        /// What.
        text: String,
        /// Whether it stops for it what it is saying.
        interrupt: bool,
    },
    /// The agent is told this and does not say it.
    Note {
        /// What.
        text: String,
    },
    /// The callee is handed over.
    Transfer {
        /// Number in E.164 or SIP address.
        to: String,
    },
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steered {
    /// The talk took it.
    Taken,
    /// Nobody is being talked to, or not any more.
    NotTalking,
    /// The call is being handed over already.
    Transferring,
    /// No session holds the call.
    NotHeld,
}

/// Why nothing can be heard of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotHeard {
    /// Nothing is on the line, or nothing any more.
    NotTalking,
    /// No session holds the call.
    NotHeld,
}

/// 20 ms of a call: 160 pairs of samples, callee and agent in turn, 16 bits with sign, little end first.
pub type AudioFrame = Arc<[u8; AUDIO_FRAME]>;

/// Bytes of a frame.
pub const AUDIO_FRAME: usize = 160 * 2 * 2;
/// Frames that wait for a listener: a second. The oldest give way, and are counted by `RecvError::Lagged`.
pub const AUDIO_WAITING: usize = 50;

/// A call, heard.
#[derive(Debug)]
pub struct CallAudio {
    /// Frames as they are on the line; closed when the call is over.
    pub frames: broadcast::Receiver<AudioFrame>,
    /// Read once the frames are closed: the way to the call was lost, and the call may go on.
    pub lost: Arc<AtomicBool>,
}

/// What can be asked of a session.
#[derive(Debug)]
pub enum Control {
    /// End the call.
    HangUp,
    /// Take a hand in the talk.
    Steer(Steer, oneshot::Sender<Steered>),
    /// Let somebody hear the call.
    Listen(oneshot::Sender<Result<CallAudio, NotHeard>>),
}

/// Where sessions make themselves known, so that `CallControl` finds them.
pub trait SessionRegistry: Send + Sync {
    /// Makes a session known until the guard is dropped. The channel is bounded; a session that does not take its
    /// messages counts as not holding the call.
    fn register(
        &self,
        call: CallId,
        control: tokio::sync::mpsc::Sender<Control>,
    ) -> Box<dyn std::any::Any + Send + Sync>;
}
