//! What waits to be told to the outside: one row per event, written in the event's own transaction. Rows are worked
//! off and deleted; no high-water mark, since positions of concurrent transactions become visible out of order.

use app::ports::store::StoreError;
use domain::call_event::CallEvent;
use domain::organization_event::OrganizationEvent;
use sea_orm::entity::prelude::*;
use sea_orm::{NotSet, Set};

use super::{document, micros};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    pub event: i64,
    pub organization: Uuid,
    pub name: String,
    pub created_at: i64,
    /// Call of the event, and its number within it.
    pub call: Option<Uuid>,
    pub sequence: Option<i64>,
    /// The event itself, where it is a tenant's; `event` is 0 then.
    pub document: Option<Json>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(event: &CallEvent) -> ActiveModel {
    ActiveModel {
        position: NotSet,
        event: Set(event.position),
        organization: Set(event.organization.0),
        name: Set(event.fact.name().to_owned()),
        created_at: Set(micros(event.at)),
        call: Set(Some(event.call.0)),
        sequence: Set(Some(i64::from(event.sequence))),
        document: Set(None),
    }
}

/// A row of a tenant's event, to be inserted in the transaction of what it tells of.
pub fn to_organization_row(event: &OrganizationEvent) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        position: NotSet,
        event: Set(0),
        organization: Set(event.organization.0),
        name: Set(event.fact.name().to_owned()),
        created_at: Set(micros(event.at)),
        call: Set(None),
        sequence: Set(None),
        document: Set(Some(document(event)?)),
    })
}
