//! A transaction of the writer, and savepoints within it.
//!
//! A statement on SQLite is a way to its connection's thread and back, whose two wake-ups cost more than most statements
//! do. On the connection that the writer alone has, nothing therefore goes there by itself: what opens a transaction or
//! a savepoint goes with the first statement inside, what closes a savepoint with the next statement after it, and the
//! commit with the last statement, where whoever runs it knows that it is the last ([`Transaction::alone`]).
//!
//! Law: what failed leaves nothing behind. A statement that opens a scope and fails leaves the scope to be rolled back,
//! and to roll back what SQLite rolled back by itself (a full disk) is no error.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

/// A deferred transaction that reads before it writes fails with BUSY at once when another process writes.
const BEGIN: &str = "BEGIN IMMEDIATE; ";
const OPEN: &str = "SAVEPOINT job; ";
const KEEP: &str = "RELEASE job; ";
const UNDO: &str = "ROLLBACK TO job; RELEASE job; ";

/// How transactions are begun on a connection.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub(crate) connection: DatabaseConnection,
    /// Nobody else has this connection, and it is SQLite's.
    pub(crate) own: bool,
}

/// A transaction, or a savepoint within one.
#[derive(Debug)]
pub(crate) struct Transaction {
    way: Way,
    alone: bool,
}

#[derive(Debug)]
enum Way {
    /// Each statement is a step of its own, on a connection that is held meanwhile.
    Held(DatabaseTransaction),
    Carried {
        connection: DatabaseConnection,
        carry: Arc<Mutex<Carry>>,
        savepoint: bool,
    },
}

/// What waits for the next statement.
#[derive(Debug, Default)]
struct Carry {
    before: String,
    /// A statement went there.
    begun: bool,
    /// The commit went with a statement.
    over: bool,
}

impl Writing {
    /// Begins a transaction. `alone`: one job has it for itself, and may end it by its last statement.
    pub(crate) async fn begin(&self, alone: bool) -> Result<Transaction, DbErr> {
        let way = if self.own {
            let carry = Carry { before: BEGIN.to_owned(), ..Carry::default() };
            Way::Carried { connection: self.connection.clone(), carry: Arc::new(Mutex::new(carry)), savepoint: false }
        } else {
            let options = TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            };
            Way::Held(self.connection.begin_with_options(options).await?)
        };
        Ok(Transaction { way, alone })
    }
}

impl Transaction {
    /// A savepoint. It is committed or rolled back before anything else is asked of the transaction.
    pub(crate) async fn savepoint(&self) -> Result<Self, DbErr> {
        let way = match &self.way {
            Way::Held(outer) => Way::Held(outer.begin().await?),
            Way::Carried { connection, carry, .. } => {
                lock(carry).before.push_str(OPEN);
                Way::Carried { connection: connection.clone(), carry: Arc::clone(carry), savepoint: true }
            }
        };
        Ok(Self { way, alone: false })
    }

    /// Keeps what was done; durable when this is the transaction itself and returns `Ok`.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        match self.way {
            Way::Held(held) => held.commit().await,
            Way::Carried { carry, savepoint: true, .. } => {
                lock(&carry).close(KEEP);
                Ok(())
            }
            Way::Carried { connection, carry, savepoint: false } => {
                let Some(before) = lock(&carry).take_for_end() else { return Ok(()) };
                let end = connection.execute_unprepared(&format!("{before}COMMIT")).await;
                if end.is_err() {
                    roll_back(&connection).await;
                }
                end.map(drop)
            }
        }
    }

    /// Undoes what was done.
    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        match self.way {
            Way::Held(held) => held.rollback().await,
            Way::Carried { carry, savepoint: true, .. } => {
                lock(&carry).close(UNDO);
                Ok(())
            }
            Way::Carried { connection, carry, savepoint: false } => {
                if lock(&carry).take_for_end().is_some() {
                    roll_back(&connection).await;
                }
                Ok(())
            }
        }
    }

    /// Runs a statement that is the last of its job: where the job is alone, the commit goes with it. After that, an error
    /// of the job is one of an answer that was lost.
    pub(crate) async fn end_with(&self, mut last: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let Way::Carried { carry, savepoint: false, .. } = &self.way else { return self.query_all_raw(last).await };
        if self.alone {
            last.sql.push_str("; COMMIT");
        }
        let rows = self.query_all_raw(last).await?;
        lock(carry).over = self.alone;
        Ok(rows)
    }
}

impl Carry {
    /// Closes a savepoint; of one in which nothing was done, nothing needs to be known.
    fn close(&mut self, how: &str) {
        match self.before.strip_suffix(OPEN) {
            Some(rest) => self.before = rest.to_owned(),
            None => self.before.push_str(how),
        }
    }

    /// What goes there before the end, unless there is nothing to end.
    fn take_for_end(&mut self) -> Option<String> {
        (self.begun && !self.over).then(|| std::mem::take(&mut self.before))
    }

    fn take(&mut self) -> String {
        self.begun = true;
        std::mem::take(&mut self.before)
    }
}

fn lock(carry: &Mutex<Carry>) -> MutexGuard<'_, Carry> {
    carry.lock().unwrap_or_else(PoisonError::into_inner)
}

/// It may be over already: SQLite rolls back by itself when the disk is full.
async fn roll_back(connection: &DatabaseConnection) {
    if let Err(error) = connection.execute_unprepared("ROLLBACK").await {
        tracing::debug!(error.detail = %error, "nothing to roll back");
    }
}

fn carried(carry: &Mutex<Carry>, mut statement: Statement) -> Statement {
    statement.sql.insert_str(0, &lock(carry).take());
    statement
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match &self.way {
            Way::Held(held) => held.get_database_backend(),
            Way::Carried { connection, .. } => connection.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &self.way {
            Way::Held(held) => held.execute_raw(statement).await,
            Way::Carried { connection, carry, .. } => {
                // On its own: the number of changed rows would count those of the statement before it again.
                let before = lock(carry).take();
                if !before.is_empty() {
                    connection.execute_unprepared(&before).await?;
                }
                connection.execute_raw(statement).await
            }
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match &self.way {
            Way::Held(held) => held.execute_unprepared(sql).await,
            Way::Carried { connection, .. } => {
                self.execute_raw(Statement::from_string(connection.get_database_backend(), sql)).await
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match &self.way {
            Way::Held(held) => held.query_one_raw(statement).await,
            Way::Carried { connection, carry, .. } => connection.query_one_raw(carried(carry, statement)).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match &self.way {
            Way::Held(held) => held.query_all_raw(statement).await,
            Way::Carried { connection, carry, .. } => connection.query_all_raw(carried(carry, statement)).await,
        }
    }
}

#[cfg(test)]
mod tests;
