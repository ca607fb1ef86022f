//! What the database holds: a row for every call with its lease, the queue of those that are due, and the leases of
//! nodes.
//!
//! Law: the same as the store's. A call is held by at most one node under an epoch that counts up; who lost it cannot
//! write; one that may have rung is never queued again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::agenda::Us;

/// Index of a call.
pub(crate) type CallIx = u32;
/// Index of a node.
pub(crate) type NodeIx = u16;

/// How far a call has come, as the database knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Absent,
    Queued,
    Held,
    /// Held, and it may have rung.
    Dialed,
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) state: State,
    pub(crate) owner: NodeIx,
    pub(crate) epoch: u32,
    pub(crate) lease_until: Us,
    pub(crate) due: Us,
    pub(crate) facts: u32,
    pub(crate) ends: u8,
    /// Place in the list of its owner; kept by [`Rows`].
    pub(crate) place: u32,
}

const ABSENT: Row =
    Row { state: State::Absent, owner: 0, epoch: 0, lease_until: 0, due: 0, facts: 0, ends: 0, place: 0 };

#[derive(Debug)]
pub(crate) struct Rows {
    rows: Vec<Row>,
    /// Due calls; entries that are no longer so are skipped.
    due: BinaryHeap<Reverse<(Us, CallIx)>>,
    /// Calls that are not over.
    open: usize,
    /// Calls by owner.
    owned: Vec<Vec<CallIx>>,
    /// Until when a node's heartbeat renewed everything that was its own by then; zero where it left something out.
    renewed: Vec<Us>,
    /// What was before, of the last moments.
    before: VecDeque<(Us, CallIx, Row)>,
    /// How long `before` reaches back.
    remembered: Us,
}

impl Rows {
    pub(crate) fn new(nodes: usize, remembered: Us) -> Self {
        Self {
            rows: Vec::new(),
            due: BinaryHeap::new(),
            open: 0,
            owned: vec![Vec::new(); nodes],
            renewed: vec![0; nodes],
            before: VecDeque::new(),
            remembered,
        }
    }

    /// A number for a call that is not stored yet.
    pub(crate) fn number(&mut self) -> CallIx {
        self.rows.push(ABSENT);
        (self.rows.len() - 1) as CallIx
    }

    pub(crate) fn add_node(&mut self) {
        self.owned.push(Vec::new());
        self.renewed.push(0);
    }

    pub(crate) fn get(&self, call: CallIx) -> Row {
        self.rows[call as usize]
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (CallIx, Row)> + '_ {
        self.rows.iter().enumerate().map(|(call, row)| (call as CallIx, *row))
    }

    /// Calls that are not over.
    pub(crate) fn open(&self) -> usize {
        self.open
    }

    pub(crate) fn owned(&self, node: NodeIx) -> usize {
        self.owned[node as usize].len()
    }

    /// Writes a row, keeping the queue and the lists of owners in step.
    pub(crate) fn set(&mut self, now: Us, call: CallIx, new: Row) {
        if self.remembered > 0 {
            self.before.push_back((now, call, self.rows[call as usize]));
            while self.before.front().is_some_and(|(at, ..)| at + self.remembered < now) {
                self.before.pop_front();
            }
        }
        self.put(call, new);
    }

    fn put(&mut self, call: CallIx, mut new: Row) {
        let old = self.rows[call as usize];
        self.open += usize::from(open(new));
        self.open -= usize::from(open(old));
        let (was, is) = (held(old), held(new));
        if was && (!is || old.owner != new.owner) {
            let list = &mut self.owned[old.owner as usize];
            list.swap_remove(old.place as usize);
            if let Some(moved) = list.get(old.place as usize) {
                self.rows[*moved as usize].place = old.place;
            }
        }
        if is && (!was || old.owner != new.owner) {
            let list = &mut self.owned[new.owner as usize];
            new.place = list.len() as u32;
            list.push(call);
        } else {
            new.place = old.place;
        }
        if new.state == State::Queued {
            self.due.push(Reverse((new.due, call)));
        }
        self.rows[call as usize] = new;
    }

    /// Takes back what was committed in the last `lag`: the replica never had it.
    pub(crate) fn forget(&mut self, now: Us, lag: Us) -> usize {
        let mut forgotten = 0;
        while let Some((_, call, row)) = self.before.pop_back_if(|(at, ..)| *at + lag >= now) {
            self.put(call, row);
            forgotten += 1;
        }
        self.before.clear();
        forgotten
    }

    /// Locks up to `limit` due calls; whoever asks meanwhile skips them.
    pub(crate) fn lock_due(&mut self, now: Us, limit: usize) -> Vec<CallIx> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(Reverse((due, call))) = self.due.peek().copied()
            && due <= now
        {
            self.due.pop();
            let row = self.rows[call as usize];
            // A call that was put back twice has two entries; only the one that tells its time counts.
            if row.state == State::Queued && row.due == due && !taken.contains(&call) {
                taken.push(call);
            }
        }
        taken
    }

    /// Gives locked calls back as they are.
    pub(crate) fn unlock(&mut self, calls: &[CallIx]) {
        for call in calls {
            let row = self.rows[*call as usize];
            if row.state == State::Queued {
                self.due.push(Reverse((row.due, *call)));
            }
        }
    }

    pub(crate) fn has_due(&self, now: Us) -> bool {
        self.due.peek().is_some_and(|Reverse((due, _))| *due <= now)
    }

    /// A heartbeat: what `node` holds now and knows of is its own until then.
    pub(crate) fn renew(&mut self, node: NodeIx, until: Us, knows: impl Fn(CallIx, u32) -> bool) {
        self.renewed[node as usize] = until;
        for n in 0..self.owned[node as usize].len() {
            let call = self.owned[node as usize][n];
            let row = &mut self.rows[call as usize];
            if knows(call, row.epoch) {
                row.lease_until = until;
            } else {
                self.renewed[node as usize] = 0;
            }
        }
    }

    /// Up to `limit` calls whose lease ran out.
    pub(crate) fn lapsed(&self, now: Us, limit: usize) -> Vec<CallIx> {
        let mut lapsed = Vec::new();
        for (node, calls) in self.owned.iter().enumerate() {
            // Nothing of a node that beats has lapsed, except what it claimed long ago and never renewed: nothing.
            if self.renewed[node] > now {
                continue;
            }
            let of_node = calls.iter().filter(|call| self.rows[**call as usize].lease_until <= now);
            lapsed.extend(of_node.take(limit - lapsed.len()));
            if lapsed.len() == limit {
                break;
            }
        }
        lapsed
    }
}

fn open(row: Row) -> bool {
    matches!(row.state, State::Queued | State::Held | State::Dialed)
}

fn held(row: Row) -> bool {
    matches!(row.state, State::Held | State::Dialed)
}
