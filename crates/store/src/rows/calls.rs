//! Calls: a view of their events that can be asked for quickly.

use app::ports::store::StoreError;
use domain::call::{Call, CallOrigin};
use domain::dialect::Dialect;
use domain::money::Money;
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason};
use domain::{AgentId, AgentVersionId, ApiKeyId, AttemptId, CallId, OrganizationId, RecordingFolderId};
use sea_orm::entity::prelude::*;
use sea_orm::{NotSet, Set};

use super::{callee, count, document, micros, moment, moment_if, number, read, read_if, unreadable};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "calls")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    pub id: Uuid,
    pub organization: Uuid,
    pub agent: Uuid,
    pub agent_slug: String,
    pub agent_version: Uuid,
    pub to_number: String,
    pub from_number: String,
    pub variables: Json,
    pub metadata: Json,
    pub api_key: Option<Uuid>,
    pub origin: Option<String>,
    pub time_zone: Option<String>,
    pub status_url: Option<String>,
    pub dialect: Option<String>,
    pub hang_up_on_machine: bool,
    pub price: Option<Json>,
    pub cost: Option<i64>,
    pub status: String,
    pub end_reason: Option<String>,
    pub blame: Option<String>,
    pub answered_by: String,
    pub answered_by_confidence: f64,
    pub outcome: Option<Json>,
    pub evidence: Json,
    pub sip_call_id: Option<String>,
    pub recording: Option<String>,
    pub recording_folder: Option<Uuid>,
    pub recording_purged_at: Option<i64>,
    pub content_purged_at: Option<i64>,
    pub attempt: Option<Uuid>,
    pub last_event: i64,
    pub created_at: i64,
    pub dialed_at: Option<i64>,
    pub answered_at: Option<i64>,
    pub ended_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A row for a new call; the database numbers it.
pub fn to_new_row(value: &Call) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        sequence: NotSet,
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        agent: Set(value.agent.0),
        agent_slug: Set(value.agent_slug.clone()),
        agent_version: Set(value.agent_version.0),
        to_number: Set(value.to.as_str().to_owned()),
        from_number: Set(value.from.as_str().to_owned()),
        variables: Set(document(&value.variables)?),
        metadata: Set(serde_json::Value::Object(value.metadata.clone())),
        api_key: Set(value.key.map(|id| id.0)),
        origin: Set(Some(value.origin.as_str().to_owned())),
        time_zone: Set(value.time_zone.clone()),
        status_url: Set(value.status_url.clone()),
        dialect: Set(Some(value.dialect.as_str().to_owned())),
        hang_up_on_machine: Set(value.hang_up_on_machine),
        price: Set(value.price.as_ref().map(document).transpose()?),
        created_at: Set(micros(value.created_at)),
        ..to_state(value)?
    })
}

/// The columns that change in a call's life.
pub fn to_state(value: &Call) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        status: Set(value.status.as_str().to_owned()),
        cost: Set(value.cost.map(Money::micros)),
        end_reason: Set(value.end_reason.map(|r| r.as_str().to_owned())),
        blame: Set(value.blame.map(|b| b.as_str().to_owned())),
        answered_by: Set(value.answered_by.as_str().to_owned()),
        answered_by_confidence: Set(f64::from(value.answered_by_confidence)),
        outcome: Set(value.outcome.as_ref().map(document).transpose()?),
        evidence: Set(document(&value.evidence)?),
        sip_call_id: Set(value.evidence.sip_call_id.clone()),
        recording: Set(value.recording.clone()),
        recording_folder: Set(value.recording_folder.map(|id| id.0)),
        attempt: Set(value.attempt.map(|id| id.0)),
        last_event: Set(i64::from(value.last_event)),
        dialed_at: Set(value.dialed_at.map(micros)),
        answered_at: Set(value.answered_at.map(micros)),
        ended_at: Set(value.ended_at.map(micros)),
        ..<ActiveModel as Default>::default()
    })
}

pub fn from_row(row: Model) -> Result<Call, StoreError> {
    let end_reason = row.end_reason.map(|text| EndReason::parse(&text).ok_or_else(|| unreadable("calls.end_reason")));
    let origin = row.origin.map(|text| CallOrigin::parse(&text).ok_or_else(|| unreadable("calls.origin")));
    let dialect = row.dialect.map(|text| Dialect::parse(&text).ok_or_else(|| unreadable("calls.dialect")));
    let blame = row.blame.map(|text| Blame::parse(&text).ok_or_else(|| unreadable("calls.blame")));
    #[expect(clippy::cast_possible_truncation, reason = "it was an f32 when it was written")]
    let answered_by_confidence = row.answered_by_confidence as f32;
    Ok(Call {
        id: CallId(row.id),
        sequence: row.sequence,
        organization: OrganizationId(row.organization),
        agent: AgentId(row.agent),
        agent_slug: row.agent_slug,
        agent_version: AgentVersionId(row.agent_version),
        to: callee(&row.to_number)?,
        from: number(&row.from_number)?,
        variables: read("calls.variables", row.variables)?,
        metadata: read("calls.metadata", row.metadata)?,
        key: row.api_key.map(ApiKeyId),
        origin: origin.unwrap_or(Ok(CallOrigin::Single))?,
        time_zone: row.time_zone,
        status_url: row.status_url,
        dialect: dialect.unwrap_or(Ok(Dialect::Native))?,
        hang_up_on_machine: row.hang_up_on_machine,
        price: read_if("calls.price", row.price)?,
        cost: row.cost.map(Money::from_micros),
        status: CallStatus::parse(&row.status).ok_or_else(|| unreadable("calls.status"))?,
        end_reason: end_reason.transpose()?,
        blame: blame.transpose()?,
        answered_by: AnsweredBy::parse(&row.answered_by).ok_or_else(|| unreadable("calls.answered_by"))?,
        answered_by_confidence,
        outcome: row.outcome.map(|value| read("calls.outcome", value)).transpose()?,
        evidence: read("calls.evidence", row.evidence)?,
        recording: row.recording,
        recording_folder: row.recording_folder.map(RecordingFolderId),
        recording_purged_at: moment_if(row.recording_purged_at)?,
        content_purged_at: moment_if(row.content_purged_at)?,
        attempt: row.attempt.map(AttemptId),
        last_event: count("calls.last_event", row.last_event)?,
        created_at: moment(row.created_at)?,
        dialed_at: moment_if(row.dialed_at)?,
        answered_at: moment_if(row.answered_at)?,
        ended_at: moment_if(row.ended_at)?,
    })
}
