//! Taking over from a process that is known to be dead.
//!
//! Law: only whoever knows that no other process can hold a call of this database may say so. One node on an embedded
//! database does, by the lock on its folder; a node among others never does, and waits for leases to run out.

use app::ports::store::StoreError;
use domain::time::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::SqlStore;
use crate::errors::failed;
use crate::rows::{micros, queue};

impl SqlStore {
    /// Lets every lease run out at `now`; the next sweep resolves them. Returns how many there were.
    pub async fn expire_leases(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    let done = queue::Entity::update_many()
                        .col_expr(queue::Column::LeaseUntil, Expr::value(micros(now)))
                        .filter(queue::Column::Owner.is_not_null())
                        .exec(tx)
                        .await
                        .map_err(failed)?;
                    Ok(done.rows_affected)
                })
            })
            .await
    }
}
