//! What the parts of a run wrote down, and nothing else: the checker sees this and no process.
//!
//! Law: whoever writes here writes what it saw itself: clients their answers, the far end its INVITEs, the sink its
//! deliveries, the tormentor its faults. What the platform says of itself is read when all is quiet.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// Microseconds since 1970. All processes of a run share one machine's clock.
pub(crate) type At = i64;

/// The clock of the run.
pub(crate) fn now() -> At {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    At::try_from(since.as_micros()).unwrap_or(At::MAX)
}

/// All of it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Evidence {
    /// Creates, by number.
    pub(crate) asks: Vec<Ask>,
    /// Numbers that must not be called, and since when.
    pub(crate) forbidden: Vec<Forbidden>,
    /// What the platform wrote down of calls that policy forbade.
    pub(crate) decisions: Vec<Decision>,
    /// What the far end received, in order.
    pub(crate) invites: Vec<Invite>,
    /// What was done to the processes, in order.
    pub(crate) faults: Vec<Fault>,
    /// Every call that the platform knows.
    pub(crate) calls: Vec<CallRecord>,
    /// What was to be sent where and what arrived; `None` when the run has no webhooks.
    pub(crate) webhooks: Option<Webhooks>,
    /// The organization's money; `None` when the run has no wallet.
    pub(crate) wallet: Option<Wallet>,
}

/// One call that a client wanted, with every try to ask for it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ask {
    /// Stands in the call's metadata as `ask`.
    pub(crate) number: u64,
    /// Called number; no two asks share one.
    pub(crate) to: String,
    /// Agent's slug.
    pub(crate) agent: String,
    /// `Idempotency-Key`, the same for every try.
    pub(crate) key: Option<String>,
    /// What must come of it.
    pub(crate) expected: Expected,
    /// In order.
    pub(crate) tries: Vec<Try>,
}

/// What must come of an ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Expected {
    /// A call.
    Accepted,
    /// A refusal with this code, and no call.
    Refused(&'static str),
    /// A call, or none because a cap is reached.
    Bounded,
}

/// One request.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Try {
    /// Node that was asked.
    pub(crate) node: usize,
    pub(crate) sent: At,
    pub(crate) done: At,
    pub(crate) answer: Answer,
}

/// What the client knows after a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Answer {
    /// No whole answer arrived; what the server did is not known.
    Lost,
    /// A whole answer arrived.
    Arrived {
        /// HTTP status.
        status: u16,
        /// Id of the call in a 2xx; otherwise the limit that the problem names, or its `code`.
        word: String,
        /// It says that it was given before.
        replayed: bool,
    },
}

impl Ask {
    /// Ids that 2xx answers gave.
    pub(crate) fn accepted(&self) -> impl Iterator<Item = &str> {
        self.tries.iter().filter_map(|one| match &one.answer {
            Answer::Arrived { status: 200..=299, word, .. } => Some(word.as_str()),
            _ => None,
        })
    }
}

/// A number that policy forbids.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Forbidden {
    /// E.164.
    pub(crate) number: String,
    /// Why.
    pub(crate) why: String,
    /// Begin of the ban: when the answer to the suppression arrived, or the start of the run.
    pub(crate) since: At,
}

/// A refusal as the platform keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Decision {
    /// E.164.
    pub(crate) number: String,
    /// Such as `suppressed`.
    pub(crate) code: String,
}

/// An INVITE on the wire.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Invite {
    pub(crate) at: At,
    /// SIP Call-ID: the attempt's id before the `@`.
    pub(crate) call_id: String,
    /// Branch of the topmost Via: the transaction (RFC 3261, 17.2.3).
    pub(crate) branch: String,
    /// Called number, E.164.
    pub(crate) number: String,
    pub(crate) kind: InviteKind,
    /// The dialog that it made (RFC 3261, 12), early ones included.
    pub(crate) dialog: Option<Dialog>,
}

/// A call as the far end sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Dialog {
    /// Its telephone began to ring.
    pub(crate) from: At,
    /// BYE or CANCEL came, or it sent its own BYE; `None` when it never heard of an end.
    pub(crate) over: Option<At>,
}

/// What an INVITE is to the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum InviteKind {
    /// Its telephone rings.
    New,
    /// The transaction was seen before (RFC 3261, 17.1.1.2).
    Retransmission,
    /// It refreshes a dialog that stands (RFC 3261, 14).
    InDialog,
}

