//! Every try of a delivery: the log that a person reads when an endpoint does not answer.

use app::ports::store::StoreError;
use domain::DeliveryId;
use domain::webhook::DeliveryAttempt;
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{count, micros, moment, moment_if};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub delivery: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub at: i64,
    pub duration_ms: i64,
    pub status: Option<i64>,
    pub error: Option<String>,
    pub excerpt: Option<String>,
    pub next_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(delivery: DeliveryId, value: &DeliveryAttempt) -> ActiveModel {
    ActiveModel {
        delivery: Set(delivery.0),
        number: Set(i64::from(value.number)),
        at: Set(micros(value.at)),
        duration_ms: Set(i64::try_from(value.duration_ms).unwrap_or(i64::MAX)),
        status: Set(value.status.map(i64::from)),
        error: Set(value.error.clone()),
        excerpt: Set(value.excerpt.clone()),
        next_at: Set(value.next_at.map(micros)),
    }
}

pub fn from_row(row: Model) -> Result<DeliveryAttempt, StoreError> {
    Ok(DeliveryAttempt {
        number: count("delivery_attempts.number", row.number)?,
        at: moment(row.at)?,
        duration_ms: count("delivery_attempts.duration_ms", row.duration_ms)?,
        status: row.status.map(|status| count("delivery_attempts.status", status)).transpose()?,
        error: row.error,
        excerpt: row.excerpt,
        next_at: moment_if(row.next_at)?,
    })
}
