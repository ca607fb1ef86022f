//! The database server as a queueing system: processors, rows that are locked until commit, and a log that is flushed
//! for everybody who waits.
//!
//! Law: a transaction takes effect at one moment, the end of the flush that carries it, and holds its locks until then.
//! What was under way when the server was lost has failed; whether it took effect is known only of what was not yet
//! being flushed: that did not.

use std::collections::{HashMap, VecDeque};

use crate::agenda::Us;
use crate::costs::Costs;

/// Number of a transaction.
pub(crate) type TxId = u32;
/// A row that transactions wait for.
pub(crate) type LockId = u32;

/// What a step of the server leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It wants its locks.
    Lock(TxId),
    /// The rest of its statements have crossed the network.
    Arrived(TxId),
    /// The processor is done with it.
    Computed(TxId),
    /// The log is on disk.
    Flushed,
}

/// What the server wants to happen later.
pub(crate) type Plans = Vec<(Us, Step)>;

#[derive(Debug)]
struct Tx {
    processor: Us,
    /// Time on the network while its locks are held.
    network: Us,
    locks: Vec<LockId>,
    /// How many of `locks` it has.
    held: usize,
}

#[derive(Debug)]
struct Lock {
    since: Us,
    waiting: VecDeque<TxId>,
}

/// What the server has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    pub(crate) processor_us: u64,
    pub(crate) flush_us: u64,
    pub(crate) flushes: u64,
    pub(crate) transactions: u64,
    /// Time that locked rows were locked, all of them together.
    pub(crate) locked_us: u64,
}

#[derive(Debug)]
pub(crate) struct Database {
    cores: usize,
    flush: Us,
    busy: usize,
    runnable: VecDeque<TxId>,
    unflushed: Vec<TxId>,
    flushing: Vec<TxId>,
    locks: HashMap<LockId, Lock>,
    txs: HashMap<TxId, Tx>,
    numbered: TxId,
    up: bool,
    pub(crate) used: Used,
}

