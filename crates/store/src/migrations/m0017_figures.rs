//! Figures over many calls: replies by how long they took, and the ways into the log of calls that filters take. Calls
//! that are over and calls that are not have an index each, so that the few that are live are found among millions and the
//! index that every step of a call writes to stays small.

use sea_orm_migration::prelude::*;

use super::schema::{id, index, integer, table};

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0017_figures"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [id("organization"), id("agent"), integer("day"), integer("bucket"), integer("replies")];
        let mut latencies = table("reply_latencies", columns);
        latencies.primary_key(Index::create().col("organization").col("day").col("agent").col("bucket"));
        manager.create_table(latencies).await?;
        manager.create_index(index("calls_to", "calls", &["organization", "to_number", "created_at", "id"])).await?;
        manager.create_index(index("calls_of_agent", "calls", &["organization", "agent", "created_at", "id"])).await?;
        for (name, part) in [("calls_over", "ended_at IS NOT NULL"), ("calls_unfinished", "ended_at IS NULL")] {
            let create = format!("CREATE INDEX {name} ON calls (organization, status, created_at, id) WHERE {part}");
            manager.get_connection().execute_unprepared(&create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["calls_unfinished", "calls_over", "calls_of_agent", "calls_to"] {
            manager.drop_index(Index::drop().name(name).table("calls").to_owned()).await?;
        }
        manager.drop_table(Table::drop().table("reply_latencies").to_owned()).await
    }
}
