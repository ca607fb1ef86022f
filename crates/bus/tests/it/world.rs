//! Two ends of a bus, and what is said over it.

use std::sync::Arc;
use std::time::Duration;

use app::ports::live::LiveEvent;
use app::ports::{CallControl, LiveBus, SessionRegistry};
use bus::{CallRegistry, LocalBus, NatsBus, NatsSettings};
use domain::call_event::{CallEvent, CallFact};
use domain::time::{CallMs, Timestamp};
use domain::transcript::Speaker;
use domain::{CallId, EventId, NodeId, OrganizationId};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::time::timeout;
use uuid::Uuid;

use crate::server::Server;

/// Patience of every wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// One end: a process.
#[derive(Clone)]
pub(crate) struct End {
    pub(crate) bus: Arc<dyn LiveBus>,
    pub(crate) sessions: Arc<dyn SessionRegistry>,
    pub(crate) control: Arc<dyn CallControl>,
}

/// Two ends; the same one where the implementation knows only one process.
pub(crate) struct Ends {
    pub(crate) here: End,
    pub(crate) there: End,
    /// Only for a bus between nodes.
    pub(crate) server: Option<Server>,
}

impl Ends {
    pub(crate) fn local() -> Self {
        let calls = Arc::new(CallRegistry::new());
        let end = End { bus: Arc::new(LocalBus::new()), sessions: calls.clone(), control: calls };
        Self { here: end.clone(), there: end, server: None }
    }

    pub(crate) async fn nats() -> Self {
        let server = Server::start();
        let (here, there) = (node(&server, "outdial").await, node(&server, "outdial").await);
        timeout(PATIENCE, async { tokio::join!(here.connected(), there.connected()) }).await.expect("both connect");
        Self { here: end(here), there: end(there), server: Some(server) }
    }

    /// A listener at `there` that hears what `here` says from now on.
    pub(crate) async fn listen(&self) -> Receiver<LiveEvent> {
        let mut live = self.there.bus.subscribe();
        if self.server.is_some() {
            assert_eq!(heard(&mut live).await, LiveEvent::Missed, "the first listener is told to look into the log");
        }
        live
    }
}

pub(crate) async fn node(server: &Server, prefix: &str) -> Arc<NatsBus> {
    let settings = NatsSettings::at(server.url(), prefix);
    Arc::new(NatsBus::start(NodeId(Uuid::now_v7()), &settings).await.expect("the settings are right"))
}

pub(crate) fn end(bus: Arc<NatsBus>) -> End {
    End { bus: bus.clone(), sessions: bus.clone(), control: bus }
}

pub(crate) fn call(n: u128) -> CallId {
    CallId(Uuid::from_u128(n))
}

pub(crate) fn words(text: impl Into<String>) -> LiveEvent {
    let (organization, speaker) = (OrganizationId(Uuid::from_u128(1)), Speaker::Callee);
    LiveEvent::Words { organization, call: call(2), speaker, text: text.into(), at_ms: CallMs(1) }
}

pub(crate) fn fact(n: u32) -> LiveEvent {
    LiveEvent::Fact(CallEvent {
        id: EventId(Uuid::from_u128(u128::from(n))),
        call: call(2),
        organization: OrganizationId(Uuid::from_u128(1)),
        sequence: n,
        position: i64::from(n),
        at: Timestamp::UNIX_EPOCH,
        fact: CallFact::Queued,
    })
}

/// The next event.
pub(crate) async fn heard(live: &mut Receiver<LiveEvent>) -> LiveEvent {
    timeout(PATIENCE, live.recv()).await.expect("something is heard").expect("nothing is lost here")
}

/// What is heard until `last`, without the knocks that only say "look into the log".
pub(crate) async fn heard_until(live: &mut Receiver<LiveEvent>, last: &LiveEvent) -> Vec<LiveEvent> {
    let mut all = Vec::new();
    while all.last() != Some(last) {
        let event = heard(live).await;
        if event != LiveEvent::Missed {
            all.push(event);
        }
    }
    all
}

pub(crate) fn silent(live: &mut Receiver<LiveEvent>) -> bool {
    matches!(live.try_recv(), Err(TryRecvError::Empty))
}

/// Waits until `holds`, as something that takes its way through a server.
pub(crate) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, held).await.expect("it comes true in time");
}
