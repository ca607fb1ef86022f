//! Whether a number is being called: asked inside a create, so found without looking at calls that are over.

use sea_orm_migration::prelude::*;

/// The step.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0013_one_at_a_time"
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait is written so, and async_trait must see the same")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let live = "CREATE INDEX calls_live_number ON calls (organization, to_number) WHERE ended_at IS NULL";
        manager.get_connection().execute_unprepared(live).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("calls_live_number").to_owned()).await
    }
}
