//! The vendors' names of agents.

use domain::agent_names::AgentNames;
use domain::{AgentId, OrganizationId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_names")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent: Uuid,
    pub organization: Uuid,
    pub integer: i64,
    pub voicing: Uuid,
    pub klen: String,
    pub vonage: String,
    pub voxpria: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(organization: OrganizationId, agent: AgentId, names: &AgentNames) -> ActiveModel {
    ActiveModel {
        agent: Set(agent.0),
        organization: Set(organization.0),
        integer: Set(names.integer),
        voicing: Set(names.voicing),
        klen: Set(names.klen.clone()),
        vonage: Set(names.vonage.clone()),
        voxpria: Set(names.voxpria.clone()),
    }
}

pub fn from_row(row: Model) -> (AgentId, AgentNames) {
    let names = AgentNames {
        integer: row.integer,
        voicing: row.voicing,
        klen: row.klen,
        vonage: row.vonage,
        voxpria: row.voxpria,
    };
    (AgentId(row.agent), names)
}
