//! Kept answers, behind [`AnswerStore`].
//!
//! Law: whoever's insert goes through has the key; an expired row is nobody's and is taken over by the same statement.

use app::ports::store::{AnswerStore, KeptAnswer, KnownAnswer, Reservation};
use async_trait::async_trait;
use domain::time::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::errors::failed;
use crate::rows::kept_answers::{self, Column, Entity};
use crate::rows::{cap_uses, micros};
use crate::together::only;
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

fn held_by(held: &Reservation) -> Condition {
    Condition::all()
        .add(Column::Scope.eq(held.scope.as_str()))
        .add(Column::Key.eq(held.key.as_str()))
        .add(Column::Reservation.eq(held.id))
        .add(Column::Status.is_null())
}

#[async_trait]
impl AnswerStore for SqlStore {
    async fn known_answer(&self, scope: &str, key: &str, now: Timestamp) -> Stored<Option<KnownAnswer>> {
        let row = Entity::find_by_id((scope.to_owned(), key.to_owned())).filter(Column::ExpiresAt.gt(micros(now)));
        only(row, &self.reads).await?.map(kept_answers::from_row).transpose()
    }

    async fn reserve_answer(
        &self,
        wanted: &Reservation,
        now: Timestamp,
        until: Timestamp,
    ) -> Stored<Option<KnownAnswer>> {
        let wanted = wanted.clone();
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    let reserve = kept_answers::to_reserve(&wanted, now, until);
                    if tx.query_one(&reserve).await.map_err(failed)?.is_some() {
                        return Ok(None);
                    }
                    let row = Entity::find_by_id((wanted.scope.clone(), wanted.key.clone()));
                    only(row, tx).await?.map(kept_answers::from_row).transpose()
                })
            })
            .await
    }

    async fn keep_answer(&self, held: &Reservation, answer: &KeptAnswer, expires_at: Timestamp) -> Stored<bool> {
        let (held, row) = (held_by(held), kept_answers::to_answer(answer, expires_at)?);
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    let kept = Entity::update_many().set(row).filter(held).exec(tx).await.map_err(failed)?;
                    Ok(kept.rows_affected > 0)
                })
            })
            .await
    }

    async fn forget_answer(&self, held: &Reservation) -> Stored<()> {
        let held = held_by(held);
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    Entity::delete_many().filter(held).exec(tx).await.map_err(failed)?;
                    Ok(())
                })
            })
            .await
    }

    async fn purge_expired(&self, now: Timestamp, limit: u32) -> Stored<u64> {
        self.writer.run(move |tx| Box::pin(async move { purge(tx, micros(now), u64::from(limit)).await })).await
    }
}

/// Rows are looked for first and deleted one by one under the same condition, so that one which was taken over in
/// between stays.
async fn purge(tx: &Transaction, now: i64, limit: u64) -> Stored<u64> {
    let mut gone = 0;
    let answers = Entity::find()
        .filter(Column::ExpiresAt.lte(now))
        .order_by_asc(Column::ExpiresAt)
        .limit(limit)
        .all(tx)
        .await
        .map_err(failed)?;
    for row in answers {
        let delete = Entity::delete_many()
            .filter(Column::Scope.eq(row.scope))
            .filter(Column::Key.eq(row.key))
            .filter(Column::ExpiresAt.lte(now));
        gone += delete.exec(tx).await.map_err(failed)?.rows_affected;
    }
    let uses = cap_uses::Entity::find()
        .filter(cap_uses::Column::ExpiresAt.lte(now))
        .order_by_asc(cap_uses::Column::ExpiresAt)
        .limit(limit)
        .all(tx)
        .await
        .map_err(failed)?;
    for row in uses {
        let mut delete = Query::delete();
        delete
            .from_table(cap_uses::Entity)
            .and_where(Expr::col(cap_uses::Column::Scope).eq(row.scope))
            .and_where(Expr::col(cap_uses::Column::BeginsAt).eq(row.begins_at))
            .and_where(Expr::col(cap_uses::Column::ExpiresAt).lte(now));
        gone += tx.execute(&delete).await.map_err(failed)?.rows_affected();
    }
    Ok(gone)
}
