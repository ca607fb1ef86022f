//! Sums over many calls, made by the database.

use async_trait::async_trait;
use domain::money::Money;
use domain::outcome::{CallStatus, EndReason};
use domain::reply_latency::ReplyLatency;
use domain::time::Timestamp;
use domain::{AgentId, OrganizationId, TrunkId};

use super::StoreError;

/// Which calls are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Accepted at or after.
    pub from: Timestamp,
    /// Accepted before.
    pub to: Timestamp,
    /// Only calls of this agent.
    pub agent: Option<AgentId>,
}

/// Calls that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Day of the accept, counted from 1970 in UTC.
    pub day: i64,
    /// Their state.
    pub status: CallStatus,
    /// Why they ended.
    pub end_reason: Option<EndReason>,
    /// Name of their outcome.
    pub outcome: Option<String>,
    /// Currency of their price.
    pub currency: Option<String>,
    /// How many there are.
    pub calls: u64,
    /// How many of them were answered.
    pub answered: u64,
    /// What they cost together.
    pub cost: Money,
}

/// How a call went that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastDial {
    /// When it was over.
    pub ended_at: Timestamp,
    /// Why.
    pub end_reason: EndReason,
    /// Whether it was answered.
    pub answered: bool,
}

/// Sums.
#[async_trait]
pub trait StatisticsStore: Send + Sync {
    /// Calls of a span, those that are alike together.
    async fn alike(&self, organization: OrganizationId, span: Span) -> Result<Vec<Alike>, StoreError>;
    /// How long replies took on the days that the span touches, whole days of UTC.
    async fn reply_latency(&self, organization: OrganizationId, span: Span) -> Result<ReplyLatency, StoreError>;
    /// Calls that are not over, by state, whenever they were accepted.
    async fn unfinished(
        &self,
        organization: OrganizationId,
        agent: Option<AgentId>,
    ) -> Result<Vec<(CallStatus, u64)>, StoreError>;
    /// Calls that went out over a trunk, by the numbers that hang on it now, the newest first.
    async fn calls_over(
        &self,
        organization: OrganizationId,
        trunk: TrunkId,
        limit: u32,
    ) -> Result<Vec<LastDial>, StoreError>;
}
