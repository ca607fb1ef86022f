//! Published definitions; rows never change.

use std::sync::Arc;

use app::ports::store::StoreError;
use domain::agent::AgentVersion;
use domain::{AgentId, AgentVersionId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, document, micros, moment, read};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub agent: Uuid,
    pub number: i64,
    pub definition: Json,
    pub published_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &AgentVersion) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        id: Set(value.id.0),
        agent: Set(value.agent.0),
        number: Set(i64::from(value.number)),
        definition: Set(document(&value.definition)?),
        published_at: Set(micros(value.published_at)),
    })
}

pub fn from_row(row: Model) -> Result<AgentVersion, StoreError> {
    Ok(AgentVersion {
        id: AgentVersionId(row.id),
        agent: AgentId(row.agent),
        number: count("agent_versions.number", row.number)?,
        definition: Arc::new(read("agent_versions.definition", row.definition)?),
        published_at: moment(row.published_at)?,
    })
}
