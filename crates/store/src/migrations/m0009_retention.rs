//! How long what calls leave behind is kept, what of it is gone, and chores that one node at a time does.

use sea_orm_migration::prelude::*;

use super::schema::{add_columns, drop_columns, index, maybe_document, maybe_id, maybe_integer, table, text};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0009_retention"
    }
}

/// Columns that are added. Each may be empty: rows of before have none.
fn added() -> [(&'static str, ColumnDef); 6] {
    [
        ("organizations", maybe_document("retention")),
        ("agents", maybe_document("retention")),
        ("calls", maybe_id("recording_folder")),
        ("calls", maybe_integer("recording_purged_at")),
        ("calls", maybe_integer("content_purged_at")),
        ("callees", maybe_integer("used_at")),
    ]
}

fn chores() -> TableCreateStatement {
    let name = text("name").primary_key().take();
    table("chores", [name, maybe_id("owner"), maybe_integer("until"), maybe_integer("done_at")])
}

/// What may come due, by agent and in the order in which it does. A call comes in when it is over and leaves when
/// nothing more is to go, so that a create writes to neither.
fn indexes() -> Vec<IndexCreateStatement> {
    let is_set = |column: &'static str| Expr::col(Alias::new(column)).is_not_null();
    let mut recordings = index("calls_recording_due", "calls", &["agent", "recording_folder", "ended_at"]);
    let mut contents = index("calls_content_due", "calls", &["agent", "ended_at"]);
    vec![
        recordings.and_where(is_set("recording")).take(),
        contents.and_where(is_set("ended_at")).and_where(Expr::col(Alias::new("content_purged_at")).is_null()).take(),
        index("callees_used", "callees", &["used_at"]),
    ]
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add_columns(manager, added()).await?;
        manager.create_table(chores()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in
            [("calls_recording_due", "calls"), ("calls_content_due", "calls"), ("callees_used", "callees")]
        {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        manager.drop_table(Table::drop().table("chores").to_owned()).await?;
        drop_columns(manager, added().into_iter().rev()).await
    }
}
