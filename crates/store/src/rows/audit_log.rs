//! The log of administrative acts: appended to, never changed.

use app::ports::store::StoreError;
use domain::audit::{Actor, AuditAction, AuditEntry, Origin};
use domain::{ApiKeyId, AuditId, OrganizationId, UserId};
use sea_orm::entity::prelude::*;
use sea_orm::{NotSet, Set};

use super::{document, micros, moment, read, unreadable};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    pub id: Uuid,
    pub organization: Uuid,
    pub at: i64,
    pub actor: String,
    pub api_key: Option<Uuid>,
    pub action: String,
    pub resource: String,
    pub changes: Json,
    pub address: Option<String>,
    pub request: Option<String>,
    pub person: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &AuditEntry) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        position: NotSet,
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        at: Set(micros(value.at)),
        actor: Set(value.actor.as_str().to_owned()),
        api_key: Set(value.actor.key().map(|key| key.0)),
        action: Set(value.action.as_str().to_owned()),
        resource: Set(value.resource.clone()),
        changes: Set(document(&value.changes)?),
        address: Set(value.origin.address.map(|address| address.to_string())),
        request: Set(value.origin.request.clone()),
        person: Set(value.actor.user().map(|user| user.0)),
    })
}

pub fn from_row(row: Model) -> Result<AuditEntry, StoreError> {
    let address = row.address.map(|text| text.parse()).transpose().map_err(|_| unreadable("audit_log.address"))?;
    let actor = Actor::parse(&row.actor, row.api_key.map(ApiKeyId), row.person.map(UserId));
    Ok(AuditEntry {
        id: AuditId(row.id),
        organization: OrganizationId(row.organization),
        at: moment(row.at)?,
        actor: actor.ok_or_else(|| unreadable("audit_log.actor"))?,
        action: AuditAction::parse(&row.action).ok_or_else(|| unreadable("audit_log.action"))?,
        resource: row.resource,
        changes: read("audit_log.changes", row.changes)?,
        origin: Origin { address, request: row.request },
    })
}
