//! Brakes that were tripped, one row for whoever they hold.

use app::ports::store::{Brake, StoreError};
use domain::OrganizationId;
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{micros, moment};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "brakes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    pub organization: Uuid,
    pub cap: String,
    pub tripped_at: i64,
    pub until: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Brake) -> ActiveModel {
    ActiveModel {
        scope: Set(value.scope.clone()),
        organization: Set(value.organization.0),
        cap: Set(value.cap.clone()),
        tripped_at: Set(micros(value.tripped_at)),
        until: Set(micros(value.until)),
    }
}

pub fn from_row(row: Model) -> Result<Brake, StoreError> {
    Ok(Brake {
        scope: row.scope,
        organization: OrganizationId(row.organization),
        cap: row.cap,
        tripped_at: moment(row.tripped_at)?,
        until: moment(row.until)?,
    })
}
