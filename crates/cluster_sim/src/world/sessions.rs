//! A call in a node's memory: made ready, dialed once that is on disk, talked, ended.
//!
//! Law: the INVITE leaves only after the answer that "about to dial" is on disk, and a session that is fenced writes
//! nothing more.

use super::claims::PACED;
use super::writers::Job;
use super::{Event, World};
use crate::agenda::{SECOND, Us};
use crate::rows::{CallIx, NodeIx, State};

/// No conversation is longer.
const LONGEST: Us = 900 * SECOND;

/// Index of a session.
pub(crate) type SessionIx = u32;

/// How far a session has come, and what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It is ready to dial.
    Warm,
    /// The INVITE leaves.
    Invite,
    /// Somebody answered, or nobody will.
    Answer,
    /// A turn of the conversation.
    Turn,
    /// Nothing more.
    Over,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) call: CallIx,
    pub(crate) node: NodeIx,
    pub(crate) epoch: u32,
    pub(crate) stage: Stage,
    /// Facts that wait for the one that is being written.
    facts: u32,
    last: bool,
    writing: bool,
    noted: Us,
    ends: Us,
}

impl Session {
    /// Whether it runs on the node, under this hold.
    pub(crate) fn holds(&self, node: NodeIx, epoch: u32) -> bool {
        self.node == node && self.epoch == epoch && self.stage != Stage::Over
    }
}

impl World {
    pub(super) fn begin_session(&mut self, node: NodeIx, call: CallIx, epoch: u32) {
        let session = self.sessions.len() as SessionIx;
        let stage = Stage::Warm;
        self.sessions.push(Session {
            call,
            node,
            epoch,
            stage,
            facts: 0,
            last: false,
            writing: false,
            noted: 0,
            ends: 0,
        });
        self.holders[call as usize] = Some(session);
        self.nodes[node as usize].sessions += 1;
        self.live += 1;
        self.counters.most_calls = self.counters.most_calls.max(self.live);
        let on_node = self.nodes[node as usize].sessions;
        self.counters.most_calls_on_a_node = self.counters.most_calls_on_a_node.max(on_node);
        self.agenda.plan(self.now + self.scenario.costs.warm_us, Event::Session(session, stage));
    }

    pub(super) fn go_on(&mut self, session: SessionIx, stage: Stage) {
        if self.sessions[session as usize].stage == Stage::Over {
            return;
        }
        self.sessions[session as usize].stage = stage;
        match stage {
            Stage::Warm => self.submit(self.sessions[session as usize].node, Job::Dial(session)),
            Stage::Invite => self.invite(session),
            Stage::Answer => self.ring_or_not(session),
            Stage::Turn => self.turn(session),
            Stage::Over => {}
        }
    }

    pub(super) fn dial_answered(&mut self, session: SessionIx, committed: bool) {
        if committed {
            self.counters.facts += 1;
            self.counters.bus_messages += 1;
            let at = self.now + self.scenario.costs.invite_us;
            self.agenda.plan(at, Event::Session(session, Stage::Invite));
        } else {
            self.counters.fenced += 1;
            self.over(session);
        }
    }

    fn invite(&mut self, session: SessionIx) {
        let call = self.sessions[session as usize].call;
        self.audit.invite(call, self.rows.get(call).state == State::Ended);
        self.counters.invites += 1;
        if self.organizations[call as usize] != PACED {
            self.counters.invite.add(self.now - self.created_at[call as usize]);
        }
        let (least, most) = self.scenario.costs.ringing_s;
        let ringing = self.random.between(least * SECOND, most * SECOND);
        self.agenda.plan(self.now + ringing, Event::Session(session, Stage::Answer));
        // Invited, and ringing.
        self.note(session, 2, false);
    }

    fn ring_or_not(&mut self, session: SessionIx) {
        if !self.random.chance(self.scenario.costs.answered) {
            return self.note(session, 1, true);
        }
        let talk = self.random.exponential(self.scenario.costs.talk_s * SECOND as f64).min(LONGEST);
        self.sessions[session as usize].ends = self.now + talk;
        self.note(session, 1, false);
        self.plan_turn(session);
    }

    fn plan_turn(&mut self, session: SessionIx) {
        let mean = self.scenario.costs.turn_s;
        let wait = self.random.between((0.5 * mean * SECOND as f64) as Us, (1.5 * mean * SECOND as f64) as Us);
        self.agenda.plan(self.now + wait, Event::Session(session, Stage::Turn));
    }

    fn turn(&mut self, session: SessionIx) {
        let over = self.now >= self.sessions[session as usize].ends;
        self.note(session, self.scenario.costs.turn_facts, over);
        if !over {
            self.plan_turn(session);
        }
    }

    /// Facts go to the journal; it writes one batch of a call at a time.
    fn note(&mut self, session: SessionIx, facts: u32, last: bool) {
        let noting = &mut self.sessions[session as usize];
        if noting.facts == 0 {
            noting.noted = self.now;
        }
        noting.facts += facts;
        noting.last |= last;
        self.write_journal(session);
    }

    fn write_journal(&mut self, session: SessionIx) {
        let writing = &mut self.sessions[session as usize];
        if writing.writing || (writing.facts == 0 && !writing.last) {
            return;
        }
        writing.writing = true;
        let job = Job::Append { session, facts: std::mem::take(&mut writing.facts), last: writing.last };
        let node = writing.node;
        self.submit(node, job);
    }

    pub(super) fn append_answered(&mut self, session: SessionIx, facts: u32, last: bool, done: bool) {
        if self.sessions[session as usize].stage == Stage::Over {
            return;
        }
        if !done {
            self.counters.fenced += 1;
            return self.over(session);
        }
        self.counters.facts += u64::from(facts);
        self.counters.bus_messages += u64::from(facts);
        let writing = &mut self.sessions[session as usize];
        writing.writing = false;
        self.counters.append.add(self.now - writing.noted);
        writing.noted = self.now;
        if last {
            self.counters.ended += 1;
            // Of a call's deliveries one left with its create.
            self.outbox += u64::from(self.scenario.costs.deliveries.saturating_sub(1));
            self.over(session);
        } else {
            self.write_journal(session);
        }
    }

    fn over(&mut self, session: SessionIx) {
        let ending = &mut self.sessions[session as usize];
        ending.stage = Stage::Over;
        let node = ending.node;
        self.live -= 1;
        self.nodes[node as usize].sessions -= 1;
        self.wake(node);
    }
}
