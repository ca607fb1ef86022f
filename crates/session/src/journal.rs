//! The call's way to the event log: facts in, committed events out to the store and then to whoever looks.
//!
//! Law: facts are written in order, each once, and a store that is busy holds up nobody but this task. When the
//! lease is lost, the journal says so and writes nothing more: another node has the word.

use std::sync::Arc;
use std::time::Duration;

use app::ports::live::{LiveBus, LiveEvent};
use app::ports::store::{Lease, NewEvent, Store, StoreError};
use app::ports::Clock;
use domain::EventId;
use domain::call::Call;
use domain::call_event::CallFact;
use domain::time::Timestamp;
use tokio::sync::{mpsc, oneshot};

/// Facts in flight between a call and the log. A talk makes a few a second, so this is minutes of a database that
/// stands still; then the call's own task waits, media and speech do not.
const IN_FLIGHT: usize = 256;
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_MOST: Duration = Duration::from_secs(2);

/// How the writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalEnd {
    /// The terminal fact is committed.
    Complete,
    /// The lease was lost; the call belongs to another node.
    Fenced,
    /// The call's task went away without a terminal fact.
    Abandoned,
}

enum Entry {
    Fact(Timestamp, CallFact),
    Settled(oneshot::Sender<()>),
}

/// Way in for facts.
#[derive(Clone, Debug)]
pub struct Journal {
    entries: mpsc::Sender<Entry>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entry")
    }
}

impl Journal {
    /// A journal for `call`, which must be as the last committed event left it, and the task that writes it. The
    /// caller owns the task.
    pub fn new(
        store: Arc<dyn Store>,
        bus: Arc<dyn LiveBus>,
        clock: Arc<dyn Clock>,
        lease: Lease,
        call: Call,
    ) -> (Self, impl Future<Output = JournalEnd> + Send + 'static) {
        let (entries, inbox) = mpsc::channel(IN_FLIGHT);
        let writer = Writer { store, bus, clock, lease, call };
        (Self { entries }, writer.run(inbox))
    }

    /// Writes a fact. False when the journal has ended (lease lost).
    pub async fn note(&self, at: Timestamp, fact: CallFact) -> bool {
        self.entries.send(Entry::Fact(at, fact)).await.is_ok()
    }

    /// Waits until everything noted so far is committed. False when the journal has ended before that.
    pub async fn settled(&self) -> bool {
        let (done, answer) = oneshot::channel();
        self.entries.send(Entry::Settled(done)).await.is_ok() && answer.await.is_ok()
    }
}

struct Writer {
    store: Arc<dyn Store>,
    bus: Arc<dyn LiveBus>,
    clock: Arc<dyn Clock>,
    lease: Lease,
    call: Call,
}

impl Writer {
    async fn run(mut self, mut inbox: mpsc::Receiver<Entry>) -> JournalEnd {
        let mut batch = Vec::new();
        while inbox.recv_many(&mut batch, IN_FLIGHT).await > 0 {
            let mut facts = Vec::new();
            let mut waiters = Vec::new();
            for entry in batch.drain(..) {
                match entry {
                    Entry::Fact(at, fact) => {
                        self.call.apply(at, &fact);
                        facts.push(NewEvent { id: EventId(self.clock.uuid()), at, fact });
                    }
                    Entry::Settled(done) => waiters.push(done),
                }
            }
            let terminal = facts.iter().any(|f| f.fact.is_terminal());
            if !facts.is_empty() && !self.commit(facts).await {
                return JournalEnd::Fenced;
            }
            for done in waiters {
                // Whoever asked may have gone; the commit stands.
                let _ = done.send(());
            }
            if terminal {
                return JournalEnd::Complete;
            }
        }
        JournalEnd::Abandoned
    }

    /// Tries until the store took it or says that the call is not ours.
    async fn commit(&mut self, facts: Vec<NewEvent>) -> bool {
        let mut pause = RETRY_FIRST;
        loop {
            match self.store.append(self.lease, &self.call, facts.clone()).await {
                Ok(events) => {
                    if let Some(last) = events.last() {
                        self.call.last_event = last.sequence;
                    }
                    events.into_iter().for_each(|e| self.bus.publish(LiveEvent::Fact(e)));
                    return true;
                }
                Err(StoreError::Fenced) => {
                    tracing::warn!(call.id = %self.lease.call, "lease lost, the call belongs to another node");
                    return false;
                }
                Err(error) => {
                    tracing::error!(call.id = %self.lease.call, %error, "events not written, trying again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(RETRY_MOST);
                }
            }
        }
    }
}
