//! The nodes that share the database, as they show themselves.

use sea_orm_migration::prelude::*;

use super::schema::{integer, key, table, text};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_nodes"
    }
}

/// A handful of rows, read whole: no index beside the key.
fn nodes() -> TableCreateStatement {
    let drain_wanted = ColumnDef::new("drain_wanted").boolean().not_null().take();
    let times = [integer("started_at"), integer("beat_at"), integer("alive_until")];
    let before = [key("id"), text("name"), text("version")];
    let after = [text("state"), integer("live_calls"), drain_wanted];
    table("nodes", before.into_iter().chain(times).chain(after))
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(nodes()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("nodes").to_owned()).await
    }
}
