//! The call's way to the event log: facts in, committed events out to the store and then to whoever looks.
//!
//! Law: facts are written in order, each once, and a store that is busy holds up nobody but this task. When the
//! lease is lost, the journal says so and writes nothing more: another node has the word.

use std::sync::Arc;
use std::time::Duration;

use app::ports::Clock;
use app::ports::live::{LiveBus, LiveEvent};
use app::ports::store::{Lease, NewEvent, Store, StoreError};
use domain::EventId;
use domain::call::Call;
use domain::call_event::CallFact;
use domain::time::Timestamp;
use tokio::sync::mpsc;

/// Facts in flight between a call and the log. A talk makes a few a second, so this is minutes of a database that
/// stands still; then the call's own task waits, media and speech do not.
const IN_FLIGHT: usize = 256;
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_MOST: Duration = Duration::from_secs(2);

/// How the writing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JournalEnd {
    /// The terminal fact is committed.
    Complete,
    /// The lease was lost; the call belongs to another node.
    Fenced,
    /// The call's task went away without a terminal fact.
    Abandoned,
}

/// Way in for facts.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    entries: mpsc::Sender<(Timestamp, CallFact)>,
}

impl Journal {
    /// A journal for `call`, which must be as the last committed event left it, and the task that writes it. The
    /// caller owns the task.
    pub(crate) fn new(
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
    pub(crate) async fn note(&self, at: Timestamp, fact: CallFact) -> bool {
        self.entries.send((at, fact)).await.is_ok()
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
    async fn run(mut self, mut inbox: mpsc::Receiver<(Timestamp, CallFact)>) -> JournalEnd {
        let mut batch = Vec::new();
        while inbox.recv_many(&mut batch, IN_FLIGHT).await > 0 {
            let mut facts = Vec::new();
            for (at, fact) in batch.drain(..) {
                self.call.apply(at, &fact);
                facts.push(NewEvent { id: EventId(self.clock.uuid()), at, fact });
            }
            let terminal = facts.iter().any(|f| f.fact.is_terminal());
            if !self.commit(facts).await {
                return JournalEnd::Fenced;
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
