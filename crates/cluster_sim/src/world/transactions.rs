//! Transactions between nodes and the database: what they cost, when they take effect, and what comes of them.

use super::writers::Job;
use super::{Event, World};
use crate::agenda::{MS, Us};
use crate::database::{Plans, Step, TxId};
use crate::rows::{CallIx, NodeIx};
use crate::scenario::Replication;

/// A transaction under way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) node: NodeIx,
    begun: Us,
    work: Work,
    answer: Answer,
}

/// What a transaction is for.
#[derive(Debug)]
pub(super) enum Work {
    /// A writer's batch.
    Batch(Vec<Job>),
    /// Rows that are locked for a claim.
    Claim(Vec<CallIx>),
    /// A heartbeat, and until when it renews.
    Beat(Us),
    /// Leases that ran out.
    Sweep,
    /// Rows of the outbox.
    Take(u32),
    /// Deliveries that are done.
    Done,
}

/// What the node will hear.
#[derive(Debug)]
pub(super) enum Answer {
    /// Nothing yet.
    Open,
    /// It was not done, or nobody knows.
    Failed,
    /// One answer for each job.
    Batch(Vec<bool>),
    /// Calls with their new epochs, and whether more are due.
    Claimed(Vec<(CallIx, u32)>, bool),
    /// Calls that may have rung, with their new epochs.
    Swept(Vec<(CallIx, u32)>),
    /// Done.
    Done,
}

/// Statements, and further rows of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) statements: u64,
    pub(super) rows: u64,
    /// How many of the statements come before the first lock that others wait for.
    pub(super) unlocked: u64,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.statements += other.statements;
        self.rows += other.rows;
        self.unlocked += other.unlocked;
    }
}

impl World {
    pub(super) fn begin(&mut self, node: NodeIx, work: Work, cost: Cost, locks: Vec<u32>) {
        let id = self.database.number();
        let up = self.database.is_up();
        let answer = if up { Answer::Open } else { Answer::Failed };
        self.flights.insert(id, Flight { node, begun: self.now, work, answer });
        if !up {
            // The connection is refused.
            return self.agenda.plan(self.now + MS, Event::Answered(id));
        }
        let costs = &self.scenario.costs;
        let processor = costs.transaction_us + cost.statements * costs.statement_us + cost.rows * costs.row_us;
        let before = cost.unlocked * costs.round_trip_us;
        let network = (before, (cost.statements + 2) * costs.round_trip_us - before);
        let plans = self.database.begin(id, self.now, processor, network, locks);
        self.plan_steps(plans);
    }

    fn plan_steps(&mut self, plans: Plans) {
        for (at, step) in plans {
            self.agenda.plan(at, Event::Database(step));
        }
    }

    pub(super) fn database_step(&mut self, step: Step) {
        let mut plans = Plans::new();
        let done = self.database.step(self.now, step, &mut plans);
        self.plan_steps(plans);
        for id in done {
            self.take_effect(id);
            self.plan_answer(id);
        }
    }

    fn plan_answer(&mut self, id: TxId) {
        let replica = match self.scenario.rules.replication {
            Replication::Synchronous => self.scenario.costs.replica_us,
            Replication::Asynchronous { .. } => 0,
        };
        self.agenda.plan(self.now + replica, Event::Answered(id));
    }

    fn take_effect(&mut self, id: TxId) {
        let Some(mut flight) = self.flights.remove(&id) else { return };
        flight.answer = match &flight.work {
            Work::Batch(jobs) => Answer::Batch(jobs.iter().map(|job| self.do_job(flight.node, *job)).collect()),
            Work::Claim(calls) => {
                let claimed = self.claimed(flight.node, calls);
                Answer::Claimed(claimed, calls.len() >= self.scenario.rules.claim_batch)
            }
            Work::Beat(until) => {
                self.beaten(flight.node, *until);
                Answer::Done
            }
            Work::Sweep => Answer::Swept(self.swept(flight.node)),
            Work::Take(_) | Work::Done => Answer::Done,
        };
        self.flights.insert(id, flight);
    }

    pub(super) fn answered(&mut self, id: TxId) {
        let Some(Flight { node, begun, work, answer }) = self.flights.remove(&id) else { return };
        match (work, answer) {
            (Work::Batch(jobs), Answer::Batch(done)) => self.batch_answered(node, begun, &jobs, &done),
            (Work::Batch(jobs), _) => self.batch_failed(node, jobs),
            (Work::Claim(_), Answer::Claimed(calls, more)) => self.claim_answered(node, begun, &calls, more),
            (Work::Claim(calls), _) => self.claim_failed(node, &calls),
            (Work::Beat(_), Answer::Done) => self.beat_answered(node),
            (Work::Sweep, Answer::Swept(lost)) => self.sweep_answered(node, &lost),
            (Work::Take(count), Answer::Done) => self.taken(node, count),
            (Work::Take(count), _) => self.take_failed(node, count),
            (Work::Beat(_) | Work::Sweep | Work::Done, _) => {}
        }
    }

    /// The server is lost with everything under way.
    pub(super) fn lose_database(&mut self) {
        let (open, failed) = self.database.lose(self.now);
        for id in open {
            if self.random.chance(0.5) {
                self.take_effect(id);
            }
            self.fail(id);
        }
        for id in failed {
            self.fail(id);
        }
        if let Replication::Asynchronous { lag_ms } = self.scenario.rules.replication {
            self.rows.forget(self.now, lag_ms * MS);
        }
    }

    fn fail(&mut self, id: TxId) {
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.answer = Answer::Failed;
            self.agenda.plan(self.now + MS, Event::Answered(id));
        }
    }
}
