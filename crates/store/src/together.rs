//! Several statements in one step.
//!
//! A statement on SQLite is a way to its connection's thread and back, two wake-ups that cost more than the statement
//! itself. Statements whose values are known beforehand go there together; what one needs of another (the number of a
//! row just written) it asks for itself, by a subquery.

use sea_orm::sea_query::{Alias, Expr, SelectStatement, Values};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryResult, Select, Statement, StatementBuilder,
};

use crate::Stored;
use crate::engine::positions;
use crate::errors::failed;
use crate::transaction::Transaction;

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

    /// A question that is asked after those before it; its rows are found again by what this returns.
    pub(crate) fn ask(&mut self, mut question: SelectStatement) -> Question {
        let asked = Question(i32::try_from(self.statements.len()).unwrap_or(i32::MAX));
        question.expr_as(Expr::cust(asked.0.to_string()), Alias::new(QUESTION));
        self.then(&question);
        asked
    }

    /// Runs them like [`Together::run`]; the rows can be had by question.
    pub(crate) async fn answers(self, within: &impl ConnectionTrait) -> Stored<Answers> {
        Ok(Answers(self.run(within).await.map_err(failed)?))
    }

    /// The same as the last of a job.
    pub(crate) async fn last_answers(self, within: &Transaction) -> Stored<Answers> {
        Ok(Answers(self.run_last(within).await.map_err(failed)?))
    }

    /// Runs them in a transaction; gives the rows that they return, in order. After an error the transaction is to be
    /// rolled back: those before the failing one have been run.
    pub(crate) async fn run(self, within: &impl ConnectionTrait) -> Result<Vec<QueryResult>, DbErr> {
        if self.statements.is_empty() {
            return Ok(Vec::new());
        }
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
        within.query_all_raw(self.joined()).await
    }

    /// Runs them like [`Together::run`] as the last of a job, see [`Transaction::end_with`].
    pub(crate) async fn run_last(self, within: &Transaction) -> Result<Vec<QueryResult>, DbErr> {
        if self.backend != DbBackend::Sqlite {
            return self.run(within).await;
        }
        within.end_with(self.joined()).await
    }

    fn joined(self) -> Statement {
        let mut sql = String::new();
        let mut values = Vec::new();
        for (n, statement) in self.statements.into_iter().enumerate() {
            if n > 0 {
                sql.push_str("; ");
            }
            sql.push_str(&statement.sql);
            values.extend(statement.values.into_iter().flat_map(|values| values.0));
        }
        Statement { sql, values: Some(Values(values)), db_backend: self.backend }
    }
}

/// Column that says which question a row answers.
const QUESTION: &str = "question";

/// One of several questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Question(i32);

/// What several questions gave.
#[derive(Debug)]
pub(crate) struct Answers(pub(crate) Vec<QueryResult>);

impl Answers {
    /// The rows of one question.
    pub(crate) fn to(&self, question: Question) -> impl Iterator<Item = &QueryResult> {
        // A row of a statement that asked nothing has no such column.
        self.0.iter().filter(move |row| row.try_get::<i32>("", QUESTION).is_ok_and(|of| of == question.0))
    }

    /// The rows of statements that asked nothing.
    pub(crate) fn unasked(&self) -> impl Iterator<Item = &QueryResult> {
        self.0.iter().filter(|row| row.try_get::<i32>("", QUESTION).is_err())
    }

    /// The rows of one question, read.
    pub(crate) fn rows<M: FromQueryResult>(&self, question: Question) -> Stored<Vec<M>> {
        self.to(question).map(|row| M::from_query_result(row, "").map_err(failed)).collect()
    }
}

/// The row that a unique key leads to. `one` would add `LIMIT ?`, and SQLite plans a statement anew whenever a limit is
/// bound (`sqlite3VdbeSetVarmask`), which costs more than the search.
pub(crate) async fn only<E: EntityTrait>(select: Select<E>, from: &impl ConnectionTrait) -> Stored<Option<E::Model>> {
    Ok(select.all(from).await.map_err(failed)?.pop())
}
