//! What waits to be told to the outside: one row per event, written in the event's own transaction. Rows are worked
//! off and deleted; no high-water mark, since positions of concurrent transactions become visible out of order.

use app::ports::store::StoreError;
use domain::organization_event::OrganizationEvent;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, Query};
use sea_orm::{NotSet, Set};

use super::{call_events, document, micros};
use crate::events::Numbered;

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

/// Inserts a row for each event; the event's position is looked up, for the database gives it in the same step.
pub fn to_insert(events: &[Numbered<'_>]) -> InsertStatement {
    let mut insert = Query::insert();
    insert.into_table(Entity).columns([
        Column::Event,
        Column::Organization,
        Column::Name,
        Column::CreatedAt,
        Column::Call,
        Column::Sequence,
    ]);
    for event in events {
        let position = Query::select()
            .column(call_events::Column::Position)
            .from(call_events::Entity)
            .and_where(Expr::col(call_events::Column::Id).eq(event.event.id.0))
            .take();
        insert.values_panic([
            Expr::SubQuery(None, Box::new(position.into())),
            event.organization.0.into(),
            event.event.fact.name().into(),
            micros(event.event.at).into(),
            event.call.0.into(),
            i64::from(event.sequence).into(),
        ]);
    }
    insert
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
