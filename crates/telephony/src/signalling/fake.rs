//! Signalling for tests: no SIP, only the two ends of a leg's queues.

use std::net::SocketAddr;
use std::time::Duration;

use app::ports::telephone::SipTrace;
use tokio::sync::{Mutex, mpsc};

use super::{
    EVENT_CAPACITY, Invite, InviteError, Options, Signalling, SignallingCommand, SignallingEvent, SignallingLeg,
    SipTransport,
};

/// The stack's side of one leg.
pub(crate) struct FarEnd {
    pub(crate) invite: Invite,
    pub(crate) commands: mpsc::Receiver<SignallingCommand>,
    pub(crate) events: mpsc::Sender<SignallingEvent>,
}

/// Hands every INVITE to the test.
pub(crate) struct FakeSignalling {
    invited: mpsc::Sender<FarEnd>,
    pub(crate) far_ends: Mutex<mpsc::Receiver<FarEnd>>,
}

impl FakeSignalling {
    pub(crate) fn new() -> Self {
        let (invited, far_ends) = mpsc::channel(16);
        Self { invited, far_ends: Mutex::new(far_ends) }
    }
}

#[async_trait::async_trait]
impl Signalling for FakeSignalling {
    fn invite(&self, invite: Invite) -> Result<SignallingLeg, InviteError> {
        let (commands, received) = mpsc::channel(16);
        let (events, sent) = mpsc::channel(EVENT_CAPACITY);
        let far_end = FarEnd { invite, commands: received, events };
        self.invited.try_send(far_end).map_err(|_| InviteError::Closing)?;
        let trace = SipTrace::default();
        Ok(SignallingLeg { call_id: "fake".to_owned(), trace, commands, events: sent })
    }

    async fn options(&self, _: Options) -> Result<(u16, String), InviteError> {
        Ok((200, "OK".to_owned()))
    }

    fn local_address(&self, _transport: SipTransport) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 5060))
    }

    async fn shut_down(&self, _limit: Duration) {}
}
