//! The log of events: appended to, never changed.

use app::ports::store::{NewEvent, StoreError};
use domain::call_event::CallEvent;
use domain::{CallId, EventId, OrganizationId};
use sea_orm::entity::prelude::*;
use sea_orm::{NotSet, Set};

use super::{count, document, micros, moment, read};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "call_events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    pub id: Uuid,
    pub call: Uuid,
    pub organization: Uuid,
    pub sequence: i64,
    pub at: i64,
    pub fact: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(
    organization: OrganizationId,
    call: CallId,
    sequence: u32,
    event: &NewEvent,
) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        position: NotSet,
        id: Set(event.id.0),
        call: Set(call.0),
        organization: Set(organization.0),
        sequence: Set(i64::from(sequence)),
        at: Set(micros(event.at)),
        fact: Set(document(&event.fact)?),
    })
}

pub fn from_row(row: Model) -> Result<CallEvent, StoreError> {
    Ok(CallEvent {
        id: EventId(row.id),
        call: CallId(row.call),
        organization: OrganizationId(row.organization),
        sequence: count("call_events.sequence", row.sequence)?,
        position: row.position,
        at: moment(row.at)?,
        fact: read("call_events.fact", row.fact)?,
    })
}
