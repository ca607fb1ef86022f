//! Events on their way to places outside: what waits, under whose lease, and what came of it.

use app::ports::store::StoreError;
use domain::organization_event::OrganizationEvent;
use domain::webhook::{DeadReason, Delivery, DeliveryState, lane};
use domain::{CallId, DeliveryId, EventId, OrganizationId, WebhookEndpointId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, document, micros, moment, moment_if, unreadable};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub endpoint: Uuid,
    pub lane: String,
    pub status_url: Option<String>,
    pub call: Option<Uuid>,
    pub event: Uuid,
    pub event_name: String,
    pub sequence: i64,
    pub document: Option<Json>,
    pub state: String,
    pub dead_reason: Option<String>,
    pub attempts: i64,
    pub round: i64,
    pub due_at: i64,
    pub owner: Option<Uuid>,
    pub lease_until: Option<i64>,
    pub created_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Delivery, event: Option<&OrganizationEvent>) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        endpoint: Set(value.endpoint.0),
        lane: Set(lane(value.endpoint, value.status_url.as_deref())),
        status_url: Set(value.status_url.clone()),
        call: Set(value.call.map(|id| id.0)),
        event: Set(value.event.0),
        event_name: Set(value.event_name.clone()),
        sequence: Set(i64::from(value.sequence)),
        document: Set(event.map(document).transpose()?),
        state: Set(value.state.as_str().to_owned()),
        dead_reason: Set(value.dead_reason.map(|reason| reason.as_str().to_owned())),
        attempts: Set(i64::from(value.attempts)),
        round: Set(i64::from(value.round)),
        due_at: Set(micros(value.due_at)),
        owner: Set(None),
        lease_until: Set(None),
        created_at: Set(micros(value.created_at)),
        finished_at: Set(value.finished_at.map(micros)),
    })
}

pub fn from_row(row: Model) -> Result<Delivery, StoreError> {
    let reason =
        row.dead_reason.map(|text| DeadReason::parse(&text).ok_or_else(|| unreadable("deliveries.dead_reason")));
    Ok(Delivery {
        id: DeliveryId(row.id),
        organization: OrganizationId(row.organization),
        endpoint: WebhookEndpointId(row.endpoint),
        status_url: row.status_url,
        call: row.call.map(CallId),
        event: EventId(row.event),
        event_name: row.event_name,
        sequence: count("deliveries.sequence", row.sequence)?,
        state: DeliveryState::parse(&row.state).ok_or_else(|| unreadable("deliveries.state"))?,
        dead_reason: reason.transpose()?,
        attempts: count("deliveries.attempts", row.attempts)?,
        round: count("deliveries.round", row.round)?,
        due_at: moment(row.due_at)?,
        created_at: moment(row.created_at)?,
        finished_at: moment_if(row.finished_at)?,
    })
}
