//! The do-not-call list.

use app::ports::store::StoreError;
use domain::suppression::Suppression;
use domain::{CallId, OrganizationId, SuppressionId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{micros, moment, number};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "suppressions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub number: String,
    pub reason: String,
    pub call: Option<Uuid>,
    pub created_at: i64,
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
        call: Set(value.call.map(|id| id.0)),
        created_at: Set(micros(value.created_at)),
    }
}

pub fn from_row(row: Model) -> Result<Suppression, StoreError> {
    Ok(Suppression {
        id: SuppressionId(row.id),
        organization: OrganizationId(row.organization),
        number: number(&row.number)?,
        reason: row.reason,
        call: row.call.map(CallId),
        created_at: moment(row.created_at)?,
    })
}