impl Invite {
    /// Attempt that it belongs to.
    pub(crate) fn attempt(&self) -> &str {
        self.call_id.split('@').next().unwrap_or_default()
    }
}

/// What was done to a process.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fault {
    pub(crate) at: At,
    /// Node, or none where it hit what the nodes share.
    pub(crate) node: Option<usize>,
    pub(crate) what: What,
    /// When the process was started again, or went on.
    pub(crate) back: Option<At>,
    /// When it answered `GET /readyz` again.
    pub(crate) ready: Option<At>,
}

/// Kinds of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum What {
    /// SIGKILL, and a new process.
    Kill,
    /// SIGSTOP, and SIGCONT while its leases live.
    ShortStop,
    /// SIGSTOP, and SIGCONT after its leases ran out.
    LongStop,
    /// SIGTERM, and a new process.
    Term,
    /// The database server was killed at once and started again.
    Database,
    /// The bus was killed and started again.
    Bus,
    /// The database server was killed at once and came back after more than a lease.
    DatabaseOutage,
    /// The database server and all its processes stood still (SIGSTOP) for more than a lease.
    DatabaseFrozen,
    /// The bus was killed and came back after more than a lease.
    BusOutage,
    /// The bus stood still for more than a lease.
    BusFrozen,
}

impl What {
    /// Whether it is an outage of the database that is longer than a lease.
    pub(crate) fn is_database_outage(self) -> bool {
        matches!(self, Self::DatabaseOutage | Self::DatabaseFrozen)
    }

    /// Whether it is an outage of what the nodes share that is longer than a lease.
    pub(crate) fn is_outage(self) -> bool {
        self.is_database_outage() || matches!(self, Self::BusOutage | Self::BusFrozen)
    }
}

/// A call as the platform tells it when all is quiet.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct CallRecord {
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) agent: String,
    /// Whether it is of the organization that has caps and no wallet.
    pub(crate) capped: bool,
    /// Metadata `ask`.
    pub(crate) ask: Option<u64>,
    pub(crate) status: String,
    pub(crate) end_reason: String,
    pub(crate) events: Vec<EventRecord>,
}

/// One event of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct EventRecord {
    pub(crate) id: String,
    pub(crate) sequence: u32,
    pub(crate) at: At,
    /// Such as `call.dialing`.
    pub(crate) kind: String,
    /// Of `call.dialing`.
    pub(crate) attempt: Option<String>,
}

impl CallRecord {
    /// Events of one kind.
    pub(crate) fn of(&self, kind: &str) -> impl Iterator<Item = &EventRecord> {
        self.events.iter().filter(move |event| event.kind == kind)
    }

    /// When something happened first.
    pub(crate) fn when(&self, kind: &str) -> Option<At> {
        self.of(kind).map(|event| event.at).next()
    }
}

/// Webhooks of the run.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Webhooks {
    pub(crate) subscriptions: Vec<Subscription>,
    /// In order.
    pub(crate) deliveries: Vec<Delivery>,
}

/// What one endpoint is told.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Subscription {
    /// Path at the sink.
    pub(crate) endpoint: String,
    /// Kind of event; `*` for all.
    pub(crate) events: String,
}

impl Subscription {
    /// Whether an event of this kind is sent there.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.events == "*" || self.events == kind
    }
}

/// A webhook on the wire.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Delivery {
    pub(crate) at: At,
    /// Which of the sink's endpoints.
    pub(crate) endpoint: String,
    /// Header `webhook-id`.
    pub(crate) id: String,
    /// Of the event in the body.
    pub(crate) event: String,
    pub(crate) call: String,
    pub(crate) sequence: u32,
    /// Whether the sink answered 2xx.
    pub(crate) accepted: bool,
}

/// The organization's money when all is quiet.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Wallet {
    /// Millionths.
    pub(crate) balance: i64,
    pub(crate) held: i64,
    /// In order.
    pub(crate) ledger: Vec<LedgerEntry>,
}

/// A line of the ledger.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct LedgerEntry {
    /// Such as `settle`.
    pub(crate) kind: String,
    /// Millionths; what it adds to the balance.
    pub(crate) amount: i64,
    /// Call that it is about.
    pub(crate) call: Option<String>,
}
