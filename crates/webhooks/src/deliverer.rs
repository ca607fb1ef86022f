//! The deliverer of one node: fans out, claims what there is room for, tries, and comes to an end when told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use app::ports::live::LiveEvent;
use app::ports::store::{DeliveryClaim, Store};
use app::ports::{Clock, LiveBus, OutboundHttp};
use app::{DeliveryCounts, RecordingLinks};
use domain::NodeId;
use machines::delivery::{Lanes, Schedule};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::dialect::Dialects;
use crate::try_once::try_once;

/// Deliveries claimed in one go.
const CLAIM_BATCH: usize = 64;
/// The log of finished deliveries is cleaned this often.
const CLEAN: Duration = Duration::from_secs(600);

/// How a node delivers.
#[derive(Clone, Debug)]
pub struct DelivererSettings {
    /// Most tries at once.
    pub total: usize,
    /// Most tries at once to one endpoint.
    pub each: usize,
    /// Longest wait for an answer.
    pub timeout: Duration,
    /// How long a lease lasts; longer than a try can.
    pub lease: Duration,
    /// Outbox and deliveries are looked at this often even if nobody rings the bell.
    pub poll: Duration,
    /// At a stop, what is due is sent for this long.
    pub flush: Duration,
    /// Finished deliveries are kept this long.
    pub keep: Duration,
}

impl Default for DelivererSettings {
    fn default() -> Self {
        Self {
            total: 256,
            each: 8,
            timeout: Duration::from_secs(10),
            lease: Duration::from_secs(45),
            poll: Duration::from_millis(500),
            flush: Duration::from_secs(10),
            keep: Duration::from_hours(30 * 24),
        }
    }
}

/// What a deliverer works with.
pub struct DelivererContext {
    /// Outbox, endpoints, deliveries.
    pub store: Arc<dyn Store>,
    /// Rings after commits.
    pub bus: Arc<dyn LiveBus>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// The guarded way out.
    pub http: Arc<dyn OutboundHttp>,
    /// Bodies and signatures.
    pub dialects: Dialects,
    /// Addresses of recordings, for dialects that show them.
    pub links: RecordingLinks,
    /// What follows a try.
    pub schedule: Schedule,
    /// What came of tries.
    pub counts: Arc<DeliveryCounts>,
    /// How it delivers.
    pub settings: DelivererSettings,
}

/// The deliverer of one node.
pub struct Deliverer {
    node: NodeId,
    context: Arc<DelivererContext>,
    lanes: Lanes<String>,
    tries: JoinSet<bool>,
    lane_of: HashMap<Id, String>,
}

impl Deliverer {
    /// A deliverer that is not running yet.
    pub fn new(context: DelivererContext) -> Self {
        let lanes = Lanes::new(context.settings.total, context.settings.each);
        let node = NodeId(context.clock.uuid());
        Self { node, context: Arc::new(context), lanes, tries: JoinSet::new(), lane_of: HashMap::new() }
    }

    /// Delivers until `stop`, then sends what is due once more and ends.
    pub async fn run(mut self, stop: CancellationToken) {
        // What other nodes commit, they deliver; what they leave, polling finds.
        let mut facts = self.context.bus.subscribe_here();
        let mut poll = interval(self.context.settings.poll);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut clean = interval(CLEAN);
        clean.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.round().await;
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(done) = self.tries.join_next_with_id() => self.ended(done),
                () = told(&mut facts) => {}
                _ = poll.tick() => {}
                _ = clean.tick() => self.clean().await,
            }
            self.reap();
        }
        self.flush().await;
    }

    /// Sends what is due, as long as something comes of it and no longer than the settings say. What is cut off is
    /// sent by another node, or after the restart, when its lease is over.
    async fn flush(&mut self) {
        let end = Instant::now() + self.context.settings.flush;
        loop {
            self.round().await;
            match timeout_at(end, self.tries.join_next_with_id()).await {
                Ok(Some(done)) => self.ended(done),
                Ok(None) => return,
                Err(_) => break,
            }
            self.reap();
        }
        tracing::warn!(deliveries = self.tries.len(), "deliveries were cut off by the stop; they are sent again later");
        self.tries.shutdown().await;
    }

    /// Makes deliveries of the outbox and starts as many as there is room for.
    async fn round(&mut self) {
        loop {
            match self.context.store.fan_out(self.context.clock.now()).await {
                Ok(done) if done.more && done.events > 0 => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "the outbox could not be read");
                    return;
                }
            }
        }
        while self.lanes.room() > 0 && self.claim().await {}
    }

    /// Starts due deliveries. True when there may be more.
    async fn claim(&mut self) -> bool {
        let (settings, now) = (&self.context.settings, self.context.clock.now());
        let claim = DeliveryClaim {
            node: self.node,
            now,
            until: now.saturating_add(settings.lease).unwrap_or(now),
            limit: self.lanes.room().min(CLAIM_BATCH),
            each: settings.each,
            rooms: self.lanes.rooms(),
        };
        let claimed = match self.context.store.claim_deliveries(claim).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(%error, "due deliveries could not be claimed");
                return false;
            }
        };
        let some = !claimed.is_empty();
        for delivery in claimed {
            let lane = delivery.lane.clone();
            // The claim kept to the rooms, so there is one.
            self.lanes.begin(&lane);
            let (context, node) = (self.context.clone(), self.node);
            let handle = self.tries.spawn(async move { try_once(&context, node, delivery).await });
            self.lane_of.insert(handle.id(), lane);
        }
        some
    }

    /// Takes all tries that have ended meanwhile.
    fn reap(&mut self) {
        while let Some(done) = self.tries.try_join_next_with_id() {
            self.ended(done);
        }
    }

    fn ended(&mut self, done: Result<(Id, bool), JoinError>) {
        let (id, well) = match done {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "a delivery broke down");
                (error.id(), false)
            }
        };
        if let Some(lane) = self.lane_of.remove(&id) {
            self.lanes.end(&lane, well);
        }
    }

    async fn clean(&self) {
        let now = self.context.clock.now();
        let before = now.saturating_sub(self.context.settings.keep).unwrap_or(now);
        if let Err(error) = self.context.store.purge_deliveries(before).await {
            tracing::warn!(%error, "old deliveries could not be removed");
        }
    }
}

/// Waits for a committed fact; takes along those that came with it. Words are no facts.
async fn told(facts: &mut broadcast::Receiver<LiveEvent>) {
    loop {
        match facts.recv().await {
            Ok(LiveEvent::Fact(_) | LiveEvent::Missed) | Err(RecvError::Lagged(_)) => break,
            Ok(LiveEvent::Words { .. }) => {}
            // Nobody will tell any more; polling goes on.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
    while !matches!(facts.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
}
