use std::time::Duration;

use app::ports::store::{Beat, NodeStore as _, StoreError};
use domain::NodeId;
use domain::node::NodeState;
use domain::time::Timestamp;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use uuid::Uuid;

use super::{Transaction, Writing};
use crate::engine::Engine;
use crate::errors::failed;
use crate::{KeySource, MasterKeys, SqlStore};

struct Numbers {
    _folder: tempfile::TempDir,
    engine: Engine,
    writing: Writing,
}

impl Numbers {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::open(&folder.path().join("numbers.db").display().to_string()).await.unwrap();
        let writing = Writing { connection: engine.writes.clone(), own: engine.own };
        assert!(writing.own);
        writing.connection.execute_unprepared("CREATE TABLE numbers (n INTEGER PRIMARY KEY)").await.unwrap();
        Self { _folder: folder, engine, writing }
    }

    /// What others see.
    async fn all(&self) -> Vec<i64> {
        let rows = self.engine.reads.query_all_raw(sql("SELECT n FROM numbers ORDER BY n")).await.unwrap();
        rows.iter().map(|row| row.try_get("", "n").unwrap()).collect()
    }
}

fn sql(text: &str) -> Statement {
    Statement::from_string(DbBackend::Sqlite, text)
}

async fn add(tx: &Transaction, n: i64) -> bool {
    tx.query_all_raw(sql(&format!("INSERT INTO numbers VALUES ({n}) RETURNING n"))).await.is_ok()
}

#[tokio::test]
async fn what_is_kept_is_kept_and_what_is_undone_is_not() {
    let numbers = Numbers::open().await;
    let tx = numbers.writing.begin(false).await.unwrap();
    assert!(add(&tx, 1).await);
    let (kept, undone, idle) = (2, 3, tx.savepoint().await.unwrap());
    idle.rollback().await.unwrap();
    let savepoint = tx.savepoint().await.unwrap();
    assert!(add(&savepoint, kept).await);
    savepoint.commit().await.unwrap();
    let savepoint = tx.savepoint().await.unwrap();
    assert!(add(&savepoint, undone).await && !add(&savepoint, kept).await);
    savepoint.rollback().await.unwrap();
    let savepoint = tx.savepoint().await.unwrap();
    assert!(add(&savepoint, 4).await);
    savepoint.commit().await.unwrap();
    assert!(numbers.all().await.is_empty(), "nobody sees it before the commit");
    tx.commit().await.unwrap();
    assert_eq!(numbers.all().await, [1, 2, 4]);
}

#[tokio::test]
async fn a_job_that_is_alone_ends_with_its_last_statement() {
    let numbers = Numbers::open().await;
    let tx = numbers.writing.begin(true).await.unwrap();
    tx.end_with(sql("INSERT INTO numbers VALUES (1)")).await.unwrap();
    assert_eq!(numbers.all().await, [1]);
    tx.commit().await.unwrap();
    let tx = numbers.writing.begin(true).await.unwrap();
    assert!(tx.end_with(sql("INSERT INTO numbers VALUES (2); INSERT INTO numbers VALUES (1)")).await.is_err());
    tx.rollback().await.unwrap();
    let tx = numbers.writing.begin(false).await.unwrap();
    tx.end_with(sql("INSERT INTO numbers VALUES (3)")).await.unwrap();
    assert_eq!(numbers.all().await, [1], "others share the transaction");
    tx.rollback().await.unwrap();
    assert_eq!(numbers.all().await, [1]);
}

#[tokio::test]
async fn rows_that_change_are_those_of_the_statement() {
    let numbers = Numbers::open().await;
    let tx = numbers.writing.begin(false).await.unwrap();
    assert_eq!(tx.execute_unprepared("INSERT INTO numbers VALUES (1), (2), (3)").await.unwrap().rows_affected(), 3);
    let savepoint = tx.savepoint().await.unwrap();
    let none = savepoint.execute_raw(sql("DELETE FROM numbers WHERE n > 3")).await.unwrap();
    assert_eq!(none.rows_affected(), 0, "not those of the statement before it");
    savepoint.commit().await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_cannot_begin_leaves_the_next_one_alone() {
    let numbers = Numbers::open().await;
    // Left open by whoever died in the middle of it.
    numbers.writing.connection.execute_unprepared("BEGIN; INSERT INTO numbers VALUES (9)").await.unwrap();
    let tx = numbers.writing.begin(true).await.unwrap();
    assert!(!add(&tx, 1).await);
    tx.rollback().await.unwrap();
    let tx = numbers.writing.begin(true).await.unwrap();
    assert!(add(&tx, 2).await);
    tx.commit().await.unwrap();
    assert_eq!(numbers.all().await, [2]);
}

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
