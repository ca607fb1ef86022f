//! The queue of a store whose answers can be lost on their way (what was asked is done, and nobody hears of it), and whose
//! clock can be held and set.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use app::ports::store::{AboutToDial, CallQueue, Claims, DialGuard, Lease, NewEvent, StoreError};
use async_trait::async_trait;
use domain::call::Call;
use domain::time::Timestamp;
use domain::{AttemptId, CallId, NodeId, TrunkId};
use tokio::sync::{Semaphore, watch};

use super::time::TestTime;

pub(super) struct LossyQueue {
    inner: Arc<dyn CallQueue>,
    time: Arc<TestTime>,
    /// Looks at the clock that are allowed while it is held; a heartbeat begins with one.
    looks: Semaphore,
    held: AtomicBool,
    /// Looks that were asked for.
    asked: watch::Sender<usize>,
    to_lose: AtomicU32,
    /// Every lease that a claim took, heard of or not.
    taken: Mutex<Vec<Lease>>,
    /// Calls that the heartbeats so far named, each.
    named: watch::Sender<Vec<Vec<CallId>>>,
}

impl LossyQueue {
    pub(super) fn new(inner: Arc<dyn CallQueue>, time: Arc<TestTime>) -> Self {
        Self {
            inner,
            time,
            looks: Semaphore::new(0),
            held: AtomicBool::new(false),
            asked: watch::Sender::default(),
            to_lose: AtomicU32::new(0),
            taken: Mutex::default(),
            named: watch::Sender::default(),
        }
    }

    /// From now on every heartbeat waits until it is let go.
    pub(super) fn hold_heartbeats(&self) {
        self.held.store(true, Ordering::Relaxed);
    }

    /// Heartbeats come by themselves again.
    pub(super) fn let_go(&self) {
        self.held.store(false, Ordering::Relaxed);
        self.looks.add_permits(1);
    }

    /// Lets one heartbeat go, with the sweep that comes with it, and waits until all of it is done.
    pub(super) async fn one_heartbeat(&self) {
        let before = *self.asked.subscribe().wait_for(|asked| *asked > 0).await.unwrap();
        self.looks.add_permits(1);
        // A dialer asks for the next when it is through with this one.
        self.asked.subscribe().wait_for(|asked| *asked > before).await.unwrap();
    }

    /// The answers to so many claims that take something are lost.
    pub(super) fn lose_claims(&self, count: u32) {
        self.to_lose.store(count, Ordering::Relaxed);
    }

    /// Epochs under which the call was claimed.
    pub(super) fn epochs(&self, call: CallId) -> Vec<u64> {
        let taken = self.taken.lock().unwrap();
        taken.iter().filter(|lease| lease.call == call).map(|lease| lease.epoch).collect()
    }

    /// Waits until so many heartbeats named the call.
    pub(super) async fn heartbeats_that_name(&self, call: CallId, count: usize) {
        let enough = |all: &Vec<Vec<CallId>>| all.iter().filter(|named| named.contains(&call)).count() >= count;
        self.named.subscribe().wait_for(enough).await.unwrap();
    }
}

#[async_trait]
impl CallQueue for LossyQueue {
    async fn now(&self) -> Result<Timestamp, StoreError> {
        self.asked.send_modify(|asked| *asked += 1);
        if self.held.load(Ordering::Relaxed) {
            self.looks.acquire().await.unwrap().forget();
        }
        Ok(self.time.queue())
    }

    async fn claim(&self, node: NodeId, limit: u32, now: Timestamp, until: Timestamp) -> Result<Claims, StoreError> {
        let claims = self.inner.claim(node, limit, now, until).await?;
        self.taken.lock().unwrap().extend(claims.calls.iter().map(|one| one.lease));
        let fewer = |left: u32| left.checked_sub(1);
        if !claims.calls.is_empty() && self.to_lose.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok() {
            return Err(StoreError::Unavailable("the answer was lost".to_owned()));
        }
        Ok(claims)
    }

    async fn requeue(&self, lease: Lease, at: Timestamp) -> Result<(), StoreError> {
        self.inner.requeue(lease, at).await
    }

    async fn heartbeat(&self, node: NodeId, held: Vec<CallId>, until: Timestamp) -> Result<u64, StoreError> {
        self.named.send_modify(|all| all.push(held.clone()));
        self.inner.heartbeat(node, held, until).await
    }

    async fn sweep(&self, node: NodeId, now: Timestamp, until: Timestamp) -> Result<Vec<(Lease, Call)>, StoreError> {
        self.inner.sweep(node, now, until).await
    }

    async fn about_to_dial(
        &self,
        lease: Lease,
        call: &Call,
        attempt: AttemptId,
        fact: NewEvent,
        guard: DialGuard,
    ) -> Result<AboutToDial, StoreError> {
        self.inner.about_to_dial(lease, call, attempt, fact, guard).await
    }

    async fn live_calls(&self, trunk: TrunkId, now: Timestamp) -> Result<u64, StoreError> {
        self.inner.live_calls(trunk, now).await
    }
}
