//! The far end's view: a log of INVITEs, held against what the database says at the end.
//!
//! Law: at most one INVITE per call, and every accepted call ends exactly once.

use serde::Serialize;

use crate::rows::{CallIx, Rows, State};

#[derive(Debug, Default)]
pub(crate) struct Audit {
    /// INVITEs by call.
    invites: Vec<u8>,
    after_the_end: u64,
}

/// What must be zero, and is it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Calls that are in the database.
    pub calls: u64,
    /// Calls that rang twice.
    pub double_dials: u64,
    /// Calls that never ended.
    pub never_ended: u64,
    /// Calls that ended more than once.
    pub ended_twice: u64,
    /// Calls that were answered with success and are in the database no more.
    pub forgotten: u64,
    /// INVITEs of calls that were already declared lost: the phone rings, nobody knows. Not a law, but a wrong.
    pub invites_after_the_end: u64,
}

impl Verdict {
    /// Whether every law held.
    pub fn is_clean(&self) -> bool {
        self.double_dials == 0 && self.never_ended == 0 && self.ended_twice == 0 && self.forgotten == 0
    }
}

impl Audit {
    pub(crate) fn invite(&mut self, call: CallIx, over: bool) {
        if self.invites.len() <= call as usize {
            self.invites.resize(call as usize + 1, 0);
        }
        self.invites[call as usize] += 1;
        self.after_the_end += u64::from(over);
    }

    /// Holds the log against the database. `accepted` tells which calls were answered with success.
    pub(crate) fn verdict(&self, rows: &Rows, accepted: &[bool]) -> Verdict {
        let mut verdict = Verdict { invites_after_the_end: self.after_the_end, ..Verdict::default() };
        verdict.double_dials = self.invites.iter().filter(|count| **count > 1).count() as u64;
        for (call, row) in rows.all() {
            match row.state {
                State::Absent => verdict.forgotten += u64::from(accepted[call as usize]),
                State::Ended => verdict.calls += 1,
                State::Queued | State::Held | State::Dialed => {
                    verdict.calls += 1;
                    verdict.never_ended += 1;
                }
            }
            verdict.ended_twice += u64::from(row.ends > 1);
        }
        verdict
    }
}
