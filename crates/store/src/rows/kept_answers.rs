//! Answers that are kept for repeated requests.

use app::ports::store::{HeldBack, KeptAnswer, KnownAnswer, Reservation, StoreError};
use domain::time::Timestamp;
use sea_orm::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query};

use super::{count, document, micros, moment, read, unreadable};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "kept_answers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub fingerprint: Vec<u8>,
    pub reservation: Uuid,
    pub status: Option<i64>,
    pub headers: Option<Json>,
    pub body: Option<Vec<u8>>,
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a create takes along, as the reservation that its own commit settles.
pub fn reservation<T>(held: &HeldBack<T>, id: Uuid) -> Reservation {
    Reservation { scope: held.scope.clone(), key: held.key.clone(), fingerprint: held.fingerprint, id }
}

/// Takes the key if it is not known at `now`; returns it then, and nothing otherwise.
pub fn to_reserve(wanted: &Reservation, now: Timestamp, until: Timestamp) -> InsertStatement {
    let mut conflict = OnConflict::columns([Column::Scope, Column::Key]);
    conflict
        .update_columns([
            Column::Fingerprint,
            Column::Reservation,
            Column::Status,
            Column::Headers,
            Column::Body,
            Column::ExpiresAt,
        ])
        .action_and_where(Expr::col((Entity, Column::ExpiresAt)).lte(micros(now)));
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([
            Column::Scope,
            Column::Key,
            Column::Fingerprint,
            Column::Reservation,
            Column::Status,
            Column::Headers,
            Column::Body,
            Column::ExpiresAt,
        ])
        .values_panic([
            wanted.scope.as_str().into(),
            wanted.key.as_str().into(),
            wanted.fingerprint.to_vec().into(),
            wanted.id.into(),
            Option::<i64>::None.into(),
            Option::<Json>::None.into(),
            Option::<Vec<u8>>::None.into(),
            micros(until).into(),
        ])
        .on_conflict(conflict)
        .returning(Query::returning().column(Column::Key));
    insert
}

/// The columns of an answer.
pub fn to_answer(answer: &KeptAnswer, expires_at: Timestamp) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        status: Set(Some(i64::from(answer.status))),
        headers: Set(Some(document(&answer.headers)?)),
        body: Set(Some(answer.body.clone())),
        expires_at: Set(micros(expires_at)),
        ..<ActiveModel as Default>::default()
    })
}

pub fn from_row(row: Model) -> Result<KnownAnswer, StoreError> {
    let answer = match (row.status, row.headers, row.body) {
        (Some(status), Some(headers), Some(body)) => Some(KeptAnswer {
            status: count("kept_answers.status", status)?,
            headers: read("kept_answers.headers", headers)?,
            body,
        }),
        _ => None,
    };
    let fingerprint = row.fingerprint.try_into().map_err(|_| unreadable("kept_answers.fingerprint"))?;
    Ok(KnownAnswer { fingerprint, answer, until: moment(row.expires_at)? })
}
