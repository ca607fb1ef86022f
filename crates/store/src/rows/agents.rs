//! Agents and their drafts.

use std::sync::Arc;

use app::ports::store::StoreError;
use domain::agent::{Agent, AgentState};
use domain::{AgentId, AgentVersionId, NumberId, OrganizationId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, document, micros, moment, read, read_if, unreadable};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub slug: String,
    pub state: String,
    pub number: Option<Uuid>,
    pub calls_per_second: Option<f64>,
    pub live_calls: Option<i64>,
    pub policy: Option<Json>,
    pub retention: Option<Json>,
    pub draft: Json,
    pub published: Option<Uuid>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Agent) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        slug: Set(value.slug.clone()),
        state: Set(value.state.as_str().to_owned()),
        number: Set(value.number.map(|id| id.0)),
        calls_per_second: Set(value.calls_per_second),
        live_calls: Set(value.live_calls.map(i64::from)),
        policy: Set(value.policy.as_ref().map(document).transpose()?),
        retention: Set((!value.retention.is_empty()).then(|| document(&value.retention)).transpose()?),
        draft: Set(document(&value.draft)?),
        published: Set(value.published.map(|id| id.0)),
        created_at: Set(micros(value.created_at)),
        updated_at: Set(micros(value.updated_at)),
    })
}

pub fn from_row(row: Model) -> Result<Agent, StoreError> {
    Ok(Agent {
        id: AgentId(row.id),
        organization: OrganizationId(row.organization),
        slug: row.slug,
        state: AgentState::parse(&row.state).ok_or_else(|| unreadable("agents.state"))?,
        number: row.number.map(NumberId),
        calls_per_second: row.calls_per_second,
        live_calls: row.live_calls.map(|n| count("agents.live_calls", n)).transpose()?,
        policy: read_if("agents.policy", row.policy)?,
        retention: read_if("agents.retention", row.retention)?.unwrap_or_default(),
        draft: Arc::new(read("agents.draft", row.draft)?),
        published: row.published.map(AgentVersionId),
        created_at: moment(row.created_at)?,
        updated_at: moment(row.updated_at)?,
    })
}
