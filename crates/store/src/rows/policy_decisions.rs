//! Why a number was not called.

use app::ports::store::StoreError;
use domain::policy_decision::{PolicyDecision, PolicyStage};
use domain::{AgentId, ApiKeyId, CallId, OrganizationId, PolicyDecisionId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{callee, micros, moment, moment_if, unreadable};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_decisions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub agent: Option<Uuid>,
    pub number: String,
    pub at: i64,
    pub stage: String,
    pub code: String,
    pub rule: String,
    pub detail: String,
    pub allowed_at: Option<i64>,
    pub call: Option<Uuid>,
    pub api_key: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &PolicyDecision) -> ActiveModel {
    ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        agent: Set(value.agent.map(|id| id.0)),
        number: Set(value.number.as_str().to_owned()),
        at: Set(micros(value.at)),
        stage: Set(value.stage.as_str().to_owned()),
        code: Set(value.code.clone()),
        rule: Set(value.rule.clone()),
        detail: Set(value.detail.clone()),
        allowed_at: Set(value.allowed_at.map(micros)),
        call: Set(value.call.map(|id| id.0)),
        api_key: Set(value.key.map(|id| id.0)),
    }
}

pub fn from_row(row: Model) -> Result<PolicyDecision, StoreError> {
    Ok(PolicyDecision {
        id: PolicyDecisionId(row.id),
        organization: OrganizationId(row.organization),
        agent: row.agent.map(AgentId),
        number: callee(&row.number)?,
        at: moment(row.at)?,
        stage: PolicyStage::parse(&row.stage).ok_or_else(|| unreadable("policy_decisions.stage"))?,
        code: row.code,
        rule: row.rule,
        detail: row.detail,
        allowed_at: moment_if(row.allowed_at)?,
        call: row.call.map(CallId),
        key: row.api_key.map(ApiKeyId),
    })
}
