//! Several statements in one step.
//!
//! A statement on SQLite is a way to its connection's thread and back, two wake-ups that cost more than the statement
//! itself. Statements whose values are known beforehand go there together; what one needs of another (the number of a
//! row just written) it asks for itself, by a subquery.

use sea_orm::sea_query::Values;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, QueryResult, Select, Statement,
    StatementBuilder,
};

use crate::Stored;
use crate::engine::positions;
use crate::errors::failed;

/// Statements that are run in order.
#[derive(Debug)]
pub(crate) struct Together {
    backend: DbBackend,
    statements: Vec<Statement>,
    draws_positions: bool,
}

impl Together {
    /// None yet, for this connection's engine.
    pub(crate) fn on(connection: &impl ConnectionTrait) -> Self {
        Self { backend: connection.get_database_backend(), statements: Vec::new(), draws_positions: false }
    }

    /// One of them draws positions of the log.
    pub(crate) fn draws_positions(&mut self) {
        self.draws_positions = true;
    }

    /// One more, after those before it.
    pub(crate) fn then(&mut self, statement: &impl StatementBuilder) -> &mut Self {
        self.statements.push(self.backend.build(statement));
        self
    }

    /// Runs them in a transaction; gives the rows that they return, in order. After an error the transaction is to be
    /// rolled back: those before the failing one have been run.
    pub(crate) async fn run(self, within: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        if self.backend != DbBackend::Sqlite {
            if self.draws_positions {
                positions::announce(within).await?;
            }
            let mut rows = Vec::new();
            for statement in self.statements {
                rows.extend(within.query_all_raw(statement).await?);
            }
            return Ok(rows);
        }
        within.query_all_raw(self.joined("", "")).await
    }

    /// On SQLite, the whole transaction in one step. After an error nothing of it is left.
    pub(crate) async fn run_whole(self, connection: &DatabaseConnection) -> Result<Vec<QueryResult>, DbErr> {
        let whole = connection.query_all_raw(self.joined("BEGIN IMMEDIATE; ", "; COMMIT")).await;
        if whole.is_err() {
            // It tells that no transaction is active where the beginning failed; there is nothing else to say.
            drop(connection.execute_unprepared("ROLLBACK").await);
        }
        whole
    }

    fn joined(self, before: &str, after: &str) -> Statement {
        let mut sql = before.to_owned();
        let mut values = Vec::new();
        for (n, statement) in self.statements.into_iter().enumerate() {
            if n > 0 {
                sql.push_str("; ");
            }
            sql.push_str(&statement.sql);
            values.extend(statement.values.into_iter().flat_map(|values| values.0));
        }
        sql.push_str(after);
        Statement { sql, values: Some(Values(values)), db_backend: self.backend }
    }
}

/// The row that a unique key leads to. `one` would add `LIMIT ?`, and SQLite plans a statement anew whenever a limit is
/// bound (`sqlite3VdbeSetVarmask`), which costs more than the search.
pub(crate) async fn only<E: EntityTrait>(select: Select<E>, from: &impl ConnectionTrait) -> Stored<Option<E::Model>> {
    Ok(select.all(from).await.map_err(failed)?.pop())
}
