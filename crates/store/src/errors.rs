//! How sea-orm's errors become the port's.

use app::ports::store::StoreError;
use sea_orm::{DbErr, SqlErr};

/// Trouble with the database itself. sqlx names tables and columns in its texts, never values.
pub(crate) fn failed(error: DbErr) -> StoreError {
    match error {
        DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => StoreError::Corrupt(error.to_string()),
        DbErr::RecordNotUpdated => StoreError::Unavailable("the row is gone; nothing was written".to_owned()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// Like [`failed`], but a unique name that is taken is `Duplicate(what)`.
pub(crate) fn taken(what: &'static str) -> impl Fn(DbErr) -> StoreError {
    move |error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => StoreError::Duplicate(what),
        _ => failed(error),
    }
}
