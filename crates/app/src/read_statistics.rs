//! Figures over many calls.

use std::collections::BTreeMap;

use domain::api_key::Permission;
use domain::money::Money;
use domain::outcome::CallStatus;
use domain::refusal::Refusal;
use domain::reply_latency::ReplyLatency;
use domain::time::Timestamp;
use jiff::SignedDuration;

use crate::ports::store::Span;
use crate::refusals::invalid;
use crate::{Platform, Principal};

/// Days of the longest span.
pub const MAX_DAYS: i64 = 92;
/// Days of a span for which nobody said when it begins.
const USUAL_DAYS: i64 = 7;

/// Figures of a span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Calls that were accepted.
    pub calls: u64,
    /// Those of them that were answered.
    pub answered: u64,
    /// Calls that are up now, whenever they were accepted.
    pub live: u64,
    /// Calls that wait now, whenever they were accepted.
    pub queued: u64,
    /// Calls by the name of their outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Calls that are over, by why.
    pub end_reasons: BTreeMap<&'static str, u64>,
    /// How long callees waited for replies.
    pub latency: ReplyLatency,
    /// What calls cost, by currency.
    pub cost: BTreeMap<String, Money>,
    /// Calls and answered calls by day, counted from 1970 in UTC.
    pub days: BTreeMap<i64, (u64, u64)>,
}

impl Platform {
    /// Figures over the calls of a span; the last seven days where nothing is said. With the span that was taken.
    pub async fn statistics(
        &self,
        principal: &Principal,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        agent: Option<&str>,
    ) -> Result<(Span, Statistics), Refusal> {
        principal.require(Permission::CallsRead)?;
        let to = to.unwrap_or_else(|| self.clock.now());
        let from = from.unwrap_or(to - SignedDuration::from_hours(24 * USUAL_DAYS));
        if from >= to || to.duration_since(from) > SignedDuration::from_hours(24 * MAX_DAYS) {
            return Err(invalid("/from", format!("must lie before `to`, and at most {MAX_DAYS} days")));
        }
        let agent = match agent {
            None => None,
            Some(name) => {
                let agent = self.store.agent(principal.organization, name).await?;
                Some(agent.ok_or_else(|| invalid("/agent", "no such agent in this organization"))?.id)
            }
        };
        let span = Span { from, to, agent };
        let mut sums = Statistics {
            latency: self.store.reply_latency(principal.organization, span).await?,
            ..Statistics::default()
        };
        for alike in self.store.alike(principal.organization, span).await? {
            sums.calls += alike.calls;
            sums.answered += alike.answered;
            if let Some(name) = alike.outcome {
                *sums.outcomes.entry(name).or_default() += alike.calls;
            }
            if let Some(reason) = alike.end_reason {
                *sums.end_reasons.entry(reason.as_str()).or_default() += alike.calls;
            }
            if let Some(currency) = alike.currency {
                let cost = sums.cost.entry(currency).or_insert(Money::ZERO);
                *cost = *cost + alike.cost;
            }
            let day = sums.days.entry(alike.day).or_default();
            *day = (day.0 + alike.calls, day.1 + alike.answered);
        }
        for (status, calls) in self.store.unfinished(principal.organization, agent).await? {
            match status {
                CallStatus::Queued => sums.queued += calls,
                _ => sums.live += calls,
            }
        }
        Ok((span, sums))
    }
}
