//! How sea-orm's errors become the port's.

use app::ports::store::StoreError;
use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// Trouble with the database itself. sqlx names tables and columns in its texts, never values.
pub(crate) fn failed(error: DbErr) -> StoreError {
    match error {
        DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => StoreError::Corrupt(error.to_string()),
        DbErr::RecordNotUpdated => StoreError::Unavailable("the row is gone; nothing was written".to_owned()),
        error if is_conflict(&error) => StoreError::Unavailable(CONFLICT.to_owned()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// What is said of a transaction that was in the way of another and is rolled back.
const CONFLICT: &str = "the transaction was in the way of another";

/// Whether the transaction gave way to another and may be tried again as a whole: deadlock (40P01) or serialization
/// failure (40001, <https://www.postgresql.org/docs/current/errcodes-appendix.html>).
pub(crate) fn is_conflict(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    let sqlx::Error::Database(error) = error.as_ref() else { return false };
    matches!(error.code().as_deref(), Some("40P01" | "40001"))
}

/// The same of what [`failed`] made of it.
pub(crate) fn came_of_conflict(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(why) if why == CONFLICT)
}

/// Like [`failed`], but a unique name that is taken is `Duplicate(what)`.
pub(crate) fn taken(what: &'static str) -> impl Fn(DbErr) -> StoreError {
    move |error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => StoreError::Duplicate(what),
        _ => failed(error),
    }
}
