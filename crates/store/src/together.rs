//! Several statements in one step.
//!
//! A statement on SQLite is a way to its connection's thread and back, two wake-ups that cost more than the statement
//! itself. Statements whose values are known beforehand go there together; what one needs of another (the number of a
//! row just written) it asks for itself, by a subquery.

use sea_orm::sea_query::Values;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryResult, Select, Statement,
    StatementBuilder,
};

use crate::Stored;
use crate::errors::failed;

/// Statements of one transaction, run in order.
#[derive(Debug)]
pub(crate) struct Together<'tx> {
    tx: &'tx DatabaseTransaction,
    statements: Vec<Statement>,
}

impl<'tx> Together<'tx> {
    pub(crate) fn new(tx: &'tx DatabaseTransaction) -> Self {
        Self { tx, statements: Vec::new() }
    }

    /// One more, after those before it.
    pub(crate) fn then(&mut self, statement: &impl StatementBuilder) -> &mut Self {
        self.statements.push(self.tx.get_database_backend().build(statement));
        self
    }

    /// Runs them; gives the rows that they return, in order. After an error the transaction is to be rolled back: those
    /// before the failing one have been run.
    pub(crate) async fn run(self) -> Result<Vec<QueryResult>, DbErr> {
        if self.tx.get_database_backend() != DbBackend::Sqlite {
            let mut rows = Vec::new();
            for statement in self.statements {
                rows.extend(self.tx.query_all_raw(statement).await?);
            }
            return Ok(rows);
        }
        let mut sql = String::new();
        let mut values = Vec::new();
        for statement in self.statements {
            if !sql.is_empty() {
                sql.push_str("; ");
            }
            sql.push_str(&statement.sql);
            values.extend(statement.values.into_iter().flat_map(|values| values.0));
        }
        self.tx.query_all_raw(Statement { sql, values: Some(Values(values)), db_backend: DbBackend::Sqlite }).await
    }
}

/// The row that a unique key leads to. `one` would add `LIMIT ?`, and SQLite plans a statement anew whenever a limit is
/// bound (`sqlite3VdbeSetVarmask`), which costs more than the search.
pub(crate) async fn only<E: EntityTrait>(select: Select<E>, from: &impl ConnectionTrait) -> Stored<Option<E::Model>> {
    Ok(select.all(from).await.map_err(failed)?.pop())
}
