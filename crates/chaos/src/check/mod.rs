//! The laws, each held against the evidence.
//!
//! Law of the checker: a law that had nothing to look at was not shown, and a run that does not show a law fails as
//! one that breaks it. What a run cannot look at (no wallet, no webhooks) is named as not checked.

use serde::Serialize;

use crate::evidence::Evidence;

mod caps;
mod deliveries;
mod idempotency;
mod invites;
mod ledger;
mod outages;
mod policy;
mod resume;
mod terminal;

#[cfg(test)]
mod tests;

pub(crate) use deliveries::none_is_lost as webhooks_delivered;
pub(crate) use resume::{Resumes, resumes};

/// What came of holding one law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The law in one line.
    pub(crate) law: &'static str,
    /// Things looked at; `None` when the run has no such things.
    pub(crate) looked_at: Option<usize>,
    /// One line each.
    pub(crate) violations: Vec<String>,
}

impl Finding {
    fn new(law: &'static str) -> Self {
        Self { law, looked_at: Some(0), violations: Vec::new() }
    }

    fn not_checked(law: &'static str) -> Self {
        Self { law, looked_at: None, violations: Vec::new() }
    }

    /// Something was looked at; `wrong` says what is wrong with it.
    fn look(&mut self, wrong: Option<String>) {
        *self.looked_at.get_or_insert(0) += 1;
        self.violations.extend(wrong);
    }

    /// Looked at something and found nothing wrong.
    pub(crate) fn holds(&self) -> bool {
        self.looked_at != Some(0) && self.violations.is_empty()
    }
}

/// How fast queued calls must go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promise {
    /// Processes that can dial.
    pub(crate) nodes: usize,
    /// After a restart of the only node.
    pub(crate) restart_ms: i64,
    /// After the loss of one node of several.
    pub(crate) loss_ms: i64,
    /// Life of a lease without a heartbeat.
    pub(crate) lease_ms: i64,
}

/// Every law, in the order of the report.
pub(crate) fn all(evidence: &Evidence, promise: Promise) -> Vec<Finding> {
    vec![
        terminal::every_accepted_call_exists(evidence),
        terminal::one_end_and_nothing_after_it(evidence),
        terminal::sequences_have_no_gap(evidence),
        invites::one_invite_an_attempt(evidence),
        invites::no_invite_without_a_committed_dial(evidence),
        invites::one_telephone_rings_once(evidence),
        invites::no_invite_after_the_end(evidence),
        idempotency::one_call_a_key(evidence),
        idempotency::no_call_that_nobody_asked_for(evidence),
        policy::no_forbidden_number_rings(evidence),
        policy::refusals_are_told(evidence),
        policy::refusals_are_on_record(evidence),
        caps::no_more_dialogs_than_the_cap(evidence),
        caps::no_more_calls_a_day_than_the_cap(evidence),
        caps::a_queue_is_full_only_when_it_is(evidence, promise),
        ledger::the_ledger_sums(evidence),
        ledger::each_call_is_settled_once(evidence),
        deliveries::none_is_lost(evidence),
        deliveries::ids_are_stable(evidence),
        deliveries::first_deliveries_are_in_order(evidence),
        resume::queued_calls_resume(evidence, promise),
        outages::no_call_is_placed_without_a_lease(evidence, promise),
        outages::live_calls_go_on(evidence, promise),
        outages::the_queue_goes_on(evidence, promise),
    ]
}
