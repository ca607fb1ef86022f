//! Numbers that agents call from.

use app::ports::store::StoreError;
use domain::trunk::CallerNumber;
use domain::{NumberId, OrganizationId, TrunkId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, micros, moment, number};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "numbers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub number: String,
    pub trunk: Uuid,
    pub calls_per_second: Option<f64>,
    pub live_calls: Option<i64>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::trunks::Entity", from = "Column::Trunk", to = "super::trunks::Column::Id")]
    Trunk,
}

impl Related<super::trunks::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Trunk.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &CallerNumber) -> ActiveModel {
    ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        number: Set(value.number.as_str().to_owned()),
        trunk: Set(value.trunk.0),
        calls_per_second: Set(value.calls_per_second),
        live_calls: Set(value.live_calls.map(i64::from)),
        created_at: Set(micros(value.created_at)),
    }
}

pub fn from_row(row: Model) -> Result<CallerNumber, StoreError> {
    Ok(CallerNumber {
        id: NumberId(row.id),
        organization: OrganizationId(row.organization),
        number: number(&row.number)?,
        trunk: TrunkId(row.trunk),
        calls_per_second: row.calls_per_second,
        live_calls: row.live_calls.map(|n| count("numbers.live_calls", n)).transpose()?,
        created_at: moment(row.created_at)?,
    })
}
