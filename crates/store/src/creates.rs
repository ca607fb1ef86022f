//! Creates that take more along than the call: money that is kept back, uses of caps, the answer to a client's key.
//!
//! Law: all of it holds or nothing was written; whoever comes second is refused inside the transaction.

use app::ports::store::{CreateRefused, NewCall, Placed, StoreError};
use sea_orm::DatabaseTransaction;

use crate::calls::insert_calls;
use crate::claims::take_turn;

/// Whether the call needs no rows but its own.
pub(crate) fn is_plain(new: &NewCall) -> bool {
    new.hold.is_none() && new.caps.is_empty() && new.answer.is_none() && !new.pace_now
}

/// Inserts one call with everything that must hold at once. Order of locks: kept answer, wallet, caps.
pub(crate) async fn insert_with_bounds(tx: &DatabaseTransaction, new: NewCall) -> Result<Placed, CreateRefused> {
    if new.pace_now {
        take_turn(tx, &new.call).await?;
    }
    let mut placed = insert_calls(tx, std::slice::from_ref(&new)).await?;
    placed.pop().ok_or_else(|| StoreError::Corrupt("call that was just written".to_owned()).into())
}