impl Database {
    pub(crate) fn new(costs: &Costs) -> Self {
        Self {
            cores: costs.database_cores,
            flush: costs.flush_us,
            busy: 0,
            runnable: VecDeque::new(),
            unflushed: Vec::new(),
            flushing: Vec::new(),
            locks: HashMap::new(),
            txs: HashMap::new(),
            numbered: 0,
            up: true,
            used: Used::default(),
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up
    }

    /// What was used by `now`, rows that are still locked included.
    pub(crate) fn used(&self, now: Us) -> Used {
        let open: u64 = self.locks.values().map(|lock| now - lock.since).sum();
        Used { locked_us: self.used.locked_us + open, ..self.used }
    }

    /// Whether somebody holds the row.
    pub(crate) fn is_locked(&self, lock: LockId) -> bool {
        self.locks.contains_key(&lock)
    }

    /// A number for a transaction that is about to begin.
    pub(crate) fn number(&mut self) -> TxId {
        self.numbered = self.numbered.wrapping_add(1);
        self.numbered
    }

    /// Begins a transaction, whose statements take `network.0` until it wants its locks and `network.1` under them.
    /// Locks are taken in order, which is what keeps two from waiting for each other.
    pub(crate) fn begin(
        &mut self,
        id: TxId,
        now: Us,
        processor: Us,
        network: (Us, Us),
        mut locks: Vec<LockId>,
    ) -> Plans {
        locks.sort_unstable();
        locks.dedup();
        self.txs.insert(id, Tx { processor, network: network.1, locks, held: 0 });
        self.used.transactions += 1;
        vec![(now + network.0, Step::Lock(id))]
    }

    /// One step. Gives the transactions that have taken effect.
    pub(crate) fn step(&mut self, now: Us, step: Step, plans: &mut Plans) -> Vec<TxId> {
        match step {
            Step::Lock(id) => self.lock(id, now, plans),
            Step::Arrived(id) if self.txs.contains_key(&id) => {
                self.runnable.push_back(id);
                self.run(now, plans);
            }
            Step::Computed(id) => {
                let Some(tx) = self.txs.get(&id) else { return Vec::new() };
                self.used.processor_us += tx.processor;
                self.busy -= 1;
                self.unflushed.push(id);
                self.run(now, plans);
                self.flush(now, plans);
            }
            Step::Flushed if !self.flushing.is_empty() => {
                let done = std::mem::take(&mut self.flushing);
                self.used.flush_us += self.flush;
                self.used.flushes += 1;
                for id in &done {
                    self.release(*id, now, plans);
                }
                self.flush(now, plans);
                return done;
            }
            Step::Arrived(_) | Step::Flushed => {}
        }
        Vec::new()
    }

    /// The server is lost. Gives what was under way: first what was being flushed, whose fate is open, then the rest.
    pub(crate) fn lose(&mut self, now: Us) -> (Vec<TxId>, Vec<TxId>) {
        self.up = false;
        let open = std::mem::take(&mut self.flushing);
        for id in &open {
            self.txs.remove(id);
        }
        let mut failed: Vec<TxId> = self.txs.drain().map(|(id, _)| id).collect();
        failed.sort_unstable();
        self.used.locked_us += self.locks.values().map(|lock| now - lock.since).sum::<u64>();
        (self.busy, self.runnable, self.unflushed) = (0, VecDeque::new(), Vec::new());
        self.locks.clear();
        (open, failed)
    }

    pub(crate) fn come_back(&mut self) {
        self.up = true;
    }

    fn lock(&mut self, id: TxId, now: Us, plans: &mut Plans) {
        let Some(tx) = self.txs.get_mut(&id) else { return };
        while let Some(lock) = tx.locks.get(tx.held) {
            if let Some(held) = self.locks.get_mut(lock) {
                held.waiting.push_back(id);
                return;
            }
            self.locks.insert(*lock, Lock { since: now, waiting: VecDeque::new() });
            tx.held += 1;
        }
        plans.push((now + tx.network, Step::Arrived(id)));
    }

    fn release(&mut self, id: TxId, now: Us, plans: &mut Plans) {
        let Some(tx) = self.txs.remove(&id) else { return };
        for lock in tx.locks {
            let Some(held) = self.locks.get_mut(&lock) else { continue };
            let Some(next) = held.waiting.pop_front() else {
                self.used.locked_us += now - held.since;
                self.locks.remove(&lock);
                continue;
            };
            if let Some(tx) = self.txs.get_mut(&next) {
                tx.held += 1;
            }
            self.lock(next, now, plans);
        }
    }

    fn run(&mut self, now: Us, plans: &mut Plans) {
        while self.busy < self.cores
            && let Some(id) = self.runnable.pop_front()
        {
            let Some(tx) = self.txs.get(&id) else { continue };
            self.busy += 1;
            plans.push((now + tx.processor, Step::Computed(id)));
        }
    }

    fn flush(&mut self, now: Us, plans: &mut Plans) {
        if self.flushing.is_empty() && !self.unflushed.is_empty() {
            self.flushing = std::mem::take(&mut self.unflushed);
            plans.push((now + self.flush, Step::Flushed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(database: &mut Database, plans: Plans) -> Vec<(Us, TxId)> {
        let mut agenda = crate::agenda::Agenda::new();
        plans.into_iter().for_each(|(at, step)| agenda.plan(at, step));
        let mut done = Vec::new();
        while let Some((now, step)) = agenda.next() {
            let mut plans = Plans::new();
            done.extend(database.step(now, step, &mut plans).into_iter().map(|id| (now, id)));
            plans.into_iter().for_each(|(at, step)| agenda.plan(at, step));
        }
        done
    }

    #[test]
    fn those_who_wait_share_a_flush() {
        let mut database = Database::new(&Costs { database_cores: 4, flush_us: 100, ..Costs::default() });
        let mut plans = Plans::new();
        for id in 1..=3 {
            plans.extend(database.begin(id, 0, 10 * u64::from(id), (0, 5), Vec::new()));
        }
        assert_eq!(run(&mut database, plans), vec![(115, 1), (215, 2), (215, 3)]);
        assert_eq!(database.used.flushes, 2);
    }

    #[test]
    fn a_locked_row_is_waited_for_until_commit() {
        let mut database = Database::new(&Costs { database_cores: 4, flush_us: 100, ..Costs::default() });
        let mut plans = database.begin(1, 0, 10, (0, 5), vec![7]);
        plans.extend(database.begin(2, 0, 10, (0, 5), vec![9, 7]));
        plans.extend(database.begin(3, 0, 10, (0, 5), vec![9]));
        assert_eq!(run(&mut database, plans), vec![(115, 1), (215, 3), (330, 2)]);
    }

    #[test]
    fn what_was_under_way_fails_and_what_was_being_flushed_is_open() {
        let mut database = Database::new(&Costs { database_cores: 4, flush_us: 100, ..Costs::default() });
        database.begin(1, 0, 10, (0, 0), vec![7]);
        database.begin(2, 0, 10, (0, 0), vec![7]);
        let mut plans = Plans::new();
        database.step(0, Step::Lock(1), &mut plans);
        database.step(0, Step::Lock(2), &mut plans);
        database.step(0, Step::Arrived(1), &mut plans);
        database.step(10, Step::Computed(1), &mut plans);
        assert_eq!(database.lose(10), (vec![1], vec![2]));
        assert!(database.step(110, Step::Flushed, &mut plans).is_empty());
    }
}
