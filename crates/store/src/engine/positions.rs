//! Positions of the log in the order in which they become visible, on PostgreSQL.
//!
//! A sequence gives positions in the order of asking, and transactions become visible in the order of their commits: who
//! reads up to the highest position that is there may pass over a lower one that is committed a moment later. Therefore
//! a transaction announces, before it draws its first position, the position that none of its own lies below, by a
//! shared advisory lock with that number as its key; the lock ends with the transaction, after the commit is visible. A
//! reader goes up to the lowest position that is announced, and up to the last that was drawn before it looked.
//! Nobody waits for anybody (`docs/decisions/0005-positions-in-commit-order.md`).

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::Stored;
use crate::errors::failed;
use crate::rows::unreadable;

/// Upper 16 bits of the keys of announcements ("OD" in ASCII); 48 bits are left for positions.
const SPACE: i64 = 0x4f44;

/// Announces that all positions which this transaction draws from now on are higher than the last that was drawn.
pub(crate) async fn announce(tx: &impl ConnectionTrait) -> Result<(), DbErr> {
    let announce = format!(
        "SELECT pg_advisory_xact_lock_shared(({SPACE}::bigint << 48) | (last_value - (NOT is_called)::int)) \
         FROM call_events_position_seq"
    );
    tx.execute_unprepared(&announce).await.map(drop)
}

/// The position up to which the log is complete. `None`: it always is, there is one writer.
///
/// The order of the two looks matters. Every transaction that may still add something at or below the first number had
/// announced itself before that number was read; at the second look it is either still announced, or its rows are
/// visible to whatever is read after it.
pub(crate) async fn complete_to(reads: &impl ConnectionTrait) -> Stored<Option<i64>> {
    if reads.get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let drawn = "SELECT last_value - (NOT is_called)::int AS position FROM call_events_position_seq";
    let announced = format!(
        "SELECT min(((classid::bigint << 32) | objid::bigint) & ((1::bigint << 48) - 1)) AS position FROM pg_locks \
         WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = {SPACE} \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    );
    let drawn = position(reads, drawn).await?.ok_or_else(|| unreadable("last position"))?;
    let announced = position(reads, &announced).await?;
    Ok(Some(announced.map_or(drawn, |announced| announced.min(drawn))))
}

async fn position(reads: &impl ConnectionTrait, asked: &str) -> Stored<Option<i64>> {
    let row = reads.query_one_raw(Statement::from_string(DbBackend::Postgres, asked)).await.map_err(failed)?;
    row.ok_or_else(|| unreadable("position"))?.try_get("", "position").map_err(failed)
}
