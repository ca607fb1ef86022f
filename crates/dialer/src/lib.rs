//! Turns due rows into running calls: claims by lease, asks policy once more, starts a session. Pace and calls at once
//! are kept by the claim itself, in the database.
//!
//! Law: any node may claim and sweep; there is no singleton. A call is dialed only under a live lease, and a
//! lease that ran out is resolved by evidence: never dialed means queued again, may have rung means `node_lost`.

use std::sync::Arc;
use std::time::Duration;

use app::ports::live::WokenBy;
use app::ports::store::{CallQueue, ClaimedCall, StoreError};
use domain::NodeId;
use domain::time::Timestamp;
use machines::lease_grace::LeaseGrace;
use session::SessionContext;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

mod gate;
mod held;
mod lost;
mod presence;
#[cfg(test)]
mod tests;
mod watch;

use held::Held;
use presence::{Presence, Shown};
use watch::Watch;

/// How a node dials.
#[derive(Clone, Debug)]
pub struct DialerSettings {
    /// What people call the node.
    pub name: String,
    /// Most calls that this node holds at once.
    pub max_calls: usize,
    /// How long a lease lasts without a heartbeat.
    pub lease: Duration,
    /// Time between heartbeats; several fit into a lease.
    pub heartbeat: Duration,
    /// The queue is looked at this often even if nobody rings the bell.
    pub poll: Duration,
    /// No other process dials from this queue: what it finds run out is its own or a dead predecessor's.
    pub alone: bool,
}

/// A call that a lost node held undialed is dialed elsewhere within ten seconds: the lease, one beat until it is swept,
/// and what a claim takes.
const LEASE: Duration = Duration::from_secs(6);
/// Heartbeats that fit into a lease; three may be late or lost.
const BEATS: u32 = 4;

impl DialerSettings {
    /// The defaults with this lease, and heartbeats that keep it.
    pub fn with_lease(lease: Duration) -> Self {
        let name = "node".to_owned();
        Self { name, max_calls: 400, lease, heartbeat: lease / BEATS, poll: Duration::from_secs(1), alone: false }
    }
}

impl Default for DialerSettings {
    fn default() -> Self {
        Self::with_lease(LEASE)
    }
}

/// Rows taken in one go; more wait for the next turn of the loop, which comes at once.
const CLAIM_BATCH: u32 = 32;

/// Kept answers and uses of caps that one beat purges of each.
const PURGE_BATCH: u32 = 100;

/// Never, if there is no such time.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The dialer of one node.
pub struct Dialer {
    node: NodeId,
    settings: DialerSettings,
    context: Arc<SessionContext>,
    queue: Arc<dyn CallQueue>,
    sessions: TaskTracker,
    held: Held,
    grace: LeaseGrace,
    /// When the leases were last extended, and until when.
    beaten: Option<(Timestamp, Timestamp)>,
    /// Rung by every session that ends: a line may have room again.
    ended: Arc<Notify>,
    watch: Option<Watch>,
    next_due: Option<Instant>,
}

impl Dialer {
    /// A dialer that is not running yet, of this node.
    pub fn new(node: NodeId, context: Arc<SessionContext>, settings: DialerSettings) -> Self {
        Self {
            node,
            grace: if settings.alone { LeaseGrace::alone(settings.lease) } else { LeaseGrace::new(settings.lease) },
            settings,
            queue: context.store.clone(),
            context,
            sessions: TaskTracker::new(),
            held: Held::default(),
            beaten: None,
            ended: Arc::default(),
            watch: None,
            next_due: None,
        }
    }

    /// Claims and dials until `stop`, then claims no more and waits for the calls that are live. `hang_up` ends those
    /// too.
    pub async fn run(mut self, stop: CancellationToken, hang_up: CancellationToken) {
        let mut beat = interval_at(Instant::now(), self.settings.heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut poll = interval_at(Instant::now(), self.settings.poll);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut presence = Presence::start(self.node, &self.settings.name, &self.context);
        loop {
            let woken = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // What a sweep put back is due at once.
                _ = beat.tick() => {
                    self.beat().await;
                    self.show(&presence);
                    None
                }
                () = presence.changed() => { self.show(&presence); None }
                by = self.context.bus.dialer_woken() => Some(by),
                () = self.ended.notified() => None,
                () = until(self.next_due) => None,
                _ = poll.tick() => None,
            };
            self.next_due = None;
            while !presence.drains() && self.claim(&hang_up).await && !stop.is_cancelled() {}
            self.pass_on(woken, presence.drains());
        }
        presence.stop();
        self.show(&presence);
        self.drain(&mut beat, &presence).await;
        presence.close().await;
    }

    /// Shows this node as it is now; between two claims, so that a node which drains without a live call has none.
    fn show(&self, presence: &Presence) {
        if let Some((at, until)) = self.beaten {
            let live_calls = u32::try_from(self.sessions.len()).unwrap_or(u32::MAX);
            presence.show(Shown { at, until, live_calls });
        }
    }

