//! The do-not-call list.

use app::ports::store::StoreError;
use domain::suppression::{Suppression, SuppressionSource};
use domain::{CallId, OrganizationId, SuppressionId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{callee, micros, moment, moment_if, unreadable};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "suppressions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub number: String,
    pub reason: String,
    /// Rows of before this column have none.
    pub source: Option<String>,
    pub call: Option<Uuid>,
    pub note: Option<String>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Suppression) -> ActiveModel {
    ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        number: Set(value.number.as_str().to_owned()),
        reason: Set(value.reason.clone()),
        source: Set(Some(value.source.as_str().to_owned())),
        call: Set(value.call.map(|id| id.0)),
        note: Set(value.note.clone()),
        created_at: Set(micros(value.created_at)),
        expires_at: Set(value.expires_at.map(micros)),
    }
}

pub fn from_row(row: Model) -> Result<Suppression, StoreError> {
    let source = match row.source.as_deref() {
        Some(word) => SuppressionSource::parse(word).ok_or_else(|| unreadable("suppressions.source"))?,
        None if row.call.is_some() => SuppressionSource::Call,
        None => SuppressionSource::Api,
    };
    Ok(Suppression {
        id: SuppressionId(row.id),
        organization: OrganizationId(row.organization),
        number: callee(&row.number)?,
        reason: row.reason,
        source,
        call: row.call.map(CallId),
        note: row.note,
        created_at: moment(row.created_at)?,
        expires_at: moment_if(row.expires_at)?,
    })
}
