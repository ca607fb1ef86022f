//! Figures over many calls on the wire.

use app::ports::store::Span;
use domain::money::Money;
use domain::time::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which calls are counted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AskStatistics {
    /// Accepted at or after; seven days before `to` where nothing is said.
    pub from: Option<Timestamp>,
    /// Accepted before; now where nothing is said. At most 92 days after `from`.
    pub to: Option<Timestamp>,
    /// Only calls of this agent.
    pub agent: Option<String>,
}

/// Figures of a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Statistics {
    /// Calls accepted at or after are counted.
    pub from: Timestamp,
    /// Calls accepted before are counted.
    pub to: Timestamp,
    /// Calls that were accepted.
    pub calls: u64,
    /// Those of them that were answered.
    pub answered: u64,
    /// Calls that are up now, whenever they were accepted.
    pub live: u64,
    /// Calls that wait now, whenever they were accepted.
    pub queued: u64,
    /// By the name of their outcome, the commonest first.
    pub outcomes: Vec<OutcomeCount>,
    /// Calls that are over by why, the commonest first.
    pub end_reasons: Vec<EndReasonCount>,
    /// How long callees waited for replies, on the whole days of UTC that the span touches.
    pub latency: ReplyLatency,
    /// What calls cost, by currency.
    pub cost: Vec<CostSum>,
    /// Each day of UTC on which a call was accepted, the first first.
    pub days: Vec<DayCount>,
}

/// Calls of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutcomeCount {
    /// As the agent's definition names it.
    pub name: String,
    /// How many.
    pub calls: u64,
}

/// Calls that ended alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndReasonCount {
    /// As `end_reason` of a call.
    pub reason: String,
    /// How many.
    pub calls: u64,
}

/// From the end of the callee's speech to the first packet of the reply, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplyLatency {
    /// Replies that were counted.
    pub turns: u64,
    /// Half of them took no longer; at most 4.5 % off.
    pub p50_ms: Option<u32>,
    /// 95 of 100 took no longer.
    pub p95_ms: Option<u32>,
}

/// Money in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CostSum {
    /// ISO 4217, or a word of the operator's.
    pub currency: String,
    /// A decimal number as text.
    #[schema(value_type = String)]
    pub amount: Money,
}

/// Calls of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayCount {
    /// The day in UTC.
    #[schema(example = "2026-11-26")]
    pub day: String,
    /// Calls that were accepted.
    pub calls: u64,
    /// Those of them that were answered.
    pub answered: u64,
}

fn commonest_first<T>(counts: impl IntoIterator<Item = (T, u64)>) -> Vec<(T, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
    counts
}

fn name_of(day: i64) -> String {
    (Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)).strftime("%Y-%m-%d").to_string()
}

impl Statistics {
    /// Of this span.
    pub fn of(span: Span, sums: app::read_statistics::Statistics) -> Self {
        let outcomes = commonest_first(sums.outcomes).into_iter().map(|(name, calls)| OutcomeCount { name, calls });
        let reasons = commonest_first(sums.end_reasons).into_iter();
        let days = sums.days.into_iter();
        Self {
            from: span.from,
            to: span.to,
            calls: sums.calls,
            answered: sums.answered,
            live: sums.live,
            queued: sums.queued,
            outcomes: outcomes.collect(),
            end_reasons: reasons.map(|(reason, calls)| EndReasonCount { reason: reason.to_owned(), calls }).collect(),
            latency: ReplyLatency {
                turns: sums.latency.replies(),
                p50_ms: sums.latency.quantile(0.5),
                p95_ms: sums.latency.quantile(0.95),
            },
            cost: sums.cost.into_iter().map(|(currency, amount)| CostSum { currency, amount }).collect(),
            days: days.map(|(day, (calls, answered))| DayCount { day: name_of(day), calls, answered }).collect(),
        }
    }
}