    /// There may be work that this node leaves to others, because it is full or drains. What others woke us for is not passed
    /// on: nodes that are all full would wake each other for ever.
    fn pass_on(&self, woken: Option<WokenBy>, drains: bool) {
        if woken == Some(WokenBy::Here) && (drains || self.sessions.len() >= self.settings.max_calls) {
            self.context.bus.wake_others();
        }
    }

    /// Live calls keep their lease while the last of them ends; what is asked of this node meanwhile is for others.
    async fn drain(&mut self, beat: &mut tokio::time::Interval, presence: &Presence) {
        self.sessions.close();
        loop {
            tokio::select! {
                biased;
                () = self.sessions.wait() => return,
                _ = beat.tick() => {
                    self.beat().await;
                    self.show(presence);
                }
                WokenBy::Here = self.context.bus.dialer_woken() => self.context.bus.wake_others(),
            }
        }
    }

    /// Sets the watch. One that was set before is good enough when the database does not answer now.
    async fn set_watch(&mut self) {
        match Watch::set_by(self.queue.as_ref()).await {
            Ok(watch) => {
                let step = self.watch.map(|before| watch.differs_from(&before)).unwrap_or_default();
                // A smaller one takes no lease that is kept: more than this is left of it at every beat.
                if step > self.settings.lease / 2 {
                    tracing::warn!(
                        seconds = step.as_secs(),
                        "the queue's clock was set; no lease is judged for one lease"
                    );
                    self.grace.clock_was_set(self.context.clock.mono());
                }
                self.watch = Some(watch);
            }
            Err(error) => tracing::error!(%error, "the queue's clock cannot be read"),
        }
    }

    /// Extends the leases of the calls that we know to hold, and resolves those that others let lapse. Who could not extend
    /// its own sweeps none, and neither does who slept through them: the first to be found lapsed would be its own.
    async fn beat(&mut self) {
        // Before the queue's clock is read: what is known of our leases errs towards too little.
        let asked = Instant::now();
        self.set_watch().await;
        let Some(watch) = self.watch else { return };
        let now = watch.now();
        let until = now + self.settings.lease;
        if let Err(error) = self.queue.heartbeat(self.node, self.held.calls(), until).await {
            tracing::error!(%error, "heartbeat not written");
            return;
        }
        self.beaten = Some((now, until));
        self.context.leases.extend(asked + self.settings.lease);
        self.grace.beaten(self.context.clock.mono());
        if !self.grace.may_sweep(self.context.clock.mono()) {
            return;
        }
        match self.queue.sweep(self.node, now, until).await {
            Ok(lost) => {
                for (lease, call) in lost {
                    lost::end_as_node_lost(&self.context, lease, call).await;
                }
            }
            Err(error) => tracing::error!(%error, "expired leases not swept"),
        }
        // Any node, a few at a time: what is late to go disturbs nobody, for what expired counts no more.
        if let Err(error) = self.context.store.purge_expired(now, PURGE_BATCH).await {
            tracing::warn!(%error, "expired answers and uses of caps not purged");
        }
    }

    /// Takes what is due and starts it. True when there may be more at once.
    async fn claim(&mut self, hang_up: &CancellationToken) -> bool {
        let free = self.settings.max_calls.saturating_sub(self.sessions.len());
        let limit = CLAIM_BATCH.min(u32::try_from(free).unwrap_or(CLAIM_BATCH));
        if limit == 0 {
            return false;
        }
        if self.watch.is_none() {
            self.set_watch().await;
        }
        let Some(watch) = self.watch else { return false };
        let now = watch.now();
        match self.queue.claim(self.node, limit, now, now + self.settings.lease).await {
            Ok(claimed) => {
                self.next_due = claimed.next_due.map(|at| watch.instant_of(at));
                let more = claimed.more;
                for call in claimed.calls {
                    self.start(call, hang_up.clone()).await;
                }
                more
            }
            Err(StoreError::Unavailable(why)) => {
                tracing::warn!(why, "queue not readable, trying again");
                false
            }
            Err(error) => {
                tracing::error!(%error, "queue not readable");
                false
            }
        }
    }

    /// Asks policy once more, and hands over to a session.
    async fn start(&self, mut claimed: ClaimedCall, hang_up: CancellationToken) {
        let hold = self.held.hold(claimed.lease);
        match gate::check(&self.context, &mut claimed).await {
            gate::Verdict::Dial => {
                let (context, ended) = (Arc::clone(&self.context), Arc::clone(&self.ended));
                self.sessions.spawn(async move {
                    session::run(context, claimed, hang_up).await;
                    drop(hold);
                    ended.notify_one();
                });
            }
            gate::Verdict::Later(at) => self.requeue(&claimed, at).await,
            gate::Verdict::Never(end_reason) => {
                lost::end_undialed(&self.context, claimed.lease, claimed.call, end_reason).await;
            }
        }
    }

    async fn requeue(&self, claimed: &ClaimedCall, at: Timestamp) {
        if let Err(error) = self.queue.requeue(claimed.lease, at).await {
            // The lease lapses and the sweep puts the call back: late, not lost.
            tracing::warn!(call.id = %claimed.lease.call, %error, "call not put back");
        }
    }
}
