//! A writing connection whose count of transactions is wrong.
//!
//! A commit for which the disk has no room is rolled back by SQLite itself; the rollback that follows finds no
//! transaction, fails, and sqlx goes on counting one. Later transactions would then be savepoints, whose rollback ends
//! nothing and whose commit inside of that is no commit: a write would be answered that the next rollback takes back.

use sea_orm::DatabaseConnection;
use sea_orm::sqlx::Connection as _;

/// Closes the writing connection if it counts a transaction that is over; the next statement opens another. Asked
/// between two transactions.
pub(crate) async fn part_with_stuck(connection: &DatabaseConnection) {
    // What cannot be had now is told to whoever waits for the batch, which asks for it next.
    let Ok(held) = connection.get_sqlite_connection_pool().acquire().await else { return };
    if !held.is_in_transaction() {
        return;
    }
    tracing::warn!("a transaction of the database did not end in order; its connection is replaced");
    if let Err(error) = held.close().await {
        tracing::warn!(error.detail = %error, "the connection did not close cleanly");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use app::ports::store::{Beat, NodeStore as _, StoreError};
    use domain::NodeId;
    use domain::node::NodeState;
    use domain::time::Timestamp;
    use sea_orm::ConnectionTrait as _;
    use uuid::Uuid;

    use crate::errors::failed;
    use crate::{KeySource, MasterKeys, SqlStore};

    #[tokio::test]
    async fn what_is_answered_after_a_commit_that_failed_is_durable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("outdial.db").display().to_string();
        let store = SqlStore::open_with(&file, KeySource::Keys(MasterKeys::draw().unwrap())).await.unwrap();
        // As SQLite does by itself when the disk is full.
        let ended = store
            .writer
            .run(|tx| Box::pin(async move { tx.execute_unprepared("ROLLBACK").await.map(drop).map_err(failed) }));
        assert!(ended.await.is_err(), "there was nothing left to commit");
        let idle = store.writer.run(|_| Box::pin(async { Err::<(), _>(StoreError::Fenced) }));
        assert!(matches!(idle.await, Err(StoreError::Fenced)));
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let beat = Beat {
            node: NodeId(Uuid::from_u128(1)),
            name: "node".to_owned(),
            version: "1.2.3".to_owned(),
            at,
            until: at + Duration::from_secs(6),
            state: NodeState::Running,
            live_calls: 0,
        };
        store.node_beats(&beat).await.unwrap();
        assert_eq!(store.nodes().await.unwrap().len(), 1, "another connection sees it");
    }
}
