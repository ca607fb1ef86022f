//! The words in which the steps are written: columns, tables and indexes of both engines.
//!
//! Law: ids are UUIDs, times and counts are 64-bit integers, documents are JSON (`rows/mod.rs` says why). What stands here
//! is part of steps that were released: a word never comes to mean something else.

use sea_orm_migration::prelude::*;

pub(super) fn id(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().take()
}

pub(super) fn maybe_id(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().take()
}

pub(super) fn key(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().primary_key().take()
}

pub(super) fn counter(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().auto_increment().primary_key().take()
}

pub(super) fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().take()
}

pub(super) fn maybe_text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().take()
}

pub(super) fn integer(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().take()
}

pub(super) fn maybe_integer(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().take()
}

pub(super) fn document(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json().not_null().take()
}

pub(super) fn maybe_document(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json().take()
}

pub(super) fn maybe_real(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).double().take()
}

pub(super) fn table(name: &'static str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create().table(name).to_owned();
    for mut column in columns {
        table.col(&mut column);
    }
    table
}

pub(super) fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(table).to_owned();
    for column in columns {
        index.col(*column);
    }
    index
}

/// Adds columns to tables that were there before; one column a statement, for SQLite takes no more.
pub(super) async fn add_columns(
    manager: &SchemaManager<'_>,
    added: impl IntoIterator<Item = (&'static str, ColumnDef)>,
) -> Result<(), DbErr> {
    for (table, mut column) in added {
        manager.alter_table(Table::alter().table(table).add_column(&mut column).to_owned()).await?;
    }
    Ok(())
}

/// Takes back what [`add_columns`] did.
pub(super) async fn drop_columns(
    manager: &SchemaManager<'_>,
    added: impl IntoIterator<Item = (&'static str, ColumnDef)>,
) -> Result<(), DbErr> {
    for (table, column) in added {
        let name = column.get_column_name().to_string();
        manager.alter_table(Table::alter().table(table).drop_column(Alias::new(name)).to_owned()).await?;
    }
    Ok(())
}
