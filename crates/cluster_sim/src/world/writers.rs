//! A node's writers: what waits goes into one transaction, and is answered when that is on disk.
//!
//! Law: a job that failed is done again and finds what it had written; a create that failed is refused.

use super::sessions::{SessionIx, Stage};
use super::transactions::{Cost, Work};
use super::{Event, World};
use crate::agenda::{MS, Us};
use crate::rows::{CallIx, NodeIx, Row, State};
use crate::scenario::Append;

/// Jobs of one transaction at most (the product's `BATCH`).
pub(super) const BATCH: usize = 256;
/// Creates of one statement (the product's `CREATES`).
const CREATES: usize = 64;

/// Something to write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Job {
    /// A new call with first event, queue row and outbox row.
    Create(CallIx),
    /// "About to dial".
    Dial(SessionIx),
    /// Facts of a call, the last of them maybe its end.
    Append { session: SessionIx, facts: u32, last: bool },
    /// The end of a call whose node is lost.
    End { call: CallIx, epoch: u32 },
}

impl World {
    pub(super) fn submit(&mut self, node: NodeIx, job: Job) {
        self.nodes[node as usize].jobs.push_back(job);
        self.write(node);
    }

    /// Begins a transaction with what waits, if a writer is free.
    pub(super) fn write(&mut self, node: NodeIx) {
        let writing = &mut self.nodes[node as usize];
        if writing.free_writers == 0 || writing.jobs.is_empty() {
            return;
        }
        writing.free_writers -= 1;
        let jobs: Vec<Job> = writing.jobs.drain(..writing.jobs.len().min(BATCH)).collect();
        let cost = self.cost_of(&jobs);
        self.begin(node, Work::Batch(jobs), cost, Vec::new());
    }

    /// Statements as `crates/store` writes them; a job among others has a savepoint of its own.
    fn cost_of(&self, jobs: &[Job]) -> Cost {
        let savepoint = if jobs.len() > 1 { 2 } else { 0 };
        let (mut cost, mut creates, mut appends) = (Cost::default(), 0, 0);
        for job in jobs {
            match job {
                Job::Create(_) => creates += 1,
                Job::Dial(_) => cost += Cost { statements: 7 + savepoint, rows: 1, ..Cost::default() },
                Job::Append { facts, last, .. } => {
                    appends += 1;
                    let rows = 2 * u64::from(facts.saturating_sub(1));
                    if self.scenario.rules.append == Append::ByCall {
                        cost += Cost { statements: 6 + u64::from(*last) + savepoint, rows, ..Cost::default() };
                    } else {
                        cost += Cost { statements: 0, rows: rows + 5 + u64::from(*last), ..Cost::default() };
                    }
                }
                Job::End { .. } => cost += Cost { statements: 7 + savepoint, rows: 0, ..Cost::default() },
            }
        }
        if appends > 0 && self.scenario.rules.append == Append::ManyRows {
            cost += Cost { statements: 7, rows: 0, ..Cost::default() };
        }
        for part in (0..creates).step_by(CREATES) {
            cost += Cost { statements: 6, rows: 4 * (CREATES.min(creates - part) as u64 - 1), ..Cost::default() };
        }
        cost
    }

    /// The effect of one job; false means fenced.
    pub(super) fn do_job(&mut self, node: NodeIx, job: Job) -> bool {
        match job {
            Job::Create(call) => {
                self.created(call);
                true
            }
            Job::Dial(session) => self.write_dial(session),
            Job::Append { session, facts, last } => {
                let session = &self.sessions[session as usize];
                let (call, epoch) = (session.call, session.epoch);
                self.write_facts(node, call, epoch, facts, last)
            }
            Job::End { call, epoch } => self.write_facts(node, call, epoch, 1, true),
        }
    }

    fn write_dial(&mut self, session: SessionIx) -> bool {
        let session = &self.sessions[session as usize];
        let row = self.rows.get(session.call);
        if row.owner != session.node || row.epoch != session.epoch {
            return false;
        }
        match row.state {
            State::Held => {
                self.rows.set(self.now, session.call, Row { state: State::Dialed, facts: row.facts + 1, ..row });
                true
            }
            // Written before; the answer was lost.
            State::Dialed => true,
            State::Absent | State::Queued | State::Ended => false,
        }
    }

    fn write_facts(&mut self, node: NodeIx, call: CallIx, epoch: u32, facts: u32, last: bool) -> bool {
        let row = self.rows.get(call);
        if row.epoch != epoch || row.owner != node {
            return false;
        }
        match row.state {
            State::Held | State::Dialed => {
                let state = if last { State::Ended } else { row.state };
                let ends = row.ends + u8::from(last);
                self.rows.set(self.now, call, Row { state, ends, facts: row.facts + facts, ..row });
                true
            }
            // Written before; the answer was lost.
            State::Ended => last,
            State::Absent | State::Queued => false,
        }
    }

    pub(super) fn batch_answered(&mut self, node: NodeIx, begun: Us, jobs: &[Job], done: &[bool]) {
        self.counters.writer_us += self.now - begun;
        self.counters.batches += 1;
        self.counters.jobs += jobs.len() as u64;
        let writing = &mut self.nodes[node as usize];
        writing.free_writers += 1;
        writing.failures = 0;
        for (job, done) in jobs.iter().zip(done) {
            match *job {
                Job::Create(call) => self.create_answered(call, true),
                Job::Dial(session) => self.dial_answered(session, *done),
                Job::Append { session, facts, last } => self.append_answered(session, facts, last, *done),
                Job::End { call, .. } => self.end_answered(call, *done),
            }
        }
        self.write(node);
    }

    pub(super) fn batch_failed(&mut self, node: NodeIx, jobs: Vec<Job>) {
        for job in jobs.into_iter().rev() {
            match job {
                // The client is told 503 even when the call is stored; it is dialed then all the same.
                Job::Create(call) => self.create_answered(call, false),
                job => self.nodes[node as usize].jobs.push_front(job),
            }
        }
        let writing = &mut self.nodes[node as usize];
        writing.free_writers += 1;
        writing.failures += 1;
        // The journal's own: 50 ms, doubled up to 2 s.
        let wait = (50 * MS) << writing.failures.min(6);
        self.agenda.plan(self.now + wait.min(2_000 * MS), Event::Retry(node));
    }

    fn end_answered(&mut self, call: CallIx, done: bool) {
        if done {
            self.counters.ended += 1;
            self.counters.node_lost += 1;
            self.outbox += 1;
            self.resolved();
            if let Some(session) = self.holders[call as usize]
                && self.sessions[session as usize].stage != Stage::Over
                && !self.nodes[self.sessions[session as usize].node as usize].alive
            {
                self.sessions[session as usize].stage = Stage::Over;
            }
        }
    }
}
