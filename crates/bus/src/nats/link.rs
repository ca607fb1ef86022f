//! What the tasks of one connection share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use app::ports::live::{LinkState, LiveEvent};
use async_nats::{Client, Event};
use bytes::Bytes;
use domain::NodeId;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::outbox::Outbox;
use super::settings::{NatsSettings, NatsUnusable};
use super::wire::{Happening, Subjects};
use super::{listening, sending};
use crate::local_bus::KEPT;
use crate::{CallRegistry, LocalBus};

/// A server that is there answers within this.
const ROUND_TRIP: Duration = Duration::from_secs(2);

/// One node's end of NATS.
pub(super) struct Link {
    pub(super) node: NodeId,
    pub(super) client: Client,
    pub(super) subjects: Subjects,
    /// What this process says and hears within itself.
    pub(super) local: LocalBus,
    /// Sessions of this process.
    pub(super) calls: CallRegistry,
    /// Events of all nodes.
    pub(super) all: broadcast::Sender<LiveEvent>,
    pub(super) outbox: Outbox,
    /// Somebody listens for events.
    pub(super) wanted: Notify,
    /// Other nodes are to be woken.
    pub(super) work: Notify,
    /// Other nodes are to look what is asked of them.
    pub(super) nodes: Notify,
    /// Messages go through: connected, and every subscription known to the server.
    pub(super) through: watch::Sender<bool>,
    pub(super) counts: Arc<Counts>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

/// What was lost on the way.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) dropped: AtomicU64,
    pub(super) missed: AtomicU64,
}

/// The connection as the client tells it; the number tells one connection from the next.
pub(super) type Connection = (bool, u64);

impl Link {
    pub(super) async fn start(node: NodeId, settings: &NatsSettings) -> Result<Arc<Self>, NatsUnusable> {
        let (addresses, subjects) = (settings.addresses()?, settings.subjects()?);
        let (told, connection) = watch::channel::<Connection>((false, 0));
        let counts = Arc::new(Counts::default());
        let signs = Arc::new(Signs { connection: told, counts: counts.clone(), quiet: AtomicBool::new(false) });
        let options = settings.options(node).await?.retry_on_initial_connect().event_callback(move |event| {
            signs.tell(&event);
            std::future::ready(())
        });
        let client = options.connect(addresses).await.map_err(|e| NatsUnusable::Refused(e.to_string()))?;
        let link = Arc::new(Self {
            node,
            client,
            subjects,
            local: LocalBus::new(),
            calls: CallRegistry::new(),
            all: broadcast::Sender::new(KEPT),
            outbox: Outbox::default(),
            wanted: Notify::new(),
            work: Notify::new(),
            nodes: Notify::new(),
            through: watch::Sender::new(false),
            counts,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        link.tasks.spawn(listening::run(link.clone(), connection));
        link.tasks.spawn(sending::events(link.clone()));
        link.tasks.spawn(sending::wake_ups(link.clone()));
        link.tasks.spawn(sending::tellings(link.clone()));
        Ok(link)
    }

    pub(super) fn is_through(&self) -> bool {
        *self.through.borrow()
    }

    /// Takes an event for the other nodes.
    pub(super) fn post(&self, happening: Happening) {
        if self.outbox.push(happening) {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn state(&self) -> LinkState {
        LinkState {
            connected: self.is_through(),
            dropped: self.counts.dropped.load(Ordering::Relaxed),
            missed: self.counts.missed.load(Ordering::Relaxed),
        }
    }

    /// True once the server has dealt with everything that was sent before: it tells at once that nobody listens.
    pub(super) async fn round_trip(&self) -> bool {
        let asked = self.client.request(self.subjects.nobody(self.node), Bytes::new());
        match timeout(ROUND_TRIP, asked).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => error.kind() == async_nats::client::RequestErrorKind::NoResponders,
            Err(_) => false,
        }
    }
}

/// Hears the client's events.
struct Signs {
    connection: watch::Sender<Connection>,
    counts: Arc<Counts>,
    /// The trouble was told; a server that is away for an hour is worth one line.
    quiet: AtomicBool,
}

impl Signs {
    fn tell(&self, event: &Event) {
        match event {
            Event::Connected => {
                self.quiet.store(false, Ordering::Relaxed);
                self.connection.send_modify(|(up, n)| (*up, *n) = (true, *n + 1));
                tracing::info!("connected to NATS");
            }
            Event::Disconnected | Event::Closed => {
                self.connection.send_modify(|(up, n)| (*up, *n) = (false, *n + 1));
                tracing::warn!("NATS is gone; other nodes are reached again when it is back, and polled meanwhile");
            }
            Event::SlowConsumer(_) => {
                self.counts.missed.fetch_add(1, Ordering::Relaxed);
            }
            Event::ServerError(_) | Event::ClientError(_) if !self.quiet.swap(true, Ordering::Relaxed) => {
                tracing::warn!(error.detail = %event, "trouble with NATS; trying on");
            }
            _ => {}
        }
    }
}
